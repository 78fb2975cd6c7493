# mypy: ignore-errors
"""Normalisation over rows, groups and channels."""

import numpy as np
import pytest

from nndl.layers import layernorm_backward, layernorm_forward

from .agreement import assert_arguments_are_kept, assert_backward, assert_dtype_is_kept


@pytest.fixture
def rng():
    return np.random.default_rng(17)


def layernorm(eps):
    return lambda x, gamma, beta: layernorm_forward(x, gamma, beta, {"eps": eps})


@pytest.mark.parametrize("eps", [1e-5, 0.3])
@pytest.mark.parametrize("shape", [(4, 6), (1, 3), (5, 2)])
def test_layernorm_backward(eps, shape, rng):
    x, gamma, beta = rng.normal(3, 2, shape), rng.normal(size=shape[1]), rng.normal(size=shape[1])
    assert_backward(layernorm(eps), layernorm_backward, [x, gamma, beta], rtol=1e-6, atol=1e-7)


def test_layernorm_rows_have_mean_zero_and_variance_one(rng):
    x = rng.normal(1e8, 1, (5, 40))
    out, _ = layernorm_forward(x, np.ones(40), np.zeros(40), {"eps": 0})
    np.testing.assert_allclose(out.mean(axis=1), 0, atol=1e-14)
    np.testing.assert_allclose(out.var(axis=1), 1, rtol=1e-13)
    exact = (x - 1e8).astype(np.longdouble)  # which rounds nothing
    exact -= exact.mean(axis=1, keepdims=True)
    exact /= np.sqrt((exact * exact).mean(axis=1, keepdims=True))
    np.testing.assert_allclose(out, exact.astype(float), rtol=1e-12, atol=1e-14)


def test_layernorm_keeps_dtype_and_arguments(rng):
    arguments = [rng.normal(size=(4, 6)), rng.normal(size=6), rng.normal(size=6)]
    assert_dtype_is_kept(layernorm(1e-5), layernorm_backward, arguments)
    assert_arguments_are_kept(layernorm(1e-5), layernorm_backward, arguments)


def test_layernorm_of_nothing():
    for shape in [(0, 3), (2, 0)]:
        out, cache = layernorm_forward(
            np.ones(shape), np.ones(shape[1]), np.ones(shape[1]), {"eps": 1e-5}
        )
        dx, dgamma, dbeta = layernorm_backward(out, cache)
        assert (out.shape, dx.shape) == (shape, shape)
        assert not dgamma.any()
        assert not dbeta.any()


x, one = np.ones((4, 3)), np.ones(3)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: layernorm_forward(one, one, one, {}), r"x must have shape \(N, D\), got \(3,\)"),
        (lambda: layernorm_forward(x, np.ones(4), one, {}), r"gamma must have shape \(3,\)"),
        (lambda: layernorm_forward(x, one, np.ones(4), {}), r"beta must have shape \(3,\)"),
        (lambda: layernorm_forward(x, one, one, {"eps": -1}), r"ln_param\['eps'\].*>= 0"),
        (lambda: layernorm_forward(x, one, one, {"eps": 0}), "variance 0 in row 0 of x"),
        (lambda: layernorm_forward(x, one, one, None), "ln_param must be a dict, got NoneType"),
        (
            lambda: layernorm_backward(one, layernorm_forward(x, one, one, {})[1]),
            r"dout must have shape \(4, 3\)",
        ),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(ValueError, match=message):
        call()
