"""Calls a forward and its backward as a plan says, and reports every number that came out."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import FrameType, ModuleType
from typing import Any

import numpy as np

from .calls import Calls, Failed, differs, sent
from .chance import Chance
from .objects import flat
from .rungs import RUNGS

_setprofile = sys.setprofile
_processor_time = time.process_time


class Trials:
    """Answers requests about the loaded modules of a target."""

    def __init__(self, modules: Mapping[str, ModuleType]) -> None:
        self._modules = modules
        self._files = {str(m.__file__) for m in modules.values()}
        self.chance = Chance(list(modules.values()))

    def answer(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Do what ``mode`` says: ``run``, or a rung of the derivative."""
        started = _processor_time()
        reply = self._answered(request)
        reply["seconds"] = _processor_time() - started
        return reply

    def _answered(self, request: Mapping[str, Any]) -> dict[str, Any]:
        rung = RUNGS.get(request["mode"])
        with self.chance.settled():
            try:
                return self._run(request) if rung is None else rung(self, request)
            except Failed as failed:
                return {"error": self._described(failed)}

    def _run(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Forward and backward on plain numbers."""
        call = Calls(self, request, {})
        frames: dict[str, Any] = {}
        own = self.is_own
        if request.get("brief"):
            outputs = flat(call.forward())
            found = [*outputs, *flat(call.kept, objects=own)]
            finite = all(np.isfinite(np.asarray(place[3])).all() for place in found)
            size = int(np.size(outputs[0][3])) if outputs else 0
            return {"numbers": len(found), "finite": finite, "size": size}
        mark = self.chance.mark()
        with self._watched(frames):
            returned = call.forward()
        drawn = self.chance.used(mark)
        reply: dict[str, Any] = {
            "kind": type(returned).__name__,
            "returned": sent(flat(returned)),
            "leaves": sent(call.leaves),
            "aliases": call.aliases,
            "before": sent(call.before),
            "after": sent(flat(call.kept, objects=own)) if call.owner is not None else [],
            "locals": sorted(frames),
            "chance": drawn,
        }
        if request.get("backward"):
            before = {place[0]: np.array(place[3]) for place in flat(call.kept, objects=own)}
            held = {place[0]: (place[3], np.array(place[3])) for place in call.results()}
            given = call.backward(returned, frames)
            reply["results"] = sent([p for p in call.results() if _is_new(held.get(p[0]), p[3])])
            reply["held"] = [[path, copy] for path, (_, copy) in held.items()]
            reply["gradients"] = sent(flat(given))
            reply["gradient_kind"] = type(given).__name__
            if call.owner is not None:
                after = flat(call.kept, objects=own)
                reply["changed"] = sent([p for p in after if differs(before.get(p[0]), p[3])])
            reply["written"] = sent(call.written())
        return reply

    # surroundings

    @property
    def modules(self) -> list[ModuleType]:
        """The modules of the target."""
        return list(self._modules.values())

    def is_own(self, value: Any) -> bool:
        """Whether an object is an instance of a class of the target."""
        place = str(type(value).__module__)
        own = place in self._modules or f"={place}" in self._modules  # a real module beside it
        return own and hasattr(value, "__dict__")

    def module(self, name: str) -> ModuleType:
        """Give a module of the target."""
        return self._modules[name]

    def resolve(self, module: str, name: str) -> Any:
        """Give what a dotted name in a module stands for."""
        value: Any = self._modules[module]
        for part in name.split("."):
            value = getattr(value, part)
        return value

    @contextmanager
    def _watched(self, frames: dict[str, Any]) -> Iterator[None]:
        """Note the local variables of the target's functions when they return, outermost last."""

        def note(frame: FrameType, event: str, argument: Any) -> None:
            if event == "return" and frame.f_code.co_filename in self._files:
                local = frame.f_locals.items()
                frames.update({n: v for n, v in local if n != "self" and not callable(v)})

        _setprofile(note)
        try:
            yield
        finally:
            _setprofile(None)

    def _described(self, failed: Failed) -> dict[str, Any]:
        error, line, function = failed.error, 0, ""
        trace = error.__traceback__
        while trace is not None:
            if trace.tb_frame.f_code.co_filename in self._files:
                line, function = trace.tb_lineno, trace.tb_frame.f_code.co_name
            trace = trace.tb_next
        return {
            "stage": failed.stage,
            "type": type(error).__name__,
            "message": str(error)[:500],
            "line": line,
            "function": function,
        }


def _is_new(held: tuple[Any, Any] | None, value: Any) -> bool:
    """Whether a number was written: it is another object, or another number."""
    return held is None or held[0] is not value or differs(held[1], value)
