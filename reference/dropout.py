"""Inverted dropout with a given mask: out = x * kept / (1 - p)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .bounded import Bounded, Operand, lift, quiet
from .precision import FLOAT64, Precision


@quiet
def forward(
    x: Operand, kept: NDArray[np.bool_], *, p_drop: float, precision: Precision = FLOAT64
) -> Bounded:
    r"""Evaluate :math:`x_i m_i / (1 - p)` with its rounding bound; the Jacobian is diagonal.

    Dropped units are exactly zero. For kept ones the bound has :math:`u / (1 - p)`, the rounding
    of 1 - p, which is also what separates a p given as the probability to drop from one given as
    the probability to keep.

    Parameters
    ----------
    x : any shape
        Inputs.
    kept : ndarray of bool, shape of `x`
        True where the unit is kept.
    p_drop : float
        Probability that a unit is dropped, in [0, 1).
    precision : Precision
        The judged arithmetic.

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
    >>> out = forward([1.0, 2.0], np.array([True, False]), p_drop=0.9)
    >>> out.value, bool(abs(1 / 0.1 - out.value[0]) <= out.error[0])
    (array([10.,  0.]), True)
    """
    if not 0.0 <= p_drop < 1.0:
        raise ValueError(f"p_drop is {p_drop!r}; give a probability in [0, 1)")
    keep = 1.0 - p_drop
    # Half an ulp of p itself, of the difference, of the reciprocal and of the product.
    scale = Bounded(1.0 / keep, precision.unit * (3.0 + 1.0 / keep) / keep, precision)
    return (lift(x, precision) * scale).where(kept)


def vjp(
    dout: Operand, kept: NDArray[np.bool_], *, p_drop: float, precision: Precision = FLOAT64
) -> Bounded:
    r"""Pull `dout` back: :math:`dx_i = dout_i m_i / (1 - p)`, as `forward` does.

    >>> vjp([1.0, 2.0], np.array([True, False]), p_drop=0.5).value
    array([2., 0.])
    """
    return forward(dout, kept, p_drop=p_drop, precision=precision)
