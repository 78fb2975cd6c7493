"""Nets whose loss is all that is asked: made, given parameters, and called in one round trip."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

import numpy as np

from reference.precision import FLOAT32, FLOAT64, Precision

from ...implementation import Call, Implementation, Outcome, Ref
from ...spec.account import Seen
from ...spec.case import Array, Case
from ...spec.literals import literal
from ..asking import Questions
from ..mismatch import Fault, Mismatch
from .objects import ObjectProbe

_NET = Ref(0, 0)


class WholeNetProbe(ObjectProbe):
    """One class of nets; its row says how it is made, and what its loss takes.

    ``lacks`` are variants of the class that it has not, each as the row's ``variant`` names it.
    """

    def __init__(self, spec: Any, implementation: Implementation) -> None:
        super().__init__(spec, implementation)
        self.row = spec
        self.lacks: set[str] = set()
        faults = {}
        for case in spec.smallest:
            try:
                outcome = self.now(self.play(case, 1))[0]
                if outcome.status == "missing" or (outcome.ok and outcome.outputs[0] is None):
                    raise Fault(self.name, "missing", "a skeleton: its loss returns None")
                self.get(outcome)
            except Fault as fault:
                faults[spec.variant(case)] = fault
        if len(faults) == len(spec.smallest):
            raise next(iter(faults.values()))
        self.lacks |= faults.keys()

    def play(self, case: Case, times: int) -> Questions[list[Outcome]]:
        """Make the net of a case and call its loss some times; its parameters come last."""
        calls = [
            self._making(case),
            Call(".params[]=", (_NET, self.parameters(case))),
            *(Call(".loss", (_NET, *self.row.batch(case))) for _ in range(times)),
            Call(".params", (_NET,)),
        ]
        outcomes = yield from self.ask(calls)
        for outcome in outcomes[:2]:
            if outcome.status != "missing":
                self.get(outcome)
        return outcomes[2:]

    def initial(self, case: Case) -> Questions[dict[str, Any]]:
        """The parameters that the constructor makes."""
        outcomes = yield from self.ask([self._making(case), Call(".params", (_NET,))])
        return dict(self.get(outcomes[-1])[0])

    def _making(self, case: Case) -> Call:
        return Call(self.name, (), self.row.construct(case), seed=0)

    def parameters(self, case: Case) -> dict[str, Array]:
        """The parameters of a case, by name."""
        return {name: case.args[name] for name in self.row.parameters}

    def loss(self, outcome: Outcome, case: Case) -> dict[str, Array]:
        """The loss, and the gradient of each parameter as ``dNAME``."""
        outputs = self.get(outcome)
        if len(outputs) < 2 or not isinstance(outputs[1], dict):
            self.contradict("loss", "loss did not return a loss and a dict of gradients", case)
        found = {"loss": np.asarray(outputs[0])}
        for name, value in self.parameters(case).items():
            if not isinstance(outputs[1].get(name), (np.ndarray, float, int)):
                self.contradict(f"d{name}", f"there is no gradient of {name}", case)
            gradient = np.asarray(outputs[1][name])
            if gradient.size != value.size:
                sentence = f"d{name} has shape {gradient.shape}, wanted {value.shape}"
                self.contradict(f"d{name}", sentence, case)
            found[f"d{name}"] = gradient
        return found

    def results(self, case: Case) -> dict[str, Array]:
        """Loss and gradients."""
        loss, *_ = self.now(self.play(case, 1))
        return self.loss(loss, case)

    def judge(self, case: Case, got: Mapping[str, Array], *names: str) -> None:
        """Raise the mismatch of what the reference says otherwise, of some of it."""

        def truth(precision: Precision) -> dict[str, Any]:
            found = self.row.truth(case, precision)
            return {name: found[name] for name in names}

        mine = {name: got[name] for name in names}
        wrong = self.find(case, mine, truth(FLOAT64), lambda: truth(FLOAT32))
        if wrong is not None:
            self.fail(self.name, *wrong, oracle="reference", case=case)

    def script_lines(self, case: Case) -> list[str]:
        """Make the net of the case and print its loss."""
        made = {**self.row.construct(case), "dtype": "float64"}
        given = ", ".join(f"{name}={literal(value)}" for name, value in made.items())
        lines = [f"net = {self.short}({given})"]
        for name, value in self.parameters(case).items():
            lines.append(f"net.params[{name!r}] = {literal(value)}")
        batch = ", ".join(literal(value) for value in self.row.batch(case))
        return [*lines, f"print(*net.loss({batch}))"]


def observe(
    cases: Sequence[Case], given_of: Callable[[Case], Mapping[str, Any]], probe: WholeNetProbe
) -> list[Seen]:
    """Runs on the cases, each with what a prediction starts from; what fails is left out."""
    found = []
    for case in cases:
        if probe.row.variant(case) not in probe.lacks:
            with suppress(Fault, Mismatch):
                found.append(Seen(given=given_of(case), got=probe.results(case)))
    return found
