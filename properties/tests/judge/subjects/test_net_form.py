"""How a net of somebody else is constructed, and how it keeps its parameters."""

from __future__ import annotations

import numpy as np
import pytest

from properties.judge.subjects.net_form import Form

SIZES = (5, (3, 4), 6)


def test_by_position_a_deep_net_takes_its_widths_first() -> None:
    form = Form(names=(None, None, None), deep=True)
    assert form.constructor(SIZES) == (([3, 4], 5, 6), {})


def test_by_position_a_two_layer_net_takes_its_inputs_first() -> None:
    form = Form(names=(None, None, None), deep=False)
    assert form.constructor((5, (3,), 6)) == ((5, 3, 6), {})


def test_by_name_and_with_the_options_that_the_class_takes() -> None:
    names = ("input_dim", "hidden_dims", "num_classes")
    form = Form(names=names, deep=True, options=frozenset({"reg"}), batchnorm={"use_bn": True})
    args, kwargs = form.constructor(SIZES, batchnorm=True, reg=0.5, dtype="float64")
    assert args == ()
    assert kwargs == {
        "input_dim": 5,
        "hidden_dims": [3, 4],
        "num_classes": 6,
        "reg": 0.5,
        "use_bn": True,
    }


@pytest.mark.parametrize(("keeps", "wanted"), [(False, 0.25), (True, 0.75)])
def test_dropout_in_either_reading(keeps: bool, wanted: float) -> None:
    form = Form(names=(None, None, None), deep=True, dropout="p", keeps=keeps)
    assert form.constructor(SIZES, p_drop=0.25)[1] == {"p": wanted}
    assert form.constructor(SIZES)[1] == {}


@pytest.mark.parametrize("shape", ["H", "1, H", "H, 1"])
@pytest.mark.parametrize("transposed", [False, True])
def test_parameters_there_and_back(shape: str, transposed: bool) -> None:
    form = Form(
        names=(None, None, None),
        deep=True,
        transposed=transposed,
        shapes={"b": shape, "gamma": shape},
    )
    params = {"W1": np.arange(6.0).reshape(2, 3), "b1": np.arange(3.0), "gamma1": np.ones(3)}
    theirs = form.theirs(params)
    assert theirs["W1"].shape == ((3, 2) if transposed else (2, 3))
    assert theirs["b1"].shape == {"H": (3,), "1, H": (1, 3), "H, 1": (3, 1)}[shape]
    for name, value in params.items():
        assert np.array_equal(form.ours(name, theirs[name]), value)


def test_a_gradient_of_another_shape_than_its_parameter_stays() -> None:
    form = Form(names=(None, None, None), deep=True, shapes={"b": "1, H"})
    column = np.ones((3, 1))
    assert form.ours("b1", column).shape == (3, 1)
