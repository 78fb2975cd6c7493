"""A small reading of Python 2: enough for homework, and with the same line numbers."""

from __future__ import annotations

import ast
import io
import itertools
import tokenize
from typing import Any

_METHODS = {"iteritems": "items", "itervalues": "values", "iterkeys": "keys"}
DIVIDE = "_python2_divide"
_OLD_NAMES = ("xrange", "raw_input", "unichr")

Edit = tuple[tuple[int, int], tuple[int, int], str]


def converted(text: str) -> str:
    """Rewrite print, exec and raise statements, ``except X, e``, ``<>`` and ``1L``.

    Examples
    --------
    >>> converted('print "loss", x\\n')
    'print( "loss", x)\\n'
    """
    edits: list[Edit] = []
    statement: list[tokenize.TokenInfo] = []
    depth = 0
    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type in (tokenize.INDENT, tokenize.DEDENT, tokenize.NL, tokenize.COMMENT):
                continue
            if token.type == tokenize.OP:
                depth += (token.string in "([{") - (token.string in ")]}")
            ends = token.type in (tokenize.NEWLINE, tokenize.ENDMARKER)
            if ends or (depth == 0 and token.string == ";"):
                edits += _statement(statement)
                statement = []
                continue
            statement.append(token)
            if depth == 0 and token.string == ":" and _is_header(statement):
                edits += _statement(statement)
                statement = []
    except (tokenize.TokenError, SyntaxError):
        pass
    return _applied(text, edits)


def _is_header(statement: list[tokenize.TokenInfo]) -> bool:
    words = {"if", "else", "elif", "for", "while", "try", "except", "finally", "with", "def"}
    return statement[0].string in words | {"class"}


def _statement(tokens: list[tokenize.TokenInfo]) -> list[Edit]:
    edits: list[Edit] = []
    for before, token in itertools.pairwise(tokens):
        if before.type == tokenize.NUMBER and before.end == token.start:
            if token.string in ("L", "l"):
                edits.append((token.start, token.end, ""))
            elif before.string == "0" and token.type == tokenize.NUMBER:
                edits.append((before.start, before.end, "0o"))
    edits += [(token.start, token.end, "!=") for token in tokens if token.string == "<>"]
    if not tokens or tokens[0].type != tokenize.NAME:
        return edits
    word, rest = tokens[0].string, tokens[1:]
    if word in ("print", "exec") and not (rest and rest[0].string in ("=", ".")):
        start = tokens[0].end
        if not rest:
            return [*edits, (start, start, "()")]
        if rest[0].string == ">>":
            comma = _comma(rest)
            if comma is None:
                return [*edits, (rest[0].start, rest[-1].end, "()")]
            edits.append((rest[0].start, comma.end, ""))
        edits.append((start, start, "("))
        edits.append((tokens[-1].end, tokens[-1].end, ")"))
    elif word == "except":
        comma = _comma(rest)
        if comma is not None:
            edits.append((comma.start, comma.end, " as"))
    elif word == "raise":
        comma = _comma(rest)
        if comma is not None:
            edits.append((comma.start, comma.end, "("))
            edits.append((tokens[-1].end, tokens[-1].end, ")"))
    return edits


def _comma(tokens: list[tokenize.TokenInfo]) -> tokenize.TokenInfo | None:
    depth = 0
    for token in tokens:
        if token.type == tokenize.OP:
            if token.string == "," and depth == 0:
                return token
            depth += (token.string in "([{") - (token.string in ")]}")
    return None


def _applied(text: str, edits: list[Edit]) -> str:
    lines = text.splitlines(keepends=True)
    for start, end, new in sorted(edits, key=lambda edit: (edit[0], edit[1]), reverse=True):
        if start[0] == end[0] and start[0] <= len(lines):
            line = lines[start[0] - 1]
            lines[start[0] - 1] = line[: start[1]] + new + line[end[1] :]
    return "".join(lines)


class _Modern(ast.NodeTransformer):
    def __init__(self, divide: bool) -> None:
        self.notes: dict[str, None] = {}
        self._divide = divide

    def visit_Call(self, node: ast.Call) -> Any:
        self.generic_visit(node)
        function = node.func
        if isinstance(function, ast.Attribute):
            if function.attr in _METHODS and not node.args:
                new = _METHODS[function.attr]
                self.notes[f"Python 2: .{function.attr}() was read as .{new}()"] = None
                function.attr = new
            elif function.attr == "has_key" and len(node.args) == 1:
                self.notes["Python 2: .has_key() was read as in"] = None
                function.attr = "__contains__"
        return node

    def visit_BinOp(self, node: ast.BinOp) -> Any:
        self.generic_visit(node)
        if self._divide and isinstance(node.op, ast.Div):
            name = ast.copy_location(ast.Name(DIVIDE, ast.Load()), node)
            return ast.copy_location(ast.Call(name, [node.left, node.right], []), node)
        return node


def uses_old_names(tree: ast.Module, text: str) -> bool:
    """Whether code that Python 3 can read calls what only Python 2 has: ``xrange``.

    Examples
    --------
    >>> for text in ("xrange(3)", "from six.moves import xrange; xrange(3)"):
    ...     uses_old_names(ast.parse(text), text)
    True
    False
    """
    likely = {name for name in _OLD_NAMES if name in text}
    if not likely:
        return False
    known: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            known.add(node.id)
        elif isinstance(node, ast.alias):
            known.add(node.asname or node.name)
        elif isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            known.add(node.name)
        elif isinstance(node, ast.arg):
            known.add(node.arg)
    used = {
        node.func.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }
    return "*" not in known and bool(likely & used - known)


def modernised(tree: ast.Module, text: str, *, python2: bool) -> tuple[ast.Module, list[str]]:
    """Replace dict methods that Python 3 lacks; in Python 2 code, let int / int round down."""
    if not python2 and not any(word in text for word in (*_METHODS, "has_key")):
        return tree, []  # most files: walking through them takes as long as parsing them
    future = any(
        isinstance(node, ast.ImportFrom)
        and node.module == "__future__"
        and any(alias.name == "division" for alias in node.names)
        for node in tree.body
    )
    walker = _Modern(divide=python2 and not future)
    tree = ast.fix_missing_locations(walker.visit(tree))
    return tree, list(walker.notes)


def divide(left: Any, right: Any) -> Any:
    """Divide as Python 2 does: whole numbers round down.

    Examples
    --------
    >>> divide(7, 2), divide(7.0, 2)
    (3, 3.5)
    """
    if isinstance(left, int) and isinstance(right, int):
        return left // right
    return left / right
