"""The notation of ``--inputs``, and what is learned from numpy's messages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from properties.discovery.inputs import InputsError, Wanted, draw, parse, shown
from properties.discovery.learning import Learner


@pytest.mark.parametrize(
    "text",
    [
        "x: (N, D), w: (D, 4 * H), y: labels(C, N)",
        "p: {'W1': (H, D), 'b1': (H, 1)}, sizes: [N, H, M], k: M",
        "A: spd(N, N), m: unit(3, N), rate: 0.5, mode: 'train'",
        "act: 'relu' | 'tanh', bias: True | False, i: label(C)",
    ],
)
def test_what_is_shown_can_be_given(text: str) -> None:
    assert shown(parse(text)) == text


def test_one_length_in_parentheses_is_a_vector() -> None:
    assert parse("w: (D)") == {"w": Wanted("normal", ("D",))}


@pytest.mark.parametrize("text", ["", "x", "x (3)", "x: y()", "x: (3, N.y)", "x: (3,), x: (4,)"])
def test_what_cannot_be_read_is_said(text: str) -> None:
    with pytest.raises(InputsError, match="--inputs"):
        parse(text)


def test_values_are_of_their_kind() -> None:
    wanted = parse("a: onehot(N, C), b: rows(N, C), c: regular(N, N), d: unit(N), e: bits(N)")
    values = draw(wanted, {"N": 5, "C": 3}, np.random.default_rng(0))
    np.testing.assert_array_equal(values["a"].sum(axis=1), 1.0)
    np.testing.assert_allclose(values["b"].sum(axis=1), 1.0)
    assert np.linalg.det(values["c"]) > 0
    assert np.all((values["d"] > 0) & (values["d"] < 1))
    assert set(values["e"]) <= {0.0, 1.0}


def learned(function: Any, **start: Wanted) -> Mapping[str, Wanted]:
    """The first inputs that a function accepts."""

    def attempt(values: Mapping[str, Any]) -> Mapping[str, Any]:
        try:
            result = function(*values.values())
        except Exception as error:
            return {"error": {"type": type(error).__name__, "message": str(error), "line": 0}}
        return {"size": np.size(result)}

    learner = Learner(attempt, [], {})
    return next(learner.search([(0.0, start)]))[0]


def test_equal_lengths_are_learned_from_a_product() -> None:
    found = learned(
        lambda x, w, b: x @ w + b,
        x=Wanted("normal", ("s91", "s92")),
        w=Wanted("normal", ("s93", "s94")),
        b=Wanted("normal", ("s95",)),
    )
    (_, inner), (same, outer), (bias,) = (found[name].axes for name in "xwb")
    assert inner == same
    assert bias == outer


def test_a_sum_of_lengths_is_learned_from_stacked_vectors() -> None:
    found = learned(
        lambda h, x, w: w @ np.concatenate([h, x]),
        h=Wanted("normal", ("s91",)),
        x=Wanted("normal", ("s92",)),
        w=Wanted("normal", ("s93", "s94")),
    )
    assert found["w"].axes[1] == "s91 + s92"


def test_labels_are_learned_from_an_index() -> None:
    found = learned(
        lambda scores, y: scores[np.arange(len(y)), y],
        scores=Wanted("normal", ("s91", "s92")),
        y=Wanted("normal", ("s93",)),
    )
    assert found["y"].kind == "labels"
