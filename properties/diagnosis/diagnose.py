"""The cause of a disagreement: a misconception, a relation to the right value, or none.

Only what explains every observed case is said. A misconception is preferred to a relation,
because it says what to look at; a relation to silence.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..case import Array
from ..mismatch import Kind
from . import catalogue, parts
from .misconception import Misconception
from .observation import Observation
from .paths import combination
from .relations import Pairing, constant_origin, ratio_of, relations
from .surroundings import named, sizes, terms

_ROUNDING = 1e-10  # of the largest entry: formulas that are equal on paper
_ENOUGH = 2  # cases: on a single one many formulas agree by accident


@dataclass(frozen=True, kw_only=True)
class Diagnosis:
    """What is said of a failure. ``key`` is the catalogue's, empty for a relation."""

    misconception: str
    sentence: str
    evidence: str
    confidence: float
    key: str = ""

    def as_json(self) -> dict[str, Any]:
        """The record's entry."""
        return {
            "misconception": self.misconception,
            "sentence": self.sentence,
            "evidence": self.evidence,
            "confidence": round(self.confidence, 2),
        }


def diagnose(
    observations: Sequence[Observation],
    function: str,
    argument: str,
    *,
    forward_is_wrong: bool = False,
    reading: str = "",
) -> Diagnosis | None:
    """Name the cause of a wrong output or gradient.

    Parameters
    ----------
    observations
        Cases of one kind of call, right ones included: a cause must explain these as well.
    function, argument
        What is wrong.
    forward_is_wrong
        Then the reference's gradients are not what a backward should give, and relations to them
        mean nothing.
    reading
        The sentence of a reading that is not the contract's own, said with the cause.
    """
    seen = [o for o in observations if argument in o.got]
    if not any(o.is_wrong(argument) for o in seen):
        return None
    named_cause = _misconception(seen, function, argument, reading)
    if named_cause is not None:
        return named_cause
    if forward_is_wrong:
        return None
    return (
        _part(seen, argument)
        or _other_gradient(seen, argument)
        or _weighted_paths(seen, argument)
        or _related(seen, argument)
        or _twice_wrong(seen, function, argument)
    )


# -- misconceptions ----------------------------------------------------------------------------


def _misconception(
    seen: Sequence[Observation], function: str, argument: str, reading: str
) -> Diagnosis | None:
    found = list(explaining(seen, function, argument))
    if not found:
        return None
    first = found[0]
    entries = sum(o.got[argument].size for o in seen)
    evidence = f"{argument} equals {first.formula} in all {entries} entries of {_cases(len(seen))}"
    if len(found) > 1:
        evidence += f"; so does: {'; '.join(m.name for m in found[1:3])}"
    if reading:
        evidence += f" ({reading}; the formula's p is the probability to drop)"
    return Diagnosis(
        misconception=first.name,
        sentence=first.sentence,
        evidence=evidence,
        confidence=0.97 if len(found) == 1 and len(seen) >= _ENOUGH else 0.8,
        key=first.key,
    )


def explaining(
    seen: Sequence[Observation], function: str, argument: str
) -> Iterator[Misconception]:
    """Misconceptions whose formula gives what was got in every case."""
    for misconception in catalogue.of(function, argument):
        mine = [o for o in seen if misconception.when in ("", o.when)]
        if len(mine) < min(_ENOUGH, len(seen)) or not any(o.is_wrong(argument) for o in mine):
            continue
        if misconception.when and any(
            o.is_wrong(argument) for o in seen if o.when != misconception.when
        ):
            continue
        if misconception.kind is not Kind.CORRECTNESS and _only_shape(misconception):
            continue
        if all(_predicts(misconception, o, argument) for o in mine):
            yield misconception


def _only_shape(misconception: Misconception) -> bool:
    return "(1, " in misconception.sentence


def _predicts(misconception: Misconception, observation: Observation, argument: str) -> bool:
    try:
        predicted = misconception.predict(observation.quantities)
    except Exception:  # shapes that do not fit, quantities that the case has not
        return False
    return equal(observation.got[argument], predicted, tolerance(observation, argument))


def tolerance(observation: Observation, argument: str) -> float | Array:
    """Rounding allowed in a comparison with a formula that is not the reference's."""
    truth = observation.truth.get(argument)
    if truth is None:
        return 0.0
    error = truth.error
    if error.shape != observation.got[argument].shape:
        return float(np.max(error, initial=0.0))
    return np.asarray(4.0 * error)


def equal(got: Array, predicted: Array, slack: float | Array) -> bool:
    """Whether two arrays agree but for rounding, non-finite entries included."""
    if got.shape != predicted.shape:
        return False
    with np.errstate(all="ignore"):
        size = float(np.max(np.abs(predicted), initial=0.0, where=np.isfinite(predicted)))
        close = np.abs(got - predicted) <= slack + _ROUNDING * size
        same = (got == predicted) | (np.isnan(got) & np.isnan(predicted))
    return bool(np.all(close | same))


def _part(seen: Sequence[Observation], argument: str) -> Diagnosis | None:
    """A misconception of one of the functions that this one is made of."""
    left: dict[str, Misconception] = {}
    for number, o in enumerate(seen):
        slack = tolerance(o, argument)
        fits = {
            m.key: m
            for m, value in parts.candidates(o, argument)
            if (number == 0 or m.key in left) and equal(o.got[argument], value, slack)
        }
        left = fits
        if not left:
            return None
    first = next(iter(left.values()), None)
    if first is None or len(seen) < _ENOUGH:
        return None
    return Diagnosis(
        misconception=f"{first.function}: {first.name}",
        sentence=f"Its part {first.function} makes {first.argument} wrong. {first.sentence}",
        evidence=f"with {first.argument} = {first.formula} in {first.function}, {argument} is "
        f"what was got in {_cases(len(seen))}",
        confidence=0.9,
        key=first.key,
    )


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
            value is not None and equal(o.got[argument], value, tolerance(o, argument))
            for o, value in zip(seen, values, strict=True)
        ):
            what = "; ".join(f"{m.function}: {m.name}" for m in mine)
            return Diagnosis(
                misconception=what,
                sentence=f"Its parts are wrong: {what}. Repair them first.",
                evidence=f"both explain {argument} in {_cases(len(seen))}",
                confidence=0.9,
                key=mine[0].key,
            )
    culprits = [name for name in parts.parts_of(seen[0].row, argument) if name in wrong]
    if not culprits:
        return None
    names = " and ".join(culprits)
    return Diagnosis(
        misconception="a part is wrong",
        sentence=f"{names}, which it is made of, is wrong as well: repair that first.",
        evidence=f"{names} fails on its own",
        confidence=0.6,
    )


def at_extremes(seen: Sequence[Observation], function: str, argument: str) -> Diagnosis | None:
    """A formula that is right on paper, and overflows or cancels as the wrong value does."""
    seen = [o for o in seen if argument in o.got]
    wrong = [o for o in seen if o.is_wrong(argument)]
    for misconception in catalogue.of(function, argument):
        if misconception.kind is not Kind.ROBUSTNESS or not wrong:
            continue
        if all(_fails_alike(misconception, o, argument) for o in seen):
            return Diagnosis(
                misconception=misconception.name,
                sentence=misconception.sentence,
                evidence=f"{misconception.formula} fails in the same {len(wrong)} of "
                f"{_cases(len(seen))} with extreme values",
                confidence=0.8,
                key=misconception.key,
            )
    return None


def _fails_alike(misconception: Misconception, o: Observation, argument: str) -> bool:
    got = o.got[argument]
    try:
        predicted = misconception.predict(o.quantities)
    except Exception:  # as above
        return False
    if got.shape != predicted.shape or not np.array_equal(np.isfinite(got), np.isfinite(predicted)):
        return False
    with np.errstate(all="ignore"):
        close = np.abs(got - predicted) <= 1e-6 * np.abs(predicted)
    return bool(np.all(close | ~np.isfinite(got) | (got == predicted)))


# -- relations ---------------------------------------------------------------------------------


def pairings(seen: Sequence[Observation], argument: str) -> list[Pairing]:
    """The cases as the relations want them."""
    return [
        Pairing(
            got=o.got[argument],
            wanted=o.truth[argument].value,
            sizes=sizes(o),
            named=named(o),
            terms=terms(o, argument),
            tolerance=float(np.max(o.truth[argument].error, initial=0.0)),
        )
        for o in seen
        if argument in o.truth and np.all(np.isfinite(o.truth[argument].value))
    ]


def _related(seen: Sequence[Observation], argument: str) -> Diagnosis | None:
    cases = pairings(seen, argument)
    if len(cases) < _ENOUGH:
        return None
    for relation in relations(cases):
        if relation.confidence >= 0.85:
            return Diagnosis(
                misconception=relation.name,
                sentence=f"{argument}: {relation.sentence}",
                evidence=relation.evidence,
                confidence=min(relation.confidence, 0.9),
            )
    return None


def _other_gradient(seen: Sequence[Observation], argument: str) -> Diagnosis | None:
    """One gradient in the place of another."""
    for other in seen[0].truth:
        if other == argument or not argument.startswith("d") or not other.startswith("d"):
            continue
        if all(
            other in o.truth and equal(o.got[argument], o.truth[other].value, tolerance(o, other))
            for o in seen
        ):
            return Diagnosis(
                misconception=f"{other} in the place of {argument}",
                sentence=f"{argument} holds {other}: look at the order of what is returned.",
                evidence=f"it equals the right {other} in {_cases(len(seen))}",
                confidence=0.95,
            )
    return None


def _weighted_paths(seen: Sequence[Observation], argument: str) -> Diagnosis | None:
    """A sum of paths in which one or two have another weight than one."""
    text = combination(pairings(seen, argument), [sizes(o) for o in seen])
    if text is None:
        return None
    return Diagnosis(
        misconception="weights of the paths",
        sentence=f"{argument} is a sum of paths: {text}.",
        evidence=f"these weights explain every entry of {_cases(len(seen))}",
        confidence=0.9,
    )


def _twice_wrong(seen: Sequence[Observation], function: str, argument: str) -> Diagnosis | None:
    """A misconception times a constant, or transposed: two mistakes at once."""
    for misconception in catalogue.of(function, argument):
        mine = [o for o in seen if misconception.when in ("", o.when)]
        if len(mine) < _ENOUGH:
            continue
        ratios: list[float] = []
        for o in mine:
            try:
                predicted = misconception.predict(o.quantities)
            except Exception:  # as above
                break
            ratio = ratio_of(o.got[argument], predicted)
            if ratio is None or ratio == 0.0:
                break
            ratios.append(ratio)
        if len(ratios) < len(mine):
            continue
        origin = constant_origin(ratios, [sizes(o) for o in mine])
        if origin is None or sum(o.got[argument].size > 1 for o in mine) < _ENOUGH:
            continue
        return Diagnosis(
            misconception=f"{misconception.name}, and a factor",
            sentence=f"{misconception.sentence} Besides, there is a factor {origin} too much.",
            evidence=f"{argument} equals {origin} × ({misconception.formula}) in "
            f"{_cases(len(mine))}",
            confidence=0.85,
            key=misconception.key,
        )
    return None


def _cases(count: int) -> str:
    return "1 case" if count == 1 else f"{count} cases"
