"""The cause of what a verdict found, from what was observed of its row; nothing is run for it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace

import numpy as np

from reference.bounded import SAFETY, Bounded

from ..judge.mismatch import Disagreement
from ..judge.verdict import Verdict
from ..spec.case import Run
from ..spec.misconception import Misconception
from ..spec.observation import Observation, Observations
from ..spec.row import LayerSpec, ObjectSpec, Purpose, Reading
from .agreement import equal, tolerance
from .between import forward_that_fits
from .catalogued import at_extremes
from .composition import from_wrong_parts, parts_of
from .conditions import only_where
from .diagnose import diagnose
from .finding import Diagnosis, entries
from .habits import from_habit, from_note, from_signs
from .observation import quantities_of
from .stepwise import Explainer

_DIRECT = ("reference", "exact")  # oracles that hold the very array that was returned


class Finder:
    """Causes of the verdicts on the same code, each found once.

    Parameters
    ----------
    observations
        What was observed of a row, and of its parts where they were judged.
    wrong_forwards
        Rows whose forward is wrong: what the reference says of their gradients is not what their
        backward should give.
    """

    def __init__(
        self,
        observations: Callable[[LayerSpec], Observations],
        wrong_forwards: Collection[str] = (),
    ) -> None:
        self._observations = observations
        self._wrong_forwards = wrong_forwards
        self._explainers: dict[str, Explainer] = {}
        self._named: dict[tuple[str, str, str, str], Diagnosis | None] = {}
        self._parts: dict[tuple[str, str, str], dict[str, list[tuple[str, str]]]] = {}

    def of(self, verdict: Verdict, row: LayerSpec) -> Diagnosis | None:
        """The cause of one verdict; None where nothing is known.

        The values are a stranger's and may be anything; a verdict stands without its cause.
        """
        try:
            return self.find(verdict, row)
        except Exception:
            return None

    def find(self, verdict: Verdict, row: LayerSpec) -> Diagnosis | None:
        """The cause of one verdict; raises what a value of an unforeseen kind raises."""
        found = verdict.disagreement
        if isinstance(row, ObjectSpec):
            if found is None or row.account is None:
                return None
            if row.name not in self._explainers:
                runs = self._observations(row).runs
                self._explainers[row.name] = Explainer(row.account, runs)
            return self._explainers[row.name].find(found)
        fault = verdict.fault
        if found is None and fault is not None and fault.status == "raised":
            return self._of_what_raised(row, fault.function)
        if found is None:
            noted = (from_note(row, function, text) for function, _, text in verdict.notes)
            return next((cause for cause in noted if cause is not None), None)
        habit = from_habit(row, found)
        if habit is not None:
            return habit
        argument = _argument(found, row)
        if not argument:
            return None
        when = row.kind_of(found.case) if found.case is not None else ""
        cause = self._of(row, found.function, argument, when)
        if cause is None and verdict.declared.purpose is Purpose.EXTREME:
            seen = self._observations(row).extreme
            cause = at_extremes(row, seen, found.function, argument)
        if cause is None and found.oracle.startswith(_DIRECT):
            cause = _from_failures(verdict, row, argument, when)
        return cause

    def _of_what_raised(self, row: LayerSpec, function: str) -> Diagnosis | None:
        """When it raises, where that is in some circumstances alone."""
        observed = self._observations(row)
        raised = [case for name, case in observed.raised if name == function]
        names = row.outputs if function == row.forward else [f"d{n}" for n in row.differentiable]
        seen = [o for o in observed.ordinary if all(name in o.got for name in names)]
        return only_where(row, seen, raised, names[0]) if raised and names else None

    def _of(self, row: LayerSpec, function: str, argument: str, when: str) -> Diagnosis | None:
        key = (row.name, function, argument, when)
        if key not in self._named:
            self._named[key] = self._find(row, function, argument, when)
        return self._named[key]

    def _find(self, row: LayerSpec, function: str, argument: str, when: str) -> Diagnosis | None:
        observed = self._observations(row)
        everything = observed.ordinary
        seen = [o for o in everything if o.when == when]
        if not any(o.is_wrong(argument) for o in seen):
            # A numerical derivative or an invariant may speak of another call than the first.
            other = next((o.when for o in everything if o.is_wrong(argument)), when)
            seen = [o for o in everything if o.when == other]
        wrong_forward = row.name in self._wrong_forwards and function == row.backward
        if not wrong_forward:
            cause = from_signs(row, everything, function, argument)
            if cause is not None:
                return cause
        reading = next((r for r in row.readings if r.name == observed.reading), None)
        said = f"{reading.sentence}; {reading.formulas}" if reading and reading.formulas else ""
        cause = diagnose(
            row,
            seen,
            function,
            argument,
            forward_is_wrong=wrong_forward,
            reading=said,
            source="\n".join(observed.source.get(n, "") for n in {row.forward: 0, function: 0}),
            wrong_parts=self._wrong_parts(row, seen, argument),
            raised=[case for name, case in observed.raised if name == function],
        )
        if reading is not None and cause is not None:
            cause = _under(reading, cause, entries(row, function, argument))
        if wrong_forward and cause is not None and _needs_forward(row, cause):
            cause = None
        if cause is None and function == row.backward:
            cause = forward_that_fits(seen, row, argument)
        if cause is None or not cause.key:
            cause = self._from_parts(row, seen, argument) or cause
        parts = tuple(sorted(self._wrong_parts(row, seen, argument)))
        return replace(cause, parts=parts) if cause is not None and parts else cause

    def _from_parts(
        self, row: LayerSpec, seen: Sequence[Observation], argument: str
    ) -> Diagnosis | None:
        """What is wrong with the parts, as the cause of the whole."""
        wrong = self._wrong_parts(row, seen, argument)
        if not wrong or row.composition is None:
            return None
        found = [
            self._of(row.composition.part_of(part), part, name, when)
            for part, places in wrong.items()
            for name, when in places
        ]
        keys = {cause.key for cause in found if cause is not None}
        known = [m for part in row.parts for m in part.misconceptions if m.key in keys]
        mine = [o for o in seen if argument in o.got]
        return from_wrong_parts(row, mine, argument, known, sorted(wrong))

    def _wrong_parts(
        self, row: LayerSpec, seen: Sequence[Observation], argument: str
    ) -> dict[str, list[tuple[str, str]]]:
        """The functions that a value is made of and that are wrong on their own: in which
        arguments, in which kind of call."""
        key = (row.name, argument, seen[0].when if seen else "")
        if key not in self._parts:
            self._parts[key] = self._find_wrong_parts(row, seen, argument)
        return self._parts[key]

    def _find_wrong_parts(
        self, row: LayerSpec, seen: Sequence[Observation], argument: str
    ) -> dict[str, list[tuple[str, str]]]:
        found: dict[str, list[tuple[str, str]]] = {}
        if row.composition is None or not _is_made_of_its_parts(seen, argument):
            return found
        for function in parts_of(row, argument):
            part = row.composition.part_of(function)
            for o in self._observations(part).ordinary:
                for name in o.got:
                    of_part = name.startswith("d") == (function == part.judge_of_gradients)
                    if (of_part or part.backward is None) and o.is_wrong(name):
                        places = found.setdefault(function, [])
                        if (name, o.when) not in places:
                            places.append((name, o.when))
        return found


def _is_made_of_its_parts(seen: Sequence[Observation], argument: str) -> bool:
    """Whether calling the parts gives the same value in every case."""
    seen = [o for o in seen if argument in o.got]
    return bool(seen) and all(
        argument in o.assembled
        and equal(o.got[argument], o.assembled[argument], tolerance(o, argument))
        for o in seen
    )


def _under(reading: Reading, cause: Diagnosis, known: Sequence[Misconception]) -> Diagnosis:
    """The same cause, or what it is called under a reading."""
    name = reading.renamed.get(cause.misconception, "")
    for one in known:
        if one.name == name:
            return replace(cause, misconception=name, sentence=one.sentence, entry=one)
    return cause


def _needs_forward(row: LayerSpec, cause: Diagnosis) -> bool:
    return any(m.key == cause.key and m.of_right_forward for m in row.misconceptions)


def _from_failures(verdict: Verdict, row: LayerSpec, argument: str, when: str) -> Diagnosis | None:
    """What ordinary cases do not show is looked for on the failing ones themselves."""
    found = verdict.disagreement
    assert found is not None
    alike = [
        _from_disagreement(one, row, argument)
        for one in (found, *verdict.failures)
        if one.function == found.function
        and _argument(one, row) == argument
        and one.got is not None
        and one.wanted is not None
        and one.case is not None
        and row.kind_of(one.case) == when
    ]
    distinct = {o.case.size: o for o in alike}
    if len(distinct) < 2:
        return None
    cause = diagnose(row, list(distinct.values()), found.function, argument)
    return cause and replace(cause, confidence=min(cause.confidence, 0.8))


def _from_disagreement(found: Disagreement, row: LayerSpec, argument: str) -> Observation:
    assert found.case is not None
    assert found.got is not None
    assert found.wanted is not None
    tolerance = np.zeros(found.wanted.shape) if found.tolerance is None else found.tolerance
    run = Run(outputs={"out": found.got} if argument == "out" else {"out": np.zeros(())})
    return Observation(
        row=row.name,
        case=found.case,
        when=row.kind_of(found.case),
        got={argument: found.got},
        truth={argument: Bounded(found.wanted, tolerance / SAFETY)},
        quantities=quantities_of(row, found.case, run),
    )


def _argument(found: Disagreement, row: LayerSpec) -> str:
    """The name under which observations hold what a disagreement is about."""
    name = found.argument
    if name in row.differentiable and found.function == row.judge_of_gradients:
        return f"d{name}"
    return name
