"""An implementation in this process whose surroundings are put in place once, not at every call.

For measurements alone, over code that one trusts: the pipe to a child process and the exchange of
modules around every call are what a verdict needs and what a count of a million examples waits for.
"""

from __future__ import annotations

import contextlib
import random
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from properties.implementation import Call, Outcome
from properties.implementation.child.executor import SEED, copied_arguments
from properties.implementation.child.packing import ToCopies, split_outputs
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

    def bare(self, function: str, arguments: Sequence[Any]) -> Any:
        """The first output of one call, with nothing around it that a verdict needs.

        What a numerical derivative asks thousands of times; the arguments are the function's own.
        Raises what the function raises, and KeyError where it cannot be called at all.
        """
        if self._loaded.uses_random():
            np.random.seed(SEED)
            random.seed(SEED)
        outputs, _ = split_outputs(self._loaded.functions[function](*arguments))
        return outputs[0]
