"""Everything that was seen in a few cases: values, adjoints, and what the backward computed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from ..pairing import Subject, with_params
from ..rewrite.instrument import Probe, Statement
from ..rewrite.session import Session
from ..values import Array, Case, CodeError, StepsError
from .adjoints import STEPS, Adjoint, Jacobian, jacobian, step_scale

__all__ = ["Event", "Evidence", "Place", "Trace", "examine", "gather", "upstream"]

# Where a value was seen: phase (0 forward, 1 backward, -1 an input), probe or name, occurrence.
Place = tuple[int, int | str, int]
_LARGEST, _LARGEST_INPUT, _MOST_EVALUATIONS = 150, 600, 12_000
# Probes passed in one sweep: a forward with loops passes thousands in one run.
_MOST_PASSED, _FEW_TURNS = 1_500_000, 8


@dataclass(frozen=True, slots=True)
class Event:
    """One value seen at a probe, in the order of the run."""

    place: Place
    key: str
    value: Array


@dataclass(frozen=True, slots=True)
class Trace:
    """One run of forward and backward."""

    out: Array
    events: tuple[Event, ...]
    gradients: Mapping[str, Array]

    def at(self, place: Place) -> Array | None:
        """Return the value seen at a place, None when the run did not pass there."""
        return next((e.value for e in self.events if e.place == place), None)


@dataclass(slots=True)
class Evidence:
    """Cases, their traces and the Jacobians of their forward values."""

    session: Session
    subject: Subject
    cases: list[Case]
    traces: list[Trace]
    jacobians: list[dict[Place, Jacobian]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def probe(self, place: Place) -> Probe | None:
        """Return the probe of a place, None for an input."""
        if place[0] == -1:
            return None
        return self.probes.get(int(place[1]))

    @property
    def probes(self) -> dict[int, Probe]:
        """All probes of the rewritten functions."""
        return {n: p for table in self.session.tables.values() for n, p in table.probes.items()}

    @property
    def statements(self) -> dict[int, Statement]:
        """All statements of the rewritten functions."""
        return {n: s for table in self.session.tables.values() for n, s in table.statements.items()}

    def adjoint(self, case: int, place: Place) -> Adjoint | None:
        """Return the adjoint of a place in a case, None when it was not measured."""
        found = self.jacobians[case].get(place)
        return None if found is None else found.adjoint(self.cases[case].dout)

    def sweep(self, kinds: Iterable[str], *, statements: set[int] | None = None) -> None:
        """Measure the Jacobians of all forward places of some kinds, one request per case."""
        probes, wanted_kinds = self.probes, set(kinds)
        for number, (case, trace) in enumerate(zip(self.cases, self.traces, strict=True)):
            places: list[tuple[Place, Array]] = []
            if "leaf" in wanted_kinds:
                places += [((-1, name, 0), value) for name, value in case.leaves().items()]
            for event in trace.events:
                probe = probes.get(int(event.place[1]))
                if (
                    event.place[0] != 0
                    or probe is None
                    or probe.kind not in wanted_kinds
                    or event.value.dtype.kind != "f"
                    or (statements is not None and probe.statement not in statements)
                ):
                    continue
                if (
                    probe.kind == "input"
                    and probe.name in case.values
                    and (probe.function == self.session.pair.forward.name)
                ):
                    continue  # the input itself is perturbed already
                places.append((event.place, event.value))
            places = [
                (place, value)
                for place, value in places
                if 0 < value.size <= (_LARGEST if place[0] == 0 else _LARGEST_INPUT)
                and np.all(np.isfinite(value))
                and place not in self.jacobians[number]
            ]
            self._measure(number, self._by_weight(number, places))

    def _by_weight(
        self, number: int, places: Sequence[tuple[Place, Array]]
    ) -> list[tuple[Place, Array]]:
        """Put inputs and what a loop leaves behind before the turns of long loops."""
        turns: dict[int | str, int] = {}
        for event in self.traces[number].events:
            if event.place[0] == 0:
                turns[event.place[1]] = turns.get(event.place[1], 0) + 1

        def weight(one: tuple[Place, Array]) -> int:
            phase, probe, turn = one[0]
            many = turns.get(probe, 0)
            return 0 if phase == -1 else 1 if many <= _FEW_TURNS or turn == many - 1 else 2

        return sorted(places, key=weight)

    def _measure(self, number: int, places: Sequence[tuple[Place, Array]]) -> None:
        kept: list[tuple[Place, Array, float]] = []
        total = 0
        passed = sum(event.place[0] == 0 for event in self.traces[number].events)
        most = min(_MOST_EVALUATIONS, _MOST_PASSED // max(passed, 1))
        for place, value in places:
            total += value.size * 2 * len(STEPS)
            if total > (most if place[0] == 0 else _MOST_EVALUATIONS):
                self.notes.append(
                    "some values of the forward are not perturbed, turns of long loops the first "
                    "of them: that would take too long; smaller arrays help"
                )
                break
            kept.append((place, value, step_scale(value)))
        if not kept:
            return
        answer = self.session.evaluate(
            [
                {
                    "kind": "sweep",
                    "case": self.cases[number].payload(),
                    "steps": list(STEPS),
                    "places": [[p[0], p[1], p[2], v.size, scale] for p, v, scale in kept],
                }
            ]
        )[0]
        if "error" in answer:
            self.notes.append(str(answer["error"]))
            return
        for (place, value, scale), rows in zip(kept, answer["rows"], strict=True):
            self.jacobians[number][place] = jacobian(rows, value.shape, scale)

    def redraw(self, number: int, seed: int) -> None:
        """Put another case of the same sizes in the place of one."""
        old = self.cases[number]
        try:
            other = gather(self.session, self.subject, [old.sizes], seed=seed)
        except StepsError:
            return
        self.cases[number], self.traces[number] = other.cases[0], other.traces[0]
        self.jacobians[number] = {}

    def rerun(
        self,
        actions: Sequence[Sequence[Any]],
        choices: Sequence[Sequence[int]] = (),
        alternatives: Mapping[int, Sequence[Any]] | None = None,
    ) -> list[Trace | None]:
        """Run every case again; `actions` has one list of replacements per case."""
        jobs = [
            {
                "kind": "trace",
                "case": case.payload(),
                "actions": list(mine),
                "choices": [list(c) for c in choices],
            }
            for case, mine in zip(self.cases, actions, strict=True)
        ]
        return [
            None if "error" in answer else read_trace(answer)
            for answer in self.session.evaluate(jobs, alternatives=alternatives)
        ]


def read_trace(answer: Mapping[str, Any]) -> Trace:
    """Read what `runtime.trace` answers."""
    events = tuple(
        Event((int(e[0]), int(e[1]), int(e[2])), str(e[3]), np.asarray(v))
        for e, v in zip(answer["events"], answer["values"], strict=True)
    )
    gradients = {
        str(n): np.asarray(v) for n, v in zip(answer["returned"], answer["gradients"], strict=True)
    }
    return Trace(np.asarray(answer["out"]), events, gradients)


def gather(
    session: Session, subject: Subject, sizes: Sequence[Mapping[str, int]], *, seed: int = 0
) -> Evidence:
    """Run the pair on one case per entry of `sizes`; see `examine`."""
    cases = [subject.draw(one, seed + number) for number, one in enumerate(sizes)]
    return examine(session, subject, cases)


def examine(session: Session, subject: Subject, drawn: Sequence[Case]) -> Evidence:
    """Run the pair on some cases.

    Raises
    ------
    StepsError
        The functions raise on every case, or give another result on a second run.
    """
    cases, errors = [], []
    for case in drawn:
        if subject.pair.style in ("method", "object"):
            described = session.evaluate([{"kind": "describe", "init": case.init}])[0]
            if "error" in described:
                errors.append(str(described["error"]))
                continue
            case = with_params(case, described, case.seed)
        cases.append(case)
    usable = []
    values = session.evaluate([{"kind": "value", "case": case.payload()} for case in cases])
    for case, answer in zip(cases, values, strict=True):
        if "error" in answer:
            errors.append(str(answer["error"]))
        else:
            usable.append((case, np.shape(answer["out"])))
    cases = [upstream(case, shape) for case, shape in usable]
    jobs = [{"kind": "trace", "case": case.payload()} for case in cases]
    answers = session.evaluate([*jobs, *jobs])
    traces, kept = [], []
    for number, case in enumerate(cases):
        one, two = answers[number], answers[number + len(cases)]
        if "error" in one or "error" in two:
            errors.append(str(one.get("error") or two.get("error")))
            continue
        if not np.array_equal(one["out"], two["out"], equal_nan=True):
            raise StepsError(
                f"{subject.pair.forward.name} gives another result when it is called "
                f"again with the same inputs; it cannot be judged step by step"
            )
        traces.append(read_trace(one))
        kept.append(case)
    if not kept:
        raise CodeError(f"{subject.pair.label} raises on every case: {errors[0]}")
    found = Evidence(session, subject, kept, traces, [{} for _ in kept])
    if errors and kept:
        found.notes.append(f"{len(errors)} of {len(errors) + len(kept)} cases raise: {errors[0]}")
    return found


def upstream(case: Case, shape: tuple[int, ...]) -> Case:
    """Give a case the upstream derivative for an output of a shape; 1 for a loss."""
    if shape == ():
        return replace(case, dout=1.0)
    rng = np.random.default_rng([case.seed, 7])
    return replace(case, dout=signed_upstream(rng, shape))


def signed_upstream(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    """Draw an upstream derivative with both signs."""
    dout = np.round(rng.uniform(0.2, 1.5, shape), 2) * np.where(rng.random(shape) < 0.5, -1.0, 1.0)
    return np.asarray(dout)
