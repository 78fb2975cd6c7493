"""What the diagnosis of a layer needs beside its ways and its misconceptions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .case import Array, Case, Run
from .observation import Observation


@dataclass(frozen=True, kw_only=True)
class Sign:
    """What shows a misconception without its formula: its name, and where that was seen.

    ``sentence`` is empty where the misconception of that name has one.
    """

    misconception: str
    evidence: str
    confidence: float
    sentence: str = ""


@dataclass(frozen=True, kw_only=True)
class Circumstance:
    """What some cases have and others lack, so that code may be wrong in these alone.

    ``name`` stands behind "wrong only for", ``look`` says where to look then.
    """

    name: str
    holds: Callable[[Case], bool]
    look: str


def _same(cases: Sequence[Case]) -> Sequence[Case]:
    return cases


@dataclass(frozen=True, kw_only=True)
class Hints:
    """Particulars of a layer; none is needed.

    Parameters
    ----------
    factors
        Quantities, or expressions of them, that a formula may have once too often or not at all.
    examples
        The argument whose first axis runs over the examples; by default the first.
    normalises
        Whether the batch is normalised by its own statistics: then a batch of one shows nothing.
    cases
        The cases to observe, made of those chosen among the drawn ones.
    without_gradients
        Kinds of call after which there is no backward.
    drawn
        What is drawn at random, as a run shows it; None where nothing is.
    believed
        The run against which the truth is held, where that depends on what was drawn.
    signs
        Misconceptions of an argument that many observations show and no formula does.
    signs_of
        The same from one disagreement: what was got, what was wanted, the case, the oracle.
    circumstances
        What may decide whether wrong code shows itself, or raises; for each, ``cases`` has some
        with it and some without.
    """

    factors: tuple[str, ...] = ()
    examples: str = ""
    normalises: bool = False
    cases: Callable[[Sequence[Case]], Sequence[Case]] = _same
    without_gradients: tuple[str, ...] = ("test",)
    drawn: Callable[[Case, Run], Mapping[str, Any]] | None = None
    believed: Callable[[Case, Run], Run] = lambda case, run: run
    signs: Callable[[Sequence[Observation], str], Iterable[Sign]] = lambda seen, argument: ()
    signs_of: Callable[[Case, str, Array, Array], Iterable[Sign]] = lambda case, oracle, a, b: ()
    circumstances: tuple[Circumstance, ...] = ()


def options(case: Case) -> Mapping[str, Any]:
    """The dict of options of a case; empty where it has none."""
    return next((v for v in case.args.values() if isinstance(v, Mapping)), {})
