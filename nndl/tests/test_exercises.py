# mypy: ignore-errors
"""The derivative exercises against numerical derivatives, scipy and their optimum."""

import numpy as np
import pytest
from scipy.stats import multivariate_normal

from nndl.autoencoder import autoencoder_loss
from nndl.gplvm import (
    gplvm_hyperparameter_gradients,
    gplvm_log_likelihood,
    log_determinant_term,
    trace_term,
)

from .numerical import numerical_gradient, relative_error

ONE = np.array(1.0)


@pytest.fixture
def rng():
    return np.random.default_rng(147)


def test_autoencoder_gradient_and_batch(rng):
    W, x = rng.normal(size=(3, 5)), rng.normal(size=(4, 5))
    loss, dW = autoencoder_loss(W, x)
    numerical = numerical_gradient(lambda v: autoencoder_loss(v, x)[0], W, ONE)
    assert relative_error(dW, numerical) < 1e-8
    parts = [autoencoder_loss(W, row) for row in x]
    np.testing.assert_allclose(loss, sum(part[0] for part in parts))
    np.testing.assert_allclose(dW, sum(part[1] for part in parts), rtol=1e-12)


def test_autoencoder_is_stationary_at_the_principal_subspace(rng):
    x = rng.normal(size=(20, 5)) * [5, 3, 1, 0.5, 0.2]
    principal = np.linalg.svd(x)[2][:2]
    loss, dW = autoencoder_loss(principal, x)
    assert np.abs(dW).max() < 1e-12
    np.testing.assert_allclose(loss, 0.5 * np.sum(np.linalg.svd(x)[1][2:] ** 2))


def test_gplvm_is_the_normal_log_density(rng):
    X, Y = rng.normal(size=(5, 2)), rng.normal(size=(5, 3))
    K = 0.7 * X @ X.T + np.eye(5) / 3.0
    density = multivariate_normal(np.zeros(5), K).logpdf(Y.T).sum()
    constant = -0.5 * Y.size * np.log(2 * np.pi)
    value, dX = gplvm_log_likelihood(X, Y, 0.7, 3.0)
    np.testing.assert_allclose(value + constant, density)
    parts = log_determinant_term(X, 3, 0.7, 3.0), trace_term(X, Y, 0.7, 3.0)
    np.testing.assert_allclose(value, parts[0][0] + parts[1][0])
    np.testing.assert_allclose(dX, parts[0][1] + parts[1][1])


def test_gplvm_gradients(rng):
    X, Y = rng.normal(size=(5, 2)), rng.normal(size=(5, 3))
    for f in (
        lambda v: gplvm_log_likelihood(v, Y, 0.7, 3.0),
        lambda v: log_determinant_term(v, 3, 0.7, 3.0),
        lambda v: trace_term(v, Y, 0.7, 3.0),
    ):
        assert relative_error(f(X)[1], numerical_gradient(lambda v, f=f: f(v)[0], X, ONE)) < 1e-7
    hyper = np.array([0.7, 3.0])
    numerical = numerical_gradient(lambda v: gplvm_log_likelihood(X, Y, *v)[0], hyper, ONE)
    got = np.array(gplvm_hyperparameter_gradients(X, Y, *hyper))
    assert relative_error(got, numerical) < 1e-8


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_dtype_is_kept(dtype, rng):
    W, X, Y = (rng.normal(size=(3, 2)).astype(dtype) for _ in range(3))
    results = [*autoencoder_loss(W, X), *gplvm_log_likelihood(X, Y, 0.5, 2.0)]
    results += gplvm_hyperparameter_gradients(X, Y, 0.5, 2.0)
    assert {result.dtype for result in results} == {np.dtype(dtype)}


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: autoencoder_loss(np.ones((2, 3)), np.ones(4)), r"x must have shape \(3,\) or"),
        (lambda: autoencoder_loss(np.ones(3), np.ones(3)), r"W must have shape \(m, n\)"),
        (lambda: gplvm_log_likelihood(np.ones((2, 1)), np.ones((3, 1)), 1, 1), "Y must have shape"),
        (lambda: gplvm_log_likelihood(np.ones((2, 1)), np.ones((2, 1)), 1, 0), "beta must be"),
        (lambda: trace_term(np.ones((2, 1)), np.ones((2, 1)), -1, 1), "positive definite"),
        (lambda: log_determinant_term(np.ones(2), 1, 1, 1), r"X must have shape \(N, Q\)"),
        (lambda: log_determinant_term(np.ones((2, 1)), -1, 1, 1), "D must be"),
        (lambda: log_determinant_term(np.ones((2, 1)), 1, np.nan, 1), "alpha must be"),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(ValueError, match=message):
        call()
