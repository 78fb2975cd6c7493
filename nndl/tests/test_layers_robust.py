# mypy: ignore-errors
"""The layers at extremes: magnitudes, layouts, dtypes, empty batches, and bad input."""

import warnings

import numpy as np
import pytest

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


@pytest.fixture(autouse=True)
def warnings_are_errors():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


@pytest.mark.parametrize("size", [1e3, 1e15, 1e300, 1.7e308])
def test_softmax_at_any_finite_score(size):
    x = np.array([[size, -size, 0.0], [-size, -size, -size]])
    loss, dx = softmax_loss(x, np.array([0, 2]))
    np.testing.assert_allclose(loss, np.log(3) / 2)
    np.testing.assert_allclose(dx, [[0, 0, 0], [1 / 6, 1 / 6, -1 / 3]], atol=1e-300)
    if size <= 1e300:
        np.testing.assert_allclose(softmax_loss(x, np.array([1, 0]))[0], size, rtol=1e-2 + 2 / size)


def test_softmax_keeps_small_numbers():
    loss, dx = softmax_loss(np.array([[0.0, -80.0]]), np.array([0]))
    np.testing.assert_allclose([loss, dx[0, 1], dx[0, 0]], np.exp(-80) * np.array([1, 1, -1]))


def test_relu_of_infinities():
    np.testing.assert_array_equal(relu_forward([np.inf, -np.inf])[0], [np.inf, 0])


def standardised(x, eps=1e-5):
    x = x.astype(np.longdouble)
    x = x - x.mean(axis=0)
    return x / np.sqrt((x * x).mean(axis=0) + eps)


def test_batchnorm_mean_1e8_times_the_spread():
    offset = 1e8 * np.array([1, -1, 3, 0])
    x = np.random.default_rng(0).normal(size=(50, 4)) + offset
    out, cache = batchnorm_forward(x, np.ones(4), np.zeros(4), {"mode": "train"})
    np.testing.assert_allclose(out, standardised(x - offset).astype(float), atol=1e-14, rtol=1e-12)
    dout = np.random.default_rng(1).normal(size=x.shape)
    dx, dgamma, _ = batchnorm_backward(dout, cache)
    wanted = np.sum(dout * standardised(x - offset), axis=0)
    np.testing.assert_allclose(dgamma, wanted.astype(float), rtol=1e-12)
    np.testing.assert_allclose(dx.sum(axis=0), 0, atol=1e-13)


def test_batchnorm_one_example_and_constant_columns():
    gamma, beta, dout = np.array([2.0, -3.0]), np.array([0.5, 7.0]), np.array([[1.0, -4.0]])
    out, cache = batchnorm_forward([[1e6, -0.1]], gamma, beta, {"mode": "train"})
    np.testing.assert_array_equal(out, [beta])
    for got, wanted in zip(
        batchnorm_backward(dout, cache), ([[0, 0]], [0, 0], dout[0]), strict=True
    ):
        np.testing.assert_array_equal(got, wanted)
    out, cache = batchnorm_forward(np.full((7, 2), 0.1), gamma, beta, {"mode": "train"})
    np.testing.assert_array_equal(out, np.tile(beta, (7, 1)))


def test_empty_batch():
    x, y = np.zeros((0, 3)), np.zeros(0, int)
    out, cache = affine_forward(np.zeros((0, 3, 1)), np.ones((3, 2)), np.ones(2))
    dx, dw, db = affine_backward(out, cache)
    assert (out.shape, dx.shape) == ((0, 2), (0, 3, 1))
    assert not dw.any()
    assert not db.any()
    assert relu_backward(x, relu_forward(x)[1]).shape == (0, 3)
    param = {"mode": "train", "running_mean": np.ones(3), "running_var": np.ones(3)}
    before = dict(param)
    out, cache = batchnorm_forward(x, np.ones(3), np.ones(3), param)
    dx, dgamma, dbeta = batchnorm_backward(out, cache)
    assert param == before or all(param[key] is before[key] for key in before)
    assert dx.shape == (0, 3)
    assert not dgamma.any()
    assert not dbeta.any()
    out, cache = dropout_forward(x, {"mode": "train", "p": 0.5})
    assert dropout_backward(out, cache).shape == (0, 3)
    for loss_function in (svm_loss, softmax_loss):
        loss, dx = loss_function(x, y)
        assert loss == 0
        assert dx.shape == (0, 3)


def run_everything(convert):
    """Return the results of all layers on one batch, with every array passed through `convert`."""
    rng = np.random.default_rng(3)
    x, w, dout, dx = (convert(rng.normal(size=s)) for s in [(4, 3), (3, 2), (4, 2), (4, 3)])
    b, gamma, beta, mean, var = (convert(rng.random(n)) for n in (2, 3, 3, 3, 3))
    y = rng.integers(3, size=4)
    param = {"mode": "train", "running_mean": mean, "running_var": var}
    dropout_param = {"mode": "train", "p": 0.5, "seed": 0}
    results = []
    for forward, backward, arguments, upstream in [
        (affine_forward, affine_backward, (x, w, b), dout),
        (relu_forward, relu_backward, (x,), dx),
        (batchnorm_forward, batchnorm_backward, (x, gamma, beta, param), dx),
        (dropout_forward, dropout_backward, (x, dropout_param), dx),
    ]:
        out, cache = forward(*arguments)
        first = backward(upstream, cache)
        second = backward(upstream, cache)
        if isinstance(first, np.ndarray):
            first, second = (first,), (second,)
        for one, two in zip(first, second, strict=True):
            np.testing.assert_array_equal(one, two)
        results += [out, *first]
    results += [param["running_mean"], param["running_var"]]
    return [*results, *svm_loss(x, y), *softmax_loss(x, y)]


def read_only(array):
    array = array.copy()
    array.flags.writeable = False
    return array


@pytest.mark.parametrize(
    "convert",
    [
        read_only,
        np.asfortranarray,
        lambda a: np.ascontiguousarray(a[::-1])[::-1],
        lambda a: np.repeat(a, 2, axis=-1)[..., ::2],
        lambda a: a.astype(a.dtype.newbyteorder()),
    ],
    ids=["read-only", "fortran", "reversed", "sliced", "byte order"],
)
def test_layout_changes_nothing(convert):
    for got, wanted in zip(run_everything(convert), run_everything(lambda a: a), strict=True):
        np.testing.assert_allclose(got, wanted, rtol=1e-14, atol=1e-15)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.longdouble])
def test_dtype_is_kept(dtype):
    results = run_everything(lambda a: a.astype(dtype))
    assert {result.dtype for result in results} == {np.dtype(dtype)}
    tolerance = {np.float16: 2e-2, np.float32: 1e-5}.get(dtype, 1e-12)
    for got, wanted in zip(results, run_everything(lambda a: a), strict=True):
        np.testing.assert_allclose(got.astype(float), wanted.astype(float), tolerance, tolerance)


def test_integers_become_float64():
    results = run_everything(lambda a: (4 * a).astype(int))
    assert {result.dtype for result in results} == {np.dtype(np.float64)}


def test_nothing_is_changed():
    kept = []

    def keep(array):
        kept.append((array, array.copy()))
        return array

    before = np.random.get_state()[1].copy()
    run_everything(keep)
    for array, copy in kept:
        np.testing.assert_array_equal(array, copy)
    np.testing.assert_array_equal(np.random.get_state()[1], before)


x, w, b, y = np.ones((4, 3)), np.ones((3, 2)), np.ones(2), np.zeros(4, int)
one = np.ones(3)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: affine_forward(x, w.T, b), r"w must have shape \(3, M\).*got \(2, 3\)"),
        (lambda: affine_forward(x, w, one), r"b must have shape \(2,\).*got \(3,\)"),
        (lambda: affine_forward(one, w, b), r"x must have shape \(N, d_1"),
        (lambda: affine_forward(x + 1j, w, b), "x must hold real numbers, got dtype complex128"),
        (lambda: affine_forward([[1], [2, 3]], w, b), "x must be an array of real numbers"),
        (lambda: affine_backward(x, affine_forward(x, w, b)[1]), r"dout must have shape \(4, 2\)"),
        (lambda: relu_backward(one, relu_forward(x)[1]), r"dout must have shape \(4, 3\)"),
        (lambda: batchnorm_forward(x[0], one, one, {"mode": "train"}), r"x must have shape \(N, D"),
        (lambda: batchnorm_forward(x, b, one, {"mode": "train"}), r"gamma must have shape \(3,\)"),
        (lambda: batchnorm_forward(x, one, b, {"mode": "train"}), r"beta must have shape \(3,\)"),
        (lambda: batchnorm_forward(x, one, one, {}), r"bn_param\['mode'\] is missing"),
        (lambda: batchnorm_forward(x, one, one, {"mode": "eval"}), "'train' or 'test', got 'eval'"),
        (lambda: batchnorm_forward(x, one, one, None), "bn_param must be a dict, got NoneType"),
        (lambda: batchnorm_forward(x, one, one, {"mode": "train", "eps": -1}), "'eps'.*>= 0"),
        (lambda: batchnorm_forward(x, one, one, {"mode": "train", "eps": 0}), "variance 0"),
        (lambda: batchnorm_forward(x, one, one, {"mode": "train", "momentum": 2}), "'momentum'"),
        (
            lambda: batchnorm_forward(x, one, one, {"mode": "test", "running_mean": b}),
            r"bn_param\['running_mean'\] must have shape \(3,\)",
        ),
        (
            lambda: batchnorm_forward(x, one, one, {"mode": "test", "running_var": -one}),
            r"'running_var'\] must not be negative",
        ),
        (
            lambda: batchnorm_backward(x, batchnorm_forward(x, one, one, {"mode": "test"})[1]),
            "'mode'] = 'train'",
        ),
        (
            lambda: batchnorm_backward(w, batchnorm_forward(x, one, one, {"mode": "train"})[1]),
            r"dout must have shape \(4, 3\)",
        ),
        (lambda: dropout_forward(x, {"mode": "train", "p": 1}), r"'p'\] must be .*\[0, 1\), got 1"),
        (lambda: dropout_forward(x, {"mode": "train", "p": -0.1}), r"got -0\.1"),
        (lambda: dropout_forward(x, {"mode": "train", "p": np.nan}), "got nan"),
        (
            lambda: dropout_forward(x, {"mode": "train", "p": "half"}),
            "must be a number, got 'half'",
        ),
        (lambda: dropout_forward(x, {"mode": "train"}), r"dropout_param\['p'\] is missing"),
        (lambda: dropout_forward(x, {"mode": "train", "p": 0.5, "seed": -1}), "'seed'"),
        (lambda: dropout_backward(w, dropout_forward(x, {"mode": "train", "p": 0.5})[1]), "dout"),
        (lambda: softmax_loss(one, y), r"x must have shape \(N, C\)"),
        (lambda: softmax_loss(x, y[:3]), r"y must have shape \(4,\)"),
        (lambda: softmax_loss(x, y + 3), r"labels in \[0, 3\), got the label 3"),
        (lambda: svm_loss(x, y - 1), r"labels in \[0, 3\), got the label -1"),
        (lambda: svm_loss(x, y + 0.0), "y must hold integers, got dtype float64"),
        (lambda: svm_loss(np.ones((4, 0)), y), "at least one class"),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(ValueError, match=message):
        call()
