"""Run the implementation under test on cases, and say in its own terms what came back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, NoReturn, TypeVar

import numpy as np

from reference.bounded import SAFETY, Bounded
from reference.precision import FLOAT32, FLOAT64

from ...implementation import Call, Implementation, Outcome, Ref
from ...spec.case import Array, Case, Run
from ...spec.row import Bounds, LayerSpec, Precision, Reading
from ..asking import Ask, Questions, now
from ..compare import (
    Difference,
    difference,
    is_number,
    is_single,
    looks_like_float32,
    same_but_for_ones,
    wrong_shape,
)
from ..mismatch import Disagreement, Fault, Inconclusive, Kind, Mismatch
from .truths import Truths

T = TypeVar("T")


class Probe:
    """One implementation seen through one spec.

    ``notes`` collects what is worth saying of right results: conventions, lost accuracy;
    ``printed`` is what each function printed when it was called last and printed anything;
    ``evidence`` what a report shows beside a verdict. All are those of the property at work.
    """

    def __init__(self, spec: LayerSpec, implementation: Implementation) -> None:
        self.spec = spec
        self.implementation = implementation
        self.reading: Reading | None = None
        self.notes: dict[tuple[str, Kind, str], int] = {}
        self.printed: dict[str, str] = {}
        self.evidence: dict[str, Any] = {}
        self.blames = spec.forward
        self.forward_is_wrong = False
        # By the ids of what they belong to, which they keep alive.
        self._runs: dict[tuple[str, int], tuple[Case, Run | Exception]] = {}
        self._truths = Truths(spec)

    def forget(self) -> None:
        """Let go of the runs and truths of cases that are done with."""
        self._runs.clear()
        self._truths.forget()

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
        if len(outputs) < len(names) or not all(map(is_number, outputs[: len(names)])):
            wanted = "no array first" if len(names) == 1 else f"no {' and '.join(names)} first"
            self.refuse(self.spec.forward, f"returned {wanted}", case)
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
            self.refuse(function, sentence, case)
        named: dict[str, Array] = {}
        for name, gradient in zip(wanted, gradients, strict=False):
            if not is_number(gradient):
                kind = "None" if gradient is None else type(gradient).__name__
                self.refuse(function, f"d{name} is {kind}, wanted an array", case, f"d{name}")
            named[name] = np.asarray(gradient)
        return named

    # -- against what is true ------------------------------------------------------------------

    def note(self, kind: Kind, sentence: str, function: str | None = None) -> None:
        """Say something of a right result, where the row answers for the function."""
        if (function or self.blames) not in self.spec.judged:
            return
        key = (function or self.blames, kind, sentence)
        self.notes[key] = self.notes.get(key, 0) + 1

    def find(
        self,
        case: Case,
        got: dict[str, Array] | Any,
        truth: Bounds,
        in_float32: Any = None,
        prefix: str = "",
        single: bool = False,
    ) -> tuple[str, Difference] | None:
        """The first entry of ``truth`` that ``got`` disagrees with, after conventions.

        ``in_float32`` is called for the bounds at float32's rounding unit when a difference may
        be float32 rounding, which is lost accuracy and not wrong; ``single`` tells that the
        value of the same run holds no more than float32 does.
        """
        function = self.spec.judge_of_gradients if prefix else self.spec.forward
        for name, bounded in truth.items():
            if name not in got:
                continue
            array = got[name]
            wrong = difference(array, bounded)
            if wrong is not None and not wrong.shape_is_wrong and in_float32 is not None:
                short = in_float32()[name]
                if looks_like_float32(array, bounded, short, single=single):
                    sentence = f"{prefix}{name} is accurate to float32 only"
                    self.note(Kind.ROBUSTNESS, sentence, function)
                    wrong = None
            if wrong is not None:
                return name, wrong
            if array.shape != bounded.value.shape and same_but_for_ones(
                array.shape, bounded.value.shape
            ):
                shapes = "(1, M) for (M,)" if bounded.value.ndim else "(1,) for ()"
                sentence = f"{prefix}{name} has another shape: {shapes}"
                self.note(Kind.CONVENTION, sentence, function)
        return None

    def fail(
        self,
        function: str,
        argument: str,
        wrong: Difference,
        *,
        oracle: str,
        case: Case,
        extra: Mapping[str, Any] | None = None,
        kind: Kind | None = None,
    ) -> NoReturn:
        """Raise the mismatch of a difference; of the property's own kind, or of another."""
        space = "" if wrong.sentence.startswith("[") else " "
        raise Mismatch(
            Disagreement(
                function=function,
                sentence=f"{argument}{space}{wrong.sentence}",
                oracle=oracle,
                argument=argument,
                index=wrong.index,
                got=wrong.got,
                wanted=wrong.wanted,
                tolerance=wrong.tolerance,
                case=case,
                extra=extra or {},
                kind=kind,
            )
        )

    def truth_of_value(self, case: Case, run: Run | None, precision: Precision = FLOAT64) -> Bounds:
        """What the reference says of the outputs, under the reading in force."""
        return self._truths.value(case, run, precision, self.reading)

    def truth_of_gradients(
        self, case: Case, run: Run | None, precision: Precision = FLOAT64
    ) -> Bounds:
        """What the reference says of the gradients, under the reading in force."""
        return self._truths.gradients(case, run, precision, self.reading)

    @property
    def adds_up(self) -> int:
        """Whether the value is a sum over examples (1), a mean (-1), or per example (0)."""
        own = self.reading.adds_up if self.reading is not None else None
        return self.spec.adds_up if own is None else own

    def wrong_value(
        self, case: Case, run: Run, *, in_float32: bool = True
    ) -> tuple[str, Difference] | None:
        """The first output that is wrong, if any; float32's rounding is not, unless told so."""
        truth = self.truth_of_value(case, run)
        got = {**run.state, **run.outputs}
        short = partial(self.truth_of_value, case, run, FLOAT32) if in_float32 else None
        return self.find(case, got, truth, short)

    def wrong_gradient(self, case: Case, run: Run) -> tuple[str, Difference] | None:
        """The first gradient that is wrong, if any."""
        truth = self.truth_of_gradients(case, run)
        return self.find(
            case,
            run.gradients,
            truth,
            lambda: self.truth_of_gradients(case, run, FLOAT32),
            prefix="d",
            single=is_single(run.outputs[self.spec.value]),
        )

    def slack(self, case: Case, run: Run, name: str) -> Array:
        """How far two evaluations of a gradient may differ by rounding."""
        gradient = run.gradients[name]
        if not same_but_for_ones(gradient.shape, np.shape(case.args[name])):
            raise Inconclusive  # the property of shapes speaks of it
        # The largest of all gradients: one whose terms cancel is rounding of terms of that size.
        largest = max(float(np.max(np.abs(g), initial=0.0)) for g in run.gradients.values())
        loose = np.full(gradient.shape, 1e-9 * largest)
        if self.spec.reference is None:
            return loose
        error = SAFETY * self.truth_of_gradients(case, run)[name].error
        error = np.asarray(error).reshape(gradient.shape)
        # The bound is that of the right formula; a backward of another forward has its own.
        return error + loose if self.forward_is_wrong else error

    def slack_of_value(self, case: Case, run: Run, name: str = "") -> Array:
        """How far two evaluations of an output, by default the first, may differ by rounding."""
        name = name or self.spec.value
        value = run.outputs[name]
        if self.spec.reference is not None:
            error = SAFETY * self.truth_of_value(case, run)[name].error
            if error.size != value.size:
                raise Inconclusive  # the forward has another shape, and is told so
            return np.asarray(error).reshape(value.shape)
        return np.full(value.shape, 1e-9 * float(np.max(np.abs(value), initial=0.0)))

    def same(
        self,
        argument: str,
        got: Array,
        wanted: Array,
        slack: Any,
        *,
        case: Case,
        oracle: str,
        function: str | None = None,
    ) -> None:
        """Raise Mismatch unless two results agree within ``slack``."""
        if got.shape != wanted.shape and not same_but_for_ones(got.shape, wanted.shape):
            wrong: Difference | None = wrong_shape(got, np.asarray(wanted))
        else:
            wanted = np.asarray(wanted).reshape(got.shape)
            loose = np.broadcast_to(np.asarray(slack), np.shape(slack)).astype(np.float64)
            loose = loose.reshape(got.shape) if loose.size == got.size else loose
            error = np.broadcast_to(loose / SAFETY, got.shape)
            finite = np.isnan(got) & np.isnan(wanted)
            wrong = difference(
                np.where(finite, 0.0, got), Bounded(np.where(finite, 0.0, wanted), error)
            )
        if wrong is not None:
            of_value = argument in self.spec.outputs
            answers = self.spec.forward if of_value else self.spec.judge_of_gradients
            blamed = function or answers
            self.fail(blamed, argument, wrong, oracle=oracle, case=case)

    def refuse(self, function: str, sentence: str, case: Case, argument: str = "") -> NoReturn:
        """Raise the mismatch of a behaviour that needs no numbers."""
        raise Mismatch(
            Disagreement(
                function=function,
                sentence=sentence,
                oracle="the contract",
                argument=argument,
                case=case,
            )
        )

    def refuse_all(self, habits: Sequence[tuple[str, str]], case: Case) -> None:
        """Note every habit as (function, sentence), and raise the mismatch of the first."""
        for function, sentence in habits:
            self.note(Kind.ROBUSTNESS, sentence, function)
        if habits:
            self.refuse(*habits[0], case)
