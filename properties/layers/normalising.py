"""What the normalisations share: their options, as drawn and as read, and running statistics."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ..spec.case import Array, Case
from ..spec.row import LayerSpec, Purpose
from ..spec.same import SameAs, as_row
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


def of_columns(row: LayerSpec) -> SameAs:
    """The law that a layer of images is one of columns, of which each channel is one."""

    def send(case: Case) -> Case:
        images = case.args["x"], case.upstream
        x, dout = (image.transpose(0, 2, 3, 1).reshape(-1, image.shape[1]) for image in images)
        return case.with_args(x=x).with_dout(dout)

    def back(case: Case, name: str, value: Array) -> Array:
        n, c, *sides = case.args["x"].shape
        moved = name in ("out", "dx")
        return value.reshape(n, *sides, c).transpose(0, 3, 1, 2) if moved else value

    return as_row(row, f"{row.name} of the channels as columns", send=send, back=back)


def of_rows(row: LayerSpec) -> SameAs:
    """The law that a layer of images in one group is one of rows, of which each image is one.

    Each pixel of a row has a gamma and a beta of its own, those of its channel.
    """

    def at(case: Case, rng: np.random.Generator) -> Case:
        return case.with_args(G=1)

    def send(case: Case) -> Case:
        x = case.args["x"]
        gamma, beta = (case.args[name].repeat(x[0, 0].size) for name in ("gamma", "beta"))
        param = case.args["gn_param"]
        args = {"x": x.reshape(len(x), -1), "gamma": gamma, "beta": beta, "ln_param": param}
        return replace(case, args=args, dout=case.upstream.reshape(len(x), -1))

    def back(case: Case, name: str, value: Array) -> Array:
        shape = case.args["x"].shape
        if name in ("dgamma", "dbeta"):
            return np.asarray(value.reshape(shape[1], -1).sum(1))
        return value.reshape(shape) if name in ("out", "dx") else value

    return as_row(row, f"{row.name} over channels and pixels", send=send, back=back, at=at)
