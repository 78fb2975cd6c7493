"""Changes of operations, signs, transposes, numbers and comparisons."""

from __future__ import annotations

import ast

from .edit import SIGNS, Changes, Made, Site, binary, negative, number, of_numpy, transposed

_SWAPS: dict[type[ast.operator], tuple[type[ast.operator], ...]] = {
    ast.Add: (ast.Sub, ast.Mult),
    ast.Sub: (ast.Add,),
    ast.Mult: (ast.Div, ast.MatMult, ast.Add),
    ast.Div: (ast.Mult, ast.FloorDiv),
    ast.MatMult: (ast.Mult,),
}
_COMPARISONS: dict[type[ast.cmpop], str] = {
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Eq: "==",
    ast.NotEq: "!=",
}
_PARTS = (ast.Name, ast.Call, ast.BinOp, ast.Subscript)


def operation(site: Site) -> Changes:
    """Another operator, exchanged operands, lost brackets."""
    node = site.node
    if not isinstance(node, ast.BinOp):
        return
    left, right, op = node.left, node.right, node.op
    sign = SIGNS.get(type(op), "?")
    for other in _SWAPS.get(type(op), ()):
        cost = 3.0 if other is ast.FloorDiv else 1.0
        yield Made(f"{sign} to {SIGNS[other]}", binary(left, other(), right), cost)
    if isinstance(op, (ast.MatMult, ast.Sub, ast.Div)):
        yield Made(f"swap operands of {sign}", binary(right, op, left))
    if isinstance(op, ast.MatMult):
        a, b = transposed(left), transposed(right)
        for one, two, cost in (
            (a, right, 1.5),
            (left, b, 1.5),
            (a, b, 2.0),
            (b, a, 2.0),
            (b, left, 2.0),
            (right, a, 2.0),
        ):
            yield Made("transposed operands", binary(one, op, two), cost)
    yield from _lost_brackets(node)


def drop(site: Site) -> Changes:
    """One operand without the other."""
    node = site.node
    if not isinstance(node, ast.BinOp):
        return
    left, right, op = node.left, node.right, node.op
    of_sum = isinstance(op, (ast.Add, ast.Sub))
    operator = "drop term" if of_sum else "drop factor"
    words = ""
    if isinstance(op, ast.Div):
        words = f"without the division by {ast.unparse(right)}"
    elif isinstance(op, ast.Pow):
        operator, words = "drop power", f"without the power {ast.unparse(right)}"
    elif isinstance(op, (ast.FloorDiv, ast.Mod)):
        operator = "drop divisor"
    yield Made(operator, left, 0.5 if isinstance(right, ast.Constant) else 1.0, right, words)
    if isinstance(op, (ast.Add, ast.Mult, ast.MatMult)):
        yield Made(operator, right, 2.0, left)
    elif isinstance(op, ast.Sub):
        yield Made("drop term before a minus", negative(right), 2.0, left)
        yield Made(operator, right, 2.0)
    elif isinstance(op, ast.Div):
        yield Made("drop numerator", binary(ast.Constant(1), op, right), 2.0, left)
        yield Made("denominator alone", right, 2.0)
    elif isinstance(op, ast.Pow) and getattr(right, "value", None) == 2:
        yield Made("size for square", of_numpy("abs", left), 3.0)


def _lost_brackets(node: ast.BinOp) -> Changes:
    """``a / (b + c)`` written as ``a / b + c``, or the other way round."""
    left, right, op = node.left, node.right, node.op
    lost: list[ast.expr] = []
    if isinstance(op, (ast.Add, ast.Sub)):
        if isinstance(left, ast.BinOp) and isinstance(left.op, (ast.Mult, ast.MatMult)):
            lost.append(binary(left.left, left.op, binary(left.right, op, right)))
    elif not isinstance(op, ast.Pow):
        if isinstance(right, ast.BinOp) and isinstance(right.op, (ast.Add, ast.Sub)):
            lost.append(binary(binary(left, op, right.left), right.op, right.right))
        if isinstance(left, ast.BinOp) and isinstance(left.op, (ast.Add, ast.Sub)):
            lost.append(binary(left.left, left.op, binary(left.right, op, right)))
    for new in lost:
        yield Made("lost brackets", new, 3.0)


def signs(site: Site) -> Changes:
    """A sign too many or too few."""
    node = site.node
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        words = f"without the minus sign of {ast.unparse(node.operand)}"
        yield Made("drop sign", node.operand, 0.5, words=words)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.Invert, ast.Not)):
        yield Made("drop not", node.operand)
    elif isinstance(node, _PARTS) and not (isinstance(node, ast.Constant) and not node.value):
        yield Made("sign" if is_product_or_sum(node) else "sign of a part", negative(node), 2.0)


def is_product_or_sum(node: ast.expr) -> bool:
    """Whether a node is an operation of arrays, and not a power or a division of integers."""
    return isinstance(node, ast.BinOp) and type(node.op) in _SWAPS


def transposes(site: Site) -> Changes:
    """A transpose too many or too few."""
    node = site.node
    if isinstance(node, ast.Attribute) and node.attr == "T":
        yield Made("drop transpose", node.value)
    elif isinstance(node, _PARTS):
        product = isinstance(node, ast.BinOp) and isinstance(node.op, ast.MatMult)
        operator = "transpose" if product or site.whole else "transpose of a part"
        yield Made(operator, transposed(node), 1.5)
        if isinstance(node, ast.Name):  # the derivative of a quadratic form is symmetric
            both = binary(node, ast.Add(), transposed(node))
            yield Made("plus its transpose", both, 3.5)


def numbers(site: Site) -> Changes:
    """Another number."""
    node = site.node
    if not isinstance(node, ast.Constant) or type(node.value) not in (int, float):
        return
    assert isinstance(node.value, (int, float))
    had = node.value
    near = (had + 1, had - 1, had * 2, had / 2, -had, had + 0.5, had - 0.5)
    tried: set[float] = {had}
    for place, other in enumerate((*near, 0, 1, 2, 0.5, 3, -0.5, -1)):
        new = int(other) if isinstance(had, int) and other == int(other) else other
        if new in tried:
            continue
        tried.add(new)
        two_mistakes = new * had < 0 and abs(new) != abs(had)  # a sign and a number
        operator = ("constant + 1", "constant - 1", "constant")[min(place, 2)]
        yield Made(operator, number(new), 4.0 if two_mistakes else 1.0)


def comparisons(site: Site) -> Changes:
    """Another comparison."""
    node = site.node
    if not isinstance(node, ast.Compare) or type(node.ops[0]) not in _COMPARISONS:
        return
    had = _COMPARISONS[type(node.ops[0])]
    for other, sign in _COMPARISONS.items():
        if sign != had:
            new = ast.Compare(node.left, [other(), *node.ops[1:]], node.comparators)
            yield Made(f"{had} to {sign}", new)
