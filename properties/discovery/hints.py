"""What annotations, docstrings and the code say of the arguments of a function."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from . import names
from .inputs import InputsError, Wanted, parse
from .source import Function

_SHAPE = re.compile(r"\(\s*([A-Za-z_][\w]*|\d+)?\s*(?:,\s*([^()]*?))?\s*,?\s*\)")
_LENGTH = re.compile(r"^(?:\d+|[A-Za-z_]\w*(?:\s*[*+]\s*[A-Za-z_0-9]\w*)*)$")
_RANDOM = frozenset(
    [
        "zeros",
        "ones",
        "empty",
        "full",
        "randn",
        "rand",
        "random",
        "normal",
        "uniform",
        "standard_normal",
        "eye",
        "range",
        "arange",
        "identity",
        "reshape",
        "xavier",
        "he",
        "random_sample",
        "integers",
        "randint",
        "linspace",
    ]
)


@dataclass(slots=True)
class Hint:
    """What is known of one argument.

    ranks : ranks that are possible, likeliest first; none when nothing is known.
    shape : lengths as the docstring or an unpacking names them.
    kinds : kinds, likeliest first.
    keys : keys that a dict is asked for.
    options : strings that it is compared with.
    entries : how many entries are named one by one, as in ``q[0], q[1]``.
    loose : whether it is used in any other way too.
    said : what a docstring says in the notation of ``--inputs``.
    column : whether it is read as ``x[i, 0]`` alone.
    """

    ranks: list[int] = field(default_factory=list)
    at_least: int = 0
    shape: tuple[str, ...] | None = None
    kinds: list[str] = field(default_factory=list)
    keys: list[Any] = field(default_factory=list)
    options: list[str] = field(default_factory=list)
    entries: int = 0
    single: int = 0
    column: bool = False
    loose: bool = False
    called: bool = False
    iterated: bool = False
    source: str = "the code"
    said: Wanted | None = None

    def kind(self, name: str) -> None:
        """Note a kind."""
        if name not in self.kinds:
            self.kinds.append(name)


def hints(functions: Iterable[Function], wanted: Sequence[str], doc: str = "") -> dict[str, Hint]:
    """Collect hints about arguments from the functions that use them under these names."""
    found = {name: Hint() for name in wanted}
    functions = list(functions)
    attributes: dict[str, str] = {}
    for function in functions:
        attributes |= _attributes(function, found)
    for function in functions:
        own = set(function.names)
        aliases = {name: name for name in found if name in own} | attributes
        for node in function.walk():
            _look(node, found, aliases)
        _lists_of_sizes(function, found, aliases)
        for parameter in function.parameters:
            if parameter.name in found:
                _annotated(found[parameter.name], parameter.annotation)
        _documented(function.doc, found)
        _in_notation(function.doc, found)
    _documented(doc, found)
    for name, hint in found.items():
        loads = sum(_loads(function, name) for function in functions)
        if hint.entries > 1 and not hint.loose and loads == hint.single and hint.shape is None:
            hint.shape, hint.ranks = (str(hint.entries),), [1]
    return found


def _loads(function: Function, name: str) -> int:
    """How often an argument is used in a function that takes it."""
    if name not in function.names:
        return 0
    nodes = (n for n in function.walk() if isinstance(n, ast.Name) and n.id == name)
    return sum(isinstance(node.ctx, ast.Load) for node in nodes)


def _attributes(function: Function, found: Mapping[str, Hint]) -> dict[str, str]:
    """Attributes that hold an argument: ``self.x = x``."""
    aliases: dict[str, str] = {}
    own = set(function.names)
    for node in function.walk():
        if not isinstance(node, ast.Assign) or not isinstance(node.value, ast.Name):
            continue
        if node.value.id in found and node.value.id in own:
            targets = [t for t in node.targets if isinstance(t, ast.Attribute)]
            aliases |= {ast.unparse(target): node.value.id for target in targets}
    return aliases


def _name(node: ast.AST, aliases: Mapping[str, str]) -> str | None:
    if isinstance(node, (ast.Name, ast.Attribute)):
        return aliases.get(ast.unparse(node))
    return None


def _look(node: ast.AST, found: Mapping[str, Hint], aliases: Mapping[str, str]) -> None:
    if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Tuple):
        name = _name(node.value, aliases)
        parts = node.targets[0].elts
        if name and not any(isinstance(part, ast.Starred) for part in parts):
            found[name].entries = max(found[name].entries, len(parts))
            found[name].single += 1
    if isinstance(node, ast.Assign) and isinstance(node.value, ast.Attribute):
        name = _name(node.value.value, aliases)
        target = node.targets[0]
        parts = target.elts if isinstance(target, ast.Tuple) else []
        whole = parts and not any(isinstance(part, ast.Starred) for part in parts)
        if name and node.value.attr == "shape" and whole:
            found[name].ranks[:] = [len(parts)]
    elif isinstance(node, ast.Subscript):
        _subscript(node, found, aliases)
    elif isinstance(node, ast.Call):
        _call(node, found, aliases)
    elif isinstance(node, ast.BinOp):
        _operation(node, found, aliases)
    elif isinstance(node, ast.Compare):
        name = _name(node.left, aliases)
        for other in node.comparators:
            if name and isinstance(other, ast.Constant) and isinstance(other.value, str):
                found[name].options.append(other.value)
            if name and isinstance(other, (ast.Tuple, ast.List, ast.Set)):
                found[name].options += [
                    p.value
                    for p in other.elts
                    if isinstance(p, ast.Constant) and isinstance(p.value, str)
                ]
    elif isinstance(node, (ast.If, ast.IfExp)):
        test = node.test.operand if isinstance(node.test, ast.UnaryOp) else node.test
        name = _name(test, aliases)
        if name:
            found[name].kind("flag")
    elif isinstance(node, (ast.For, ast.comprehension)):
        for part in ast.walk(node.iter):
            name = _name(part, aliases)
            direct = part is node.iter or (
                isinstance(node.iter, ast.Call)
                and part in node.iter.args
                and ast.unparse(node.iter.func) in ("zip", "enumerate", "reversed")
            )
            if name and direct:
                found[name].iterated = True
                found[name].at_least = max(found[name].at_least, 1)
    elif isinstance(node, ast.Attribute) and node.attr == "T":
        name = _name(node.value, aliases)
        if name:
            found[name].ranks = found[name].ranks or [2]


def _subscript(node: ast.Subscript, found: Mapping[str, Hint], aliases: Mapping[str, str]) -> None:
    index = node.slice
    value = node.value
    if isinstance(value, ast.Attribute) and value.attr == "shape":
        name = _name(value.value, aliases)
        if name and isinstance(index, ast.Constant) and isinstance(index.value, int):
            least = index.value + 1 if index.value >= 0 else -index.value
            found[name].at_least = max(found[name].at_least, least)
        return
    name = _name(value, aliases)
    if name:
        hint = found[name]
        if isinstance(index, ast.Constant) and isinstance(index.value, str):
            if index.value not in hint.keys:
                hint.keys.append(index.value)
        elif isinstance(index, (ast.JoinedStr, ast.BinOp)) and _is_text(index):
            hint.kind("dict")
        elif isinstance(index, ast.Tuple):
            plain = [p for p in index.elts if not _is_new_axis(p)]
            if not any(isinstance(p, ast.Constant) and p.value is Ellipsis for p in plain):
                hint.at_least = max(hint.at_least, len(plain))
            last = plain[-1] if len(plain) == 2 else None
            hint.column = isinstance(last, ast.Constant) and last.value == 0 and not hint.loose
            hint.loose = hint.loose or not hint.column
        else:
            hint.at_least = max(hint.at_least, 1)
        if isinstance(index, ast.Constant) and type(index.value) is int and index.value >= 0:
            hint.entries = max(hint.entries, index.value + 1)
            hint.single += 1
        elif not isinstance(index, ast.Tuple):
            hint.loose = True
    for part in index.elts if isinstance(index, ast.Tuple) else [index]:
        inner = _name(part.value if isinstance(part, ast.Subscript) else part, aliases)
        if inner and not isinstance(value, ast.Attribute) and not _is_shape(part):
            found[inner].kind("labels")


def _is_shape(node: ast.expr) -> bool:
    return "shape" in ast.unparse(node)


def _is_text(node: ast.expr) -> bool:
    return any(
        isinstance(p, ast.JoinedStr) or (isinstance(p, ast.Constant) and isinstance(p.value, str))
        for p in ast.walk(node)
    )


def _is_new_axis(node: ast.expr) -> bool:
    return (isinstance(node, ast.Constant) and node.value is None) or "newaxis" in ast.unparse(node)


def _call(node: ast.Call, found: Mapping[str, Hint], aliases: Mapping[str, str]) -> None:
    function = ast.unparse(node.func)
    last = function.rpartition(".")[2]
    called = _name(node.func, aliases)
    if called:
        found[called].called = True
    if isinstance(node.func, ast.Attribute):
        owner = _name(node.func.value, aliases)
        if owner and last in ("keys", "items", "values", "get"):
            found[owner].kind("dict")
            if last == "get" and node.args and isinstance(node.args[0], ast.Constant):
                found[owner].options.append(str(node.args[0].value))
        if owner and last == "astype" and node.args and "int" in ast.unparse(node.args[0]):
            found[owner].kind("labels")
    if last in _RANDOM:
        for part in [*node.args, *(k.value for k in node.keywords)]:
            inner = part.elts if isinstance(part, (ast.Tuple, ast.List)) else [part]
            for one in inner:
                for leaf in ast.walk(one):
                    name = _name(leaf, aliases)
                    if name is None or last in ("arange", "linspace"):
                        continue
                    if _indexed(one, leaf):
                        found[name].kind("sizes")
                    elif not _inside_shape(one, leaf):
                        found[name].kind("length")
    arguments = [_name(a, aliases) for a in node.args]
    first = arguments[0] if arguments else None
    if last in ("log", "log2", "log10", "sqrt", "gammaln") and node.args:
        for leaf in ast.walk(node.args[0]):
            name = _name(leaf, aliases)
            if name:
                complement = "1" in ast.unparse(node.args[0]).replace(name, "")
                found[name].kind(
                    "unit" if complement and "-" in ast.unparse(node.args[0]) else "positive?"
                )
    if first is None:
        return
    hint = found[first]
    if last == "cholesky":
        hint.kind("spd")
        hint.ranks = [2]
    elif last in ("inv", "det", "slogdet", "eigh") or (last == "solve" and first):
        hint.kind("regular")
        hint.ranks = [2]
    elif last == "clip" and len(node.args) == 3 and "1 -" in ast.unparse(node.args[2]):
        hint.kind("unit")
    elif last == "len" and function == "len":
        hint.at_least = max(hint.at_least, 1)
    for keyword in node.keywords:
        if keyword.arg == "axis" and isinstance(keyword.value, ast.Constant):
            axis = keyword.value.value
            if isinstance(axis, int) and last in ("sum", "mean", "max", "argmax", "var", "std"):
                least = axis + 1 if axis >= 0 else -axis
                hint.at_least = max(hint.at_least, least)


def _indexed(whole: ast.expr, leaf: ast.AST) -> bool:
    """Whether an entry of a list of lengths is meant: ``sizes[i]``."""
    return any(isinstance(part, ast.Subscript) and part.value is leaf for part in ast.walk(whole))


def _lists_of_sizes(
    function: Function, found: Mapping[str, Hint], aliases: Mapping[str, str]
) -> None:
    """Lists whose entries become lengths: ``randn(y, x) for x, y in zip(sizes, sizes[1:])``."""
    for node in function.walk():
        if not isinstance(node, (ast.ListComp, ast.For)):
            continue
        loops = node.generators if isinstance(node, ast.ListComp) else [node]
        body: list[ast.AST] = [node.elt] if isinstance(node, ast.ListComp) else list(node.body)
        made = {
            leaf.id
            for part in body
            for call in ast.walk(part)
            if isinstance(call, ast.Call) and ast.unparse(call.func).rpartition(".")[2] in _RANDOM
            for leaf in ast.walk(call)
            if isinstance(leaf, ast.Name)
        }
        for loop in loops:
            targets = {leaf.id for leaf in ast.walk(loop.target) if isinstance(leaf, ast.Name)}
            for leaf in ast.walk(loop.iter):
                name = _name(leaf, aliases)
                if name and targets & made:
                    found[name].kinds.insert(0, "sizes")


def _inside_shape(whole: ast.expr, leaf: ast.AST) -> bool:
    """Whether a name stands in ``x.shape`` or ``len(x)`` rather than for a length itself."""
    for part in ast.walk(whole):
        if isinstance(part, ast.Attribute) and part.value is leaf:
            return True
        if isinstance(part, ast.Call) and leaf in part.args:
            return True
        if isinstance(part, ast.Subscript) and part.value is leaf:
            return True
    return False


def _operation(node: ast.BinOp, found: Mapping[str, Hint], aliases: Mapping[str, str]) -> None:
    if isinstance(node.op, ast.MatMult):
        for side in (node.left, node.right):
            name = _name(side, aliases)
            if name:
                found[name].at_least = max(found[name].at_least, 1)


# documentation


def _annotated(hint: Hint, annotation: str) -> None:
    """``Float[Array, "N D"]`` of jaxtyping, ``int``, ``float``, ``list[int]``."""
    text = annotation.replace("typing.", "")
    quoted = re.search(r"\w+\[[^\]]*?,\s*['\"]([^'\"]*)['\"]\s*\]", text)
    if quoted:
        parts = quoted.group(1).split()
        if all(_LENGTH.match(part) for part in parts):
            hint.shape = tuple(parts)
            hint.source = "its annotation"
        if text.startswith("Int"):
            hint.kind("labels")
    elif re.search(r"<class 'int'>|^int$", text):
        hint.kind("length")
    elif re.search(r"<class 'float'>|^float$", text):
        hint.ranks = hint.ranks or [0]
    elif re.search(r"<class 'str'>|^str$", text):
        hint.kind("text")
    elif re.search(r"(list|List|Sequence)\[(int|<class 'int'>)\]", text):
        hint.kind("sizes")
    elif re.search(r"<class 'bool'>|^bool$", text):
        hint.kind("flag")


def _documented(doc: str, found: Mapping[str, Hint]) -> None:
    """Shapes such as "x: Input of shape (N, D)", "A -- (n, m) matrix", "- w: (D)"."""
    doc = _one_by_one(doc)
    for name, hint in found.items():
        match = re.search(
            rf"(?:^|[\n,(])\s*[-*]*\s*`*{re.escape(name)}`*\s*(?:--|:|-|—|\bis\b)\s*(?P<rest>[^\n]*(?:\n(?!\s*[-*`]*\w+`*\s*(?:--|:)|\s*\n)[^\n]*)?)",
            doc,
        )
        if not match:
            continue
        rest = match.group("rest")
        shape = re.search(
            r"(?:shape|size|dimension|matrix|array|vector|:|^|\s)[\s:=(]*\(([^()]*)\)", rest
        )
        if shape is None:
            shape = re.search(r"\(([^()]*,[^()]*)\)", rest)
        crossed = re.match(r"\s*(?:is\s+)?(?:an?\s+)?([A-Z]\w{0,2}|\d+)\s*x\s*(\w{1,3})\b", rest)
        if crossed and not shape and hint.shape is None:
            hint.shape, hint.source = (crossed.group(1), crossed.group(2)), "the docstring"
        if shape:
            parts = [p.strip() for p in shape.group(1).split(",") if p.strip()]
            if (
                parts
                and all(_LENGTH.match(p.replace(" ", "")) or p == "..." for p in parts)
                and _lengths(parts)
            ) and "..." not in parts:
                hint.shape = tuple(parts)
                hint.source = "the docstring"
        dimension = re.search(r"\b([123])-?[dD]\b|\b(one|two)-dimensional|\bvector\b", rest)
        if dimension and not hint.ranks and hint.shape is None:
            told = dimension.group(1) or {"two": "2"}.get(dimension.group(2) or "", "1")
            hint.ranks = [int(told)]
        if hint.shape is None and re.search(r"\ba scalar\b|^\s*(scalar|float)\b", rest):
            hint.shape, hint.source = (), "the docstring"
        scalar = re.match(r"\s*(integer|int|index)\b(?!.*(array|list|shape))", rest)
        if hint.shape is None and scalar:
            hint.kinds.insert(0, "label")
        if (
            (
                len(hint.shape or ()) < 2
                and re.search(r"\blabels?\b|integer|indices", rest)
                and re.search(r"\by\b|label|indices|idx", name + rest)
            )
            and "one-hot" not in rest
            and "one hot" not in rest
        ):
            hint.kind("labels")
        if re.search(r"one.hot", rest, re.IGNORECASE):
            hint.kinds.insert(0, "onehot")


def _in_notation(doc: str, found: Mapping[str, Hint]) -> None:
    """Kinds, dicts and lists as ``--inputs`` writes them; plain shapes are read otherwise."""
    for text in (doc.strip(), *(line.strip() for line in doc.splitlines())):
        try:
            told = parse(text)
        except InputsError:
            continue
        for name, one in told.items():
            if name not in found or one.kind in ("length", "constant", "sizes"):
                continue
            if one.kind != "normal" or any(re.search(r"[-+*]", str(axis)) for axis in one.axes):
                found[name].said, found[name].source = one, "the docstring"


def _one_by_one(doc: str) -> str:
    """Give every name a line of its own: ``Q, K: (B, T, D); mask: (T, T)``.

    >>> print(_one_by_one("Q, K: (B, T)"))
    Q: (B, T)
    K: (B, T)
    """
    apart = re.sub(r"(?:(?<=\)),|;)[ \t]+(?=(?:\w+,\s*)*\w+\s*:\s)", "\n", doc)
    lines = []
    for line in apart.split("\n"):
        match = re.match(r"^(\s*[-*]?\s*)((?:\w+\s*,\s*)+\w+)\s*(:|--)\s*(.*)$", line)
        if match is None:
            lines.append(line)
            continue
        names_ = [name.strip() for name in match.group(2).split(",")]
        lines += [f"{match.group(1)}{name}{match.group(3)} {match.group(4)}" for name in names_]
    return "\n".join(lines)


def _lengths(parts: Sequence[str]) -> bool:
    """Whether the words in parentheses are lengths, not types or prose."""
    prose = {
        "float",
        "int",
        "optional",
        "array",
        "str",
        "bool",
        "ndarray",
        "list",
        "dict",
        "scalar",
    }
    prose |= {"numpy", "tuple", "default", "integer", "none", "vector", "or", "batch"}
    if len(parts) == 1 and len(parts[0]) > 2 and not parts[0].isdigit():
        return False
    return not any(p.lower() in prose for p in parts)


def is_bias(name: str) -> bool:
    """Whether an argument of this name is added to every example."""
    low = name.lower().strip("_")
    if low.startswith(("b_", "bias")) or low in ("b", "beta", "gamma", "intercept"):
        return True
    return (low[:1] == "b" and low[1:2].isdigit()) or low in [
        "bf",
        "bi",
        "bo",
        "bc",
        "bg",
        "bh",
        "by",
        "ba",
    ]


def guess_rank(name: str) -> list[int]:
    """Ranks of an argument of this name, likeliest first."""
    low = name.lower().strip("_")
    if len(name) == 1 and name.isupper():
        return [2, 1, 3]
    if low in names.RATES or low in (
        *("eps", "epsilon", "reg", "lam", "lambda", "lambd", "lamda", "delta", "momentum"),
        *("sigma", "tau", "temperature", "scale", "margin", "l2", "reg_lambda", "keep_prob", "nu"),
        *("lengthscale", "length_scale", "variance", "noise", "amplitude", "bandwidth", "dt"),
    ):
        return [0, 1, 2]
    if is_bias(name):
        return [1, 2, 0]
    if low in (
        "theta",
        "params",
        "p0",
        "beta",
        "coef",
        "v",
        "u",
        "a",
        "mu",
        "q",
        "thetas",
        "angles",
    ):
        return [1, 2, 0]
    if low in ("y", "t", "target", "targets", "labels", "y_true", "ytrue", "y_hat", "label"):
        return [2, 1]
    return [2, 1, 3, 4, 0]


def in_columns(functions: Iterable[Function]) -> bool:
    """Whether weights stand left of what they multiply, so that examples are columns.

    A bias that is added to such a product is a column.
    """
    for function in functions:
        for node in function.walk():
            if not (isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add)):
                continue
            for side in (node.left, node.right):
                factors = _factors(side)
                if factors and _weight(factors[0]) and not _weight(factors[1]):
                    return True
    return False


def _factors(node: ast.expr) -> tuple[ast.expr, ast.expr] | None:
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.MatMult):
        return node.left, node.right
    if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in (
        "dot",
        "matmul",
    ):
        if len(node.args) == 2:
            return node.args[0], node.args[1]
        if len(node.args) == 1 and isinstance(node.func, ast.Attribute):
            return node.func.value, node.args[0]
    return None


def _weight(node: ast.expr) -> bool:
    text = ast.unparse(node).rpartition(".")[2].strip("_'\"]").lower()
    text = text.rpartition("['")[2]
    if isinstance(node, ast.Attribute) and node.attr == "T":
        return False
    return re.match(r"^(w|u|v|weights?|theta|kernel|wx|wh)(_?\w{0,3}|\d*)$", text) is not None
