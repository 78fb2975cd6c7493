"""Entries of the record for functions that nobody declared."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import msgspec
import numpy as np

from ..discovery.found import NotJudged as Found
from ..discovery.found import Result
from ..discovery.second import FOLLOWS
from ..implementation.child.source import cells_of
from .arrays import array_of, encode, entry
from .schema import Arrays, Diagnosis, Function, NotJudged, Property

PROPERTY = "derivative_of_its_own_forward"
ABOUT = "What the backward gives is the derivative of the forward that stands beside it."
_STATUS: dict[str, Literal["pass", "fail", "error"]] = {
    "right": "pass",
    "wrong": "fail",
    "error": "error",
}


def entries(
    results: Sequence[Result], *, repeat: tuple[str, str] | None, strict: bool
) -> tuple[Function, ...]:
    """Give a record's entries of the functions that could be judged.

    Parameters
    ----------
    results
        Their verdicts.
    repeat
        The command that judges the target again, around the name of a function; None where no
        command can.
    strict
        Whether a convention counts.
    """
    judged = (result for result in results if result.status in _STATUS)
    return tuple(
        _entry(result, f" {result.found.name} ".join(repeat) if repeat else "", strict)
        for result in judged
    )


def _entry(result: Result, repeat: str, strict: bool) -> Function:
    found = result.found
    status, detail = _STATUS[result.status], f"right: {', '.join(result.right)}"
    if result.missing:
        detail += f"; no gradient was found for {', '.join(result.missing)}"
    read = {f"robustness: {note}" for note in result.extra.get("loaded", ())}
    findings = tuple(sorted(read | {f"convention: {note}" for note in result.notes}))
    if result.wrong:
        detail = result.wrong[0].sentence
    elif strict and findings and status == "pass":
        status, detail = "fail", findings[0]
    cell, line = cells_of(found.file).place(found.pairing.judged.line)
    layer, chance = result.extra.get("layer", ""), ", ".join(result.extra.get("chance", ()))
    return Function(
        name=found.name,
        layer=found.name,
        row=found.name,
        status=status,
        findings=findings,
        detail=detail,
        properties=(_property(result, repeat),),
        file=found.file,
        line=line,
        cell=cell,
        inputs=found.inputs,
        found=found.sentence
        + (f"; its forward is {layer}" if layer else "")
        + (f"; it uses {chance}, set back before each run" if chance else ""),
    )


def _property(result: Result, repeat: str) -> Property:
    made = Property(
        name=PROPERTY,
        cls="correctness",
        status=_STATUS[result.status],
        examples=result.examples,
        inconclusive=result.inconclusive,
        about=ABOUT,
    )
    if not result.wrong:
        return made
    first = result.wrong[0]
    firsts: dict[str, str] = {}  # one sentence for each gradient
    for wrong in result.wrong:
        firsts.setdefault(wrong.argument, wrong.sentence)
    cause = result.extra.get("causes", {}).get(first.argument)
    got, wanted, bound = first.got, first.wanted, first.bound
    if wanted is not None and np.size(got) == np.size(wanted):
        got = np.reshape(got, np.shape(wanted))
    index = first.index
    return msgspec.structs.replace(
        made,
        argument=first.argument,
        index=index,
        got=None if index is None else entry(got, index),
        wanted=None if index is None else entry(wanted, index),
        tolerance=None if index is None else entry(bound, index),
        oracle=f"derivative of the code's own forward ({result.oracle})",
        sentence="; ".join(firsts.values()),
        diagnosis=None if cause is None else Diagnosis(**cause.as_json()),
        arrays=Arrays(got=array_of(got), wanted=array_of(wanted)),
        inputs=encode({_plain(n): v for n, v in first.values.items()}),
        repeat=repeat,
    )


def _plain(path: str) -> str:
    """The name of an input: ``x``, ``self.W``."""
    return path.removeprefix("arg/").replace("/", ".")


def not_judged(found: Sequence[Found | Result]) -> tuple[NotJudged, ...]:
    """Give what looks like a derivative and was not judged, with its reason."""
    listed = []
    for one in found:
        if isinstance(one, Found) and one.at_fault:
            continue
        if isinstance(one, Found):
            listed.append(_at(one.file, one.line, one.name, one.reason, one.write))
        elif one.status == "not judged":
            follows = one.reason.startswith(FOLLOWS)
            write = "" if follows else f"--inputs '{one.found.inputs}'"
            listed.append(_at(*_place(one), one.found.name, one.reason, write))
        elif lost := result_lacks(one):
            reason = f"no gradient was found for {', '.join(lost)}"
            listed.append(_at(*_place(one), one.found.name, reason))
    return tuple(listed)


def at_fault(found: Sequence[Found | Result]) -> tuple[Function, ...]:
    """Give the entries of functions that raise, whatever they are given."""
    return tuple(_fault(one) for one in found if isinstance(one, Found) and one.at_fault)


def _fault(one: Found) -> Function:
    cell, line = cells_of(one.file).place(one.line)
    made = Property(
        name=PROPERTY,
        cls="correctness",
        status="fail",
        examples=1,
        about=ABOUT,
        sentence=one.reason,
    )
    return Function(
        name=one.name,
        layer=one.name,
        row=one.name,
        status="fail",
        detail=one.reason,
        properties=(made,),
        found=f"{one.name}, whatever it is given",
        file=one.file,
        line=line,
        cell=cell,
    )


def _place(one: Result) -> tuple[str, int]:
    return one.found.file, one.found.pairing.judged.line


def _at(file: str, joined: int, name: str, reason: str, write: str = "") -> NotJudged:
    cell, line = cells_of(file).place(joined)
    return NotJudged(name=name, reason=reason, write=write, line=line, cell=cell)


def result_lacks(result: Result) -> list[str]:
    """Parameters of an object without a gradient, where others of them have one."""
    own = [m.leaf for m in result.margins if m.leaf in result.own]
    return [name for name in result.missing if name in result.own] if own else []
