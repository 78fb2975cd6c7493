"""The cause of a disagreement: a misconception, a relation to the right value, or none.

Only what explains every observed case is said. A misconception is preferred to a relation,
because it says what to look at; a relation to silence.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np

from ..spec.case import Case
from ..spec.observation import Observation
from ..spec.row import LayerSpec
from . import composition
from .agreement import equal, tolerance
from .catalogued import misconception_of, times_a_factor
from .conditions import condition, only_where, right_for_one_alone
from .finding import ENOUGH, Diagnosis, cases_of
from .paths import combination
from .relations import Pairing, relations
from .slips import Slip, slips
from .surroundings import named, terms

__all__ = ["Diagnosis", "diagnose"]

_PLAIN = (
    "zero",
    "sign",
    "ratio",
    "transpose",
    "sum missing",
    "sum extra",
    "mean extra",
    "missing term",
    "extra term",
    "term's sign",
    "term's factor",
    "offset",
    "added",
)


def diagnose(
    row: LayerSpec,
    observations: Sequence[Observation],
    function: str,
    argument: str,
    *,
    forward_is_wrong: bool = False,
    reading: str = "",
    source: str = "",
    wrong_parts: Collection[str] = (),
    raised: Sequence[Case] = (),
) -> Diagnosis | None:
    """Name the cause of a wrong output or gradient.

    Parameters
    ----------
    row
        The layer's declaration.
    observations
        Cases of one kind of call, right ones included: a cause must explain these as well.
    function, argument
        What is wrong.
    forward_is_wrong
        Then the reference's gradients are not what a backward should give, and relations to them
        mean nothing.
    reading
        The sentence of a reading that is not the contract's own, said with the cause.
    source
        Text of the layer's functions.
    wrong_parts
        Functions that this one is made of, and that are wrong on their own.
    raised
        Cases of that kind of call on which the function gave nothing.
    """
    seen = [o for o in observations if argument in o.got]
    if not any(o.is_wrong(argument) for o in seen):
        return only_where(row, seen, raised, argument) if raised else None
    cause = composition.wrong_part(row, seen, argument, wrong_parts)
    cause = cause or misconception_of(row, seen, function, argument, reading)
    if cause is not None:
        return cause
    if forward_is_wrong:
        found = slips(row, seen, argument, source)
        return _slipped(found, seen, argument, forward_is_wrong=True)
    return (
        _other_gradient(row, seen, argument)
        or _related(row, seen, argument, only=_PLAIN)
        or _weighted_paths(row, seen, argument)
        or composition.step_inside(row, seen, argument)
        or _unnamed(row, seen, function, argument, source)
        or only_where(row, seen, raised, argument)
        or right_for_one_alone(row, seen, argument)
    )


def _unnamed(
    row: LayerSpec, seen: Sequence[Observation], function: str, argument: str, source: str
) -> Diagnosis | None:
    """A slip, a relation that says less than one, or two mistakes at once."""
    found = slips(row, seen, argument, source)
    if found and not found[0].factor:
        return _slipped(found, seen, argument)
    return (
        condition(row, seen, argument)
        or _related(row, seen, argument)
        or times_a_factor(row, seen, function, argument)
        or _slipped(found, seen, argument)
    )


# -- slips -------------------------------------------------------------------------------------


def _slipped(
    found: Sequence[Slip],
    seen: Sequence[Observation],
    argument: str,
    *,
    forward_is_wrong: bool = False,
) -> Diagnosis | None:
    """One small change of a right line, or the same in another way of writing."""
    if not found:
        return None
    first = found[0]
    factor = f", times {first.factor}" if first.factor else ""
    sentence = f"Look at {first.line}: {argument} is what comes out {first.said}{factor}"
    others = [f"{other.said} in {other.line}" for other in found[1:]]
    if others and argument.startswith("d"):
        sentence += f" (or {others[0]})"
    if forward_is_wrong and first.in_forward:
        sentence = f"It follows from the forward. {sentence}; repair the forward first"
    return Diagnosis(
        misconception=first.said + factor,
        sentence=f"{sentence}.",
        evidence=f"that gives every entry of {cases_of(seen)}",
        confidence=0.8 if first.factor else 0.9,
    )


# -- relations ---------------------------------------------------------------------------------


def pairings(row: LayerSpec, seen: Sequence[Observation], argument: str) -> list[Pairing]:
    """The cases as the relations want them."""
    return [
        Pairing(
            got=o.got[argument],
            wanted=o.truth[argument].value,
            sizes=o.quantities.sizes,
            named=named(row, o),
            terms=terms(row, o, argument),
            tolerance=float(np.max(o.truth[argument].error, initial=0.0)),
        )
        for o in _exact(seen, argument)
    ]


def _exact(seen: Sequence[Observation], argument: str) -> list[Observation]:
    """Cases whose truth is one number an entry, and not an interval of subgradients."""
    finite = [o for o in seen if argument in o.truth and np.isfinite(o.truth[argument].value).all()]
    exact = [
        o
        for o in finite
        if np.max(o.truth[argument].error, initial=0.0)
        <= 1e-6 * np.max(np.abs(o.truth[argument].value), initial=1e-300)
    ]
    return exact if len(exact) >= ENOUGH else finite


def _related(
    row: LayerSpec, seen: Sequence[Observation], argument: str, only: tuple[str, ...] = ()
) -> Diagnosis | None:
    cases = pairings(row, seen, argument)
    if len(cases) < ENOUGH:
        return None
    for relation in relations(cases):
        if relation.confidence >= 0.85 and (not only or relation.name in only):
            return Diagnosis(
                misconception=relation.name,
                sentence=f"{argument}: {relation.sentence}",
                evidence=relation.evidence,
                confidence=min(relation.confidence, 0.9),
            )
    return None


def _other_gradient(row: LayerSpec, seen: Sequence[Observation], argument: str) -> Diagnosis | None:
    """One gradient in the place of another."""
    for other in seen[0].truth:
        kinds = {_kind(row, name) for name in (argument, other)}
        if other == argument or len(kinds) > 1 or {argument, other} & set(row.outputs):
            continue
        if all(
            other in o.truth and equal(o.got[argument], o.truth[other].value, tolerance(o, other))
            for o in seen
        ):
            return Diagnosis(
                misconception=f"{other} in the place of {argument}",
                sentence=f"{argument} holds {other}: look at what is given back.",
                evidence=f"it equals the right {other} in {cases_of(seen)}",
                confidence=0.95,
            )
    return None


def _kind(row: LayerSpec, name: str) -> bool:
    """Whether it is a gradient, and no state."""
    return name.removeprefix("d") in row.differentiable and name.startswith("d")


def _weighted_paths(row: LayerSpec, seen: Sequence[Observation], argument: str) -> Diagnosis | None:
    """A sum of paths in which one or two have another weight than one."""
    text = combination(pairings(row, seen, argument), [o.quantities.sizes for o in seen])
    if text is None:
        return None
    return Diagnosis(
        misconception="weights of the paths",
        sentence=f"{argument} is a sum of paths: {text}.",
        evidence=f"these weights explain every entry of {cases_of(seen)}",
        confidence=0.9,
    )
