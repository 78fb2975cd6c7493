"""Find functions in the source of a target, without running it."""

from __future__ import annotations

import ast
import importlib.util
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from ...implementation import TargetError, resolve_target
from ...implementation.child import source
from ...implementation.child.cells import Cells
from ...implementation.child.execution import is_definition
from ...implementation.child.survey import Module
from ..calling import Signature, signature_of, signature_of_fields
from ..values import Place, StepsError
from .instrument import functions_of, reachable

__all__ = ["COMPILED", "Project", "definitions_of", "open_project", "parse_file", "text_of"]

_SKIPPED = {"__pycache__", ".git", ".venv", "venv", "node_modules", "build", "dist", "tests"}
_LARGEST = 2_000_000
COMPILED = (".pyc", ".so", ".pyd")
_NOTEBOOK = ".ipynb"


class Project:
    """The source files of a target and the functions in them.

    `root` is the folder that has to be on the import path; `package` is the folder or file that
    the target names.
    """

    def __init__(self, root: Path, package: Path, label: str) -> None:
        self.root, self.package, self.label = root, package, label
        self._trees: dict[Path, ast.Module | None] = {}

    # files --------------------------------------------------------------------------------------
    def files(self) -> list[Path]:
        """Return the Python files, in the order in which `nndl check` looks into them."""
        if self.package.is_file():
            return [self.package]
        found = [
            path
            for path in self.package.rglob("*.py")
            if not _SKIPPED & set(path.relative_to(self.package).parts)
        ]
        return sorted(found, key=lambda p: Module(str(p), self.dotted(p), p.stem).rank)

    def modules(self) -> list[tuple[str, str]]:
        """Dotted names of all modules, with the path of those that are found by it."""
        package = self.package
        if package.is_file():
            by_path = package.suffix in COMPILED
            return [(self.dotted(package).partition(".cpython")[0], str(package) * by_path)]
        files = [*self.files(), *(p for p in package.rglob("*") if p.suffix in COMPILED)]
        return [
            (self.dotted(path).partition(".cpython")[0], "")
            for path in files
            if "__pycache__" not in path.parts
        ]

    def tree(self, path: Path) -> ast.Module | None:
        """Return the syntax tree of a file; None when it is no Python of this version."""
        if path not in self._trees:
            try:
                if path.suffix != _NOTEBOOK and (
                    path.stat().st_size > _LARGEST or path.suffix != ".py"
                ):
                    raise ValueError
                self._trees[path] = parse_file(path)
            except (OSError, SyntaxError, ValueError, RecursionError):
                self._trees[path] = None
        return self._trees[path]

    def dotted(self, path: Path) -> str:
        """Return the import name of a file."""
        parts = list(self.copied(path).with_suffix("").parts)
        if parts[-1] == "__init__":
            parts.pop()
        return ".".join(parts)

    def copied(self, path: Path) -> Path:
        """Return where a file lies in a copy of the project: a notebook is a module there."""
        inside = path.relative_to(self.root)
        if path.suffix != _NOTEBOOK:
            return inside
        # Its own name may be that of a module beside it, or of a package that it imports.
        return inside.with_name(re.sub(r"\W", "_", f"{path.stem}_notebook") + ".py")

    @property
    def cells(self) -> Cells:
        """The cells of a notebook; of any other target there are none."""
        return source.cells_of(str(self.package))

    # functions ----------------------------------------------------------------------------------
    def find(self, name: str, *, module: str | None = None) -> Place | None:
        """Find the function `name` ("f" or "Class.f"), first of all in a file `module`.py.

        A method is looked for in that file alone: two modules may have classes of one name. One
        that a class inherits is found in its base.
        """
        best: Place | None = None
        strict = module is not None and "." in name and not self.package.is_file()
        for path in self.files():
            tree = self.tree(path)
            node = None if tree is None else functions_of(tree).get(name)
            if node is None or (strict and path.stem != module):
                continue
            place = Place(name, self.root, path, self.dotted(path), node.lineno)
            if module is None or path.stem == module:
                return place
            best = best or place
        return best or self._inherited(name, module)

    def _inherited(self, name: str, module: str | None) -> Place | None:
        owner, _, method = name.rpartition(".")
        for path, node in self._classes(owner, module) if owner else ():
            for base in node.bases:
                wanted = f"{ast.unparse(base).rpartition('.')[2]}.{method}"
                found = self.find(wanted, module=path.stem) or self.find(wanted)
                if found is not None:
                    return found
        return None

    def _classes(self, name: str, module: str | None) -> Iterator[tuple[Path, ast.ClassDef]]:
        for path in self.files():
            tree = self.tree(path)
            if module is None or path.stem == module or self.package.is_file():
                for node in [] if tree is None else ast.walk(tree):
                    if isinstance(node, ast.ClassDef) and node.name == name:
                        yield path, node

    def owner(self, name: str) -> Place | None:
        """Return the place of a class, "C" or "module.C"."""
        module, _, plain = name.rpartition(".")
        for path, node in self._classes(plain, module.rpartition(".")[2] or None):
            return Place(plain, self.root, path, self.dotted(path), node.lineno)
        return None

    def definition(self, place: Place) -> ast.FunctionDef | None:
        """Return the definition of a function, None when its source is not known."""
        tree = self.tree(place.file)
        return None if tree is None else functions_of(tree).get(place.name)

    def signature(self, place: Place) -> Signature:
        """Return the arguments of a function."""
        node = self.definition(place)
        return Signature() if node is None else signature_of(node)

    def constructor(self, owner: str) -> Signature:
        """Return the arguments of a class."""
        place = self.find(f"{owner}.__init__")
        if place is not None:
            return self.signature(place)
        made = (signature_of_fields(node) for _, node in self._classes(owner, None))
        return next((one for one in made if one is not None), Signature(known=True))

    def returned(self, place: Place) -> list[str]:
        """Return the source of each part that the last return of a function gives."""
        node = self.definition(place)
        returns = [n for n in ast.walk(node) if isinstance(n, ast.Return)] if node else []
        if not returns or returns[-1].value is None:
            return []
        value = returns[-1].value
        return [ast.unparse(v) for v in (value.elts if isinstance(value, ast.Tuple) else [value])]

    def locals_of(self, place: Place) -> set[str]:
        """Return the names that a function binds, and those of the helpers that it calls."""
        tree = self.tree(place.file)
        if tree is None:
            return set()
        functions, found = functions_of(tree), set()
        for name in reachable(tree, [place.name]):
            for node in ast.walk(functions[name]):
                if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                    found.add(node.id)
                elif isinstance(node, ast.arg):
                    found.add(node.arg)
        return found


def parse_file(path: Path) -> ast.Module:
    """Parse a file; what this Python cannot read is tried as the loader reads old code.

    Raises
    ------
    SyntaxError
        It is no Python at all.
    """
    if path.suffix != _NOTEBOOK and path.stat().st_size <= source.MAX_BYTES:
        with suppress(SyntaxError, ValueError), open(path, "rb", opener=source.regular) as file:
            return ast.parse(file.read())
    return source.read_source(str(path)).tree


def text_of(path: Path) -> str:
    """Read a file as its author wrote it, the cells of a notebook one after the other."""
    if path.suffix == _NOTEBOOK:
        return source.read_text(str(path))[0]
    with open(path, "rb", opener=source.regular) as file:
        return file.read().decode("utf-8-sig", errors="replace")


def definitions_of(text: str) -> str:
    """Leave imports, definitions and cheap constants of a module, all on their lines."""
    lines = text.split("\n")
    for node in ast.parse(text).body:
        if not is_definition(node):
            lines[node.lineno - 1 : node.end_lineno] = [""] * (
                (node.end_lineno or node.lineno) - node.lineno + 1
            )
    return "\n".join(lines)


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
        top = found.root.resolve()
        return Project(top.parent if found.beside else top, path, text)
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
