"""What is known of one argument."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from .inputs import Wanted


@dataclass(slots=True)
class Hint:
    """What is known of one argument.

    ranks : ranks that are possible, likeliest first; none when nothing is known.
    shape : lengths as the docstring or an unpacking names them.
    kinds : kinds, likeliest first.
    keys : keys that a dict is asked for.
    options : strings that it is compared with.
    compared : numbers that its entries may be equal to: labels 0 and 1, or -1 and 1.
    entries : how many entries are named one by one, as in ``q[0], q[1]``.
    loose : whether it is used in any other way too.
    said : what a docstring says in the notation of ``--inputs``.
    column : whether it is read as ``x[i, 0]`` alone.
    subtracted : whether it is taken from something, as what is measured is from what is expected.
    factor : whether it is a factor of a matrix product, which no bias is.
    """

    ranks: list[int] = field(default_factory=list)
    at_least: int = 0
    shape: tuple[str, ...] | None = None
    kinds: list[str] = field(default_factory=list)
    keys: list[Any] = field(default_factory=list)
    options: list[str] = field(default_factory=list)
    entries: int = 0
    single: int = 0
    column: bool = False
    factor: bool = False
    subtracted: bool = False
    compared: set[float] = field(default_factory=set)
    loose: bool = False
    called: bool = False
    iterated: bool = False
    source: str = "the code"
    said: Wanted | None = None

    @property
    def labelled(self) -> str:
        """The kind of labels that it is compared with, ``bits`` or ``signs``; "" without any."""
        if -1.0 in self.compared:
            return "signs"
        return "bits" if self.compared and self.compared <= {0.0, 1.0} else ""

    def kind(self, name: str) -> None:
        """Note a kind."""
        if name not in self.kinds:
            self.kinds.append(name)
