"""Causes in a function that is made of others: the mistake of a part, carried through the rest.

affine_relu_backward is wrong when affine_backward is; the log likelihood when one of its terms is.
The row's composition, run with parts that make one mistake, names such causes.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Any

import numpy as np

from ..spec.case import Array
from ..spec.composition import ways_of
from ..spec.misconception import Misconception
from ..spec.observation import Observation
from ..spec.row import LayerSpec
from ..spec.ways import Quantities
from .agreement import explains
from .finding import ENOUGH, Diagnosis, cases_of


class Parts:
    """The functions of a row's parts, right but for some misconceptions, mostly one."""

    def __init__(self, row: LayerSpec, *wrong: Misconception) -> None:
        self._wrong = wrong
        self._used = False
        self._argument = ""
        self._state: Any = None
        assert row.composition is not None
        self._composition = row.composition
        self._functions: dict[str, Callable[..., Any]] = {}
        for part in row.parts:
            self._functions[part.forward] = self._forward(part)
            if part.backward is not None:
                self._functions[part.backward] = self._backward(part)

    def whole(self, o: Observation, argument: str) -> Array | None:
        """What the whole returns; None where no misconception has a part in it."""
        self._argument = argument
        args = {**o.case.args, **o.case.named_upstreams}
        try:
            values = self._composition.run(self._functions, args, argument)
        except Exception:  # shapes that do not fit
            return None
        if self._state is not None:
            values[argument] = self._state
        return np.asarray(values[argument]) if self._used and argument in values else None

    def _forward(self, part: LayerSpec) -> Callable[..., Any]:
        ways = ways_of(part)

        def forward(*args: Any) -> tuple[Any, ...]:
            known = dict(zip(ways.parameters, args, strict=True))
            quantities = Quantities(ways, known)
            if self._argument in ways.state:
                self._state = self._value(part, part.forward, self._argument, quantities)
                return (*(None for _ in part.outputs), known)
            found = (self._value(part, part.forward, name, quantities) for name in part.outputs)
            if part.backward is None:
                return (*found, *self._gradients(part, part.forward, quantities))
            return (*found, known)

        return forward

    def _backward(self, part: LayerSpec) -> Callable[..., Any]:
        def backward(*args: Any) -> Any:
            assert part.backward is not None
            quantities = Quantities(ways_of(part), args[-1], args[:-1])
            found = self._gradients(part, part.backward, quantities)
            return found[0] if len(found) == 1 else found

        return backward

    def _gradients(self, part: LayerSpec, function: str, quantities: Quantities) -> tuple[Any, ...]:
        names = (f"d{name}" for name in part.differentiable)
        return tuple(self._value(part, function, name, quantities) for name in names)

    def _value(self, part: LayerSpec, function: str, argument: str, quantities: Quantities) -> Any:
        for wrong in self._wrong:
            mine = (wrong.function, wrong.argument) == (function, argument)
            if mine and wrong.when in ("", ways_of(part).kind_of(quantities)):
                self._used = True
                return wrong.predict(quantities)
        return quantities[ways_of(part).line_of(argument)]


def parts_of(row: LayerSpec, argument: str) -> tuple[str, ...]:
    """The functions whose mistakes show in an argument of a composition."""
    return () if row.composition is None else row.composition.functions(argument)


def _candidates(row: LayerSpec, argument: str) -> Iterator[Misconception]:
    for function in parts_of(row, argument):
        assert row.composition is not None
        part = row.composition.part_of(function)
        yield from (m for m in part.misconceptions if m.function == function)


def wrong_part(
    row: LayerSpec, seen: Sequence[Observation], argument: str, wrong: Collection[str]
) -> Diagnosis | None:
    """A misconception of a part that has it on its own, too."""
    if not wrong:
        return None
    found = [m for m in _explaining(row, seen, argument) if m.function in wrong]
    if not found:
        return None
    return _of_part(found[0], seen, argument, f"Its part {found[0].function} makes it wrong.")


def step_inside(row: LayerSpec, seen: Sequence[Observation], argument: str) -> Diagnosis | None:
    """A misconception of a function that is written out inside, or not wrong on its own."""
    found = _explaining(row, seen, argument)
    if not found:
        return None
    return _of_part(found[0], seen, argument, f"Look at its {found[0].function} step.")


def _of_part(
    first: Misconception, seen: Sequence[Observation], argument: str, where: str
) -> Diagnosis:
    return Diagnosis(
        misconception=f"{first.function}: {first.name}",
        sentence=f"{where} {first.sentence}",
        evidence=f"with {first.argument} = {first.formula} in {first.function}, {argument} is "
        f"what was got in {cases_of(seen)}",
        confidence=0.9,
        entry=first,
    )


def _explaining(row: LayerSpec, seen: Sequence[Observation], argument: str) -> list[Misconception]:
    """Misconceptions of the parts with which the whole is what was got in every case."""
    if len(seen) < ENOUGH:
        return []
    left = list(_candidates(row, argument))
    for o in seen:
        left = [m for m in left if _gives(Parts(row, m), o, argument)]
        if not left:
            break
    return left


def _gives(parts: Parts, o: Observation, argument: str) -> bool:
    value = parts.whole(o, argument)
    return value is not None and explains(o, argument, value)


def from_wrong_parts(
    row: LayerSpec,
    seen: Sequence[Observation],
    argument: str,
    known: Sequence[Misconception],
    wrong: Sequence[str],
) -> Diagnosis | None:
    """What is known of the parts, as the cause of the whole.

    Parameters
    ----------
    known
        Misconceptions that other functions of the same code were found to have.
    wrong
        Functions that are wrong, with a known cause or without.
    """
    if not seen:
        return None
    mine = [m for m in known if m.function in parts_of(row, argument)]
    if mine and all(_gives(Parts(row, *mine), o, argument) for o in seen):
        what = "; ".join(f"{m.function}: {m.name}" for m in mine)
        return Diagnosis(
            misconception=what,
            sentence=f"Its parts are wrong: {what}. Repair them first.",
            evidence=f"both explain {argument} in {cases_of(seen)}",
            confidence=0.9,
            entry=mine[0],
        )
    culprits = [name for name in parts_of(row, argument) if name in wrong]
    if not culprits:
        return None
    names = " and ".join(culprits)
    return Diagnosis(
        misconception="a part is wrong",
        sentence=f"It puts its parts together rightly; {names} is wrong: repair that first."
        if len(culprits) == 1
        else f"It puts its parts together rightly; {names} are wrong: repair them first.",
        evidence=f"calling the parts one after the other gives this {argument}, too",
        confidence=0.9,
    )
