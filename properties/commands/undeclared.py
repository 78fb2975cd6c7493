"""What a target derives by hand and nobody declared: found and judged."""

from __future__ import annotations

import platform
import re
import shlex
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import msgspec
import numpy as np

from ..discovery.discovering import broke, discover
from ..discovery.found import NotJudged, Result
from ..discovery.inputs import Wanted
from ..discovery.judging import judge_found
from ..discovery.session import Session
from ..implementation import Limits, Target, open_implementation
from ..implementation.child.loading import EVERYTHING
from ..record.found import entries, not_judged
from ..record.merge import assemble
from ..record.schema import Function, Record, verdict_of
from ..record.schema import Target as TargetOf
from ..spec.demands import Demands

LIMITS = Limits(call_seconds=10.0, import_seconds=6.0, failures=3)
_EXAMPLES = {"quick": 8, "standard": 25, "thorough": 400}


@dataclass(frozen=True)
class Undeclared:
    """What was found in a target, in the order of its files, and how long each took."""

    target: Target
    found: Sequence[NotJudged | Result] = field(default_factory=tuple)
    seconds: Mapping[str, float] = field(default_factory=dict)

    @property
    def results(self) -> list[Result]:
        """The verdicts."""
        return [one for one in self.found if isinstance(one, Result)]

    @property
    def judged(self) -> list[Result]:
        """The verdicts that say something."""
        return [one for one in self.results if one.status != "not judged"]


def judge_undeclared(
    target: Target,
    demands: Demands,
    *,
    known: Iterable[str] = (),
    declared: Mapping[str, Wanted] | None = None,
    in_process: bool = False,
) -> Undeclared:
    """Find and judge every hand-written derivative of a target that nobody declared.

    Parameters
    ----------
    known
        Names of functions and classes that are judged as rows.
    declared
        What the user said of inputs.
    """
    found: list[NotJudged | Result] = []
    seconds: dict[str, float] = {}
    with open_implementation(
        target, names=[EVERYTHING], limits=LIMITS, in_process=in_process
    ) as implementation:
        session = Session(implementation)
        examples = _EXAMPLES[demands.profile]
        for one in discover(session, known=known, declared=declared, seed=demands.seed):
            if isinstance(one, NotJudged):
                found.append(one)
                continue
            started = time.perf_counter()
            try:
                found.append(judge_found(one, session, examples=examples, seed=demands.seed))
            except Exception as error:
                found.append(broke(one.name, error))
            seconds[one.name] = round(time.perf_counter() - started, 3)
    return Undeclared(target, found, seconds)


def _entries(undeclared: Undeclared, demands: Demands) -> tuple[Function, ...]:
    repeat = f"nndl check {shlex.quote(undeclared.target.text)} --seed {demands.seed}"
    if demands.profile != "standard":
        repeat += f" --profile {demands.profile}"
    return entries(undeclared.results, repeat=repeat, strict=demands.strict)


_ARITY = re.compile(
    r"raises TypeError: (?:\w+\.)*\w+\(\) (?:missing \d+ required|takes (?:from )?\d+|got an unexp)"
)


def beside(
    record: Record, undeclared: Undeclared, demands: Demands, *, required: frozenset[str]
) -> Record:
    """A record with what was found beside the functions of the contract.

    What was judged as found is no longer reported as missing, nor as an error where it has a name
    of the contract and takes other arguments than it says. Any other error stays one.
    """
    pairings = [result.found.pairing for result in undeclared.judged]
    judged = {f.name for p in pairings if p.owner is None for f in (p.forward, p.judged)}
    foreign = {f.row for f in record.functions if f.status == "error" and _ARITY.search(f.detail)}
    kept = (
        f
        for f in record.functions
        if f.name not in judged
        or required & {f.name, f.layer, f.row}
        or not (f.status == "missing" or f.row in foreign)
    )
    functions = (*kept, *_entries(undeclared, demands))
    verdict = verdict_of(functions, complete=record.complete, required=required)
    return msgspec.structs.replace(
        record,
        functions=functions,
        verdict=verdict,
        not_judged=not_judged(undeclared.found),
        seconds={**record.seconds, **undeclared.seconds},
    )


def alone(undeclared: Undeclared, demands: Demands, *, elapsed: float) -> Record:
    """A record of a target without any function of the contract."""
    target = undeclared.target
    return assemble(
        _entries(undeclared, demands),
        planned=(),
        required=frozenset(),
        complete=bool(undeclared.judged),
        notes=(),
        target=TargetOf(kind=target.kind, path=str(target.path)),
        profile=demands.profile,
        seed=demands.seed,
        strict=demands.strict,
        versions={"python": platform.python_version(), "numpy": np.__version__},
        elapsed=round(elapsed, 3),
        not_judged=not_judged(undeclared.found),
        seconds=dict(undeclared.seconds),
    )


def how_to_declare(undeclared: Undeclared) -> str:
    """What to write so that a target in which nothing was judged can be."""
    name = shlex.quote(undeclared.target.text)
    for one in not_judged(undeclared.found):
        if one.write:
            return f"write for example: nndl check {name} {one.write}"
    return (
        "name the two functions: "
        f"nndl steps {name} --forward NAME --backward NAME --inputs 'x: (N, D), …'"
    )
