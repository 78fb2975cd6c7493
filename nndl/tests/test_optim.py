# mypy: ignore-errors
"""The update rules against their formulas, step by step."""

import numpy as np
import pytest

from nndl import optim

RULES = [getattr(optim, name) for name in optim.__all__]


def reference_steps(name, w, gradients, lr):
    """Return w after each step, by formulas of scalars and lists that share nothing with nndl."""
    v, a, path = 0.0, 0.0, []
    for t, g in enumerate(gradients, start=1):
        if name == "sgd":
            w = w - lr * g
        elif name == "sgd_momentum":
            v = 0.9 * v - lr * g
            w = w + v
        elif name == "sgd_nesterov_momentum":
            old, v = v, 0.9 * v - lr * g
            w = w - 0.9 * old + 1.9 * v
        elif name == "rmsprop":
            a = 0.99 * a + 0.01 * g**2
            w = w - lr * g / (a**0.5 + 1e-8)
        else:
            v, a = 0.9 * v + 0.1 * g, 0.999 * a + 0.001 * g**2
            w = w - lr * (v / (1 - 0.9**t)) / ((a / (1 - 0.999**t)) ** 0.5 + 1e-8)
        path.append(w)
    return path


@pytest.mark.parametrize("rule", RULES, ids=optim.__all__)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_steps(rule, dtype):
    rng = np.random.default_rng(0)
    w, gradients = rng.normal(size=(3, 4)), rng.normal(size=(6, 3, 4))
    wanted = reference_steps(rule.__name__, w, gradients, 0.05)
    now, config = w.astype(dtype), {"learning_rate": np.float64(0.05)}
    for gradient, next_w in zip(gradients, wanted, strict=True):
        given, kept = gradient.astype(dtype), now.copy()
        state = {k: (v, v.copy()) for k, v in config.items() if isinstance(v, np.ndarray)}
        result, returned = rule(now, given, config)
        assert returned is config
        assert result.dtype == dtype
        np.testing.assert_array_equal(now, kept)
        np.testing.assert_array_equal(given, gradient.astype(dtype))
        for old, copy in state.values():
            np.testing.assert_array_equal(old, copy)
        now = result
        np.testing.assert_allclose(now, next_w, rtol=1e-12 if dtype == np.float64 else 1e-4)


@pytest.mark.parametrize("rule", RULES, ids=optim.__all__)
def test_defaults_and_descent_on_a_quadratic(rule):
    w, config = np.array([1.0, -2.0]), None
    for _ in range(200):
        w, config = rule(w, w, config)
    assert config["learning_rate"] == (1e-3 if rule is optim.adam else 1e-2)
    assert np.sum(w**2) < 5


@pytest.mark.parametrize("rule", RULES, ids=optim.__all__)
def test_bad_input(rule):
    with pytest.raises(ValueError, match=r"dw must have shape \(2,\)"):
        rule(np.ones(2), np.ones(3))
    with pytest.raises(ValueError, match=r"config\['learning_rate'\] must be a number"):
        rule(np.ones(2), np.ones(2), {"learning_rate": None})
    if rule is not optim.sgd:
        state = "a" if rule in (optim.rmsprop, optim.adam) else "v"
        with pytest.raises(ValueError, match=rf"config\['{state}'\] must have shape"):
            rule(np.ones(2), np.ones(2), {state: np.ones(3)})
