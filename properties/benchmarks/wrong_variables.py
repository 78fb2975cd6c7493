"""Which variables could be taken for each other: arrays of one shape with different values.

The functions of a package are run on cases of the suite under a trace. Before each line it notes
which local variables, and which attributes of local objects, have the same shape; two of them may
stand for each other on a line when they have the same shape in every call that reaches it, and not
the same value in all of them.
"""

from __future__ import annotations

import ast
import itertools
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, is_dataclass
from difflib import SequenceMatcher
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np

from ..implementation import open_implementation, resolve_target
from ..judge.drawing import sample_cases
from ..judge.subjects.functions import Probe
from ..spec.case import Case
from ..spec.row import LayerSpec, Purpose

Pair = frozenset[str]


@dataclass
class Others:
    """For each line of a module, the pairs of variables of one shape."""

    alike: dict[int, set[Pair]] = field(default_factory=dict)
    differ: dict[int, set[Pair]] = field(default_factory=dict)

    def note(self, line: int, values: dict[str, Any]) -> None:
        """One visit of a line."""
        pairs: set[Pair] = set()
        for (a, first), (b, second) in itertools.combinations(values.items(), 2):
            if np.shape(first) == np.shape(second):
                pairs.add(frozenset((a, b)))
                if not np.array_equal(first, second):
                    self.differ.setdefault(line, set()).add(frozenset((a, b)))
        self.alike[line] = self.alike[line] & pairs if line in self.alike else pairs

    def instead_of(self, node: ast.AST, statement: ast.stmt) -> ast.expr | None:
        """The variable that is most easily taken for a node: of those, the most alike in name."""
        if not isinstance(node, (ast.Name, ast.Attribute)) or not isinstance(node.ctx, ast.Load):
            return None
        name = ast.unparse(node)
        visited = range(statement.lineno, _own_end(statement) + 1)
        seen = [line for line in visited if line in self.alike]
        if not seen:
            return None
        alike = set.intersection(*(self.alike[line] for line in seen))
        differ = set().union(*(self.differ.get(line, set()) for line in seen))
        others = sorted(other for pair in alike & differ if name in pair for other in pair - {name})
        if not others:
            return None
        closest = max(others, key=lambda other: SequenceMatcher(a=name, b=other).ratio())
        return ast.parse(closest, mode="eval").body


def _own_end(statement: ast.stmt) -> int:
    """The last line of a simple statement, or of the head of a compound one."""
    body = getattr(statement, "body", None)
    return body[0].lineno - 1 if body else statement.end_lineno or statement.lineno


def observe(folder: Path, modules: Sequence[str], specs: Sequence[LayerSpec]) -> dict[str, Others]:
    """Run every row of a package on some cases and note shapes and values, by module."""
    folder = folder.resolve()
    found = {module: Others() for module in modules}
    files = {str(folder / module): found[module] for module in modules}

    def trace(frame: FrameType, event: str, _: Any) -> Any:
        others = files.get(frame.f_code.co_filename)
        if others is None:
            return None
        if event == "line":
            others.note(frame.f_lineno, _values(frame.f_locals))
        return trace

    names = [name for spec in specs for name in spec.functions]
    target = resolve_target(str(folder))
    with open_implementation(target, names=names, in_process=True) as implementation:
        for spec in specs:
            probe = Probe(spec, implementation)
            for case in sample_cases(spec, Purpose.ORDINARY, 12):
                for asked in _modes(case):
                    before = sys.gettrace()
                    sys.settrace(trace)
                    try:
                        probe.send(probe.calls(asked))
                    finally:
                        sys.settrace(before)
    return found


def _values(names: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in names.items():
        if _is_number(value):
            found[name] = value
        elif is_dataclass(value):
            attributes = {f"{name}.{key}": inner for key, inner in vars(value).items()}
            found |= {key: inner for key, inner in attributes.items() if _is_number(inner)}
    return found


def _is_number(value: Any) -> bool:
    return isinstance(value, float) or (isinstance(value, np.ndarray) and value.dtype.kind == "f")


def _modes(case: Case) -> Iterator[Case]:
    """The case, and the same in test mode where there is one."""
    yield case
    for name, value in case.args.items():
        if isinstance(value, dict) and "mode" in value:
            yield case.with_args(**{name: {**value, "mode": "test"}})
