"""The cause of each failure of a run, found once for each function and argument."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from reference.bounded import SAFETY, Bounded

from ..implementation import Implementation
from ..judge.mismatch import Disagreement, Fault, Mismatch
from ..judge.subjects.functions import Probe
from ..judge.verdict import Verdict
from ..spec.case import Run
from ..spec.row import LayerSpec, Purpose, Reading
from . import catalogue
from .assembled import is_made_of_its_parts, rows_of_parts
from .behaviour import from_dropout, from_habit, from_note
from .between import forward_that_fits
from .catalogued import at_extremes
from .composition import from_wrong_parts
from .diagnose import diagnose
from .finding import Diagnosis
from .observation import Observation, observe, quantities_of, when_of
from .parts import parts_of

_TWO_READINGS = ("keeps with probability p", "scaled by 1/p")
_DIRECT = ("reference", "exact")  # oracles that hold the very array that was returned


class Causes:
    """The causes of what one implementation fails.

    Parameters
    ----------
    implementation
        What was judged; it is run again on some twenty cases of each failing layer.
    readings
        The reading in force, by row.
    wrong_forwards
        Rows whose forward is wrong.
    untouched
        Rows that are not run again, because they hang or crash.
    """

    def __init__(
        self,
        implementation: Implementation,
        readings: dict[str, Reading | None],
        wrong_forwards: set[str],
        untouched: frozenset[str] = frozenset(),
    ) -> None:
        self._implementation = implementation
        self._readings = readings
        self._wrong_forwards = wrong_forwards
        self._untouched = untouched
        self._seen: dict[str, tuple[Observation, ...]] = dict.fromkeys(untouched, ())
        self._named: dict[tuple[str, str, str, str], Diagnosis | None] = {}
        self._parts: dict[tuple[str, str, str], dict[str, list[tuple[str, str]]]] = {}

    def of(self, verdict: Verdict, spec: LayerSpec) -> Diagnosis | None:
        """The cause of what a verdict found or noted; None where nothing is known.

        The values are a stranger's and may be anything; a verdict stands without its cause.
        """
        try:
            return self.find(verdict, spec)
        except Exception:
            return None

    def find(self, verdict: Verdict, spec: LayerSpec) -> Diagnosis | None:
        """As ``of``; raises what a value of an unforeseen kind raises."""
        found = verdict.disagreement
        if found is None:
            noted = (from_note(function, text) for function, _, text in verdict.notes)
            return next((cause for cause in noted if cause is not None), None)
        habit = from_habit(found)
        if habit is not None:
            return habit
        argument = _argument(found, spec)
        if not argument:
            return None
        when = when_of(found.case) if found.case is not None else ""
        cause = self._of(spec, found.function, argument, when)
        if cause is None and verdict.declared.purpose is Purpose.EXTREME:
            seen = observe(self._probe(spec), Purpose.EXTREME)
            cause = at_extremes(seen, found.function, argument)
        if cause is None and found.oracle.startswith(_DIRECT):
            cause = self._from_failures(verdict, spec, argument, when)
        return cause

    def _of(self, spec: LayerSpec, function: str, argument: str, when: str) -> Diagnosis | None:
        key = (spec.name, function, argument, when)
        if key not in self._named:
            self._named[key] = self._find(spec, function, argument, when)
        return self._named[key]

    def _find(self, spec: LayerSpec, function: str, argument: str, when: str) -> Diagnosis | None:
        everything = self._observations(spec)
        seen = [o for o in everything if o.when == when]
        if not any(o.is_wrong(argument) for o in seen):
            # A numerical derivative or an invariant may speak of another call than the first.
            seen = [o for o in everything if o.is_wrong(argument)][:1]
            seen = [o for o in everything if seen and o.when == seen[0].when]
        reading = self._readings.get(spec.name)
        other = reading.sentence if reading is not None and reading.name == "keep" else ""
        wrong_forward = spec.name in self._wrong_forwards and function == spec.backward
        if spec.name == "dropout" and not wrong_forward:
            cause = from_dropout(everything, function, argument)
            if cause is not None:
                return cause
        cause = diagnose(
            seen,
            function,
            argument,
            forward_is_wrong=wrong_forward,
            reading=other,
            source=self._source(spec, function),
            wrong_parts=self._wrong_parts(seen, argument),
        )
        if other and cause is not None and cause.misconception == _TWO_READINGS[0]:
            # Under the other reading the same code is the other mixture.
            for entry in catalogue.of(function, argument):
                if entry.name == _TWO_READINGS[1]:
                    cause = replace(
                        cause, misconception=entry.name, sentence=entry.sentence, key=entry.key
                    )
        if spec.name == "dropout" and wrong_forward and cause and "inverted" in cause.misconception:
            cause = None  # the forward's own mask is not known
        if cause is None and function == spec.backward:
            cause = forward_that_fits(seen, spec, argument)
        if cause is None or not cause.key:
            cause = self._from_parts(seen, argument) or cause
        return cause

    def _from_parts(self, seen: Sequence[Observation], argument: str) -> Diagnosis | None:
        """What is wrong with the parts, as the cause of the whole."""
        wrong = self._wrong_parts(seen, argument)
        if not wrong:
            return None
        found = [
            self._of(_spec_of(part), part, name, when)
            for part, names in wrong.items()
            for name, when in names
        ]
        keys = {cause.key for cause in found if cause is not None}
        known = [m for m in catalogue.ALL if m.key in keys]
        mine = [o for o in seen if argument in o.got]
        return from_wrong_parts(mine, argument, known, sorted(wrong))

    def _wrong_parts(
        self, seen: Sequence[Observation], argument: str
    ) -> dict[str, list[tuple[str, str]]]:
        """The functions that a value is made of and that are wrong on their own: in which
        arguments, in which kind of call."""
        key = (seen[0].row, argument, seen[0].when) if seen else ("", "", "")
        if key not in self._parts:
            self._parts[key] = self._find_wrong_parts(seen, argument)
        return self._parts[key]

    def _find_wrong_parts(
        self, seen: Sequence[Observation], argument: str
    ) -> dict[str, list[tuple[str, str]]]:
        found: dict[str, list[tuple[str, str]]] = {}
        if not seen or self._untouched & rows_of_parts(seen[0].row):
            return found
        if not is_made_of_its_parts(self._implementation, seen, argument):
            return found
        for part in parts_of(seen[0].row, argument) if seen else ():
            spec = _spec_of(part)
            if not all(self._is_there(name) for name in spec.functions):
                continue
            for o in self._observations(spec):
                for name in o.got:
                    of_part = name.startswith("d") == (part == spec.judge_of_gradients)
                    place = (name, o.when)
                    both = spec.backward is None
                    if (of_part or both) and o.is_wrong(name):
                        places = found.setdefault(part, [])
                        if place not in places:
                            places.append(place)
        return found

    def _is_there(self, function: str) -> bool:
        info = self._implementation.functions.get(function)
        return info is not None and info.status == "present"

    def _source(self, spec: LayerSpec, function: str) -> str:
        """The text of a layer: a backward's own lines continue those of its forward."""
        texts = [
            getattr(self._implementation.functions.get(name), "source", "") or ""
            for name in dict.fromkeys((spec.forward, function))
        ]
        return "\n".join(textwrap.dedent(text) for text in texts)

    def _observations(self, spec: LayerSpec) -> tuple[Observation, ...]:
        if spec.name not in self._seen:
            try:
                self._seen[spec.name] = observe(self._probe(spec))
            except (Fault, Mismatch):
                self._seen[spec.name] = ()
        return self._seen[spec.name]

    def _probe(self, spec: LayerSpec) -> Probe:
        probe = Probe(spec, self._implementation)
        probe.reading = self._readings.get(spec.name)
        return probe

    def _from_failures(
        self, verdict: Verdict, spec: LayerSpec, argument: str, when: str
    ) -> Diagnosis | None:
        """What ordinary cases do not show is looked for on the failing ones themselves."""
        found = verdict.disagreement
        assert found is not None
        alike = [
            _from_disagreement(one, spec, argument)
            for one in (found, *verdict.failures)
            if one.function == found.function
            and _argument(one, spec) == argument
            and one.got is not None
            and one.wanted is not None
            and one.case is not None
            and when_of(one.case) == when
        ]
        distinct = {o.case.size: o for o in alike}
        if len(distinct) < 2:
            return None
        cause = diagnose(list(distinct.values()), found.function, argument)
        return cause and replace(cause, confidence=min(cause.confidence, 0.8))


def _spec_of(function: str) -> LayerSpec:
    """The row of a function that others are made of."""
    from ..layers import ALL

    return next(spec for spec in ALL if isinstance(spec, LayerSpec) and function in spec.functions)


def _from_disagreement(found: Disagreement, spec: LayerSpec, argument: str) -> Observation:
    assert found.case is not None
    assert found.got is not None
    assert found.wanted is not None
    tolerance = np.zeros(found.wanted.shape) if found.tolerance is None else found.tolerance
    run = Run(outputs={"out": found.got} if argument == "out" else {"out": np.zeros(())})
    return Observation(
        row=spec.name,
        case=found.case,
        when=when_of(found.case),
        got={argument: found.got},
        truth={argument: Bounded(found.wanted, tolerance / SAFETY)},
        quantities=quantities_of(spec, found.case, run),
    )


def _argument(found: Disagreement, spec: LayerSpec) -> str:
    """The name under which observations hold what a disagreement is about."""
    name = found.argument
    if name in spec.differentiable and found.function == spec.judge_of_gradients:
        return f"d{name}"
    return name
