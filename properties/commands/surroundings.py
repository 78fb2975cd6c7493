"""What a notebook's cell needs of the rest of the notebook, as source for another process."""

from __future__ import annotations

import ast
import builtins
import inspect
import sys
import textwrap
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

import numpy as np

__all__ = ["Surroundings", "defined_in", "gather_names", "used_in"]

_LARGEST = 10_000


@dataclass(slots=True)
class Surroundings:
    """Imports and values, definitions of functions and classes, names that are left out."""

    values: list[str] = field(default_factory=list)
    definitions: dict[str, str] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)


def used_in(tree: ast.AST) -> set[str]:
    """Return the names that a tree reads."""
    return {
        node.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
    }


def defined_in(tree: ast.Module) -> set[str]:
    """Return the names that a module binds at its top level."""
    found: set[str] = set()
    for node in tree.body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            found.add(node.name)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            found |= {(alias.asname or alias.name).partition(".")[0] for alias in node.names}
        else:
            found |= {
                part.id
                for part in ast.walk(node)
                if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)
            }
    return found


def gather_names(wanted: set[str], known: set[str], namespace: Mapping[str, Any]) -> Surroundings:
    """Write down what names stand for: modules, numbers, arrays, functions and classes.

    Parameters
    ----------
    wanted : names that are read.
    known : names that are defined already.
    namespace : where the others are looked up.
    """
    found = Surroundings()
    queue, done = sorted(wanted - known), set(known)
    while queue:
        name = queue.pop(0)
        if name in done or (name not in namespace and hasattr(builtins, name)):
            continue
        done.add(name)
        if name not in namespace:
            if name == "np":
                found.values.append("import numpy as np")
            continue
        value = namespace[name]
        if isinstance(value, ModuleType):
            found.values.append(f"import {value.__name__} as {name}")
        elif _imported(value, namespace):
            home = "numpy" if isinstance(value, np.ufunc) else value.__module__
            found.values.append(f"from {home} import {value.__name__} as {name}")
        elif isinstance(value, (FunctionType, type)):
            queue += sorted(_definition(name, value, found) - done)
        else:
            text = _constant(value)
            (found.values if text else found.missing).append(f"{name} = {text}" if text else name)
    if any("numpy." in line for line in found.values):
        found.values.insert(0, "import numpy")
    if any("import" in line for line in found.values):
        found.values.insert(0, f"import sys; sys.path.extend({_own_folders()})")
    return found


def _own_folders() -> list[str]:
    """Folders of the notebook's own modules, which another process does not look into."""
    return [
        str(Path(p).resolve()) for p in sys.path if "-packages" not in p and Path(p or ".").is_dir()
    ]


def _imported(value: Any, namespace: Mapping[str, Any]) -> bool:
    """Whether a function or class comes from another module, and can be had by an import."""
    module, name = getattr(value, "__module__", None), getattr(value, "__name__", None)
    if isinstance(value, np.ufunc):
        return getattr(np, str(name), None) is value
    own = ("__main__", namespace.get("__name__"))
    if not callable(value) or not isinstance(module, str) or module in own:
        return False
    return getattr(sys.modules.get(module), str(name), None) is value


def _definition(name: str, value: Callable[..., Any], found: Surroundings) -> set[str]:
    """Write a function or class down; return the names that it reads."""
    try:
        text = textwrap.dedent(inspect.getsource(value))
        tree = ast.parse(text)
    except (OSError, TypeError, SyntaxError):
        found.missing.append(name)
        return set()
    if name not in defined_in(tree):
        found.missing.append(name)
        return set()
    found.definitions[name] = text
    return used_in(tree)


def _constant(value: Any) -> str:
    """Return an expression for a value, "" when there is none."""
    if isinstance(value, np.ndarray) and value.dtype.kind in "fiub" and value.size <= _LARGEST:
        flat = [float(v) if value.dtype.kind == "f" else int(v) for v in value.ravel()]
        if not np.all(np.isfinite(flat)):
            return ""
        return f"numpy.array({flat}, dtype={str(value.dtype)!r}).reshape({value.shape})"
    text = repr(value)
    try:
        same = ast.literal_eval(text) == value
    except Exception:
        return ""
    return text if bool(same) and len(text) < _LARGEST else ""
