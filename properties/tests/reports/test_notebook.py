"""``check`` in a notebook: functions, pairs, classes, modules; the report; a clean kernel."""

from __future__ import annotations

import os
import types
from typing import Any

import numpy as np
import pytest

from properties.commands.notebook import check


def relu_forward(x: Any) -> Any:
    """Right."""
    return np.maximum(x, 0), x


def relu_backward(dout: Any, cache: Any) -> Any:
    """Right."""
    return dout * (cache > 0)


def leaky(dout: Any, cache: Any) -> Any:
    """Wrong: lets a tenth through."""
    return dout * np.where(cache > 0, 1.0, 0.1)


def _state() -> str:
    return str(np.random.get_state(legacy=False))


class Layers:
    """As people write them in a cell."""

    def relu_forward(self, x: Any) -> Any:
        """Right."""
        return relu_forward(x)

    @staticmethod
    def relu_backward(dout: Any, cache: Any) -> Any:
        """Wrong."""
        return leaky(dout, cache)


def test_functions_by_name_are_judged_and_the_kernel_stays_as_it_was() -> None:
    before, state = dict(os.environ), _state()
    result = check(relu_forward, relu_backward)
    assert result
    assert [f.name for f in result.record.functions] == ["relu_forward", "relu_backward"]
    # pytest's own mark of the running test aside
    assert {k: v for k, v in os.environ.items() if k != "PYTEST_CURRENT_TEST"} == {
        k: v for k, v in before.items() if k != "PYTEST_CURRENT_TEST"
    }
    assert _state() == state


def test_a_wrong_pair_shows_its_panel() -> None:
    result = check(relu_forward, leaky, layer="relu")
    assert not result
    text = result._repr_html_()
    assert "relu_backward" in text
    assert "import numpy as np" in text
    assert "sys.path" not in text
    assert "nndl check" not in text
    assert "First wrong line: test_notebook.py:" in text


def test_a_class_and_a_module() -> None:
    assert not check(Layers)
    module = types.ModuleType("cell")
    vars(module).update(relu_forward=relu_forward, relu_backward=relu_backward)
    assert check(module)


@pytest.mark.parametrize("things", [(), (3,), (print,)])
def test_nothing_of_the_contract_is_an_error(things: tuple[object, ...]) -> None:
    with pytest.raises(ValueError, match="wanted"):
        check(*things)


def test_layer_takes_its_number_of_functions() -> None:
    with pytest.raises(ValueError, match="relu_backward"):
        check(relu_forward, layer="relu")
    with pytest.raises(ValueError, match="wanted one of"):
        check(relu_forward, relu_backward, layer="reloo")
