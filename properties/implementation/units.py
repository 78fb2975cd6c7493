"""Which functions of a target have changed: by their syntax trees, and those of what they use.

Nothing is run. Where the text does not tell what a function uses, it is taken to use everything.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from .child.source import read_source
from .child.survey import modules_of
from .packages import own_files
from .target import Target

_DYNAMIC = frozenset({"eval", "exec", "globals", "locals", "__import__", "import_module", "vars"})
_MOST_FILES = 400


@dataclass(frozen=True, slots=True)
class Unit:
    """A function or class at the top level of a file: its tree as text, and the names in it."""

    name: str
    tree: str
    line: int
    names: frozenset[str]
    dynamic: bool


@dataclass(frozen=True, slots=True)
class Digest:
    """What definitions say, and where they stand."""

    tree: str
    places: str

    def is_other(self, before: Digest, *, places: bool) -> bool:
        """Whether anything has changed since, or moved if ``places`` count."""
        return self.tree != before.tree or (places and self.places != before.places)


@dataclass(slots=True)
class Units:
    """All of a target's own code, by name; ``rest`` is what stands outside of definitions.

    ``stamps`` tell whether a file was written meanwhile.
    """

    named: dict[str, list[Unit]] = field(default_factory=dict)
    rest: list[str] = field(default_factory=list)
    stamps: list[tuple[str, int, int]] = field(default_factory=list)

    def digest(self, roots: Iterable[str], *, used_by: bool = False) -> Digest:
        """What changes when something does that the definitions of these names use.

        Parameters
        ----------
        roots
            Names of functions and classes.
        used_by
            Whether those that mention them count too.
        """
        queue, seen = list(roots), set[str]()
        if used_by:
            wanted = set(queue)
            queue += [u.name for units in self.named.values() for u in units if u.names & wanted]
        found: list[Unit] = []
        while queue:
            name = queue.pop()
            if name in seen:
                continue
            seen.add(name)
            for unit in self.named.get(name, ()):
                found.append(unit)
                queue += self.named if unit.dynamic else unit.names & self.named.keys()
        trees = [f"{unit.name}\0{unit.tree}" for unit in found]
        lines = [f"{unit.name}\0{unit.line}" for unit in found]
        return Digest(_hash(sorted(trees) + self.rest), _hash(sorted(lines)))


def _hash(parts: list[str]) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def units_of(target: Target) -> Units:
    """Read the files of a target, and those beside it that they import.

    Raises
    ------
    SyntaxError
        One does not parse, as a file that is half written.
    OSError
        One cannot be read.
    """
    found = Units()
    queue = list(_files(target))
    seen: set[Path] = set()
    while queue and len(seen) < _MOST_FILES:
        file = queue.pop(0)
        if file in seen:
            continue
        seen.add(file)
        state = file.stat()
        found.stamps.append((str(file), state.st_mtime_ns, state.st_size))
        tree = read_source(str(file)).tree
        _take(tree, found)
        queue += _imported(tree, file)
    found.rest.sort()
    return found


def _files(target: Target) -> Iterator[Path]:
    if target.path.is_file():
        yield target.path
        return
    for module in modules_of(target.layout(), "nndl"):
        yield Path(module.path)
    yield from own_files(target.path).files


def _imported(tree: ast.Module, file: Path) -> Iterator[Path]:
    """Files that a file imports from its own folder, or those around it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or "", *(f"{node.module}.{a.name}" for a in node.names)]
            names += [alias.name for alias in node.names] if not node.module else []
        else:
            continue
        for name in filter(None, names):
            for folder in list(file.parents)[:3]:
                place = folder.joinpath(*name.split("."))
                for candidate in (place.with_suffix(".py"), place / "__init__.py"):
                    if candidate.is_file():
                        yield candidate


def _take(tree: ast.Module, found: Units) -> None:
    for node in tree.body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            found.named.setdefault(node.name, []).append(_unit(node))
        else:
            found.rest.append(ast.dump(node))


def _unit(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> Unit:
    names: set[str] = set()
    dynamic = False
    for part in ast.walk(node):
        if isinstance(part, ast.Name):
            names.add(part.id)
        elif isinstance(part, ast.Attribute):
            names.add(part.attr)
        elif isinstance(part, ast.alias):
            names.add(part.name.rpartition(".")[2])
        elif isinstance(part, ast.Constant) and isinstance(part.value, str):
            names.add(part.value)
        elif isinstance(part, ast.Call) and isinstance(part.func, ast.Name):
            named = len(part.args) > 1 and isinstance(part.args[1], ast.Constant)
            dynamic |= part.func.id == "getattr" and not named
    dynamic |= bool(names & _DYNAMIC)
    return Unit(node.name, ast.dump(node), node.lineno, frozenset(names), dynamic)
