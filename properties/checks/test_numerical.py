"""The backward against numerical derivatives of the implementation's own forward."""

from __future__ import annotations

import numpy as np

from ..judge.asking import Questions
from ..judge.mismatch import Inconclusive, Kind, Mismatch
from ..judge.numerical import Answer, fail_derivative, judge_gradients, one_sided, outside_one_sided
from ..judge.property import check
from ..judge.subjects.functions import Probe
from ..spec.case import Case
from ..spec.row import LayerSpec, Purpose


def _has_kinks(spec: LayerSpec) -> bool:
    return spec.kinks is not None


@check(Kind.CORRECTNESS, "backward", purpose=Purpose.SMOOTH, weight=0.25, oracle=True)
def test_numerical_derivative(
    probe: Probe, case: Case, rng: np.random.Generator
) -> Questions[None]:
    """The gradient is the derivative of the forward along random directions.

    Where the reference vouches for a gradient, a numerical derivative cannot overrule it.
    """
    run = yield from probe.run(case)
    answer = yield from judge_gradients(probe, case, run, rng)
    if answer.answer is Answer.RIGHT:
        return
    if answer.answer is Answer.UNKNOWN:
        raise Inconclusive
    if probe.spec.reference is not None and probe.wrong_gradient(case, run) is None:
        raise Inconclusive
    fail_derivative(probe, answer, case)


@check(Kind.CORRECTNESS, "backward", purpose=Purpose.KINK, applies=_has_kinks, weight=0.5)
def test_subgradient_at_kinks(
    probe: Probe, case: Case, rng: np.random.Generator
) -> Questions[None]:
    """At a kink the gradient lies between the one-sided derivatives.

    As above, those of a wrong forward cannot overrule the reference. Another subgradient than the
    usual one is a convention.
    """
    spec = probe.spec
    assert spec.kinks is not None
    if spec.kinks.how == "entrywise" and case.dout is not None:
        case = case.with_dout(np.abs(case.dout))  # a sum of convex terms only then
    run = yield from probe.run(case)
    for sides in (yield from one_sided(probe, case)):
        got = run.gradients[sides.argument]
        if got.shape != sides.left.shape:
            continue  # the property of shapes speaks of it
        wrong = outside_one_sided(probe, case, got, sides)
        if wrong is not None:
            if probe.forward_is_wrong and probe.wrong_gradient(case, run) is None:
                raise Inconclusive
            raise Mismatch(wrong)
        if spec.kinks.other and sides.another(got):
            probe.note(Kind.CONVENTION, spec.kinks.other, spec.judge_of_gradients)
