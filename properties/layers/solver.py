"""The solver, training a model whose every step is known beforehand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from hypothesis import strategies as st

from ..implementation import Call, Implementation, Outcome, Ref
from ..implementation.child.standin import STAND_IN
from ..judge.asking import Questions
from ..judge.mismatch import Fault
from ..judge.subjects.objects import ObjectProbe
from ..spec.account import Account
from ..spec.case import Array, Case
from ..spec.row import ObjectSpec, Purpose
from ..spec.values import Values, of_family
from . import solver_account
from .solver_path import CLASSES, checked, data, knots

MOMENTUM = "optim.sgd_momentum"


@dataclass(frozen=True, kw_only=True)
class SolverSpec(ObjectSpec):
    """A row for a solver."""


@dataclass(frozen=True, kw_only=True)
class Training:
    """What a training run left behind.

    ``seen`` has a row for each training pass: W1, b1, loss, whether the labels fit, and the
    numbers of the examples. ``at_the_end`` are the model's parameters.
    """

    seen: Array
    loss_history: Array
    train_acc_history: Array
    val_acc_history: Array
    best_val_acc: float
    best_params: Mapping[str, Any]
    at_the_end: Mapping[str, Any]
    printed: str = ""


class SolverProbe(ObjectProbe):
    """Trains the stand-in model in the child and fetches what came of it."""

    spec: SolverSpec

    def __init__(self, spec: SolverSpec, implementation: Implementation) -> None:
        super().__init__(spec, implementation)
        case = smallest()
        outcomes = self.send(self.making(case))
        if not outcomes[1].ok:
            bad = outcomes[1]
            raise Fault(self.name, bad.status, f"cannot be made: {bad.message}", bad.traceback)

    def making(
        self, case: Case, config: Any = None, interrupt: int = 0, **options: Any
    ) -> list[Call]:
        """Make the model and the solver; the solver is output 0 of call 1."""
        args = case.args
        config = {"learning_rate": args["learning_rate"]} if config is None else config
        kwargs: dict[str, Any] = {
            "update_rule": "sgd",
            "optim_config": config,
            "lr_decay": args["lr_decay"],
            "batch_size": args["batch_size"],
            "num_epochs": args["num_epochs"],
            "print_every": 1,
            "verbose": False,
        }
        stays: frozenset[int] = frozenset()
        model = Call(
            STAND_IN, (list(knots(case)), list(args["levels"]), CLASSES, interrupt), fetch=stays
        )
        solver = Call(
            self.name,
            (Ref(0, 0), data(case)),
            kwargs | options,
            seed=args["seed"],
            fetch=stays,
        )
        return [model, solver]

    def train(self, case: Case, **options: Any) -> Questions[Training]:
        """Train from the start to the end."""
        solver, model = Ref(1, 0), Ref(0, 0)
        names = ("loss_history", "train_acc_history", "val_acc_history")
        calls = [
            *self.making(case, **options),
            Call(".train", (solver,), seed=case.args["seed"]),
            *(Call(f".{name}", (solver,)) for name in (*names, "best_val_acc", "best_params")),
            Call(".params", (model,)),
            Call(".seen", (model,)),
        ]
        outcomes = yield from self.ask(calls)
        for outcome in outcomes[:3]:
            self.get(outcome)
        *histories, best_val_acc, best_params, params, seen = outcomes[3:]
        loss, train_acc, val_acc = (_numbers(self.get(outcome)) for outcome in histories)
        return Training(
            seen=np.asarray(self.get(seen)[0]),
            loss_history=loss,
            train_acc_history=train_acc,
            val_acc_history=val_acc,
            best_val_acc=float(_numbers(self.get(best_val_acc))[0]),
            best_params=self._params(best_params, case),
            at_the_end=self._params(params, case),
            printed=outcomes[2].printed,
        )

    def train_in_place(self, case: Case) -> Questions[Training]:
        """The same run by momentum of zero, whose step is written in place more often than sgd's.

        Where the target has no such rule, or another step, it is sgd's run.
        """
        config = {"learning_rate": case.args["learning_rate"], "momentum": 0.0}
        [step] = yield from self.ask([Call(MOMENTUM, (np.zeros(1), np.full(1, -1.0), config))])
        if step.ok and np.allclose(step.outputs[0], config["learning_rate"]):
            try:
                return (yield from self.train(case, config=config, update_rule="sgd_momentum"))
            except Fault:  # a solver may know other rules by other names
                pass
        return (yield from self.train(case))

    def _params(self, outcome: Outcome, case: Case) -> Mapping[str, Any]:
        value = self.get(outcome)[0]
        if not isinstance(value, dict):
            self.contradict("params", "best_params is no dict of parameters", case)
        return value

    def script_lines(self, case: Case) -> list[str]:
        """The sizes alone: the model is the suite's own."""
        return [*(f"# {name} = {value!r}" for name, value in case.args.items())]


def _numbers(outputs: tuple[Any, ...]) -> Array:
    parts = [np.ravel(np.asarray(value, dtype=np.float64)) for value in outputs]
    return np.concatenate(parts) if parts else np.zeros(0)


def smallest() -> Case:
    """A short run that is nothing special."""
    args = {
        "num_train": 4,
        "num_val": 4,
        "batch_size": 2,
        "num_epochs": 2,
        "learning_rate": 1.0,
        "lr_decay": 0.5,
        "levels": (0.25, 1.0, 0.5),
        "seed": 0,
    }
    return Case(args=args)


def _make(v: Values, batch_size: int, batches: int, epochs: int) -> Case:
    num_val = 4 * int(v.choice(1, 2, 3))
    args: dict[str, Any] = {
        "num_train": batch_size * batches,
        "num_val": num_val,
        "batch_size": batch_size,
        "num_epochs": epochs,
        "learning_rate": v.choice(1.0, 0.5, 0.125),
        "lr_decay": v.choice(1.0, 0.5, 0.75, 0.95),
        "levels": (),
        "seed": int(v.rng.integers(1000)),
    }
    case = Case(args=args, family=v.family)
    levels = v.rng.integers(0, 5, len(checked(case))) / 4.0
    # Somewhere the model is right about something: the best of nothing is not defined.
    levels[int(v.rng.integers(len(levels)))] = 0.75
    return case.with_args(levels=tuple(levels.tolist()))


def _cases(purpose: Purpose) -> st.SearchStrategy[Case] | None:
    if purpose is not Purpose.ORDINARY:
        return None
    return st.builds(
        _make,
        of_family("dyadic"),
        st.sampled_from((2, 1, 3, 5)),
        st.sampled_from((2, 1, 3, 4)),
        st.sampled_from((2, 1, 3, 4, 6)),
    )


SOLVER = SolverSpec(
    name="solver.Solver",
    forward="solver.Solver",
    backward=None,
    cases=_cases,
    differentiable=(),
    value="params",
    probe=SolverProbe,
    borrows=(MOMENTUM,),
    account=Account(
        steps=solver_account.STEPS,
        other_ways=solver_account.OTHER_WAYS,
        misconceptions=solver_account.MISCONCEPTIONS,
        observe=solver_account.observe,
        predict=solver_account.predict,
        follows=solver_account.FOLLOWS,
        shown_by=solver_account.SHOWN_BY,
    ),
)
