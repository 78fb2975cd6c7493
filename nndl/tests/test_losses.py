# mypy: ignore-errors
"""The losses of predictions and targets."""

import numpy as np
import pytest

from nndl.losses import bce_with_logits_loss, huber_loss, mse_loss

from .numerical import numerical_gradient

LOSSES = {
    "mse": mse_loss,
    "bce": bce_with_logits_loss,
    "huber": huber_loss,
    "huber 0.3": lambda x, y: huber_loss(x, y, delta=0.3),
}
FORMULAS = {
    "mse": lambda x, y: (x - y) ** 2,
    "bce": lambda x, y: -y * np.log(1 / (1 + np.exp(-x))) - (1 - y) * np.log(1 / (1 + np.exp(x))),
    "huber": lambda x, y: np.where(abs(x - y) <= 1, 0.5 * (x - y) ** 2, abs(x - y) - 0.5),
    "huber 0.3": lambda x, y: np.where(
        abs(x - y) <= 0.3, 0.5 * (x - y) ** 2, 0.3 * (abs(x - y) - 0.15)
    ),
}


@pytest.mark.parametrize("shape", [(5,), (3, 4), (2, 3, 2)])
@pytest.mark.parametrize("name", LOSSES)
def test_value_and_gradient(name, shape):
    rng = np.random.default_rng(31)
    x, y = rng.normal(size=shape), rng.random(shape)
    before = x.copy(), y.copy()
    loss, dx = LOSSES[name](x, y)
    np.testing.assert_allclose(loss, FORMULAS[name](x, y).mean(), rtol=1e-13)
    numerical = numerical_gradient(
        lambda v: np.array(LOSSES[name](v, y)[0]), x, np.array(1.0), 1e-4
    )
    np.testing.assert_allclose(dx, numerical, rtol=1e-8, atol=1e-10)
    np.testing.assert_array_equal((x, y), before)
    loss, dx = LOSSES[name](np.float32(x), np.float32(y))
    assert loss.dtype == dx.dtype == np.float32
    assert LOSSES[name](np.float16(x), np.float16(y))[1].dtype == np.float16


@pytest.mark.parametrize("name", LOSSES)
def test_nothing(name):
    loss, dx = LOSSES[name](np.ones((0, 3)), np.ones((0, 3)))
    assert loss == 0
    assert dx.shape == (0, 3)


def test_logits_far_out():
    with np.errstate(all="raise", under="ignore"):
        loss, dx = bce_with_logits_loss([-1e4, 1e4, -50.0], [0, 1, 0])
    np.testing.assert_allclose(loss, np.exp(-50.0) / 3)
    np.testing.assert_allclose(dx, [0, 0, np.exp(-50.0) / 3])
    np.testing.assert_allclose(bce_with_logits_loss([50.0], [1])[1], -np.exp(-50.0))


def test_an_outlier_does_not_overflow():
    with np.errstate(all="raise"):
        loss, dx = huber_loss([1e300], [0.0], delta=2)
    np.testing.assert_allclose([loss, *dx], [2e300, 2])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: mse_loss(np.ones((3, 2)), np.ones((2, 3))), r"y must have shape \(3, 2\)"),
        (lambda: mse_loss(np.ones(3), np.ones((3, 1))), r"y must have shape \(3,\)"),
        (lambda: bce_with_logits_loss([0.0], [1.5]), r"targets in \[0, 1\], got 1\.5"),
        (lambda: huber_loss([0.0], [0.0], delta=0), "delta must be a number that is > 0, got 0"),
        (lambda: huber_loss([0j], [0.0]), "x must hold real numbers"),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(ValueError, match=message):
        call()
