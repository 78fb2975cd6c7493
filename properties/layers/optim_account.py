"""Update rules step by step.

Names that a formula sees: w, dw, t; v or m and a as they were, those with _new as they become; the
hyperparameters; ``given``, the config that the caller made.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

import numpy as np

from reference.optim import DEFAULTS

from ..judge.mismatch import Fault, Mismatch
from ..spec.account import Account, Seen, Steps, evaluate
from ..spec.case import Array, Case
from .optim_misconceptions import misconceptions_of

_VELOCITY = {"v_new": "momentum * v - learning_rate * dw", "v_kept": "v_new"}
_STEPS: dict[str, Steps] = {
    "sgd": {"next_w": "w - learning_rate * dw"},
    "sgd_momentum": {**_VELOCITY, "next_w": "w + v_new"},
    "sgd_nesterov_momentum": {**_VELOCITY, "next_w": "w + v_new + momentum * (v_new - v)"},
    "rmsprop": {
        "a_new": "decay_rate * a + (1 - decay_rate) * dw ** 2",
        "root": "np.sqrt(a_new) + epsilon",
        "next_w": "w - learning_rate * dw / root",
        "a_kept": "a_new",
    },
    "adam": {
        "t_new": "t + 1",
        "m_new": "beta1 * m + (1 - beta1) * dw",
        "a_new": "beta2 * a + (1 - beta2) * dw ** 2",
        "m_hat": "m_new / (1 - beta1 ** t_new)",
        "a_hat": "a_new / (1 - beta2 ** t_new)",
        "root": "np.sqrt(a_hat) + epsilon",
        "next_w": "w - learning_rate * m_hat / root",
        "m_kept": "m_new",
        "a_kept": "a_new",
        "t_kept": "t_new",
    },
}
_STATE = {"v": "v_kept", "m": "m_kept", "a": "a_kept", "t": "t_kept"}
# Where epsilon may stand: conventions, each with the misconceptions beside it.
_PLACES: dict[str, Sequence[Steps]] = {
    "rmsprop": ({"root": "np.sqrt(a_new + epsilon)"},),
    "adam": (
        {"root": "np.sqrt(a_hat + epsilon)"},
        {"root": "(np.sqrt(a_new) + epsilon) / np.sqrt(1 - beta2 ** t_new)"},
    ),
}


def account(rule: str) -> Account:
    """How a rule arrives at its steps."""
    return Account(
        steps=_STEPS[rule],
        other_ways=_PLACES.get(rule, ()),
        misconceptions=partial(misconceptions_of, rule),
        observe=_observe,
        predict=partial(_predict, rule),
    )


def _predict(rule: str, steps: Steps, seen: Seen) -> dict[str, Array]:
    given = seen.given["config"] or {}
    values = {**DEFAULTS[rule], **given, "given": given}
    values |= {name: evaluate(steps[name], values) for name in DEFAULTS[rule] if name in steps}
    w = seen.given["w"]
    state = {"v": 0.0 * w, "m": 0.0 * w, "a": 0.0 * w, "t": 0}
    found = []
    order = [name for name in _STEPS[rule] if not name.endswith("_kept") and name != "next_w"]
    for dw in seen.given["dw"]:
        now = {**values, **state, "w": w, "dw": dw}
        for name in (*order, "next_w"):
            now[name] = evaluate(steps[name], now)
        w = now["next_w"]
        found.append(w)
        state |= {
            name: evaluate(steps[kept], now) for name, kept in _STATE.items() if kept in steps
        }
    return {"next_w": np.array(found)}


def _observe(probe: object) -> list[Seen]:
    found = []
    for case in fresh_cases(probe.spec.rule):  # type: ignore[attr-defined]
        try:
            steps = probe.now(probe.steps(case))  # type: ignore[attr-defined]
        except (Fault, Mismatch):
            continue
        found.append(Seen(given=case.args, got={"next_w": np.array(steps)}))
    return found


def fresh_cases(rule: str) -> list[Case]:
    """Three steps with no config, with a rate alone, with all hyperparameters unequal."""
    rng = np.random.Generator(np.random.SFC64(5))
    full = {"learning_rate": 0.25, "momentum": 0.75, "decay_rate": 0.8, "beta1": 0.7}
    full |= {"beta2": 0.6, "epsilon": 0.05}
    mine: Mapping[str, float] = {k: v for k, v in full.items() if k in DEFAULTS[rule]}
    configs = (None, {"learning_rate": 0.3}, None, mine, {**mine, "learning_rate": 0.125})
    return [
        Case(
            args={
                "w": rng.standard_normal(shape),
                "dw": rng.standard_normal((4, *shape)),
                "config": None if config is None else dict(config),
            }
        )
        for config, shape in zip(configs, ((3,), (2, 3), (2,), (4,), (3, 2)), strict=True)
    ]
