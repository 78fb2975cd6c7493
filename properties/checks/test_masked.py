"""What a mask hides has no part in the value and no gradient."""

from __future__ import annotations

import numpy as np

from ..judge.asking import Questions
from ..judge.mismatch import Inconclusive, Kind, Unsuitable
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


@check(Kind.CORRECTNESS, "both", applies=obeys("blind"), weight=0.1)
def test_blind_to_what_is_hidden(
    probe: Probe, case: Case, rng: np.random.Generator
) -> Questions[None]:
    """What the mask hides from a query may be anything: its output stays, and gives it nothing."""
    spec = probe.spec
    *names, mask = spec.laws["blind"].split()
    seen = case.args[mask]
    if seen is None or seen.all():
        raise Unsuitable
    query = int(rng.choice(np.flatnonzero(~seen.all(1))))
    hidden = ~seen[query]
    dout = np.zeros(case.upstream.shape)
    dout[:, query] = case.upstream[:, query]
    alone, changed = case.with_dout(dout), {}
    for name in names:
        changed[name] = case.args[name].copy()
        changed[name][:, hidden] += rng.integers(1, 4, changed[name][:, hidden].shape)
    other = alone.with_args(**changed)
    first, second = yield from probe.run_many([alone, other])
    value, oracle = spec.value, "other entries where the mask hides them"
    slack = probe.slack_of_value(alone, first) + probe.slack_of_value(other, second)
    got, wanted = second.outputs[value], first.outputs[value]
    if got.shape != dout.shape or wanted.shape != dout.shape:
        raise Inconclusive  # the forward has another shape, and is told so
    probe.same(
        value,
        got[:, query],
        wanted[:, query],
        slack[:, query],
        case=other,
        oracle=oracle,
        function=spec.forward,
    )
    for name in names:
        gradient = first.gradients[name]
        if gradient.shape == changed[name].shape:
            loose = probe.slack(alone, first, name)[:, hidden]
            none = np.zeros(loose.shape)
            probe.same(f"d{name}", gradient[:, hidden], none, loose, case=alone, oracle="the mask")
