"""One small change, the words for it, and what it may draw on."""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

SIGNS: dict[type[ast.operator], str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.MatMult: "@",
    ast.Pow: "**",
    ast.FloorDiv: "//",
    ast.Mod: "%",
}


@dataclass(frozen=True, slots=True)
class Scope:
    """The variables that may stand for another one.

    With ``values`` only those of the same kind (shape, and integer or not) are taken for each
    other, and what is said of a value's shape can be tried; without, any name may stand for any.
    """

    names: tuple[str, ...] = ()
    values: Mapping[str, Any] | None = None

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Scope:
        """The scope of variables with known values."""
        return cls(tuple(values), values)


@dataclass(frozen=True, slots=True)
class Site:
    """A node that may be changed, and where it stands.

    ``inside`` says that it is a factor or an argument, where a further term is less likely;
    ``whole`` that it is all that is assigned or returned.
    """

    node: ast.expr
    scope: Scope = Scope()
    inside: bool = False
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Made:
    """What a rule puts in the place of a node.

    ``without`` is the part that is left out by it; ``words`` say it better than old and new.
    """

    operator: str
    new: ast.AST
    cost: float = 1.0
    without: ast.expr | None = None
    words: str = ""


@dataclass(frozen=True, slots=True)
class Edit:
    """A change in one place.

    Parameters
    ----------
    operator
        What kind of change it is, such as ``drop term``.
    old, new
        The node that was changed, and what stands in its place.
    tree
        The expression or statement with the change. What did not change is shared with the
        original: copy it before changing it in place.
    cost
        How far-fetched it is: 0.5 is a frequent slip, 3 a rare one.
    """

    operator: str
    old: ast.AST
    new: ast.AST
    tree: Any
    cost: float
    without: ast.expr | None = None
    said: str = ""

    @property
    def words(self) -> str:
        """The change as a phrase, which begins with ``with`` or ``without``."""
        if self.said:
            return self.said
        if self.without is not None:
            return f"without {ast.unparse(self.without)}"
        signs = _signs(self.old, self.new)
        if signs is not None:
            return "with {1} in place of {0} in ".format(*signs) + ast.unparse(self.old)
        return f"with {ast.unparse(self.new)} in place of {ast.unparse(self.old)}"

    def within(self, parent: ast.AST, field: str, place: int = -1) -> Edit:
        """The same change seen from the node that the tree stands in.

        ``place`` is the tree's place in a list of nodes, -1 where the field holds the node alone.
        """
        made: Any = copy.copy(parent)
        if place < 0:
            setattr(made, field, self.tree)
        else:
            items = list(getattr(parent, field))
            items[place] = self.tree
            setattr(made, field, items)
        made = _plain(made)
        return Edit(self.operator, self.old, self.new, made, self.cost, self.without, self.said)


def _plain(tree: Any) -> Any:
    """The same without a minus before a zero, which nobody writes."""
    minus = isinstance(tree, ast.UnaryOp) and isinstance(tree.op, ast.USub)
    zero = minus and isinstance(tree.operand, ast.Constant) and tree.operand.value == 0
    return tree.operand if zero else tree


def _signs(old: ast.AST, new: ast.AST) -> tuple[str, str] | None:
    """The operators, where two operations on the same operands differ in that alone."""
    if not isinstance(old, ast.BinOp) or not isinstance(new, ast.BinOp):
        return None
    if old.left is not new.left or old.right is not new.right or type(old.op) is type(new.op):
        return None
    return SIGNS[type(old.op)], SIGNS[type(new.op)]


def made_of(node: ast.AST, one: Made) -> Edit:
    """The edit of a node by what a rule made of it."""
    locate(one.new, node)
    return Edit(one.operator, node, one.new, one.new, one.cost, one.without, one.words)


def locate(new: ast.AST, like: ast.AST) -> None:
    """Give new nodes a place in a text, which compiling asks for; those of the line have one."""
    if "lineno" in new._attributes:
        if hasattr(new, "lineno"):
            return
        ast.copy_location(new, like)
        if not hasattr(new, "lineno"):  # a tree that was never a text
            new.lineno = new.end_lineno = 1  # type: ignore[attr-defined]
            new.col_offset = new.end_col_offset = 0  # type: ignore[attr-defined]
    for child in ast.iter_child_nodes(new):
        locate(child, like)


def binary(left: ast.expr, operator: ast.operator, right: ast.expr) -> ast.BinOp:
    """An operation on two operands."""
    return ast.BinOp(left, operator, right)


def negative(node: ast.expr) -> ast.UnaryOp:
    """Minus a node."""
    return ast.UnaryOp(ast.USub(), node)


def number(value: float) -> ast.expr:
    """A number as it is written: -2 is a minus and a 2."""
    return ast.Constant(value) if value >= 0 else negative(ast.Constant(-value))


def name(of: str) -> ast.Name:
    """A name that is read."""
    return ast.Name(of, ast.Load())


def of_numpy(function: str, *args: ast.expr) -> ast.Call:
    """A call of a function of numpy."""
    return ast.Call(ast.Attribute(name("np"), function, ast.Load()), list(args), [])


def method(of: ast.expr, called: str, *args: ast.expr) -> ast.Call:
    """A call of a method."""
    return ast.Call(ast.Attribute(of, called, ast.Load()), list(args), [])


def transposed(node: ast.expr) -> ast.expr:
    """The transpose; of a transpose, what is transposed."""
    if isinstance(node, ast.Attribute) and node.attr == "T":
        return node.value
    return ast.Attribute(node, "T", ast.Load())


Changes = Iterator[Made]
