"""One row under one reading: its cases are run, and its gradients are matched to its inputs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from . import names
from .calling import RATE, Plan
from .inputs import Wanted, case_sizes, draw, signed, small
from .ladder import Truth, Unclear, truth
from .letters import all_letters
from .locating import Item, Leaf
from .pairs import Pairing
from .session import Reply, Session, base_request

Array = Any
_MOST_ENTRIES = 160
_UNMOVED = ("constant", "choice", "onehot", "bits", "length")
READINGS = ("product", "sum", "rows", "mean", "entries", "jacobian", "jacobians")


class Failed(Exception):
    """The code raised where it should not; the reply says what."""

    def __init__(self, error: Mapping[str, Any], sizes: Mapping[str, int]) -> None:
        super().__init__(f"{error.get('type', '')}: {error.get('message', '')}")
        self.error, self.sizes = error, sizes


@dataclass(frozen=True, slots=True, eq=False)
class Example:
    """A drawn case: what is sent, and what can have a derivative."""

    request: Mapping[str, Any]
    values: Mapping[str, Any]
    leaves: Mapping[str, Array]
    reply: Reply
    sizes: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """What a backward gave in one example, and the truth of its forward."""

    example: Example
    truth: Truth
    reply: Reply
    upstream: tuple[Array, ...]


def make_example(
    session: Session,
    pairing: Pairing,
    specs: Mapping[str, Wanted],
    index: int,
    seed: int,
    *,
    least: int = 1,
    whole: bool = False,
    sizes: Mapping[str, int] | None = None,
    scale: float = 1.0,
) -> Example:
    """Draw a case, and give the object's own parameters values of the case.

    Parameters
    ----------
    whole
        Whether signed values are small whole numbers, many of which tie.
    sizes
        Lengths of the letters, where they are not to be drawn.
    scale
        What signed values are multiplied by.

    Raises
    ------
    Failed
        The forward raises.
    """
    rng = np.random.default_rng([seed, index, 17])
    if sizes is None:
        sizes = case_sizes(all_letters(specs), index, rng, least=least)
        sizes = small(specs, sizes, most=_MOST_ENTRIES, least=least)
    drawn = {n: one.mapped(_whole) for n, one in specs.items()} if whole else specs
    values = draw(drawn, sizes, rng)
    if scale != 1.0:
        values |= {n: scale * v for n, v in values.items() if specs[n].kind == "normal"}
    request = request_for(pairing, values, seed=index)
    reply = session.trial({**request, "mode": "run", "backward": None})
    if "error" in reply:
        raise Failed(reply["error"], sizes)
    own = {
        p: np.asarray(v)
        for p, v in reply["leaves"]
        if p.startswith(("self/", "global/")) and not _is_buffer(p)
    }
    if own:
        moved = {p: _moved(v, rng) for p, v in own.items()}
        if whole:
            moved = {p: np.rint(2.0 * np.asarray(v))[()] for p, v in moved.items()}
        for key, kind in (("set", "self/"), ("globals_set", "global/")):
            request[key] = {p.partition("/")[2]: v for p, v in moved.items() if p.startswith(kind)}
        reply = session.trial({**request, "mode": "run", "backward": None})
        if "error" in reply:
            raise Failed(reply["error"], sizes)
    leaves = {str(p): np.asarray(v) for p, v in reply["leaves"]}
    fixed = _fixed(specs)
    leaves = {p: v for p, v in leaves.items() if p not in fixed and not _is_buffer(p)}
    return Example(request, values, leaves, reply, sizes)


def _whole(one: Wanted) -> Wanted:
    return replace(one, kind="whole") if one.kind == "normal" else one


def _is_buffer(path: str) -> bool:
    """Whether an attribute is a place for gradients, no parameter."""
    parts = [part for part in path.split("/")[1:] if part != "g"]  # that is a gain as well
    return path.startswith("self/") and any(map(names.is_gradient, parts))


def _fixed(specs: Mapping[str, Wanted]) -> set[str]:
    """Paths of arguments that are no variables: constants, labels as floats."""
    return {n for n, one in specs.items() if one.kind in _UNMOVED}


def request_for(pairing: Pairing, values: Mapping[str, Any], *, seed: int = 0) -> dict[str, Any]:
    """Give the request of a forward with these values."""
    request = base_request(pairing)
    request["init"] = {n.partition("/")[2]: v for n, v in values.items() if n.startswith("init/")}
    request["args"] = {n.partition("/")[2]: v for n, v in values.items() if n.startswith("arg/")}
    keywords = [
        p.name
        for p in pairing.forward.parameters
        if p.name in request["args"] and (p.kind == 3 or p.has_default)
    ]
    request["keywords"] = keywords
    request["seed"] = seed
    return request


def _moved(value: Array, rng: np.random.Generator) -> Array:
    """Another value of the same kind: zeros get a value, what is positive stays so."""
    if value.size and np.all(value > 0.0):
        moved = value * rng.uniform(0.7, 1.4, value.shape)
    else:
        moved = value + 0.5 * signed(value.shape, rng)
    return float(moved) if moved.ndim == 0 else moved


def upstreams(truth_: Truth, plan: Plan, example: Example, seed: int) -> tuple[Array, ...]:
    """Draw an upstream derivative for each output of a plan."""
    rng = np.random.default_rng([seed, len(example.values), 29])
    found = []
    for path in plan.outputs[: max(plan.upstreams, 1)]:
        value = truth_.outputs[path][0]
        drawn = signed(value.shape, rng)
        found.append(drawn if np.ndim(drawn) else float(drawn))
    return tuple(found)


def run_backward(
    session: Session, pairing: Pairing, example: Example, plan: Plan, given: Sequence[Array]
) -> Reply:
    """Call the backward as the plan says.

    Raises
    ------
    Failed
        It raises.
    """
    request = {**base_request(pairing), **example.request, "mode": "run", "upstream": list(given)}
    if pairing.backward is None:
        request["backward"] = None
    else:
        request["backward"] = base_request(pairing)["backward"]
        first = next(iter(example.leaves.values()), np.zeros(1))
        request["plan"] = [
            ["constant", int(np.shape(first)[0]) if np.ndim(first) else 1, s[2]]
            if s[0] == "length"
            else list(s)
            for s in plan.sources
        ]
    reply = session.trial(request)
    if "error" in reply:
        raise Failed(reply["error"], example.sizes)
    return reply


def see(
    session: Session,
    pairing: Pairing,
    example: Example,
    plan: Plan,
    *,
    known: dict[tuple[str, ...], Truth] | None = None,
    confirm: np.random.Generator | None = None,
    seed: int = 0,
    given: tuple[Array, ...] | None = None,
) -> Seen:
    """Run the backward of an example, and find out what is true.

    Parameters
    ----------
    known
        Truths that were found out before, by the outputs they are about.
    confirm
        Draws directions along which a second rung is asked.
    given
        The upstream derivatives, where they are not to be drawn.

    Raises
    ------
    Failed, Unclear
        The code raises; no rung can tell.
    """
    found = None if known is None else known.get(plan.outputs)
    if found is None:
        outputs = list(plan.outputs)
        found = truth(session, example.request, example.leaves, outputs, confirm=confirm)
        if known is not None:
            known[plan.outputs] = found
    if given is None:
        given = upstreams(found, plan, example, seed)
    return Seen(example, found, run_backward(session, pairing, example, plan, given), given)


# gradients


def items_of(pairing: Pairing, plan: Plan, seen: Sequence[Seen]) -> list[Item]:
    """Everything that may be a gradient, the same in every example."""
    found: dict[tuple[str, str], list[Array]] = {}
    stacked, listed = all(map(_is_stack, seen)), all(map(_is_list, seen))
    for one in seen:
        for source, path, value in _numbers(pairing, plan, one, stacked, listed):
            found.setdefault((source, path), []).append(value)
    labels = _labels(pairing, seen[0].reply)
    items = []
    for (source, path), values in found.items():
        if len(values) != len(seen):
            continue
        name = labels.get(path, "") if source == "returned" else _attribute_name(path)
        items.append(Item(source, path, name, tuple(values)))
    told = [item for item in items if item.source == "returned" and names.is_gradient(item.name)]
    if not told:
        return items
    # Beside gradients that are called so, other values are returned that are none.
    joint = pairing.backward is None
    return [
        item
        for item in items
        if item.source != "returned"
        or names.is_gradient(item.name)
        or (not joint and not item.name)
        or any(names.same(item.name, path.rpartition("/")[2]) for path in seen[0].truth.leaves)
    ]


def between(pairing: Pairing, seen: Sequence[Seen]) -> frozenset[str]:
    """Names of what the forward computes on its way, which is no input."""
    inputs = {path.rpartition("/")[2].lower() for path in seen[0].example.leaves}
    return frozenset(n for n in seen[0].example.reply["locals"] if n.lower() not in inputs)


def _numbers(
    pairing: Pairing, plan: Plan, one: Seen, stacked: bool, listed: bool
) -> list[tuple[str, str, Array]]:
    reply = one.reply
    if pairing.backward is None:
        return [
            ("returned", path, np.asarray(value))
            for path, value in reply["returned"]
            if path.split("/")[0] != str(pairing.value)
        ]
    returned = [(str(p), np.asarray(v)) for p, v in reply["gradients"]]
    found = [("returned", p, v) for p, v in _regrouped(returned, stacked, listed)]
    parameters = {p.partition("/")[2] for p in one.example.leaves if p.startswith("self/")}
    before = {str(p): np.asarray(v) for p, v in reply["after"]}
    for path, value in reply.get("changed", ()):
        if path in parameters and path in before and before[path].shape == np.shape(value):
            if any(names.is_gradient(part) for part in path.split("/")):
                found.append(("attribute", path, np.asarray(value)))
                continue
            rate = _rate(plan, before)
            found.append(("step", path, (before[path] - np.asarray(value)) / rate))
        elif any(names.is_gradient(part) for part in path.split("/")):
            found.append(("attribute", path, np.asarray(value)))
    found += [("written", str(p), np.asarray(v)) for p, v in reply.get("written", ())]
    return found


def _is_stack(one: Seen) -> bool:
    """Whether one array may hold the gradients of all inputs, which have one shape."""
    inputs = [shape for path, shape in one.truth.leaves.items() if path.startswith("arg/")]
    values = one.reply.get("gradients", ())
    if len(values) != 1 or len(inputs) < 2 or len(inputs) != len(one.truth.leaves):
        return False
    return len(set(inputs)) == 1 and np.shape(values[0][1]) == (len(inputs), *inputs[0])


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
    joint = pairing.backward is None
    places = [str(p) for p, _ in (reply["returned"] if joint else reply["gradients"])]
    tops = list(dict.fromkeys(path.split("/")[0] for path in places if path))
    count = max((int(t) for t in tops if t.isdigit()), default=0) + 1
    returns = [r for r in pairing.judged.returns() if len(r) == count] or [[""] * count]
    labels = {}
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
        labels[path] = returns[-1][index] if index < len(returns[-1]) else ""
    return labels


def _attribute_name(path: str) -> str:
    words = [part for part in path.split("/") if not part.isdigit()]
    return words[-1] if words else path


# truth under a reading


def leaves_of(seen: Sequence[Seen], plan: Plan, reading: str) -> list[Leaf] | None:
    """Inputs with their true gradients under a reading; None when it does not apply."""
    found: list[Leaf] = []
    paths = [p for p in seen[0].truth.leaves if all(p in one.truth.leaves for one in seen)]
    for path in paths:
        wanted, bounds = [], []
        for one in seen:
            value = _wanted(one, plan, reading, path)
            if value is None:
                break
            wanted.append(value[0])
            bounds.append(value[1])
        if len(wanted) == len(seen):
            also = dict(seen[0].example.reply.get("aliases", ())).get(path, "")
            found.append(Leaf(path, tuple(wanted), tuple(bounds), str(also)))
    depends = [leaf for leaf in found if any(np.any(w != 0.0) for w in leaf.wanted)]
    labels = [leaf for leaf in depends if leaf.name.lower() in names.TARGETS]
    if len(labels) == len(depends) < len(paths):
        return None  # the reading applies to labels alone
    return depends or None


def _wanted(one: Seen, plan: Plan, reading: str, path: str) -> tuple[Array, Array] | None:
    output = plan.outputs[0]
    value = one.truth.outputs[output][0]
    if reading == "product":
        given = dict(zip(plan.outputs, one.upstream, strict=False))
        return one.truth.product(path, given)
    if reading == "sum":
        return one.truth.product(path, {output: np.ones(value.shape)})
    if reading in ("mean", "rows"):
        if not value.ndim:
            return None
        count = value.size if reading == "mean" else value.shape[0]
        return one.truth.product(path, {output: np.full(value.shape, 1.0 / max(count, 1))})
    jacobian, bound = one.truth.jacobian(path, output)
    shape = one.truth.leaves[path]
    n = value.size
    if reading == "jacobian":
        return jacobian, bound
    if shape != value.shape:
        return None
    if reading == "entries":
        square, off = jacobian.reshape(n, n), bound.reshape(n, n)
        if np.any(square[~np.eye(n, dtype=bool)] != 0.0):
            return None
        return np.diag(square).reshape(shape), np.diag(off).reshape(shape)
    if value.ndim != 2:
        return None
    rows = np.arange(shape[0])
    return jacobian[rows, :, rows, :], bound[rows, :, rows, :]


def readings(pairing: Pairing, plan: Plan, seen: Seen) -> list[str]:
    """Readings that are possible, likeliest first."""
    if plan.upstreams:
        return ["product"]
    value = seen.truth.outputs[plan.outputs[0]][0]
    if value.size == 1 and not value.ndim:
        return ["sum"]
    loss = set(names.words(pairing.forward.name)) & (names.VALUE - {"residual", "residuals", "fun"})
    if loss and pairing.kind != "second":
        return ["entries", "sum", "rows", "mean"]
    if pairing.kind in ("local", "flag", "joint"):
        return ["entries", "jacobian", "jacobians", "sum", "rows", "mean"]
    if pairing.kind == "second":
        return ["jacobian"]
    return ["sum", "rows", "mean", "entries", "jacobian", "jacobians"]


__all__ = ["Example", "Failed", "Seen", "Unclear", "items_of", "leaves_of", "make_example", "see"]
