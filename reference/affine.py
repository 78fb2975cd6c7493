"""Affine layer: out = flatten(x) w + b."""

from __future__ import annotations

import math

from .bounded import Bounded, Operand, lift, quiet
from .precision import FLOAT64, Precision


@quiet
def forward(x: Operand, w: Operand, b: Operand, *, precision: Precision = FLOAT64) -> Bounded:
    r"""Evaluate :math:`Y = XW + \mathbf{1} b^\top` with its rounding bound.

    Parameters
    ----------
    x : shape (N, d_1, ..., d_k)
        Inputs, flattened to (N, D).
    w : shape (D, M)
        Weights.
    b : shape (M,)
        Biases.
    precision : Precision
        The judged arithmetic; all formulas are equally stable.

    Returns
    -------
    Bounded, shape (N, M)

    Raises
    ------
    ValueError
        When the shapes do not fit (numpy's message).

    References
    ----------
    N. J. Higham (2002), Accuracy and Stability of Numerical Algorithms, section 3.5.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> x, w, b = rng.normal(size=(3, 2, 2)), rng.normal(size=(4, 5)), rng.normal(size=5)
    >>> out = forward(x, w, b)
    >>> summed = np.einsum("nij,ijm->nm", x, w.reshape(2, 2, 5)) + b
    >>> bool((abs(summed - out.value) <= out.error).all()), f"{out.error.max():.0e}"
    (True, '2e-15')
    """
    flat, b = flatten(lift(x, precision)), lift(b, precision)
    # The bias may as well be the first term of the sum, and takes part in every rounding then.
    return (flat @ w + b).allowing(flat.shape[1] * precision.unit * b.size)


@quiet
def vjp(
    dout: Operand, x: Operand, w: Operand, b: Operand, *, precision: Precision = FLOAT64
) -> tuple[Bounded, Bounded, Bounded]:
    r"""Pull `dout` back: :math:`dX = dY\,W^\top`, :math:`dW = X^\top dY`, :math:`db = dY^\top 1`.

    Parameters
    ----------
    dout : shape (N, M)
        Upstream derivative.
    x, w, b, precision
        As in `forward`.

    Returns
    -------
    dx, dw, db : Bounded
        With the shapes of `x`, `w`, `b`.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> x, w, dout = rng.normal(size=(3, 4)), rng.normal(size=(4, 5)), rng.normal(size=(3, 5))
    >>> dx, dw, db = vjp(dout, x, w, np.zeros(5))
    >>> loop = np.array([[sum(dout[n] * w[d]) for d in range(4)] for n in range(3)])
    >>> bool((abs(loop - dx.value) <= dx.error).all()), f"{dx.error.max():.0e}"
    (True, '3e-15')
    """
    x, d = lift(x, precision), lift(dout, precision)
    dx = (d @ lift(w, precision).T).reshape(x.shape)
    return dx, flatten(x).T @ d, d.sum(0)


def flatten(x: Bounded) -> Bounded:
    """View x (N, d_1, ..., d_k) as (N, D); works for N = 0, where -1 would be ambiguous."""
    return x.reshape(x.shape[0], math.prod(x.shape[1:]))
