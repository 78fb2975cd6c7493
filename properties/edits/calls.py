"""Changes of calls: reductions and their axes, products, functions that wrap a value, indices."""

from __future__ import annotations

import ast
import copy
from dataclasses import dataclass

from .edit import Changes, Made, Site, binary, method, of_numpy, transposed

REDUCTIONS = frozenset({"sum", "mean", "max", "min", "prod", "var", "std"})
_PRODUCTS = frozenset(
    {"dot", "matmul", "outer", "multiply", "where", "maximum", "minimum", "divide", "subtract"}
)
_WRAPPERS = (
    *("exp", "log", "sqrt", "square", "abs", "copy", "zeros_like", "ones_like", "tanh"),
    *("maximum", "inv", "trace"),
)
_COUNTERPARTS = {
    "max": "min",
    "min": "max",
    "maximum": "minimum",
    "minimum": "maximum",
    "argmax": "argmin",
    "argmin": "argmax",
    "var": "std",
    "std": "var",
    "zeros_like": "ones_like",
    "ones_like": "zeros_like",
}
MODULES = ("np", "numpy", "jnp", "math")
_AXES = ("0", "1", None, "-1", "2")


@dataclass(frozen=True, slots=True)
class Called:
    """A call with a dot: what is called, and the arguments beside the array it is called on."""

    node: ast.Call
    function: ast.Attribute

    @property
    def name(self) -> str:
        return self.function.attr

    @property
    def on_numpy(self) -> bool:
        """Whether it is ``np.sum(x)`` and not ``x.sum()``."""
        owner = self.function.value
        return isinstance(owner, ast.Name) and owner.id in MODULES

    @property
    def operands(self) -> list[ast.expr]:
        return self.node.args if self.on_numpy else [self.function.value, *self.node.args]

    def keyword(self, wanted: str) -> ast.expr | None:
        return next((k.value for k in self.node.keywords if k.arg == wanted), None)

    @property
    def axis(self) -> ast.expr | None:
        """The axis, given by name or by place."""
        by_place = self.operands[1:2] if self.name in REDUCTIONS else []
        return self.keyword("axis") or next(iter(by_place), None)

    def with_options(self, axis: str | None, *, keepdims: bool) -> ast.Call:
        """The same over another axis, written as it was."""
        by_name = self.keyword("axis") is not None or self.axis is None
        keywords = [k for k in self.node.keywords if k.arg not in ("axis", "keepdims")]
        args = list(self.node.args) if by_name else self.node.args[: 1 if self.on_numpy else 0]
        if axis is not None:
            value = ast.parse(axis, mode="eval").body
            if by_name:
                keywords.insert(0, ast.keyword("axis", value))
            else:
                args = [*args, value]
        if keepdims:
            keywords.append(ast.keyword("keepdims", ast.Constant(True)))
        return ast.Call(self.function, args, keywords)

    def named(self, other: str) -> ast.Call:
        """The same call of another function."""
        function = ast.Attribute(self.function.value, other, ast.Load())
        return ast.Call(function, self.node.args, self.node.keywords)

    def on(self, left: ast.expr, right: ast.expr) -> ast.Call:
        """The same call of two other operands."""
        if self.on_numpy:
            return ast.Call(self.function, [left, right], self.node.keywords)
        function = ast.Attribute(left, self.name, ast.Load())
        return ast.Call(function, [right], self.node.keywords)


def called(node: ast.AST) -> Called | None:
    """A call with a dot, None where a node is none."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        return Called(node, node.func)
    return None


def reductions(site: Site) -> Changes:
    """Another axis, shape or kind of reduction, or none."""
    call = called(site.node)
    if call is None:
        return
    if call.name in REDUCTIONS and not _is_of_math(call):
        yield from _axes(call)
        yield from _other_reductions(call)
    elif call.keyword("axis") is not None:
        yield from _axes(call, ("0", "1", None))
    yield from _shares(site)


def _is_of_math(call: Called) -> bool:
    return ast.unparse(call.function.value) == "math"


def _axes(call: Called, axes: tuple[str | None, ...] = _AXES) -> Changes:
    had = None if call.axis is None else ast.unparse(call.axis)
    kept = call.keyword("keepdims") is not None
    for axis in axes:
        for keepdims in (kept, not kept):
            if (axis, keepdims) == (had, kept) or (keepdims and axes is not _AXES):
                continue
            if keepdims == kept:
                flip = {axis, had} == {"0", "1"}
                operator = "axis dropped" if axis is None else "another axis"
                operator = "axis flipped" if flip else operator
            elif axis == had and (kept or axis is not None):
                operator = "keepdims dropped" if kept else "keepdims added"
            else:
                operator = "axis and keepdims"
            new = call.with_options(axis, keepdims=keepdims)
            yield Made(operator, new, 2.0 if axis == had else 1.0)


def _other_reductions(call: Called) -> Changes:
    for other in ("sum", "mean"):
        if other != call.name:
            yield Made(f"{call.name} to {other}", call.named(other))
    inner = call.operands[0] if call.operands else None
    if inner is None:
        return
    yield Made("drop reduction", inner, 2.0, words=f"without the {call.name}")
    if call.name == "sum":
        yield Made("root of a sum", of_numpy("sqrt", call.node), 3.0)
    if call.name == "var":
        keywords = [*call.node.keywords, ast.keyword("ddof", ast.Constant(1))]
        yield Made("ddof added", ast.Call(call.function, call.node.args, keywords), 2.0)
    if call.axis is not None and ast.unparse(call.axis) == "0":
        for place in (0, -1):
            one = ast.Subscript(inner, ast.Constant(place), ast.Load())
            yield Made("one row alone", one, 3.0)


def _shares(site: Site) -> Changes:
    """A sum divided by a number of the sizes."""
    values = site.scope.values or {}
    for size, value in values.items():
        if isinstance(value, int) and not isinstance(value, bool):
            read = ast.Name(size, ast.Load())
            for divisor in (read, of_numpy("sqrt", read)):
                yield Made("divided by a size", binary(site.node, ast.Div(), divisor), 3.0)


def products(site: Site) -> Changes:
    """Operands exchanged or transposed, entries for a product of matrices; sums of products."""
    node = site.node
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.MatMult):
        yield from _shares(site)
    call = called(node)
    if call is None or call.name not in _PRODUCTS:
        return
    parts = call.operands
    if call.name == "where" and len(parts) == 3:
        new = copy.copy(call.node)
        new.args = [parts[0], parts[2], parts[1]]
        yield Made("values of where exchanged", new)
        return
    if len(parts) != 2:
        return
    a, b = parts
    yield Made("operands exchanged", call.on(b, a))
    if call.name not in ("dot", "matmul"):
        yield Made("product of matrices", binary(a, ast.MatMult(), b), 2.0)
        return
    ta, tb = transposed(a), transposed(b)
    for left, right, cost in (
        (ta, b, 1.0),
        (a, tb, 1.0),
        (ta, tb, 2.0),
        (tb, ta, 2.0),
        (tb, a, 2.0),
        (b, ta, 2.0),
    ):
        yield Made("transposed operands", call.on(left, right), cost)
    yield Made("product of entries", binary(a, ast.Mult(), b), 2.0)


def wrappers(site: Site) -> Changes:
    """A function left out, closed too early, or its neighbour."""
    call = called(site.node)
    if call is None:
        return
    if call.name in _COUNTERPARTS:
        other = _COUNTERPARTS[call.name]
        yield Made(f"{call.name} to {other}", call.named(other))
    if call.name == "log":
        for other in ("log2", "log10"):
            yield Made("another logarithm", call.named(other), 3.0)
    if call.name in _WRAPPERS and call.node.args:
        inner = call.node.args[-1]
        yield Made("drop call", inner, 2.0, words=f"without {call.name}")
        if len(call.node.args) == 1 and isinstance(inner, ast.BinOp):
            first = ast.Call(call.function, [inner.left], [])
            yield Made("closed too early", binary(first, inner.op, inner.right), 3.0)


def indices(site: Site) -> Changes:
    """``a[rows, y]`` takes one entry of each row, ``a[:, y]`` whole columns."""
    node = site.node
    if not isinstance(node, ast.Subscript):
        return
    inner, index = called(node.value), node.slice
    if isinstance(index, ast.Tuple):
        if inner is not None and inner.name in REDUCTIONS and inner.axis is not None:
            for axis in ("0", None):  # a value for each column, or one for all, for each row's
                new: ast.expr = inner.with_options(axis, keepdims=False)
                yield Made("rows for columns", new, 3.0)
        if isinstance(index.elts[0], ast.Name):
            whole = ast.Tuple([ast.Slice(), *index.elts[1:]], ast.Load())
            new = ast.Subscript(node.value, whole, node.ctx)
            yield Made("whole columns", new, 2.0)
    elif inner is not None and inner.name == "eye":
        words = "with [:, y] in place of [rows, y]: whole columns change"
        yield Made("whole columns", method(node, "max", ast.Constant(0)), 3.0, words=words)
