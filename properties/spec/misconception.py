"""A misconception: one named wrong formula of one function."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache, cached_property
from types import CodeType
from typing import Any, overload

import numpy as np

from .case import Array
from .kind import Kind
from .ways import FUNCTIONS
from .ways import names as names_in


@dataclass(frozen=True, kw_only=True)
class Misconception:
    """What somebody believes that a function returns.

    The formula is a Python expression over the quantities of the layer (its ``Ways``), as text:
    shown to the student, evaluated for the diagnosis, and planted into right code for the proof of
    power, so that the three can never differ.

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
        The kind of call concerned: ``train`` or ``test``, ``one example`` or ``batch``; all when
        empty.
    source
        Keys of ``layers.sources``: where it can be seen in public. ``~`` marks the same mistake in
        a neighbouring form.
    shows
        Of a habit, which no returned value shows: how the sentence of its disagreement begins.
    plant
        Of a habit: the statement that does it.
    of_right_forward
        Whether it is said only where the forward is right.
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
    shows: str = ""
    plant: str = ""
    of_right_forward: bool = False

    def predict(self, quantities: Mapping[str, Any]) -> Array:
        """Evaluate the wrong value; raises what the formula raises on shapes that do not fit."""
        code, names = _compiled(self.formula)
        space: dict[str, Any] = dict(FUNCTIONS)
        for name in names:
            with suppress(KeyError):  # a function's own argument, a name of Python's
                space[name] = quantities[name]
        with np.errstate(all="ignore"):
            return np.asarray(eval(code, space))

    @property
    def is_only_a_shape(self) -> bool:
        """Whether the values are right, with an axis of length one too many."""
        return "(1, " in self.sentence

    @property
    def key(self) -> str:
        """Unique in the catalogue."""
        when = f" ({self.when})" if self.when else ""
        return f"{self.function}, {self.argument}{when}: {self.name}"


@cache
def _compiled(formula: str) -> tuple[CodeType, frozenset[str]]:
    return compile(formula, "<misconception>", "eval"), names_in(ast.parse(formula))


_HEAD = re.compile(r"(\w+), (\w+)(?: \((.+)\))?")
_NAME = re.compile(r"(.+?)(?: \((convention|robustness)\))?")
_SENTENCE = re.compile(r"(.+?)(?: \[([~\w ]+)\])?", re.DOTALL)
_WORDS = ("= ", "shows: ", "plant: ")


@dataclass(frozen=True)
class Misconceptions(Sequence[Misconception]):
    """The misconceptions of a layer, read when they are asked for: most runs need none.

    Parameters
    ----------
    layer
        Row of the matrix.
    text
        A line for each function and argument, with the kind of call in brackets where it is of one
        alone; under it the misconceptions: the name, the formula after ``=``, the sentence with its
        sources in brackets. A deeper line continues the one before.

    >>> (one,) = Misconceptions("affine", '''
    ... affine_backward, db
    ...   averaged
    ...     = dout.mean(0)
    ...     Sum over the batch; the mean is taken
    ...       in the loss. [~wjb7]
    ... ''')
    >>> one.key, one.formula, one.source
    ('affine_backward, db: averaged', 'dout.mean(0)', ('~wjb7',))
    """

    layer: str
    text: str

    @cached_property
    def _read(self) -> tuple[Misconception, ...]:
        return _read(self.layer, self.text)

    def __len__(self) -> int:
        return len(self._read)

    @overload
    def __getitem__(self, index: int) -> Misconception: ...

    @overload
    def __getitem__(self, index: slice) -> tuple[Misconception, ...]: ...

    def __getitem__(self, index: int | slice) -> Misconception | tuple[Misconception, ...]:
        return self._read[index]


def _read(layer: str, text: str) -> tuple[Misconception, ...]:
    found: list[Misconception] = []
    function = argument = when = ""
    for indent, line in _whole_lines(text):
        if indent == 0:
            head = _HEAD.fullmatch(line)
            if head is None:
                raise ValueError(f"{layer}: wanted 'function, argument (when)', got {line!r}")
            function, argument, when = (part or "" for part in head.groups())
        elif indent == 2:
            name = _NAME.fullmatch(line)
            assert name is not None
            one = Misconception(
                name=name[1],
                kind=Kind(name[2] or "correctness"),
                layer=layer,
                function=function,
                argument=argument,
                when=when,
                formula="",
                sentence="",
            )
            found.append(one)
        else:
            found[-1] = _with(found[-1], line)
    return tuple(found)


def _with(one: Misconception, line: str) -> Misconception:
    """A misconception with what one line says of it."""
    word = next((word for word in _WORDS if line.startswith(word)), "")
    rest = line.removeprefix(word)
    if word == "= ":
        return replace(one, formula=rest)
    if word:
        return replace(one, **{word.removesuffix(": "): rest})  # type: ignore[arg-type]
    if line == "only of a right forward":
        return replace(one, of_right_forward=True)
    sentence = _SENTENCE.fullmatch(line)
    assert sentence is not None
    return replace(one, sentence=sentence[1], source=tuple((sentence[2] or "").split()))


def _whole_lines(text: str) -> Iterator[tuple[int, str]]:
    """Lines with their indents (0, 2 or 4), continued ones put together."""
    waiting: tuple[int, str] | None = None
    for line in text.splitlines():
        stripped = line.strip()
        indent = len(line) - len(line.lstrip())
        if not stripped:
            continue
        if indent > 4 and waiting is not None:
            waiting = (waiting[0], f"{waiting[1]} {stripped}")
            continue
        if waiting is not None:
            yield waiting
        waiting = (indent, stripped)
    if waiting is not None:
        yield waiting
