"""Bounded itself: every operator's bound holds, and nothing is ever NaN or noisy."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import mpmath
import numpy as np
import pytest

from reference import affine, batchnorm, composed, dropout, losses, relu
from reference.bounded import Bounded, quiet
from reference.precision import FLOAT32, FLOAT64, Precision

from .exact import lift

OPERATIONS: dict[str, tuple[Callable[[Any, Any], Any], Callable[[Any, Any], Any]]] = {
    "+": (lambda a, b: a + b, lambda a, b: a + b),
    "-": (lambda a, b: 1.5 - a + b, lambda a, b: mpmath.mpf(1.5) - a + b),
    "*": (lambda a, b: a * b * 3.0, lambda a, b: a * b * 3),
    "/": (lambda a, b: a / b, lambda a, b: a / b),
    "@": (lambda a, b: a @ b.T, lambda a, b: a @ b.T),
    "mean": (lambda a, b: (a * b).mean(0), lambda a, b: (a * b).sum(axis=0) / len(a)),
    "relu": (lambda a, b: (a - b).relu(), lambda a, b: (a - b) * (a > b)),
    "abs": (lambda a, b: (a * b).__abs__()[0], lambda a, b: abs(a * b)[0]),
    "exp": (lambda a, b: (a * b).exp(), lambda a, b: np.vectorize(mpmath.exp)(a * b)),
    "log": (lambda a, b: (a * a).log(), lambda a, b: np.vectorize(mpmath.log)(a * a)),
    "sqrt": (lambda a, b: (a * a + b * b).sqrt(), lambda a, b: (a * a + b * b) ** mpmath.mpf(0.5)),
}


@pytest.mark.parametrize("name", OPERATIONS)
def test_operators_contain_the_exact_result(name: str) -> None:
    ours, exact = OPERATIONS[name]
    for seed in range(30):
        rng = np.random.default_rng(seed)
        a, b = rng.standard_normal((2, 3, 4)) * 10.0 ** rng.uniform(-3, 1)
        result, wanted = ours(Bounded(a), Bounded(b)), exact(lift(a), lift(b))
        assert result.shape == wanted.shape
        off = np.asarray(np.abs(lift(result.value) - wanted), dtype=np.float64)
        assert (off <= result.error).all()


def test_solve_contains_the_exact_result() -> None:
    for seed in range(20):
        rng = np.random.default_rng(seed)
        a, b = rng.standard_normal((5, 5)), rng.standard_normal((5, 2))
        wanted = np.array(
            (mpmath.matrix(a.tolist()) ** -1 * mpmath.matrix(b.tolist())).tolist(), dtype=object
        )
        result = Bounded(a).solve(b)
        off = np.asarray(np.abs(lift(result.value) - wanted), dtype=np.float64)
        assert (off <= result.error).all()
        other = np.abs(np.linalg.inv(a) @ b - result.value)
        assert (other <= 4.0 * result.error).all()


def test_errors_are_never_nan_and_nothing_warns() -> None:
    extreme = np.array([[0.0, -0.0, 1e308, -1e308, 5e-324, np.inf, np.nan, 1.0]])
    ones = np.ones((8, 2))
    labels = np.array([0])
    with warnings.catch_warnings(), quiet:
        warnings.simplefilter("error")
        a = Bounded(extreme)
        results = [a + a, a * a, a / a, a / 0.0, a.exp(), a.log(), a.sqrt(), a @ ones, a.mean()]
        results += [a.exp().log(), (a - a).relu(), a.clip(0.0, 1.0), relu.forward(extreme)]
        results += [affine.forward(extreme, ones, ones[0]), losses.svm(extreme, labels)]
        results += [losses.softmax(extreme, labels), losses.softmax_gradient(extreme, labels)]
        results += [*affine.vjp(ones[:1], extreme, ones, ones[0]), relu.vjp(extreme, extreme)]
        results += batchnorm.vjp(extreme, extreme, extreme[0], extreme[0], eps=0.0)
        results += composed.affine_relu_vjp(ones[:1], extreme, ones, ones[0])
        results += [dropout.forward(extreme, extreme > 0, p_drop=0.5)]
    for result in results:
        assert (result.error >= 0.0).all()
        assert result.error.shape == result.value.shape


@pytest.mark.parametrize("precision", [FLOAT64, FLOAT32])
def test_empty_batches_have_answers(precision: Precision) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        x, w, b = np.zeros((0, 2, 3)), np.ones((6, 4)), np.ones(4)
        dout = np.zeros((0, 4))
        dx, dw, db = affine.vjp(dout, x, w, b, precision=precision)
        assert dx.shape == x.shape
        assert not dw.value.any()
        assert not db.value.any()
        mean, _ = batchnorm.statistics(dout, precision=precision)
        assert (mean.error == np.inf).all()
        assert losses.softmax_gradient(dout, np.zeros(0, int), precision=precision).shape == (0, 4)
        assert losses.svm(dout, np.zeros(0, int), precision=precision).error == np.inf


def test_unstable_formulas_are_allowed_only_when_asked() -> None:
    x, y = np.array([[1000.0, 0.0]]), np.array([1])
    assert losses.softmax(x, y).error == np.inf
    assert losses.softmax(x, y, precision=Precision(stable=True)).error < 1e-10
    assert float(losses.softmax(x, y, precision=Precision(stable=True)).value) == 1000.0


def test_margins_at_their_edge_are_intervals() -> None:
    dx = losses.svm_gradient(np.array([[1.0, 0.0, 0.5]]), np.array([0]))
    assert dx.value.tolist() == [[-1.5, 0.5, 1.0]]
    assert dx.error[0, 1] >= 0.5


def test_unknown_mode_and_bad_probability_are_named() -> None:
    one = np.ones(1)
    with pytest.raises(ValueError, match="mode is 'tset'"):
        batchnorm.forward(
            np.ones((2, 1)), one, one, mode="tset", eps=1e-5, running_mean=one, running_var=one
        )
    with pytest.raises(ValueError, match=r"p_drop is 1\.0"):
        dropout.forward(one, one > 0, p_drop=1.0)
