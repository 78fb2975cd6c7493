"""What a target derives by hand and nobody declared: found and judged."""

from __future__ import annotations

import platform
import re
import shlex
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar

import msgspec
import numpy as np

from ..discovery.callees import callees
from ..discovery.candidates import candidates, with_role
from ..discovery.discovering import broke, understand
from ..discovery.found import NotJudged, Result
from ..discovery.inputs import Wanted, parse
from ..discovery.judging import judge_found
from ..discovery.pairs import Candidate
from ..discovery.session import Session
from ..discovery.smallest import with_small_example
from ..discovery.source import Survey
from ..discovery.targets import LIMITS, look, opened
from ..implementation import Limits, Target
from ..implementation.child.survey import STEMS
from ..implementation.isolation import Tier
from ..record.found import entries, not_judged
from ..record.merge import assemble, judged_anew
from ..record.schema import AS_A_PART, SKIPPED, Function, Record
from ..record.schema import Target as TargetOf
from ..record.unfinished import UNWRITTEN
from ..spec.demands import Demands
from .interrupt import interruptible
from .judging import processors
from .settings import Settings, Table, settings_of

T = TypeVar("T")

_EXAMPLES = {"quick": 8, "standard": 25, "thorough": 400}
_WORTH_SPREADING = 3


@dataclass(frozen=True)
class Undeclared:
    """What was found in a target, in the order of its files, and how long each took."""

    target: Target
    found: Sequence[NotJudged | Result] = field(default_factory=tuple)
    seconds: Mapping[str, float] = field(default_factory=dict)
    notes: Sequence[str] = field(default_factory=tuple)
    broken: Sequence[str] = field(default_factory=tuple)

    @property
    def results(self) -> list[Result]:
        """The verdicts."""
        return [one for one in self.found if isinstance(one, Result)]

    def answers_to(self, name: str) -> bool:
        """Whether anything that was found is meant by a name."""
        return any(one.answers_to(name) for one in self.found)

    @property
    def judged(self) -> list[Result]:
        """The verdicts that say something."""
        return [one for one in self.results if one.status != "not judged"]


@dataclass(frozen=True, kw_only=True)
class Search:
    """What is to be found and judged, as a value that any process can act on.

    Attributes
    ----------
    target : Target
        Where it is looked for.
    demands : Demands
        How many examples, under which seed.
    known : frozenset of str
        Functions and classes that are judged as rows; see `candidates`.
    declared : mapping
        What the user said of inputs.
    only : frozenset of str
        Names that are asked for; all of them when empty.
    settings : Settings or None
        What the project says of itself; None where it is still to be read.
    limits : Limits
        What the code may use, and how it is kept apart.
    """

    target: Target
    demands: Demands
    known: frozenset[str] = frozenset()
    declared: Mapping[str, Wanted] = field(default_factory=dict)
    only: frozenset[str] = frozenset()
    in_process: bool = False
    settings: Settings | None = None
    limits: Limits = LIMITS

    def chosen(self, listed: Iterable[Candidate]) -> list[Candidate]:
        """Those of some candidates that are asked for."""
        only = self.only
        return [one for one in listed if not only or any(one.answers_to(name) for name in only)]

    def survey(self, session: Session) -> tuple[Survey, list[Candidate]]:
        """Ask a child what the target defines, and choose."""
        survey = session.survey()
        told = () if self.settings is None else self.settings.table.roles
        return survey, self.chosen(candidates(survey, known=self.known, told=told))

    def judge(
        self, session: Session, survey: Survey, candidate: Candidate
    ) -> tuple[NotJudged | Result, float]:
        """Understand and judge one candidate; gives how long it took too."""
        started = time.perf_counter()
        said: NotJudged | Result
        table = self.settings.table if self.settings is not None else Table()
        skipped = _named(table.skip, candidate)
        if skipped:
            said = NotJudged(candidate.name, f"{SKIPPED}: {skipped[-1]}")
            return said, 0.0
        for role in _named(table.roles, candidate):
            candidate = with_role(candidate, survey, role.forward, role.gradients)
        own = {n: one for text in _named(table.inputs, candidate) for n, one in parse(text).items()}
        one = understand(
            session,
            survey,
            candidate,
            declared={**own, **self.declared},
            source="--inputs" if self.declared else "[tool.nndl]",
            seed=self.demands.seed,
        )
        if isinstance(one, NotJudged):
            said = self._as_a_part(survey, candidate) or one
        else:
            examples = _EXAMPLES[self.demands.profile]
            try:
                said = judge_found(one, session, examples=examples, seed=self.demands.seed)
                if said.status == "wrong":
                    said = _explained(said)
                said = with_small_example(said, session, seed=self.demands.seed)
            except Exception as error:
                said = broke(one.name, error)
        return said, round(time.perf_counter() - started, 3)

    def _as_a_part(self, survey: Survey, candidate: Candidate) -> NotJudged | None:
        """What is said of a helper that something judged as a row calls; None of any other."""
        for function in survey.functions:
            is_row = (
                function.name in self.known or f"{function.file}::{function.name}" in self.known
            )
            if is_row and candidate.function in callees(function, survey):
                return NotJudged(candidate.name, f"{AS_A_PART}{function.name}, which calls it")
        return None


def _named(said: Mapping[str, T], candidate: Candidate) -> list[T]:
    """What is said of a candidate by name, the more general first."""
    return [one for name, one in said.items() if name == "*" or candidate.answers_to(name)]


def _strangers(table: Table, listed: Sequence[Candidate]) -> Iterator[str]:
    """Names of functions in the settings that nothing has."""
    for key, said in (("inputs", table.inputs), ("skip", table.skip), ("roles", table.roles)):
        for name in said:
            if name != "*" and not any(one.answers_to(name) for one in listed):
                yield f"[tool.nndl.{key}] names {name}, and no derivative of that name was found"


def _partly(survey: Survey) -> Iterator[str]:
    """Modules of which only a part could be run."""
    for module, failure in survey.failures.items():
        yield f"{module.rpartition('.')[2]}: {failure}"


def _explained(result: Result) -> Result:
    """A wrong result with the declared layer that its code is, and the causes known of that."""
    # Nobody pays for the declarations before something is wrong.
    from ..diagnosis.recognition import with_cause
    from ..layers import ALL

    try:
        return with_cause(result, ALL)
    except Exception:  # a verdict is not lost for want of a cause
        return result


def judge_undeclared(search: Search) -> Undeclared:
    """Find and judge every hand-written derivative of a target that nobody declared."""
    settings = search.settings or settings_of(search.target.path, search.limits.isolation)
    looked = look(search.target, known=search.known, told=settings.table.roles)
    if not looked.worth_loading or (search.only and not search.chosen(looked.candidates)):
        return Undeclared(search.target, notes=(looked.note,) if looked.note else ())
    search = replace(search, target=looked.target, settings=settings)
    broken: list[str] = []
    with opened(search.target, in_process=search.in_process, limits=search.limits) as session:
        survey, chosen = search.survey(session)
        count = min(processors(), len(chosen))
        alone = count < 2 or len(chosen) < _WORTH_SPREADING or search.in_process
        if alone:
            told = {i: search.judge(session, survey, one) for i, one in enumerate(chosen)}
    if not alone:
        told = dict(_spread(search, chosen, count, broken))
    lost = (
        f"{chosen[i].name} was found and not judged" for i in range(len(chosen)) if i not in told
    )
    found = [told[i] for i in sorted(told)]
    strange = () if search.only else tuple(_strangers(settings.table, chosen))
    if settings.unread is not None:
        strange = (f"{settings.unread.name} is not read under --isolation require", *strange)
    return Undeclared(
        search.target,
        [one for one, _ in found],
        {one.found.name: seconds for one, seconds in found if isinstance(one, Result)},
        (*((looked.note,) if looked.note else ()), *strange, *_partly(survey)),
        (*broken, *lost),
    )


def _spread(
    search: Search, chosen: Sequence[Candidate], count: int, broken: list[str]
) -> Iterator[tuple[int, tuple[NotJudged | Result, float]]]:
    from .workers import mapped  # see judge_all

    with interruptible() as interrupt:
        units = [(index, one.name) for index, one in enumerate(chosen)]
        for answer in mapped(
            _judge_one, units, count, interrupt, broken, start=_start, given=(search,)
        ):
            if answer is not None:
                yield answer


# -- in a worker -------------------------------------------------------------------------------

_here: tuple[Search, Session, Survey, list[Candidate]]


def _start(search: Search) -> None:
    global _here
    from .workers import at_end

    context = ExitStack()
    session = context.enter_context(opened(search.target, limits=search.limits))
    at_end(context.close)
    _here = (search, session, *search.survey(session))


def _judge_one(unit: tuple[int, str]) -> tuple[int, tuple[NotJudged | Result, float]] | None:
    """Judge the one of this place and name; None where this process found another there.

    Each process loads the code for itself, and code can be another each time, or too late.
    """
    search, session, survey, chosen = _here
    index, name = unit
    if index >= len(chosen) or chosen[index].name != name:
        return None
    said, seconds = search.judge(session, survey, chosen[index])
    return index, (said.portable(), seconds)


# -- what it says ------------------------------------------------------------------------------


def _entries(undeclared: Undeclared, demands: Demands) -> tuple[Function, ...]:
    if undeclared.target.kind == "held":  # no command can judge it
        return entries(undeclared.results, repeat=None, strict=demands.strict)
    start = f"nndl check {shlex.quote(undeclared.target.text)} --only"
    ending = f"--seed {demands.seed}"
    if demands.profile != "standard":
        ending += f" --profile {demands.profile}"
    return entries(undeclared.results, repeat=(start, ending), strict=demands.strict)


def _lacking(undeclared: Undeclared, required: frozenset[str]) -> Iterator[Function]:
    """Entries of what was required and could not be judged."""
    for one in undeclared.found:
        if isinstance(one, NotJudged) and any(one.answers_to(name) for name in required):
            yield Function(
                name=one.name, layer=one.name, row=one.name, status="error", detail=one.sentence
            )


_ANOTHER = re.compile(
    r"raises TypeError: (?:\w+\.)*\w+\(\) (?:missing \d+ required|takes (?:from )?\d+|got an unexp)"
    r"|^returned 0 gradients, wanted"
)


def is_foreign(function: Function) -> bool:
    """Whether something has a name of the contract by chance, and does not do what it says.

    It takes other arguments; it is a loss that gives no gradient; or it is a class that stands in
    no module of the contract, and is laid out otherwise.
    """
    if function.status not in ("fail", "error"):
        return False
    module = function.name.rpartition(".")[0]
    if module and Path(function.file).stem != module:
        return not _keeps_the_contract(function)
    return _ANOTHER.search(function.detail) is not None


def _keeps_the_contract(net: Function) -> bool:
    """Whether a wrong class is the contract's for all that: another one has another loss.

    Where its scores are the contract's and its gradients are wrong for its own loss too, the
    contract says more of it than its own forward can.
    """
    said = {p.name: p.status for p in net.properties}
    if "pass" in (said.get("loss_matches_reference"), said.get("loss_of_the_whole_net")):
        return True
    derivative = said.get("numerical_derivative_of_the_loss")
    return said.get("scores_match_reference") == "pass" and derivative == "fail"


def known_of(record: Record) -> frozenset[str]:
    """What a record has judged as rows, or found unwritten, with the files; see `candidates`."""
    judged = [f for f in record.with_status("pass", "fail") if not is_foreign(f)]
    judged += [f for f in record.with_status("missing") if f.detail.startswith(UNWRITTEN)]
    return frozenset(
        f"{f.file}::{name}" for f in judged for name in (f.name, f.name.rpartition(".")[2])
    )


def beside(
    record: Record, undeclared: Undeclared, demands: Demands, *, required: frozenset[str]
) -> Record:
    """A record with what was found beside the functions of the contract.

    What was judged as found is no longer reported as missing, nor as wrong where it has a name of
    the contract by chance.
    """
    pairings = [result.found.pairing for result in undeclared.judged]
    judged = {f.name for p in pairings if p.owner is None for f in (p.forward, p.judged)}
    judged |= {p.owner.name for p in pairings if p.owner is not None}
    foreign = {f.row for f in record.functions if is_foreign(f)}
    if undeclared.target.kind == "file":  # a file that means other functions by these names
        told = [one for one in undeclared.found if isinstance(one, NotJudged)]
        own = [f for f in record.functions if f.row in foreign]
        own = [f for f in own if _ANOTHER.search(f.detail) and Path(f.file).stem not in STEMS]
        rows = {f.row for f in own if any(one.answers_to(f.name) for one in told)}
        judged |= {f.name for f in own if f.row in rows}
    kept = (
        f
        for f in record.functions
        if f.name.rpartition(".")[2] not in judged
        or required & {f.name, f.layer, f.row}
        or not (f.status == "missing" or f.row in foreign)
    )
    names = {name for f in record.functions for name in (f.name, f.layer, f.row)}
    found = (
        msgspec.structs.replace(f, namesake=f.name in names) for f in _entries(undeclared, demands)
    )
    functions = (*kept, *found, *_lacking(undeclared, required))
    made = judged_anew(
        record,
        functions,
        required=required,
        not_judged=not_judged(undeclared.found),
        complete=not undeclared.broken,
        notes=_notes(undeclared),
    )
    seconds = {**record.seconds, **undeclared.seconds}
    return msgspec.structs.replace(made, seconds=seconds)


def _notes(undeclared: Undeclared) -> tuple[str, ...]:
    """What was left out, and what broke."""
    return (*undeclared.notes, *undeclared.broken)


def alone(
    undeclared: Undeclared,
    demands: Demands,
    *,
    elapsed: float,
    tier: Tier,
    memory: int = 0,
    required: frozenset[str] = frozenset(),
) -> Record:
    """A record of a target without any function of the contract."""
    target = undeclared.target
    return assemble(
        (*_entries(undeclared, demands), *_lacking(undeclared, required)),
        planned=(),
        required=frozenset(),
        complete=bool(undeclared.judged) and not undeclared.broken,
        notes=_notes(undeclared),
        target=TargetOf(kind=target.kind, path=str(target.path)),
        profile=demands.profile,
        seed=demands.seed,
        strict=demands.strict,
        versions={"python": platform.python_version(), "numpy": np.__version__},
        elapsed=round(elapsed, 3),
        not_judged=not_judged(undeclared.found),
        seconds=dict(undeclared.seconds),
        isolation=tier,
        memory=memory,
    )


def how_to_declare(undeclared: Undeclared) -> str:
    """What to write so that a target in which nothing was judged can be."""
    name = shlex.quote(undeclared.target.text)
    for one in not_judged(undeclared.found):
        if one.write:
            return f"say what it takes, in the form of: nndl check {name} {one.write}"
    return (
        "name the two functions: "
        f"nndl steps {name} --forward NAME --backward NAME --inputs 'x: (N, D), …'"
    )
