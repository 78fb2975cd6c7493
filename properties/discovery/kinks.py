"""What a backward gives where values tie: any subgradient is a convention, anything else wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .found import Found, Wrong
from .gradients import items_of
from .inputs import Wanted
from .ladder import Unclear, truth_at_kinks
from .locating import Match
from .reading import leaves_of
from .session import Session
from .trying import Failed, Seen, make_example, run_backward, upstreams

Array = Any
_EXAMPLES = 2
_LENIENT = 1.5
"""Of the reach of the sides: code may count one tie in two ways."""
_OFF = 1e-6
"""How far outside a value has to lie, relative to the largest, to be wrong."""


@dataclass(frozen=True, slots=True)
class AtKinks:
    """What was seen where values tie."""

    examples: int = 0
    wrong: tuple[Wrong, ...] = ()
    notes: tuple[str, ...] = ()


def at_kinks(
    found: Found,
    session: Session,
    matches: Sequence[Match],
    specs: Mapping[str, Wanted],
    *,
    seed: int,
) -> AtKinks:
    """Judge gradients that are right elsewhere on small whole numbers, where values tie.

    Parameters
    ----------
    matches
        Gradients and their inputs, from ordinary examples.
    specs
        What the arguments are.
    """
    wrong: dict[str, Wrong] = {}
    larger: dict[str, bool] = {}
    count = 0
    for index in range(_EXAMPLES):
        try:
            one, reach = _see(found, session, specs, index, seed)
        except (Unclear, Failed):
            continue
        leaves = {leaf.path: leaf for leaf in leaves_of([one], found.plan, found.reading) or ()}
        far = {leaf.path: leaf for leaf in leaves_of([reach], found.plan, found.reading) or ()}
        items = {(i.source, i.path): i for i in items_of(found.pairing, found.plan, [one])}
        for match in matches:
            item = items.get((match.item.source, match.item.path))
            path = match.leaf.path if match.leaf is not None else ""
            if item is None or path not in far or path not in leaves:
                continue
            got = np.asarray(item.values[0], dtype=float)
            middle, radius = leaves[path].wanted[0], np.abs(far[path].wanted[0])
            if np.squeeze(got).shape != middle.squeeze().shape or not np.isfinite(got).all():
                continue
            got, count = got.reshape(middle.shape), count + 1
            at = _outside(got, middle, radius, leaves[path].bounds[0])
            name = match.item.shown
            if at is not None:
                sentence = _sentence(name, path, got, middle, radius, at)
                values = {**one.example.values}
                bound = leaves[path].bounds[0]
                shown = path.partition("/")[2].replace("/", ".")
                wrong[name] = Wrong(
                    name, shown, sentence, got, middle, bound, values, one.upstream, at
                )
            else:
                larger[name] = larger.get(name, True) and _is_larger(got, middle, radius)
    notes = tuple(
        f"where values tie {name} takes the larger of the slopes, a subgradient"
        for name, is_larger in larger.items()
        if is_larger and name not in wrong
    )
    return AtKinks(count, tuple(wrong.values()), notes)


def _see(
    found: Found, session: Session, specs: Mapping[str, Wanted], index: int, seed: int
) -> tuple[Seen, Seen]:
    """An example with ties, and how far the sides reach in it."""
    example = make_example(
        session, found.pairing, specs, index, seed + 7, least=found.least, whole=True
    )
    truth = truth_at_kinks(session, example.request, example.leaves, found.plan.outputs)
    given = upstreams(truth, found.plan, example, seed)
    reply = run_backward(session, found.pairing, example, found.plan, given)
    size = tuple(np.abs(one) for one in given)
    return Seen(example, truth, reply, given), Seen(example, truth.reaching(), reply, size)


def _outside(got: Array, middle: Array, radius: Array, bound: Array) -> tuple[int, ...] | None:
    """The entry that lies farthest outside of what the sides allow; zero is always allowed."""
    low = np.minimum(middle - _LENIENT * radius, 0.0)
    high = np.maximum(middle + _LENIENT * radius, 0.0)
    off = np.maximum(low - got, got - high)
    scale = float(np.abs(middle).max(initial=0.0) + radius.max(initial=0.0))
    off = np.where((radius > 1e-9 * scale) & (off > 80.0 * bound + _OFF * scale), off, 0.0)
    if not off.any():
        return None
    return tuple(int(i) for i in np.unravel_index(int(np.argmax(off)), off.shape))


def _is_larger(got: Array, middle: Array, radius: Array) -> bool:
    """Whether every entry at a tie is the larger, in size, of what the sides give."""
    tie = radius > 1e-9 * (float(np.abs(middle).max(initial=0.0)) + float(radius.max(initial=0.0)))
    largest = np.abs(middle) + radius
    return bool(np.all(np.abs(np.abs(got) - largest)[tie] <= 1e-9 * largest[tie]))


def _sentence(
    name: str, path: str, got: Array, middle: Array, radius: Array, at: tuple[int, ...]
) -> str:
    place = f"[{', '.join(map(str, at))}]" if at else ""
    low, high = float((middle - radius)[at]), float((middle + radius)[at])
    leaf = path.partition("/")[2].replace("/", ".")
    return (
        f"{name}{place} is {float(got[at]):.6g} where values tie; the derivatives with respect to "
        f"{leaf} from either side lie between {low:.6g} and {high:.6g}"
    )
