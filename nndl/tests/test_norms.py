# mypy: ignore-errors
"""Normalisation over rows, groups and channels."""

import numpy as np
import pytest

from nndl.layers import (
    batchnorm_backward,
    batchnorm_backward_alt,
    batchnorm_forward,
    layernorm_backward,
    layernorm_forward,
    spatial_batchnorm_backward,
    spatial_batchnorm_forward,
    spatial_groupnorm_backward,
    spatial_groupnorm_forward,
)

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


def test_both_backwards_of_batchnorm_agree(rng):
    x, gamma, beta = rng.normal(3, 2, (6, 5)), rng.normal(size=5), rng.normal(size=5)
    _, cache = batchnorm_forward(x, gamma, beta, {"mode": "train", "eps": 0.3})
    dout = rng.normal(size=x.shape)
    for one, other in zip(
        batchnorm_backward(dout, cache), batchnorm_backward_alt(dout, cache), strict=True
    ):
        np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-14)
    with pytest.raises(ValueError, match="'mode'] = 'train'"):
        batchnorm_backward_alt(dout, None)


def spatial(param):
    return lambda x, gamma, beta: spatial_batchnorm_forward(x, gamma, beta, dict(param))


def test_spatial_batchnorm_is_batchnorm_of_the_matrix_over_any_sequence_of_calls(rng):
    gamma, beta = rng.normal(size=3), rng.normal(size=3)
    images, rows = {"momentum": 0.7, "eps": 0.2}, {"momentum": 0.7, "eps": 0.2}
    for mode in ["test", "train", "train", "test", "train"]:
        x = rng.normal(2, 3, (2, 3, 4, 5))
        matrix = x.transpose(0, 2, 3, 1).reshape(-1, 3)
        images["mode"] = rows["mode"] = mode
        out, cache = spatial_batchnorm_forward(x, gamma, beta, images)
        wanted, matrix_cache = batchnorm_forward(matrix, gamma, beta, rows)
        np.testing.assert_allclose(out.transpose(0, 2, 3, 1).reshape(-1, 3), wanted, rtol=1e-12)
        for name in ("running_mean", "running_var"):
            if mode == "train":
                np.testing.assert_allclose(images[name], rows[name], rtol=1e-13)
        if mode == "train":
            dx, dgamma, dbeta = spatial_batchnorm_backward(x, cache)
            gradients = batchnorm_backward(matrix, matrix_cache)
            dx = dx.transpose(0, 2, 3, 1).reshape(-1, 3)
            for got, other in zip((dx, dgamma, dbeta), gradients, strict=True):
                np.testing.assert_allclose(got, other, rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize("shape", [(2, 3, 4, 5), (1, 2, 2, 3), (3, 1, 1, 2)])
def test_spatial_batchnorm_backward(shape, rng):
    arguments = [rng.normal(3, 2, shape), rng.normal(size=shape[1]), rng.normal(size=shape[1])]
    forward = spatial({"mode": "train", "eps": 0.1})
    assert_backward(forward, spatial_batchnorm_backward, arguments, rtol=1e-6, atol=1e-7)
    assert_dtype_is_kept(forward, spatial_batchnorm_backward, arguments)
    assert_arguments_are_kept(forward, spatial_batchnorm_backward, arguments)


def groupnorm(G, eps=1e-5):
    return lambda x, gamma, beta: spatial_groupnorm_forward(x, gamma, beta, G, {"eps": eps})


@pytest.mark.parametrize("column", [True, False])
@pytest.mark.parametrize(("shape", "G"), [((2, 6, 2, 3), 2), ((1, 4, 3, 2), 4), ((2, 3, 1, 4), 1)])
def test_groupnorm_backward(shape, G, column, rng):
    C = shape[1]
    per_channel = (1, C, 1, 1) if column else (C,)
    arguments = [
        rng.normal(3, 2, shape),
        rng.normal(size=per_channel),
        rng.normal(size=per_channel),
    ]
    forward = groupnorm(G, 0.1)
    assert_backward(forward, spatial_groupnorm_backward, arguments, rtol=1e-6, atol=1e-7)
    assert_dtype_is_kept(forward, spatial_groupnorm_backward, arguments)
    assert_arguments_are_kept(forward, spatial_groupnorm_backward, arguments)


def test_groups_are_neighbours(rng):
    x, one, zero = rng.normal(size=(2, 6, 3, 2)), np.ones(6), np.zeros(6)
    out, _ = groupnorm(3)(x, one, zero)
    for n, g in np.ndindex(2, 3):
        group = x[n, 2 * g : 2 * g + 2]
        wanted = (group - group.mean()) / np.sqrt(group.var() + 1e-5)
        np.testing.assert_allclose(out[n, 2 * g : 2 * g + 2], wanted, rtol=1e-12)


def test_one_group_is_layernorm(rng):
    x = rng.normal(size=(2, 3, 2, 4))
    out, _ = groupnorm(1)(x, np.ones(3), np.zeros(3))
    flat, _ = layernorm_forward(x.reshape(2, -1), np.ones(24), np.zeros(24), {})
    np.testing.assert_allclose(out.reshape(2, -1), flat, rtol=1e-12, atol=1e-14)


def test_images_of_nothing():
    empty, one = np.ones((0, 4, 2, 2)), np.ones(4)
    param = {"mode": "train"}
    for (out, cache), backward in [
        (spatial_batchnorm_forward(empty, one, one, param), spatial_batchnorm_backward),
        (spatial_groupnorm_forward(empty, one, one, 2, {}), spatial_groupnorm_backward),
    ]:
        dx, dgamma, dbeta = backward(out, cache)
        assert dx.shape == (0, 4, 2, 2)
        assert not dgamma.any()
        assert not dbeta.any()
    assert param == {"mode": "train"}


images = np.ones((2, 4, 3, 2))
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
        (
            lambda: spatial_batchnorm_forward(x, one, one, {"mode": "train"}),
            r"x must have shape \(N, C, H, W\), got \(4, 3\)",
        ),
        (
            lambda: spatial_batchnorm_forward(images, one, np.ones(4), {"mode": "train"}),
            r"gamma must have shape \(4,\)",
        ),
        (
            lambda: spatial_batchnorm_forward(
                images, np.ones(4), np.ones(4), {"mode": "train", "eps": 0}
            ),
            "variance 0 in channel 0 of x",
        ),
        (
            lambda: spatial_groupnorm_forward(images, np.ones(4), np.ones(4), 3, {}),
            "G must divide the number of channels C = 4, got 3",
        ),
        (
            lambda: spatial_groupnorm_forward(images, np.ones(4), np.ones(4), 0, {}),
            "G must be an integer >= 1, got 0",
        ),
        (
            lambda: spatial_groupnorm_forward(images, np.ones((1, 3, 1, 1)), np.ones(4), 2, {}),
            r"gamma must have shape \(1, 4, 1, 1\)",
        ),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(ValueError, match=message):
        call()
