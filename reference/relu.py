"""Rectified linear unit: out = max(x, 0)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .running_error import UNIT_FLOAT64, Array, Bounded, bounded, quiet, underflow


@quiet
def forward(x: Array, *, unit: float = UNIT_FLOAT64, stable: bool = False) -> Bounded:
    r"""Evaluate :math:`\max(x, 0) = (x + |x|) / 2`, which is exact: the bound is zero.

    Parameters
    ----------
    x : ndarray of float64, any shape
        Inputs.
    unit : float
        Unit roundoff of the judged arithmetic.
    stable : bool
        Has no effect.

    Returns
    -------
    Bounded, shape of `x`

    Examples
    --------
    >>> forward(np.array([-1.5, 0.0, 2.5])).value
    array([0. , 0. , 2.5])
    """
    return bounded(np.maximum(x, 0.0), np.zeros(x.shape), unit)


@quiet
def vjp(dout: Array, x: Array, *, unit: float = UNIT_FLOAT64, stable: bool = False) -> Bounded:
    r"""Pull `dout` back: :math:`dx = dout \cdot [x > 0]`.

    At x = 0 every value between 0 and `dout` is a subgradient: the value is the middle of that
    interval and the error its half width. Elsewhere the bound is zero.

    Parameters
    ----------
    dout, x : ndarray of float64, same shape
        Upstream derivative and inputs.
    unit, stable
        As in `forward`.

    Returns
    -------
    Bounded, shape of `x`

    Examples
    --------
    >>> dx = vjp(np.array([3.0, 3.0, 3.0]), np.array([-1.0, 0.0, 1.0]))
    >>> dx.value, dx.error
    (array([0. , 1.5, 3. ]), array([0. , 1.5, 0. ]))
    """
    value, error = gate(dout, x == 0.0, x > 0.0, unit)
    return bounded(value, np.zeros(x.shape) if error is None else error, unit)


def gate(
    dout: Array, unsure: NDArray[np.bool_], on: NDArray[np.bool_], unit: float
) -> tuple[Array, Array | None]:
    """Let `dout` through where `on`; where `unsure`, answer with the interval from 0 to `dout`.

    The error is ``None`` when no entry is unsure, so that callers can skip it.
    """
    if not unsure.any():
        return np.where(on, dout, 0.0), None
    half = 0.5 * dout
    value = np.where(unsure, half, np.where(on, dout, 0.0))
    # Halving a subnormal rounds.
    return value, np.where(unsure, np.abs(half) + underflow(unit), 0.0)
