"""The backward of a linear map is its adjoint."""

from __future__ import annotations

import numpy as np

from ..judge.asking import Questions
from ..judge.mismatch import Inconclusive, Kind
from ..judge.property import check, obeys
from ..judge.subjects.functions import Probe
from ..spec.case import Case


@check(Kind.CORRECTNESS, "backward", applies=obeys("linear"), weight=0.1)
def test_adjoint(probe: Probe, case: Case, rng: np.random.Generator) -> Questions[None]:
    """⟨dout, A x⟩ = ⟨Aᵀ dout, x⟩ for each argument that the output is linear in."""
    spec = probe.spec
    if probe.forward_is_wrong:
        raise Inconclusive
    linear = spec.laws["linear"].split()
    others = {name: 0.0 * case.args[name] for name in spec.differentiable if name not in linear}
    case = case.with_args(**others)
    run = yield from probe.run(case)
    out, dout = run.outputs[spec.value], case.upstream
    if out.shape != dout.shape:
        raise Inconclusive  # the forward has another shape, and is told so
    ahead = np.sum(dout * out)
    slack_ahead = np.sum(np.abs(dout) * probe.slack_of_value(case, run))
    for name in linear:
        x, dx = case.args[name], run.gradients[name]
        slack = slack_ahead + np.sum(np.abs(x) * probe.slack(case, run, name).reshape(x.shape))
        dx = dx.reshape(x.shape)
        slack = slack + 2.0**-44 * (np.sum(np.abs(dout * out)) + np.sum(np.abs(dx * x)))
        back = np.asarray(np.sum(dx * x))
        probe.same(f"d{name}", back, np.asarray(ahead), slack, case=case, oracle="the adjoint")
