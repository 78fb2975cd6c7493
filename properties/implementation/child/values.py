"""The values that go to an implementation and come back from it."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy.typing as npt

Array = npt.NDArray[Any]
Found = TypeVar("Found")

# Arrays, numbers, strings, None, and dicts, lists, tuples of them; Ref, Handle and Laid.
Value = Any

IDENTITY = "="
"""Name of the one built-in function: it returns its argument. With ``keep`` it makes a handle."""

NOT_RUN = "!"
"""Before status and name of a call whose outcome the parent knows already: ``!timeout hang``."""

FIELDS = (
    *("name", "status", "detail", "blame", "module", "file", "line"),
    *("docstring", "source", "notes"),
)
"""The fields of a FunctionInfo, in the order in which they are sent."""

PROGRESS_NAME = 244
PROGRESS = struct.Struct(f"<IQ{PROGRESS_NAME}s")
"""What the child writes when a call or a module begins: request, index of the call, module.

One record is written at once, and is shorter than what a pipe takes whole.
"""


@dataclass(frozen=True, slots=True)
class Ref:
    """An output of an earlier call of the same list; it never leaves the child.

    Parameters
    ----------
    call : int
        Index of the earlier call in the list.
    output : int
        Which of its outputs, or which of its arguments when `argument` is set.
    argument : bool
        Take the argument object itself, as the earlier call left it.
    """

    call: int
    output: int = 0
    argument: bool = False


@dataclass(frozen=True, slots=True)
class Handle:
    """An object that lives in the child: a cache, a net, a dict that is passed again and again.

    ``generation`` counts the restarts of the child; a handle of an earlier one is dead.
    """

    id: int
    generation: int
    type_name: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Laid:
    """An array whose memory layout is part of the test.

    A bare array arrives C-contiguous and writable. A `Laid` one arrives with the strides of
    `array` (Fortran order, negative strides, slices, broadcasts) and with its writeable flag.
    """

    array: Array


class InChild:
    """Stands where an output stayed in the child because the caller did not ask for it."""

    def __repr__(self) -> str:
        return "IN_CHILD"


IN_CHILD = InChild()


@dataclass(frozen=True, slots=True)
class Undecodable:
    """Stands where an output was no number, array or container of them; says what it was."""

    what: str


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a function, a constructor, a method or an attribute.

    Parameters
    ----------
    function : str
        A contract name (``"affine_forward"``, ``"fc_net.TwoLayerNet"``), or ``".name"`` for a
        method or attribute of the object that is the first argument, ``".name="`` to set an
        attribute to the second argument, ``"="`` to return the argument itself.
    args, kwargs
        Values; `Ref`, `Handle` and `Laid` may stand anywhere in them.
    keep : frozenset of int
        Positions of outputs that stay in the child and come back as `Handle`.
    fetch : frozenset of int or None
        Positions of outputs to send back. None: all that are neither kept nor referred to by a
        later `Ref`; the others come back as ``IN_CHILD``.
    observe : bool
        Watch arguments, caches and the global random state for changes.
    seed : int or None
        Seed numpy's and Python's global generators just before this call.
    """

    function: str
    args: tuple[Value, ...] = ()
    kwargs: Mapping[str, Value] = field(default_factory=dict)
    keep: frozenset[int] = frozenset()
    observe: bool = False
    seed: int | None = None
    fetch: frozenset[int] | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one call.

    Attributes
    ----------
    status : str
        ``ok``; ``missing`` (no such function, or a skeleton: it returned None or raised
        NotImplementedError); ``raised``; ``timeout``; ``crashed``; ``undecodable`` (an output is
        no number, array or container of them); ``unavailable`` (an argument refers to a call
        that failed).
    outputs : tuple
        The elements of a returned tuple, or the one value returned.
    args_after : mapping
        Dict arguments as the call left them, by position or keyword.
    message : str
        One line: exception type and text, or what happened instead.
    traceback : str
        The frames in the target's own files.
    blame : str
        For failures: ``code`` or ``surroundings`` (Python 2, a removed numpy name, a module that
        is not installed).
    printed, warnings
        What the call printed (cut off at a limit) and warned of.
    changed, rng_touched, cache_changed
        Only with ``observe``: array arguments changed in place (``1``, ``"w"``,
        ``"3.running_mean"``), global random state moved, a `Ref` or `Handle` argument changed.
    notes : tuple of str
        Outputs that were not plain arrays: ``"output 0: numpy.matrix"``.
    """

    status: str
    outputs: tuple[Value, ...] = ()
    args_after: Mapping[int | str, Value] = field(default_factory=dict)
    message: str = ""
    traceback: str = ""
    printed: str = ""
    warnings: tuple[str, ...] = ()
    changed: tuple[int | str, ...] = ()
    rng_touched: bool = False
    cache_changed: bool = False
    exception_type: str = ""
    blame: str = ""
    notes: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether the call returned something to look at."""
        return self.status == "ok"


@dataclass(frozen=True, slots=True)
class FunctionInfo:
    """What the loader knows of one contract function.

    ``status`` is ``present``, ``missing`` (defined nowhere in the target) or ``error`` (its module
    cannot be used); ``blame`` says for an error whether the code or its surroundings are at fault.
    ``notes`` lists what the loader had to do: stubs, numpy names put back, Python 2 converted.
    """

    name: str
    status: str
    detail: str = ""
    blame: str = ""
    module: str = ""
    file: str = ""
    line: int = 0
    docstring: str = ""
    source: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the target's code lies: the part of a `Target` that the loader needs.

    Parameters
    ----------
    root : str or None
        Folder of the package; its modules answer to ``nndl.x``, its own folder name, relative
        imports, and plain ``x`` where nothing else does.
    file : str or None
        The one file to take functions from, when the target is a file.
    beside : str or None
        Folder that holds the package: its other packages (``utils``, ``cs231n``) can be imported.
    search_beside : bool
        Whether `beside` is a homework folder, whose other packages hold its functions too. If
        not, what lies there may be other people's homework.
    within : str or None
        The folder whose modules count, where the package begins above it.
    surveyed : tuple of str
        The files that stand for everything in the target; empty: all of its modules.
    forbidden : tuple of str
        Folders that no import may reach (the suite, a bundled package that is not the target).
    installed : tuple of str
        Packages that are installed, and that a confined child does not see.
    """

    root: str | None
    file: str | None = None
    beside: str | None = None
    forbidden: tuple[str, ...] = field(default=())
    skip: Mapping[str, int] = field(default_factory=dict)
    search_beside: bool = False
    within: str | None = None
    surveyed: tuple[str, ...] = ()
    installed: tuple[str, ...] = ()


def collect(value: Any, kind: type[Found], found: list[Found]) -> None:
    """Add the values of a kind that lie in a value, at any depth."""
    if isinstance(value, kind):
        found.append(value)
    elif isinstance(value, dict):
        for item in value.values():
            collect(item, kind, found)
    elif isinstance(value, (tuple, list)):
        for item in value:
            collect(item, kind, found)
