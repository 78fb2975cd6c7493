"""Everything that was seen in a few cases: values, adjoints, and what the backward computed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from ...spec.draws import upstream
from ..names import same_input
from ..rewrite.instrument import Probe, Statement
from ..rewrite.session import Session
from ..subjects import Subject
from ..values import Array, Case, CodeError, NoSource, StepsError
from .adjoints import STEPS, Adjoint, Jacobian, jacobian, step_scale

__all__ = ["Event", "Evidence", "Place", "Trace", "examine", "gather", "read_trace", "upstreams"]

# Where a value was seen: phase (0 forward, 1 backward, -1 an input), probe or name, occurrence.
Place = tuple[int, int | str, int]
_LARGEST, _LARGEST_INPUT, _MOST_EVALUATIONS = 150, 600, 12_000
# Probes passed in one sweep: a forward with loops passes thousands in one run.
_MOST_PASSED, _FEW_TURNS = 1_500_000, 8
_VERDICT_SECONDS = 60.0
_NOT_PERTURBED = (
    "some values of the forward are not perturbed, turns of long loops the first of them: that "
    "would take too long; smaller arrays help"
)


@dataclass(frozen=True, slots=True)
class Event:
    """One value seen at a probe, in the order of the run."""

    place: Place
    key: str
    value: Array


@dataclass(frozen=True)
class Trace:
    """One run of forward and backward."""

    out: Array
    events: tuple[Event, ...]
    gradients: Mapping[str, Array]

    @cached_property
    def table(self) -> Mapping[Place, Event]:
        """The events by their places."""
        return {event.place: event for event in self.events}

    def at(self, place: Place) -> Array | None:
        """Return the value seen at a place, None when the run did not pass there."""
        event = self.table.get(place)
        return None if event is None else event.value

    def key(self, place: Place) -> str:
        """Return the key under which a place was written, "" for a plain name."""
        event = self.table.get(place)
        return "" if event is None else event.key


class Evidence:
    """Cases, their traces and the Jacobians of their forward values.

    Attributes
    ----------
    probes, statements : those of the rewritten functions, by number.
    """

    def __init__(
        self, session: Session, subject: Subject, cases: list[Case], traces: list[Trace]
    ) -> None:
        self.session, self.subject, self.cases, self.traces = session, subject, cases, traces
        self.jacobians: list[dict[Place, Jacobian]] = [{} for _ in cases]
        self.notes: list[str] = []
        tables = session.tables.values()
        self.probes: dict[int, Probe] = {n: p for t in tables for n, p in t.probes.items()}
        self.statements: dict[int, Statement] = {
            n: s for t in tables for n, s in t.statements.items()
        }

    def say(self, line: int) -> str:
        """Say where a line lies, in a notebook with its cell."""
        return self.session.project.cells.say(line)

    def probe(self, place: Place) -> Probe | None:
        """Return the probe of a place, None for an input."""
        return None if place[0] == -1 else self.probes.get(int(place[1]))

    def adjoint(self, case: int, place: Place) -> Adjoint | None:
        """Return the adjoint of a place in a case, None when it was not measured."""
        found = self.jacobians[case].get(place)
        return None if found is None else found.adjoint(self.cases[case].dout)

    def sweep(
        self,
        kinds: Iterable[str],
        *,
        statements: set[int] | None = None,
        share: float = 1.0,
        seconds: float = 0.0,
    ) -> None:
        """Measure the Jacobians of all forward places of some kinds, one request per case.

        share : how much of the time that is left may be spent on it.
        seconds : how long each case may take, whatever is left.
        """
        end = self.session.budget.left * (1 - share)
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
            left = (self.session.budget.left - end) / (len(self.cases) - number)
            self._measure(number, self._by_weight(number, places), seconds or max(left, 0.0))

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

    def _measure(self, number: int, places: Sequence[tuple[Place, Array]], seconds: float) -> None:
        kept: list[tuple[Place, Array, float]] = []
        total = 0
        passed = sum(event.place[0] == 0 for event in self.traces[number].events)
        most = min(_MOST_EVALUATIONS, _MOST_PASSED // max(passed, 1))
        for place, value in places:
            total += value.size + 2 * len(STEPS)
            if total > (most if place[0] == 0 else _MOST_EVALUATIONS):
                self.notes.append(_NOT_PERTURBED)
                break
            kept.append((place, value, step_scale(value)))
        # Inputs decide the verdict, which is given whatever the budget; the rest is within it.
        urgent = all(place[0] == -1 for place, _, _ in kept)
        if not kept or (not urgent and not seconds and self.session.budget.over()):
            return
        job = {
            "kind": "sweep",
            "case": self.cases[number].payload(),
            "steps": list(STEPS),
            "places": [[p[0], p[1], p[2], v.size, scale] for p, v, scale in kept],
        }
        [answer] = self.session.evaluate([job], seconds=_VERDICT_SECONDS if urgent else seconds)
        if "error" in answer:
            self.notes.append(str(answer["error"]))
            return
        if len(answer["rows"]) < len(kept):
            self.session.budget.missed = True
        measured = zip(kept, answer["rows"], answer["silent"], strict=False)
        for (place, value, scale), rows, silent in measured:
            self.jacobians[number][place] = jacobian(rows, value.shape, scale, silent=bool(silent))

    def redraw(self, number: int, seed: int) -> None:
        """Put another case of the same sizes in the place of one, where its output is finite."""
        old = self.cases[number]
        try:
            other = gather(self.session, self.subject, [old.sizes], seed=seed)
        except StepsError:
            return
        if not np.all(np.isfinite(other.traces[0].out)):
            return
        self.cases[number], self.traces[number] = other.cases[0], other.traces[0]
        self.jacobians[number] = {}

    def leave_out(self, numbers: Sequence[int]) -> None:
        """Go on without some cases, if others are left."""
        kept = [k for k in range(len(self.cases)) if k not in numbers]
        if kept:
            self.cases = [self.cases[k] for k in kept]
            self.traces = [self.traces[k] for k in kept]
            self.jacobians = [self.jacobians[k] for k in kept]

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
        own = case.leaves()
        outer = [n for n in subject.targets if not any(same_input(n, leaf) for leaf in own)]
        if subject.pair.has_object or outer:
            job = {"kind": "describe", "init": case.init, "seed": case.seed, "outer": outer}
            [described] = session.evaluate([job])
            if "error" in described:
                errors.append(str(described["error"]))
                continue
            case = replace(case, params=_parameters(case, described))
        cases.append(case)
    usable = []
    values = session.evaluate([{"kind": "value", "case": case.payload()} for case in cases])
    for case, answer in zip(cases, values, strict=True):
        if answer.get("status") == "nowhere":
            raise NoSource(f"{session.project.label} has no {answer['error']}")
        if "error" in answer:
            errors.append(str(answer["error"]))
        else:
            usable.append(replace(case, dout=upstreams(subject, case, answer["shapes"])))
    jobs = [{"kind": "trace", "case": case.payload()} for case in usable]
    answers = session.evaluate([*jobs, *jobs])
    traces, kept, finite = [], [], []
    for number, case in enumerate(usable):
        one, two = answers[number], answers[number + len(usable)]
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
        finite.append(bool(np.all(np.isfinite(one["out"]))))
    if not kept:
        raise CodeError(f"{subject.pair.label} raises on every case: {errors[0]}")
    if any(finite):  # an output that is infinite has no derivative to hold anything against
        kept = [case for case, known in zip(kept, finite, strict=True) if known]
        traces = [trace for trace, known in zip(traces, finite, strict=True) if known]
    found = Evidence(session, subject, kept, traces)
    if errors:
        count = len(errors) + len(finite)
        found.notes.append(f"{len(errors)} of {count} cases raise: {errors[0]}")
    if len(kept) < len(finite):
        count = len(finite) - len(kept)
        found.notes.append(f"{count} of {len(finite)} cases left out: the output is not finite")
    return found


def upstreams(subject: Subject, case: Case, told: Sequence[Sequence[int]]) -> Any:
    """Draw an upstream derivative for each output; of a local derivative it is 1 everywhere.

    told : the shapes of the outputs.
    """
    shapes = [tuple(int(n) for n in shape) for shape in told]
    if subject.pair.reading in ("mean", "rows") and shapes[0]:
        count = np.prod(shapes[0]) if subject.pair.reading == "mean" else shapes[0][0]
        return np.full(shapes[0], 1.0 / max(count, 1))
    if subject.pair.backward is not None and not subject.pair.takes_upstream:
        ones = tuple(np.ones(shape) if shape else 1.0 for shape in shapes)
        return ones[0] if len(ones) == 1 else ones
    drawn = [upstream(case.seed + 1_000 * k, shape) for k, shape in enumerate(shapes)]
    return drawn[0] if len(drawn) == 1 else tuple(drawn)


def _parameters(case: Case, described: Mapping[str, Any]) -> dict[str, Array]:
    """Parameters of the shapes that a new object has: its own, where they tell a wrong line."""
    rng = np.random.default_rng([case.seed, 99])
    params = {}
    for name, made in zip(described["names"], described["values"], strict=True):
        value = np.asarray(made, dtype=float)
        if not value.size or np.ptp(value) < 0.2:  # zeros, ones, or hardly more
            drawn = np.round(rng.uniform(0.3, 2.0, value.shape), 2)
            drawn = drawn + rng.integers(1, 10, value.shape) / 1000
            signs = rng.choice([-1.0, 1.0], value.shape)
            value = drawn if np.all(value > 0.9) else drawn * signs / 2
        params[name] = value
    return params
