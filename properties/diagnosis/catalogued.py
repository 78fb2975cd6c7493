"""Named misconceptions whose formula gives what was got."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from ..spec.case import Array
from ..spec.kind import Kind
from ..spec.misconception import Misconception
from ..spec.observation import Observation
from ..spec.row import LayerSpec
from .agreement import equal, explains, tolerance
from .finding import ENOUGH, SIMPLE, Diagnosis, as_named, cases_of, entries
from .relations import constant_origin, origin_value, ratio_of


def misconception_of(
    row: LayerSpec, seen: Sequence[Observation], function: str, argument: str, reading: str
) -> Diagnosis | None:
    found = list(explaining(row, seen, function, argument))
    if not found:
        return None
    first = found[0]
    size = sum(o.got[argument].size for o in seen)
    evidence = f"{argument} equals {first.formula} in all {size} entries of {cases_of(seen)}"
    if len(found) > 1:
        evidence += f"; so does: {'; '.join(m.name for m in found[1:3])}"
    sentence = first.sentence
    for other in seen[0].truth:
        if other in (argument, *sentence.replace(".", " ").replace(";", " ").split()):
            continue
        if all(_is_right(o, other, o.got[argument]) for o in seen):
            sentence += f" It is also the right {other}: look at what is returned."
    if reading:
        evidence += f" ({reading})"
    return Diagnosis(
        misconception=first.name,
        sentence=sentence,
        evidence=evidence,
        confidence=0.97 if len(found) == 1 and len(seen) >= ENOUGH else 0.8,
        entry=first,
    )


def _is_right(o: Observation, name: str, value: Array) -> bool:
    return name in o.truth and equal(value, o.truth[name].value, tolerance(o, name))


def explaining(
    row: LayerSpec, seen: Sequence[Observation], function: str, argument: str
) -> Iterator[Misconception]:
    """Misconceptions whose formula gives what was got in every case."""
    for misconception in entries(row, function, argument):
        mine = [o for o in seen if misconception.when in ("", o.when)]
        if len(mine) < min(ENOUGH, len(seen)) or not any(o.is_wrong(argument) for o in mine):
            continue
        if misconception.when and any(
            o.is_wrong(argument) for o in seen if o.when != misconception.when
        ):
            continue
        if misconception.kind is not Kind.CORRECTNESS and misconception.is_only_a_shape:
            continue
        if _explains(misconception, mine, argument):
            yield misconception


def _explains(misconception: Misconception, mine: Sequence[Observation], argument: str) -> bool:
    """Whether the formula gives what was got in every case.

    Where code divides zero by zero, as a corrected variance does for a batch of one, the formula
    may be finite; such cases are few.
    """
    undefined = 0
    for o in mine:
        try:
            predicted = misconception.predict(o.quantities)
        except Exception:  # shapes that do not fit, quantities that the case has not
            return False
        if explains(o, argument, predicted):
            continue
        undefined += 1
        if np.isfinite(o.got[argument]).any() or 5 * undefined > 2 * len(mine):
            return False
    return undefined < len(mine)


def at_extremes(
    row: LayerSpec, seen: Sequence[Observation], function: str, argument: str
) -> Diagnosis | None:
    """A formula that is right on paper, and overflows or cancels as the wrong value does."""
    seen = [o for o in seen if argument in o.got]
    wrong = [o for o in seen if o.is_wrong(argument)]
    for misconception in entries(row, function, argument):
        if misconception.kind is not Kind.ROBUSTNESS or not wrong:
            continue
        if all(_fails_alike(misconception, o, argument) for o in seen):
            evidence = (
                f"{misconception.formula} fails in the same {len(wrong)} of "
                f"{cases_of(seen)} with extreme values"
            )
            return as_named(misconception, evidence, 0.8)
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


def times_a_factor(
    row: LayerSpec, seen: Sequence[Observation], function: str, argument: str
) -> Diagnosis | None:
    """A misconception times a constant: two mistakes at once."""
    for misconception in entries(row, function, argument):
        mine = [o for o in seen if misconception.when in ("", o.when)]
        if sum(o.got[argument].size > 1 for o in mine) < ENOUGH:
            continue
        origin = _factor(misconception, mine, argument)
        if origin is None:
            continue
        return Diagnosis(
            misconception=f"{misconception.name}, and a factor",
            sentence=f"{misconception.sentence} Besides, there is a factor {origin} too much.",
            evidence=f"{argument} equals {origin} × ({misconception.formula}) in {cases_of(mine)}",
            confidence=0.85,
            entry=misconception,
        )
    return None


def _factor(misconception: Misconception, mine: Sequence[Observation], argument: str) -> str | None:
    """The number between a formula and what was got in every case."""
    try:
        values = [misconception.predict(o.quantities) for o in mine]
    except Exception:  # as above
        return None
    pairs = [(o, v) for o, v in zip(mine, values, strict=True) if v.any() or o.got[argument].any()]
    if len(pairs) < ENOUGH:
        return None
    mine, values = [o for o, _ in pairs], [value for _, value in pairs]
    ratios = [ratio_of(o.got[argument], value) for o, value in pairs]
    if not all(ratios):
        return None
    name = constant_origin([r for r in ratios if r], [o.quantities.sizes for o in mine])
    if name not in SIMPLE or not all(
        explains(o, argument, origin_value(name, o.quantities.sizes) * value)
        for o, value in zip(mine, values, strict=True)
    ):
        return None
    return name
