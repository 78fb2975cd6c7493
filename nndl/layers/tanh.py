"""Hyperbolic tangent."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from .._guards import array, upstream
from .._validate import FloatArray

__all__ = ["tanh_backward", "tanh_forward"]


def tanh_forward(x: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Squash every entry into (−1, 1): out = tanh(x) = (eˣ − e⁻ˣ) / (eˣ + e⁻ˣ).

    It is odd, with slope one at zero, and reaches ±1 to the last bit beyond |x| = 19 or so.

    Parameters
    ----------
    x : array of any shape

    Returns
    -------
    out : array of the shape of x
    cache : array
        out, of which the slope can be told.

    Raises
    ------
    ValueError
        If x does not hold real numbers.

    Examples
    --------
    >>> float(tanh_forward([0.0, np.log(3)])[0][1])  # (3 − 1/3) / (3 + 1/3)
    0.8
    """
    x = array("x (...)", x)
    out = np.tanh(x)
    return out, out


def tanh_backward(dout: ArrayLike, cache: FloatArray) -> FloatArray:
    """Return dx of :func:`tanh_forward`.

    With s = eˣ − e⁻ˣ and c = eˣ + e⁻ˣ, each the derivative of the other, the quotient rule gives
    (s/c)' = (c c − s s) / c² = 1 − (s/c)². Thus dx = dout · (1 − out²).

    Raises a ValueError if ``dout`` does not have the shape of x.

    References
    ----------
    LeCun, Bottou, Orr and Müller, "Efficient BackProp" (1998), section 4.4.
    """
    out = cache
    dout = upstream(dout, out.shape)
    return dout * (1 - out * out)
