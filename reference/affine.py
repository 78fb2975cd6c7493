"""Affine layer: out = flatten(x) w + b."""

from __future__ import annotations

import numpy as np

from .running_error import UNIT_FLOAT64, Array, Bounded, bounded, product, quiet, underflow


@quiet
def forward(
    x: Array, w: Array, b: Array, *, unit: float = UNIT_FLOAT64, stable: bool = False
) -> Bounded:
    r"""Evaluate :math:`Y = XW + \mathbf{1} b^\top` with its rounding bound.

    The bound is :math:`(D + 2)\,u\,(|X||W| + |b|)`, for every order of summation.

    Parameters
    ----------
    x : ndarray of float64, shape (N, d_1, ..., d_k)
        Inputs, flattened to (N, D).
    w : ndarray of float64, shape (D, M)
        Weights.
    b : ndarray of float64, shape (M,)
        Biases.
    unit : float
        Unit roundoff of the judged arithmetic.
    stable : bool
        Has no effect: all formulas are equally accurate.

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
    >>> rng = np.random.default_rng(0)
    >>> x, w, b = rng.normal(size=(3, 2, 2)), rng.normal(size=(4, 5)), rng.normal(size=5)
    >>> out = forward(x, w, b)
    >>> summed = np.einsum("nij,ijm->nm", x, w.reshape(2, 2, 5)) + b
    >>> bool((abs(summed - out.value) <= out.error).all()), f"{out.error.max():.0e}"
    (True, '2e-15')
    """
    flat = flatten(x)
    terms = flat.shape[1] + 2.0
    size = np.abs(flat) @ np.abs(w) + np.abs(b)
    return bounded(flat @ w + b, size * (terms * unit) + terms * underflow(unit), unit)


@quiet
def vjp(
    dout: Array,
    x: Array,
    w: Array,
    b: Array,
    *,
    unit: float = UNIT_FLOAT64,
    stable: bool = False,
) -> tuple[Bounded, Bounded, Bounded]:
    r"""Pull `dout` back: :math:`dX = dY\,W^\top`, :math:`dW = X^\top dY`, :math:`db = dY^\top 1`.

    Parameters
    ----------
    dout : ndarray of float64, shape (N, M)
        Upstream derivative.
    x, w, b : ndarray of float64
        As in `forward`.
    unit, stable
        As in `forward`.

    Returns
    -------
    dx, dw, db : Bounded
        With the shapes of `x`, `w`, `b`.

    Raises
    ------
    ValueError
        When the shapes do not fit (numpy's message).

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> x, w, dout = rng.normal(size=(3, 4)), rng.normal(size=(4, 5)), rng.normal(size=(3, 5))
    >>> dx, dw, db = vjp(dout, x, w, np.zeros(5))
    >>> loop = np.array([[sum(dout[n] * w[d]) for d in range(4)] for n in range(3)])
    >>> bool((abs(loop - dx.value) <= dx.error).all()), f"{dx.error.max():.0e}"
    (True, '3e-15')
    """
    return pull_back(dout, None, x, w, unit)


def pull_back(
    dout: Array, dout_error: Array | None, x: Array, w: Array, unit: float
) -> tuple[Bounded, Bounded, Bounded]:
    """Do the work of `vjp` for an upstream derivative that has an error of its own."""
    flat = flatten(x)
    dx, dx_error = product(dout, dout_error, w.T, None, unit)
    dw, dw_error = product(flat.T, None, dout, dout_error, unit)
    db = np.add.reduce(dout)
    db_error = np.add.reduce(np.abs(dout)) * (len(dout) * unit)
    if dout_error is not None:
        db_error = db_error + np.add.reduce(dout_error)
    return (
        bounded(dx.reshape(x.shape), dx_error.reshape(x.shape), unit),
        bounded(dw, dw_error, unit),
        bounded(db, db_error, unit),
    )


def flatten(x: Array) -> Array:
    """View x (N, d_1, ..., d_k) as (N, D); works for N = 0, where -1 would be ambiguous."""
    columns = 1
    for side in x.shape[1:]:
        columns *= side
    return x.reshape(x.shape[0], columns)
