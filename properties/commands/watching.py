"""A judge that stays: what it knows of a target, and what of it has to be judged again."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec
from rich.console import Console

from ..discovery.found import NotJudged, Result
from ..discovery.inputs import Wanted
from ..discovery.targets import LIMITS
from ..implementation import NothingDefined, Target, TargetError, resolve_target
from ..implementation.units import Digest, Units, units_of
from ..record.listing import Listing
from ..record.merge import judged_anew
from ..record.schema import Function, Record
from ..spec.row import LayerSpec, ObjectSpec
from .answer import first_lines, judge_rows
from .beside import alone, beside, how_to_declare, known_of
from .job import Job
from .undeclared import Search, Undeclared, judge_undeclared

PROFILES = ("quick", "standard")
_KEPT = "; the verdicts are those of before"
OTHERS = "what nobody declared"  # the unit of all that was found in the code


@dataclass(frozen=True)
class Known:
    """A verdict on a row: of which text, and how thorough."""

    digest: Digest
    profile: str
    seconds: float = 0.0
    functions: tuple[Function, ...] = ()


@dataclass(frozen=True)
class Other:
    """What was said of a derivative that nobody declared: of which text, and how thorough."""

    digest: Digest
    profile: str
    seconds: float
    said: NotJudged | Result

    @property
    def is_wrong(self) -> bool:
        """Whether its place is shown."""
        return isinstance(self.said, Result) and self.said.status in ("wrong", "error")


@dataclass
class Watcher:
    """The last verdict of everything in a target.

    Parameters
    ----------
    job
        The target and the demands; its profile is the most thorough one.
    declared
        What the user said of inputs.

    Attributes
    ----------
    record
        What is known; None as long as there is nothing.
    refusal
        Why there is no verdict, as `nndl check` says it; "" when there is one.
    half
        That a file does not parse; the verdicts stay those of before.
    """

    job: Job
    declared: Mapping[str, Wanted] = field(default_factory=dict)
    record: Record | None = None
    refusal: str = ""
    half: str = ""
    _known: dict[str, Known] = field(default_factory=dict)
    _found: dict[str, Other] = field(default_factory=dict)
    _surroundings: tuple[Any, ...] = ()
    _lines: dict[str, tuple[Digest, Listing | None]] = field(default_factory=dict)
    _undeclared: Undeclared | None = None
    _units: Units = field(default_factory=Units)
    _nothing: bool = False
    _gone: bool = False

    def __post_init__(self) -> None:
        self._ask()
        self._target: Target | None = None
        self._base: Record

    def _ask(self) -> None:
        self._rows = {row.name: row for row in self.job.asked(self.job.known_rows())}

    def look(self) -> bool:
        """Read the text of the target; false when it can have no verdict now."""
        self.half = ""
        if self._gone:
            self.refusal, self._gone = "", False
        try:
            self._target = resolve_target(self.job.target)
            self._units = units_of(self._target)
            self._ask()
        except (SyntaxError, OSError) as error:
            self.half = _half(error)
        except TargetError as error:
            parses = "does not parse" not in str(error)
            self.refusal = str(error) if parses else ""
            self.half = "" if parses else f"{str(error).partition('. Wanted')[0]}{_KEPT}"
            self._gone = bool(self.refusal)
            if self._gone:
                self.record, self._undeclared = None, None
                self._known.clear()
                self._found.clear()
                self._surroundings = ()
        return not self.half and not self._gone

    def waiting(self, profile: str) -> list[str]:
        """What has to be judged again for verdicts of a profile: rows, and `OTHERS`."""
        if self.half or self._gone:
            return []
        units = [*self._rows, OTHERS] if self._searches() else list(self._rows)
        return [unit for unit in units if not self._is_known(unit, profile)]

    def _searches(self) -> bool:
        """Whether what nobody declared is asked for: not where rows are all that was."""
        if self._target is None or self._target.kind == "bundled":
            return False
        known = (f for one in self._known.values() for f in one.functions)
        there = (f for f in known if f.status in ("pass", "fail"))
        names = {name for f in there for name in (f.name, f.row, f.layer)}
        return not (self.job.only and self.job.only <= names)

    def _is_known(self, unit: str, profile: str) -> bool:
        known = self._known.get(unit)
        if known is None:
            return False
        wrong = any(f.status in ("fail", "error") for f in known.functions)
        if unit == OTHERS:
            wrong = any(other.is_wrong for other in self._found.values())
        if self._digest(unit).is_other(known.digest, places=wrong):
            return False
        there = bool(known.functions) and any(f.status != "missing" for f in known.functions)
        thorough = PROFILES.index(known.profile) >= PROFILES.index(profile)
        return thorough or (unit != OTHERS and not there)

    def _digest(self, unit: str) -> Digest:
        if unit == OTHERS:
            return self._units.digest(self._units.named)
        row = self._rows[unit]
        own = {name.rpartition(".")[2] for name in row.functions}
        return self._units.digest(_names(row) if own & self._units.named.keys() else own)

    def judge(self, units: Sequence[str], profile: str) -> None:
        """Judge these again, and put the record together.

        Raises
        ------
        KeyboardInterrupt
            Ctrl-C was pressed.
        """
        assert self._target is not None
        job = replace(self.job, demands=replace(self.job.demands, profile=profile))
        rows = [unit for unit in units if unit != OTHERS]
        if rows and self._nothing:
            rows = list(self._rows)  # of a target without any, none was told to be missing
        try:
            if rows:
                self._nothing = False
                self._judge_rows(rows, job, self._target)
        except NothingDefined:
            self._nothing = True
            self._known |= {row: Known(self._digest(row), PROFILES[-1]) for row in rows}
        except TargetError as error:
            self.refusal, self.record = str(error), None
            self._known |= {row: Known(self._digest(row), PROFILES[-1]) for row in rows}
            return
        if not self._rows:
            self._nothing = True
        if OTHERS in units and self._searches():
            self._judge_others(job, self._target)
        self._put_together(job)
        if self._written_meanwhile():
            # What ran may be a text that nobody read: judged once more, it is known again.
            for unit in units:
                self._known.pop(unit, None)
            self._surroundings = ()

    def _written_meanwhile(self) -> bool:
        assert self._target is not None
        try:
            return units_of(self._target).stamps != self._units.stamps
        except (SyntaxError, OSError):
            return True

    def _judge_rows(self, rows: Sequence[str], job: Job, target: Target) -> None:
        asked = replace(job, only=frozenset(rows))
        suite = asked.suite()
        # Opened with the names of all rows: one of them that is gone is missing, not a refusal.
        everything = tuple(self._rows.values())
        suite.open_implementation = lambda: asked.open(target, everything)
        _ = suite.implementation
        record, _ = judge_rows(suite, asked, target, frozenset(), Console(file=io.StringIO()))
        if suite.broken:
            raise RuntimeError(f"the suite itself broke:\n{suite.broken[0]}")
        for row in rows:
            mine = tuple(f for f in record.functions if f.row == row)
            seconds = record.seconds.get(row, 0.0)
            self._known[row] = Known(self._digest(row), job.demands.profile, seconds, mine)
        self._base = record

    def _judge_others(self, job: Job, target: Target) -> None:
        known = frozenset() if self._nothing else known_of(self._declared())
        surroundings = (known, frozenset(self._units.named), tuple(self._units.rest))
        same = surroundings == self._surroundings
        only = frozenset(self._others_waiting(job.demands.profile)) if same else frozenset()
        if same and not only:
            self._known[OTHERS] = Known(self._digest(OTHERS), job.demands.profile)
            return
        search = Search(
            target=target,
            demands=job.demands,
            known=known,
            declared=self.declared,
            only=only or job.only,
            in_process=job.in_process,
            limits=job.limits(LIMITS),
        )
        seen = judge_undeclared(search)
        if only and not only <= {_name(one) for one in seen.found}:
            only = frozenset()  # what only a run shows cannot be asked for by name
            seen = judge_undeclared(replace(search, only=job.only))
        if not only:
            self._found.clear()
        for one in seen.found:
            name = _name(one)
            digest, seconds = self._digest_of(one), seen.seconds.get(name, 0.0)
            self._found[name] = Other(digest, job.demands.profile, seconds, one)
        self._surroundings = surroundings
        self._undeclared = replace(
            seen,
            found=[other.said for other in self._found.values()],
            seconds={name: other.seconds for name, other in self._found.items()},
        )
        self._known[OTHERS] = Known(self._digest(OTHERS), job.demands.profile)

    def _others_waiting(self, profile: str) -> list[str]:
        """What nobody declared and has changed; a reason not to judge may lie anywhere."""
        return [
            name
            for name, other in self._found.items()
            if isinstance(other.said, NotJudged)
            or self._digest_of(other.said).is_other(other.digest, places=other.is_wrong)
            or PROFILES.index(other.profile) < PROFILES.index(profile)
        ]

    def _digest_of(self, said: NotJudged | Result) -> Digest:
        roots = set(_name(said).split("."))
        if isinstance(said, Result):
            pairing = said.found.pairing
            both = (pairing.forward, pairing.backward, pairing.then, pairing.owner)
            roots |= {one.name for one in both if one is not None}
        return self._units.digest(roots, used_by=True)

    def _declared(self) -> Record:
        """The record of the rows."""
        known = {row: self._known[row] for row in self._rows if row in self._known}
        functions = tuple(f for one in known.values() for f in one.functions)
        seconds = {row: one.seconds for row, one in known.items()}
        return msgspec.structs.replace(judged_anew(self._base, functions), seconds=seconds)

    def _put_together(self, job: Job) -> None:
        undeclared = self._undeclared if self._searches() else None
        judged = undeclared is not None and undeclared.decided
        if self._nothing and undeclared is not None:
            record = alone(undeclared, job.demands, elapsed=0.0, tier=job.held.tier)
        elif self._nothing:
            record = None
        else:
            record = self._declared()
            judged |= any(f.status != "missing" for f in record.functions)
            if undeclared is not None:
                record = beside(record, undeclared, job.demands, required=frozenset())
        self.record = record if judged else None
        self.refusal = "" if judged else self._unusable(undeclared)

    def _unusable(self, undeclared: Undeclared | None) -> str:
        assert self._target is not None
        advice = "" if undeclared is None else f"; {how_to_declare(undeclared)}"
        return f"nothing was judged in {self._target.describe()}{advice}"

    # the first wrong lines

    def add_lines(self) -> bool:
        """Look for first wrong lines that are not known yet; false when there are none."""
        record = self.record
        if record is None:
            return False
        wrong = {f.name: self._digest_of_function(f) for f in record.with_status("fail")}
        self._lines = {n: one for n, one in self._lines.items() if one[0] == wrong.get(n)}
        looked = first_lines(record, self.job, self._undeclared)
        if looked is None or not wrong.keys() - self._lines.keys():
            return False
        try:
            for function in record.with_status("fail"):
                listing = None if function.name in self._lines else looked.of(function)
                self._lines[function.name] = (wrong[function.name], listing)
        finally:
            looked.close()
        if self._written_meanwhile():
            self._lines.clear()  # they may be of a text that nobody read
        return True

    def _digest_of_function(self, function: Function) -> Digest:
        if function.row in self._rows:
            return self._digest(function.row)
        return self._units.digest(function.name.split("."), used_by=True)

    def shown(self) -> Record | None:
        """What is known, with the first wrong lines."""
        if self.record is None:
            return None
        listings = [one for _, one in self._lines.values() if one is not None]
        return msgspec.structs.replace(self.record, listings=tuple(listings))


def _name(said: NotJudged | Result) -> str:
    return said.name if isinstance(said, NotJudged) else said.found.name


def _names(row: LayerSpec) -> set[str]:
    """Names of everything that a row, its parts and what it borrows are judged by."""
    names = [name for one in (row, *row.parts) for name in one.functions]
    names += row.borrows if isinstance(row, ObjectSpec) else ()
    return {name.rpartition(".")[2] for name in names}


def _half(error: SyntaxError | OSError) -> str:
    if isinstance(error, SyntaxError):
        where = f"{error.filename or 'a file'}, line {error.lineno or '?'}"
        return f"{where} does not parse: {error.msg}{_KEPT}"
    return f"{error}{_KEPT}"
