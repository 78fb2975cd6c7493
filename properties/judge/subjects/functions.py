"""Hold what the implementation under test gave against what is true, and say so in its terms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, NoReturn

import numpy as np

from reference.bounded import SAFETY, Bounded
from reference.precision import FLOAT32, FLOAT64

from ...implementation import Implementation
from ...spec.case import Array, Case, Run
from ...spec.row import Bounds, LayerSpec, Precision, Reference, ReferenceFunction
from ..compare import (
    Difference,
    difference,
    is_single,
    looks_like_float32,
    same_but_for_ones,
    wrong_shape,
)
from ..mismatch import Disagreement, Inconclusive, Kind, Mismatch
from .calling import Caller


class Probe(Caller):
    """One implementation seen through one spec.

    ``notes`` collects what is worth saying of right results: conventions, lost accuracy;
    ``evidence`` what a report shows beside a verdict. All are those of the property at work.
    """

    def __init__(self, spec: LayerSpec, implementation: Implementation) -> None:
        super().__init__(spec, implementation)
        self.notes: dict[tuple[str, Kind, str], int] = {}
        self.evidence: dict[str, Any] = {}
        self.blames = spec.forward
        self.forward_is_wrong = False
        self._truths: dict[tuple[Any, ...], tuple[Case, Run | None, Bounds]] = {}

    def forget(self) -> None:
        """Let go of the runs and truths of cases that are done with."""
        super().forget()
        self._truths.clear()

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
        truth: ReferenceFunction = self._reference.value
        if self.reading is not None and self.reading.value is not None:
            truth = self.reading.value
        return self._truth("value", truth, case, run, precision)

    def truth_of_gradients(
        self, case: Case, run: Run | None, precision: Precision = FLOAT64
    ) -> Bounds:
        """What the reference says of the gradients, under the reading in force."""
        return self._truth("gradients", self._reference.gradients, case, run, precision)

    @property
    def adds_up(self) -> int:
        """Whether the value is a sum over examples (1), a mean (-1), or per example (0)."""
        own = self.reading.adds_up if self.reading is not None else None
        return self.spec.adds_up if own is None else own

    @property
    def _reference(self) -> Reference:
        own = self.reading.reference if self.reading is not None else None
        reference = own or self.spec.reference
        assert reference is not None
        return reference

    def _truth(
        self,
        kind: str,
        function: ReferenceFunction,
        case: Case,
        run: Run | None,
        precision: Precision,
    ) -> Bounds:
        key = (kind, self.reading, id(case), id(run), precision)
        if key not in self._truths:
            self._truths[key] = (case, run, function(case, run, precision))
        return self._truths[key][2]

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

    def refuse(self, function: str, sentence: str, case: Case) -> NoReturn:
        """Raise the mismatch of a behaviour that needs no numbers."""
        raise Mismatch(
            Disagreement(function=function, sentence=sentence, oracle="the contract", case=case)
        )

    def refuse_all(self, habits: Sequence[tuple[str, str]], case: Case) -> None:
        """Note every habit as (function, sentence), and raise the mismatch of the first."""
        for function, sentence in habits:
            self.note(Kind.ROBUSTNESS, sentence, function)
        if habits:
            self.refuse(*habits[0], case)
