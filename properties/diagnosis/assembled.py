"""What a composed function ought to give with the parts of the same code, right or wrong.

Where calling the parts one after the other gives what the composed function gave, it puts them
together rightly, and whatever is wrong with it is wrong with a part.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..implementation import Call, Outcome, Ref
from ..judge.subjects.functions import Probe
from ..spec.case import Array, Case
from ..spec.row import LayerSpec


@dataclass(frozen=True)
class _Later:
    """An output of a call that is yet to be made, or a sum of such."""

    refs: tuple[Ref, ...]

    def __add__(self, other: _Later) -> _Later:
        return _Later((*self.refs, *other.refs))

    def value(self, outcomes: Sequence[Outcome]) -> Array:
        """Raises IndexError or TypeError where a call gave no such number."""
        found = [outcomes[ref.call].outputs[ref.output] for ref in self.refs]
        if not all(isinstance(value, (np.ndarray, float, int)) for value in found):
            raise TypeError("a part gave no array")
        return np.asarray(sum(found[1:], start=found[0]))


class _Recorder:
    """Notes the calls of a composition instead of making them."""

    def __init__(self, start: int) -> None:
        self.calls: list[Call] = []
        self.state: dict[str, int] = {}
        self._start = start

    def function(self, part: LayerSpec, name: str) -> Callable[..., Any]:
        loss = part.backward is None
        outputs = len(part.outputs) + loss * len(part.differentiable)
        if name == part.backward:
            outputs = len(part.differentiable)

        def call(*args: Any) -> Any:
            place = self._start + len(self.calls)
            sent = tuple(arg.refs[0] if isinstance(arg, _Later) else arg for arg in args)
            self.calls.append(Call(function=name, args=sent, fetch=frozenset(range(outputs))))
            if name == part.forward and part.ways is not None:
                self.state |= dict.fromkeys(part.ways.state, place)
            made = outputs + (name == part.forward and not loss)  # its cache stays in the child
            found = tuple(_Later((Ref(place, output),)) for output in range(made))
            return found[0] if made == 1 else found

        return call


def assembled(probe: Probe, cases: Sequence[Case]) -> list[dict[str, Array]]:
    """For each case what the parts give, called one after the other, in one round trip; nothing
    where the row has no parts or the code has not all of them."""
    spec = probe.spec
    if spec.composition is None or not all(
        _is_there(probe, name) for part in spec.parts for name in part.functions
    ):
        return [{} for _ in cases]
    calls: list[Call] = []
    recorded: list[tuple[_Recorder, dict[str, Any]]] = []
    for case in cases:
        recorder = _Recorder(len(calls))
        functions = {
            name: recorder.function(part, name) for part in spec.parts for name in part.functions
        }
        args = {k: dict(v) if isinstance(v, dict) else v for k, v in case.args.items()}
        values = spec.composition.run(functions, {**args, **case.named_upstreams}, "")
        recorded.append((recorder, values))
        calls += recorder.calls
    outcomes = probe.send(calls)
    return [_read(recorder, values, outcomes) for recorder, values in recorded]


def _read(
    recorder: _Recorder, values: dict[str, Any], outcomes: Sequence[Outcome]
) -> dict[str, Array]:
    found: dict[str, Array] = {}
    for name, value in values.items():
        if isinstance(value, _Later):
            try:
                found[name] = value.value(outcomes)
            except (IndexError, TypeError, ValueError):  # a part failed
                continue
    for name, place in recorder.state.items():
        for after in (outcomes[place].args_after or {}).values():
            if isinstance(after, dict) and name in after:
                found[name] = np.asarray(after[name])
    return found


def _is_there(probe: Probe, function: str) -> bool:
    info = probe.implementation.functions.get(function)
    return info is not None and info.status == "present"
