"""Exercise: the linear autoencoder with tied weights."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ._validate import FloatArray, check_ndim, real_arrays, working_dtype

__all__ = ["autoencoder_loss"]


def autoencoder_loss(W: ArrayLike, x: ArrayLike) -> tuple[np.floating[Any], FloatArray]:
    """Squared error of encoding x by W and decoding it by Wᵀ, and its gradient.

    L(W) = ½ ‖WᵀWx − x‖², summed over the examples of a batch.

    Let b = Wx be the code and a = WᵀWx − x the residual. L = ½ aᵀa gives ∂L/∂a = a. W enters a
    twice, as the Wᵀ that decodes and as the W that encodes; hold one of them and vary the other.

    - The path through the decoder: a = Wᵀb − x with b held, so ∂L/∂Wᵀ = a bᵀ (n, m), and its
      transpose is this path's part of ∂L/∂W: b aᵀ = Wx (WᵀWx − x)ᵀ.
    - The path through the encoder: ∂L/∂b = Wa, and b = Wx, so this part is
      (Wa) xᵀ = W (WᵀWx − x) xᵀ.

    By the law of total derivatives the parts add up to
    ∇L = W (WᵀWx − x) xᵀ + Wx (WᵀWx − x)ᵀ.

    Parameters
    ----------
    W : array (m, n)
        Encoder; m < n for a code shorter than its input.
    x : array (n,) or (N, n)
        One example, or a batch in rows.

    Returns
    -------
    loss : floating scalar
    dW : array (m, n)

    Raises
    ------
    ValueError
        If the shapes do not fit or an argument is not real.

    References
    ----------
    UCLA ECE C147/C247, homework on backpropagation; Baldi and Hornik, "Neural networks and
    principal component analysis" (1989), for its minima.

    Examples
    --------
    >>> loss, dW = autoencoder_loss([[1.0, 0.0]], [3.0, 2.0])
    >>> float(loss)  # the second coordinate is lost: 2² / 2
    2.0
    >>> dW
    array([[ 0., -6.]])
    """
    W, x = real_arrays(W=W, x=x)
    check_ndim("W", W, 2, "(m, n)")
    if x.ndim not in (1, 2) or x.shape[-1] != W.shape[1]:
        n = W.shape[1]
        raise ValueError(f"x must have shape ({n},) or (N, {n}), as W is {W.shape}, got {x.shape}")
    dtype = x.dtype
    W = W.astype(working_dtype(x), copy=False)
    batch = np.atleast_2d(x).astype(W.dtype, copy=False)  # (N, n): examples in rows
    code = batch @ W.T  # (N, m)
    residual = code @ W - batch  # (N, n)
    loss = 0.5 * np.sum(residual * residual)
    decoder_path = code.T @ residual  # Σ b aᵀ
    encoder_path = (residual @ W.T).T @ batch  # Σ (Wa) xᵀ
    dW = decoder_path + encoder_path
    return dtype.type(loss), dW.astype(dtype, copy=False)
