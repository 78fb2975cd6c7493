"""The backward pass of batch normalisation once more, step by step through the graph."""

from __future__ import annotations

from numpy.typing import ArrayLike

from .._guards import as_dtype
from .._norm_guards import NormCache, norm_upstream
from .._validate import FloatArray

__all__ = ["batchnorm_backward_alt"]


def batchnorm_backward_alt(
    dout: ArrayLike, cache: NormCache | None
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return dx (N, D), dgamma and dbeta (D,) as :func:`nndl.layers.batchnorm_backward` does.

    The forward pass is a graph of simple steps; the backward pass visits them in reverse, and where
    a value is used twice its derivatives add up:

    - out = γ x̂ + β:      dβ = Σ dout, dγ = Σ dout x̂, dx̂ = γ dout;
    - x̂ = c / σ̃:          dc = dx̂ / σ̃, dσ̃ = −Σ dx̂ c / σ̃² = −Σ dx̂ x̂ / σ̃;
    - σ̃ = √(σ² + ε):      dσ² = dσ̃ / (2 σ̃);
    - σ² = (1/N) Σ c²:    dc gains 2 c dσ² / N;
    - c = x − μ:          dx = dc, dμ = −Σ dc;
    - μ = (1/N) Σ x:      dx gains dμ / N.

    Raises a ValueError if ``dout`` does not fit, or the cache is that of a test-mode pass.

    References
    ----------
    Ioffe and Szegedy, "Batch Normalization" (2015), section 3; CS231n, assignment 2, has this order
    of the steps.
    """
    dout, (x_hat, gamma, std), dtype = norm_upstream(dout, cache)
    N = max(len(dout), 1)
    dbeta = dout.sum(axis=0)
    dgamma = (dout * x_hat).sum(axis=0)
    dx_hat = gamma * dout

    centred = x_hat * std
    dcentred = dx_hat / std
    dstd = -(dx_hat * x_hat).sum(axis=0) / std
    dvar = dstd / (2 * std)
    dcentred = dcentred + 2 * centred * dvar / N
    dmean = -dcentred.sum(axis=0)
    dx = dcentred + dmean / N
    return as_dtype(dtype, dx, dgamma, dbeta)
