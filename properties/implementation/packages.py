"""Which package a file belongs to, and which files of a folder are its author's own code."""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .child.source import read_source

_MOST_READ = 60
_MOST_FILES = 400
_DEEPEST = 6
_FOREIGN = re.compile(
    r"^(\.|__pycache__|venv|env|site-packages|node_modules|build|dist|checkpoint|"
    r"_?vendor(ed)?$|third_?party$|external$|extern$)"
)
_TESTS = re.compile(r"^(tests?|testing)$")
_TEST_FILE = re.compile(r"^(test_.*|.*_tests?|conftest|setup|noxfile)\.py$")
_ALWAYS_THE_ROOT = ("nndl", "cs231n")


def root_of(path: Path) -> Path | None:
    """The folder of the package that a file needs to be part of, by the imports it makes.

    It is no higher than these imports ask for: ``from ...x import y`` in ``a/b/c.py`` needs the
    folder above ``b`` to be inside of a package. None when it imports nothing of a package.
    """
    top: Path | None = None
    queue, seen = [path], {path}
    while queue and len(seen) < _MOST_READ:
        file = queue.pop(0)
        for folder, inside in _imports(file):
            if folder.parent == folder or not path.is_relative_to(folder):
                continue
            if top is None or (folder != top and top.is_relative_to(folder)):
                top = folder
            fresh = [one for one in inside if one not in seen and one.is_relative_to(folder)]
            queue += fresh
            seen |= set(fresh)
    return top


def _imports(file: Path) -> Iterator[tuple[Path, list[Path]]]:
    """Folders that have to be packages for the imports of a file, with the files they name."""
    try:
        tree = read_source(str(file)).tree
    except (SyntaxError, OSError):
        return
    above = list(file.parents)[:_DEEPEST]
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.level:
            if node.level > len(above):
                continue
            base = above[node.level - 1]
            names = [alias.name for alias in node.names]
            found = list(_files(base, (node.module or "").split("."), names))
            if found or node.level == 1:
                yield base, found
        elif isinstance(node, (ast.ImportFrom, ast.Import)):
            modules = (
                [node.module or ""]
                if isinstance(node, ast.ImportFrom)
                else [alias.name for alias in node.names]
            )
            for module in modules:
                parts = module.split(".")
                named = [folder for folder in above if folder.name == parts[0]]
                inside = list(_files(named[0], parts[1:], [])) if named else []
                if inside or named[:1] == above[:1]:
                    yield named[0], inside
                elif parts[0] in _ALWAYS_THE_ROOT:
                    yield above[0], []


def _files(base: Path, parts: list[str], names: list[str]) -> Iterator[Path]:
    place = base.joinpath(*[part for part in parts if part])
    for candidate in (place.with_suffix(".py"), place / "__init__.py"):
        if candidate.is_file():
            yield candidate
    for name in names:
        if (place / f"{name}.py").is_file():
            yield place / f"{name}.py"
        elif (place / name).is_dir() and name != "*":
            yield place / name / "__init__.py"


@dataclass(frozen=True, slots=True)
class Own:
    """The Python files of a folder: its author's code, and what is left out, with the reason."""

    files: tuple[Path, ...]
    left_out: tuple[tuple[str, str], ...]


def own_files(folder: Path) -> Own:
    """List the code of a folder without tests, notebooks, and what other people wrote.

    Examples
    --------
    >>> [path.name for path in own_files(Path(__file__).parent / "child" / "tracing").files][:2]
    ['__init__.py', 'algebra.py']
    """
    files: list[Path] = []
    left: list[tuple[str, str]] = []
    for place, folders, names in os.walk(folder):
        here = Path(place)
        depth = len(here.relative_to(folder).parts)
        kept = []
        for name in sorted(folders):
            if reason := _foreign(here / name):
                if reason != "hidden":
                    left.append((f"{(here / name).relative_to(folder)}/", reason))
            elif depth < _DEEPEST:
                kept.append(name)
        folders[:] = kept
        for name in sorted(names):
            path = here / name
            if name.endswith(".ipynb"):
                left.append((str(path.relative_to(folder)), "a notebook"))
            elif name.endswith(".py") and _TEST_FILE.match(name):
                left.append((str(path.relative_to(folder)), "tests"))
            elif name.endswith(".py"):
                files.append(path)
    kept_files = sorted(files, key=lambda path: (len(path.parts), str(path)))
    if len(kept_files) > _MOST_FILES:
        left.append((f"{len(kept_files) - _MOST_FILES} files", f"more than {_MOST_FILES} files"))
    return Own(tuple(kept_files[:_MOST_FILES]), tuple(left))


def _foreign(folder: Path) -> str:
    """Why a folder is left out; "" when it is not."""
    if folder.name.startswith((".", "__")):
        return "hidden"
    if (folder / "pyvenv.cfg").is_file() or _FOREIGN.match(folder.name):
        return "not the author's own"
    return "tests" if _TESTS.match(folder.name) else ""
