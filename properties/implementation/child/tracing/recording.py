"""What the target itself calls its functions with: in a ``__main__`` block, in cells, at its top.

Only descriptions of the arguments are kept: shapes, kinds of values, small numbers and texts.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import FrameType, ModuleType
from typing import Any

import numpy as np

from ..alarm import alarm

_MOST_CALLS = 4
_MOST_PARTS = 24
_SECONDS = 2.0
_setprofile = sys.setprofile


class OutOfTime(BaseException):
    """A block ran longer than it is worth."""


class Recorder:
    """Notes the arguments of calls to functions of some files."""

    def __init__(self) -> None:
        self.calls: dict[tuple[str, str], list[list[Any]]] = {}

    @contextmanager
    def listening(
        self, is_own: Callable[[str], bool], seconds: float | None = None
    ) -> Iterator[None]:
        """Note calls while the body runs; one that takes longer than that is ended in silence."""
        known: dict[str, bool] = {}  # a large library calls a million functions as it is imported

        def note(frame: FrameType, event: str, argument: Any) -> None:
            if event != "call":
                return
            code = frame.f_code
            own = known.get(code.co_filename)
            if own is None:
                own = known[code.co_filename] = is_own(code.co_filename)
            if not own:
                return
            name = getattr(code, "co_qualname", code.co_name)
            found = self.calls.setdefault((code.co_filename, name), [])
            if name != "<module>" and len(found) < _MOST_CALLS:
                count = code.co_argcount + code.co_kwonlyargcount
                values = [(n, frame.f_locals.get(n)) for n in code.co_varnames[:count]]
                found.append([[n, described(v)] for n, v in values if n != "self"])

        before = sys.getprofile()
        _setprofile(note)
        try:
            with alarm(seconds, OutOfTime):
                yield
        except OutOfTime:
            pass
        finally:
            _setprofile(before)

    def told(self) -> list[list[Any]]:
        """The calls as plain values: file, name, and the arguments of each call."""
        return [[file, name, calls] for (file, name), calls in self.calls.items() if calls]


def run_main(
    module: ModuleType, tree: ast.Module, recorder: Recorder, is_own: Callable[[str], bool]
) -> None:
    """Run the ``__main__`` block of a module in a copy of its names, and note its calls."""
    blocks = [node.body for node in tree.body if isinstance(node, ast.If) and is_main(node)]
    if not blocks:
        return
    space = {**vars(module), "__name__": "__main__"}
    with recorder.listening(is_own, _SECONDS):
        for body in blocks:
            try:
                code = compile(ast.Module(list(body), []), str(module.__file__), "exec")
                exec(code, space)
            except Exception:  # what ran before it has been noted
                continue
            except SystemExit:
                continue


def is_main(node: ast.stmt) -> bool:
    """Whether a statement is ``if __name__ == "__main__":``."""
    return isinstance(node, ast.If) and "__name__" in ast.unparse(node.test)


def calls_its_own(tree: ast.Module) -> bool:
    """Whether the top level of a module calls what the module defines."""
    own = {n.name for n in tree.body if isinstance(n, (ast.FunctionDef, ast.ClassDef))}
    top = (n for n in tree.body if not isinstance(n, (ast.FunctionDef, ast.ClassDef)))
    return any(
        isinstance(part, ast.Call) and isinstance(part.func, ast.Name) and part.func.id in own
        for node in top
        if not is_main(node)
        for part in ast.walk(node)
    )


def described(value: Any, depth: int = 0) -> Any:
    """A value as kind and particulars; None for what is not understood."""
    if value is None or isinstance(value, (bool, str)):
        return ["constant", value if not isinstance(value, str) else value[:80]]
    if isinstance(value, (int, np.integer)):
        return ["integer", int(value)]
    if isinstance(value, (float, np.floating)):
        return ["number", float(value)]
    if isinstance(value, np.ndarray) and value.dtype.kind in "fiub":
        return ["array", value.dtype.kind, list(value.shape), _particulars(value)]
    if depth < 4 and isinstance(value, Mapping) and len(value) <= _MOST_PARTS:
        keys = [k for k in value if isinstance(k, (str, int))]
        if len(keys) == len(value):
            return ["dict", [[k, described(v, depth + 1)] for k, v in value.items()]]
    if depth < 4 and isinstance(value, (list, tuple)) and len(value) <= _MOST_PARTS:
        return ["list", [described(v, depth + 1) for v in value]]
    return None


def _particulars(value: np.ndarray[Any, Any]) -> list[Any]:
    """What kind of values there are: names of kinds that fit, and the largest of integers."""
    if not value.size or value.size > 1_000_000:
        return [[], 0]
    if value.dtype.kind in "iub":
        return [[], int(value.max())]
    with np.errstate(all="ignore"):
        ones = np.isin(value, (0.0, 1.0)).all()
        kinds = [
            name
            for name, fits in (
                ("onehot", ones and value.ndim > 1 and (value.sum(-1) == 1.0).all()),
                ("onehot_columns", ones and value.ndim > 1 and (value.sum(0) == 1.0).all()),
                ("bits", ones and len(np.unique(value)) == 2),
                ("rows", value.ndim > 1 and (value > 0).all() and _near_one(value.sum(-1))),
                ("unit", value.size > 3 and (value > 0.0).all() and (value < 1.0).all()),
                ("positive", value.size > 3 and (value > 0.0).all()),
                ("spd", _is_spd(value)),
            )
            if fits
        ]
    return [kinds, 0]


def _near_one(sums: np.ndarray[Any, Any]) -> bool:
    return bool(np.allclose(sums, 1.0))


def _is_spd(value: np.ndarray[Any, Any]) -> bool:
    if value.ndim != 2 or value.shape[0] != value.shape[1] or not 1 < value.shape[0] <= 64:
        return False
    if not np.allclose(value, value.T) or np.array_equal(value, np.eye(len(value))):
        return False
    return bool(np.linalg.eigvalsh(value).min() > 0.0)


def recorded(
    modules: Mapping[str, ModuleType],
    trees: Mapping[str, ast.Module],
    recorder: Recorder,
    is_own: Callable[[str], bool],
    wanted: Sequence[str],
) -> list[list[Any]]:
    """All calls that are known, after running the ``__main__`` blocks that name what is wanted."""
    for name, module in modules.items():
        tree = trees.get(name)
        if tree is None:
            continue
        text = " ".join(ast.unparse(node) for node in tree.body if is_main(node))
        if any(word in text for word in wanted):
            run_main(module, tree, recorder, is_own)
    return recorder.told()
