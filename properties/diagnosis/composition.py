"""Causes in a function that is made of others."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from . import parts
from .agreement import explains
from .finding import ENOUGH, Diagnosis, cases_of
from .misconception import Misconception
from .observation import Observation


def wrong_part(
    seen: Sequence[Observation], argument: str, wrong: Collection[str]
) -> Diagnosis | None:
    """A misconception of a part that has it on its own, too."""
    if not wrong:
        return None
    found = [m for m in _explaining(seen, argument) if m.function in wrong]
    if not found:
        return None
    return _of_part(found[0], seen, argument, f"Its part {found[0].function} makes it wrong.")


def step_inside(seen: Sequence[Observation], argument: str) -> Diagnosis | None:
    """A misconception of a function that is written out inside, or not wrong on its own."""
    found = _explaining(seen, argument)
    if not found:
        return None
    return _of_part(found[0], seen, argument, f"Look at its {found[0].function} step.")


def _of_part(
    first: Misconception, seen: Sequence[Observation], argument: str, where: str
) -> Diagnosis:
    return Diagnosis(
        misconception=f"{first.function}: {first.name}",
        sentence=f"{where} {first.sentence}",
        evidence=f"with {first.argument} = {first.formula} in {first.function}, {argument} is "
        f"what was got in {cases_of(seen)}",
        confidence=0.9,
        key=first.key,
    )


def _explaining(seen: Sequence[Observation], argument: str) -> list[Misconception]:
    """Misconceptions of the parts with which the whole is what was got in every case."""
    if len(seen) < ENOUGH:
        return []
    left: dict[str, Misconception] | None = None
    for o in seen:
        left = {
            m.key: m
            for m, value in parts.candidates(o, argument)
            if (left is None or m.key in left) and explains(o, argument, value)
        }
        if not left:
            return []
    return list((left or {}).values())


def from_wrong_parts(
    seen: Sequence[Observation], argument: str, known: Sequence[Misconception], wrong: Sequence[str]
) -> Diagnosis | None:
    """What is known of the parts, as the cause of the whole.

    Parameters
    ----------
    known
        Misconceptions that other functions of the same code were found to have.
    wrong
        Functions that are wrong, with a known cause or without.
    """
    if not seen:
        return None
    mine = [m for m in known if m.function in parts.parts_of(seen[0].row, argument)]
    if mine:
        values = [parts.together(o, argument, tuple(mine)) for o in seen]
        if all(
            value is not None and explains(o, argument, value)
            for o, value in zip(seen, values, strict=True)
        ):
            what = "; ".join(f"{m.function}: {m.name}" for m in mine)
            return Diagnosis(
                misconception=what,
                sentence=f"Its parts are wrong: {what}. Repair them first.",
                evidence=f"both explain {argument} in {cases_of(seen)}",
                confidence=0.9,
                key=mine[0].key,
            )
    culprits = [name for name in parts.parts_of(seen[0].row, argument) if name in wrong]
    if not culprits:
        return None
    names = " and ".join(culprits)
    return Diagnosis(
        misconception="a part is wrong",
        sentence=f"It puts its parts together rightly; {names} is wrong: repair that first."
        if len(culprits) == 1
        else f"It puts its parts together rightly; {names} are wrong: repair them first.",
        evidence=f"calling the parts one after the other gives this {argument}, too",
        confidence=0.9,
    )
