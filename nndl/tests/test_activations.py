# mypy: ignore-errors
"""The activation functions against their derivatives, their formulas and their limits."""

import warnings

import numpy as np
import pytest

from nndl import activations

from .agreement import assert_arguments_are_kept, assert_backward, assert_dtype_is_kept

ELEMENTWISE = {
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "tanh": lambda x: (np.exp(2 * x) - 1) / (np.exp(2 * x) + 1),
    "leaky_relu": lambda x: np.maximum(0.01 * x, x),
    "elu": lambda x: np.where(x > 0, x, np.exp(x) - 1),
    "selu": lambda x: 1.0507009873554805 * np.where(x > 0, x, 1.6732632423543772 * (np.exp(x) - 1)),
    "gelu": lambda x: 0.5 * x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3))),
    "softplus": lambda x: np.log(1 + np.exp(x)),
    "silu": lambda x: x / (1 + np.exp(-x)),
}
ANALYTIC = ["sigmoid", "tanh", "gelu", "softplus", "silu"]
NAMES = [*ELEMENTWISE, "softmax"]


@pytest.fixture(autouse=True)
def warnings_are_errors():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


@pytest.fixture
def x():
    values = np.random.default_rng(5).normal(size=(4, 3, 5))
    return np.where(np.abs(values) < 0.1, 0.1, values)  # away from the kinks


def functions(name):
    return getattr(activations, f"{name}_forward"), getattr(activations, f"{name}_backward")


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_forward_is_the_formula(name, x):
    np.testing.assert_allclose(functions(name)[0](x)[0], ELEMENTWISE[name](x), rtol=1e-13)


@pytest.mark.parametrize("name", NAMES)
def test_backward_is_the_derivative(name, x):
    assert_backward(*functions(name), [x])


@pytest.mark.parametrize("name", ANALYTIC)
def test_backward_against_a_complex_step(name, x):
    forward, backward = functions(name)
    wanted = ELEMENTWISE[name](x + 1e-30j).imag / 1e-30
    np.testing.assert_allclose(backward(np.ones_like(x), forward(x)[1]), wanted, rtol=1e-12)


@pytest.mark.parametrize("name", NAMES)
def test_dtype_and_arguments_are_kept(name, x):
    assert_dtype_is_kept(*functions(name), [x])
    assert_arguments_are_kept(*functions(name), [x])
    assert functions(name)[0](np.float32([1, 2]))[0].dtype == np.float32
    assert functions(name)[0]([1, 2])[0].dtype == np.float64


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_far_out(name, dtype):
    """Outputs are finite, slopes are their limits, and nothing warns."""
    forward, backward = functions(name)
    x = np.array([-1e30, -800, -30, 30, 800, 1e30], dtype)[:, None]
    out, cache = forward(x)
    assert np.isfinite(out).all()
    dx = backward(np.ones_like(x), cache)
    above = {"sigmoid": 0, "tanh": 0, "selu": 1.0507009873554805, "softmax": 0}.get(name, 1)
    below = {"leaky_relu": 0.01}.get(name, 0)
    np.testing.assert_allclose(dx[[0, 1]], below, atol=1e-30)
    np.testing.assert_allclose(dx[3:], above, atol=1e-11)


def test_alpha_is_used(x):
    for name, low in [
        ("leaky_relu", lambda x, a: a * x),
        ("elu", lambda x, a: a * (np.exp(x) - 1)),
    ]:
        forward, backward = functions(name)
        out, _ = forward(x, alpha=0.3)
        np.testing.assert_allclose(out, np.where(x > 0, x, low(x, 0.3)), rtol=1e-13)
        assert_backward(lambda x, forward=forward: forward(x, 0.3), backward, [x])


def test_small_differences_keep_their_digits():
    tiny = np.array([-1e-20, 1e-20])
    np.testing.assert_allclose(functions("elu")[0](tiny)[0], tiny)
    np.testing.assert_allclose(functions("softplus")[0]([-300.0])[0], np.exp(-300))
    forward, backward = functions("sigmoid")
    np.testing.assert_allclose(backward(np.ones(1), forward([300.0])[1]), np.exp(-300))


@pytest.mark.parametrize("shape", [(3,), (2, 3), (2, 3, 4), (2, 1, 2, 3)])
def test_softmax_over_the_last_axis(shape):
    x = np.random.default_rng(1).normal(size=shape)
    forward, backward = functions("softmax")
    out, cache = forward(1e3 * x)
    np.testing.assert_allclose(out.sum(axis=-1), 1)
    np.testing.assert_allclose(forward(x)[0], np.exp(x) / np.exp(x).sum(axis=-1, keepdims=True))
    np.testing.assert_allclose(backward(x, cache).sum(axis=-1), 0, atol=1e-15)


@pytest.mark.parametrize("name", NAMES)
def test_bad_input(name):
    forward, backward = functions(name)
    with pytest.raises(ValueError, match="x must hold real numbers, got dtype complex128"):
        forward(np.ones(3) + 1j)
    with pytest.raises(ValueError, match=r"dout must have shape \(3,\).*got \(2,\)"):
        backward(np.ones(2), forward(np.ones(3))[1])
    if name in ("leaky_relu", "elu"):
        with pytest.raises(ValueError, match="alpha must be a number, got 'steep'"):
            forward(np.ones(3), alpha="steep")


def test_softmax_of_no_classes():
    with pytest.raises(ValueError, match="at least one class"):
        functions("softmax")[0](np.ones((3, 0)))
    with pytest.raises(ValueError, match=r"x must have shape \(..., C\)"):
        functions("softmax")[0](1.0)
