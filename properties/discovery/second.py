"""A Hessian and the gradient that it is held against: what is wrong with one is not the other's."""

from __future__ import annotations

from .candidates import candidates
from .pairs import Candidate, Pairing
from .source import Survey

FOLLOWS = "it follows from "
"""How the reason begins for which a Hessian is not judged beside a gradient that is wrong."""


def gradient_of(pairing: Pairing, survey: Survey) -> Candidate | None:
    """The gradient whose Jacobian a Hessian is; None where it is no Hessian, or has no cost."""
    if pairing.kind != "second":
        return None
    place = pairing.forward.file, pairing.forward.line
    for one in candidates(survey):
        if (one.function.file, one.function.line) == place and one.pairings:
            return None if any(p.kind == "second" for p in one.pairings) else one
    return None
