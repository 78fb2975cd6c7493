"""One row under one reading: its cases are run, and its gradients are matched to its inputs."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from . import names
from .calling import Plan, Source
from .inputs import Wanted, case_sizes, draw, signed, small
from .ladder import Truth, truth
from .letters import all_letters
from .pairs import Pairing
from .session import Reply, Session, base_request
from .source import VAR_POSITIONAL, Function

Array = Any
_MOST_ENTRIES = 160
_UNMOVED = ("constant", "choice", "onehot", "bits", "signs", "length")


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
        moved |= {p: (moved[p] + moved[p].T) / 2 for p, v in own.items() if is_symmetric(p, v)}
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
    made = pairing.owner.methods.get("__init__") if pairing.owner is not None else None
    any_number = (p.name for p in (made.parameters if made else ()) if p.kind == VAR_POSITIONAL)
    request["init_star"] = next((n for n in any_number if n in request["init"]), "")
    request["init_keywords"] = _keywords(made, request["init"])
    request["keywords"] = _keywords(pairing.forward, request["args"])
    request["seed"] = seed
    return request


def _keywords(function: Function | None, given: Container[str]) -> list[str]:
    """The arguments that are passed by name: a default before them may be left out."""
    parameters = function.parameters if function is not None else ()
    return [p.name for p in parameters if p.name in given and (p.kind == 3 or p.has_default)]


def _moved(value: Array, rng: np.random.Generator) -> Array:
    """Another value of the same kind: zeros get a value, what is positive stays so."""
    if value.size and np.all(value > 0.0):
        moved = value * rng.uniform(0.7, 1.4, value.shape)
    else:
        moved = value + 0.5 * signed(value.shape, rng)
    return float(moved) if moved.ndim == 0 else moved


def is_symmetric(path: str, value: Array) -> bool:
    """Whether an array is a symmetric matrix on purpose, as that of a quadratic form."""
    square = value.ndim == 2 and value.shape[0] == value.shape[1] > 1
    if not square or not np.array_equal(value, value.T):
        return False
    # Weights may begin with zeros or with the identity.
    return path.startswith("global/") or bool(np.any(value[~np.eye(len(value), dtype=bool)]))


def upstreams(truth_: Truth, plan: Plan, example: Example, seed: int) -> tuple[Array, ...]:
    """Draw an upstream derivative for each output of a plan."""
    rng = np.random.default_rng([seed, len(example.values), 29])
    found = []
    for path in plan.outputs[: max(plan.upstreams, 1)]:
        value = truth_.outputs[path][0]
        drawn = signed(value.shape, rng)
        if plan.single and np.size(drawn):
            drawn = np.where(
                np.arange(np.size(drawn)) == rng.integers(np.size(drawn)), drawn.ravel(), 0.0
            )
            drawn = drawn.reshape(value.shape)
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
        request["plan"] = [_sent(source, example) for source in plan.sources]
    reply = session.trial(request)
    if "error" in reply:
        raise Failed(reply["error"], example.sizes)
    return reply


def _slope_of(session: Session, pairing: Pairing, example: Example, output: Array) -> Array:
    """The upstream derivative that the object itself gives for its output and the labels."""
    assert pairing.slope is not None
    labels = {p.name: example.values[f"arg/{p.name}"] for p in pairing.labels}
    order = [p.name for p in pairing.slope.parameters if p.required]
    call = base_request(Pairing(pairing.slope, None, "pair", pairing.owner))
    given: dict[str, Any] = {
        "args": {n: labels.get(n, output) for n in order},
        "keywords": [],
        "then": None,
    }
    reply = session.trial({**example.request, **call, **given, "mode": "run", "backward": None})
    if "error" in reply:
        raise Failed(reply["error"], example.sizes)
    values = [np.asarray(value) for _, value in reply["returned"]]
    if len(values) != 1 or values[0].shape != np.shape(output):
        error = {
            "type": "ValueError",
            "message": f"{pairing.slope.name} has not the output's shape",
        }
        raise Failed(error, example.sizes)
    return values[0]


def _sent(source: Source, example: Example) -> list[Any]:
    """Where an argument comes from; lengths and shapes are constants to the child."""
    kind, which, keyword = source
    if kind == "length":
        first = next(iter(example.leaves.values()), np.zeros(1))
        return ["constant", int(np.shape(first)[0]) if np.ndim(first) else 1, keyword]
    if kind == "shape":
        return ["constant", tuple(map(int, np.shape(example.values[f"arg/{which}"]))), keyword]
    return list(source)


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
    if pairing.slope is not None:
        given = (_slope_of(session, pairing, example, found.outputs[plan.outputs[0]][0]),)
    elif given is None:
        given = upstreams(found, plan, example, seed)
    return Seen(example, found, run_backward(session, pairing, example, plan, given), given)


def repeats(session: Session, example: Example) -> bool:
    """Whether a second run of the forward on the same inputs gives the same values."""
    again = session.trial({**example.request, "mode": "run", "backward": None})
    if "error" in again:
        return False
    before, after = example.reply["returned"], again["returned"]
    return len(before) == len(after) and all(
        p == q and np.array_equal(v, w, equal_nan=True)
        for (p, v), (q, w) in zip(before, after, strict=True)
    )
