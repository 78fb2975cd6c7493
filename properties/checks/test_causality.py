"""What comes later in a sequence has no part in what is there."""

from __future__ import annotations

import numpy as np

from ..judge.asking import Questions
from ..judge.mismatch import Kind, Unsuitable
from ..judge.property import check, obeys
from ..judge.subjects.functions import Probe
from ..spec.case import Case


@check(Kind.CORRECTNESS, "both", applies=obeys("causal"), weight=0.1)
def test_looks_at_the_past_alone(
    probe: Probe, case: Case, rng: np.random.Generator
) -> Questions[None]:
    """Later inputs change nothing that is before them, and have no gradient from it."""
    spec = probe.spec
    name = spec.laws["causal"]
    x = case.args[name]
    if x.shape[1] < 2 or not case.args.get("causal", True):
        raise Unsuitable
    cut = int(rng.integers(1, x.shape[1]))
    changed = x.copy()
    changed[:, cut:] += rng.integers(1, 4, changed[:, cut:].shape)
    dout = case.upstream.copy()
    dout[:, cut:] = 0.0
    early = case.with_dout(dout)
    other = early.with_args(**{name: changed})
    first, second = yield from probe.run_many([early, other])
    value = spec.value
    slack = probe.slack_of_value(early, first) + probe.slack_of_value(other, second)
    got, wanted = second.outputs[value][:, :cut], first.outputs[value][:, :cut]
    oracle = "other inputs later on"
    mine = spec.forward
    probe.same(value, got, wanted, slack[:, :cut], case=other, oracle=oracle, function=mine)
    dx = first.gradients[name]
    if dx.shape == x.shape:
        loose = probe.slack(early, first, name)[:, cut:]
        none = np.zeros(loose.shape)
        probe.same(f"d{name}", dx[:, cut:], none, loose, case=early, oracle="an upstream before it")
