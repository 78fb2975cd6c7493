"""The nets: the modular two-layer and fully connected ones, and the monolithic one."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from hypothesis import strategies as st

from reference import nets

from ..judge.subjects.net import NetProbe
from ..judge.subjects.net_cases import params_of
from ..spec.account import Account, Seen
from ..spec.case import Case
from ..spec.row import ObjectSpec, Purpose
from ..spec.values import TRAILING, Values, of_family
from .net_account import predict
from .net_misconceptions import MISCONCEPTIONS, STEPS
from .net_observation import LENDERS, observe

_DEPTHS = st.sampled_from(((3,), (2,), (4,), (1,), (2, 3), (3, 2), (4, 1), (3, 2, 4), (2, 2, 2)))
_WIDTH = st.sampled_from(((3,), (2,), (4,), (1,), (5,), (7,)))
_FLAT = st.sampled_from(((1,), (2,), (3,), (4,), (5,), (7,)))
_CLASSES = st.sampled_from((2, 3, 4, 5))
_BATCHES = st.sampled_from((2, 1, 3, 4, 5))
_REGS = (0.0, 0.5, 1.0, 3.0, 0.0625)
# Well scaled: a net of several layers multiplies its values.
_FAMILIES = ("dyadic", "normal", "uneven")


@dataclass(frozen=True, kw_only=True)
class NetSpec(ObjectSpec):
    """A row for a class of nets.

    ``deep``: any number of hidden layers, given as a list, with batchnorm. ``images``: the first
    layer is a convolution. ``monolithic``: reg is an argument of ``loss``, and there are ``train``
    and ``predict``.
    """

    deep: bool = False
    images: bool = False
    monolithic: bool = False


def make_case(
    v: Values,
    n: int,
    trailing: tuple[int, ...],
    widths: tuple[int, ...],
    classes: int,
    batchnorm: bool,
) -> Case:
    """One net with parameters, and one batch."""
    d = int(np.prod(trailing))
    n = max(n, 2) if batchnorm else n
    args: dict[str, Any] = {
        "X": v.array((n, *trailing)),
        "y": v.labels(n, classes),
        "reg": v.choice(*_REGS),
        "dropout": 0.0,
        "seed": int(v.rng.integers(100)),
    }
    sizes = (d, *widths, classes)
    for k, (before, after) in enumerate(pairwise(sizes), start=1):
        # Powers of two: the readable families stay readable.
        args[f"W{k}"] = v.tame((before, after)) * 2.0 ** -np.ceil(np.log2(before) / 2.0)
        args[f"b{k}"] = v.tame((after,)) * 0.5
        if batchnorm and k <= len(widths):
            args[f"gamma{k}"] = v.tame((after,))
            args[f"beta{k}"] = v.tame((after,)) * 0.5
    return Case(args=args, family=v.family)


def _cases(*, deep: bool, monolithic: bool) -> Any:
    def cases(purpose: Purpose) -> st.SearchStrategy[Case] | None:
        if purpose not in (Purpose.ORDINARY, Purpose.SMOOTH):
            return None
        smooth = purpose is Purpose.SMOOTH
        return st.builds(
            make_case,
            of_family(*(("normal",) if smooth else _FAMILIES)),
            st.integers(3, 6) if smooth else _BATCHES,
            _FLAT if monolithic else TRAILING,
            _DEPTHS if deep else _WIDTH,
            _CLASSES,
            st.booleans() if deep else st.just(False),
        )

    return cases


def _observe(probe: NetProbe) -> list[Seen]:
    """Runs that tell mistakes apart: unequal sizes, values of order one, options on and off."""
    widths = (3, 4) if probe.form.deep else (4,)
    cases = [
        make_case(Values("normal", seed), n, (5,), widths, 3, batchnorm).with_args(reg=reg)
        for seed, (n, batchnorm, reg) in enumerate(
            ((6, False, 0.7), (4, False, 1.3), (6, True, 0.7), (5, True, 1.3))
        )
        if not batchnorm or probe.form.batchnorm is not None
    ]
    if probe.form.kept not in (None, 1.0):
        plain = [active(case) for case in cases if "gamma1" not in case.args]
        cases += [
            case.with_args(
                X=case.args["X"][i : i + 1],
                y=case.args["y"][i : i + 1],
                dropout=p,
                reg=0.0,
                seed=i,  # another mask
            )
            for case, p in zip(plain, (0.25, 0.4), strict=False)
            for i in range(4)
        ]
    return observe(probe, cases)


_BATCH = "X: (N, D), y: labels(C), "
_DEEP = _BATCH + (
    "hidden_dims: [H, H + 1], input_dim: D, num_classes: C, reg: 0.35, dtype: 'float64'"
)


def active(case: Case) -> Case:
    """The same net with all its units above zero: what is dropped shows in the gradients."""
    last = f"W{nets.depth(params_of(case))}"
    kept = ("y", "reg", "dropout", "seed", last)
    return case.with_args(**{k: np.abs(v) for k, v in case.args.items() if k not in kept})


def _spec(
    name: str, inputs: dict[str, str], *, deep: bool = False, monolithic: bool = False
) -> NetSpec:
    return NetSpec(
        name=name,
        forward=name,
        backward=None,
        cases=_cases(deep=deep, monolithic=monolithic),
        differentiable=(),
        value="loss",
        probe=NetProbe,
        method="loss(X, y, reg)" if monolithic else "loss(X, y)",
        inputs=inputs,
        account=Account(
            steps=STEPS,
            misconceptions=MISCONCEPTIONS,
            observe=_observe,
            predict=predict,
            follows=frozenset({"loss_history"}),
        ),
        borrows=LENDERS,
        deep=deep,
        monolithic=monolithic,
    )


TWO_LAYER = _spec(
    "fc_net.TwoLayerNet",
    {"fc_net": _BATCH + "input_dim: D, hidden_dims: H, num_classes: C, reg: 0.35"},
)
FULLY_CONNECTED = _spec(
    "fc_net.FullyConnectedNet",
    {
        "fully_connected": _DEEP,
        "fully_connected_batchnorm": _DEEP + ", use_batchnorm: True",
        "fully_connected_dropout": _DEEP + ", dropout: 0.375, seed: 12",
    },
    deep=True,
)
MONOLITHIC = _spec(
    "neural_net.TwoLayerNet",
    {"neural_net": _BATCH + "reg: 0.35, input_size: D, hidden_size: H, output_size: C"},
    monolithic=True,
)
NETS = (MONOLITHIC, TWO_LAYER, FULLY_CONNECTED)
