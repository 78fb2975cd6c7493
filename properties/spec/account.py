"""The right computation of an object step by step, and what people write in the place of a step.

A net, an update rule or a solver is no function of a few arguments: a mistake in one step shows in
much of what it gives. Its misconceptions are formulas of steps, and a prediction is the whole
computation with one of them in its place.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from types import CodeType
from typing import Any

import numpy as np

from .case import Array
from .misconception import Misconception

Steps = Mapping[str, str]
"""Formulas by the name of what they give."""


@dataclass(frozen=True, kw_only=True)
class Seen:
    """One run of an object: what it was given, and what came of it, by name.

    ``borrowed`` is what the right computation gives with layers of the same code in the place of
    right ones, and ``lenders`` are those of these layers that are wrong.
    """

    given: Mapping[str, Any]
    got: Mapping[str, Array]
    borrowed: Mapping[str, Array] = field(default_factory=dict)
    lenders: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Account:
    """How an object arrives at what it gives.

    Parameters
    ----------
    steps
        The right formulas.
    other_ways
        Formulas of some steps that are right too: conventions, one at a time.
    misconceptions
        Formulas of one step each, whose name is the argument; those of further steps follow as
        ``; step = formula``. Of two that say the same of a run the first is named. One that no
        number shows has no formula but ``shows``, how the sentence of its disagreement begins.
    observe
        Runs of the code under test on fresh cases, through its probe.
    predict
        What given formulas give on the case of a run.
    follows
        Outputs that all others flow into: a second mistake shows in them too.
    shown_by
        Which outputs show an argument of a disagreement that is none of them itself.
    """

    steps: Steps
    misconceptions: Callable[[], Sequence[Misconception]]
    observe: Callable[[Any], Sequence[Seen]]
    predict: Callable[[Steps, Seen], Mapping[str, Array]]
    other_ways: Sequence[Steps] = ()
    follows: frozenset[str] = frozenset()
    shown_by: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def changed(steps: Steps, misconception: Misconception) -> Steps:
    """Steps with those of a misconception in the place of the right ones.

    >>> from types import SimpleNamespace
    >>> one = SimpleNamespace(argument="loss", formula="data; decay = 0.0 * W")
    >>> changed({"loss": "data + penalty", "decay": "reg * W"}, one)
    {'loss': 'data', 'decay': '0.0 * W'}
    """
    first, *others = misconception.formula.split("; ")
    return {**steps, misconception.argument: first, **dict(o.split(" = ", 1) for o in others)}


def evaluate(formula: str, values: Mapping[str, Any]) -> Any:
    """The value of a formula; raises what it raises on shapes that do not fit."""
    return eval(_compiled(formula), {"np": np}, values)


@cache
def _compiled(formula: str) -> CodeType:
    return compile(formula, "<step>", "eval")
