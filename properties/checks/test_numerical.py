"""The backward against numerical derivatives of the implementation's own forward."""

from __future__ import annotations

import numpy as np

from ..judge.mismatch import Inconclusive, Kind, Mismatch
from ..judge.numerical import Answer, judge_gradients, judge_one_sided
from ..judge.property import check, only
from ..judge.subjects.functions import Probe
from ..spec.case import Case
from ..spec.row import Purpose


@check(Kind.CORRECTNESS, "backward", purpose=Purpose.SMOOTH, weight=0.25, oracle=True)
def test_numerical_derivative(probe: Probe, case: Case, rng: np.random.Generator) -> None:
    """The gradient is the derivative of the forward along random directions.

    Where the reference vouches for a gradient, a numerical derivative cannot overrule it.
    """
    run = probe.run(case)
    answer = judge_gradients(probe, case, run, rng)
    if answer.answer is Answer.RIGHT:
        return
    if answer.answer is Answer.UNKNOWN:
        raise Inconclusive
    if probe.spec.reference is not None and probe.wrong_gradient(case, run) is None:
        raise Inconclusive
    probe.fail_derivative(answer, case)


@check(
    Kind.CORRECTNESS,
    "backward",
    purpose=Purpose.KINK,
    applies=only("relu", "svm"),
    weight=0.5,
)
def test_subgradient_at_kinks(probe: Probe, case: Case, rng: np.random.Generator) -> None:
    """At a kink the gradient lies between the one-sided derivatives.

    As above, those of a wrong forward cannot overrule the reference.
    """
    run = probe.run(case)
    wrong = judge_one_sided(probe, case, run)
    if wrong is None:
        return
    if probe.forward_is_wrong and probe.wrong_gradient(case, run) is None:
        raise Inconclusive
    raise Mismatch(wrong)
