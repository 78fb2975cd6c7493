"""The shown case is small, plain and shows the mistake; layers of a user's own specs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from properties.spec.reading import SpecsError, read_specs
from properties.steps import debug
from properties.steps.evidence.adjoints import STEPS, jacobian
from properties.steps.rewrite.session import InProcess
from properties.tests.slow import slow
from properties.tests.steps.zoo import styles

STYLES = {f"{one.layer}-{one.name}": one for one in styles()}
PRELU = Path(__file__).parents[3] / "docs" / "examples" / "prelu.py"


def planted(tmp_path: Path, old: str, new: str, *, name: str = "batchnorm-graph") -> str:
    text = STYLES[name].text
    assert text.count(old) == 1
    path = tmp_path / STYLES[name].file
    path.write_text(text.replace(old, new), encoding="utf-8")
    return str(path)


@slow
def test_the_smallest_arrays_of_plain_numbers(tmp_path: Path) -> None:
    target = planted(tmp_path, "dvar = 0.5 *", "dvar =")
    report = debug(target, "batchnorm", make_runner=InProcess)
    assert report.case is not None
    assert dict(report.case.sizes) == {"N": 2, "D": 1}
    x = np.asarray(report.case.values["x"])
    assert np.all(x * 4 == np.round(x * 4))
    [step] = [s for s in report.steps if s.name == "dvar"]
    assert step.got is not None
    assert step.wanted is not None
    assert step.got == pytest.approx(2 * step.wanted)


@slow
def test_the_same_case_every_time(tmp_path: Path) -> None:
    target = planted(tmp_path, "dvar = 0.5 *", "dvar =")
    one, two = (debug(target, "batchnorm", make_runner=InProcess).case for _ in range(2))
    assert one is not None
    assert two is not None
    assert np.array_equal(one.values["x"], two.values["x"])
    assert np.array_equal(one.dout, two.dout)


def test_a_mistake_that_needs_two_columns_gets_two(tmp_path: Path) -> None:
    text = (
        "import numpy as np\n\ndef f(x):\n    return np.exp(x).sum(1), x\n\n"
        "def b(dout, cache):\n    dx = np.exp(cache) * dout[:, None]\n"
        "    dx[:, 1:] *= 2\n    return dx\n"
    )
    path = tmp_path / "own.py"
    path.write_text(text, encoding="utf-8")
    report = debug(str(path), forward="f", backward="b", inputs="x: (N, D)", make_runner=InProcess)
    assert report.outcome == "wrong"
    assert report.case is not None
    assert dict(report.case.sizes) == {"N": 1, "D": 2}


ONE_ROW = """
import numpy as np

def softmax_loss(x, y):
    N = x.shape[0]
    e = np.exp(x - x.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    loss = -np.log(p[np.arange(N), y]).mean()
    dx = p.copy()
    dx[np.arange(N), y] -= 1
    dx /= max(N, 2)
    return loss, dx
"""


def test_a_mistake_that_one_row_alone_shows_is_found(tmp_path: Path) -> None:
    path = tmp_path / "layers.py"
    path.write_text(ONE_ROW.replace("max(N, 2)", "N"), encoding="utf-8")
    assert debug(str(path), "softmax", make_runner=InProcess).outcome == "right"
    path.write_text(ONE_ROW, encoding="utf-8")
    report = debug(str(path), "softmax", make_runner=InProcess)
    assert report.first_wrong is not None
    assert report.first_wrong.line == 11
    assert report.case is not None
    assert report.case.sizes["N"] == 1


@pytest.mark.parametrize(
    ("function", "at", "known"),
    [
        (lambda x: max(x, 0.0), 0.0, False),
        (abs, 0.0, False),
        (lambda x: max(x, 0.0), 0.5, True),
        (np.exp, 1.0, True),
        (lambda x: x**2, 0.0, True),
        (lambda x: np.sin(x) ** 3, 0.0, True),
        (lambda x: 2.0, 0.0, True),
    ],
)
def test_a_derivative_at_a_kink_is_not_known(function: object, at: float, known: bool) -> None:
    assert callable(function)
    rows = np.array([[[[function(at + sign * h)] for sign in (1, -1)] for h in STEPS]])
    assert jacobian(rows, (1,), 1.0).adjoint(1.0).known is known


# specs --------------------------------------------------------------------------------------
OWN = """
import numpy as np

def prelu_forward(x, slope):
    mask = x > 0
    out = np.where(mask, x, slope * x)
    return out, (mask, slope)

def prelu_backward(dout, cache):
    mask, slope = cache
    gate = np.where(mask, 1.0, slope)
    dx = dout * gate
    return dx
"""


@pytest.mark.skipif(not PRELU.is_file(), reason="the example is in the checkout only")
@pytest.mark.parametrize("asked", [{"layer": "prelu"}, {"forward": "prelu_forward"}])
def test_a_layer_of_a_users_specs(tmp_path: Path, asked: dict[str, str]) -> None:
    path = tmp_path / "layers.py"
    path.write_text(OWN, encoding="utf-8")
    report = debug(str(path), rows=read_specs(str(PRELU)), make_runner=InProcess, **asked)  # type: ignore[arg-type]
    assert (report.outcome, report.label) == ("right", "prelu")
    path.write_text(OWN.replace("mask, 1.0, slope", "mask, slope, 1.0"), encoding="utf-8")
    report = debug(str(path), rows=read_specs(str(PRELU)), make_runner=InProcess, **asked)  # type: ignore[arg-type]
    assert report.first_wrong is not None
    assert report.first_wrong.line == 11
    assert report.case is not None
    assert np.size(report.case.values["x"]) == 1


def test_specs_that_cannot_be_used(tmp_path: Path) -> None:
    path = tmp_path / "layers.py"
    path.write_text(OWN, encoding="utf-8")
    specs = tmp_path / "specs.py"
    for text, said in [("x = 1\n", "no LayerSpec"), ("1 / 0\n", "ZeroDivisionError")]:
        specs.write_text(text, encoding="utf-8")
        with pytest.raises(SpecsError, match=said):
            read_specs(str(specs))
