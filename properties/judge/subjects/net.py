"""Nets under test: constructed, given parameters, and called in one round trip."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from reference import losses, nets
from reference.bounded import SAFETY, Bounded
from reference.precision import FLOAT32, FLOAT64

from ...implementation import Call, Implementation, Outcome, Ref
from ...spec.case import Array, Case
from ...spec.literals import literal
from ..asking import Ask, Questions
from ..compare import Difference
from ..mismatch import Fault, Kind, Mismatch
from .net_cases import params_of, sizes_of, smallest
from .net_form import Sizes, find_form
from .objects import ObjectProbe

_GAP = 80.0  # of two scores: e**-80 is a normal number in float32 too

Step = tuple[Any, ...]
"""("scores", X), ("loss", X, y), ("set", params) or ("params",); of the monolithic net also
("predict", X, options) and ("train", X, y, X_val, y_val, options)."""

_NET = Ref(0, 0)

_NORMALISED: tuple[nets.Place, ...] = ("before the ReLU", "behind the ReLU", "behind the pooling")

_LOSS = re.compile(r"\bdef\s+loss\s*\(([^)]*)\)")

Gradients = dict[str, Array]


class NetProbe(ObjectProbe):
    """One class of nets.

    ``form`` says how it is constructed; its L2 term is that of ``regs`` times its reg.
    """

    def __init__(self, spec: Any, implementation: Implementation) -> None:
        super().__init__(spec, implementation)
        if not (spec.deep or spec.images):
            self._leave_to_another_row()
        kind = {"deep": spec.deep, "monolithic": spec.monolithic, "images": spec.images}
        self.form = find_form(self, self.name, **kind)
        self.smallest = smallest(self.form)
        self._find_skeleton()
        self.guard = self._find_guard()
        self.normalised = self._find_normalised()
        self.regs = 2.0 if self._lacks_half() else 1.0

    @property
    def monolithic(self) -> bool:
        """Whether reg is an argument of ``loss``."""
        return bool(getattr(self.spec, "monolithic", False))

    def fit(self, case: Case) -> Case:
        """The case as far as the class goes: without batchnorm where it has none."""
        form = self.form
        absent = ("gamma", "beta") if form.batchnorm is None else tuple(form.lacks)
        if not absent:
            return case
        args = {name: value for name, value in case.args.items() if not name.startswith(absent)}
        return replace(case, args=args)

    def _leave_to_another_row(self) -> None:
        """Raise the Fault of a class that has this row's name and is the other two-layer net.

        Two modules of the contract define the name; in any other file ``reg`` in the arguments of
        ``loss`` tells which of the two it is.
        """
        info = self.implementation.functions.get(self.name)
        home = self.name.rpartition(".")[0]
        if info is None or info.module.rpartition(".")[2] == home:
            return
        arguments = _LOSS.search(info.source)
        if arguments is None or "*" in arguments[1]:
            return
        takes_reg = re.search(r"\breg\b", arguments[1]) is not None
        if takes_reg != self.monolithic:
            said = "takes reg" if takes_reg else "takes no reg"
            raise Fault(self.name, "missing", f"the {self.short} that is there {said} in its loss")

    # -- calls -------------------------------------------------------------------------------

    def play(self, case: Case, steps: Sequence[Step]) -> Questions[list[Outcome]]:
        """Make the net of a case and take steps with it; one outcome for each step."""
        [played] = yield from self.play_many([(case, steps)])
        return played

    def play_many(
        self, plays: Sequence[tuple[Case, Sequence[Step]]]
    ) -> Questions[list[list[Outcome]]]:
        """The same for several nets, in one round trip."""
        made = [self._making(case) for case, _ in plays]
        asks = [
            Ask((*making, *(self._call(case, step) for step in steps)))
            for making, (case, steps) in zip(made, plays, strict=True)
        ]
        found = []
        for making, outcomes in zip(made, (yield asks), strict=True):
            for outcome in outcomes[: len(making)]:
                if outcome.status not in ("ok", "missing"):
                    self.get(outcome)
            found.append(outcomes[len(making) :])
        return found

    def _making(self, case: Case) -> list[Call]:
        args, kwargs = self.arguments(case)
        calls = [
            Call(self.name, args, kwargs, seed=case.args.get("seed")),
            Call(".params[]=", (_NET, self.form.theirs(params_of(case)))),
        ]
        if not self.monolithic and "reg" not in self.form.options:
            calls.append(Call(".reg=", (_NET, case.args["reg"])))
        return calls

    def arguments(self, case: Case) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """What the constructor is called with."""
        args = case.args
        options = {"reg": args["reg"], "dtype": "float64", "seed": args["seed"]}
        return self.form.constructor(
            sizes_of(case),
            batchnorm="gamma1" in args,
            p_drop=args["dropout"],
            **options,
        )

    def _call(self, case: Case, step: Step) -> Call:
        kind, *given = step
        if kind == "params":
            return Call(".params", (_NET,))
        if kind == "set":
            return Call(".params[]=", (_NET, self.form.theirs(given[0])))
        kwargs: dict[str, Any] = {}
        if kind in ("predict", "train"):
            *given, kwargs = given
        elif kind == "loss" and self.monolithic:
            kwargs = {"reg": case.args["reg"]}
        method = "loss" if kind == "scores" else kind
        return Call(f".{method}", (_NET, *given), kwargs, seed=case.args["seed"])

    # -- results -----------------------------------------------------------------------------

    def scores(self, outcome: Outcome, case: Case) -> Array:
        """The scores of a test pass."""
        outputs = self.get(outcome)
        if len(outputs) != 1 or not isinstance(outputs[0], np.ndarray):
            self.contradict("scores", "loss(X) returned no array of scores", case)
        return outputs[0]

    def loss(self, outcome: Outcome, case: Case) -> tuple[Array, Gradients]:
        """Loss and gradients of a training pass."""
        outputs = self.get(outcome)
        if len(outputs) < 2 or not isinstance(outputs[1], dict):
            self.contradict(
                "loss", "loss(X, y) did not return a loss and a dict of gradients", case
            )
        if isinstance(outputs[0], (str, dict, list)) or outputs[0] is None:
            self.contradict("loss", "loss(X, y) returned no number first", case)
        grads = {
            str(name): np.asarray(self.form.ours(str(name), value))
            for name, value in outputs[1].items()
            if isinstance(value, (np.ndarray, float, int))
        }
        return np.asarray(outputs[0]), grads

    def train_pass(self, case: Case) -> Questions[tuple[Array, Gradients]]:
        """One training pass on the batch of the case."""
        [outcome] = yield from self.play(case, [("loss", case.args["X"], case.args["y"])])
        return self.loss(outcome, case)

    def initial(
        self,
        sizes: Sizes,
        *,
        batchnorm: bool = False,
        seed: int | None = None,
        **options: Any,
    ) -> Questions[dict[str, Any]]:
        """The parameters that the constructor makes; ``seed`` is that of numpy's global state."""
        args, kwargs = self.form.constructor(sizes, batchnorm=batchnorm, **options)
        calls = [Call(self.name, args, kwargs, seed=seed), Call(".params", (Ref(0, 0),))]
        outcomes = yield from self.ask(calls)
        params = self.get(outcomes[-1])[0]
        return dict(params)

    def is_single(self, array: Array) -> bool:
        """Whether a result was computed in float32, which it is not wrong to do."""
        array = np.asarray(array)
        short = array.dtype == np.float32
        if short:
            self.note(Kind.ROBUSTNESS, "float64 is answered in float32")
        return short

    def note(self, kind: Kind, sentence: str, function: str | None = None) -> None:
        """Say something of a right result; once for all parameters, where it is of each."""
        if sentence.endswith("is accurate to float32 only"):
            sentence = "float64 is answered in float32"
        elif "has another shape" in sentence:
            sentence = "gradients of biases have another shape: (1, H) for (H,)"
        super().note(kind, sentence, function)

    # -- verdicts ----------------------------------------------------------------------------

    def options(self, case: Case, **more: Any) -> nets.Options:
        """The reference's options of a case: in train mode and without dropout, by default."""
        given = {"reg": case.args["reg"], "guard": self.guard, "normalised": self.normalised}
        given |= more
        return nets.Options(**given | {"reg": self.regs * given["reg"]})

    def truth(self, case: Case, what: str, options: nets.Options) -> dict[str, Bounded]:
        """What the reference says of ``scores``, ``loss`` or ``gradients`` on a case's batch."""
        (x, y), params = _batch(case), params_of(case)
        if what == "scores":
            return {what: nets.scores(x, params, options)}
        if what == "loss":
            return {what: nets.loss(x, y, params, options)}
        return nets.gradients(x, y, params, options)

    def rounding(
        self, case: Case, what: str, got: Array, options: nets.Options
    ) -> dict[str, Array]:
        """How far two evaluations may differ, by name, in the precision that was answered in."""
        precision = FLOAT32 if self.is_single(got) else FLOAT64
        made = self.truth(case, what, replace(options, precision=precision))
        return {name: np.asarray(2.0 * SAFETY * bound.error) for name, bound in made.items()}

    def differs(
        self, case: Case, what: str, got: Mapping[str, Array], options: nets.Options
    ) -> tuple[str, Difference] | None:
        """The first of the scores, the loss or the gradients that the reference says otherwise."""
        truth, short = partial(self.truth, case, what), replace(options, precision=FLOAT32)
        prefix = "d" if what == "gradients" else ""
        return self.find(case, got, truth(options), lambda: truth(short), prefix=prefix)

    def judge(
        self,
        case: Case,
        what: str,
        got: Array | Gradients,
        options: nets.Options,
        oracle: str = "reference",
    ) -> None:
        """Raise the mismatch of what the reference says otherwise."""
        named = got if isinstance(got, dict) else {what: got}
        wrong = self.differs(case, what, named, options)
        if wrong is not None:
            name = f"d{wrong[0]}" if what == "gradients" else wrong[0]
            self.fail(self.name, name, wrong[1], oracle=oracle, case=case)

    def dropping(self, case: Case, rng: np.random.Generator, *, one_in: int) -> Case:
        """The same case, with dropout once in a while where the class drops units."""
        if self.form.kept in (None, 1.0) or rng.integers(one_in) > 0:
            return case
        return case.with_args(dropout=float(rng.choice((0.25, 0.5, 0.75))))

    def need_dropout(self) -> None:
        """Raise the Fault that kept dropout from being looked at, if any."""
        fault = self.form.trouble.get("dropout")
        if fault is not None:
            raise fault

    def note_form(self) -> None:
        """Say which of the usual readings of the contract the class follows."""
        form = self.form
        if form.transposed != self.monolithic:
            layout = "(fan out, fan in)" if form.transposed else "(fan in, fan out)"
            self.note(Kind.CONVENTION, f"weights have the shape {layout}")
        shape = form.shapes.get("b")
        if shape is not None:
            self.note(Kind.CONVENTION, f"biases have the shape ({shape}) for (H,)")
        if form.deep and form.batchnorm is None:
            self.note(Kind.CONVENTION, "there is no batchnorm: no option makes gamma1, beta1")
        if form.images and form.batchnorm is None:
            said = "batchnorm is not judged: no option makes gamma1, beta1 for each filter"
            self.note(Kind.CONVENTION, said)
        if self.normalised != _NORMALISED[0]:
            self.note(Kind.CONVENTION, f"batchnorm stands {self.normalised}")
        if self.guard is not None:
            self.note(Kind.CONVENTION, self.guard.sentence)
        if self.regs != 1.0:
            said = "the regularisation is reg * sum(W²), without 0.5"
            self.note(Kind.CONVENTION, said)
        if form.keeps:
            said = f"{form.dropout} is the probability that a unit is kept"
            self.note(Kind.CONVENTION, said)

    def _find_skeleton(self) -> None:
        case = self.smallest
        steps: list[Step] = [("scores", case.args["X"]), ("loss", *_batch(case))]
        [test, train] = self.now(self.play(case, steps))
        for outcome in (test, train):
            if outcome.status == "missing" or (outcome.ok and outcome.outputs[0] is None):
                raise Fault(self.name, "missing", "a skeleton: its loss returns None")
            if outcome.status in ("timeout", "crashed"):
                raise Fault(self.name, outcome.status, outcome.message, outcome.traceback)

    def _find_guard(self) -> losses.Guard | None:
        """How the loss keeps its logarithm from zero, seen where the scores are biases alone."""

        def loss_at(gap: float, label: int) -> float:
            zero = {name: 0.0 * value for name, value in params_of(case).items()}
            last = f"b{nets.depth(zero)}"
            asked = case.with_args(**zero | {last: np.array([0.0, -gap])}, reg=0.0)
            steps: list[Step] = [("loss", case.args["X"], np.full(3, label))]
            [outcome] = self.now(self.play(asked, steps))
            loss, _ = self.loss(outcome, asked)
            return float(loss) if loss.size == 1 else math.nan

        case = self.smallest
        try:
            with np.errstate(all="ignore"):
                eps = math.exp(-loss_at(_GAP, 1))
                if abs(float(f"{eps:.2g}") - eps) < 1e-9 * eps:
                    eps = float(f"{eps:.2g}")
                if not math.exp(-_GAP + 1.0) < eps < 0.1:
                    return None
                even = loss_at(-math.log(eps), 1)
        except (Fault, Mismatch, OverflowError, ValueError):
            return None
        # Where p is eps: log(eps + eps), or log(eps).
        return losses.Guard(eps=eps, kind="plus" if even < -math.log(eps) - 0.5 else "clip")

    def _find_normalised(self) -> nets.Place:
        """Where a net of images has its batchnorm, on which the contract says nothing."""
        if not self.form.images or self.form.batchnorm is None:
            return _NORMALISED[0]
        b = {k: self.smallest.args[f"b{k}"] for k in (1, 2)}
        scales = {f"gamma{k}": 1.0 + b[k] ** 2 for k in b} | {f"beta{k}": b[k] / 2.0 for k in b}
        case = self.fit(self.smallest.with_args(**scales))
        try:
            loss, _ = self.now(self.train_pass(case))
        except (Fault, Mismatch):
            return _NORMALISED[0]
        for place in _NORMALISED:
            options = nets.Options(reg=case.args["reg"], guard=self.guard, normalised=place)
            if self.differs(case, "loss", {"loss": loss}, options) is None:
                return place
        return _NORMALISED[0]

    def _lacks_half(self) -> bool:
        """Whether the L2 term is reg Σ ‖W‖², as in CS231n's own net since 2017.

        The layout tells that net, (fan in, fan out), from this course's, which has the half.
        """
        if not self.monolithic or self.form.transposed:
            return False
        case = self.smallest
        low, high = case.with_args(reg=0.0), case.with_args(reg=1.0)
        step: Step = ("loss", *_batch(case))
        try:
            [[without], [with_it]] = self.now(self.play_many([(low, [step]), (high, [step])]))
            added = float(self.loss(with_it, high)[0]) - float(self.loss(without, low)[0])
        except (Fault, Mismatch, TypeError, ValueError):
            return False
        squares = float(nets.penalty(params_of(case), nets.Options(reg=2.0)).value)
        return abs(added - squares) < 1e-6 * squares

    # -- scripts -----------------------------------------------------------------------------

    def script_lines(self, case: Case) -> list[str]:
        """Make the net of the case and print what it gives."""
        args, kwargs = self.arguments(case)
        if "dtype" in kwargs:
            kwargs["dtype"] = "float64"
        given = [literal(value) for value in args]
        given += [f"{name}={literal(value)}" for name, value in kwargs.items()]
        lines = [f"np.random.seed({case.args['seed']})"]
        lines += [f"net = {self.short}({', '.join(given)})"]
        for name, value in self.form.theirs(params_of(case)).items():
            lines.append(f"net.params[{name!r}] = {literal(value)}")
        lines += [f"X = {literal(case.args['X'])}", f"y = {literal(case.args['y'])}"]
        reg = f", reg={case.args['reg']!r}" if self.monolithic else ""
        return [*lines, 'print("scores", net.loss(X))', f'print("loss", *net.loss(X, y{reg}))']


def _batch(case: Case) -> tuple[Array, Array]:
    return case.args["X"], case.args["y"]
