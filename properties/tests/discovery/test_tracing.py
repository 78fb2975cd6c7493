"""Dual numbers through numpy: values as numpy's, derivatives as difference quotients say."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from properties.implementation.child.tracing import dressing, dual, elementary, functions, rules
from properties.implementation.child.tracing.dual import Dual, Lost, Trace, constant

_ = (functions, rules)  # they give `Dual` its operators and methods
RNG = np.random.default_rng(0)
A, B, V = RNG.normal(size=(3, 4)), RNG.normal(size=(4, 2)), RNG.normal(size=4)
CUBE, S = RNG.normal(size=(2, 3, 4)), A @ A.T + np.eye(3)
Function = Callable[..., Any]

CASES: dict[str, tuple[Function, tuple[Any, ...]]] = {
    "matmul": (lambda a, b: a @ b, (A, B)),
    "matmul of vectors": (lambda a, b: b @ a @ b.T, (S, A.T[:2, :])),
    "matmul of batches": (lambda a, b: a @ b, (CUBE, B)),
    "dot": (lambda a, b: np.dot(a, b), (CUBE, B)),
    "einsum": (lambda a, b: np.einsum("ij,jk->ik", a, b), (A, B)),
    "tensordot": (lambda a, b: np.tensordot(a, b, axes=1), (A, B)),
    "outer": (np.outer, (V, V + 1)),
    "softmax": (
        lambda a: (
            np.exp(a - a.max(1, keepdims=True)) / np.exp(a - a.max(1)[:, None]).sum(1)[:, None]
        ),
        (A,),
    ),
    "normalised": (lambda a: (a - a.mean(0)) / np.sqrt(a.var(axis=0) + 1e-5), (A,)),
    "std": (lambda a: np.std(a, axis=1, ddof=1), (A,)),
    "inverse": (np.linalg.inv, (S,)),
    "solve": (np.linalg.solve, (S, V[:3])),
    "determinant": (np.linalg.det, (S,)),
    "log determinant": (lambda a: np.linalg.slogdet(a)[1], (S,)),
    "cholesky": (lambda a: np.linalg.cholesky(a + a.T), (S,)),
    "norm": (np.linalg.norm, (A,)),
    "maximum": (lambda a: np.maximum(0, a) * 2, (A,)),
    "where": (lambda a: np.where(a > 0, a, 0.01 * a), (A,)),
    "clip": (lambda a: np.clip(a, -0.5, 0.5), (A,)),
    "entries": (lambda a: a[np.arange(3), [0, 1, 2]], (A,)),
    "entries with a slice between": (lambda a: a[[0, 1], :, [1, 0]], (CUBE,)),
    "ellipsis": (lambda a: a[..., 0], (A,)),
    "concatenate": (lambda a, b: np.concatenate([a, b.T]), (A, B)),
    "windows": (
        lambda a, b: np.einsum(
            "ncwk,ck->nw", np.lib.stride_tricks.sliding_window_view(a, 2, axis=-1), b
        ),
        (CUBE, B[:3]),
    ),
    "pad": (lambda a: np.pad(a, ((1, 1), (0, 2))), (A,)),
    "diag": (np.diag, (V,)),
    "tril": (np.tril, (A,)),
    "sort": (lambda a: np.sort(a, axis=1), (A,)),
    "cumsum": (lambda a: np.cumsum(a, axis=1), (A,)),
    "prod": (lambda a: np.prod(a, axis=1), (A,)),
    "power": (lambda a, b: np.abs(a) ** b, (V, V + 1)),
    "logaddexp": (lambda a: np.logaddexp(0, a), (A,)),
    "arctan2": (np.arctan2, (V, V + 2)),
    "transposed": (lambda a: a.transpose(1, 0).reshape(2, -1), (A,)),
    **{
        name: (getattr(np, name), (np.abs(A) / 4 + 0.1,))
        for name in elementary.UNARY
        if name not in ("positive", "conjugate")
    },
}


def duals(*arrays: Any) -> list[Dual]:
    """Make every entry of the arrays a direction."""
    total = sum(a.size for a in arrays)
    Trace.start(total)
    made, first = [], 0
    for array in arrays:
        one = constant(array)
        one.t.reshape(-1, total)[np.arange(array.size), first + np.arange(array.size)] = 1.0
        first += array.size
        made.append(one)
    return made


@pytest.mark.parametrize("name", CASES)
def test_derivatives_are_those_of_difference_quotients(name: str) -> None:
    function, arrays = CASES[name]
    result = function(*duals(*arrays))
    np.testing.assert_allclose(result.v, function(*arrays), rtol=1e-12)
    column = 0
    for place, array in enumerate(arrays):
        for entry in range(array.size):
            ends = []
            for step in (1e-6, -1e-6):
                moved = [a.copy() for a in arrays]
                moved[place].reshape(-1)[entry] += step
                ends.append(np.asarray(function(*moved)))
            slope = (ends[0] - ends[1]) / 2e-6
            np.testing.assert_allclose(result.t[..., column], slope, atol=1e-6, rtol=1e-6)
            column += 1


@pytest.mark.parametrize("name", ["softmax", "normalised", "inverse", "log determinant", "tanh"])
def test_the_bound_covers_the_error_in_longer_precision(name: str) -> None:
    function, arrays = CASES[name]
    result = function(*duals(*arrays))
    step = 1e-30
    if name in ("softmax", "log determinant"):  # their maximum and sign are not analytic
        return
    for entry in range(arrays[0].size):
        moved = arrays[0].astype(complex)
        moved.reshape(-1)[entry] += 1j * step
        exact = np.imag(_analytic(name, function)(moved)) / step
        off = np.abs(result.t[..., entry] - exact)
        assert np.all(off <= 4.0 * result.et[..., entry] + 1e-15)


def _analytic(name: str, function: Function) -> Function:
    """The function without conjugates, which numpy's variance takes."""
    if name != "normalised":
        return function
    return lambda a: (a - a.mean(0)) / np.sqrt(((a - a.mean(0)) ** 2).mean(0) + 1e-5)


def test_writing_into_views_carries_derivatives() -> None:
    (x,) = duals(V)
    table = constant(np.zeros((2, 4)))
    row = table[0]
    row[...] = x
    table[1] += np.multiply(2, x)
    np.testing.assert_array_equal(table.t[0], np.eye(4))
    np.testing.assert_array_equal(table.t[1], 2 * np.eye(4))


def test_a_derivative_is_never_lost_in_silence() -> None:
    (x,) = duals(V)
    plain = np.zeros(4)
    with pytest.raises((Lost, ValueError)):
        plain[0] = x[0]
    with pytest.raises((Lost, TypeError)):
        plain += x
    with pytest.raises(Lost):
        float(x[0])
    with pytest.raises(Lost):
        np.linalg.svd(x.reshape(2, 2))


def test_a_kink_is_noticed_and_a_dead_unit_is_none() -> None:
    (x,) = duals(np.array([1.0, 0.0]))
    np.maximum(0, x)
    assert Trace.margin == 0.0
    (x,) = duals(np.array([1.0, -2.0]))
    hidden = np.maximum(0, x)
    assert (hidden <= 0).tolist() == [False, True]
    assert Trace.margin == 1.0


def test_dressed_modules_see_names_that_keep_derivatives() -> None:
    import types

    module = types.ModuleType("piece")
    source = "import numpy as np, math\nfrom numpy import zeros\ndef f(x):\n" \
        "    out = zeros(2)\n    out[0] = math.exp(x[0])\n    out[1] = float(x[1]) * 2\n" \
        "    return np.array([[out[0], 1.0], [out[1], 2.0]])\n"  # fmt: skip
    exec(source, module.__dict__)
    (x,) = duals(np.array([0.5, 3.0]))
    with dressing.dressed([module]):
        result = module.f(x)
    np.testing.assert_allclose(result.t[:, 0], [[np.exp(0.5), 0.0], [0.0, 2.0]])
    assert module.np is np
    assert dual.Trace.directions == 2
