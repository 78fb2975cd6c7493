# mypy: ignore-errors
"""Convolution and pooling: both paths against loops over pixels, derivatives and each other."""

import numpy as np
import pytest

from nndl import conv_layers

from .agreement import assert_arguments_are_kept, assert_backward, assert_dtype_is_kept

# N, C, H, W, F, HH, WW, stride, pad
SHAPES = [
    (2, 3, 5, 4, 2, 3, 2, 1, 0),
    (2, 2, 4, 6, 3, 3, 3, 1, 1),
    (1, 1, 5, 7, 1, 3, 3, 2, 0),
    (3, 2, 6, 3, 2, 2, 3, 2, 1),
    (2, 1, 8, 5, 2, 1, 1, 3, 1),
    (1, 2, 3, 4, 2, 3, 4, 1, 0),
    (2, 2, 3, 3, 2, 3, 3, 1, 2),
]
# N, C, H, W, height, width, stride
POOLS = [
    (2, 2, 4, 6, 2, 2, 2),
    (2, 1, 5, 4, 2, 3, 1),
    (1, 3, 7, 5, 3, 2, 2),
    (2, 2, 5, 5, 2, 2, 3),
    (1, 1, 3, 4, 3, 4, 1),
]


def conv(path):
    return (getattr(conv_layers, f"conv_{way}_{path}") for way in ("forward", "backward"))


def pool(path):
    return (getattr(conv_layers, f"max_pool_{way}_{path}") for way in ("forward", "backward"))


def conv_arguments(shape, whole=False):
    N, C, H, W, F, HH, WW, stride, pad = shape
    rng = np.random.default_rng(H * W)

    def draw(*size):
        return rng.integers(-9, 10, size).astype(float) if whole else rng.normal(size=size)

    param = {"stride": stride, "pad": pad}
    return [draw(N, C, H, W), draw(F, C, HH, WW), draw(F), param]


def pool_arguments(shape):
    N, C, H, W, height, width, stride = shape
    x = np.random.default_rng(H).permutation(N * C * H * W).reshape(N, C, H, W) / 4.0  # no ties
    return [x, {"pool_height": height, "pool_width": width, "stride": stride}]


def by_loops(x, w, b, param):
    """The formula, pixel by pixel."""
    stride, pad = param["stride"], param["pad"]
    x = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    rows = 1 + (x.shape[2] - w.shape[2]) // stride
    columns = 1 + (x.shape[3] - w.shape[3]) // stride
    out = np.zeros((len(x), len(w), rows, columns))
    for n, f, p, q in np.ndindex(*out.shape):
        window = x[n, :, p * stride : p * stride + w.shape[2], q * stride : q * stride + w.shape[3]]
        out[n, f, p, q] = np.sum(window * w[f]) + b[f]
    return out


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("path", ["naive", "fast"])
def test_convolution(path, shape):
    forward, backward = conv(path)
    arguments = conv_arguments(shape)
    out, _ = forward(*arguments)
    np.testing.assert_allclose(out, by_loops(*arguments), rtol=1e-12, atol=1e-13)
    # Linear in each argument alone, so that a large step is exact.
    assert_backward(forward, backward, arguments, wrt=(0, 1, 2), h=1.0, rtol=1e-10, atol=1e-11)
    assert_dtype_is_kept(forward, backward, arguments)
    assert_arguments_are_kept(forward, backward, arguments)


@pytest.mark.parametrize("shape", SHAPES)
def test_both_paths_agree_to_the_last_bit_on_integers_and_to_the_last_bits_elsewhere(shape):
    for whole in (True, False):
        results = []
        arguments = conv_arguments(shape, whole)
        for path in ("naive", "fast"):
            forward, backward = conv(path)
            out, cache = forward(*arguments)
            dout = np.random.default_rng(1).integers(-9, 10, out.shape).astype(float)
            results.append([out, *backward(dout, cache)])
        for naive, fast in zip(*results, strict=True):
            if whole:
                np.testing.assert_array_equal(naive, fast)
            else:
                np.testing.assert_allclose(naive, fast, rtol=1e-13, atol=1e-13)


@pytest.mark.parametrize("path", ["naive", "fast"])
def test_convolution_is_adjoint_to_its_backward(path):
    forward, backward = conv(path)
    x, w, _, param = conv_arguments(SHAPES[3])
    out, cache = forward(x, w, np.zeros(len(w)), param)
    y = np.random.default_rng(2).normal(size=out.shape)
    np.testing.assert_allclose(np.sum(out * y), np.sum(x * backward(y, cache)[0]), rtol=1e-12)


@pytest.mark.parametrize("path", ["naive", "fast"])
def test_no_images(path):
    forward, backward = conv(path)
    out, cache = forward(np.zeros((0, 2, 4, 4)), np.ones((3, 2, 2, 2)), np.ones(3), PARAM)
    dx, dw, db = backward(out, cache)
    assert (out.shape, dx.shape) == ((0, 3, 3, 3), (0, 2, 4, 4))
    assert not dw.any()
    assert not db.any()
    forward, backward = pool(path)
    out, cache = forward(np.zeros((0, 2, 4, 4)), POOL)
    assert backward(out, cache).shape == (0, 2, 4, 4)


@pytest.mark.parametrize("shape", POOLS)
@pytest.mark.parametrize("path", ["naive", "fast"])
def test_pooling(path, shape):
    forward, backward = pool(path)
    x, param = pool_arguments(shape)
    out, cache = forward(x, param)
    for n, c, p, q in np.ndindex(*out.shape):
        top, left = p * param["stride"], q * param["stride"]
        bottom, right = top + param["pool_height"], left + param["pool_width"]
        assert out[n, c, p, q] == x[n, c, top:bottom, left:right].max()
    assert out.shape[2] == 1 + (x.shape[2] - param["pool_height"]) // param["stride"]
    dout = np.random.default_rng(3).normal(size=out.shape)
    np.testing.assert_allclose(backward(dout, cache).sum(), dout.sum())
    assert_backward(forward, backward, [x, param], wrt=(0,), h=1e-2)
    assert_dtype_is_kept(forward, backward, [x, param])
    assert_arguments_are_kept(forward, backward, [x, param])


@pytest.mark.parametrize("shape", POOLS)
def test_both_pools_are_one_with_ties_and_nan_too(shape):
    x, param = pool_arguments(shape)
    for values in (x, np.round(x) % 3, np.where(x % 7 == 0, np.nan, x)):
        results = []
        for path in ("naive", "fast"):
            forward, backward = pool(path)
            out, cache = forward(values, param)
            results.append([out, backward(np.arange(out.size).reshape(out.shape), cache)])
        np.testing.assert_array_equal(results[0][0], results[1][0])
        if not np.isnan(values).any():
            np.testing.assert_array_equal(results[0][1], results[1][1])


PARAM, POOL = {"stride": 1, "pad": 0}, {"pool_height": 2, "pool_width": 2, "stride": 2}
x, w, b = np.ones((2, 3, 4, 5)), np.ones((2, 3, 2, 3)), np.ones(2)


@pytest.mark.parametrize("path", ["naive", "fast"])
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((x[0], w, b, PARAM), r"x must have shape \(N, C, H, W\), got \(3, 4, 5\)"),
        ((x, w[:, :2], b, PARAM), r"w must have shape \(F, 3, HH, WW\) beside x .*got \(2, 2"),
        ((x, w, np.ones(3), PARAM), r"b must have shape \(2,\)"),
        ((x, w, b, {"pad": 0}), r"conv_param\['stride'\] is missing"),
        ((x, w, b, {"stride": 1}), r"conv_param\['pad'\] is missing"),
        ((x, w, b, {"stride": 0, "pad": 0}), r"conv_param\['stride'\] must be an integer >= 1"),
        ((x, w, b, {"stride": 1, "pad": -1}), r"conv_param\['pad'\] must be an integer >= 0"),
        ((x, w, b, {"stride": 3, "pad": 0}), r"'stride'\] must divide H \+ 2 pad − HH = 2, got 3"),
        ((x, np.ones((2, 3, 5, 3)), b, PARAM), r"w must fit into x: .*H \+ 2 pad = 4"),
        ((x, np.ones((2, 3, 0, 3)), b, PARAM), "windows of at least one entry"),
        ((x, w, b, None), "conv_param must be a dict, got NoneType"),
    ],
)
def test_bad_input_of_convolution(path, arguments, message):
    with pytest.raises(ValueError, match=message):
        next(conv(path))(*arguments)


@pytest.mark.parametrize("path", ["naive", "fast"])
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((x[0], POOL), r"x must have shape \(N, C, H, W\), got \(3, 4, 5\)"),
        ((x, {**POOL, "pool_height": 5}), r"'pool_height'\] must be at most 4, as x is .*got 5"),
        ((x, {**POOL, "pool_width": 0}), r"'pool_width'\] must be an integer >= 1, got 0"),
        ((x, {**POOL, "stride": 1.5}), r"'stride'\] must be an integer >= 1, got 1\.5"),
        ((x, {"stride": 1}), r"pool_param\['pool_height'\] is missing"),
    ],
)
def test_bad_input_of_pooling(path, arguments, message):
    with pytest.raises(ValueError, match=message):
        next(pool(path))(*arguments)


@pytest.mark.parametrize("path", ["naive", "fast"])
def test_bad_upstream(path):
    for (forward, backward), arguments in [
        (conv(path), (x, w, b, PARAM)),
        (pool(path), (x, POOL)),
    ]:
        with pytest.raises(ValueError, match=r"dout must have shape \(2, "):
            backward(x, forward(*arguments)[1])
