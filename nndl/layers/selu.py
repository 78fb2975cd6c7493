"""Scaled exponential linear unit."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from .._guards import array, upstream
from .._validate import FloatArray

__all__ = ["selu_backward", "selu_forward"]

ALPHA = 1.6732632423543772
LAMBDA = 1.0507009873554805


def selu_forward(x: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Scale the exponential linear unit: out = λ x where x > 0, and λ α (eˣ − 1) elsewhere.

    λ and α are such that inputs of mean zero and variance one give outputs of mean zero and
    variance one, so that a deep net normalises itself.

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
    >>> float(selu_forward([1.0])[0][0])
    1.0507009873554805
    """
    x = array("x (...)", x)
    out = LAMBDA * np.where(x > 0, x, ALPHA * np.expm1(np.minimum(x, 0)))
    return out, x


def selu_backward(dout: ArrayLike, cache: FloatArray) -> FloatArray:
    """Return dx of :func:`selu_forward`.

    As for the exponential linear unit: the slope is λ where x > 0 and λ α eˣ below. At x = 0 every
    slope between λ and λ α is a subgradient, and λ α is taken. Thus
    dx = dout · λ · (1 where x > 0, else α eˣ).

    Raises a ValueError if ``dout`` does not have the shape of x.

    References
    ----------
    Klambauer, Unterthiner, Mayr and Hochreiter, "Self-Normalizing Neural Networks" (2017),
    equation 2; the constants are those of its appendix A1.1.
    """
    x = cache
    dout = upstream(dout, x.shape)
    return dout * (LAMBDA * np.where(x > 0, 1, ALPHA * np.exp(np.minimum(x, 0))))
