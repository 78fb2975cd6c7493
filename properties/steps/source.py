"""Find functions in the source of a target, without running it."""

from __future__ import annotations

import ast
import importlib.util
from collections.abc import Iterator
from pathlib import Path

from properties.implementation import TargetError, resolve_target

from .values import Place, StepsError

__all__ = ["COMPILED", "Project", "open_project", "parse_file"]

_SKIPPED = {"__pycache__", ".git", ".venv", "venv", "node_modules", "build", "dist", "tests"}
_LARGEST = 2_000_000
COMPILED = (".pyc", ".so", ".pyd")


class Project:
    """The source files of a target and the functions in them.

    `root` is the folder that has to be on the import path; `package` is the folder or file that
    the target names.
    """

    def __init__(self, root: Path, package: Path, label: str) -> None:
        self.root, self.package, self.label = root, package, label
        self._trees: dict[Path, ast.Module | None] = {}

    def files(self) -> Iterator[Path]:
        """Yield the Python files, the shallow ones first."""
        if self.package.is_file():
            yield self.package
            return
        found = [
            path
            for path in self.package.rglob("*.py")
            if not _SKIPPED & set(path.relative_to(self.package).parts)
        ]
        yield from sorted(found, key=lambda path: (len(path.parts), str(path)))

    def tree(self, path: Path) -> ast.Module | None:
        """Return the syntax tree of a file; None when it is no Python of this version."""
        if path not in self._trees:
            try:
                if path.stat().st_size > _LARGEST:
                    raise ValueError
                self._trees[path] = parse_file(path)
            except (OSError, SyntaxError, ValueError, RecursionError):
                self._trees[path] = None
        return self._trees[path]

    def find(self, name: str, *, module: str | None = None) -> Place | None:
        """Find the function `name` ("f" or "Class.f"), first of all in a file `module`.py.

        A method is looked for in that file alone: two modules may have classes of one name.
        """
        best: Place | None = None
        for path in self.files():
            tree = self.tree(path)
            node = None if tree is None else definition(tree, name)
            if node is None:
                continue
            place = Place(name, self.root, path, self.dotted(path), node.lineno)
            if module is None or path.stem == module:
                return place
            best = best or place
        return best if module is None or "." not in name or self.package.is_file() else None

    def dotted(self, path: Path) -> str:
        """Return the import name of a file."""
        parts = list(path.relative_to(self.root).with_suffix("").parts)
        if parts[-1] == "__init__":
            parts.pop()
        return ".".join(parts)


def parse_file(path: Path) -> ast.Module:
    """Parse a file; what this Python cannot read is tried as the loader reads old code.

    Raises
    ------
    SyntaxError
        It is no Python at all.
    """
    try:
        return ast.parse(path.read_bytes())
    except (SyntaxError, ValueError):
        from properties.implementation.child.source import read_source

        return read_source(str(path)).tree


def definition(tree: ast.Module, name: str) -> ast.FunctionDef | None:
    """Return the last definition of a function, method or named lambda in a module."""
    from .rewrite.instrument import functions_of

    return functions_of(tree).get(name)


def open_project(target: str | None) -> Project:
    """Open a folder, a file or an import name, found as `nndl check` finds it.

    Raises
    ------
    StepsError
        There is no such folder, file or module, or it is not written in Python.
    """
    try:
        found = resolve_target(target)
    except TargetError as error:
        compiled = None if target is None else _compiled(target)
        if compiled is not None:
            return compiled
        raise StepsError(str(error)) from error
    path, text = found.path.resolve(), found.text
    if found.kind == "bundled":
        return Project(path.parent, path, "bundled nndl")
    if found.kind == "import":
        return Project(path.parents[text.count(".")], path, text)
    if path.is_file():
        # A file with relative imports is part of a package, which is imported as a whole.
        return Project(path.parent.parent if found.beside else path.parent, path, text)
    if found.kind == "folder" or (path / "__init__.py").exists() or path.name == "nndl":
        return Project(path.parent, path, text)
    return Project(path, path, text)


def _compiled(text: str) -> Project | None:
    """Open a compiled module, or a folder of them: it has functions, but no source."""
    path = Path(text).expanduser().resolve()
    if path.is_file():
        return Project(path.parent, path, text) if path.suffix in COMPILED else None
    if path.is_dir():
        inside = any(
            p.suffix in COMPILED and p.parent.name != "__pycache__" for p in path.iterdir()
        )
        root = path.parent if any(path.glob("__init__.*")) else path
        return Project(root, path, text) if inside else None
    try:
        spec = importlib.util.find_spec(text)
    except (ImportError, ValueError):
        return None
    if spec is None or not spec.origin or Path(spec.origin).suffix not in COMPILED:
        return None
    place = Path(spec.origin).resolve()
    return Project(place.parents[text.count(".")], place, text)
