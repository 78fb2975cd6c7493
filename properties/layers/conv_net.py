"""The convolutional net of three layers: a net whose first layer is a convolution."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st

from ..judge.subjects.net import NetProbe
from ..spec.account import Account, Seen
from ..spec.case import Case
from ..spec.row import Purpose
from ..spec.values import SEEDS, Values
from .conv_net_account import MISCONCEPTIONS, STEPS, predict
from .net_observation import observe
from .nets import NetSpec

_VALUES = st.builds(Values, st.sampled_from(("dyadic", "normal")), SEEDS)
_IMAGES = st.sampled_from(((2, 4, 6), (1, 2, 4), (3, 4, 2), (2, 6, 4)))


def make(
    v: Values,
    n: int,
    image: tuple[int, int, int],
    f: int,
    size: int,
    hidden: int,
    classes: int,
    batchnorm: bool,
) -> Case:
    """One net with parameters, and one batch of images."""
    c, h, w = image
    flat = f * (h // 2) * (w // 2)
    n = max(n, 2) if batchnorm else n
    args: dict[str, Any] = {
        "X": v.array((n, c, h, w)),
        "y": v.labels(n, classes),
        "reg": v.choice(0.5, 0.0, 1.0, 3.0),
        "W1": v.tame((f, c, size, size)) / 2.0,
        "b1": v.tame((f,)) / 2.0,
        "W2": v.tame((flat, hidden)) / 2.0 ** np.ceil(np.log2(flat) / 2.0),
        "b2": v.tame((hidden,)) / 2.0,
        "W3": v.tame((hidden, classes)) / 2.0,
        "b3": v.tame((classes,)) / 2.0,
        "dropout": 0.0,
        "seed": int(v.rng.integers(100)),
    }
    for k, width in enumerate((f, hidden), start=1) if batchnorm else ():
        args[f"gamma{k}"] = v.tame((width,))
        args[f"beta{k}"] = v.tame((width,)) / 2.0
    return Case(args=args, family=v.family)


def _cases(purpose: Purpose) -> st.SearchStrategy[Case] | None:
    # No smooth ones: behind a pooling too few entries are away from kinks.
    if purpose is not Purpose.ORDINARY:
        return None
    few, sides = st.sampled_from((2, 1, 3)), st.sampled_from((3, 1, 5))
    widths = st.sampled_from((3, 2, 4))
    return st.builds(make, _VALUES, few, _IMAGES, few, sides, widths, widths, st.booleans())


def telling() -> tuple[Case, ...]:
    """Cases that tell mistakes apart: unequal sizes, values of order one, reg on."""
    sizes = ((4, (2, 4, 6), 3, 3, 5, 3), (3, (1, 6, 4), 2, 5, 4, 3), (5, (3, 4, 2), 2, 3, 3, 4))
    return tuple(
        make(Values("normal", seed), *one, batchnorm).with_args(reg=0.7 + seed)
        for batchnorm in (False, True)
        for seed, one in enumerate(sizes)
    )


def _observe(probe: NetProbe) -> list[Seen]:
    plain, normalised = telling()[:3], telling()[3:]
    there = () if probe.form.batchnorm is None else normalised
    return observe(probe, [probe.fit(case) for case in (*plain, *there)])


THREE_LAYER = NetSpec(
    name="cnn.ThreeLayerConvNet",
    forward="cnn.ThreeLayerConvNet",
    backward=None,
    cases=_cases,
    differentiable=(),
    value="loss",
    probe=NetProbe,
    method="loss(X, y)",
    account=Account(steps=STEPS, misconceptions=MISCONCEPTIONS, observe=_observe, predict=predict),
    images=True,
)
