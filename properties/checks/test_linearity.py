"""A vector-Jacobian product is linear in the upstream derivative."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..judge.asking import Questions
from ..judge.mismatch import Inconclusive, Kind, Mismatch
from ..judge.property import check, has_backward, obeys
from ..judge.subjects.functions import Probe
from ..spec.case import Case, Run


@check(Kind.CORRECTNESS, "backward", applies=has_backward, weight=0.5)
def test_linear_in_dout(probe: Probe, case: Case, rng: np.random.Generator) -> Questions[None]:
    """backward(2 a - 3 b) = 2 backward(a) - 3 backward(b), and zero gives zero."""
    first = case.upstreams
    second = [rng.permutation(d.ravel()).reshape(d.shape) * 2.0 for d in first]
    both = [2.0 * a - 3.0 * b for a, b in zip(first, second, strict=True)]
    nothing = [0.0 * d for d in first]
    cases = [case.with_upstreams(upstreams) for upstreams in (first, second, both, nothing)]
    # On one cache: without it, a mask drawn without a seed would be another one each time.
    calls = probe.calls(case)[:1] + [probe.backward_call(c, probe.cache(0)) for c in cases]
    outcomes = yield from probe.ask(calls)
    if outcomes[1].status == "ok" and any(outcome.status == "raised" for outcome in outcomes[2:]):
        raise Inconclusive  # the backward consumes its cache
    runs = [
        probe.read(c, [outcomes[0], outcome])
        for c, outcome in zip(cases, outcomes[1:], strict=True)
    ]
    try:
        _judge(probe, cases, runs)
    except Mismatch:
        if not (yield from probe.overwrites_cache(case)):
            raise
        _judge(probe, cases, (yield from probe.run_many(cases)))  # each on a cache of its own


@check(Kind.CORRECTNESS, "forward", applies=obeys("linear"), weight=0.1)
def test_linear_in_each_argument(
    probe: Probe, case: Case, rng: np.random.Generator
) -> Questions[None]:
    """f(2 a - 3 b) = 2 f(a) - 3 f(b) in each argument that the output is linear in."""
    spec = probe.spec
    linear = spec.laws["linear"].split()
    others = {name: 0.0 * case.args[name] for name in spec.differentiable if name not in linear}
    name = linear[int(rng.integers(len(linear)))]
    first = case.args[name]
    second = rng.permutation(first.ravel()).reshape(first.shape)
    values = (first, second, 2.0 * first - 3.0 * second)
    cases = [case.with_args(**{**others, name: value}) for value in values]
    runs = yield from probe.values(cases)
    a, b, both = (run.outputs[spec.value] for run in runs)
    if not a.shape == b.shape == both.shape:
        raise Inconclusive  # the forward is told so
    slacks = [probe.slack_of_value(c, run) for c, run in zip(cases, runs, strict=True)]
    # The argument itself is rounded, by no more than the products with it are.
    slack = 4.0 * slacks[0] + 6.0 * slacks[1] + slacks[2]
    wanted = 2.0 * a - 3.0 * b
    slack = slack + 2.0**-50 * (2.0 * np.abs(a) + 3.0 * np.abs(b))
    probe.same(spec.value, both, wanted, slack, case=cases[2], oracle=f"linearity in {name}")


def _judge(probe: Probe, cases: Sequence[Case], runs: Sequence[Run]) -> None:
    for name in probe.spec.differentiable:
        a, b, sum_, zero = (run.gradients[name] for run in runs)
        if not (a.shape == b.shape == sum_.shape == zero.shape):
            continue  # the property of shapes speaks of it
        bounds = [probe.slack(c, run, name) for c, run in zip(cases, runs, strict=True)]
        slack = 2.0 * bounds[0] + 3.0 * bounds[1] + bounds[2]
        slack = slack + 8.0 * 2.0**-53 * (2.0 * np.abs(a) + 3.0 * np.abs(b))
        probe.same(f"d{name}", sum_, 2.0 * a - 3.0 * b, slack, case=cases[2], oracle="linearity")
        probe.same(f"d{name}", zero, np.zeros_like(zero), 0.0, case=cases[3], oracle="linearity")
