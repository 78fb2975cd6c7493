"""What the rewriting notes: the places that are observed, and the statements as written."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import Literal

__all__ = ["Kind", "Probe", "Statement"]

Kind = Literal["assign", "input", "loop", "return", "expr", "use"]


@dataclass(frozen=True, slots=True)
class Probe:
    """One place in the source whose value is observed.

    `name` is the variable ("dx", "grads['W1']"), empty for a subexpression; `text` is the source
    of the expression; `statement` numbers the statement it belongs to.
    """

    number: int
    kind: Kind
    name: str
    text: str
    line: int
    function: str
    statement: int


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement of an instrumented function, as it was written."""

    number: int
    node: ast.stmt
    function: str
    line: int
    end: int
    reads: frozenset[str]
    writes: tuple[str, ...]
