"""The notation of inputs: what it draws, and what it says about mistakes in it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from properties.spec.draws import PLAIN
from properties.spec.notation import NotationError, parse_inputs


def draw(text: str, seed: int = 0) -> dict[str, Any]:
    inputs = parse_inputs(text)
    return inputs.draw(inputs.sizes(), seed)


def test_every_kind() -> None:
    values = draw(
        "x: (4, 3), w: positive(3), u: unit((2, 2)), k: integers(3), m: mask(3), s: spd(3), "
        "y: labels(3), p: 0.5, mode: 'train', pads: [1, 2], options: {'eps': 1e-5}, z: (), "
        "t: onehot(4, 3), q: rows(4, 3), c: onehot_columns(3, 4)"
    )
    assert np.shape(values["x"]) == (4, 3)
    assert np.all(np.asarray(values["w"]) > 0)
    assert np.all((np.asarray(values["u"]) > 0) & (np.asarray(values["u"]) < 1))
    assert np.asarray(values["k"]).dtype.kind == "i"
    assert np.asarray(values["m"]).dtype == bool
    assert np.all(np.linalg.eigvalsh(np.asarray(values["s"])) > 0)
    assert np.shape(values["y"]) == (4,)
    assert values["p"] == 0.5
    assert values["mode"] == "train"
    assert values["options"] == {"eps": 1e-5}
    assert isinstance(values["z"], float)
    assert values["t"].sum(1).tolist() == [1, 1, 1, 1]
    assert values["q"].sum(1) == pytest.approx(1)
    assert values["c"].shape == (3, 4)


def test_letters_are_lengths_that_vary() -> None:
    inputs = parse_inputs("x: (N, D), w: (D, 3), y: labels(C, N)")
    for number in range(3):
        sizes = inputs.sizes(number)
        assert set(sizes) == {"N", "D", "C"}
        assert len({*sizes.values(), 3}) == 4, "no two axes are equally long"
    values = inputs.draw({"N": 2, "D": 6, "C": 5}, 0)
    assert [np.shape(values[name]) for name in ("x", "w", "y")] == [(2, 6), (6, 3), (2,)]
    assert inputs.least == {"N": 1, "D": 1, "C": 2}


def test_lengths_are_computed() -> None:
    inputs = parse_inputs(
        "h: (N, H), w: (H, 4*H), half: (2, H // 2), pad: (N - 1,), n_out: 2 * H, v: (H), "
        "widths: [N, H], fixed: [3, 4]"
    )
    values = inputs.draw({"N": 3, "H": 4}, 0)
    shapes = [np.shape(values[n]) for n in ("h", "w", "half", "pad", "v")]
    assert shapes == [(3, 4), (4, 16), (2, 2), (2,), (4,)]
    assert values["n_out"] == 8
    assert values["widths"] == [3, 4]
    assert values["fixed"].tolist() == [3, 4]


def test_dicts_and_lists_of_arrays() -> None:
    values = draw("p: {'W1': (H, D), 'b1': (H, 1), 'rate': 0.5}, xs: [(D, 1), (D, 1)]")
    assert {k: np.shape(v) for k, v in values["p"].items()} == {
        "W1": (4, 3),
        "b1": (4, 1),
        "rate": (),
    }
    assert [x.shape for x in values["xs"]] == [(3, 1), (3, 1)]


def test_many_axes_give_few_entries() -> None:
    inputs = parse_inputs("x: (N, C, 4, 3), w: (F, C, 3, 3), b: (F,)")
    for number in range(3):
        sizes = inputs.sizes(number)
        assert len(set(sizes.values())) > 1
        assert max(np.size(v) for v in inputs.draw(sizes, 0).values()) <= 150


def test_plain_numbers_are_multiples_of_a_quarter() -> None:
    values = draw("x: (5, 4), p: positive(7), u: unit(9)", PLAIN)
    for value in values.values():
        assert np.all(value * 4 == np.round(value * 4))
        assert np.all(value != 0)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "empty"),
        ("x (4, 3)", "'x (4, 3)' is not of the form NAME: VALUE"),
        ("x: ", "not of the form"),
        ("x: (4, -3)", "neither a shape"),
        ("x: (4, 3", "neither a shape"),
        ("x: random(4)", "neither a shape"),
        ("x: (f(N), 3)", "neither a shape"),
        ("x: (N ** 9, 3)", "neither a shape"),
        ("x: __import__('os')", "neither a shape"),
        ("x: positive(4, 'a')", "neither a shape"),
        ("x: (4, 3), x: (3,)", "twice"),
        ("x: (4000, 3000)", "12,000,000 entries"),
    ],
)
def test_mistakes_are_named(text: str, said: str) -> None:
    with pytest.raises(NotationError) as caught:
        parse_inputs(text)
    assert said in str(caught.value)
