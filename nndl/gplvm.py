"""Exercise: the likelihood of the Gaussian process latent variable model.

X (N, Q) are latent positions, Y (N, D) observations, and K = α XXᵀ + β⁻¹ I (N, N) is the
covariance that every column of Y has: α is the variance of the linear kernel, β the precision of
the noise. Up to a constant the log likelihood is

    L = −(D/2) log|K| − ½ tr(K⁻¹ YYᵀ).

Two facts carry the derivations, for a symmetric K and S = ∂L/∂K symmetric as well:
∂log|K|/∂K = K⁻¹ and ∂ tr(K⁻¹A)/∂K = −K⁻¹AK⁻¹. And since dK = α (dX Xᵀ + X dXᵀ),
dL = tr(S dK) = 2α tr(Xᵀ S dX), so that ∂L/∂X = 2α S X.

References
----------
Lawrence, "Probabilistic Non-linear Principal Component Analysis with Gaussian Process Latent
Variable Models", JMLR 6 (2005). Petersen and Pedersen, "The Matrix Cookbook" (2012), equations 57
and 124, for the two facts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ._validate import FloatArray, check_ndim, number, real_arrays, working_dtype

__all__ = [
    "gplvm_hyperparameter_gradients",
    "gplvm_log_likelihood",
    "log_determinant_term",
    "trace_term",
]


@dataclass(frozen=True)
class _Covariance:
    """K = α XXᵀ + β⁻¹ I, with what is needed of it."""

    X: FloatArray
    K: FloatArray
    factor: FloatArray  # lower triangular, K = factor · factorᵀ
    alpha: float
    dtype: np.dtype[Any]  # of the results

    def solve(self, right: FloatArray) -> FloatArray:
        """Return K⁻¹ · right, without forming the inverse."""
        return np.linalg.solve(self.K, right)

    def log_determinant(self) -> float:
        """Return log|K| as a sum of logarithms, as the determinant itself soon overflows."""
        return 2 * float(np.sum(np.log(np.diagonal(self.factor))))


def gplvm_log_likelihood(
    X: ArrayLike, Y: ArrayLike, alpha: float, beta: float
) -> tuple[np.floating[Any], FloatArray]:
    """Log likelihood of the latent positions, up to a constant, and its gradient.

    L = L₁ + L₂ with L₁ = −(D/2) log|K| and L₂ = −½ tr(K⁻¹YYᵀ), from
    :func:`log_determinant_term` and :func:`trace_term`, so

        ∂L/∂X = α K⁻¹YYᵀK⁻¹X − α D K⁻¹X.

    Parameters
    ----------
    X : array (N, Q)
        Latent positions.
    Y : array (N, D)
        Observations.
    alpha : float
        Variance of the linear kernel.
    beta : float
        Precision of the noise, > 0.

    Returns
    -------
    loglik : floating scalar, in nats
        Without the constant −(ND/2) log 2π.
    dX : array (N, Q)

    Raises
    ------
    ValueError
        If the shapes do not fit, beta is not positive or K is not positive definite.

    References
    ----------
    UCLA ECE C147/C247, homework on backpropagation; Lawrence (2005), equation 3.

    Examples
    --------
    >>> loglik, dX = gplvm_log_likelihood([[1.0], [0.0]], [[1.0], [2.0]], alpha=1.0, beta=1.0)
    >>> round(float(loglik), 6)  # −½ log 2 − ½ (1/2 + 4)
    -2.596574
    >>> dX
    array([[-0.25],
           [ 1.  ]])
    """
    cov, Y = _covariance_of(X, Y, alpha, beta)
    determinant, d_determinant = _log_determinant(cov, Y.shape[1])
    trace, d_trace = _trace(cov, Y)
    return cov.dtype.type(determinant + trace), _result(d_determinant + d_trace, cov)


def log_determinant_term(
    X: ArrayLike, D: int, alpha: float, beta: float
) -> tuple[np.floating[Any], FloatArray]:
    """First part of the log likelihood, L₁ = −(D/2) log|K|, and its gradient.

    S = ∂L₁/∂K = −(D/2) K⁻ᵀ = −(D/2) K⁻¹, and ∂L₁/∂X = 2α S X = −α D K⁻¹X.

    Parameters
    ----------
    X : array (N, Q)
        Latent positions.
    D : int
        Number of columns of Y, ≥ 0.
    alpha, beta : float
        Variance of the kernel, and precision of the noise, > 0.

    Returns
    -------
    value : floating scalar, in nats
    dX : array (N, Q)

    Raises
    ------
    ValueError
        As :func:`gplvm_log_likelihood`.
    """
    cov = _covariance(X, alpha, beta)
    value, dX = _log_determinant(cov, number("D", D, ">= 0"))
    return cov.dtype.type(value), _result(dX, cov)


def trace_term(
    X: ArrayLike, Y: ArrayLike, alpha: float, beta: float
) -> tuple[np.floating[Any], FloatArray]:
    """Second part of the log likelihood, L₂ = −½ tr(K⁻¹YYᵀ), and its gradient.

    With respect to the INVERSE, ∂L₂/∂(K⁻¹) = −½ YYᵀ. As dK⁻¹ = −K⁻¹ dK K⁻¹, with respect to K it
    is S = ½ K⁻ᵀYYᵀK⁻ᵀ = ½ K⁻¹YYᵀK⁻¹, and ∂L₂/∂X = 2α S X = α K⁻¹YYᵀK⁻¹X.

    Parameters
    ----------
    X : array (N, Q)
        Latent positions.
    Y : array (N, D)
        Observations.
    alpha, beta : float
        Variance of the kernel, and precision of the noise, > 0.

    Returns
    -------
    value : floating scalar, in nats
    dX : array (N, Q)

    Raises
    ------
    ValueError
        As :func:`gplvm_log_likelihood`.
    """
    cov, Y = _covariance_of(X, Y, alpha, beta)
    value, dX = _trace(cov, Y)
    return cov.dtype.type(value), _result(dX, cov)


def gplvm_hyperparameter_gradients(
    X: ArrayLike, Y: ArrayLike, alpha: float, beta: float
) -> tuple[np.floating[Any], np.floating[Any]]:
    """Return dalpha and dbeta of :func:`gplvm_log_likelihood`.

    dL = tr(S dK) with S = ½ (K⁻¹YYᵀK⁻¹ − D K⁻¹). ∂K/∂α = XXᵀ and ∂K/∂β = −β⁻² I, so

        ∂L/∂α = tr(S XXᵀ) = ½ (‖XᵀK⁻¹Y‖² − D tr(XᵀK⁻¹X)),
        ∂L/∂β = −β⁻² tr(S) = ½ β⁻² (D tr(K⁻¹) − ‖K⁻¹Y‖²),

    with the Frobenius norm.

    Parameters
    ----------
    X : array (N, Q)
        Latent positions.
    Y : array (N, D)
        Observations.
    alpha, beta : float
        Variance of the kernel, and precision of the noise, > 0.

    Returns
    -------
    dalpha, dbeta : floating scalars

    Raises
    ------
    ValueError
        As :func:`gplvm_log_likelihood`.
    """
    cov, Y = _covariance_of(X, Y, alpha, beta)
    n_columns = Y.shape[1]
    solved_Y = cov.solve(Y)
    inverse = cov.solve(np.eye(len(cov.K), dtype=cov.K.dtype))
    fit_alpha = np.sum((cov.X.T @ solved_Y) ** 2)
    size_alpha = n_columns * np.sum(cov.X * cov.solve(cov.X))
    fit_beta = np.sum(solved_Y**2)
    size_beta = n_columns * np.trace(inverse)
    dalpha = 0.5 * (fit_alpha - size_alpha)
    dbeta = 0.5 * (size_beta - fit_beta) / float(beta) / float(beta)
    return cov.dtype.type(dalpha), cov.dtype.type(dbeta)


def _log_determinant(cov: _Covariance, n_columns: float) -> tuple[float, FloatArray]:
    value = -0.5 * n_columns * cov.log_determinant()
    return value, -cov.alpha * n_columns * cov.solve(cov.X)


def _trace(cov: _Covariance, Y: FloatArray) -> tuple[float, FloatArray]:
    solved_Y = cov.solve(Y)  # K⁻¹Y
    value = -0.5 * float(np.sum(Y * solved_Y))  # tr(K⁻¹YYᵀ) = Σ Y · K⁻¹Y
    return value, cov.alpha * (solved_Y @ (solved_Y.T @ cov.X))


def _covariance_of(
    X: ArrayLike, Y: ArrayLike, alpha: float, beta: float
) -> tuple[_Covariance, FloatArray]:
    """Return K, and Y in the same dtype, or raise a ValueError."""
    X, Y = real_arrays(X=X, Y=Y)
    if Y.ndim != 2 or len(Y) != len(np.atleast_1d(X)):
        raise ValueError(
            f"Y must have shape (N, D) with a row for each of X {X.shape}, got {Y.shape}"
        )
    cov = _covariance(X, alpha, beta)
    return cov, Y.astype(cov.K.dtype, copy=False)


def _covariance(X: ArrayLike, alpha: float, beta: float) -> _Covariance:
    """Return K, or raise a ValueError when it is no covariance."""
    (X,) = real_arrays(X=X)
    check_ndim("X", X, 2, "(N, Q)")
    alpha = number("alpha", alpha)
    beta = number("beta", beta, "> 0")
    dtype = X.dtype
    X = X.astype(working_dtype(X), copy=False)
    K = alpha * (X @ X.T)
    K[np.diag_indices_from(K)] += 1 / beta
    try:
        factor = np.linalg.cholesky(K)
    except np.linalg.LinAlgError:
        raise ValueError(
            f"K = alpha X Xᵀ + I / beta must be positive definite, which it is not for alpha = "
            f"{alpha} and beta = {beta} in {K.dtype}: raise alpha above zero or lower beta"
        ) from None
    return _Covariance(X, K, factor, alpha, dtype)


def _result(dX: FloatArray, cov: _Covariance) -> FloatArray:
    return dX.astype(cov.dtype, copy=False)
