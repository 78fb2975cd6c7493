"""Adjoints of forward values from perturbed evaluations, with an error estimate.

A central difference with step h has the error c₂h² + c₄h⁴ + …; from steps h, h/2, h/4 Richardson's
scheme removes the first two terms. The difference between the last two columns estimates what is
left; rounding of the evaluations gives a floor.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..values import Array

__all__ = [
    "STEPS",
    "Adjoint",
    "agree",
    "as_vector",
    "jacobian",
    "laid_out",
    "squeezed",
    "step_scale",
]

# Powers of two, so that value ± step loses nothing; small enough to stay clear of kinks.
STEPS = (2.0**-9, 2.0**-10, 2.0**-11)


def step_scale(value: Array) -> float:
    """Return the power of two nearest the size of a value, 1 for zeros.

    >>> step_scale(np.array([0.3, -3.0]))
    2.0
    """
    with np.errstate(over="ignore"):
        size = float(np.sqrt(np.mean(np.square(value)))) if value.size else 1.0
    return float(2.0 ** np.round(np.log2(size))) if size > 0 and np.isfinite(size) else 1.0


@dataclass(frozen=True, slots=True)
class Jacobian:
    """∂out/∂value with shape (size of value, size of out), and an error of the same shape."""

    value: Array
    error: Array
    shape: tuple[int, ...]
    moved: bool

    def adjoint(self, dout: Any) -> Adjoint:
        """Contract with an upstream derivative, or with one for each of several outputs."""
        weights = as_vector(dout)
        return Adjoint(
            (self.value @ weights).reshape(self.shape),
            (self.error @ np.abs(weights)).reshape(self.shape),
        )


@dataclass(frozen=True, slots=True)
class Adjoint:
    """A total derivative ∂⟨dout, out⟩/∂value and the error estimate of each entry."""

    value: Array
    error: Array

    def __add__(self, other: Adjoint) -> Adjoint:
        return Adjoint(self.value + other.value, self.error + other.error)

    @property
    def known(self) -> bool:
        """Whether every entry is finite and the error small beside the largest entry."""
        if not np.all(np.isfinite(self.value)) or not np.all(np.isfinite(self.error)):
            return False
        size = np.max(np.abs(self.value), initial=0.0)
        return bool(np.max(self.error, initial=0.0) <= 1e-6 * size + 1e-9)


def as_vector(dout: Any) -> Array:
    """Return upstream derivatives as one vector, in the order of the outputs."""
    parts = dout if isinstance(dout, (tuple, list)) else (dout,)
    return np.concatenate([np.ravel(np.asarray(part, dtype=float)) for part in parts])


def jacobian(
    rows: Array, shape: tuple[int, ...], scale: float, *, silent: bool = False
) -> Jacobian:
    """Extrapolate evaluations of shape (entries, steps, 2, size of out) to step zero.

    Rows of shape (entries, size of out) are derivatives by complex steps, exact to rounding.
    silent : whether the output was seen not to depend on the value at all.
    """
    if rows.ndim == 2:
        size = np.max(np.abs(rows), axis=1, keepdims=True, initial=0.0)
        return Jacobian(rows, np.broadcast_to(1e-13 * size, rows.shape), shape, not silent)
    steps = np.array(STEPS) * scale
    plus, minus = rows[:, :, 0, :], rows[:, :, 1, :]
    column = [(plus[:, k] - minus[:, k]) / (2 * steps[k]) for k in range(len(steps))]
    moved = bool(np.any(plus != minus))
    noise = 4 * np.finfo(float).eps * np.max(np.abs(rows), axis=(1, 2), initial=0.0) / steps[-1]
    previous = column
    factor = 4.0
    while len(column) > 1:
        previous = column
        column = [
            (factor * column[k + 1] - column[k]) / (factor - 1) for k in range(len(column) - 1)
        ]
        factor *= 4.0
    error = np.abs(column[0] - previous[-1]) + noise + _jump(plus + minus, column[0], steps[0])
    return Jacobian(column[0], error, shape, moved)


def _jump(sums: Array, slope: Array, step: float) -> Array:
    """Return by how much the derivative jumps at a value that lies exactly on a kink, else 0.

    There every symmetric difference is the mean of the two one-sided ones, so that they agree
    with each other. But f(x + h) + f(x - h) goes with h at a kink and with h² elsewhere, and
    the difference below leaves out what goes with h².
    """
    jump = np.abs(sums[:, 0] - 5 * sums[:, 1] + 4 * sums[:, 2]) / step
    least = 1e-3 * np.abs(slope) + 1e-5 * np.max(np.abs(slope), initial=0.0)
    found: Array = np.where(jump > least, jump, 0.0)
    return found


def agree(got: Array, wanted: Adjoint) -> bool:
    """Whether a value is the adjoint, up to the adjoint's error and rounding.

    Axes of length one do not count: (1, 3) may stand for (3,).
    """
    if squeezed(got.shape) != squeezed(wanted.value.shape):
        return False
    got = np.asarray(got, dtype=float).reshape(wanted.value.shape)
    if not np.all(np.isfinite(got)):
        return False
    size = np.max(np.abs(wanted.value), initial=0.0)
    # Losses with log(p + 1e-8) are another reading, not another derivation.
    slack = 8 * wanted.error + 2e-6 * size + 1e-13
    return bool(np.all(np.abs(got - wanted.value) <= slack))


def laid_out(got: Sequence[Array], wanted: Sequence[Adjoint]) -> bool:
    """Whether values are adjoints in another layout: axes exchanged and joined, in all cases alike.

    >>> one = Adjoint(np.arange(12.0).reshape(1, 2, 3, 2), np.zeros((1, 2, 3, 2)))
    >>> laid_out([one.value.transpose(0, 2, 3, 1).reshape(6, 2)], [one])
    True
    """
    axes = wanted[0].value.ndim
    if not 3 <= axes <= 5 or any(
        g.size != w.value.size or squeezed(g.shape) == squeezed(w.value.shape)
        for g, w in zip(got, wanted, strict=True)
    ):
        return False
    return any(
        all(
            agree(
                g,
                Adjoint(
                    w.value.transpose(order).reshape(g.shape),
                    w.error.transpose(order).reshape(g.shape),
                ),
            )
            for g, w in zip(got, wanted, strict=True)
        )
        for order in itertools.permutations(range(axes))
    )


def squeezed(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Return a shape without its axes of length one."""
    return tuple(length for length in shape if length != 1)
