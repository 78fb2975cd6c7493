"""What only hands entries on neither makes nor loses any of their gradient."""

from __future__ import annotations

import numpy as np

from ..judge.asking import Questions
from ..judge.mismatch import Inconclusive, Kind, Unsuitable
from ..judge.property import check, obeys
from ..judge.subjects.functions import Probe
from ..spec.case import Case


@check(Kind.CORRECTNESS, "backward", applies=obeys("conserved"), weight=0.25)
def test_gradient_adds_up(probe: Probe, case: Case, rng: np.random.Generator) -> Questions[None]:
    """The gradient of an image adds up to that of its output, where no two entries tie."""
    name = probe.spec.laws["conserved"]
    x = case.args[name]
    images = x.reshape(-1, x.shape[2] * x.shape[3])
    if any(len(set(image)) < len(image) for image in images.tolist()):
        raise Unsuitable  # every winner of a tie may have all of it
    if probe.forward_is_wrong:
        raise Inconclusive
    run = yield from probe.run(case)
    dx = run.gradients[name]
    if dx.shape != x.shape:
        raise Inconclusive  # the property of shapes speaks of it
    rounding = 2.0**-46 * np.abs(case.upstream).sum((2, 3))
    slack = probe.slack(case, run, name).sum((2, 3)) + rounding
    total, wanted = dx.sum((2, 3)), case.upstream.sum((2, 3))
    probe.same(f"d{name}", total, wanted, slack, case=case, oracle="sums over an image")
