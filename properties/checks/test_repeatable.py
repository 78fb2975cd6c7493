"""The same input gives the same result, on the same cache too."""

from __future__ import annotations

import numpy as np

from ..judge.asking import Questions
from ..judge.mismatch import Kind, Mismatch
from ..judge.property import check
from ..judge.subjects.functions import Probe
from ..spec.case import Case, Run


@check(Kind.CORRECTNESS, "both", weight=0.5)
def test_repeatable(probe: Probe, case: Case, rng: np.random.Generator) -> Questions[None]:
    """Calling again gives the same, and so does a second backward on the same cache."""
    spec = probe.spec
    calls = probe.calls(case)
    size = len(calls)
    if spec.backward is not None:
        calls.append(probe.backward_call(case, probe.cache(0)))
        # A cache is a forward's own: another forward in between must not touch it.
        other = case.map_arrays(lambda _, array: -array)
        calls += [probe.forward_call(other), probe.backward_call(case, probe.cache(0))]
    calls += probe.calls(case, start=len(calls))
    outcomes = yield from probe.ask(calls)
    first = probe.read(case, outcomes[:size])
    later = [(probe.read(case, outcomes[-size:]), "called again, it differs")]
    if spec.backward is not None:
        if outcomes[size].status == "raised":
            # It consumes its cache: unusual, but one forward and one backward are right.
            probe.note(Kind.ROBUSTNESS, "fails on a second backward of one cache", spec.backward)
        else:
            second = probe.read(case, [outcomes[0], outcomes[size]])
            later.insert(0, (second, "a second backward on the same cache differs"))
        if outcomes[size + 1].status == outcomes[size].status == "ok":
            third = probe.read(case, [outcomes[0], outcomes[size + 2]])
            later.insert(1, (third, "a backward after another forward differs"))
    for place, (run, oracle) in enumerate(later):
        try:
            _same(probe, case, run, first, oracle)
        except Mismatch:
            if place == len(later) - 1 or not (yield from probe.overwrites_cache(case)):
                raise
            # Unusual too, and its first answer is right all the same.
            probe.note(Kind.ROBUSTNESS, "changes its cache", spec.backward)


def _same(probe: Probe, case: Case, run: Run, first: Run, oracle: str) -> None:
    spec = probe.spec
    for name in spec.outputs:
        got, wanted = run.outputs[name], first.outputs[name]
        slack = probe.slack_of_value(case, first, name)
        probe.same(name, got, wanted, slack, case=case, oracle=oracle, function=spec.forward)
    for name in spec.differentiable:
        got, wanted = run.gradients[name], first.gradients[name]
        slack = probe.slack(case, first, name)
        probe.same(f"d{name}", got, wanted, slack, case=case, oracle=oracle)
