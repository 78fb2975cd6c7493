"""The update rules: ``rule(w, dw, config=None) -> next_w, config``."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import Any

import numpy as np
from hypothesis import strategies as st

from reference.bounded import Bounded
from reference.optim import DEFAULTS, EpsilonAt, sequence
from reference.precision import FLOAT32

from ..implementation import Call, Implementation, Ref
from ..judge.asking import Questions
from ..judge.mismatch import Fault, Kind, Mismatch
from ..judge.subjects.objects import ObjectProbe
from ..spec.case import Array, Case
from ..spec.row import ObjectSpec, Precision, Purpose
from ..spec.values import ANY_SHAPE, Values, of_family
from .optim_account import account

_STATE = frozenset({"v", "a", "t"})
_OPTIONS = {
    "learning_rate": (1e-2, 0.5, 1.0, 3e-4),
    "momentum": (0.9, 0.5, 0.99, 0.0),
    "decay_rate": (0.99, 0.9, 0.5),
    "beta1": (0.9, 0.5, 0.0),
    "beta2": (0.999, 0.9, 0.5),
    "epsilon": (1e-8, 1e-3, 0.1),
}
# At its default epsilon is invisible unless the gradients are tiny.
_SCALES = (1.0, 1.0, 2.0**-10, 2.0**-20, 2.0**10)
_INSIDE = "epsilon stands inside the root"
_UNCORRECTED = "epsilon stands beside the root of the second moment before its correction"
_EPSILONS: dict[str, dict[EpsilonAt, str]] = {
    "rmsprop": {"beside": "", "inside": _INSIDE},
    "adam": {"beside": "", "uncorrected": _UNCORRECTED, "inside": _INSIDE},
}


@dataclass(frozen=True, kw_only=True)
class RuleSpec(ObjectSpec):
    """A row for an update rule."""

    @property
    def rule(self) -> str:
        """Its name: ``adam``."""
        return self.forward.rpartition(".")[2]


def _make(rule: str, v: Values, shape: tuple[int, ...], steps: int) -> Case:
    config: dict[str, float] = {}
    for name in DEFAULTS[rule]:
        if v.choice(0, 1, 1):
            config[name] = v.choice(*_OPTIONS[name])
    given = dict(config) if config or v.choice(0, 1) else None
    args = {
        "w": v.array(shape),
        "dw": v.upstream((steps, *shape)) * v.choice(*_SCALES),
        "config": given,
    }
    return Case(args=args, family=v.family)


def _cases(rule: str) -> Any:
    def cases(purpose: Purpose) -> st.SearchStrategy[Case] | None:
        if purpose is not Purpose.ORDINARY:
            return None
        drawn = of_family("dyadic", "normal", "uneven")
        return st.builds(_make, st.just(rule), drawn, ANY_SHAPE, st.sampled_from((1, 2, 3, 5)))

    return cases


class RuleProbe(ObjectProbe):
    """Takes steps, handing each config on to the next."""

    spec: RuleSpec

    def __init__(self, spec: RuleSpec, implementation: Implementation) -> None:
        super().__init__(spec, implementation)
        w = np.ones(2)
        [outcome] = self.send([Call(self.name, (w, w, {}))])
        if outcome.ok and outcome.outputs[0] is None:
            raise Fault(self.name, "missing", "a skeleton: next_w is None")
        if outcome.status == "missing":
            raise Fault(self.name, "missing", "a skeleton: it returns None")

    def calls_of(self, case: Case, *, observe: bool = False) -> list[Call]:
        """One call for each gradient of the case."""
        calls: list[Call] = []
        for t, dw in enumerate(case.args["dw"]):
            w = case.args["w"] if t == 0 else Ref(t - 1, 0)
            config = case.args["config"] if t == 0 else Ref(t - 1, 1)
            arguments = (w, dw) if config is None else (w, dw, config)
            both = frozenset({0, 1})
            calls.append(Call(self.name, arguments, fetch=both, observe=observe))
        return calls

    def steps(self, case: Case) -> Questions[list[Array]]:
        """The parameters after each step."""
        found = []
        for outcome in (yield from self.ask(self.calls_of(case))):
            outputs = self.get(outcome)
            if len(outputs) < 2 or not isinstance(outputs[1], dict):
                self.contradict("config", "returned no dict second: next_w, config", case)
            if isinstance(outputs[0], (str, type(None), dict, list)):
                self.contradict("next_w", "returned no array first: next_w, config", case)
            found.append(np.asarray(outputs[0]))
            self._note_names(outputs[1])
        return found

    def truth(self, case: Case, precision: Precision, place: EpsilonAt) -> list[Bounded]:
        """The parameters after each step, as they should be."""
        args = case.args
        config = args["config"] or {}
        w, dw, rule = args["w"], args["dw"], self.spec.rule
        return sequence(rule, w, dw, config, epsilon_at=place, precision=precision)

    def judge_steps(self, case: Case) -> Questions[None]:
        """Raise the mismatch of the first step that is wrong, wherever epsilon may stand."""
        found = yield from self.steps(case)
        # An epsilon in another place can look like the rounding of float32.
        for short in (False, True):
            for place, sentence in _EPSILONS.get(self.spec.rule, {"beside": ""}).items():
                with contextlib.suppress(Mismatch):
                    self._compare(case, found, place, short=short)
                    if sentence:
                        self.note(Kind.CONVENTION, sentence)
                    return
        self._compare(case, found, "beside", short=True)

    def _compare(self, case: Case, found: list[Array], place: EpsilonAt, *, short: bool) -> None:
        truths = self.truth(case, Precision(), place)
        for t, (got, truth) in enumerate(zip(found, truths, strict=True)):

            def in_float32(t: int = t) -> dict[str, Bounded]:
                return {"next_w": self.truth(case, FLOAT32, place)[t]}

            allowed = in_float32 if short else None
            wrong = self.find(case, {"next_w": got}, {"next_w": truth}, allowed)
            if wrong is not None:
                oracle = f"reference formula, step {t + 1}"
                self.fail(self.name, "next_w", wrong[1], oracle=oracle, case=case)

    def _note_names(self, config: dict[str, Any]) -> None:
        state = {name for name, value in config.items() if isinstance(value, np.ndarray)}
        names = state - _STATE
        if names or (self.spec.rule == "rmsprop" and "v" in state):
            shown = ", ".join(sorted(state))
            self.note(Kind.CONVENTION, f"the state in config is called {shown}")

    def script_lines(self, case: Case) -> list[str]:
        """Take the steps one after the other."""
        lines = super().script_lines(case)
        return [
            *lines,
            "for step in dw:",
            f"    w, config = {self.short}(w, step, config)",
            "    print(w)",
        ]


RULES = tuple(
    RuleSpec(
        name=f"optim.{rule}",
        forward=f"optim.{rule}",
        backward=None,
        cases=_cases(rule),
        differentiable=(),
        value="next_w",
        probe=RuleProbe,
        account=account(rule),
    )
    for rule in DEFAULTS
)
