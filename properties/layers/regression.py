"""What the losses of real targets share: predictions x, targets y, and how the terms add up."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Literal

import numpy as np
from hypothesis import strategies as st

from ..spec.case import Array, Case, Run
from ..spec.misconception import Misconceptions
from ..spec.row import LayerSpec, Purpose, Reading, Reference
from ..spec.values import SIDES, Values, batch_sizes, values
from ..spec.ways import Ways

TERMS = """
N = x.shape[0]
n = x.size
"""
Targets = Callable[[Values, tuple[int, ...]], Array]


def _make(
    targets: Targets, options: Mapping[str, Sequence[float]], v: Values, n: int, d: int | None
) -> Case:
    shape = (n,) if d is None else (n, d)
    given: dict[str, Any] = {name: v.choice(*among) for name, among in options.items()}
    return Case(args={"x": v.array(shape), "y": targets(v, shape), **given}, family=v.family)


def loss_of_targets(
    name: str,
    *,
    forward: Callable[..., Any],
    gradient: Callable[..., Any],
    targets: Targets,
    ways: Ways,
    wrong: str,
    options: Mapping[str, Sequence[float]] | None = None,
    halves: bool = False,
    kind: str = "",
    never: tuple[Purpose, ...] = (),
) -> LayerSpec:
    """The row of ``NAME_loss(x, y) -> loss, dx``, under every reading of how its terms add up.

    Parameters
    ----------
    targets
        Makes y of a shape.
    options
        Further arguments, like Huber's delta, and the values that they are drawn from.
    halves
        Whether half of the loss is a reading, as for the squared error.
    kind
        What the targets are in the notation of inputs, where they are not of both signs.
    never
        Purposes for which there are no cases.
    """
    make = partial(_make, targets, options or {})
    told = [f"{option}: {among[1]}" for option, among in (options or {}).items()]

    def cases(purpose: Purpose) -> st.SearchStrategy[Case] | None:
        if purpose in (Purpose.KINK, Purpose.INTEGER, *never):
            return None
        drawn = values(purpose, smooth=("normal",))
        return st.builds(make, drawn, batch_sizes(purpose), st.one_of(st.none(), SIDES))

    def reading(
        said: str, sentence: str, over: Literal["entries", "examples", ""], factor: float
    ) -> Reading:
        def given(case: Case, run: Run | None) -> dict[str, Any]:
            x = np.asarray(case.args["x"])
            count = {"entries": x.size, "examples": len(x), "": 1}[over]
            return {"factor": factor / max(count, 1)}

        truth = Reference(forward=forward, vjp=gradient, given=given)
        return Reading(
            name=said, sentence=sentence, reference=truth, adds_up=-1 if over else 1
        )  # fmt: skip

    whole = [
        reading("mean", "the mean over all entries", "entries", 1.0),
        reading("sum", "the sum over all entries", "", 1.0),
        reading("mean over examples", "summed over features, mean over examples", "examples", 1.0),
    ]
    half = [
        reading("half mean", "half the mean over all entries", "entries", 0.5),
        reading("half sum", "half the sum over all entries", "", 0.5),
        reading("half mean over examples", "half the sum over features, mean over examples",
                "examples", 0.5),
    ]  # fmt: skip
    return LayerSpec(
        name=name,
        forward=f"{name}_loss",
        backward=None,
        cases=cases,
        differentiable=("x",),
        inputs={name: ", ".join([f"x: (N, D), y: {kind}(N, D)", *told])},
        value="loss",
        reference=Reference(forward=forward, vjp=gradient),
        batched=("x", "y"),
        adds_up=-1,
        readings=(*whole, *(half if halves else [])),
        ways=ways,
        misconceptions=Misconceptions(name, wrong),
    )
