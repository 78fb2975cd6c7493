# mypy: ignore-errors
"""The layers against the contract's figures, numerical derivatives and their own algebra."""

import numpy as np
import pytest

from nndl.layer_utils import (
    affine_batchnorm_relu_backward,
    affine_batchnorm_relu_forward,
    affine_relu_backward,
    affine_relu_forward,
)
from nndl.layers import (
    affine_backward,
    affine_forward,
    batchnorm_backward,
    batchnorm_forward,
    dropout_backward,
    dropout_forward,
    relu_backward,
    relu_forward,
    softmax_loss,
    svm_loss,
)

from .numerical import numerical_gradient, relative_error


@pytest.fixture
def rng():
    return np.random.default_rng(231)


def test_figure_3_affine_forward():
    x = np.linspace(-0.1, 0.5, 240).reshape(2, 4, 5, 6)
    w = np.linspace(-0.2, 0.3, 360).reshape(120, 3)
    b = np.linspace(-0.3, 0.1, 3)
    wanted = np.array([[1.49834967, 1.70660132, 1.91485297], [3.25553199, 3.5141327, 3.77273342]])
    assert relative_error(affine_forward(x, w, b)[0], wanted) < 2e-9


def test_figure_3_affine_backward(rng):
    x, w, b = rng.normal(size=(10, 2, 3)), rng.normal(size=(6, 5)), rng.normal(size=5)
    dout = rng.normal(size=(10, 5))
    dx, dw, db = affine_backward(dout, affine_forward(x, w, b)[1])
    assert (
        relative_error(dx, numerical_gradient(lambda v: affine_forward(v, w, b)[0], x, dout)) < 1e-9
    )
    assert (
        relative_error(dw, numerical_gradient(lambda v: affine_forward(x, v, b)[0], w, dout)) < 1e-9
    )
    assert (
        relative_error(db, numerical_gradient(lambda v: affine_forward(x, w, v)[0], b, dout)) < 1e-9
    )


def test_figure_4_relu(rng):
    x = np.linspace(-0.5, 0.5, 12).reshape(3, 4)
    positive = [0.04545455, 0.13636364, 0.22727273, 0.31818182, 0.40909091, 0.5]
    out, cache = relu_forward(x)
    assert relative_error(out.ravel(), np.array([0.0] * 6 + positive)) < 1e-7
    dout = rng.normal(size=x.shape)
    numerical = numerical_gradient(lambda v: relu_forward(v)[0], x, dout)
    assert relative_error(relu_backward(dout, cache), numerical) < 1e-11


def test_figure_5_softmax(rng):
    x, y = 0.001 * rng.normal(size=(50, 10)), rng.integers(10, size=50)
    loss, dx = softmax_loss(x, y)
    assert abs(loss - 2.3026) < 1e-3
    numerical = numerical_gradient(lambda v: softmax_loss(v, y)[0], x, np.array(1.0))
    assert relative_error(dx, numerical) < 1e-8


@pytest.mark.parametrize("loss_function", [svm_loss, softmax_loss])
def test_losses_are_derivatives(loss_function, rng):
    x, y = rng.normal(size=(7, 4)), rng.integers(4, size=7)
    numerical = numerical_gradient(lambda v: loss_function(v, y)[0], x, np.array(1.0), h=1e-4)
    assert relative_error(loss_function(x, y)[1], numerical) < 1e-8


@pytest.mark.parametrize("eps", [1e-5, 0.3])
def test_batchnorm_backward(eps, rng):
    x, gamma, beta = rng.normal(3, 2, size=(6, 5)), rng.normal(size=5), rng.normal(size=5)
    dout = rng.normal(size=x.shape)

    def forward(x, gamma, beta):
        return batchnorm_forward(x, gamma, beta, {"mode": "train", "eps": eps})

    dx, dgamma, dbeta = batchnorm_backward(dout, forward(x, gamma, beta)[1])
    for got, numerical in [
        (dx, numerical_gradient(lambda v: forward(v, gamma, beta)[0], x, dout)),
        (dgamma, numerical_gradient(lambda v: forward(x, v, beta)[0], gamma, dout)),
        (dbeta, numerical_gradient(lambda v: forward(x, gamma, v)[0], beta, dout)),
    ]:
        assert relative_error(got, numerical) < 1e-7


def test_batchnorm_running_statistics(rng):
    x, one, zero = rng.normal(3, 2, size=(6, 5)), np.ones(5), np.zeros(5)
    mean, var = rng.normal(size=5), rng.random(5)
    param = {"mode": "train", "momentum": 0.7, "running_mean": mean, "running_var": var}
    batchnorm_forward(x, one, zero, param)
    np.testing.assert_allclose(param["running_mean"], 0.7 * mean + 0.3 * x.mean(axis=0))
    np.testing.assert_allclose(param["running_var"], 0.7 * var + 0.3 * x.var(axis=0))
    kept = dict(param, mode="test")
    out, _ = batchnorm_forward(x, one, zero, kept)
    assert kept["running_mean"] is param["running_mean"]
    wanted = (x - param["running_mean"]) / np.sqrt(param["running_var"] + 1e-5)
    np.testing.assert_allclose(out, wanted, rtol=1e-13)


def test_dropout(rng):
    x = rng.normal(size=(40, 50)) + 10
    param = {"mode": "train", "p": 0.3, "seed": 7}
    out, cache = dropout_forward(x, param)
    assert cache[0] is param
    np.testing.assert_array_equal(out, x * cache[1])
    np.testing.assert_array_equal(np.unique(cache[1]), [0, 1 / 0.7])
    assert abs(np.mean(out == 0) - 0.3) < 0.05
    np.testing.assert_array_equal(out, dropout_forward(x, param)[0])
    np.testing.assert_array_equal(dropout_backward(x, cache), x * cache[1])
    param["mode"] = "test"  # the cache of the train pass stays one
    np.testing.assert_array_equal(dropout_backward(x, cache), x * cache[1])
    out, cache = dropout_forward(x, param)
    np.testing.assert_array_equal(out, x)
    assert cache[1] is None
    np.testing.assert_array_equal(dropout_backward(x, cache), x)


def test_layers_in_a_row(rng):
    x, w, b = rng.normal(size=(6, 2, 3)), rng.normal(size=(6, 4)), rng.normal(size=4)
    gamma, beta, dout = rng.normal(size=4), rng.normal(size=4), rng.normal(size=(6, 4))

    def forward(x, w, b, gamma, beta):
        return affine_batchnorm_relu_forward(x, w, b, gamma, beta, {"mode": "train"})

    arguments = [x, w, b, gamma, beta]
    gradients = affine_batchnorm_relu_backward(dout, forward(*arguments)[1])
    for i, got in enumerate(gradients):
        numerical = numerical_gradient(
            lambda v, i=i: forward(*arguments[:i], v, *arguments[i + 1 :])[0],
            arguments[i],
            dout,
            1e-4,
        )
        np.testing.assert_allclose(got, numerical, atol=1e-8)
    gradients = affine_relu_backward(dout, affine_relu_forward(x, w, b)[1])
    for i, got in enumerate(gradients):
        numerical = numerical_gradient(
            lambda v, i=i: affine_relu_forward(*arguments[:i], v, *arguments[i + 1 : 3])[0],
            arguments[i],
            dout,
            1e-4,
        )
        np.testing.assert_allclose(got, numerical, atol=1e-8)
