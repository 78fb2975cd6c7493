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


@check(Kind.CORRECTNESS, "backward", applies=obeys("shift"), weight=0.25)
def test_rows_of_the_gradient_vanish(
    probe: Probe, case: Case, rng: np.random.Generator
) -> Questions[None]:
    """A number added to a whole row changes nothing: its gradient sums to zero."""
    name = probe.spec.laws["shift"]
    if probe.forward_is_wrong:
        raise Inconclusive
    run = yield from probe.run(case)
    dx = run.gradients[name]
    if dx.shape != case.args[name].shape:
        raise Inconclusive  # the property of shapes speaks of it
    total = dx.sum(-1)
    rounding = 2.0**-46 * np.abs(case.upstream).sum(-1)
    slack = probe.slack(case, run, name).sum(-1) + rounding
    oracle = "rows of dx sum to zero"
    probe.same(f"d{name}", total, np.zeros(total.shape), slack, case=case, oracle=oracle)


@check(Kind.CORRECTNESS, "backward", applies=obeys("winners"), weight=0.1)
def test_winners_of_a_tie(probe: Probe, case: Case, rng: np.random.Generator) -> Questions[None]:
    """Where all entries of a window tie, the first has its gradient, or all, or each a share."""
    name, options = probe.spec.laws["winners"].split()
    x, param = case.args[name], case.args[options]
    window = param["pool_height"], param["pool_width"]
    one = case.with_args(**{name: np.zeros((*x.shape[:2], *window))})
    one = one.with_dout(np.ones((*x.shape[:2], 1, 1)))
    if probe.forward_is_wrong or window == (1, 1) or not x.size:
        raise Unsuitable
    run = yield from probe.run(one)
    dx = run.gradients[name]
    if dx.shape != one.args[name].shape:
        raise Inconclusive  # the property of shapes speaks of it
    if np.all(dx == 1.0):
        probe.note(Kind.CORRECTNESS, "at a tie every winner has all of the gradient")
    elif np.ptp(dx) <= 2.0**-50:
        probe.note(Kind.CORRECTNESS, "at a tie the winners share the gradient")
