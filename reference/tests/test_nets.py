"""The reference of nets and update rules against other styles and exact arithmetic."""

from __future__ import annotations

from functools import partial
from itertools import pairwise
from typing import Any, get_args

import mpmath
import numpy as np
import pytest

from reference import nets, optim
from reference.finite_differences import directional_derivative
from reference.precision import FLOAT32

SMALL = 2.0 ** -np.arange(12.0, 20.0, 2.0)  # too small to step over a kink
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


def of_images(*, batchnorm: bool, seed: int = 0) -> Any:
    """Those of a net whose first layer is a convolution."""
    rng = np.random.default_rng(seed)
    shapes = {"W1": (3, 2, 3, 3), "b1": (3,), "W2": (18, 4), "b2": (4,), "W3": (4, 3), "b3": (3,)}
    if batchnorm:
        shapes |= {f"{name}{k}": (k + 2,) for name in ("gamma", "beta") for k in (1, 2)}
    params = {name: rng.standard_normal(shape) / 2.0 for name, shape in shapes.items()}
    return params, rng.standard_normal((4, 2, 4, 7)), rng.integers(0, 3, 4)


def plain_convolution(x: Any, w: Any, b: Any) -> Any:
    pad = (w.shape[2] - 1) // 2
    padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    patches = np.lib.stride_tricks.sliding_window_view(padded, w.shape[2:], (2, 3))
    return np.einsum("nchwij,fcij->nfhw", patches, w) + b[:, None, None]


def plain_norm(params: Any, h: Any, k: int) -> Any:
    if f"gamma{k}" not in params:
        return h
    rows = np.moveaxis(h, 1, -1)
    over = tuple(range(rows.ndim - 1))
    mean, eps = rows.mean(axis=over), h.dtype.type(1e-5)
    var = ((rows - mean) ** 2).mean(axis=over)
    rows = params[f"gamma{k}"] * (rows - mean) / np.sqrt(var + eps) + params[f"beta{k}"]
    return np.moveaxis(rows, -1, 1)


def plain_loss(
    params: Any, x: Any, y: Any, reg: float, normalised: nets.Place = "before the ReLU"
) -> Any:
    """The loss as a textbook writes it, in whatever precision the arrays have."""
    h, layers = x, nets.depth(params)
    for k in range(1, layers):
        w, b = params[f"W{k}"], params[f"b{k}"]
        images = w.ndim == 4
        h = plain_convolution(h, w, b) if images else h.reshape(len(h), -1) @ w + b
        before = normalised == "before the ReLU"
        h = np.maximum(plain_norm(params, h, k) if before else h, 0)
        behind = normalised == "behind the ReLU" or not (before or images)
        h = plain_norm(params, h, k) if behind else h
        if images:
            n, c, high, wide = h.shape
            h = h[:, :, : high // 2 * 2, : wide // 2 * 2]
            h = h.reshape(n, c, high // 2, 2, wide // 2, 2).max(axis=(3, 5))
            h = h if before or behind else plain_norm(params, h, k)
    scores = h.reshape(len(h), -1) @ params[f"W{layers}"] + params[f"b{layers}"]
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


@pytest.mark.parametrize("normalised", get_args(nets.Place))
def test_a_net_of_images(normalised: nets.Place) -> None:
    for seed, batchnorm in enumerate((False, True, True)):
        params, x, y = of_images(batchnorm=batchnorm, seed=seed)
        options = nets.Options(reg=0.5, normalised=normalised)

        def loss(at: Any, x: Any = x, y: Any = y) -> float:
            return float(plain_loss(at, x, y, 0.5, normalised))

        truth = nets.loss(x, y, params, options)
        assert abs(loss(params) - truth.value) <= truth.error
        for name, gradient in nets.gradients(x, y, params, options).items():
            along = np.random.default_rng(seed).standard_normal(params[name].shape)
            at = partial(lambda point, name, others: loss(others | {name: point}), name=name)
            slope = directional_derivative(
                partial(at, others=params), params[name], along, steps=SMALL
            )
            got = float((gradient.value * along).sum())
            ties = float((gradient.error * np.abs(along)).sum())
            assert abs(got - slope.value) <= 10.0 * slope.error + ties + 1e-8, name


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

        slope = directional_derivative(at, value, along, steps=SMALL)
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
