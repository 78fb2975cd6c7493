"""The values that travel through the step debugger. No logic."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ..implementation.child.cells import Cells

__all__ = [
    "After",
    "Array",
    "Case",
    "CodeError",
    "Holder",
    "Mistake",
    "NoSource",
    "Pair",
    "Report",
    "Status",
    "Step",
    "StepsError",
    "Trouble",
]

Array = NDArray[Any]
Status = Literal["right", "wrong", "not judged"]
Outcome = Literal["right", "wrong", "error", "missing", "nothing"]


class StepsError(Exception):
    """The target or the options cannot be used (exit code 2)."""


class NoSource(StepsError):
    """A function has no source that can be read: it is made by exec, a closure, an import."""


class CodeError(StepsError):
    """The code under test raises, hangs, or cannot be imported."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """What went wrong in a function: ``raised``, ``timeout``, ``crashed``, ``missing``, ``error``.

    line : where it was raised, in the author's file or in the cell of a notebook; 0 when that is
        not known.
    """

    function: str
    status: str
    message: str
    line: int = 0
    cell: int | None = None

    @property
    def sentence(self) -> str:
        """What to tell the author."""
        if self.status == "missing":
            return f"missing: {self.function} is a skeleton: it returns nothing"
        verb = "raises " if self.status == "raised" else ""
        cell = "" if self.cell is None else f"cell {self.cell}, "
        where = f" ({cell}line {self.line})" if self.line else ""
        return f"error: {self.function}: {verb}{self.message}{where}"


@dataclass(frozen=True, slots=True)
class Place:
    """A function in a source file. `module` is its dotted name below `root`."""

    name: str
    root: Path
    file: Path
    module: str
    line: int


@dataclass(frozen=True, slots=True)
class After:
    """A cost of the forward's first output, whose derivative the backward is.

    order : its arguments by name. output : which of them is given the forward's first output.
    """

    function: str
    order: tuple[str, ...]
    output: str


@dataclass(frozen=True, slots=True)
class Holder:
    """What stands around the functions beside their arguments and what they return.

    kind : ``made`` where a function makes both and hands them out, ``handed`` where the forward
        returns its backward beside the value; "" otherwise.
    results : variables of the module that the backward leaves its gradients in, and whether it
        adds to them.
    supplied : texts that stand for objects, by ``arg/ctx`` or ``init/act``.
    then : what is called with the forward's first output.
    """

    kind: str = ""
    results: Mapping[str, bool] = field(default_factory=dict)
    supplied: Mapping[str, str] = field(default_factory=dict)
    then: After | None = None


@dataclass(frozen=True, slots=True)
class Pair:
    """What is debugged: a forward and a backward, or one function that does both.

    Parameters
    ----------
    arguments, keywords : names of the forward's arguments that are given by position, by name.
    sources : where each argument of the backward comes from, see `calling.backward_sources`.
    outputs : places of the outputs, each with an upstream of its own, in what the forward returns.
    cache_last : the cache is the last part alone of what the forward returns beside its outputs.
    owner : the class of which both are methods.
    rate : the argument of the backward that is a learning rate: its step tells the gradients.
    named : the name of each argument of the backward that is given by name, else "".
    reading : what a backward without upstream is the gradient of, see `ways.Way`.
    holder : what stands around the functions; `made_with` is what the one that makes them takes.
    then : the cost after the forward.
    """

    label: str
    forward: Place
    backward: Place | None
    arguments: tuple[str, ...]
    keywords: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    outputs: tuple[int, ...] = (0,)
    cache_last: bool = False
    owner: Place | None = None
    rate: str = ""
    named: tuple[str, ...] = ()
    reading: str = ""
    holder: Holder = field(default_factory=Holder)
    then: Place | None = None
    made_with: tuple[str, ...] = ()

    @property
    def judged(self) -> Place:
        """The function whose lines are judged."""
        return self.backward if self.backward is not None else self.forward

    @property
    def functions(self) -> tuple[Place, ...]:
        """All of them whose lines are followed."""
        every = (self.forward, self.backward, self.then)
        return tuple(place for place in every if place is not None)

    @property
    def has_object(self) -> bool:
        """Whether they are methods of an object, which may have parameters."""
        return self.owner is not None and self.holder.kind != "made"

    @property
    def takes_upstream(self) -> bool:
        """Whether the backward is given an upstream derivative."""
        return any(source.startswith("*dout") for source in self.sources)


@dataclass(frozen=True, slots=True)
class Case:
    """Inputs of one example.

    values : arguments of the forward by name.
    dout : upstream derivative, of the shape of the output; 1.0 for a loss.
    sizes : what the letters mean, such as {"N": 5, "D": 3}.
    params, init : parameters and constructor arguments, for a method of a class.
    """

    values: Mapping[str, Any]
    dout: Any
    sizes: Mapping[str, int] = field(default_factory=dict)
    params: Mapping[str, Array] = field(default_factory=dict)
    init: Mapping[str, Any] = field(default_factory=dict)
    seed: int = 0

    def payload(self) -> dict[str, Any]:
        """Return the case as the plain dict that goes to the child."""
        return {
            "values": dict(self.values),
            "dout": self.dout,
            "params": dict(self.params),
            "init": dict(self.init),
            "seed": self.seed,
        }

    def leaves(self) -> dict[str, Array]:
        """Return the float arrays and floats of the case, the things with a derivative.

        What lies in a dict or a list goes by its place: ``params['W1']``, ``ws[0]``.
        """
        return dict(_floats({**self.values, **self.params}))


def _floats(values: Mapping[Any, Any], name: str = "") -> Iterator[tuple[str, Array]]:
    for key, value in values.items():
        place = f"{name}[{key!r}]" if name else str(key)
        if isinstance(value, Mapping):
            yield from _floats(value, place)
        elif isinstance(value, (list, tuple)):
            yield from _floats(dict(enumerate(value)), place)
        elif isinstance(value, (float, np.ndarray)) and np.asarray(value).dtype.kind == "f":
            yield place, np.asarray(value)


@dataclass(frozen=True, slots=True)
class Step:
    """One line's result: a named value of the backward and what is known of it.

    node : what it is the adjoint of (or the forward value that it is), "" when not known.
    ratio : constant ratio got / wanted, None when there is none.
    """

    line: int
    name: str
    node: str
    status: Status
    reason: str
    shape: tuple[int, ...] = ()
    ratio: float | None = None
    cause: str | None = None
    got: Array | None = None
    wanted: Array | None = None
    function: str = ""
    evidence: str = ""


@dataclass(frozen=True, slots=True)
class Mistake:
    """An independent mistake: the first wrong line once everything before it is right.

    around : the lines of its file around it, with their numbers; `file` is that file.
    edit : the small change that would make it right, in words; `better` is the line with it.
    """

    line: int
    name: str
    cause: str
    evidence: str = ""
    got: Array | None = None
    wanted: Array | None = None
    suspects: tuple[int, ...] = ()
    heals: bool = False
    file: str = ""
    around: tuple[tuple[int, str], ...] = ()
    edit: str = ""
    better: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that a printer, the JSON file or a notebook needs.

    trouble : why nothing was judged, when a function raises, hangs or is a skeleton.
    cells : those of a notebook; `line` counts in their joined text, `say` tells where that is.
    """

    target: str
    label: str
    forward: str
    backward: str
    file: str
    source: tuple[tuple[int, str], ...]
    steps: tuple[Step, ...]
    mistakes: tuple[Mistake, ...]
    verdict: str
    case: Case | None
    notes: tuple[str, ...] = ()
    gradients: tuple[Step, ...] = ()
    trouble: Trouble | None = None
    cells: Cells = field(default_factory=Cells)

    def say(self, line: int) -> str:
        """Say where a line lies: ``line 3``, ``cell 4, line 3``."""
        return self.cells.say(line)

    def label_of(self, line: int) -> str:
        """Number a line in a margin: ``3``, ``cell 4:3``."""
        cell, inside = self.cells.place(line)
        return str(inside) if cell is None else f"cell {cell}:{inside}"

    @property
    def outcome(self) -> Outcome:
        """The whole in one word; "nothing" when a returned gradient belongs to no input."""
        if self.trouble is not None:
            return "missing" if self.trouble.status == "missing" else "error"
        states = {gradient.status for gradient in self.gradients}
        if self.mistakes or "wrong" in states:
            return "wrong"
        lost = any(not gradient.node for gradient in self.gradients)
        return "right" if "right" in states and not lost else "nothing"

    @property
    def first_wrong(self) -> Mistake | None:
        """The first wrong step, None for a right backward."""
        return self.mistakes[0] if self.mistakes else None

    @property
    def judged_share(self) -> float:
        """Share of the backward's lines that are judged, 1.0 when there is none."""
        lines = [all(s.status != "not judged" for s in some) for some in self.by_line.values()]
        return sum(lines) / len(lines) if lines else 1.0

    @property
    def by_line(self) -> dict[int, list[Step]]:
        """The steps by their lines."""
        found: dict[int, list[Step]] = {}
        for step in self.steps:
            found.setdefault(step.line, []).append(step)
        return found
