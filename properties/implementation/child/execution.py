"""Running the code of one module, and getting its functions out even when it fails half-way."""

from __future__ import annotations
import __future__

import ast
import builtins
import functools
import linecache
from collections.abc import Callable
from typing import Any

from .blame import one_line, surroundings
from .list_index import HELPER, list_index, read_list_indices
from .numpy_names import put_back
from .python2 import DIVIDE, divide
from .source import Source, Sources, cells_of
from .stubs import Inert

WHOLE, DEFINITIONS, NOTHING = 0, 1, 2
"""How much of a module is run: all; imports, functions, classes and constants; none of it."""

_PYTHON_2 = {
    "xrange": range,
    "unicode": str,
    "long": int,
    "basestring": (str, bytes),
    "raw_input": builtins.input,
    "unichr": chr,
    "reduce": functools.reduce,
}
MAX_STUBS = 30


class Execution:
    """One module on its way to life.

    Attributes
    ----------
    source : Source or None
        The parsed file.
    notes : list of str
        What had to be done for it.
    failure : str
        Why part of the module did not run; empty if all of it did.
    blame : str
        ``code`` or ``surroundings``, for `failure`.
    """

    def __init__(self, path: str, namespace: dict[str, Any], skip: int, sources: Sources) -> None:
        self.path = path
        self._sources = sources
        self.namespace = namespace
        self.skip = skip
        self.source: Source | None = None
        self.notes: list[str] = []
        self.mentions_random = False
        self.failure = ""
        self.blame = "code"

    def run(self, stub: Callable[[str], bool]) -> None:
        """Run the module; `stub` is asked to supply a missing module. Raises only SyntaxError."""
        if self.skip >= NOTHING:
            self.failure = "it hangs or ends the process when it is imported"
            return
        source = self._sources.read(self.path)
        if not isinstance(source, Source):
            self.failure = one_line(source)
            line = getattr(source, "lineno", None)
            if line:
                self.failure = f"{cells_of(self.path).say(line)}: {self.failure}"
            raise source
        self.source = source
        self.notes += self.source.notes
        self.mentions_random = "rand" in self.source.text
        tree = self.source.tree
        lines = self.source.text.splitlines(keepends=True)
        linecache.cache[self.path] = (len(self.source.text), None, lines, self.path)
        self._prepare(tree)
        if self.skip:
            tree = ast.Module([node for node in tree.body if is_definition(node)], [])
            self.failure = "its import hangs or ends the process; only its definitions were used"
            self._by_statement(tree, stub)
            return
        clean = dict(self.namespace)
        for _ in range(MAX_STUBS):
            try:
                exec(compile(tree, self.path, "exec", dont_inherit=True), self.namespace)
                return
            except ModuleNotFoundError as error:
                missing = error.name or ""
                if not missing or not stub(missing):
                    break
                self.notes.append(f"{missing} is not installed; an inert stand-in was used")
            except BaseException:
                break
            self.namespace.clear()
            self.namespace.update(clean)
        self.namespace.clear()
        self.namespace.update(clean)
        self._by_statement(tree, stub)

    def _prepare(self, tree: ast.Module) -> None:
        nodes = list(ast.walk(tree))
        self.notes += put_back(nodes)
        found = read_list_indices(tree, nodes)
        if found:
            self.notes += found
            self.namespace[HELPER] = list_index
        used: set[str] = set()
        bound: set[str] = set()
        for node in nodes:
            if isinstance(node, ast.Name):
                (used if isinstance(node.ctx, ast.Load) else bound).add(node.id)
            elif isinstance(node, ast.alias):
                bound.add(node.asname or node.name)
            elif isinstance(node, (ast.FunctionDef, ast.ClassDef)):
                bound.add(node.name)
            elif isinstance(node, ast.arg):
                bound.add(node.arg)
        for name in sorted((used - bound) & _PYTHON_2.keys()):
            self.namespace[name] = _PYTHON_2[name]
            self.notes.append(f"Python 2: {name} was supplied")
        if DIVIDE in used:
            self.namespace[DIVIDE] = divide

    def _by_statement(self, tree: ast.Module, stub: Callable[[str], bool]) -> None:
        """Run statement by statement; one that fails is left out, and the first is reported."""
        flags = _future_flags(tree)
        for node in tree.body:
            code = compile(ast.Module([node], []), self.path, "exec", flags, dont_inherit=True)
            for _ in range(MAX_STUBS):
                try:
                    exec(code, self.namespace)
                except ModuleNotFoundError as error:
                    if error.name and stub(error.name):
                        continue
                    self._failed(node, error)
                except BaseException as error:
                    self._failed(node, error)
                break

    def _failed(self, node: ast.stmt, error: BaseException) -> None:
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            for alias in node.names:
                name = alias.asname or alias.name.split(".")[0]
                if name != "*":
                    self.namespace.setdefault(name, Inert(name, strict=True))
        if not self.failure:
            where = cells_of(self.path).say(node.lineno)
            self.failure = f"{where} fails at import: {one_line(error)}"
            self.blame = "surroundings" if surroundings(error) else "code"


def _future_flags(tree: ast.Module) -> int:
    flags = 0
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and node.module == "__future__":
            for alias in node.names:
                flags |= getattr(getattr(__future__, alias.name, None), "compiler_flag", 0)
    return flags


def is_definition(node: ast.stmt) -> bool:
    """Whether a statement defines something and takes no time for it."""
    if isinstance(node, (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef)):
        return True
    if isinstance(node, (ast.Assign, ast.AnnAssign)):
        calls = [n for n in ast.walk(node) if isinstance(n, ast.Call)]
        return all(_is_cheap(call.func) for call in calls)
    if isinstance(node, ast.Try):
        return all(is_definition(n) for n in node.body)
    if isinstance(node, ast.If):
        return all(is_definition(n) for n in (*node.body, *node.orelse))
    return False


_CHEAP = (len, sorted, list, tuple, set, dict, zip, enumerate, range, min, max, int, float)
"""Builtins that make constants."""


def _is_cheap(function: ast.expr) -> bool:
    """Whether a call is one of numpy or of a builtin that makes constants."""
    if isinstance(function, ast.Name) and getattr(builtins, function.id, None) in _CHEAP:
        return True
    while isinstance(function, ast.Attribute):
        function = function.value
    return isinstance(function, ast.Name) and function.id in {"np", "numpy", "math"}
