"""Functions that nobody declared, with the inputs that discovery infers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ..discovery.discovering import discover
from ..discovery.found import Found, NotJudged
from ..discovery.inputs import InputsError, parse
from ..discovery.judging import judge_found
from ..discovery.session import Session
from ..discovery.targets import LIMITS, look, opened
from ..implementation import Limits, TargetError, resolve_target
from .ways import Way, way_of

__all__ = ["Inferred", "infer"]

_EXAMPLES = 8


@dataclass(frozen=True, slots=True)
class Inferred:
    """A forward and a backward by their names, with ``--inputs`` for them and where it is from.

    status : what the open contract says of the gradients, whatever way they are called and read;
        `said` are its conventions, or what is wrong.
    located : the inputs that have a gradient; `accepted` are those whose gradient is right.
    case : the inputs with which one is wrong.
    """

    forward: str
    backward: str | None
    inputs: str
    source: str
    status: str
    said: tuple[str, ...] = ()
    way: Way | None = None
    located: tuple[str, ...] = ()
    accepted: tuple[str, ...] = ()
    case: Mapping[str, Any] = field(default_factory=dict)

    @property
    def note(self) -> str:
        """What the reader is told of the inputs."""
        return f"inputs {self.inputs} (from {self.source})"


def infer(
    target: str | None,
    *,
    known: Iterable[str] = (),
    only: Sequence[str | None] = (),
    word: str = "",
    inputs: str | None = None,
    limits: Limits = LIMITS,
) -> list[Inferred | NotJudged]:
    """Find what a target derives by hand.

    Parameters
    ----------
    known : functions and classes that are judged otherwise.
    only : the names that are asked for; all of them when empty.
    word : what a user calls the one that is asked for: its function, its class, or both.
    inputs : what the user says of them.
    limits : what the code may use, and how it is kept apart.
    """
    limits = replace(limits, import_seconds=LIMITS.import_seconds, failures=LIMITS.failures)
    try:
        looked = look(resolve_target(target), known=known)
        if not looked.worth_loading:
            return []
        with opened(looked.target, limits=limits) as session:
            skipped = set(known)
            if only:
                wanted = {part for name in only if name for part in name.split(".")}
                survey = session.survey()
                skipped |= {f.name for f in survey.functions} - wanted
                skipped |= {c.name for c in survey.classes} - wanted
            declared = parse(inputs) if inputs else None
            return [
                _inferred(one, session) if isinstance(one, Found) else one
                for one in discover(session, known=skipped, declared=declared)
                if not word or (one.candidate if isinstance(one, Found) else one).answers_to(word)
            ]
    except (TargetError, InputsError):
        return []


def _inferred(found: Found, session: Session) -> Inferred:
    forward, backward = found.functions
    result = judge_found(found, session, examples=_EXAMPLES)
    judged = result.found  # with the default that was varied, where that shows a mistake
    said = tuple(wrong.sentence for wrong in result.wrong) or tuple(result.notes)
    return Inferred(
        forward,
        backward,
        judged.drawn,
        judged.source,
        result.status,
        said,
        way_of(judged),
        result.located,
        # Of what is right as a whole its convention is said, of its lines too.
        tuple(result.accepted) if result.wrong else (),
        plain_names(result.wrong[0].values) if result.wrong else {},
    )


def plain_names(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values of an example by the names of arguments alone."""
    return {name.rpartition("/")[2]: value for name, value in values.items()}
