"""An implementation in this process whose surroundings are put in place once, not at every call.

For measurements alone, over code that one trusts: the pipe to a child process and the exchange of
modules around every call are what a verdict needs and what a count of a million examples waits for.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence

from properties.implementation import Call, Outcome
from properties.implementation.child.executor import copied_arguments
from properties.implementation.child.packing import ToCopies
from properties.implementation.inside import InProcess


class Held(InProcess):
    """An `InProcess` that is called within ``with held.in_place():`` only."""

    @contextlib.contextmanager
    def in_place(self) -> Iterator[None]:
        """Keep the target's modules in ``sys.modules`` and its prints captured."""
        with self._surroundings():
            yield

    def run(self, calls: Sequence[Call]) -> list[Outcome]:
        """Run a list of calls, with the surroundings as they are."""
        outcomes = []
        for status, outputs, extras in self._executor.run(calls, copied_arguments, ToCopies()):
            if "args_after" in extras:
                extras["args_after"] = dict(extras["args_after"])
            outcomes.append(Outcome(status, tuple(outputs), **extras))
        return outcomes
