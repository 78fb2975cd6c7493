"""Find functions in the source of a target, without running it."""

from __future__ import annotations

import ast
import importlib.util
from collections.abc import Iterator
from pathlib import Path

from .values import Place, StepsError

__all__ = ["Project", "open_project", "parse_file"]

_SKIPPED = {"__pycache__", ".git", ".venv", "venv", "node_modules", "build", "dist", "tests"}
_LARGEST = 2_000_000


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
            place = Place(name, self.root, path, self._dotted(path), node.lineno)
            if module is None or path.stem == module:
                return place
            best = best or place
        return best if module is None or "." not in name or self.package.is_file() else None

    def _dotted(self, path: Path) -> str:
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
    from .rewrite import functions_of

    return functions_of(tree).get(name)


def open_project(target: str | None) -> Project:
    """Open a folder, a file or an import name; None is the bundled `nndl`.

    Raises
    ------
    StepsError
        There is no such folder, file or module, or its source cannot be found.
    """
    text = "nndl" if target in (None, "bundled") else str(target)
    path = Path(text)
    if target in (None, "bundled") or not path.exists():
        return _imported(text)
    path = path.resolve()
    if path.is_file():
        if path.suffix != ".py":
            raise StepsError(
                f"{text} is no Python file: give a .py file, a folder or an import name"
            )
        return Project(path.parent, path, text)
    if (path / "__init__.py").exists() or path.name == "nndl":
        return Project(path.parent, path, text)
    if (path / "nndl").is_dir():
        return Project(path, path / "nndl", text)
    inner = sorted(folder for folder in path.iterdir() if (folder / "layers.py").is_file())
    if inner and not any(path.glob("*.py")):
        return Project(path, inner[0], text)
    return Project(path, path, text)


def _imported(text: str) -> Project:
    bundled = Path(__file__).resolve().parents[2] / "nndl"
    if text == "nndl" and bundled.is_dir():
        return Project(bundled.parent, bundled, "bundled nndl")
    try:
        spec = importlib.util.find_spec(text.split(".")[0])
    except (ImportError, ValueError):
        spec = None
    if spec is None:
        raise StepsError(
            f"there is no file, folder or module {text!r}: give a folder with the "
            f"package nndl, a .py file, or a name that can be imported"
        )
    if spec.submodule_search_locations:
        package = Path(next(iter(spec.submodule_search_locations))).resolve()
        inner = package.joinpath(*text.split(".")[1:])
        if inner.with_suffix(".py").exists() and inner != package:
            inner = inner.with_suffix(".py")
        return Project(package.parent, inner if inner.exists() else package, text)
    if spec.origin is None or not spec.origin.endswith(".py"):
        raise StepsError(f"the module {text!r} has no Python source; the step debugger needs it")
    return Project(Path(spec.origin).resolve().parent, Path(spec.origin).resolve(), text)
