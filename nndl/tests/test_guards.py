# mypy: ignore-errors
"""Shapes as the documentation writes them, and what is said of one that does not fit."""

import re

import numpy as np
import pytest

from nndl._guards import array, arrays, upstream
from nndl._validate import integers_below

FITS = [
    ("x (N, D), w (D, M), b (M,)", [(4, 3), (3, 2), (2,)]),
    ("x (N, d_1, ..., d_k), w (D, M)", [(4, 3, 2), (6, 5)]),
    ("x (N, d_1, ..., d_k), w (D, M)", [(0, 3, 2), (6, 5)]),
    ("x (...)", [()]),
    ("x (...), y (...)", [(2,), (3, 1)]),
    ("q (..., T, d), k (..., S, d)", [(2, 3, 4), (5, 4)]),
    ("h (N, H), W (H, 4H), b (4H,)", [(2, 3), (3, 12), (12,)]),
    ("x (N, C, H, W), gamma (1, C, 1, 1)", [(2, 3, 4, 5), (1, 3, 1, 1)]),
]
DOES_NOT_FIT = [
    (
        "x (N, D), w (D, M)",
        [(4, 3), (2, 5)],
        "w must have shape (3, M) beside x (4, 3), got (2, 5)",
    ),
    ("x (N, D), b (D,)", [(4, 3), (4,)], "b must have shape (3,) beside x (4, 3), got (4,)"),
    ("x (N, D)", [(3,)], "x must have shape (N, D), got (3,)"),
    ("x (N, d_1, ..., d_k)", [(4,)], "x must have shape (N, d_1, ..., d_k), got (4,)"),
    ("q (..., T, d), k (..., S, d)", [(3, 4), (5, 3)], "k must have shape (..., S, 4)"),
    ("q (..., T, d)", [(3,)], "q must have shape (..., T, d), got (3,)"),
    ("h (N, H), W (H, 4H)", [(2, 3), (3, 3)], "W must have shape (3, 12) beside h (2, 3)"),
    ("x (N, C), g (1, C, 1, 1)", [(2, 3), (2, 3, 1, 1)], "g must have shape (1, 3, 1, 1)"),
    ("Wq (D, D), Wk (D, D)", [(6, 6), (5, 6)], "Wk must have shape (6, 6)"),
    ("Wq (D, D)", [(6, 5)], "Wq must have shape (D, D), got (6, 5)"),
]


@pytest.mark.parametrize(("shapes", "given"), FITS)
def test_what_fits(shapes, given):
    found = arrays(shapes, *[np.ones(shape) for shape in given])
    assert [a.shape for a in found] == given


@pytest.mark.parametrize(("shapes", "given", "message"), DOES_NOT_FIT)
def test_what_does_not_fit(shapes, given, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        arrays(shapes, *[np.ones(shape) for shape in given])


def test_one_dtype_and_no_copy():
    x = np.ones((2, 3), np.float32)
    assert array("x (N, D)", x) is x
    same, wide = arrays("x (N, D), y (N, D)", x, np.ones((2, 3)))
    assert same.dtype == wide.dtype == np.float64
    assert array("x (N,)", [1, 2]).dtype == np.float64
    assert upstream(x, (2, 3)) is x


def test_what_holds_no_numbers_is_named():
    with pytest.raises(ValueError, match="y must be an array of real numbers, but"):
        arrays("x (...), y (...)", 1.0, [[1], [2, 3]])
    with pytest.raises(ValueError, match="y must be an array of integers, but"):
        integers_below("y", [[1], [2, 3]], 4, "labels")
    with pytest.raises(ValueError, match=r"dh must have shape \(2,\)"):
        upstream(np.ones(3), (2,), "dh")
