"""Scaled dot-product attention, and multi-head self-attention built on it."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from .activations import through_softmax
from .bounded import Bounded, Operand, lift, quiet
from .losses import log_softmax, probabilities
from .precision import FLOAT64, Precision

Mask = NDArray[np.bool_]


@quiet
def sdpa(
    q: Operand, k: Operand, v: Operand, mask: Mask | None = None, *, precision: Precision = FLOAT64
) -> Bounded:
    r"""Evaluate :math:`\operatorname{softmax}(q k^\top / \sqrt d)\, v`.

    Parameters
    ----------
    q : shape (..., T, d)
        Queries.
    k, v : shapes (..., S, d), (..., S, e)
        Keys and values.
    mask : ndarray of bool, broadcast to (..., T, S)
        True where a query attends to a key. Of a query that attends to none nothing is known:
        NaN and the mean of the values are both in use.
    precision : Precision
        As in `losses.softmax`.

    Returns
    -------
    Bounded, shape (..., T, e)

    References
    ----------
    A. Vaswani et al. (2017), Attention is all you need, equation 1.

    Examples
    --------
    >>> sdpa(np.zeros((1, 2)), np.ones((2, 2)), np.array([[1.0], [3.0]])).value
    array([[2.]])
    """
    values = lift(v, precision)
    return _weights(lift(q, precision), lift(k, precision), mask) @ values


@quiet
def sdpa_vjp(
    dout: Operand,
    q: Operand,
    k: Operand,
    v: Operand,
    mask: Mask | None = None,
    *,
    precision: Precision = FLOAT64,
) -> tuple[Bounded, Bounded, Bounded]:
    r"""Pull `dout` back: with P the weights and J the Jacobian of softmax, written out row by row,

    .. math:: dv = P^\top dY, \quad dS = J (dY v^\top), \quad dq = dS\, k / \sqrt d, \quad
        dk = dS^\top q / \sqrt d.

    Returns
    -------
    dq, dk, dv : Bounded
        With the shapes of `q`, `k`, `v`.
    """
    queries, keys, values, d = (lift(operand, precision) for operand in (q, k, v, dout))
    p = _weights(queries, keys, mask)
    scores = through_softmax(d @ values.T, p) / _root(queries)
    return scores @ keys, scores.T @ queries, p.T @ d


def _weights(q: Bounded, k: Bounded, mask: Mask | None) -> Bounded:
    scores = q @ k.T / _root(q)
    whole = None if mask is None else np.broadcast_to(np.asarray(mask) != 0, scores.shape)
    return probabilities(*log_softmax(scores, whole))


def _root(q: Bounded) -> Bounded:
    """sqrt(d), which may be rounded, or be taken into the queries before the product."""
    root = math.sqrt(q.shape[-1])
    return Bounded(root, 2.0 * q.precision.unit * root, q.precision)


@quiet
def attention(
    x: Operand,
    Wq: Operand,
    Wk: Operand,
    Wv: Operand,
    Wo: Operand,
    n_heads: int,
    *,
    causal: bool = False,
    precision: Precision = FLOAT64,
) -> Bounded:
    r"""Evaluate multi-head self-attention, :math:`[\text{head}_1, \dots, \text{head}_h] W_o`.

    Each head is `sdpa` of its D / h neighbouring columns of x Wq, x Wk and x Wv.

    Parameters
    ----------
    x : shape (N, T, D)
        Inputs.
    Wq, Wk, Wv, Wo : shape (D, D)
        Parameters.
    n_heads : int
        Number of heads h; divides D.
    causal : bool
        Whether a time step attends to itself and earlier ones only.
    precision : Precision
        As in `sdpa`.

    Returns
    -------
    Bounded, shape (N, T, D)

    Raises
    ------
    ValueError
        When `n_heads` does not divide D.

    References
    ----------
    A. Vaswani et al. (2017), Attention is all you need, section 3.2.2.
    """
    given = lift(x, precision)
    q, k, v = (_heads(given @ lift(w, precision), n_heads) for w in (Wq, Wk, Wv))
    heads = sdpa(q, k, v, _mask(given, causal), precision=precision)
    return _joined(heads) @ lift(Wo, precision)


@quiet
def attention_vjp(
    dout: Operand,
    x: Operand,
    Wq: Operand,
    Wk: Operand,
    Wv: Operand,
    Wo: Operand,
    n_heads: int,
    *,
    causal: bool = False,
    precision: Precision = FLOAT64,
) -> tuple[Bounded, ...]:
    """Pull `dout` (N, T, D) back: dx, dWq, dWk, dWv, dWo."""
    given, d, out = lift(x, precision), lift(dout, precision), lift(Wo, precision)
    weights = [lift(w, precision) for w in (Wq, Wk, Wv)]
    q, k, v = (_heads(given @ w, n_heads) for w in weights)
    mask = _mask(given, causal)
    heads = _joined(sdpa(q, k, v, mask, precision=precision))
    inner = _heads(d @ out.T, n_heads)
    parts = [_joined(part) for part in sdpa_vjp(inner, q, k, v, mask, precision=precision)]
    first, second, third = (part @ w.T for part, w in zip(parts, weights, strict=True))
    rows = _rows(given).T
    return (
        first + second + third,
        *(rows @ _rows(part) for part in parts),
        _rows(heads).T @ _rows(d),
    )


def _heads(x: Bounded, n_heads: int) -> Bounded:
    n, t, d = x.shape
    if n_heads < 1 or d % n_heads:
        raise ValueError(f"n_heads is {n_heads} and x has {d} columns; give a divisor of them")
    return x.reshape(n, t, n_heads, d // n_heads).transpose(0, 2, 1, 3)


def _joined(heads: Bounded) -> Bounded:
    n, h, t, d = heads.shape
    return heads.transpose(0, 2, 1, 3).reshape(n, t, h * d)


def _rows(x: Bounded) -> Bounded:
    return x.reshape(math.prod(x.shape[:2]), x.shape[2])


def _mask(x: Bounded, causal: bool) -> Mask | None:
    return np.tri(x.shape[1], dtype=bool) if causal else None
