"""The syntax of ``--inputs``: what it draws, and what it says about mistakes in it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from properties.steps import StepsError
from properties.steps.draws import PLAIN, generator, positive, signed, unit
from properties.steps.inputs import (
    custom_cases,
    other_sizes,
    parse_inputs,
    resized,
    sizes_of,
)


def draw(text: str, seed: int = 0) -> dict[str, Any]:
    wanted = parse_inputs(text)
    return custom_cases(resized(wanted, sizes_of(wanted)), generator(seed))


def test_every_kind() -> None:
    values = draw(
        "x: (4, 3), w: positive(3), u: unit((2, 2)), k: integers(3), m: mask(3), s: spd(3), "
        "y: labels(3), p: 0.5, mode: 'train', pads: [1, 2], options: {'eps': 1e-5}, z: ()"
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


def test_letters_are_lengths_that_vary() -> None:
    wanted = parse_inputs("x: (N, D), w: (D, 3), y: labels(C, N)")
    sizes = sizes_of(wanted)
    assert set(sizes) == {"N", "D", "C"}
    assert len({*sizes.values(), 3}) == 4, "no two axes are equally long"
    values = custom_cases(resized(wanted, {"N": 2, "D": 6, "C": 5}), generator(0))
    assert [np.shape(values[name]) for name in ("x", "w", "y")] == [(2, 6), (6, 3), (2,)]


def test_lengths_are_computed() -> None:
    wanted = parse_inputs("h: (N, H), w: (H, 4*H), half: (2, H // 2), pad: (N - 1,), n_out: H")
    values = custom_cases(resized(wanted, {"N": 3, "H": 4}), generator(0))
    assert [np.shape(values[n]) for n in ("h", "w", "half", "pad")] == [
        (3, 4),
        (4, 16),
        (2, 2),
        (2,),
    ]
    assert values["n_out"] == 4


def test_many_axes_give_few_entries() -> None:
    wanted = parse_inputs("x: (N, C, 4, 3), w: (F, C, 3, 3), b: (F,)")
    sizes = sizes_of(wanted)
    for lengths in (sizes, other_sizes(wanted, sizes)):
        assert len(set(lengths.values())) > 1
        values = custom_cases(resized(wanted, lengths), generator(0))
        assert max(np.size(v) for v in values.values()) <= 120


def test_plain_numbers_are_multiples_of_a_quarter() -> None:
    rng = generator(PLAIN, 3)
    for value in (signed(rng, 5, 4), positive(rng, 7), unit(rng, 9)):
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
    with pytest.raises(StepsError) as caught:
        parse_inputs(text)
    assert said in str(caught.value)
