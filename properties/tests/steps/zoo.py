"""Right backwards in many styles, and single-line mistakes planted into them.

The styles are texts, one file per layer, each after a line ``# === name: what is special``.
"""

from __future__ import annotations

import ast
import copy
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).with_name("zoo")
BACKWARD = {"batchnorm": "batchnorm_backward", "affine": "affine_backward"}


@dataclass(frozen=True)
class Style:
    """One way to write a layer; `label` is its contract name."""

    layer: str
    name: str
    text: str

    @property
    def label(self) -> str:
        for function, label in (
            ("svm_loss", "svm"),
            ("log_determinant_term",) * 2,
            ("trace_term",) * 2,
        ):
            if f"def {function}" in self.text:
                return label
        return self.layer

    @property
    def file(self) -> str:
        return {
            "neural_net": "neural_net.py",
            "autoencoder": "autoencoder.py",
            "gplvm": "gplvm.py",
        }.get(self.layer, "layers.py")

    def function(self) -> str:
        """Name of the function whose lines are judged."""
        names = {
            "neural_net": "loss",
            "autoencoder": "autoencoder_loss",
            "softmax": "softmax_loss",
            "svm": "svm_loss",
            "gplvm": "gplvm_log_likelihood",
        }
        return BACKWARD.get(self.label) or names.get(self.label, self.label)


def styles() -> list[Style]:
    found = []
    for path in sorted(FOLDER.glob("*.txt")):
        name = ""
        lines: list[str] = []
        for line in [*path.read_text(encoding="utf-8").splitlines(), "# === end:"]:
            if line.startswith("# === "):
                if name:
                    found.append(Style(path.stem, name, "\n".join(lines) + "\n"))
                name, lines = line[6:].partition(":")[0], []
            else:
                lines.append(line)
    return found


# planting ---------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Planted:
    """A style with a mistake; `line` counts in `text`, which has the original's lines."""

    style: Style
    operator: str
    text: str
    line: int
    was: str
    now: str


_OPERATORS = ("factor", "sign", "axis", "transpose", "order", "dropped", "variable", "mask")


def mutants(style: Style) -> Iterator[Planted]:
    """Every single-line mistake of the operators below, in the backward's lines."""
    tree = ast.parse(style.text)
    lines = style.text.splitlines()
    for function in [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)]:
        yield from _mutants(style, function, lines)


def _mutants(style: Style, function: ast.FunctionDef, lines: list[str]) -> Iterator[Planted]:
    for statement in _backward(function, style):
        value = getattr(statement, "value", None)
        if value is None:
            continue
        arrays = _names(function)
        targets = {
            id(n)
            for t in [getattr(statement, "target", None), *getattr(statement, "targets", [])]
            if t is not None
            for n in ast.walk(t.value if isinstance(t, ast.Subscript) else t)
        }
        for number, node in enumerate(list(ast.walk(statement))):
            if not isinstance(node, ast.expr) or id(node) in targets:
                continue
            for operator, make in _edits(node, arrays):
                new = copy.deepcopy(statement)
                target = list(ast.walk(new))[number]
                changed = _replace(new, target, make(copy.deepcopy(target)))
                if changed is None:
                    continue
                text = ast.unparse(ast.fix_missing_locations(changed))
                if text == ast.unparse(statement):
                    continue
                planted = list(lines)
                indent = planted[statement.lineno - 1][: statement.col_offset]
                planted[statement.lineno - 1 : statement.end_lineno] = [indent + text] + [""] * (
                    (statement.end_lineno or statement.lineno) - statement.lineno
                )
                yield Planted(
                    style,
                    operator,
                    "\n".join(planted) + "\n",
                    statement.lineno,
                    ast.unparse(statement),
                    text,
                )


def _backward(function: ast.FunctionDef, style: Style) -> list[ast.stmt]:
    """Return the assignments of a backward, or those below a line ``# backward``."""
    marks = [
        number
        for number, line in enumerate(style.text.splitlines(), 1)
        if line.strip() == "# backward" and function.lineno < number <= (function.end_lineno or 0)
    ]
    if function.name == BACKWARD.get(style.label):
        marks.append(function.lineno)
    if not marks:
        return []
    found: list[ast.stmt] = []

    def walk(body: list[ast.stmt]) -> None:
        for statement in body:
            if isinstance(statement, (ast.For, ast.If)):
                walk(statement.body)
            elif (
                statement.lineno > min(marks)
                and isinstance(statement, (ast.Assign, ast.AugAssign))
                and not _is_set_up(statement)
            ):
                found.append(statement)

    walk(function.body)
    return found


def _is_set_up(statement: ast.Assign | ast.AugAssign) -> bool:
    """Whether a line only unpacks what was kept or reads a shape."""
    text = ast.unparse(statement)
    value = statement.value.value if isinstance(statement.value, ast.Subscript) else statement.value
    return (
        "cache" in text
        or text.startswith("loss")
        or (isinstance(value, ast.Attribute) and value.attr == "shape")
    )


def _names(function: ast.FunctionDef) -> list[str]:
    names = [
        n.id for n in ast.walk(function) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
    ]
    return list(dict.fromkeys(names))


def _edits(node: ast.expr, names: list[str]):  # type: ignore[no-untyped-def]
    if isinstance(getattr(node, "ctx", None), ast.Store):
        return
    if isinstance(node, ast.Constant) and type(node.value) in (int, float):
        for factor in (2, 0.5):
            yield "factor", lambda n, f=factor: ast.Constant(n.value * f)
    counted = isinstance(node, ast.Call) and ast.unparse(node.func) in ("range", "np.arange", "len")
    gradient = isinstance(node, ast.Name) and node.id.startswith(("d", "grad"))
    if (isinstance(node, (ast.BinOp, ast.Call)) or gradient) and not counted:
        for factor in (2, 0.5, 3):
            yield "factor", lambda n, f=factor: ast.BinOp(n, ast.Mult(), ast.Constant(f))
        yield "sign", lambda n: ast.UnaryOp(ast.USub(), n)
        yield "transpose", lambda n: ast.Attribute(n, "T", ast.Load())
    if isinstance(node, ast.BinOp):
        swap = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult}
        if type(node.op) in swap:
            name = "sign" if isinstance(node.op, (ast.Add, ast.Sub)) else "factor"
            yield name, lambda n: ast.BinOp(n.left, swap[type(n.op)](), n.right)
        if isinstance(node.op, (ast.Add, ast.Sub)):
            yield "dropped", lambda n: n.left
            yield "dropped", lambda n: n.right
        if isinstance(node.op, (ast.Mult, ast.Div)):
            yield "factor", lambda n: n.left
        if isinstance(node.op, (ast.MatMult, ast.Sub, ast.Div)):
            yield "order", lambda n: ast.BinOp(n.right, n.op, n.left)
    if isinstance(node, ast.Attribute) and node.attr == "T":
        yield "transpose", lambda n: n.value
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        yield "sign", lambda n: n.operand
    if isinstance(node, ast.Call):
        if any(k.arg == "axis" for k in node.keywords):
            yield "axis", _axis
            yield "axis", _without_axis
        if ast.unparse(node.func).endswith((".dot", ".outer")) and len(node.args) == 2:
            yield "order", lambda n: ast.Call(n.func, n.args[::-1], n.keywords)
    if isinstance(node, ast.Compare):
        yield (
            "mask",
            lambda n: ast.Compare(
                n.left, [ast.Lt() if isinstance(n.ops[0], ast.Gt) else ast.Gt()], n.comparators
            ),
        )
        yield "mask", lambda n: ast.Compare(n.comparators[0], n.ops, [n.left])
    if isinstance(node, ast.Name) and node.id not in ("np", "range", "len"):
        for name in names:
            if name != node.id:
                yield "variable", lambda n, name=name: ast.Name(name, ast.Load())


def _axis(node: ast.Call) -> ast.expr:
    for keyword in node.keywords:
        if keyword.arg == "axis" and isinstance(keyword.value, ast.Constant):
            keyword.value = ast.Constant(1 - int(keyword.value.value))  # type: ignore[arg-type]
    return node


def _without_axis(node: ast.Call) -> ast.expr:
    node.keywords = [k for k in node.keywords if k.arg not in ("axis", "keepdims")]
    return node


def _replace(root: ast.stmt, old: ast.AST, new: ast.expr) -> ast.stmt | None:
    for parent in ast.walk(root):
        for name, value in ast.iter_fields(parent):
            if value is old:
                setattr(parent, name, new)
                return root
            if isinstance(value, list):
                for position, part in enumerate(value):
                    if part is old:
                        value[position] = new
                        return root
    return None


def sample(every: list[Planted], number: int, seed: int = 0) -> list[Planted]:
    """Draw mistakes evenly over styles and operators."""
    rng = random.Random(seed)
    groups: dict[tuple[str, str, str], list[Planted]] = {}
    for one in every:
        groups.setdefault((one.style.layer, one.style.name, one.operator), []).append(one)
    found: list[Planted] = []
    for group in groups.values():
        rng.shuffle(group)
    order = list(groups.values())
    rng.shuffle(order)
    while len(found) < number and any(order):
        for group in order:
            if group and len(found) < number:
                found.append(group.pop())
    return found
