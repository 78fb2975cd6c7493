"""The reference of nets and update rules against other styles and exact arithmetic."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import mpmath
import numpy as np
import pytest

from reference import nets, optim
from reference.finite_differences import directional_derivative
from reference.precision import FLOAT32

SIZES = ((3, (4,), 2), (2, (3, 5), 4), (5, (1, 2, 3), 3))


def make(sizes: Any, *, batchnorm: bool, n: int = 4, seed: int = 0) -> Any:
    """Parameters, inputs and labels."""
    rng = np.random.default_rng(seed)
    d, widths, classes = sizes
    ends = (d, *widths, classes)
    params: dict[str, Any] = {}
    for k, (before, after) in enumerate(pairwise(ends), start=1):
        params[f"W{k}"] = rng.standard_normal((before, after))
        params[f"b{k}"] = rng.standard_normal(after)
        if batchnorm and k < len(ends) - 1:
            params[f"gamma{k}"] = rng.standard_normal(after)
            params[f"beta{k}"] = rng.standard_normal(after)
    return params, rng.standard_normal((n, d)), rng.integers(0, classes, n)


def plain_loss(params: Any, x: Any, y: Any, reg: float) -> Any:
    """The loss as a textbook writes it, in whatever precision the arrays have."""
    h, layers = x, nets.depth(params)
    for k in range(1, layers):
        h = h @ params[f"W{k}"] + params[f"b{k}"]
        if f"gamma{k}" in params:
            mean, var = h.mean(axis=0), ((h - h.mean(axis=0)) ** 2).mean(axis=0)
            h = params[f"gamma{k}"] * (h - mean) / np.sqrt(var + x.dtype.type(1e-5))
            h = h + params[f"beta{k}"]
        h = np.maximum(h, 0)
    scores = h @ params[f"W{layers}"] + params[f"b{layers}"]
    p = np.exp(scores)
    picked = (p / p.sum(axis=1, keepdims=True))[np.arange(len(y)), y]
    penalty = sum((params[f"W{k}"] ** 2).sum() for k in range(1, layers + 1))
    return -np.log(picked).mean() + x.dtype.type(0.5 * reg) * penalty


@pytest.mark.parametrize("batchnorm", [False, True])
@pytest.mark.parametrize("sizes", SIZES)
def test_loss_covers_the_textbook_formula(sizes: Any, batchnorm: bool) -> None:
    for seed in range(20):
        params, x, y = make(sizes, batchnorm=batchnorm, seed=seed)
        truth = nets.loss(x, y, params, nets.Options(reg=0.5))
        assert abs(plain_loss(params, x, y, 0.5) - truth.value) <= truth.error
        short = {name: value.astype(np.float32) for name, value in params.items()}
        exact = {name: value.astype(np.float64) for name, value in short.items()}
        x32 = x.astype(np.float32)
        single = nets.loss(
            x32.astype(np.float64), y, exact, nets.Options(reg=0.5, precision=FLOAT32)
        )
        assert abs(float(plain_loss(short, x32, y, 0.5)) - single.value) <= single.error


@pytest.mark.parametrize("batchnorm", [False, True])
@pytest.mark.parametrize("sizes", SIZES)
def test_gradients_are_derivatives(sizes: Any, batchnorm: bool) -> None:
    params, x, y = make(sizes, batchnorm=batchnorm)
    options = nets.Options(reg=0.25)
    found = nets.gradients(x, y, params, options)
    assert list(found) == list(params)
    rng = np.random.default_rng(5)
    for name, value in params.items():
        along = rng.standard_normal(value.shape)

        def at(point: Any, name: str = name) -> float:
            return float(plain_loss(params | {name: point}, x, y, 0.25))

        slope = directional_derivative(at, value, along, steps=2.0 ** -np.arange(12.0, 20.0, 2.0))
        got = float((found[name].value * along).sum())
        assert abs(got - slope.value) <= 10.0 * slope.error + 1e-8


def test_dropout_scales_what_it_keeps() -> None:
    params, x, y = make((3, (4,), 2), batchnorm=False, n=2)
    kept = [np.array([[True, False, True, True], [False, True, True, False]])]
    options = nets.Options(kept=kept, p_drop=0.25)
    h = np.maximum(x @ params["W1"] + params["b1"], 0) * kept[0] / 0.75
    truth = nets.scores(x, params, options)
    assert (abs(h @ params["W2"] + params["b2"] - truth.value) <= truth.error).all()
    slopes = nets.gradients(x[:1], y[:1], params, nets.Options(kept=[kept[0][:1]], p_drop=0.25))
    assert not slopes["W2"].value[1].any()


def test_test_mode_uses_the_running_statistics() -> None:
    params, x, _ = make((3, (4,), 2), batchnorm=True)
    [(mean, var)] = nets.running([x, x], params)
    a = x @ params["W1"] + params["b1"]
    for got, wanted in ((mean, a.mean(axis=0)), (var, a.var(axis=0))):
        assert (abs(got.value - (1 - 0.9**2) * wanted) <= got.error).all()
    truth = nets.scores(x, params, nets.Options(running=[(mean, var)]))
    z = params["gamma1"] * (a - mean.value) / np.sqrt(var.value + 1e-5) + params["beta1"]
    other = np.maximum(z, 0) @ params["W2"] + params["b2"]
    assert (abs(other - truth.value) <= truth.error).all()


def test_an_uncertain_gate_is_an_interval() -> None:
    params = {"W1": np.ones((1, 1)), "b1": np.zeros(1), "W2": np.ones((1, 2)), "b2": np.zeros(2)}
    params["W2"][0, 1] = -1.0
    slopes = nets.gradients(np.zeros((1, 1)), np.array([0]), params)
    assert slopes["b1"].value == pytest.approx(-0.5)
    assert slopes["b1"].error == pytest.approx(0.5)


def exact_step(rule: str, w: Any, g: Any, state: Any, t: int) -> Any:
    """One step with 50 digits, defaults of the contract."""
    c = {name: mpmath.mpf(value) for name, value in optim.DEFAULTS[rule].items()}
    rate = c["learning_rate"]
    v, a = state
    if rule == "sgd":
        return w - rate * g, state
    if "momentum" in c:
        new = c["momentum"] * v - rate * g
        ahead = c["momentum"] * (new - v) if "nesterov" in rule else 0
        return w + new + ahead, (new, a)
    if rule == "rmsprop":
        a = c["decay_rate"] * a + (1 - c["decay_rate"]) * g**2
        return w - rate * g / (mpmath.sqrt(a) + c["epsilon"]), (v, a)
    v = c["beta1"] * v + (1 - c["beta1"]) * g
    a = c["beta2"] * a + (1 - c["beta2"]) * g**2
    first, second = v / (1 - c["beta1"] ** t), a / (1 - c["beta2"] ** t)
    return w - rate * first / (mpmath.sqrt(second) + c["epsilon"]), (v, a)


@pytest.mark.parametrize("rule", optim.DEFAULTS)
def test_steps_against_fifty_digits(rule: str) -> None:
    rng = np.random.default_rng(1)
    with mpmath.workdps(50):
        for scale in (1.0, 1e-6, 1e3):
            w, gradients = rng.standard_normal(()), scale * rng.standard_normal(6)
            found = optim.sequence(rule, w, gradients, {})
            at, state = mpmath.mpf(float(w)), (mpmath.mpf(0), mpmath.mpf(0))
            for t, (g, truth) in enumerate(zip(gradients, found, strict=True), start=1):
                at, state = exact_step(rule, at, mpmath.mpf(float(g)), state, t)
                assert abs(at - float(truth.value)) <= float(truth.error)
                assert float(truth.error) <= 1e-12 * max(1.0, scale)


def test_other_epsilon_is_another_formula() -> None:
    here = optim.sequence("adam", np.ones(()), np.full(1, 1e-8), {})[0].value
    other = optim.sequence("adam", np.ones(()), np.full(1, 1e-8), {}, epsilon_at="uncorrected")
    there = other[0].value
    assert abs(here - there) > 1e-5
