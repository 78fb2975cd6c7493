"""The backward against the reference's vector-Jacobian product."""

from __future__ import annotations

import numpy as np

from ..judge.asking import Questions
from ..judge.compare import exact, exact_to_last_bits
from ..judge.mismatch import Inconclusive, Kind
from ..judge.numerical import Answer, fail_derivative, judge_gradients
from ..judge.property import check, has_reference
from ..judge.subjects.functions import Probe
from ..spec.case import Case
from ..spec.row import Purpose

# Families on which a numerical derivative of a wrong forward can be believed.
_SMOOTH = ("dyadic", "normal")


@check(Kind.CORRECTNESS, "backward", applies=has_reference, oracle=True)
def test_backward_matches_reference(
    probe: Probe, case: Case, rng: np.random.Generator
) -> Questions[None]:
    """Every gradient is the vector-Jacobian product within its bound.

    Where the forward is wrong, its backward may be right for it: then its own numerical
    derivative decides. A forward that is right on a sample and wrong here, before a backward, is
    a wrong forward.
    """
    run = yield from probe.run(case)
    spec = probe.spec
    if spec.backward is not None and not probe.forward_is_wrong:
        wrong = probe.wrong_value(case, run)
        if wrong is not None:
            probe.fail(spec.forward, *wrong, oracle="reference, before a backward", case=case)
    wrong = probe.wrong_gradient(case, run)
    if wrong is None:
        return
    name, difference = wrong
    if spec.backward is not None and probe.forward_is_wrong:
        if case.family not in _SMOOTH or difference.shape_is_wrong:
            raise Inconclusive
        answer = yield from judge_gradients(probe, case, run, rng)
        if answer.answer is Answer.RIGHT:
            probe.note(
                Kind.CORRECTNESS, "is right for its own forward, which is wrong", spec.backward
            )
            return
        if answer.answer is Answer.UNKNOWN:
            raise Inconclusive
        fail_derivative(probe, answer, case)
    probe.fail(spec.judge_of_gradients, f"d{name}", difference, oracle="reference", case=case)


@check(
    Kind.CORRECTNESS,
    "both",
    purpose=Purpose.INTEGER,
    applies=has_reference,
    weight=0.5,
    oracle=True,
)
def test_exact_on_integers(probe: Probe, case: Case, rng: np.random.Generator) -> Questions[None]:
    """On small integers float64 makes no error, so neither may the layer: tolerance zero.

    A value may be off in its last bits: a norm that is squared is right, and has taken a root.
    """
    run = yield from probe.run(case)
    wrong = probe.find(case, run.outputs, exact_to_last_bits(probe.truth_of_value(case, run)))
    if wrong is not None:
        probe.fail(probe.spec.forward, *wrong, oracle="exact arithmetic", case=case)
    if probe.spec.backward is not None and probe.forward_is_wrong:
        raise Inconclusive  # its backward may follow it
    wrong = probe.find(case, run.gradients, exact(probe.truth_of_gradients(case, run)), prefix="d")
    if wrong is not None:
        name, difference = wrong
        probe.fail(
            probe.spec.judge_of_gradients,
            f"d{name}",
            difference,
            oracle="exact arithmetic",
            case=case,
        )
