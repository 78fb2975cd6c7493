"""Other functions that give the same: a law between two rows, declared by one of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ..implementation import Call, Outcome, Ref
from .case import Array, Case
from .composition import Part


def _whole(case: Case, rng: np.random.Generator) -> Case:
    return case


@dataclass(frozen=True, kw_only=True)
class SameAs:
    """Calls of other functions that give what a row gives for the same case.

    Parameters
    ----------
    said
        What they are, as an oracle.
    functions
        Their names: where one is missing, nothing is asked.
    calls
        What is called for a case.
    read
        Outputs, state and gradients (``dx``) of the row, from what became of those calls.
    at
        A case of the row on which the law holds, made of any: of one group, for example.
    """

    said: str
    functions: tuple[str, ...]
    calls: Callable[[Case], Sequence[Call]]
    read: Callable[[Case, Sequence[Outcome]], Mapping[str, Array]]
    at: Callable[[Case, np.random.Generator], Case] = _whole


def _as_it_is(case: Case) -> Case:
    return case


def _as_it_came(case: Case, name: str, value: Array) -> Array:
    return value


def as_row(
    row: Part,
    said: str,
    *,
    send: Callable[[Case], Case] = _as_it_is,
    back: Callable[[Case, str, Array], Array] = _as_it_came,
    at: Callable[[Case, np.random.Generator], Case] = _whole,
) -> SameAs:
    """The law that another row gives the same.

    Parameters
    ----------
    row
        The other one.
    send
        Makes a case of it of a case of the row that declares the law.
    back
        Lays an output, a state or a gradient of it out as that row does.
    """

    def calls(case: Case) -> list[Call]:
        sent = send(case)
        forward = Call(row.forward, tuple(sent.args.values()))
        if row.backward is None:
            return [forward]
        return [forward, Call(row.backward, (*sent.upstreams, Ref(0, len(row.outputs))))]

    def read(case: Case, outcomes: Sequence[Outcome]) -> dict[str, Array]:
        returned, own = outcomes[0].outputs, len(row.outputs)
        gradients = returned[own:] if row.backward is None else outcomes[1].outputs
        found = dict(zip(row.outputs, returned, strict=False))
        for options in (outcomes[0].args_after or {}).values():
            found |= options if isinstance(options, dict) else {}
        found |= {f"d{n}": g for n, g in zip(row.differentiable, gradients, strict=False)}
        return {name: back(case, name, np.asarray(value)) for name, value in found.items()}

    return SameAs(said=said, functions=row.functions, calls=calls, read=read, at=at)
