"""A disagreement, as a value with everything in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ..spec.case import Array, Case
from ..spec.kind import Kind

__all__ = [
    "Disagreement",
    "Fault",
    "Inconclusive",
    "Kind",
    "Mismatch",
    "Unasked",
    "Unsuitable",
]


@dataclass(frozen=True, kw_only=True)
class Disagreement:
    """What an implementation gave, what is true, and how far they may differ.

    ``argument`` is the output or gradient concerned (``out``, ``dw``, ``running_mean``);
    ``index`` is the entry that is furthest off relative to its tolerance. ``sentence`` says what
    is wrong in words. ``direction`` is the one along which a derivative was taken.
    """

    function: str
    sentence: str
    oracle: str
    argument: str = ""
    index: tuple[int, ...] | None = None
    got: Array | None = None
    wanted: Array | None = None
    tolerance: Array | None = None
    case: Case | None = None
    direction: Array | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)
    kind: Kind | None = None


class Mismatch(AssertionError):
    """The implementation under test disagrees with what is true."""

    def __init__(self, disagreement: Disagreement) -> None:
        super().__init__(f"{disagreement.function}: {disagreement.sentence}")
        self.disagreement = disagreement

    def with_case(self, case: Case) -> Mismatch:
        """The same, with the case that showed it when none is recorded yet."""
        if self.disagreement.case is None:
            self.disagreement = replace(self.disagreement, case=case)
        return self


class Fault(Exception):
    """A function gave no result: it raised, hung, crashed, is missing or broke the protocol."""

    def __init__(self, function: str, status: str, message: str, traceback: str = "") -> None:
        super().__init__(f"{function}: {message}")
        self.function = function
        self.status = status
        self.message = message
        self.traceback = traceback

    def __reduce__(self) -> tuple[Any, ...]:
        return Fault, (self.function, self.status, self.message, self.traceback)

    @property
    def is_final(self) -> bool:
        """Whether calling again is of no use: it hangs, ends the process or eats the memory."""
        ended = self.message.startswith(("MemoryError", "SystemExit"))
        return self.status in ("timeout", "crashed") or ended


class Inconclusive(Exception):
    """An oracle cannot tell on this example; where that is most of them, nothing is passed."""


class Unsuitable(Inconclusive):
    """A property says nothing of such an example (a batch of one has no halves): not counted."""


class Unasked(Unsuitable):
    """What an example would be held against is not there, or is wrong itself."""
