"""Numerical derivatives: their errors are honest, and they agree with the references."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from reference import autoencoder, batchnorm, gplvm, losses
from reference.finite_differences import (
    central_steps,
    complex_step,
    directional_derivative,
    jacobian,
    one_sided,
    points,
    richardson,
)
from reference.precision import UNIT_FLOAT32

SMOOTH: dict[str, tuple[Callable[[Any], Any], Callable[[Any], Any]]] = {
    "exp": (np.exp, np.exp),
    "sine": (lambda x: np.sin(3 * x), lambda x: 3 * np.cos(3 * x)),
    "quartic": (lambda x: x**4, lambda x: 4 * x**3),
    "rational": (lambda x: 1 / (4 + x * x), lambda x: -2 * x / (4 + x * x) ** 2),
    "constant": (lambda x: 3.0 + 0.0 * x, lambda x: 0.0 * x),
}


@pytest.mark.parametrize("name", SMOOTH)
def test_error_contains_the_truth(name: str) -> None:
    f, slope = SMOOTH[name]
    for at in np.random.default_rng(0).uniform(-1.5, 1.5, 200):
        estimate = directional_derivative(lambda p: f(p[0]), [at], [1.0])
        assert abs(estimate.value - slope(at)) <= estimate.error
        assert estimate.error < 1e-9


def test_float32_noise_is_in_the_error() -> None:
    for at in np.random.default_rng(1).uniform(-1, 1, 200):
        estimate = directional_derivative(
            lambda p: float(np.exp(np.float32(p[0]))), [at], [1.0], unit=UNIT_FLOAT32
        )
        assert abs(estimate.value - np.exp(at)) <= estimate.error
        assert estimate.error < 0.02


def test_kink_is_not_taken_for_a_derivative() -> None:
    estimate = directional_derivative(lambda p: abs(p[0] - 0.003), [0.0], [1.0])
    assert estimate.error > 0.01


def test_one_sided_derivatives_enclose_the_subgradients() -> None:
    left, right = one_sided(lambda p: np.maximum(p, 0.0).sum(), np.zeros(2), [1.0, -2.0])
    assert (float(left.value), float(right.value)) == (-2.0, 1.0)


def test_batched_and_single_calls_agree() -> None:
    x, v = np.array([0.3, -0.2]), np.array([1.0, 2.0])
    single = directional_derivative(lambda p: np.sin(p).sum(), x, v)
    batched = directional_derivative(lambda p: np.sin(p).sum(axis=1), x, v, batched=True)
    assert float(single.value) == float(batched.value)


def test_order_of_the_steps_does_not_matter() -> None:
    h = central_steps()
    plus, minus = (np.exp(p) for p in points(np.zeros(3), np.array([1.0, 2.0, 3.0]), h))
    forward = richardson(plus, minus, h, 1e-16)
    backward = richardson(plus[::-1], minus[::-1], h[::-1], 1e-16)
    np.testing.assert_array_equal(forward.value, backward.value)
    assert (abs(forward.value - [1.0, 2.0, 3.0]) <= forward.error).all()


def test_a_single_step_tells_nothing() -> None:
    assert richardson([1.0], [0.0], [0.5], 0.0).error == np.inf


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: central_steps(-1.0), "scale is -1.0"),
        (lambda: central_steps(count=1), "count is 1"),
        (lambda: richardson([1.0, 2.0], [1.0], [0.5, 0.25], 0.0), "shapes"),
        (lambda: richardson([1.0, 2.0], [1.0, 2.0], [0.5, 0.5], 0.0), "all different"),
        (lambda: directional_derivative(np.sum, [1.0], [0.0]), "not zero"),
        (lambda: directional_derivative(lambda p: p, [1.0], [1.0]), "one number each"),
        (lambda: complex_step(lambda z: np.abs(z), [1.0], [1.0]), "imaginary"),
    ],
)
def test_bad_input_is_named(call: Callable[[], Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()


def _batchnorm(x: Any, gamma: Any, beta: Any) -> Any:
    d = x - x.sum(axis=0) / len(x)
    return gamma * d / ((d * d).sum(axis=0) / len(x) + 1e-3) ** 0.5 + beta


def test_batchnorm_against_complex_step() -> None:
    rng = np.random.default_rng(2)
    x, dout = rng.standard_normal((6, 3)), rng.standard_normal((6, 3))
    gamma, beta = rng.standard_normal(3), rng.standard_normal(3)
    gradients = batchnorm.vjp(dout, x, gamma, beta, eps=1e-3)
    inputs = [x, gamma, beta]
    for i, result in enumerate(gradients):
        for _ in range(5):
            v = rng.standard_normal(inputs[i].shape)

            def output(p: Any, i: int = i) -> Any:
                arguments = [*inputs[:i], p, *inputs[i + 1 :]]
                return (dout * _batchnorm(arguments[0], arguments[1], arguments[2])).sum()

            slope = complex_step(output, inputs[i], v)
            np.testing.assert_allclose((result.value * v).sum(), slope, rtol=1e-12, atol=1e-13)


def test_softmax_against_complex_step() -> None:
    rng = np.random.default_rng(3)
    x, y, v = rng.standard_normal((5, 4)), rng.integers(0, 4, 5), rng.standard_normal((5, 4))

    def loss(p: Any) -> Any:
        return (np.log(np.exp(p).sum(axis=1)) - p[np.arange(5), y]).sum() / 5

    slope = (losses.softmax_gradient(x, y).value * v).sum()
    np.testing.assert_allclose(slope, complex_step(loss, x, v), rtol=1e-13)


def test_exercises_against_richardson() -> None:
    rng = np.random.default_rng(4)
    W, x = rng.standard_normal((2, 4)), rng.standard_normal((3, 4))
    slopes = jacobian(lambda p: autoencoder.loss(p, x).value, W)
    assert (abs(slopes.value - autoencoder.gradient(W, x).value) <= slopes.error).all()

    X, Y = rng.standard_normal((4, 2)), rng.standard_normal((4, 3))
    slopes = jacobian(lambda p: gplvm.log_likelihood(p, Y, 0.7, 1.5).value, X)
    assert (abs(slopes.value - gplvm.gradient(X, Y, 0.7, 1.5).value) <= slopes.error).all()
    dalpha, dbeta = gplvm.hyperparameter_gradients(X, Y, 0.7, 1.5)
    slopes = jacobian(
        lambda p: gplvm.log_likelihood(X, Y, p[0], p[1]).value, [0.7, 1.5], scale=0.25
    )
    wanted = np.array([dalpha.value, dbeta.value])
    assert (abs(slopes.value - wanted) <= slopes.error).all()
