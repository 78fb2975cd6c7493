"""Functions that compute the same give the same, however they are written and laid out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from reference.bounded import Bounded

from ..implementation import Outcome
from ..judge.asking import Questions
from ..judge.compare import difference, is_number
from ..judge.mismatch import Kind, Unasked
from ..judge.property import check
from ..judge.subjects.functions import Probe
from ..spec.case import Array, Case
from ..spec.row import Bounds, LayerSpec
from ..spec.same import SameAs


def _has_a_twin(spec: LayerSpec) -> bool:
    return spec.same_as is not None and spec.reference is not None


@check(Kind.CORRECTNESS, "both", applies=_has_a_twin, weight=0.05)
def test_same_as_another(probe: Probe, case: Case, rng: np.random.Generator) -> Questions[None]:
    """What other functions compute as well is the same: a sequence, and its steps one by one.

    The others have to be right here themselves; what float32 rounds is no difference.
    """
    spec, law = probe.spec, probe.spec.same_as
    assert law is not None
    _all_there(probe, law)
    case = law.at(case, rng)
    run = yield from probe.run(case)
    sent = probe.reading.send(case) if probe.reading else case
    outcomes = yield from probe.ask(law.calls(sent))
    values, gradients = probe.truth_of_value(case, run), probe.truth_of_gradients(case, run)
    other = _read(law, sent, outcomes)
    _right(other, {**values, **{f"d{name}": truth for name, truth in gradients.items()}})

    wrong = probe.find(case, {**run.state, **run.outputs}, _around(other, values))
    if wrong is not None and probe.wrong_value(case, run) is not None:
        probe.fail(spec.forward, *wrong, oracle=law.said, case=case)
    if probe.forward_is_wrong and spec.backward is not None:
        return  # its backward may follow it
    wrong = probe.find(case, run.gradients, _around(other, gradients, "d"), prefix="d")
    if wrong is not None and probe.wrong_gradient(case, run) is not None:
        name, found = wrong
        probe.fail(spec.judge_of_gradients, f"d{name}", found, oracle=law.said, case=case)


def _all_there(probe: Probe, law: SameAs) -> None:
    known = probe.implementation.functions
    for name in law.functions:
        if name not in known or known[name].status != "present":
            raise Unasked(f"there is no {name}")


def _read(law: SameAs, case: Case, outcomes: Sequence[Outcome]) -> Mapping[str, Array]:
    """What the other functions gave, as far as it is numbers."""
    if not all(outcome.ok for outcome in outcomes):
        raise Unasked(f"{law.said} cannot be called")
    try:
        found = law.read(case, outcomes)
    except (ValueError, TypeError, IndexError) as error:
        raise Unasked(f"{law.said}: {error}") from error
    return {name: value for name, value in found.items() if is_number(value)}


def _right(other: Mapping[str, Array], truth: Bounds) -> None:
    """Whether the others are right themselves; their own properties say where they are not."""
    for name, bounded in truth.items():
        if name in other and difference(other[name], bounded) is not None:
            raise Unasked(f"{name} of the other is wrong itself")


def _around(other: Mapping[str, Array], truth: Bounds, prefix: str = "") -> Bounds:
    """What the others gave, with room for the rounding of both."""
    return {
        name: Bounded(other[prefix + name].reshape(bounded.shape), 2.0 * bounded.error)
        for name, bounded in truth.items()
        if prefix + name in other
    }
