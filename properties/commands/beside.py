"""What a record says of what nobody declared, beside the functions of the contract or alone."""

from __future__ import annotations

import platform
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import msgspec
import numpy as np

from ..discovery.found import NotJudged
from ..implementation.child.survey import STEMS
from ..implementation.isolation import Tier
from ..record.found import at_fault, entries, not_judged
from ..record.merge import assemble, judged_anew
from ..record.schema import Function, Record
from ..record.schema import Target as TargetOf
from ..record.unfinished import UNWRITTEN
from ..spec.demands import Demands
from .undeclared import Undeclared


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
        if (
            isinstance(one, NotJudged)
            and not one.at_fault
            and any(one.answers_to(name) for name in required)
        ):
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
    faults = at_fault(undeclared.found)
    functions = (*kept, *found, *faults, *_lacking(undeclared, required))
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
        (
            *_entries(undeclared, demands),
            *at_fault(undeclared.found),
            *_lacking(undeclared, required),
        ),
        planned=(),
        required=frozenset(),
        complete=undeclared.decided and not undeclared.broken,
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
