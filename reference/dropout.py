"""Inverted dropout with a given mask: out = x * kept / (1 - p)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .running_error import UNIT_FLOAT64, Array, Bounded, bounded, quiet, underflow


@quiet
def forward(
    x: Array,
    kept: NDArray[np.bool_],
    *,
    p_drop: float,
    unit: float = UNIT_FLOAT64,
    stable: bool = False,
) -> Bounded:
    r"""Evaluate :math:`x_i m_i / (1 - p)` with its rounding bound.

    Dropped units are exactly zero. For kept ones the bound is :math:`u (4 + 1 / (1 - p)) |out|`:
    the second term is the rounding of 1 - p, which is also what separates a p given as the
    probability to drop from one given as the probability to keep.

    Parameters
    ----------
    x : ndarray of float64, any shape
        Inputs.
    kept : ndarray of bool, shape of `x`
        True where the unit is kept.
    p_drop : float
        Probability that a unit is dropped, in [0, 1).
    unit : float
        Unit roundoff of the judged arithmetic.
    stable : bool
        Has no effect.

    Returns
    -------
    Bounded, shape of `x`

    Raises
    ------
    ValueError
        When `p_drop` is outside [0, 1).

    References
    ----------
    N. Srivastava et al. (2014), Dropout, JMLR 15, section 10 (scaling at training time).

    Examples
    --------
    >>> out = forward(np.array([1.0, 2.0]), np.array([True, False]), p_drop=0.9)
    >>> out.value, bool(abs(1 / 0.1 - out.value[0]) <= out.error[0])
    (array([10.,  0.]), True)
    """
    if not 0.0 <= p_drop < 1.0:
        raise ValueError(f"p_drop is {p_drop!r}; give a probability in [0, 1)")
    keep = 1.0 - p_drop
    value = np.where(kept, x / keep, 0.0)
    error = np.abs(value) * (unit * (4.0 + 1.0 / keep))
    return bounded(value, error + np.where(kept, underflow(unit) / keep, 0.0), unit)


def vjp(
    dout: Array,
    kept: NDArray[np.bool_],
    *,
    p_drop: float,
    unit: float = UNIT_FLOAT64,
    stable: bool = False,
) -> Bounded:
    r"""Pull `dout` back: :math:`dx_i = dout_i m_i / (1 - p)`; the Jacobian is diagonal.

    Parameters
    ----------
    dout : ndarray of float64
        Upstream derivative.
    kept, p_drop, unit, stable
        As in `forward`.

    Returns
    -------
    Bounded, shape of `dout`

    Raises
    ------
    ValueError
        When `p_drop` is outside [0, 1).

    Examples
    --------
    >>> vjp(np.array([1.0, 2.0]), np.array([True, False]), p_drop=0.5).value
    array([2., 0.])
    """
    return forward(dout, kept, p_drop=p_drop, unit=unit, stable=stable)
