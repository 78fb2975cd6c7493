"""Shapes of what a backward returns."""

from __future__ import annotations

import numpy as np

from ..judge.asking import Questions
from ..judge.compare import same_but_for_ones, wrong_shape
from ..judge.mismatch import Inconclusive, Kind
from ..judge.property import check
from ..judge.subjects.functions import Probe
from ..spec.case import Case


@check(Kind.CORRECTNESS, "backward", weight=0.5)
def test_gradient_shapes(probe: Probe, case: Case, rng: np.random.Generator) -> Questions[None]:
    """A gradient has the shape of its argument; axes of length one are a convention."""
    run = yield from probe.run(case)
    for name, upstream in zip(probe.spec.outputs, case.upstreams, strict=False):
        if not same_but_for_ones(run.outputs[name].shape, upstream.shape):
            raise Inconclusive  # the forward has another shape, and is told so
    for name in probe.spec.differentiable:
        got, wanted = run.gradients[name], np.asarray(case.args[name])
        if not same_but_for_ones(got.shape, wanted.shape):
            difference = wrong_shape(got, wanted)
            probe.fail(
                probe.spec.judge_of_gradients,
                f"d{name}",
                difference,
                oracle="the contract",
                case=case,
            )
