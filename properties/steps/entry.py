"""A module of ours through which functions are reached whose definition no source shows.

What exec made, what a star import brought, what is compiled: such names are known only once the
modules are imported, and that happens in the child process.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from .source import COMPILED, Project

__all__ = ["FOUND", "write_entry"]

FOUND = "steps_found"

_TEXT = """
import importlib, importlib.util, sys
sys.path.insert(0, {root!r})

def _modules():
    for name, path in {modules!r}:
        try:
            if path:
                spec = importlib.util.spec_from_file_location(name, path)
                module = importlib.util.module_from_spec(spec)
                spec.loader.exec_module(module)
            else:
                module = importlib.import_module(name)
        except Exception:
            continue
        yield module

_loaded = list(_modules())

def _find(name):
    for module in _loaded:
        found = getattr(module, name, None)
        if callable(found):
            return found
    return None

_found = {{name: _find(name) for name in {names!r}}}

def {present}():
    return [name for name in _found if _found[name] is not None]
"""
_FUNCTION = """
def {name}(*args, **kwargs):
    return _found[{name!r}](*args, **kwargs)
"""


def write_entry(folder: Path, project: Project, names: Sequence[str]) -> Path:
    """Write the module into a folder; it defines `names`, and says which of them it has found."""
    path = folder.resolve() / "steps_plain.py"
    text = _TEXT.format(
        root=str(project.root), modules=list(_modules(project)), names=list(names), present=FOUND
    )
    text += "".join(_FUNCTION.format(name=name) for name in names)
    path.write_text(text, encoding="utf-8")
    return path


def _modules(project: Project) -> Iterator[tuple[str, str]]:
    """Dotted names of the project's modules, with the path of those that are found by it."""
    package = project.package
    if package.is_file():
        by_path = package.suffix in COMPILED
        yield project.dotted(package).partition(".cpython")[0], str(package) if by_path else ""
        return
    files = [*project.files(), *(p for p in package.rglob("*") if p.suffix in COMPILED)]
    for path in files:
        if "__pycache__" not in path.parts:
            yield project.dotted(path).partition(".cpython")[0], ""
