"""Update rules: ``rule(w, dw, config=None) -> next_w, config``.

`config` carries the hyperparameters of a rule and its state from step to step. A rule puts missing
keys and the new state into the dict that it is given, and returns that dict. The arrays w, dw and
those of the old state are not changed, and next_w has the dtype of w.

Each rule raises a ValueError that names what is wrong: shapes that do not fit, or a hyperparameter
out of its range.
"""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from ._validate import FloatArray, check_shape, number, real_arrays, whole_number

__all__ = ["adam", "rmsprop", "sgd", "sgd_momentum", "sgd_nesterov_momentum"]

Config: TypeAlias = MutableMapping[str, Any]


def sgd(w: ArrayLike, dw: ArrayLike, config: Config | None = None) -> tuple[FloatArray, Config]:
    """Stochastic gradient descent: w ← w − η dw.

    Parameters
    ----------
    w, dw : arrays of one shape
        A parameter and its gradient.
    config : dict, optional
        ``learning_rate``, η, default 1e-2.

    Returns
    -------
    next_w : array of the shape and dtype of w
    config : dict

    Examples
    --------
    >>> sgd([1.0], [2.0], {"learning_rate": 0.25})
    (array([0.5]), {'learning_rate': 0.25})
    """
    w, dw, config = _prepare(w, dw, config)
    rate = _hyperparameter(config, "learning_rate", 1e-2, ">= 0")
    next_w = dw * -rate
    next_w += w
    return next_w, config


def sgd_momentum(
    w: ArrayLike, dw: ArrayLike, config: Config | None = None
) -> tuple[FloatArray, Config]:
    """Gradient descent with momentum: v ← μ v − η dw, then w ← w + v.

    Parameters
    ----------
    w, dw : arrays of one shape
        A parameter and its gradient.
    config : dict, optional
        ``learning_rate``, η, default 1e-2; ``momentum``, μ in [0, 1], default 0.9; the state
        ``v``, default zeros.

    Returns
    -------
    next_w : array of the shape and dtype of w
    config : dict

    References
    ----------
    Polyak, "Some methods of speeding up the convergence of iteration methods" (1964).
    """
    w, dw, config = _prepare(w, dw, config)
    v = _next_velocity(w, dw, config)
    config["v"] = v
    return w + v, config


def sgd_nesterov_momentum(
    w: ArrayLike, dw: ArrayLike, config: Config | None = None
) -> tuple[FloatArray, Config]:
    """Gradient descent with Nesterov's momentum: v' = μ v − η dw, then w ← w + v' + μ (v' − v).

    Nesterov takes the gradient at the place w̃ = w + μ v where momentum is about to lead. Written in
    terms of w̃, which is what the net then holds, the update is the one above.

    Parameters
    ----------
    w, dw : arrays of one shape
        A parameter and its gradient.
    config : dict, optional
        As for :func:`sgd_momentum`.

    Returns
    -------
    next_w : array of the shape and dtype of w
    config : dict

    References
    ----------
    Bengio, Boulanger-Lewandowski and Pascanu, "Advances in Optimizing Recurrent Networks" (2012),
    section 3.5, for the change of variable.
    """
    w, dw, config = _prepare(w, dw, config)
    v_old = _state(config, "v", w)
    v = _next_velocity(w, dw, config)
    momentum = float(config["momentum"])
    config["v"] = v
    return w + (v + momentum * (v - v_old)), config


def rmsprop(w: ArrayLike, dw: ArrayLike, config: Config | None = None) -> tuple[FloatArray, Config]:
    """Divide each step by a running root mean square: w ← w − η dw / (√a + ε).

    a ← ρ a + (1 − ρ) dw² comes first.

    Parameters
    ----------
    w, dw : arrays of one shape
        A parameter and its gradient.
    config : dict, optional
        ``learning_rate``, η, default 1e-2; ``decay_rate``, ρ in [0, 1], default 0.99;
        ``epsilon``, ε, default 1e-8; the state ``a``, default zeros.

    Returns
    -------
    next_w : array of the shape and dtype of w
    config : dict

    References
    ----------
    Tieleman and Hinton, "Lecture 6.5: RMSProp", Coursera (2012).
    """
    w, dw, config = _prepare(w, dw, config)
    rate = _hyperparameter(config, "learning_rate", 1e-2, ">= 0")
    decay = _hyperparameter(config, "decay_rate", 0.99, "in [0, 1]")
    epsilon = _hyperparameter(config, "epsilon", 1e-8, ">= 0")
    a = _running_mean(_state(config, "a", w), dw * dw, decay)
    config["a"] = a
    return w - _ratio(rate * dw, a, epsilon), config


def adam(w: ArrayLike, dw: ArrayLike, config: Config | None = None) -> tuple[FloatArray, Config]:
    """Adaptive moments with bias correction.

    t ← t + 1, v ← β₁ v + (1 − β₁) dw and a ← β₂ a + (1 − β₂) dw². Both start at zero, which makes
    them too small by the factors 1 − β₁ᵗ and 1 − β₂ᵗ; so

        w ← w − η v̂ / (√â + ε) with v̂ = v / (1 − β₁ᵗ), â = a / (1 − β₂ᵗ).

    Parameters
    ----------
    w, dw : arrays of one shape
        A parameter and its gradient.
    config : dict, optional
        ``learning_rate``, η, default 1e-3; ``beta1`` and ``beta2`` in [0, 1), default 0.9 and
        0.999; ``epsilon``, ε, default 1e-8; the state ``v``, ``a``, default zeros, and ``t``,
        the number of steps so far, default 0.

    Returns
    -------
    next_w : array of the shape and dtype of w
    config : dict

    References
    ----------
    Kingma and Ba, "Adam: A Method for Stochastic Optimization" (2015), algorithm 1.
    """
    w, dw, config = _prepare(w, dw, config)
    rate = _hyperparameter(config, "learning_rate", 1e-3, ">= 0")
    beta1 = _hyperparameter(config, "beta1", 0.9, "in [0, 1)")
    beta2 = _hyperparameter(config, "beta2", 0.999, "in [0, 1)")
    epsilon = _hyperparameter(config, "epsilon", 1e-8, ">= 0")
    t = whole_number("config['t']", config.get("t", 0), 0) + 1
    v = _running_mean(_state(config, "v", w), dw, beta1)
    a = _running_mean(_state(config, "a", w), dw * dw, beta2)
    config["t"], config["v"], config["a"] = t, v, a
    return w - _ratio(v * (rate / (1 - beta1**t)), a / (1 - beta2**t), epsilon), config


def _prepare(
    w: ArrayLike, dw: ArrayLike, config: Config | None
) -> tuple[FloatArray, FloatArray, Config]:
    """Return w, dw in w's dtype, and a dict."""
    (w,), (dw,) = real_arrays(w=w), real_arrays(dw=dw)
    check_shape("dw", dw, w.shape, "the shape of w")
    return w, dw.astype(w.dtype, copy=False), {} if config is None else config


def _hyperparameter(config: Config, name: str, default: float, condition: str) -> float:
    """Return a number of `config`, which is given its default when it is absent.

    A Python float, because a float64 scalar of numpy would turn float32 arrays into float64.
    """
    return number(f"config[{name!r}]", config.setdefault(name, default), condition)


def _state(config: Config, name: str, w: FloatArray) -> FloatArray:
    """Return an array of the state in w's dtype; zeros at the first step."""
    value = config.get(name)
    if value is None:
        return np.zeros_like(w)
    (array,) = real_arrays(**{f"config[{name!r}]": value})
    check_shape(f"config[{name!r}]", array, w.shape, "the shape of w")
    return array.astype(w.dtype, copy=False)


def _next_velocity(w: FloatArray, dw: FloatArray, config: Config) -> FloatArray:
    rate = _hyperparameter(config, "learning_rate", 1e-2, ">= 0")
    momentum = _hyperparameter(config, "momentum", 0.9, "in [0, 1]")
    velocity = momentum * _state(config, "v", w)
    velocity -= rate * dw
    return velocity


def _running_mean(old: FloatArray, new: FloatArray, decay: float) -> FloatArray:
    mean = decay * old
    mean += (1 - decay) * new
    return mean


def _ratio(step: FloatArray, mean_square: FloatArray, epsilon: float) -> FloatArray:
    """Return step / (√mean_square + ε), in place of the temporary `step`."""
    root = np.sqrt(mean_square)
    root += epsilon
    step /= root
    return step
