"""Which file of a target defines which contract function, found out without running any of it."""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from .source import regular
from .values import Layout

STEMS = (
    "layers",
    "layer_utils",
    "autoencoder",
    "gplvm",
    "conv_layers",
    "conv_layer_utils",
    "optim",
    "fc_net",
    "neural_net",
    "solver",
    "cnn",
    "data_utils",
    "gradient_check",
    "vis_utils",
)
"""The contract's modules, in the order in which they are searched."""

_SKIPPED = re.compile(r"^(\.|__pycache__|venv|env|site-packages|build|dist|checkpoint)")
MAX_FILES = 2000
MAX_DEPTH = 4


@dataclass(frozen=True, slots=True)
class Module:
    """A Python file of the target and the name under which it is imported."""

    path: str
    name: str
    stem: str

    @property
    def rank(self) -> tuple[int, int, str]:
        """Sort key: contract modules first, then shallow ones."""
        rank = STEMS.index(self.stem) if self.stem in STEMS else len(STEMS)
        return rank, self.name.count("."), self.name


def _python_files(folder: str, depth: int = 0) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Give (path, parts of the dotted name) of the Python files below a folder."""
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError:
        return
    for entry in entries:
        stem, extension = os.path.splitext(entry.name)
        # os.path says no of a link that leads to itself; the entry would raise.
        if extension == ".py" and os.path.isfile(entry):
            yield entry.path, (stem,)
        elif depth < MAX_DEPTH and not _SKIPPED.match(entry.name) and os.path.isdir(entry):
            for path, parts in _python_files(entry.path, depth + 1):
                yield path, (entry.name, *parts)


def modules_of(layout: Layout, root_name: str) -> list[Module]:
    """List the modules that may define contract functions, in order of preference."""
    if layout.file is not None:
        stem = os.path.splitext(os.path.basename(layout.file))[0]
        return [Module(layout.file, file_name(layout.file, layout.root, root_name), stem)]
    found: list[Module] = []
    if layout.root is not None:
        start = layout.within or layout.root
        above = () if start == layout.root else tuple(_parts(start, layout.root))
        for path, below in _python_files(start):
            parts = (*above, *below)
            parts = parts[:-1] if parts[-1] == "__init__" else parts
            name = ".".join((root_name, *parts))
            found.append(Module(path, name, parts[-1] if parts else "__init__"))
            if len(found) >= MAX_FILES:
                break
    found.sort(key=lambda module: module.rank)
    if layout.beside is not None and layout.search_beside:
        known = {module.path for module in found}
        beside = []
        for path, parts in _python_files(layout.beside, depth=1):
            if path not in known and all(part.isidentifier() for part in parts):
                parts = parts[:-1] if parts[-1] == "__init__" and len(parts) > 1 else parts
                beside.append(Module(path, ".".join(parts), parts[-1]))
                if len(beside) >= MAX_FILES:
                    break
        found += sorted(beside, key=lambda module: module.rank)
    return found


def file_name(path: str, root: str | None, root_name: str) -> str:
    """Name of the module of a file, below a root.

    >>> file_name("/p/a/b-1.py", "/p", "nndl"), file_name("/p/c.py", "/p", "nndl")
    ('nndl.a.b_1', 'nndl.c')
    """
    stem = os.path.splitext(os.path.basename(path))[0]
    parts = _parts(os.path.dirname(path), root or os.path.dirname(path))
    return ".".join((root_name, *parts, re.sub(r"\W", "_", stem)))


def surveyed(layout: Layout, known: Sequence[Module], root_name: str) -> list[Module]:
    """The modules of the files that a layout wants surveyed, in their order."""
    names = {module.path: module for module in known}
    return [names.get(path) or _named(path, layout, root_name) for path in layout.surveyed]


def _named(path: str, layout: Layout, root_name: str) -> Module:
    stem = os.path.splitext(os.path.basename(path))[0]
    if layout.root and os.path.commonpath([path, layout.root]) == layout.root:
        return Module(path, file_name(path, layout.root, root_name), stem)
    return Module(path, ".".join((*_parts(os.path.dirname(path), layout.beside or ""), stem)), stem)


def _parts(folder: str, root: str) -> list[str]:
    relative = os.path.relpath(folder, root)
    return [] if relative == os.curdir else relative.split(os.sep)


@dataclass(frozen=True, slots=True)
class Definition:
    """Where a name is bound at the top level of a file; ``own`` is false for an import."""

    line: int
    end_line: int
    own: bool


def definitions(tree: ast.Module) -> dict[str, Definition]:
    """Give the names that a module binds at its top level, also inside if, try and with."""
    found: dict[str, Definition] = {}
    _bind(tree.body, found)
    return found


def _bind(body: Sequence[ast.stmt], found: dict[str, Definition]) -> None:
    for node in body:
        place = Definition(node.lineno, node.end_lineno or node.lineno, own=True)
        if isinstance(node, (ast.FunctionDef, ast.ClassDef, ast.AsyncFunctionDef)):
            first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
            found[node.name] = Definition(first, place.end_line, own=True)
        elif isinstance(node, ast.Assign):
            for target in node.targets:
                for part in ast.walk(target):
                    if isinstance(part, ast.Name):
                        found[part.id] = place
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            found[node.target.id] = place
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            for alias in node.names:
                name = alias.asname or alias.name.split(".")[0]
                found.setdefault(name, Definition(node.lineno, place.end_line, own=False))
        elif isinstance(node, (ast.If, ast.For, ast.While, ast.With)):
            _bind(node.body, found)
            _bind(getattr(node, "orelse", []), found)
        elif isinstance(node, ast.Try):
            bodies = (node.body, node.orelse, node.finalbody, *(h.body for h in node.handlers))
            for body_part in bodies:
                _bind(body_part, found)


def mentions(path: str, words: re.Pattern[bytes]) -> bool:
    """Whether any of the wanted names occurs in a file at all; cheaper than parsing it."""
    try:
        with open(path, "rb", opener=regular) as file:
            data = file.read(5_000_000)
    except OSError:
        return False
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return True
    return words.search(data) is not None
