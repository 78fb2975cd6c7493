"""How the open contract calls a pair and reads what it returns, as the steps call it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from ..discovery.found import Found
from ..discovery.pairs import Pairing
from ..implementation.child.tracing.supplied import is_supplied
from .calling import rate_of
from .values import After, Holder

__all__ = ["Way", "way_of"]

_READINGS = ("sum", "mean", "rows")


@dataclass(frozen=True, slots=True)
class Way:
    """How a backward is called.

    sources : where each argument comes from, see `calling.backward_sources`.
    keywords : the name of each argument that is given by name, "" for the others.
    outputs : places of the outputs, each with an upstream of its own, in what the forward returns.
    reading : what a backward without upstream is the gradient of: the ``sum`` of the outputs, their
        ``mean``, or the mean over the ``rows``; "" where it has an upstream or is the derivative.
    holder : what stands around the functions.
    """

    sources: tuple[str, ...]
    keywords: tuple[str, ...]
    outputs: tuple[int, ...]
    reading: str = ""
    holder: Holder = field(default_factory=Holder)


def way_of(found: Found) -> Way | None:
    """Say how a pair is called; None where it is called in a way that no `Pair` can say."""
    plan, backward = found.plan, found.pairing.backward
    outputs = tuple(n for path in plan.outputs if (n := _output(path)) is not None)
    if len(outputs) < len(plan.outputs):
        return None
    holder = _holder(found)
    if backward is None:
        return Way((), (), outputs, holder=holder)
    names = [p.name for p in backward.parameters]
    keywords = tuple(str(rest[0]) if rest else "" for _, _, *rest in plan.sources)
    sources = []
    for (kind, which, *_), keyword, name in zip(plan.sources, keywords, names, strict=False):
        source = _source(kind, which, keyword or name)
        if source is None:
            return None
        sources.append(source)
    reading = found.reading if found.reading in _READINGS else ""
    return Way(tuple(sources), keywords, outputs, reading, holder)


def _holder(found: Found) -> Holder:
    pairing = found.pairing
    made = pairing.owner is not None and pairing.owner.factory
    given = {**found.init, **found.args}
    return Holder(
        "handed" if pairing.handed else "made" if made else "",
        {},
        {n: str(w.constant) for n, w in given.items() if is_supplied(w.constant)},
        _after(pairing),
    )


def _after(pairing: Pairing) -> After | None:
    then = pairing.then
    if then is None:
        return None
    order = tuple(p.name for p in then.parameters if p.required)
    return After(f"{then.owner}.{then.name}".lstrip("."), order, pairing.output)


def _output(path: str) -> int | None:
    """The place of an output among what is returned; what a forward leaves in itself is found."""
    if path == "r" or path.startswith("s/"):
        return 0
    match = re.fullmatch(r"r/(\d+)", path)
    return None if match is None else int(match.group(1))


def _source(kind: str, which: Any, name: str) -> str | None:
    if kind == "constant" and rate_of([name]):
        return name  # it is drawn with the inputs
    made = {
        "input": f"{which}",
        "upstream": f"*dout:{which}",
        "output": f"*part:{which}",
        "returned": "*returned",
        "rest": "*rest",
        "local": f"@{which}",
        "attribute": f".{which}",
        "constant": f"={which!r}",
        "length": "*length",
        "shape": f"*shape:{which}",
    }
    return made.get(kind)
