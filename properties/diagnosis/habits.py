"""Causes that no formula of a returned array shows: habits, and what the layer itself knows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ..judge.mismatch import Disagreement
from ..spec.hints import Sign
from ..spec.kind import Kind
from ..spec.misconception import Misconception
from ..spec.observation import Observation
from ..spec.row import LayerSpec
from .finding import Diagnosis, as_named, entries


def shown_by(misconception: Misconception, row: LayerSpec) -> str:
    """How the sentence of a disagreement begins that shows a habit; empty for a formula."""
    arguments = ("dout",) if row.ways is None else (*row.ways.upstreams, *row.ways.parameters)
    if misconception.argument in arguments:
        return f"changes {misconception.argument}"
    return misconception.shows


def from_habit(row: LayerSpec, found: Disagreement) -> Diagnosis | None:
    """The cause of a disagreement that is a sentence, or that the layer knows by itself."""
    for misconception in row.misconceptions:
        shown = shown_by(misconception, row)
        if misconception.function == found.function and shown and found.sentence.startswith(shown):
            return as_named(misconception, f"it {found.sentence}", 0.9)
    if found.case is None or found.got is None or found.wanted is None:
        return None
    signs = row.hints.signs_of(found.case, found.oracle, found.got, found.wanted)
    return _first(row, signs, found.function, None)


def from_note(row: LayerSpec, function: str, sentence: str) -> Diagnosis | None:
    """The cause of a convention that was noted of right values: a kept dimension."""
    argument, _, what = sentence.partition(" ")
    if not what.startswith("has another shape"):
        return None
    for misconception in entries(row, function, argument):
        if misconception.kind is Kind.CONVENTION and misconception.is_only_a_shape:
            return as_named(misconception, sentence, 0.9)
    return None


def from_signs(
    row: LayerSpec, seen: Sequence[Observation], function: str, argument: str
) -> Diagnosis | None:
    """What many observations show, where the layer knows such signs."""
    return _first(row, row.hints.signs(seen, argument), function, argument)


def _first(
    row: LayerSpec, signs: Iterable[Sign], function: str, argument: str | None
) -> Diagnosis | None:
    for sign in signs:
        if sign.sentence:
            return Diagnosis(
                misconception=sign.misconception,
                sentence=sign.sentence,
                evidence=sign.evidence,
                confidence=sign.confidence,
            )
        for one in row.misconceptions:
            mine = one.function == function and argument in (None, one.argument)
            if mine and one.name == sign.misconception:
                return as_named(one, sign.evidence, sign.confidence)
    return None
