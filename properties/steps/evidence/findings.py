"""What a value of the backward may turn out to be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ..values import Array
from .adjoints import Adjoint
from .gather import Place

__all__ = ["Candidate", "Finding", "Meaning", "Slot"]

Meaning = Literal[
    "adjoint",
    "part",
    "scaled",
    "summed",
    "factor",
    "local",
    "value",
    "size",
    "unfinished",
    "unknown",
    "mismatch",
]


@dataclass(frozen=True, slots=True)
class Slot:
    """A value of the backward: one place, with its name."""

    place: Place
    name: str
    line: int
    function: str
    statement: int
    final: bool
    position: int
    returned: str = ""
    places: tuple[Place, ...] = ()

    @property
    def key(self) -> str:
        """What the step goes by where right and wrong ones are listed."""
        return f"{self.name}@{self.place}"

    def at(self, case: int) -> Place:
        """Where the value is seen in a case: the last turn of a loop may have another number."""
        return self.places[case] if case < len(self.places) else self.place


@dataclass(frozen=True, slots=True)
class Finding:
    """What a slot was found to be.

    wanted : per case, the adjoint that its name promises; None without a promise.
    kept : whether the value is the adjoint that its name promises.
    local : whether it is a derivative of one value by another, which a chain rule multiplies.
    """

    slot: Slot
    meaning: Meaning
    node: str
    reason: str
    wanted: tuple[Adjoint, ...] | None = None
    got: tuple[Array, ...] = ()
    kept: bool = False
    local: bool = False

    @property
    def explained(self) -> bool:
        """Whether the value is known to be something."""
        return self.meaning not in ("unknown", "mismatch", "unfinished")

    @property
    def weight(self) -> float:
        """How telling what is known of the value is: 3 for an adjoint, 0 for nothing."""
        if self.certain:
            return 3.0
        if self.meaning in ("scaled", "factor", "local", "value", "size"):
            origin = self.reason.partition(" ×")[0] if self.meaning == "scaled" else ""
            plain = origin.removeprefix("−")
            if origin == "−1":
                return 2.8  # many take the sign in a later line
            telling = 2.0 if plain.removeprefix("1/").isalpha() or plain in ("", "1") else 1.5
            return telling - 0.2 if self.reason.startswith("−") else telling
        return 1.0 if self.meaning == "summed" else 0.0

    @property
    def certain(self) -> bool:
        """Whether the value is right beyond doubt: wrong values are often multiples of others."""
        return (
            self.meaning in ("adjoint", "part")
            or (self.meaning == "size" and self.node.lower() == self.slot.name.lower())
            or (self.meaning == "value" and self.node in (self.slot.name, "0"))
        )


@dataclass(frozen=True, slots=True)
class Candidate:
    """A value of the forward with its adjoint in every case.

    partial : the adjoints are but the diagonal of a Jacobian that is no diagonal matrix.
    """

    label: str
    name: str
    kind: str
    place: Place
    adjoints: tuple[Adjoint, ...]
    line: int
    function: str = ""
    partial: bool = False
