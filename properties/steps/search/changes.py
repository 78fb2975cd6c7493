"""Small changes of one expression: another operator, sign, axis, transpose, name or factor."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence

from ..rewrite.trees import clone

__all__ = ["SIGNS", "Change", "changes"]

_REDUCTIONS = {"sum", "mean", "max", "min", "prod", "var", "std"}
SIGNS: dict[type[ast.operator], str] = {
    ast.Add: "+",
    ast.Sub: "−",
    ast.Mult: "*",
    ast.Div: "/",
    ast.MatMult: "@",
    ast.Pow: "**",
    ast.FloorDiv: "//",
    ast.Mod: "%",
}
Change = tuple[ast.expr, str, float]


def changes(
    node: ast.expr, names: Sequence[str], *, inside: bool = False, whole: bool = False
) -> Iterator[Change]:
    """Yield changed copies of an expression, what was changed, and how far-fetched it is.

    names : variables that may stand in for another one.
    inside : whether it is a factor or an argument. whole : whether it is all of the statement.
    """
    for rule in (_operator, _constant, _call, _sign, _transpose):
        yield from rule(node)
    yield from _name(node, names)
    yield from _scale(node, names, inside, whole)


def _binary(left: ast.expr, operator: ast.operator, right: ast.expr) -> ast.expr:
    return ast.BinOp(left=clone(left), op=operator, right=clone(right))


def _operator(node: ast.expr) -> Iterator[Change]:
    if isinstance(node, ast.Compare) and len(node.ops) == 1:
        others: tuple[type[ast.cmpop], ...] = (ast.Gt, ast.GtE, ast.Lt, ast.LtE, ast.Eq, ast.NotEq)
        for comparison in others:
            if not isinstance(node.ops[0], comparison):
                new = clone(node)
                new.ops = [comparison()]
                yield new, "the comparison is another one", 1
        return
    if not isinstance(node, ast.BinOp):
        return
    sign = SIGNS.get(type(node.op), "?")
    exchange: dict[type[ast.operator], tuple[type[ast.operator], ...]] = {
        ast.Add: (ast.Sub, ast.Mult),
        ast.Sub: (ast.Add,),
        ast.Mult: (ast.Div, ast.MatMult, ast.Add),
        ast.Div: (ast.Mult,),
        ast.MatMult: (ast.Mult,),
    }
    for other in exchange.get(type(node.op), ()):
        yield (
            _binary(node.left, other(), node.right),
            f"{SIGNS[other]} instead of {sign} in {ast.unparse(node)}",
            1,
        )
    if isinstance(node.op, (ast.MatMult, ast.Sub, ast.Div)):
        yield (
            _binary(node.right, node.op, node.left),
            f"the operands of {sign} are the other way round in {ast.unparse(node)}",
            1,
        )
    if isinstance(node.op, ast.MatMult):
        left, right = _transposed(node.left), _transposed(node.right)
        yield (
            _binary(left, ast.MatMult(), right),
            f"both operands of @ are to be transposed in {ast.unparse(node)}",
            2,
        )
        yield (_binary(right, ast.MatMult(), left), f"the transpose of {ast.unparse(node)}", 2)
        yield (
            _binary(right, ast.MatMult(), node.left),
            f"another order and transpose in {ast.unparse(node)}",
            2,
        )
        yield (
            _binary(node.right, ast.MatMult(), left),
            f"another order and transpose in {ast.unparse(node)}",
            2,
        )
    number = isinstance(node.right, ast.Constant)
    yield clone(node.left), f"without “{sign} {ast.unparse(node.right)}”", 0.5 if number else 1
    yield clone(node.right), f"without “{ast.unparse(node.left)} {sign}”", 2
    if isinstance(node.op, ast.Sub):
        yield (
            ast.UnaryOp(op=ast.USub(), operand=clone(node.right)),
            f"without {ast.unparse(node.left)}",
            2,
        )


def _constant(node: ast.expr) -> Iterator[Change]:
    if not isinstance(node, ast.Constant) or isinstance(node.value, (bool, str, bytes)):
        return
    if not isinstance(node.value, (int, float)):
        return
    value = node.value
    for other in (
        value + 1,
        value - 1,
        value * 2,
        value / 2,
        -value,
        value + 0.5,
        value - 0.5,
        0,
        1,
        2,
        0.5,
        3,
        -0.5,
        -1,
    ):
        number = int(other) if float(other) == int(other) and isinstance(value, int) else other
        # A sign and a number are two mistakes.
        if number != value and (number * value >= 0 or abs(number) == abs(value)):
            yield (
                ast.Constant(number)
                if number >= 0
                else ast.UnaryOp(op=ast.USub(), operand=ast.Constant(-number)),
                f"{number:g} instead of {value:g}",
                1,
            )


def _call(node: ast.expr) -> Iterator[Change]:
    if not isinstance(node, ast.Call):
        return
    method = node.func.attr if isinstance(node.func, ast.Attribute) else ""
    on_numpy = (
        isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id in ("np", "numpy", "jnp")
    )
    if method in _REDUCTIONS:
        yield from _reduction(node, method, on_numpy)
    if method in (
        "dot",
        "matmul",
        "outer",
        "multiply",
        "where",
        "maximum",
        "minimum",
        "divide",
        "subtract",
    ):
        yield from _product(node, method, on_numpy)
    if (
        method in ("exp", "log", "sqrt", "square", "abs", "copy", "zeros_like", "ones_like", "tanh")
        and node.args
    ):
        yield clone(node.args[0]), f"without {method}", 2
    if method == "zeros_like" or method == "ones_like":
        new = clone(node)
        assert isinstance(new.func, ast.Attribute)
        new.func.attr = "ones_like" if method == "zeros_like" else "zeros_like"
        yield new, f"{new.func.attr} instead of {method}", 1


def _reduction(node: ast.Call, method: str, on_numpy: bool) -> Iterator[Change]:
    own = node.args[1:] if on_numpy else node.args
    rest = [k for k in node.keywords if k.arg not in ("axis", "keepdims")]
    keep = [k for k in node.keywords if k.arg == "keepdims"]
    had = next(
        (ast.unparse(k.value) for k in node.keywords if k.arg == "axis"),
        ast.unparse(own[0]) if own else None,
    )
    base = node.args[:1] if on_numpy else []
    for axis in ("0", "1", None, "-1", "2"):
        for keepdims in (bool(keep), not keep):
            keywords = [*rest]
            if axis is not None:
                keywords.append(ast.keyword("axis", ast.parse(axis, mode="eval").body))
            if keepdims:
                keywords.append(ast.keyword("keepdims", ast.Constant(True)))
            new = ast.Call(
                func=clone(node.func),
                args=clone(base),
                keywords=clone(keywords),
            )
            said = (
                f"axis={axis} instead of axis={had}" if axis != had else ("keepdims the other way")
            )
            yield new, f"{said} in {ast.unparse(node)}", 1 if axis != had else 2
    for other in ("sum", "mean"):
        if method != other:
            changed = clone(node)
            assert isinstance(changed.func, ast.Attribute)
            changed.func.attr = other
            yield changed, f"{other} instead of {method}", 1
    inner = node.args[0] if on_numpy else node.func.value  # type: ignore[attr-defined]
    yield clone(inner), f"without the {method}", 2


def _product(node: ast.Call, method: str, on_numpy: bool) -> Iterator[Change]:
    parts = list(node.args) if on_numpy else [node.func.value, *node.args]  # type: ignore[attr-defined]
    if method == "where" and len(parts) == 3:
        new = clone(node)
        new.args = [clone(p) for p in (parts[0], parts[2], parts[1])]
        yield new, "the two values of where are interchanged", 1
        return
    if len(parts) != 2:
        return
    a, b = parts
    ta, tb = _transposed(a), _transposed(b)

    def made(left: ast.expr, right: ast.expr) -> ast.expr:
        new = clone(node)
        left, right = clone(left), clone(right)
        if on_numpy:
            new.args = [left, right]
        else:
            new.func.value, new.args = left, [right]  # type: ignore[attr-defined]
        return new

    where = ast.unparse(node)
    yield made(b, a), f"the operands are the other way round in {where}", 1
    if method in ("dot", "matmul"):
        for left, right, cost in (
            (ta, b, 1),
            (a, tb, 1),
            (ta, tb, 2),
            (tb, ta, 2),
            (tb, a, 2),
            (b, ta, 2),
        ):
            yield made(left, right), f"another transpose in {where}", cost
        yield _binary(a, ast.Mult(), b), f"elementwise instead of a matrix product in {where}", 2
    else:
        yield _binary(a, ast.MatMult(), b), f"a matrix product in {where}", 2


def _sign(node: ast.expr) -> Iterator[Change]:
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        yield clone(node.operand), "without the minus sign", 0.5
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.Invert, ast.Not)):
        yield clone(node.operand), "the mask is inverted", 1
    elif isinstance(node, (ast.Name, ast.Call, ast.BinOp, ast.Subscript)):
        yield (
            ast.UnaryOp(op=ast.USub(), operand=clone(node)),
            f"the sign of {ast.unparse(node)} is reversed",
            2,
        )


def _transposed(node: ast.expr) -> ast.expr:
    if isinstance(node, ast.Attribute) and node.attr == "T":
        return clone(node.value)
    return ast.Attribute(value=clone(node), attr="T", ctx=ast.Load())


def _transpose(node: ast.expr) -> Iterator[Change]:
    if isinstance(node, ast.Attribute) and node.attr == "T":
        yield clone(node.value), f"{ast.unparse(node.value)} is not to be transposed", 1
    elif isinstance(node, (ast.Name, ast.Call, ast.BinOp, ast.Subscript)):
        yield _transposed(node), f"{ast.unparse(node)} is to be transposed", 1.5
        if isinstance(node, ast.Name):
            # The derivative of a quadratic form is symmetric.
            both = _binary(node, ast.Add(), _transposed(node))
            yield both, f"{node.id} is to be plus its transpose", 3.5


def _name(node: ast.expr, names: Sequence[str]) -> Iterator[Change]:
    if isinstance(node, ast.Name):
        for name in names:
            if name != node.id:
                yield ast.Name(name, ast.Load()), f"{name} instead of {node.id}", 1


def _scale(node: ast.expr, names: Sequence[str], inside: bool, whole: bool) -> Iterator[Change]:
    """A factor or a term that is missing; `inside` a product a term is less likely."""
    if not isinstance(
        node, (ast.Name, ast.Call, ast.BinOp, ast.Subscript, ast.Attribute, ast.UnaryOp)
    ):
        return
    text = ast.unparse(node)
    for number, word in ((2, "2"), (0.5, "0.5")):
        yield _binary(node, ast.Mult(), ast.Constant(number)), f"{text} is to be times {word}", 3
    size = 3 if whole else 3 + sum(1 for _ in ast.walk(node)) // 8
    operators: tuple[tuple[Callable[[], ast.operator], str, int], ...] = (
        (ast.Mult, "times", 0),
        (ast.Div, "divided by", 0),
        (ast.Add, "plus", 1 + inside),
        (ast.Sub, "minus", 1 + inside),
    )
    for name in names:
        for operator, word, more in operators:
            yield (
                _binary(node, operator(), ast.Name(name, ast.Load())),
                f"{text} is to be {word} {name}",
                size + more,
            )
        yield (
            _binary(ast.Name(name, ast.Load()), ast.Sub(), node),
            f"{text} is to be taken from {name}",
            size + 1 + inside,
        )
