"""Requests about undeclared code to the process that holds it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from properties.implementation import Call, Outcome, Target
from properties.implementation.replies import is_in

from .pairs import Pairing
from .recorded import Calls, read_calls
from .source import Survey, read_survey

Reply = Mapping[str, Any]


class Answers(Protocol):
    """What answers: a child in which a target is loaded, or functions of this process."""

    def run(self, calls: Sequence[Call]) -> list[Outcome]:
        """Run a list of calls; one outcome for each."""
        ...


# What Python raises where a reply has not the form that code wants.
_MALFORMED = (TypeError, KeyError, IndexError, ValueError, OverflowError, AttributeError)
_LOST = 1.0
"""What a trial counts that ends its process."""


class Session:
    """Talks to the child in which a target is loaded as a whole (the name ``*``).

    Parameters
    ----------
    implementation : Answers
        Whom it asks.
    target : Target, optional
        What is loaded; a function that says it stands in another file has none.
    """

    def __init__(self, implementation: Answers, target: Target | None = None) -> None:
        self._implementation = implementation
        self._target = target
        self.calls = 0
        self.about = ""  # on whose behalf trials run: one that hangs is not called again
        self.spent = 0.0  # seconds of the processor, in the child
        self._recorded: Calls | None = None

    def survey(self) -> Survey:
        """Ask what the target defines."""
        reply = self._ask("=survey")
        try:
            if "error" in reply:
                return _nothing(str(reply["error"]["message"]))
            return read_survey(reply, self._is_in_target)
        except _MALFORMED:
            return _nothing("it broke the protocol: what it says that it defines has another form")

    def _is_in_target(self, file: str) -> bool:
        return self._target is None or is_in(file, self._target)

    def trial(self, request: Mapping[str, Any]) -> Reply:
        """Run one trial; what went wrong comes back under ``error``."""
        return self._ask(f"=trial {self.about}" if self.about else "=trial", dict(request))

    def recorded(self, wanted: Sequence[str]) -> Calls:
        """Ask with what the target calls its own functions; asked once, its blocks run once.

        Parameters
        ----------
        wanted
            Names of functions and classes: blocks that name none of them are not run.
        """
        if self._recorded is None:
            self._recorded = read_calls(self._ask("=calls", list(wanted)))
        return self._recorded

    def _ask(self, service: str, *arguments: Any) -> Reply:
        self.calls += 1
        [outcome] = self._implementation.run([Call(service, arguments)])
        if outcome.ok and outcome.outputs and isinstance(outcome.outputs[0], dict):
            reply = outcome.outputs[0]
            self.spent += float(reply.get("seconds", 0.0))
            return reply
        self.spent += _LOST
        message = outcome.message or outcome.status
        error = {"stage": "process", "type": outcome.status, "message": message, "line": 0}
        return {"error": {**error, "function": ""}}


def _nothing(reason: str) -> Survey:
    return Survey((), (), {}, {}, {"": reason})


def base_request(pairing: Pairing) -> dict[str, Any]:
    """Give the part of a request that says which functions are meant."""
    forward, backward, owner = pairing.forward, pairing.backward, pairing.owner
    request: dict[str, Any] = {"module": forward.module, "forward": forward.name}
    if owner is not None:
        if forward.static and (backward is None or backward.static):
            request["forward"] = f"{owner.name}.{forward.name}"
            request["module"] = owner.module
        else:
            request["class"], request["module"] = owner.name, owner.module
            request["warm"] = pairing.warm
    request["factory"] = owner is not None and owner.factory
    request["handed"] = pairing.handed
    request["results"] = list(backward.results) if backward is not None else []
    request["globals"] = list(pairing.arrays)
    if pairing.then is not None:
        own = [p.name for p in pairing.then.parameters if p.required]
        request["then"] = {
            "module": pairing.then.module,
            "function": f"{pairing.then.owner}.{pairing.then.name}".lstrip("."),
            "order": own,
            "args": [p.name for p in pairing.labels],
            "output": pairing.output,
        }
    elif pairing.slope is not None:
        request["then"] = {"function": "", "args": [p.name for p in pairing.labels]}
    if backward is not None:
        request["backward_module"] = backward.module
        request["backward"] = (
            f"{backward.owner}.{backward.name}" if owner is None else backward.name
        )
        request["backward"] = request["backward"].lstrip(".")
        if owner is not None and "class" not in request:
            request["backward"] = f"{owner.name}.{backward.name}"
            request["backward_module"] = owner.module
    return request
