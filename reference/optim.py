"""Update rules: one step from (w, dw, state) to (w, state), with rounding bounds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import numpy as np

from .bounded import Array, Bounded, quiet
from .precision import FLOAT64, Precision

State = Mapping[str, Bounded]
EpsilonAt = Literal["beside", "inside", "uncorrected"]

DEFAULTS: dict[str, dict[str, float]] = {
    "sgd": {"learning_rate": 1e-2},
    "sgd_momentum": {"learning_rate": 1e-2, "momentum": 0.9},
    "sgd_nesterov_momentum": {"learning_rate": 1e-2, "momentum": 0.9},
    "rmsprop": {"learning_rate": 1e-2, "decay_rate": 0.99, "epsilon": 1e-8},
    "adam": {"learning_rate": 1e-3, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8},
}
"""Hyperparameters of each rule and their defaults."""


@quiet
def step(
    rule: str,
    w: Bounded,
    dw: Array,
    state: State,
    t: int,
    config: Mapping[str, float],
    *,
    epsilon_at: EpsilonAt = "beside",
) -> tuple[Bounded, dict[str, Bounded]]:
    r"""Take step number `t` (1, 2, …) of a rule.

    With :math:`\eta` the learning rate and g = dw:

    - sgd: :math:`w - \eta g`
    - sgd_momentum: :math:`v' = \mu v - \eta g`, :math:`w + v'`
    - sgd_nesterov_momentum: the same v', :math:`w + v' + \mu (v' - v)`
    - rmsprop: :math:`a' = \rho a + (1 - \rho) g^2`, :math:`w - \eta g / (\sqrt{a'} + \epsilon)`
    - adam: :math:`m' = \beta_1 m + (1 - \beta_1) g`, :math:`a' = \beta_2 a + (1 - \beta_2) g^2`,
      :math:`w - \eta \hat m / (\sqrt{\hat a} + \epsilon)` with both divided by
      :math:`1 - \beta^t` first.

    Parameters
    ----------
    rule : str
        One of `DEFAULTS`.
    w : Bounded
        Parameters.
    dw : ndarray of float64, shape of w
        Their gradient.
    state : mapping
        ``first`` (v or m) and ``second`` (a) moments; zeros at the start may be left out.
    t : int
        Number of this step, counted from 1.
    config : mapping
        Hyperparameters; missing ones have their default.
    epsilon_at : {"beside", "inside", "uncorrected"}
        Where rmsprop and adam add epsilon: beside the root, inside it, or, for adam, beside the
        root of the uncorrected moment (Kingma and Ba 2015, end of section 2).

    Returns
    -------
    next_w : Bounded
    state : dict

    Raises
    ------
    KeyError
        For an unknown rule.

    Examples
    --------
    Adam's first step has the length of the learning rate, whatever the gradient.

    >>> w, _ = step("adam", Bounded([1.0, 1.0]), np.array([5.0, -1e-3]), {}, 1, {})
    >>> w.value.round(6)
    array([0.999, 1.001])
    """
    given = DEFAULTS[rule] | dict(config)
    precision, unit = w.precision, w.precision.unit
    g = Bounded(dw, None, precision)
    zero = Bounded(np.zeros(g.shape), None, precision)
    first, second = state.get("first", zero), state.get("second", zero)
    rate = given["learning_rate"]
    if rule == "sgd":
        return w - g * rate, {}
    if rule in ("sgd_momentum", "sgd_nesterov_momentum"):
        mu = given["momentum"]
        v = first * mu - g * rate
        ahead = (v - first) * mu if rule == "sgd_nesterov_momentum" else zero
        return w + v + ahead, {"first": v}
    epsilon = given["epsilon"]
    if rule == "rmsprop":
        rho = given["decay_rate"]
        a = second * rho + g * g * (1.0 - rho)
        root = (a + epsilon).sqrt() if epsilon_at == "inside" else a.sqrt() + epsilon
        return w - g * rate / root, {"second": a}
    beta1, beta2 = given["beta1"], given["beta2"]
    m = first * beta1 + g * (1.0 - beta1)
    a = second * beta2 + g * g * (1.0 - beta2)
    # 1 - beta and 1 - beta**t round at the size of 1: relative errors of some u / (1 - beta).
    blur1 = Bounded(1.0, 8.0 * unit / (1.0 - beta1), precision)
    blur2 = Bounded(1.0, 8.0 * unit / (1.0 - beta2), precision)
    one = m / (1.0 - beta1**t) * blur1
    if epsilon_at == "uncorrected":
        root = a.sqrt() + epsilon
        two = root * blur2 / float(np.sqrt(1.0 - beta2**t))
    else:
        corrected = a / (1.0 - beta2**t) * blur2
        inside = epsilon_at == "inside"
        two = (corrected + epsilon).sqrt() if inside else corrected.sqrt() + epsilon
    return w - one * rate / two, {"first": m, "second": a}


def sequence(
    rule: str,
    w: Array,
    gradients: Array,
    config: Mapping[str, float],
    *,
    epsilon_at: EpsilonAt = "beside",
    precision: Precision = FLOAT64,
) -> list[Bounded]:
    """Parameters after each of the steps along ``gradients[0]``, ``gradients[1]``, …

    >>> [float(w.value) for w in sequence("sgd", np.ones(()), np.ones(2), {"learning_rate": 0.25})]
    [0.75, 0.5]
    """
    at = Bounded(w, None, precision)
    state: dict[str, Bounded] = {}
    found = []
    for t, dw in enumerate(gradients, start=1):
        at, state = step(rule, at, dw, state, t, config, epsilon_at=epsilon_at)
        found.append(at)
    return found
