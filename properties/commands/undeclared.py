"""What a target derives by hand and nobody declared: found and judged."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import TypeVar

from ..discovery.callees import callees
from ..discovery.candidates import candidates, with_role
from ..discovery.discovering import understand
from ..discovery.found import NotJudged, Result, broke
from ..discovery.inputs import Wanted, parse
from ..discovery.judging import judge_found
from ..discovery.pairs import Candidate
from ..discovery.session import Session
from ..discovery.smallest import with_small_example
from ..discovery.source import Function, Survey
from ..discovery.targets import LIMITS, look, opened
from ..discovery.undefined import undefined
from ..implementation import Limits, Target
from ..record.schema import AS_A_PART, SKIPPED
from ..spec.demands import Demands
from .interrupt import interruptible
from .judging import processors
from .settings import Settings, Table, settings_of

T = TypeVar("T")

_EXAMPLES = {"quick": 8, "standard": 25, "thorough": 400}
_WORTH_SPREADING = 3


@dataclass(frozen=True)
class Undeclared:
    """What was found in a target, in the order of its files, and how long each took.

    `needless` says which inputs are declared that nothing takes: then nothing was judged.
    """

    target: Target
    found: Sequence[NotJudged | Result] = field(default_factory=tuple)
    seconds: Mapping[str, float] = field(default_factory=dict)
    notes: Sequence[str] = field(default_factory=tuple)
    broken: Sequence[str] = field(default_factory=tuple)
    needless: str = ""

    @property
    def results(self) -> list[Result]:
        """The verdicts."""
        return [one for one in self.found if isinstance(one, Result)]

    def answers_to(self, name: str) -> bool:
        """Whether anything that was found is meant by a name."""
        return any(one.answers_to(name) for one in self.found)

    @property
    def decided(self) -> bool:
        """Whether anything was judged, or is wrong because it can never run."""
        wrong = (one.at_fault for one in self.found if isinstance(one, NotJudged))
        return bool(self.judged) or any(wrong)

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
        own = _told(table.inputs, candidate)
        one = understand(
            session,
            survey,
            candidate,
            declared={**own, **self.declared},
            source="--inputs" if self.declared else "[tool.nndl]",
            seed=self.demands.seed,
        )
        if isinstance(one, NotJudged):
            said = self._as_a_part(survey, candidate) or _at_fault(one, candidate, survey)
        else:
            examples = _EXAMPLES[self.demands.profile]
            try:
                said = judge_found(one, session, examples=examples, seed=self.demands.seed)
                if said.status == "wrong":
                    said = _explained(said)
                loaded = survey.notes.get(candidate.function.module, ())
                said = replace(said, extra={**said.extra, "loaded": loaded})
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


def _told(said: Mapping[str, str], candidate: Candidate) -> dict[str, Wanted]:
    """What is said of inputs; what a class and its method both name is the constructor's as well.

    It then stands under ``init/`` for the constructor, for which the more general one speaks.
    """
    told: dict[str, Wanted] = {}
    kind = candidate.owner.name if candidate.owner is not None else ""
    for name, text in said.items():
        if name != "*" and not candidate.answers_to(name):
            continue
        given = parse(text)
        twice = {} if name in ("*", kind) else {n: told[n] for n in given if n in told}
        told |= {f"init/{n}": one for n, one in twice.items() if kind} | given
    return told


def _needless(search: Search, chosen: Sequence[Candidate]) -> str:
    """What is wrong with ``--inputs`` that name arguments which nothing takes; "" when nothing."""
    names = {
        p.name
        for one in chosen
        for f in (one.function, *(p.forward for p in one.pairings), *_parts(one))
        for p in f.parameters
    }
    strange = [name for name in search.declared if name not in names]
    if not strange or not chosen:
        return ""
    return (
        f"--inputs: nothing that is judged takes {', '.join(strange)}; "
        f"the arguments are {', '.join(sorted(names)) or 'none'}"
    )


def _parts(candidate: Candidate) -> Iterator[Function]:
    """The other functions that inputs of a candidate may belong to."""
    owner = candidate.owner
    yield from owner.methods.values() if owner is not None else ()
    yield from (p.then for p in candidate.pairings if p.then is not None)


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


def _at_fault(one: NotJudged, candidate: Candidate, survey: Survey) -> NotJudged:
    """What is not judged, as wrong where its own code raises a `NameError` in every call."""
    if "NameError: name '" not in one.reason:
        return one
    told = undefined(candidate.function, survey)
    if told is None or f"name '{told[0]}' is not defined" not in one.reason:
        return one
    return replace(one, write="", line=told[1], at_fault=True)


def _unsaid(survey: Survey, found: Iterable[tuple[Candidate, NotJudged | Result]]) -> Iterator[str]:
    """What had to be done to modules in which nothing is right: of what is, it is a finding."""
    right: dict[str, bool] = {}
    for candidate, said in found:
        module = candidate.function.module
        is_right = isinstance(said, Result) and said.status == "right"
        right[module] = right.get(module, False) or is_right
    for module, said_so in right.items():
        for note in () if said_so else survey.notes.get(module, ()):
            yield f"{module.rpartition('.')[2]}: {note}"


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
        if needless := _needless(search, chosen):
            return Undeclared(search.target, notes=(needless,), needless=needless)
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
    unsaid = () if search.only else _unsaid(survey, [(chosen[i], told[i][0]) for i in sorted(told)])
    strange = () if search.only else tuple(_strangers(settings.table, chosen))
    if settings.unread is not None:
        refused = "is not read under --isolation require, nor by nndl grade"
        strange = (f"{settings.unread.name} {refused}", *strange)
    return Undeclared(
        search.target,
        [one for one, _ in found],
        {one.found.name: seconds for one, seconds in found if isinstance(one, Result)},
        (*((looked.note,) if looked.note else ()), *strange, *_partly(survey), *unsaid),
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
