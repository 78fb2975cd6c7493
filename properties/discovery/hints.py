"""What annotations, docstrings and the code say of the arguments of a function."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping, Sequence

from .documented import annotated, documented, in_notation
from .hint import Hint
from .names import guess_rank, is_bias, is_of_time
from .products import penalty_factors
from .source import Function
from .usage import lists_of_sizes, look, name_of


def hints(
    functions: Iterable[Function],
    wanted: Sequence[str],
    doc: str = "",
    *,
    helpers: Sequence[Function] = (),
) -> dict[str, Hint]:
    """Collect hints about arguments from the functions that use them under these names.

    Parameters
    ----------
    helpers
        Functions that these may pass an argument on to, under another name.
    """
    found = {name: Hint() for name in wanted}
    functions = list(functions)
    attributes: dict[str, str] = {}
    crossed: set[str] = set()
    for function in functions:
        attributes |= _attributes(function, found)
    for function in functions:
        own = set(function.names)
        aliases = {name: name for name in found if name in own} | attributes
        for node in function.walk():
            look(node, found, aliases)
            if isinstance(node, ast.Call):
                _passed_on(node, found, aliases, helpers)
        lists_of_sizes(function, found, aliases)
        crossed |= {name for name in _crossed(function) if name in found}
        for parameter in function.parameters:
            if parameter.name in found:
                annotated(found[parameter.name], parameter.annotation)
        documented(function.doc, found)
        in_notation(function.doc, found)
    documented(doc, found)
    state = [n for n in functions[0].names[:2] if n != "t"] if functions else []
    listed = any(found[n].entries > 1 for n in state if n in found)  # no prediction and target
    if functions and listed and is_of_time(functions[0].names):
        for name in {"t", *functions[0].names[2:]} & found.keys():  # a time, and constants
            found[name].ranks = found[name].ranks or [0, 1]
    for name in found if crossed else ():  # one example at a time, so others are vectors too
        told = found[name].factor or name != name.lower() or is_bias(name)
        if not found[name].ranks and (name in crossed or not (told or found[name].at_least > 1)):
            found[name].ranks = [1, *(() if name in crossed else guess_rank(name))]
    for name in penalty_factors(functions[0]) & found.keys() if functions else ():
        hint = found[name]
        if not (hint.shape or hint.ranks or hint.at_least or hint.factor or hint.kinds):
            hint.ranks = [0]
    for name, hint in found.items():
        loads = sum(_loads(function, name) for function in functions)
        alone = not hint.loose and loads == hint.single
        read = functions and _read_alone(functions[0], name)
        if hint.entries > 1 and hint.shape is None and (alone or read):
            hint.shape, hint.ranks = (str(hint.entries),), [1]
    return found


def _crossed(function: Function) -> set[str]:
    """Names that outer products are taken of, and that stand for one thing: they are vectors."""
    nodes = list(function.walk())
    stored = [n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)]
    return {
        argument.id
        for node in nodes
        if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] == "outer"
        for argument in node.args
        if isinstance(argument, ast.Name)
        and stored.count(argument.id) == (argument.id not in function.names)
    }


def _read_alone(forward: Function, name: str) -> bool:
    """Whether a value reads an argument entry by entry: it has no others, whatever derives it."""
    entries = [
        node
        for node in forward.walk()
        if isinstance(node, ast.Subscript) and ast.unparse(node.value) == name
    ]
    indices = [one.slice.value for one in entries if isinstance(one.slice, ast.Constant)]
    places = [i for i in indices if type(i) is int and i >= 0]
    return len(set(places)) > 1 and len(places) == _loads(forward, name)


def _passed_on(
    call: ast.Call,
    found: Mapping[str, Hint],
    aliases: Mapping[str, str],
    helpers: Sequence[Function],
) -> None:
    """Take an argument for labels, or for so many numbers, where what it is passed on to does."""
    called = ast.unparse(call.func).removeprefix("self.")
    given = [name_of(argument, aliases) for argument in call.args]
    for helper in (h for h in helpers if h.name == called and any(given)):
        rest = [h for h in helpers if h is not helper]
        theirs = hints([helper], helper.names, helpers=rest)
        for name, parameter in zip(given, helper.names, strict=False):
            if name is None or found[name].shape is not None:
                continue
            told = theirs[parameter]
            if "labels" in told.kinds:
                found[name].kind("labels")
            elif told.entries > 1 and told.shape == (str(told.entries),):
                found[name].shape, found[name].ranks = told.shape, [1]
                found[name].entries = told.entries


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
    if function.node is None and function.name == "__init__":  # of a dataclass
        return {f"self.{name}": name for name in found if name in own}
    for node in function.walk():
        if isinstance(node, ast.Assign):
            both = [pair for target in node.targets for pair in _pairs(target, node.value)]
            pairs = [(part, _as_array(value)) for part, value in both]
            aliases |= {
                ast.unparse(part): value.id
                for part, value in pairs
                if isinstance(part, ast.Attribute) and isinstance(value, ast.Name)
                if value.id in found and value.id in own
            }
    return aliases


def _as_array(value: ast.expr) -> ast.expr:
    """What ``np.asarray(x)`` makes an array of."""
    made = isinstance(value, ast.Call) and ast.unparse(value.func).rpartition(".")[2]
    if made in ("asarray", "array") and isinstance(value, ast.Call) and value.args:
        return value.args[0]
    return value


def _pairs(target: ast.expr, value: ast.expr) -> Iterator[tuple[ast.expr, ast.expr]]:
    """What is assigned to what, one by one: ``self.k, self.s = k, s``."""
    if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
        yield from zip(target.elts, value.elts, strict=False)
    else:
        yield target, value
