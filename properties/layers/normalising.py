"""What the normalisations share: their options, as drawn and as read, and running statistics."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..spec.case import Case
from ..spec.row import Purpose
from ..spec.values import Floats, Values
from ..spec.ways import Ways

_EPS = 1e-5
_MOMENTUM = 0.9


def some_eps(v: Values, purpose: Purpose) -> dict[str, Any]:
    """The option ``eps``, there or left out; larger where a numerical derivative must see it."""
    if not v.choice(0, 1, 1):
        return {}
    ordinary = purpose in (Purpose.ORDINARY, Purpose.EXTREME)
    return {"eps": v.choice(1e-5, 1e-8, 1e-3, 1e-2) if ordinary else v.choice(1e-3, 1e-2, 0.1)}


def bn_param(v: Values, d: int, purpose: Purpose) -> dict[str, Any]:
    """Options of a call in train mode: eps, momentum and statistics, each there or left out."""
    param: dict[str, Any] = {"mode": "train", **some_eps(v, purpose)}
    if v.choice(0, 1, 1):
        param["momentum"] = v.choice(0.9, 0.1, 0.5, 0.75, 0.99, 0.0)
    if v.choice(0, 1, 1):
        param["running_mean"] = v.rng.integers(-8, 9, d) / 8.0
        param["running_var"] = v.rng.integers(1, 17, d) / 8.0
    return param


def some_small(v: Values, purpose: Purpose, x: Floats, shape: int | tuple[int, ...]) -> Floats:
    """Now and then with variances of the order of eps; ``shape`` has one entry for each."""
    if purpose is Purpose.ORDINARY and v.choice(0, 0, 1):
        return x * 2.0 ** -v.rng.integers(0, 12, shape)
    return x


def options(case: Case) -> dict[str, Any]:
    """The options of a case with the contract's defaults filled in."""
    param = case.args["bn_param"]
    d = case.args["gamma"].shape[0]
    return {
        "mode": param["mode"],
        "eps": param.get("eps", _EPS),
        "momentum": param.get("momentum", _MOMENTUM),
        "running_mean": param.get("running_mean", np.zeros(d)),
        "running_var": param.get("running_var", np.zeros(d)),
    }


def options_as_text(side: str) -> str:
    """The same, as lines of what is given; ``side`` is how many statistics there are."""
    return f"""
eps = bn_param.get('eps', 1e-5)
momentum = bn_param.get('momentum', 0.9)
running_mean = bn_param.get('running_mean', np.zeros({side}, x.dtype))
running_var = bn_param.get('running_var', np.zeros({side}, x.dtype))
"""


# What a call in train mode writes back.
UPDATED = """
new_mean = momentum * running_mean + (1 - momentum) * mu
new_var = momentum * running_var + (1 - momentum) * var
"""


def batch_ways(given: str, side: str, *, train: tuple[str, ...], test: str) -> Ways:
    """The ways of a normalisation over the batch, which keeps running statistics.

    Parameters
    ----------
    given
        Lines that name sizes.
    side
        How many statistics there are.
    train, test
        The ways in train mode, and the one in test mode.
    """
    return Ways(
        arguments="x, gamma, beta, bn_param",
        given=given + options_as_text(side),
        texts={"train": train, "test": (test,)},
        kind="bn_param['mode']",
        state={"running_mean": "new_mean", "running_var": "new_var"},
        updating="train",
    )


def with_test_mode(cases: Sequence[Case]) -> list[Case]:
    """The cases, and some of them in test mode with running statistics of their own."""
    found = list(cases)
    for i, case in enumerate(cases[:6]):
        rng = np.random.Generator(np.random.SFC64(100 + i))
        d = case.args["gamma"].shape[0]
        param = {
            **case.args["bn_param"],
            "mode": "test",
            "running_mean": rng.standard_normal(d),
            "running_var": rng.uniform(0.01, 2.0, d),
            "eps": (1e-2, 1e-3, 1e-5)[i % 3],
        }
        found.append(case.with_args(bn_param=param))
    return found
