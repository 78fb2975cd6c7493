"""Imports of the target's own modules, and of what they expect to be installed.

A finder at the front of ``sys.meta_path`` answers for the target: ``nndl.x``, the folder's own
name, plain ``x`` for a sibling, packages that lie beside. All names of a module lead to one module
object. It also keeps away what must not be found: the bundled ``nndl`` and the suite, unless they
are the target.
"""

from __future__ import annotations

import ast
import os
import re
import sys
from collections.abc import Callable, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import Any

from .execution import Execution
from .source import Sources
from .stubs import DISPLAY, StubModule
from .survey import file_name
from .values import Layout

ROOT = "nndl"
_LATE = re.compile(r"(^[ \t]+|[:;][ \t]*)(from|import)\b", re.MULTILINE)
SUITE = frozenset({"nndl", "nndl_suite", "reference", "properties"})
_NEVER = frozenset({"numpy", "builtins", "_suite_child"}) | sys.stdlib_module_names


class TargetImports(MetaPathFinder, Loader):
    """Finder and loader of one target.

    Parameters
    ----------
    layout : Layout
        Where the code lies.
    progress : callable
        Told the name of each module of the target before it runs.
    """

    def __init__(self, layout: Layout, progress: Callable[[str], None]) -> None:
        self.layout = layout
        self._progress = progress
        self.sources = Sources()
        self.executions: dict[str, Execution] = {}
        self.active_stubs: list[str] = []
        self.permanent_stubs: set[str] = set()
        self._running: list[str] = []
        self.owned = {ROOT}
        if layout.root is not None:
            own = os.path.basename(layout.root)
            if own.isidentifier() and own not in _NEVER:
                self.owned.add(own)
            if not (layout.beside and os.path.isdir(os.path.join(layout.beside, "cs231n"))):
                self.owned.add("cs231n")

    def install(self) -> None:
        """Answer imports from now on."""
        sys.meta_path.insert(0, self)

    def remove(self) -> None:
        """Stop answering."""
        if self in sys.meta_path:
            sys.meta_path.remove(self)

    # finding

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: Any = None
    ) -> ModuleSpec | None:
        """Give the spec of a module of the target, of an alias, or of a stub."""
        top, _, rest = fullname.partition(".")
        if self._is_stub(fullname):
            return ModuleSpec(fullname, _Stubs(), is_package=True)
        if top in self.owned:
            return self._in_root(fullname, rest)
        if not rest:
            return self._top_level(fullname)
        parent = sys.modules.get(fullname.rpartition(".")[0])
        for entry in getattr(parent, "__path__", None) or ():
            if self.is_user_file(str(entry)) and (found := _locate(entry, fullname)):
                return self._spec(fullname, *found)
        return None

    def _is_stub(self, fullname: str) -> bool:
        stubs = (*self.active_stubs, *self.permanent_stubs)
        if any(fullname == name or fullname.startswith(name + ".") for name in stubs):
            return True
        top = fullname.partition(".")[0]
        if top not in DISPLAY:
            return False
        return top in self.layout.installed or PathFinder.find_spec(top) is not None

    def _in_root(self, fullname: str, rest: str) -> ModuleSpec | None:
        root = self.layout.root
        canonical = f"{ROOT}.{rest}" if rest else ROOT
        if root is None:
            raise ModuleNotFoundError(f"No module named {fullname!r}", name=fullname)
        if fullname != canonical:
            return ModuleSpec(fullname, _Alias(canonical))
        if not rest:
            return self._spec(ROOT, os.path.join(root, "__init__.py"), root)
        module = self.layout.file
        if module is not None and canonical == file_name(module, root, ROOT):
            return self._spec(canonical, module, None)
        folder = os.path.join(root, *rest.split(".")[:-1])
        found = _locate(folder, canonical)
        if found is None and (spec := PathFinder.find_spec(canonical, [folder])):
            return spec  # a compiled module
        if found is None:
            # Answering None would let an editable install's finder offer its own nndl.
            raise ModuleNotFoundError(f"No module named {fullname!r}", name=fullname)
        return self._spec(canonical, *found)

    def _top_level(self, name: str) -> ModuleSpec | None:
        if name in _NEVER:
            return None
        if self.layout.beside and (found := _locate(self.layout.beside, name)):
            return self._spec(name, *found)
        if self.layout.root and _locate(self.layout.root, name):
            return ModuleSpec(name, _Alias(f"{ROOT}.{name}"))
        own = self.layout.within or (self.layout.file and os.path.dirname(self.layout.file))
        if own and own != self.layout.root and _locate(own, name):  # a script's neighbour
            beside = os.path.join(own, f"{name}.py")
            return ModuleSpec(name, _Alias(file_name(beside, self.layout.root, ROOT)))
        spec = PathFinder.find_spec(name) if name in SUITE else None
        if name in SUITE and (spec is None or self._forbidden(spec.origin or "")):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return None

    def _forbidden(self, path: str) -> bool:
        return any(_inside(path, folder) for folder in self.layout.forbidden)

    def _spec(self, name: str, path: str, folder: str | None) -> ModuleSpec:
        spec = ModuleSpec(name, self, origin=path, is_package=folder is not None)
        if folder is not None:
            spec.submodule_search_locations = [folder]
        spec.has_location = True
        return spec

    def is_user_file(self, path: str) -> bool:
        """Whether a path lies in the target."""
        layout = self.layout
        if self._forbidden(path):
            return False
        folders = [f for f in (layout.root, layout.beside) if f is not None]
        if any(_inside(path, folder) for folder in folders):
            return "site-packages" not in path or "site-packages" in "".join(folders)
        return path == layout.file

    # loading

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        """Let Python make the module."""
        return None

    def exec_module(self, module: ModuleType) -> None:
        """Run the module's code, with everything that `Execution` puts up with."""
        assert module.__spec__ is not None
        path = str(module.__spec__.origin)
        name = module.__name__
        if not os.path.exists(path):  # a folder without __init__.py
            return
        skip = self.layout.skip.get(name, 0)
        execution = Execution(path, module.__dict__, skip, self.sources)
        self.executions[name] = execution
        self._running.append(name)
        self._progress(name)
        stubs = len(self.active_stubs)
        try:
            execution.run(self._stub)
        finally:
            self._running.pop()
            self._progress(self._running[-1] if self._running else "")
            for stub in self.active_stubs[stubs:]:
                self._forget(stub)
            del self.active_stubs[stubs:]
        for stub in _late_imports(execution):
            if not self.is_known(stub):
                self.permanent_stubs.add(stub)
                execution.notes.append(f"{stub} is not installed; an inert stand-in was used")

    def _stub(self, name: str) -> bool:
        """Offer an inert module for a name that could not be found."""
        if name in self.active_stubs or name in _NEVER:
            return False
        self.active_stubs.append(name)
        return True

    def _forget(self, stub: str) -> None:
        for name in list(sys.modules):
            if (name == stub or name.startswith(stub + ".")) and isinstance(
                sys.modules[name], StubModule
            ):
                del sys.modules[name]

    def is_known(self, top: str) -> bool:
        """Whether a top-level name can be imported without a stub."""
        if top in sys.builtin_module_names or top in self.owned or top in sys.modules:
            return True
        if self.layout.beside and _locate(self.layout.beside, top):
            return True
        if self.layout.root and _locate(self.layout.root, top):
            return True
        try:
            return PathFinder.find_spec(top) is not None
        except (ImportError, ValueError):
            return False


class _Stubs(Loader):
    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return StubModule(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        pass


class _Alias(Loader):
    """Gives the module of another name; its own spec stays."""

    def __init__(self, canonical: str) -> None:
        self._canonical = canonical

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        __import__(self._canonical)
        self._module = sys.modules[self._canonical]
        self._spec = self._module.__spec__
        return self._module

    def exec_module(self, module: ModuleType) -> None:
        module.__spec__ = self._spec


def _inside(path: str, folder: str) -> bool:
    path, folder = os.path.normcase(path), os.path.normcase(folder)
    return path == folder or path.startswith(folder.rstrip("/\\") + os.sep)


def _locate(folder: str, fullname: str) -> tuple[str, str | None] | None:
    """Give (file, package folder or None) of a module in a folder."""
    name = fullname.rpartition(".")[2]
    package = os.path.join(folder, name)
    init = os.path.join(package, "__init__.py")
    if os.path.isfile(init):
        return init, package
    if os.path.isfile(package + ".py"):
        return package + ".py", None
    if os.path.isdir(package) and any(f.endswith(".py") for f in os.listdir(package)):
        return init, package
    return None


def _late_imports(execution: Execution) -> list[str]:
    """Give top-level names that functions import when called, outside of any try."""
    found: dict[str, None] = {}

    def walk(node: ast.AST, inside: bool) -> None:
        if isinstance(node, ast.Try):
            return
        if inside and isinstance(node, ast.Import):
            found.update(dict.fromkeys(alias.name.split(".")[0] for alias in node.names))
        elif inside and isinstance(node, ast.ImportFrom) and not node.level and node.module:
            found[node.module.split(".")[0]] = None
        inside = inside or isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
        for child in ast.iter_child_nodes(node):
            walk(child, inside)

    source = execution.source
    if source is not None and _LATE.search(source.text):
        walk(source.tree, False)
    return list(found)
