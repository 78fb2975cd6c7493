"""What a mask hides has no part in the value and no gradient."""

from __future__ import annotations

import numpy as np

from ..judge.asking import Questions
from ..judge.mismatch import Kind, Unsuitable
from ..judge.property import check, obeys
from ..judge.subjects.functions import Probe
from ..spec.case import Case


@check(Kind.CORRECTNESS, "both", applies=obeys("masked"), weight=0.25)
def test_masked_steps(probe: Probe, case: Case, rng: np.random.Generator) -> Questions[None]:
    """Hidden entries may be anything: the value stays, and their gradient is zero."""
    spec = probe.spec
    hidden = ~case.args[spec.laws["masked"]]
    if not hidden.any():
        raise Unsuitable
    name = spec.differentiable[0]
    x = case.args[name].copy()
    x[hidden] = rng.integers(-3, 4, x[hidden].shape)
    other = case.with_args(**{name: x})
    first, second = yield from probe.run_many([case, other])
    value = spec.value
    slack = probe.slack_of_value(case, first) + probe.slack_of_value(other, second)
    got, wanted = second.outputs[value], first.outputs[value]
    oracle = "other entries where the mask hides them"
    probe.same(value, got, wanted, slack, case=other, oracle=oracle, function=spec.forward)
    gradient = first.gradients[name]
    if gradient.shape == x.shape:
        zero = np.zeros(gradient[hidden].shape)
        probe.same(f"d{name}", gradient[hidden], zero, 0.0, case=case, oracle="the mask")
