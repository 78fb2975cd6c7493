"""Functions that nobody declared, with the inputs that discovery infers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ..discovery.discovering import discover
from ..discovery.found import Found, NotJudged
from ..discovery.session import Session
from ..implementation import Limits, TargetError, open_implementation, resolve_target
from ..implementation.child.loading import EVERYTHING

__all__ = ["Inferred", "infer"]

_LIMITS = Limits(call_seconds=10.0, import_seconds=6.0, failures=3)


@dataclass(frozen=True, slots=True)
class Inferred:
    """A forward and a backward by their names, with ``--inputs`` for them and where it is from."""

    forward: str
    backward: str | None
    inputs: str
    source: str


def infer(
    target: str | None, *, known: Iterable[str] = (), only: Sequence[str | None] = ()
) -> list[Inferred | NotJudged]:
    """Find what a target derives by hand.

    Parameters
    ----------
    known : functions and classes that are judged otherwise.
    only : the names that are asked for; all of them when empty.
    """
    try:
        place = resolve_target(target)
        with open_implementation(place, names=[EVERYTHING], limits=_LIMITS) as implementation:
            session = Session(implementation)
            skipped = set(known)
            if only:
                wanted = {part for name in only if name for part in name.split(".")}
                survey = session.survey()
                skipped |= {f.name for f in survey.functions} - wanted
                skipped |= {c.name for c in survey.classes} - wanted
            found = discover(session, known=skipped)
    except TargetError:
        return []
    return [_inferred(one) if isinstance(one, Found) else one for one in found]


def _inferred(found: Found) -> Inferred | NotJudged:
    pairing = found.pairing
    if pairing.then is not None or pairing.kind == "second":
        return NotJudged(found.name, "its lines cannot be followed through another function")
    owner = f"{pairing.owner.name}." if pairing.owner is not None else ""
    backward = None if pairing.backward is None else owner + pairing.backward.name
    return Inferred(owner + pairing.forward.name, backward, found.inputs, found.source)
