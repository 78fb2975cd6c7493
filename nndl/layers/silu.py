"""Sigmoid-weighted linear unit, or swish."""

from __future__ import annotations

from numpy.typing import ArrayLike

from .._guards import array, upstream
from .._validate import FloatArray
from .sigmoid import sigmoid

__all__ = ["silu_backward", "silu_forward"]


def silu_forward(x: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Weigh every entry by its sigmoid: out = x σ(x).

    A smooth ReLU with a dip of −0.28 near x = −1.28.

    Parameters
    ----------
    x : array of any shape

    Returns
    -------
    out : array of the shape of x
    cache : array
        x.

    Raises
    ------
    ValueError
        If x does not hold real numbers.

    Examples
    --------
    >>> [round(float(value), 4) for value in silu_forward([0.0, 1.0])[0]]
    [0.0, 0.7311]
    """
    x = array("x (...)", x)
    out = x * sigmoid(x)
    return out, x


def silu_backward(dout: ArrayLike, cache: FloatArray) -> FloatArray:
    """Return dx of :func:`silu_forward`.

    σ' = σ(x) σ(−x), so by the product rule (x σ)' = σ(x) + x σ(x) σ(−x). Thus
    dx = dout · σ(x) (1 + x σ(−x)).

    Raises a ValueError if ``dout`` does not have the shape of x.

    References
    ----------
    Elfwing, Uchibe and Doya, "Sigmoid-Weighted Linear Units" (2018), equation 6; Ramachandran, Zoph
    and Le, "Searching for Activation Functions" (2017), for the name swish.
    """
    x = cache
    dout = upstream(dout, x.shape)
    return dout * sigmoid(x) * (1 + x * sigmoid(-x))
