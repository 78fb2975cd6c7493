"""A misconception: one named wrong formula of one function."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import CodeType
from typing import Any

import numpy as np

from ..judge.mismatch import Kind
from ..spec.case import Array
from .sources import SOURCES


@dataclass(frozen=True, kw_only=True)
class Misconception:
    """What somebody believes that a function returns.

    The formula is a Python expression over the quantities of the layer (``quantities.py``), as
    text: shown to the student, evaluated for the diagnosis, and planted into right code for the
    proof of power, so that the three can never differ.

    Parameters
    ----------
    name
        Short, unique among the misconceptions of the same function and argument.
    layer
        Row of the matrix.
    function, argument
        What is wrong: the function, and the output, gradient or state of it. An argument that the
        function should leave alone (``dout``) stands for changing it in place.
    formula
        What is returned instead.
    sentence
        For the student: what to look at.
    kind
        Correctness, convention or robustness.
    when
        The calls concerned: ``train`` or ``test``, ``one example`` or ``batch``; all when empty.
    source
        Keys of ``SOURCES``: where it can be seen in public. ``~`` marks the same mistake in a
        neighbouring form.
    """

    name: str
    layer: str
    function: str
    argument: str
    formula: str
    sentence: str
    kind: Kind = Kind.CORRECTNESS
    when: str = ""
    source: tuple[str, ...] = ()

    def predict(self, quantities: Mapping[str, Any]) -> Array:
        """Evaluate the wrong value; raises what the formula raises on shapes that do not fit."""
        with np.errstate(all="ignore"):
            return np.asarray(eval(_compiled(self.formula), {"np": np}, dict(quantities)))

    @property
    def is_only_a_shape(self) -> bool:
        """Whether the values are right, with an axis of length one too many."""
        return "(1, " in self.sentence

    @property
    def key(self) -> str:
        """Unique in the catalogue."""
        when = f" ({self.when})" if self.when else ""
        return f"{self.function}, {self.argument}{when}: {self.name}"

    @property
    def urls(self) -> tuple[str, ...]:
        """Addresses of the sources."""
        return tuple(SOURCES[key.lstrip("~")] for key in self.source)


@cache
def _compiled(formula: str) -> CodeType:
    return compile(formula, "<misconception>", "eval")


@dataclass(frozen=True, kw_only=True)
class Group:
    """The misconceptions of one argument: what they share is written once."""

    layer: str
    function: str
    argument: str
    when: str = ""

    def __call__(
        self,
        name: str,
        formula: str,
        sentence: str,
        *source: str,
        kind: Kind = Kind.CORRECTNESS,
    ) -> Misconception:
        """Make one."""
        return Misconception(
            name=name,
            layer=self.layer,
            function=self.function,
            argument=self.argument,
            when=self.when,
            formula=formula,
            sentence=sentence,
            kind=kind,
            source=source,
        )
