"""What a backward gave that may be a gradient: returned, written, left in attributes, a step."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from . import names
from .calling import RATE, Plan
from .locating import Item
from .pairs import Pairing
from .session import Reply
from .trying import Seen

Array = Any


def items_of(pairing: Pairing, plan: Plan, seen: Sequence[Seen]) -> list[Item]:
    """Everything that may be a gradient, the same in every example."""
    found: dict[tuple[str, str], list[Array]] = {}
    stacked, listed = all(map(_is_stack, seen)), all(map(_is_list, seen))
    columns = () if plan.upstreams else _columns(pairing, seen)
    touched = dict.fromkeys(str(path) for one in seen for path, _ in one.reply.get("changed", ()))
    for one in seen:
        for source, path, value in _numbers(pairing, plan, one, stacked, listed, touched):
            if columns and value.shape[-1:] == (len(columns),):
                parts = np.moveaxis(value, -1, 0)
                for name, part in zip(columns, parts, strict=True):
                    found.setdefault((source, name), []).append(part)
                continue
            found.setdefault((source, path), []).append(value)
    labels = _labels(pairing, seen[0].reply)
    items = []
    for (source, path), values in found.items():
        if len(values) != len(seen):
            continue
        name = labels.get(path, "") if source == "returned" else _attribute_name(path)
        name = path if path in columns else name
        items.append(Item(source, path, name, tuple(values)))
    told = [item for item in items if item.source == "returned" and names.is_gradient(item.name)]
    if not told:
        return items
    # Beside gradients that are called so, other values are returned that are none.
    joint = pairing.backward is None
    placed = not joint and _in_places(items, told, seen[0])
    on_the_way = between(seen)
    return [
        item
        for item in items
        if item.source != "returned"
        or names.is_gradient(item.name)
        or (not joint and not item.name)
        or (placed and item.name not in on_the_way)
        or any(names.same(item.name, path.rpartition("/")[2]) for path in seen[0].truth.leaves)
    ]


def _in_places(items: Sequence[Item], told: Sequence[Item], one: Seen) -> bool:
    """Whether a value is returned for each argument, and those with names stand in their places.

    Then a value whose name says nothing is the gradient of the argument in its place.
    """
    returned = [item for item in items if item.source == "returned"]
    arguments = [path for path in one.truth.leaves if path.startswith("arg/")]
    if [item.path for item in returned] != [str(k) for k in range(len(arguments))]:
        return False
    last = [path.rpartition("/")[2] for path in arguments]
    if any(name.lower() in names.TARGETS for name in last):  # nobody derives by labels
        return False
    return all(names.same(item.name, last[int(item.path)]) for item in told)


def between(seen: Sequence[Seen]) -> frozenset[str]:
    """Names of what the forward computes on its way, which is no input."""
    inputs = {path.rpartition("/")[2].lower() for path in seen[0].example.leaves}
    return frozenset(n for n in seen[0].example.reply["locals"] if n.lower() not in inputs)


def _numbers(
    pairing: Pairing,
    plan: Plan,
    one: Seen,
    stacked: bool,
    listed: bool,
    touched: Iterable[str],
) -> list[tuple[str, str, Array]]:
    reply = one.reply
    if pairing.backward is None:
        return [
            ("returned", path, np.asarray(value))
            for path, value in reply["returned"]
            if path.split("/")[0] != str(pairing.value)
        ]
    returned = [(str(p), np.asarray(v)) for p, v in reply["gradients"]]
    if pairing.kind == "local":
        returned = _as_table(returned)
    found = [("returned", p, v) for p, v in _regrouped(returned, stacked, listed)]
    parameters = {p.partition("/")[2] for p in one.example.leaves if p.startswith("self/")}
    before = {str(p): np.asarray(v) for p, v in reply["after"]}
    changed = dict(reply.get("changed", ()))
    # A gradient of zero leaves no trace where another example shows that the backward gives it.
    changed |= {path: before[path] for path in touched if path not in changed and path in before}
    for path, value in changed.items():
        if path in parameters and path in before and before[path].shape == np.shape(value):
            if any(names.is_gradient(part) for part in path.split("/")):
                found.append(("attribute", path, np.asarray(value)))
                continue
            rate = _rate(plan, before)
            found.append(("step", path, (before[path] - np.asarray(value)) / rate))
        elif _is_gradient_of(path, one.example.leaves):
            found.append(("attribute", path, np.asarray(value)))
    found += _left_in_globals(pairing, one)
    found += [("written", str(p), np.asarray(v)) for p, v in reply.get("written", ())]
    return found


def _is_gradient_of(path: str, leaves: Iterable[str]) -> bool:
    """Whether an attribute is called a gradient, or ``w_g`` beside a parameter ``w``."""
    if any(names.is_gradient(part) for part in path.split("/")):
        return True
    name = path.rpartition("/")[2]
    own = {leaf.rpartition("/")[2] for leaf in leaves}
    return name.endswith("_g") and name.removesuffix("_g") in own


def _left_in_globals(pairing: Pairing, one: Seen) -> list[tuple[str, str, Array]]:
    """Gradients of inputs that the backward leaves in globals of its module."""
    leaves = [path.rpartition("/")[2] for path in one.example.leaves]
    held = {str(p): np.asarray(v) for p, v in one.reply.get("held", ())}
    found = []
    for path, value in one.reply.get("results", ()):
        name = _attribute_name(path)
        gradient = any(names.is_gradient(part) for part in path.split("/"))
        if not gradient or not any(names.same(name, leaf) for leaf in leaves):
            continue
        value = np.asarray(value)
        if (
            pairing.judged.adds_to(path.split("/")[0])
            and held.get(path, value).shape == value.shape
        ):
            value = value - held.get(path, 0.0)
        found.append(("attribute", path, value))
    return found


def _is_stack(one: Seen) -> bool:
    """Whether one array may hold the gradients of all inputs, which have one shape."""
    inputs = [shape for path, shape in one.truth.leaves.items() if path.startswith("arg/")]
    values = one.reply.get("gradients", ())
    if len(values) != 1 or len(inputs) < 2 or len(inputs) != len(one.truth.leaves):
        return False
    return len(set(inputs)) == 1 and np.shape(values[0][1]) == (len(inputs), *inputs[0])


def _as_table(returned: list[tuple[str, Array]]) -> list[tuple[str, Array]]:
    """Rows that are lists of numbers are one matrix: ``return [[a, b], [c, d]]``."""
    places = [path.split("/") for path, value in returned if not value.ndim]
    rows = len({place[0] for place in places})
    columns = len(places) // max(rows, 1)
    grid = [[str(i), str(j)] for i in range(rows) for j in range(columns)]
    if len(places) < 2 or len(places) != len(returned) or places != grid:
        return returned
    return [("", np.array([value for _, value in returned]).reshape(rows, columns))]


def _columns(pairing: Pairing, seen: Sequence[Seen]) -> tuple[str, ...]:
    """The parameters of a model, numbers all, in whose order the columns of its Jacobian stand.

    ``model(t, a, b)`` and ``jac(t, a, b)``, of shape (N, 2), as ``curve_fit`` takes them.
    """
    names_ = pairing.forward.names
    if pairing.kind != "local" or len(names_) < 3 or pairing.judged.names != names_:
        return ()
    leaves = seen[0].truth.leaves
    shapes = [leaves.get(f"arg/{name}") for name in names_]
    if shapes[0] is None or len(shapes[0]) != 1 or any(shape != () for shape in shapes[1:]):
        return ()
    count = len(names_) - 1
    if all(one.truth.leaves[f"arg/{names_[0]}"] == (count,) for one in seen):
        return ()  # it may as well be that of the first argument
    values = [one.reply.get("gradients", ()) for one in seen]
    tables = [len(v) == 1 and np.ndim(v[0][1]) == 2 for v in values]
    return names_[1:] if all(tables) else ()


def _is_list(one: Seen) -> bool:
    """Whether the numbers that are returned one by one may be the entries of one gradient."""
    values = one.reply.get("gradients", ())
    vectors = [shape for shape in one.truth.leaves.values() if shape == (len(values),)]
    return (
        len(values) > 1
        and len(vectors) == 1
        and all(not np.ndim(v) and str(p).isdigit() for p, v in values)
    )


def _regrouped(
    returned: list[tuple[str, Array]], stacked: bool, listed: bool
) -> list[tuple[str, Array]]:
    """A list of the entries of one gradient is one gradient; a stack of several is several."""
    if listed:
        return [("", np.array([v for _, v in returned]))]
    if stacked:
        path, value = returned[0]
        return [(f"{path}/{i}" if path else str(i), part) for i, part in enumerate(value)]
    return returned


def _rate(plan: Plan, attributes: Mapping[str, Array]) -> float:
    if any(source[:2] == ("constant", RATE) for source in plan.sources):
        return RATE
    for path, value in attributes.items():
        if path.rpartition("/")[2].lower() in names.RATES and value.size == 1:
            return float(value)
    return 1.0


def _labels(pairing: Pairing, reply: Reply) -> dict[str, str]:
    """The names that the code gives to what it returns, by path."""
    if pairing.kind == "second":
        return {}  # a Hessian may return an input as it is: ``self.A`` of a quadratic
    joint = pairing.backward is None
    places = [str(p) for p, _ in (reply["returned"] if joint else reply["gradients"])]
    tops = list(dict.fromkeys(path.split("/")[0] for path in places if path))
    count = max((int(t) for t in tops if t.isdigit()), default=0) + 1
    returns = [r for r in pairing.judged.returns() if len(r) == count] or [[""] * count]
    labels = {}
    inside = pairing.judged.returned_inside()
    for path in places:
        words = [part for part in path.split("/") if part and not part.isdigit()]
        if words:
            labels[path] = words[-1]
            continue
        top = path.split("/")[0]
        index = int(top) if top.isdigit() else 0
        own = index - joint  # the value stands first
        if 0 <= own < len(pairing.gradients):
            labels[path] = pairing.gradients[own]
            continue
        name = returns[-1][index] if index < len(returns[-1]) else ""
        name = name or inside.get(path, "")
        labels[path] = "" if pairing.kind == "local" and name in pairing.arrays else name
    return labels


def _attribute_name(path: str) -> str:
    words = [part for part in path.split("/") if not part.isdigit()]
    return words[-1] if words else path
