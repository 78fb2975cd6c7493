"""Which functions of a target are a value and its derivative."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from . import names
from .classes import of_class
from .closures import handed_out, of_closures
from .deltas import deltas_of
from .functions import of_functions
from .pairs import Candidate, Pairing
from .returning import is_local, joint_value
from .source import Function, Survey
from .unseparated import of_training


def candidates(
    survey: Survey, *, known: Iterable[str] = (), told: Iterable[str] = ()
) -> list[Candidate]:
    """Find everything that looks like a derivative, in the order of the files.

    Parameters
    ----------
    known
        What somebody else judges already: a name, or ``file::name`` where others may have it too.
    told
        Functions and methods that somebody says to be derivatives, whatever they look like.
    """
    skip = set(known)

    def free(name: str, file: str) -> bool:
        return name not in skip and f"{file}::{name}" not in skip

    found: list[Candidate] = []
    for kind in survey.classes:
        if free(kind.name, kind.file):
            found += of_class(kind, survey.classes)
            found += deltas_of(kind, survey.functions)
    plain = [f for f in survey.functions if not _makes(f)]
    found += of_functions(survey, plain, asked=[f for f in plain if free(f.name, f.file)])
    found += of_closures(survey)
    found += [one for one in of_training(survey, found) if free(one.plain, one.function.file)]
    found += _told(survey, [n for n in told if not any(one.answers_to(n) for one in found)])
    found.sort(key=lambda c: (c.function.module, c.owner is None, c.function.line))
    count = Counter(one.plain for one in found)
    return [replace(one, place=_stem(one)) if count[one.plain] > 1 else one for one in found]


def _makes(function: Function) -> bool:
    """Whether a function hands out a derivative, and is none itself."""
    return any(names.is_backward(n.name) for n in handed_out(function))


def _told(survey: Survey, told: Iterable[str]) -> Iterator[Candidate]:
    for name in told:
        kind, _, plain = name.rpartition(".")
        for owner in (one for one in survey.classes if one.name == kind and plain in one.methods):
            yield Candidate(owner.methods[plain], owner, (), "nothing says whose derivative it is")
        function = survey.function(name)
        if function is not None:
            yield Candidate(function, None, (), "nothing says whose derivative it is")


def with_role(
    candidate: Candidate, survey: Survey, forward: str, gradients: Sequence[str]
) -> Candidate:
    """A candidate of which somebody says whose derivative it is, and in which order."""
    pairings = candidate.pairings
    if forward:
        name = forward.rpartition(".")[2]
        own = candidate.owner.methods if candidate.owner is not None else {}
        function = own.get(name) or survey.function(name)
        if function is None:
            reason = f"the project says that it is the derivative of {forward}, which is not there"
            return replace(candidate, pairings=(), reason=reason)
        local = is_local(candidate.function, function)
        kind = "local" if local else "pair"
        pairings = (Pairing(function, candidate.function, kind, candidate.owner),)
    named = tuple(replace(p, gradients=tuple(gradients)) for p in pairings)
    return replace(candidate, pairings=named)


def _stem(candidate: Candidate) -> str:
    owner = candidate.owner
    module = owner.module if owner is not None else candidate.function.module
    return module.removesuffix(".py").replace("/", ".").rpartition(".")[2]


def declared(forward: Function, backward: Function | None) -> Candidate:
    """What somebody says belongs together, whatever the names.

    Without a backward the forward returns the value and its gradients.
    """
    if backward is None:
        value = joint_value(forward) or 0
        return Candidate(forward, None, (Pairing(forward, None, "joint", value=value),))
    kind = "local" if is_local(backward, forward) else "pair"
    return Candidate(backward, None, (Pairing(forward, backward, kind),))
