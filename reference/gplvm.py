"""Gaussian process latent variable model: log likelihood and its derivatives.

The values come from a singular value decomposition and do not suffer from the condition of K; the
bounds contain that condition, for whoever factorises or inverts K has it in the result.

Arguments are those of `log_likelihood`; D is the number of columns of Y, where Y itself is
not needed.
"""

from __future__ import annotations

import numpy as np

from .bounded import Array, Bounded, quiet
from .kernel import after, log_determinant, midway, scaled, shrunk, take_apart, trace, twice_shrunk
from .precision import FLOAT64, Precision


@quiet
def log_likelihood(
    X: Array, Y: Array, alpha: float, beta: float, *, precision: Precision = FLOAT64
) -> Bounded:
    r"""Evaluate :math:`L = -\frac D2 \log|K| - \frac12 \operatorname{tr}(K^{-1} Y Y^\top)`.

    :math:`K = \alpha X X^\top + \beta^{-1} I`; this is the log density of D independent columns
    :math:`\mathcal N(0, K)` without its constant :math:`-\frac{ND}{2} \log 2\pi`.

    Parameters
    ----------
    X : ndarray of float64, shape (N, Q)
        Latent points.
    Y : ndarray of float64, shape (N, D)
        Observations.
    alpha, beta : float
        Scale of the linear kernel and precision of the noise, both positive.
    precision : Precision
        The judged arithmetic. Unless `stable`, the bound also covers the logarithm of a computed
        determinant, and is infinite where that determinant overflows or vanishes.

    Returns
    -------
    Bounded, 0-d

    Raises
    ------
    ValueError
        When `alpha` is negative or `beta` is not positive: K might be indefinite.

    References
    ----------
    N. Lawrence (2005), Probabilistic non-linear principal component analysis with Gaussian process
    latent variable models, JMLR 6, equation 3.

    Examples
    --------
    >>> from scipy.stats import multivariate_normal
    >>> rng = np.random.default_rng(0)
    >>> X, Y = rng.normal(size=(5, 2)), rng.normal(size=(5, 3))
    >>> value = log_likelihood(X, Y, 1.5, 2.0)
    >>> K = 1.5 * X @ X.T + np.eye(5) / 2
    >>> density = multivariate_normal(np.zeros(5), K).logpdf(Y.T).sum() + 7.5 * np.log(2 * np.pi)
    >>> bool(abs(density - value.value) <= value.error), f"{value.error:.0e}"
    (True, '4e-13')
    """
    k = take_apart(X, Y.shape[1], alpha, beta, precision)
    first, first_error = log_determinant(k, Y.shape[1], precision)
    second, second_error = trace(k, Y)
    value = np.asarray(first + second)
    error = first_error + second_error + precision.unit * (np.abs(first) + np.abs(second))
    return Bounded(value, error + precision.tiny, precision)


@quiet
def log_determinant_term(
    X: Array, D: int, alpha: float, beta: float, *, precision: Precision = FLOAT64
) -> Bounded:
    r"""Evaluate :math:`L_1 = -\frac D2 \log|K| = -\frac D2 (\sum_i \log(1 + \alpha\beta s_i^2) - N
    \log\beta)`, with s the singular values of X.

    >>> X = np.array([[1.0, 0.0], [1.0, 2.0], [0.5, -1.0]])
    >>> value = log_determinant_term(X, 4, 1.0, 2.0)
    >>> other = -2 * np.log(np.linalg.det(X @ X.T + np.eye(3) / 2))
    >>> bool(abs(other - value.value) <= value.error), f"{value.error:.0e}"
    (True, '6e-14')
    """
    value, error = log_determinant(take_apart(X, D, alpha, beta, precision), D, precision)
    return Bounded(value, error + precision.tiny, precision)


@quiet
def trace_term(
    X: Array, Y: Array, alpha: float, beta: float, *, precision: Precision = FLOAT64
) -> Bounded:
    r"""Evaluate :math:`L_2 = -\frac12 \operatorname{tr}(K^{-1} Y Y^\top)`.

    >>> X, Y = np.array([[1.0], [2.0]]), np.array([[1.0, 0.0], [0.5, 3.0]])
    >>> value = trace_term(X, Y, 1.0, 2.0)
    >>> other = -0.5 * np.trace(np.linalg.inv(X @ X.T + np.eye(2) / 2) @ Y @ Y.T)
    >>> bool(abs(other - value.value) <= value.error), f"{value.error:.0e}"
    (True, '5e-14')
    """
    value, error = trace(take_apart(X, Y.shape[1], alpha, beta, precision), Y)
    return Bounded(value, error + precision.tiny, precision)


@quiet
def gradient(
    X: Array, Y: Array, alpha: float, beta: float, *, precision: Precision = FLOAT64
) -> Bounded:
    r"""Evaluate :math:`\partial L / \partial X = \alpha (K^{-1} Y Y^\top - D I) K^{-1} X`.

    N. Lawrence (2005), as above, equation 5.

    >>> rng = np.random.default_rng(0)
    >>> X, Y = rng.normal(size=(5, 2)), rng.normal(size=(5, 3))
    >>> dX = gradient(X, Y, 1.5, 2.0)
    >>> inverse = np.linalg.inv(1.5 * X @ X.T + np.eye(5) / 2)
    >>> other = 1.5 * (inverse @ Y @ Y.T @ inverse @ X - 3 * inverse @ X)
    >>> bool((abs(other - dX.value) <= dX.error).all()), f"{dX.error.max():.0e}"
    (True, '2e-12')
    """
    k = take_apart(X, Y.shape[1], alpha, beta, precision)
    first, first_error = shrunk(k, X)
    second, second_error = twice_shrunk(k, X, Y)
    D = float(Y.shape[1])
    return scaled(second - D * first, second_error + D * first_error, alpha, precision)


@quiet
def log_determinant_gradient(
    X: Array, D: int, alpha: float, beta: float, *, precision: Precision = FLOAT64
) -> Bounded:
    r"""Evaluate :math:`\partial L_1 / \partial X = -\alpha D K^{-1} X`.

    >>> dX = log_determinant_gradient(np.array([[2.0]]), 3, 1.0, 2.0)
    >>> dX.value, f"{dX.error[0, 0]:.0e}"
    (array([[-1.33333333]]), '5e-15')
    """
    value, error = shrunk(take_apart(X, D, alpha, beta, precision), X)
    return scaled(-float(D) * value, float(D) * error, alpha, precision)


@quiet
def trace_gradient(
    X: Array, Y: Array, alpha: float, beta: float, *, precision: Precision = FLOAT64
) -> Bounded:
    r"""Evaluate :math:`\partial L_2 / \partial X = \alpha K^{-1} Y Y^\top K^{-1} X`.

    >>> dX = trace_gradient(np.array([[2.0]]), np.array([[3.0]]), 1.0, 2.0)
    >>> dX.value, f"{dX.error[0, 0]:.0e}"
    (array([[0.88888889]]), '6e-15')
    """
    value, error = twice_shrunk(take_apart(X, Y.shape[1], alpha, beta, precision), X, Y)
    return scaled(value, error, alpha, precision)


@quiet
def hyperparameter_gradients(
    X: Array, Y: Array, alpha: float, beta: float, *, precision: Precision = FLOAT64
) -> tuple[Bounded, Bounded]:
    r"""Evaluate the derivatives with respect to :math:`\alpha` and :math:`\beta`.

    With :math:`G = \partial L / \partial K = \frac12 (K^{-1} Y Y^\top K^{-1} - D K^{-1})` they are
    :math:`\operatorname{tr}(G X X^\top)` and :math:`-\beta^{-2} \operatorname{tr} G`.

    >>> dalpha, dbeta = hyperparameter_gradients(np.array([[2.0]]), np.array([[3.0]]), 1.0, 2.0)
    >>> float(dalpha.value.round(8)), float(dbeta.value.round(8))
    (0.44444444, -0.02777778)
    """
    D = float(Y.shape[1])
    k = take_apart(X, Y.shape[1], alpha, beta, precision)
    first, first_error = shrunk(k, X)
    second, second_error = twice_shrunk(k, X, Y)
    sizes = np.abs(X)
    dalpha = 0.5 * (X * (second - D * first)).sum()
    # Errors of the two terms are sums over sizes already: trace and product commute in them.
    dalpha_error = 0.5 * (sizes * (second_error + D * first_error)).sum()

    observed, observed_error = shrunk(k, Y)
    weight = 0.5 / beta / beta
    trace = k.beta * (k.n - k.gain.size + (1.0 / (1.0 + k.gain)).sum())
    trace_error = (after(k, k.inverse) + k.rounding * k.inverse).trace() * k.growth
    squared = (observed * observed).sum()
    squared_error = ((2.0 * np.abs(observed) + observed_error) * observed_error).sum()
    size = (k.inverse @ np.abs(Y)) ** 2
    dbeta_error = squared_error + D * trace_error + k.rounding * (size.sum() + D * trace)
    dbeta = -weight * (squared - D * trace)
    tiny = midway(k, X, X, Y, Y)
    return (
        Bounded(dalpha, dalpha_error + tiny, precision),
        Bounded(dbeta, weight * dbeta_error + tiny * (1.0 + weight), precision),
    )
