"""What `nndl steps` says of the lines of a backward, as a part of the record."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from .value import Array, Number, RecordError, Value

SCHEMA: Literal[1] = 1
Judgement = Literal["right", "wrong", "not judged"]


class Step(Value, frozen=True, kw_only=True, omit_defaults=False):
    """A named value of the backward; lines count in the author's file, or in a ``cell``.

    ``node`` is what it is the adjoint of, ``ratio`` the constant ratio of got to wanted, ``text``
    the line itself.
    """

    line: int
    name: str
    node: str
    status: Judgement
    reason: str
    ratio: Number | None
    cause: str | None
    shape: tuple[int, ...]
    function: str
    got: Array | None
    wanted: Array | None
    text: str = ""
    cell: int | None = None


class Place(Value, frozen=True, kw_only=True):
    """A line and the name that it gives a value to."""

    line: int
    name: str
    cell: int | None = None


class CodeLine(Value, frozen=True, kw_only=True, omit_defaults=False):
    """A line of the author's file."""

    line: int
    text: str


class Mistake(Value, frozen=True, kw_only=True, omit_defaults=False):
    """An independent mistake; where several lines may be to blame, ``suspects`` names them.

    ``around`` are the lines of ``file`` around it. ``edit`` is the small change that would make it
    right, in words, and ``better`` the line with it; both are empty where none was found.
    """

    line: int
    name: str
    cause: str
    evidence: str
    suspects: tuple[int, ...]
    file: str = ""
    around: tuple[CodeLine, ...] = ()
    got: Array | None = None
    wanted: Array | None = None
    edit: str = ""
    better: str = ""
    cell: int | None = None


class Gradient(Value, frozen=True, kw_only=True, omit_defaults=False):
    """A returned gradient: the place where it is returned, and the input that it belongs to."""

    place: str
    input: str
    status: Judgement
    reason: str
    cause: str | None


class Trouble(Value, frozen=True, kw_only=True, omit_defaults=False):
    """Why nothing was judged: a function raises, hangs, or is a skeleton."""

    function: str
    status: str
    message: str
    line: int | None
    cell: int | None = None


class Example(Value, frozen=True, kw_only=True, omit_defaults=False):
    """Everything that the two calls need; ``values`` in the order of the forward's arguments."""

    sizes: dict[str, int]
    seed: int
    values: dict[str, Any]
    dout: Any
    params: dict[str, Any]
    init: dict[str, Any]


class Listing(Value, frozen=True, kw_only=True, omit_defaults=False):
    """What was found of the lines of one backward.

    ``function`` is its name in a record that it is a part of, and ``disagrees`` what the two say of
    it differently. ``seconds`` is how long causes were looked for at most. ``isolation`` is the
    tier that held the code, where it is not that of a whole record.
    """

    schema: Literal[1]
    target: str
    label: str
    file: str
    forward: str
    backward: str
    outcome: Literal["right", "wrong", "error", "missing", "nothing"]
    verdict: str
    steps: tuple[Step, ...]
    first_wrong: Place | None
    mistakes: tuple[Mistake, ...]
    gradients: tuple[Gradient, ...]
    trouble: Trouble | None
    case: Example | None
    notes: tuple[str, ...]
    function: str = ""
    disagrees: str = ""
    seconds: float | None = None
    isolation: Literal["", "bubblewrap", "landlock", "limits", "none"] = ""


class Listings(Value, frozen=True, kw_only=True):
    """The listings of several functions."""

    schema: Literal[1]
    reports: tuple[Listing, ...]


def is_listing(data: object) -> bool:
    """Whether some JSON is what `nndl steps` writes."""
    return isinstance(data, Mapping) and ("reports" in data or "steps" in data)


def read_listings(data: Mapping[str, Any]) -> tuple[Listing, ...]:
    """Read what `nndl steps --json` wrote.

    Raises
    ------
    RecordError
        A part of it does not fit.
    """
    try:
        if "reports" in data:
            return msgspec.convert(data, Listings, strict=True).reports
        return (msgspec.convert(data, Listing, strict=True),)
    except msgspec.ValidationError as error:
        raise RecordError(
            f"a part of it does not fit: {error}; wanted what 'nndl steps --json FILE' writes"
        ) from error
