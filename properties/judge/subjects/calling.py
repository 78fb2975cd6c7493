"""Run the implementation under test on cases, and read what came back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NoReturn, TypeVar

import numpy as np

from ...implementation import Call, Implementation, Outcome, Ref
from ...spec.case import Array, Case, Run
from ...spec.row import LayerSpec, Reading
from ..asking import Ask, Questions, now
from ..mismatch import Disagreement, Fault, Mismatch

T = TypeVar("T")


class Caller:
    """One implementation called as one spec says, under the reading that is in force.

    ``printed`` is what each function printed when it was called last and printed anything.
    """

    def __init__(self, spec: LayerSpec, implementation: Implementation) -> None:
        self.spec = spec
        self.implementation = implementation
        self.reading: Reading | None = None
        self.printed: dict[str, str] = {}
        # By the ids of what they belong to, which they keep alive.
        self._runs: dict[tuple[str, int], tuple[Case, Run | Exception]] = {}

    def forget(self) -> None:
        """Let go of the runs of cases that are done with."""
        self._runs.clear()

    # -- calls -------------------------------------------------------------------------------

    def calls(self, case: Case, *, start: int = 0, observe: bool = False) -> list[Call]:
        """The calls of one forward and backward, for a list in which ``start`` come before."""
        sent = self.reading.send(case) if self.reading else case
        forward = Call(
            function=self.spec.forward,
            args=tuple(sent.args.values()),
            fetch=self._fetched,
            observe=observe,
        )
        if self.spec.backward is None:
            return [forward]
        return [forward, self.backward_call(case, self.cache(start), observe=observe)]

    def cache(self, call: int) -> Ref:
        """The cache that a forward gave, behind its outputs."""
        return Ref(call, len(self.spec.outputs))

    def backward_call(self, case: Case, cache: Any, *, observe: bool = False) -> Call:
        """One backward on a cache."""
        assert self.spec.backward is not None
        return Call(function=self.spec.backward, args=(*case.upstreams, cache), observe=observe)

    def overwrites_cache(self, case: Case) -> Questions[bool]:
        """Whether a backward changes the cache that it was given."""
        outcomes = yield from self.ask(self.calls(case, observe=True))
        return outcomes[-1].cache_changed

    def forward_call(self, case: Case) -> Call:
        """One forward whose cache nobody needs."""
        sent = self.reading.send(case) if self.reading else case
        args = tuple(sent.args.values())
        return Call(function=self.spec.forward, args=args, fetch=self._fetched)

    @property
    def _fetched(self) -> frozenset[int] | None:
        # The cache stays in the child: it is the implementation's own affair.
        return None if self.spec.backward is None else frozenset(range(len(self.spec.outputs)))

    def send(self, calls: Sequence[Call]) -> list[Outcome]:
        """Run calls at once, in a round trip of their own."""
        return list(self.implementation.run(calls))

    def ask(self, calls: Sequence[Call]) -> Questions[list[Outcome]]:
        """Run calls in the round trip of this step of a property."""
        [outcomes] = yield [Ask(tuple(calls))]
        return outcomes

    def now(self, questions: Questions[T]) -> T:
        """Run a coroutine alone and at once, outside any property."""
        try:
            return now(self.implementation, questions)
        finally:
            self.forget()

    # -- results -----------------------------------------------------------------------------

    def run(self, case: Case) -> Questions[Run]:
        """Forward and backward on a case; raises Fault where one gives no result.

        All properties that ask for the run of the same case get the same one.
        """
        [run] = yield from self.run_many([case])
        return run

    def run_many(self, cases: Sequence[Case]) -> Questions[list[Run]]:
        """Forward and backward on several cases."""
        return (yield from self._runs_of("run", cases))

    def values(self, cases: Sequence[Case]) -> Questions[list[Run]]:
        """Forward alone on several cases."""
        return (yield from self._runs_of("value", cases))

    def value(self, case: Case) -> Questions[Run]:
        """Forward alone."""
        [run] = yield from self.values([case])
        return run

    def _runs_of(self, kind: str, cases: Sequence[Case]) -> Questions[list[Run]]:
        keys = [(kind, id(case)) for case in cases]
        new = {key: case for key, case in zip(keys, cases, strict=True) if key not in self._runs}
        if new:
            calls = self.calls if kind == "run" else lambda case: [self.forward_call(case)]
            replies = yield [Ask(tuple(calls(case)), key) for key, case in new.items()]
            read = self.read if kind == "run" else self._read_value
            for (key, case), outcomes in zip(new.items(), replies, strict=True):
                if key in self._runs:  # another property has read the same outcomes
                    continue
                try:
                    result: Run | Exception = read(case, outcomes)
                except (Fault, Mismatch) as error:
                    result = error
                self._runs[key] = (case, result)
        found = []
        for key in keys:
            result = self._runs[key][1]
            if isinstance(result, Exception):
                raise result
            found.append(result)
        return found

    def _read_value(self, case: Case, outcomes: Sequence[Outcome]) -> Run:
        return self._read_forward(case, outcomes[0])

    def read(self, case: Case, outcomes: Sequence[Outcome]) -> Run:
        """Make a run of the outcomes of ``calls``."""
        run = self._read_forward(case, outcomes[0])
        if self.spec.backward is None:
            gradients = self.ok(self.spec.forward, outcomes[0])[1:]
        else:
            gradients = self.ok(self.spec.backward, outcomes[1])
        named = self._name_gradients(self.spec.judge_of_gradients, gradients, case)
        return Run(outputs=run.outputs, state=run.state, gradients=named)

    def _read_forward(self, case: Case, outcome: Outcome) -> Run:
        outputs = self.ok(self.spec.forward, outcome)
        names = self.spec.outputs
        if len(outputs) < len(names) or not all(map(_is_number, outputs[: len(names)])):
            wanted = "no array first" if len(names) == 1 else f"no {' and '.join(names)} first"
            self._misshaped(self.spec.forward, f"returned {wanted}", case)
        state: dict[str, Any] = {}
        for after in outcome.args_after.values() if outcome.args_after else ():
            if isinstance(after, dict):
                state.update(after)
        named = {name: np.asarray(value) for name, value in zip(names, outputs, strict=False)}
        return Run(outputs=named, state=state)

    def ok(self, function: str, outcome: Outcome) -> tuple[Any, ...]:
        """The outputs of a call that worked."""
        if outcome.printed:
            self.printed[function] = outcome.printed
        if outcome.status == "ok":
            return tuple(outcome.outputs)
        if outcome.status == "unavailable":
            reason = outcome.message or "its forward gave no result"
            raise Fault(function, "unavailable", f"cannot be called: {reason}")
        raise Fault(function, outcome.status, outcome.message, outcome.traceback)

    def _name_gradients(
        self, function: str, gradients: Sequence[Any], case: Case
    ) -> dict[str, Array]:
        wanted = self.spec.differentiable
        if len(gradients) == 1 and isinstance(gradients[0], (list, tuple)):
            gradients = gradients[0]
        if len(gradients) < len(wanted):
            names = ", ".join(f"d{name}" for name in wanted)
            sentence = f"returned {len(gradients)} gradients, wanted {len(wanted)}: {names}"
            self._misshaped(function, sentence, case)
        named: dict[str, Array] = {}
        for name, gradient in zip(wanted, gradients, strict=False):
            if not _is_number(gradient):
                kind = "None" if gradient is None else type(gradient).__name__
                self._misshaped(function, f"d{name} is {kind}, wanted an array", case, f"d{name}")
            named[name] = np.asarray(gradient)
        return named

    def _misshaped(self, function: str, sentence: str, case: Case, argument: str = "") -> NoReturn:
        raise Mismatch(
            Disagreement(
                function=function,
                sentence=sentence,
                oracle="the contract",
                argument=argument,
                case=case,
            )
        )


def _is_number(value: Any) -> bool:
    if isinstance(value, (bool, str)) or value is None:
        return False
    if isinstance(value, np.ndarray):
        return value.dtype.kind in "fiub"
    return isinstance(value, (int, float, np.number))
