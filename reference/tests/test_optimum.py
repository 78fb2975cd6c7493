"""The two exercises at their optimum, which is known in closed form, and the GPLVM as a density."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import multivariate_normal, ortho_group

from reference import autoencoder, gplvm


@pytest.mark.parametrize("seed", range(5))
def test_autoencoder_is_stationary_at_the_principal_subspace(seed: int) -> None:
    """Any rotation of the leading principal directions (Baldi, Hornik 1989)."""
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((20, 6)) * np.arange(1.0, 7.0)
    _, singular, directions = np.linalg.svd(x, full_matrices=False)
    W = ortho_group.rvs(3, random_state=rng) @ directions[:3]
    dW = autoencoder.gradient(W, x)
    assert (abs(dW.value) <= 4.0 * dW.error).all()
    loss = autoencoder.loss(W, x)
    assert abs(loss.value - 0.5 * (singular[3:] ** 2).sum()) <= 4.0 * loss.error
    assert autoencoder.loss(W + 0.01 * rng.standard_normal(W.shape), x).value > loss.value


@pytest.mark.parametrize("seed", range(5))
def test_gplvm_is_stationary_at_dual_ppca(seed: int) -> None:
    """X = U (Lambda - 1 / beta)^(1/2) V with U Lambda U^T the leading part of Y Y^T / D.

    Lawrence (2005), section 2.2, with alpha scaling the kernel.
    """
    rng = np.random.default_rng(seed)
    Y = rng.standard_normal((7, 5)) * 2.0
    alpha, beta, q = 1.7, 4.0, 2
    eigenvalues, vectors = np.linalg.eigh(Y @ Y.T / Y.shape[1])
    scale = np.sqrt((eigenvalues[-q:] - 1 / beta) / alpha)
    X = vectors[:, -q:] * scale @ ortho_group.rvs(q, random_state=rng)
    dX = gplvm.gradient(X, Y, alpha, beta)
    assert (abs(dX.value) <= 4.0 * dX.error).all()
    assert dX.error.max() < 1e-8


@pytest.mark.parametrize("seed", range(5))
def test_gplvm_is_a_gaussian_density(seed: int) -> None:
    rng = np.random.default_rng(seed)
    X, Y = rng.standard_normal((6, 2)), rng.standard_normal((6, 3))
    value = gplvm.log_likelihood(X, Y, 0.5, 3.0)
    density = multivariate_normal(np.zeros(6), 0.5 * X @ X.T + np.eye(6) / 3.0)
    wanted = density.logpdf(Y.T).sum() + 0.5 * Y.size * np.log(2 * np.pi)
    assert abs(value.value - wanted) <= 4.0 * value.error
    parts = gplvm.log_determinant_term(X, 3, 0.5, 3.0) + gplvm.trace_term(X, Y, 0.5, 3.0)
    assert abs(parts.value - value.value) <= value.error


def test_gplvm_refuses_an_indefinite_kernel() -> None:
    with pytest.raises(ValueError, match=r"beta -1\.0"):
        gplvm.log_likelihood(np.ones((2, 1)), np.ones((2, 1)), 1.0, -1.0)
