"""Bugs and right code of the comparison, and what each checker makes of them."""

from __future__ import annotations

import contextlib
import tempfile
import time
import warnings
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import numpy as np

from properties.benchmarks.held import Held
from properties.benchmarks.inputs import ROWS, fixed, random_shapes
from properties.benchmarks.rivals import Rival
from properties.benchmarks.sampling import cells, draw, held, layers, make_probe
from properties.benchmarks.sensitivity import planted, well_conditioned
from properties.benchmarks.subject import Subject
from properties.implementation import Outcome
from properties.judge.mismatch import Fault, Inconclusive, Kind, Mismatch
from properties.judge.subjects.functions import Probe
from properties.judge.suite import Suite
from properties.spec.case import Case, Run
from properties.spec.row import Purpose

CLASSES = ("value", "gradient", "state")
REGIMES = ("fixed inputs", "random shapes", "the suite's cases")
SUITE = "this suite, as it is used"


@dataclass(frozen=True, kw_only=True)
class Bug:
    """One wrong forward/backward pair: a module's text or path, and the row it is wrong in."""

    name: str
    row: str
    kind: str
    path: str = ""
    text: str = ""


@dataclass(kw_only=True)
class Score:
    """What one checker did."""

    kills: dict[str, dict[str, set[str]]] = field(
        default_factory=lambda: {regime: {kind: set() for kind in CLASSES} for regime in REGIMES}
    )
    alarms: dict[str, int] = field(default_factory=lambda: dict.fromkeys(REGIMES, 0))
    inputs: dict[str, int] = field(default_factory=lambda: dict.fromkeys(REGIMES, 0))
    smallest: float = np.nan  # until it is asked for
    seconds: float = 0.0
    checks: int = 0

    def add(self, other: Score) -> None:
        """Take in what was counted over other rows."""
        for regime in REGIMES:
            for kind in CLASSES:
                self.kills[regime][kind] |= other.kills[regime][kind]
            self.alarms[regime] += other.alarms[regime]
            self.inputs[regime] += other.inputs[regime]
        self.seconds += other.seconds
        self.checks += other.checks


def bugs(*, every: int = 1, zoo: bool = True) -> list[Bug]:
    """Wrong pairs: the catalogue's entries that are wrong mathematics, and the zoo's functions."""
    from properties.benchmarks.plants import plant
    from properties.layers import MISCONCEPTIONS

    found = [
        Bug(name=m.key, row=m.layer, kind=_class(m.argument), text=plant("tuples", m))
        for m in MISCONCEPTIONS
        if m.kind is Kind.CORRECTNESS and m.layer in ROWS
    ]
    return [*found, *(_zoo() if zoo else ())][::every]


def _class(argument: str) -> str:
    if argument in ("out", "loss", "value"):
        return "value"
    return "gradient" if argument.startswith("d") and argument != "dout" else "state"


def _zoo() -> Iterator[Bug]:
    from properties.layers import ALL
    from properties.tests.homework.zoo import table

    for entry in table("variants"):
        path = str(Path(entry["folder"]) / entry["target"])
        for spec in ALL:
            wrong = [f for f in spec.judged if f in entry["wrong"]]
            if wrong and spec.name in ROWS and not set(spec.functions) & set(entry["missing"]):
                said = [x for x in entry["findings"] if x["function"] == wrong[-1]]
                kind = _class(said[0]["argument"]) if said else "value"
                yield Bug(name=f"{entry['path']}: {wrong[-1]}", row=spec.name, kind=kind, path=path)


@contextlib.contextmanager
def opened_bug(bug: Bug) -> Iterator[tuple[Suite, Held]]:
    """The wrong implementation, in this process."""
    with tempfile.TemporaryDirectory() as folder:
        path = bug.path
        if bug.text:
            path = str(Path(folder) / "layers.py")
            Path(path).write_text(bug.text, encoding="utf-8")
        suite, implementation = held(path)
        with implementation.in_place():
            yield suite, implementation
        suite.close()


@dataclass(frozen=True, kw_only=True)
class Shapes:
    """How many inputs a bug and regime get, by how long one verdict of the checker takes."""

    fast: int
    slow: int

    def of(self, rival: Rival) -> int:
        """The number for one checker."""
        return self.slow if rival.slow else self.fast


class Bench:
    """The checkers, the inputs, and a right implementation to hold both against."""

    def __init__(self, rivals: Sequence[Rival], shapes: Shapes) -> None:
        self.rivals = rivals
        self.shapes = shapes
        self.scores = {name: Score() for name in (*(r.name for r in rivals), SUITE)}
        self.suite, self.implementation = held("bundled")
        self.right = self._subjects(self.suite, self.implementation)
        # The bugs are planted into another style: what its rounding alone sets off is no kill.
        from properties.benchmarks.plants import style_source

        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "layers.py"
            path.write_text(style_source("tuples"), encoding="utf-8")
            self.other_suite, self.other_implementation = held(str(path))
            self.other = self._subjects(self.other_suite, self.other_implementation)
        self._accepted: dict[tuple[str, str, str, int], bool] = {}

    def _subjects(self, suite: Suite, implementation: Held) -> dict[str, Subject]:
        with implementation.in_place():
            return {
                spec.name: Subject(probe=make_probe(suite, spec), held=implementation)
                for spec in layers(suite)
                if spec.name in ROWS
            }

    def count(self, rival: Rival, regime: str) -> int:
        """How many inputs a checker gets: one that is fixed; fewer for a slow checker."""
        if regime == "fixed inputs":
            return 1
        return self.shapes.of(rival)

    def accepts(self, rival: Rival, subject: Subject, case: Case) -> bool:
        """One verdict, timed; an exception of the code under test is an objection."""
        score = self.scores[rival.name]
        start = time.process_time()
        try:
            with warnings.catch_warnings(), np.errstate(all="ignore"):
                warnings.simplefilter("ignore")
                return rival.accepts(subject, case)
        except Exception:
            return False
        finally:
            score.seconds += time.process_time() - start
            score.checks += 1

    def accepts_right(self, rival: Rival, row: str, regime: str, number: int) -> bool:
        """Whether a checker accepts two right implementations on an input; counted once."""
        key = (rival.name, row, regime, number)
        if key not in self._accepted:
            case = case_of(row, regime, number)
            with self.implementation.in_place():
                said = [self.accepts(rival, self.right[row], case)]
            with self.other_implementation.in_place():
                said.append(self.accepts(rival, self.other[row], case))
            self._accepted[key] = all(said)
            self.scores[rival.name].inputs[regime] += len(said)
            self.scores[rival.name].alarms[regime] += said.count(False)
        return self._accepted[key]

    def show(self, bug: Bug) -> None:
        """Show a bug to every checker under every regime, until it is killed."""
        with opened_bug(bug) as (suite, implementation):
            (spec,) = (spec for spec in layers(suite) if spec.name == bug.row)
            subject = Subject(probe=make_probe(suite, spec), held=implementation)
            for rival in self.rivals:
                for regime in REGIMES:
                    if self._kills(rival, subject, bug.row, regime):
                        self.scores[rival.name].kills[regime][bug.kind].add(bug.name)
            if suite_kills(suite, bug.row):
                self.scores[SUITE].kills["the suite's cases"][bug.kind].add(bug.name)

    def right_inputs(self, rows: Collection[str]) -> None:
        """Show every input of the rows' right code to every checker, killed early or not."""
        for rival in self.rivals:
            for regime in REGIMES:
                for row in self.right:
                    for number in range(self.count(rival, regime) if row in rows else 0):
                        self.accepts_right(rival, row, regime, number)

    def add(self, scores: Mapping[str, Score]) -> None:
        """Take in what another bench has counted over other rows."""
        for name, other in scores.items():
            self.scores[name].add(other)

    def _kills(self, rival: Rival, subject: Subject, row: str, regime: str) -> bool:
        for number in range(self.count(rival, regime)):
            if self.accepts(rival, subject, case_of(row, regime, number)):
                continue
            if self.accepts_right(rival, row, regime, number):
                return True
        return False


@cache
def case_of(row: str, regime: str, number: int) -> Case:
    """An input of a regime."""
    if regime == "fixed inputs":
        return fixed(row)
    if regime == "random shapes":
        return random_shapes(row, number)
    strategy = ROWS[row].cases(Purpose.ORDINARY)
    assert strategy is not None
    return draw(strategy, f"side by side:{row}:{number}")


def suite_kills(suite: Suite, row: str, *, examples: int = 25) -> bool:
    """Whether a correctness property objects within the examples of the quick profile."""
    for cell in cells(suite, wanted=lambda spec, declared: spec.name == row):
        for number in range(max(5, round(examples * cell.declared.weight))):
            try:
                cell.judge(cell.draw(0, number))
            except Inconclusive:
                continue
            except (Mismatch, Fault) as found:
                kind = None if isinstance(found, Fault) else found.disagreement.kind
                if kind in (None, Kind.CORRECTNESS):
                    return True
            finally:
                cell.probe.forget()
    return any(
        f in suite.faults for spec in layers(suite) if spec.name == row for f in spec.functions
    )


class OffProbe(Probe):
    """A right implementation with one entry of one gradient off, wherever it has that shape."""

    def __init__(
        self, right: Probe, name: str, index: tuple[int, ...], relative: float, like: Run
    ) -> None:
        super().__init__(right.spec, right.implementation)
        self.reading = right.reading
        self.place, self.relative = (name, index), relative
        self.shape = like.gradients[name].shape

    def read(self, case: Case, outcomes: Sequence[Outcome]) -> Run:
        """The run, with the entry off."""
        run = super().read(case, outcomes)
        name, index = self.place
        if run.gradients[name].shape != self.shape:
            return run
        return planted(run, name, index, self.relative)


def smallest_error(bench: Bench, rival: Rival, *, tries: int, rows: Sequence[str]) -> float:
    """The smallest relative error of one entry that is seen in 95 % of the tries, and all above."""
    seen = np.inf
    for exponent in range(16):
        caught = sum(_sees(bench, rival, rows[n % len(rows)], n, exponent) for n in range(tries))
        if caught < 0.95 * tries:
            break
        seen = 10.0**-exponent
    return float(seen)


def _sees(bench: Bench, rival: Rival, row: str, number: int, exponent: int) -> bool:
    subject = bench.right[row]
    with bench.implementation.in_place():
        for attempt in range(50):  # the first random shape with an entry to speak of
            case = random_shapes(row, 1000 * (attempt + 1) + number)
            run = subject.run(case)
            places = list(well_conditioned(subject.probe, case, run, exact=False))
            if places:
                break
        rng = np.random.default_rng(number)
        name, index = places[int(rng.integers(len(places)))]
        probe = OffProbe(subject.probe, name, index, 10.0**-exponent, run)
        off = Subject(probe=probe, held=subject.held)
        return not bench.accepts(rival, off, case)
