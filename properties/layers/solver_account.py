"""A solver step by step, and what people write in the place of a step.

Names that a formula sees: t, the iterations from zero; each and epochs; learning_rate, lr_decay;
accuracies and train, the accuracies of each check; losses, of each iteration.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from ..implementation import Call, Ref
from ..judge.mismatch import Fault, Mismatch
from ..spec.account import Seen, Steps, evaluate
from ..spec.case import Array, Case
from ..spec.misconception import Misconceptions
from .solver_path import checked, data, knots, per_epoch

_GIVEN = ("learning_rate", "lr_decay", "levels", "num_train")
_LEVELS = (0.25, 0.625, 0.375, 1.0, 0.0)
_SIZE = 3  # examples of a batch: not a divisor of their number

STEPS = {
    "iterations": "each * epochs",
    "rate": "learning_rate * lr_decay ** (t // each)",
    "rate_b": "rate",
    "better": "val > best",
    "kept_acc": "val",
    "best_params": "taken",
    "model": "taken",
    "best_val_acc": "best",
    "loss_history": "losses",
    "val_acc_history": "accuracies",
    "accuracy": "hits.mean()",
}
OTHER_WAYS = ({"better": "val >= best"},)
FOLLOWS = frozenset({"loss_history", "val_acc_history", "best_val_acc", "best_params", "model"})
SHOWN_BY = {"learning_rate": ("W1", "b1"), "params": ("model", "best_params")}
MISCONCEPTIONS = partial(
    Misconceptions,
    "solver.Solver",
    """
solver, rate
  decay in every iteration
    = learning_rate * lr_decay ** t
    The learning rate decays once an epoch, not in every iteration. [pygoturn16]
  no decay
    = learning_rate + 0.0 * t
    The learning rate decays after each epoch. [~trades11]
  decay before the last iteration of an epoch
    = learning_rate * lr_decay ** ((t + 1) // each)
    The learning rate decays after the last iteration of an epoch, not before it. [~deepjdot9]
  decay one iteration late
    = learning_rate * lr_decay ** (np.maximum(t - 1, 0) // each)
    The learning rate decays at the end of an epoch, not after the next one's first step.
  one config for all parameters
    = learning_rate * lr_decay ** (2 * (t // each))
    Each parameter needs a config of its own, a copy: a shared one decays once for each parameter.
      [~diffsharp292]
  divided by the decay
    = learning_rate / lr_decay ** (t // each)
    The learning rate is multiplied by lr_decay, not divided by it.
solver, rate_b
  one parameter alone is updated
    = 0.0 * t
    Every parameter takes a step in each iteration.
  decay of one parameter alone
    = learning_rate + 0.0 * t
    The learning rates of all parameters decay.
solver, rate
  uphill
    = -learning_rate * lr_decay ** (t // each)
    A step goes downhill. [~torch1871]
solver, iterations
  one iteration too many
    = each * epochs + 1
    A run takes num_epochs times the iterations of an epoch.
  one iteration too few
    = each * epochs - 1
    A run takes num_epochs times the iterations of an epoch.
  an iteration for an epoch
    = epochs
    A run takes num_epochs times the iterations of an epoch.
solver, model
  best parameters not put back
    = len(accuracies) - 1
    At the end the model gets the best parameters: self.model.params = self.best_params.
solver, best_params
  best parameters are not a copy
    = len(accuracies) - 1; model = len(accuracies) - 1
    best_params must hold copies: what is not copied goes on being trained. [lppdb1 pilco63 sgan112]
solver, better
  best by training accuracy
    = training > best
    The best parameters are those of the best validation accuracy. [~imachine23]
  best by training accuracy, its value too
    = training > best; kept_acc = training
    The best parameters are those of the best validation accuracy. [~imachine23]
  last for the best
    = True
    Keep the parameters only when the accuracy is better than the best so far. [well60 bfn2 fact9
      ~mipnet7]
  worst for the best
    = val < best
    The best accuracy is the highest.
solver, kept_acc
  best accuracy not updated
    = best
    best_val_acc is set whenever an accuracy is better than it. [allosaurus8 ~gandlf870]
solver, best_val_acc
  best accuracy not kept
    = accuracies[-1]
    best_val_acc is the highest validation accuracy, not the last one.
solver, accuracy
  last batch forgotten
    = hits[: max(N // size, 1) * size].mean()
    The last batch is smaller when batch_size does not divide the examples: round up. [~jack174]
  first batch alone
    = hits[:size].mean()
    The accuracy is over all examples, batch by batch.
  last batch divided by the whole
    = hits[: max(N // size, 1) * size].sum() / N
    The last batch is smaller when batch_size does not divide the examples: round up. [jack174
      ~chcifar1]
  share of wrong ones
    = 1.0 - hits.mean()
    The accuracy is the share of examples whose highest score is their label's.
  number of hits
    = hits.sum()
    The accuracy is a share: the number of hits over the number of examples.
solver, loss_history
  a loss for each epoch
    = losses[each - 1 :: each]
    loss_history has the loss of every iteration.
  last loss left out
    = losses[:-1]
    loss_history has the loss of every iteration.
solver, val_acc_history
  training accuracies in the place of validation ones
    = train
    val_acc_history has the accuracies on the validation set.
  validation accuracies in the place of training ones
    shows: train_acc_history has the accuracies on the validation set
    train_acc_history has the accuracies on the training set.
solver, batch
  labels of other examples
    shows: a batch has labels
    Examples and labels of a batch are taken by the same indices. [cfm172]
  examples of another set
    shows: a batch holds examples
    Batches are drawn from X_train, by indices below its length.
  examples that are never drawn
    shows: examples in no batch
    Batches are drawn from all of X_train, by indices below its length.
  batches of another size
    shows: batches have
    A batch has batch_size examples.
solver, optim_configs
  state of the rule lost
    shows: optim_configs are lost
    Keep the config that the rule returns, self.optim_configs[p] = next_config: its state is in it.
      [~nnlr6]
""",
)


def predict(steps: Steps, seen: Seen) -> dict[str, Array]:
    """What a solver leaves behind that works by given formulas."""
    given, got = seen.given, seen.got
    values: dict[str, Any] = dict(given)
    iterations = int(evaluate(steps["iterations"], values))
    values["t"] = np.arange(iterations)
    values["rate"] = evaluate(steps["rate"], values)
    values["rate_b"] = evaluate(steps["rate_b"], values)
    w, b = (np.append(0.0, np.cumsum(values[name])) for name in ("rate", "rate_b"))
    values["losses"] = 1.0 + (w[:-1] - 2.0) ** 2
    knots, levels = given["knots"], np.asarray(given["levels"])
    at = np.minimum(given["checked"], iterations)
    values["accuracies"] = levels[np.abs(knots[:, None] - w[at]).argmin(axis=0)]
    ranks = (np.arange(given["num_train"]) + 0.5) / given["num_train"]
    values["train"] = (ranks[:, None] < 1.0 - values["accuracies"]).mean(axis=0)
    found = {"W1": w[:-1], "b1": -2.0 * b[:-1]}
    values |= _best(steps, values)
    for name in ("best_params", "model"):
        found[name] = w[at][evaluate(steps[name], values)]
    for name in ("best_val_acc", "loss_history", "val_acc_history", "accuracy"):
        found[name] = np.asarray(evaluate(steps[name], values))
    if len(got["val_acc_history"]) == given["epochs"]:  # none after the first iteration
        found["val_acc_history"] = found["val_acc_history"][-given["epochs"] :]
    return found


def _best(steps: Steps, values: dict[str, Any]) -> dict[str, Any]:
    """Which check is taken for the best, one after the other, and the best accuracy in the end."""
    best, taken = 0.0, 0
    for i, (val, training) in enumerate(zip(values["accuracies"], values["train"], strict=True)):
        now = {"val": val, "training": training, "best": best}
        if evaluate(steps["better"], now):
            best, taken = evaluate(steps["kept_acc"], now), i
    return {"best": best, "taken": taken}


def fresh_cases() -> list[Case]:
    """Runs over several epochs, with accuracies that come and go."""
    found = []
    for number, (batches, epochs, decay) in enumerate(((3, 3, 0.5), (2, 4, 0.75), (4, 3, 0.9))):
        args = {
            "num_train": 2 * batches,
            "num_val": 8,
            "batch_size": 2,
            "num_epochs": epochs,
            "learning_rate": 0.5,
            "lr_decay": decay,
            "levels": tuple(_LEVELS[(i + number) % len(_LEVELS)] for i in range(epochs + 1)),
            "seed": number,
        }
        found.append(Case(args=args))
    return found


def given_of(case: Case) -> dict[str, Any]:
    """What a prediction starts from."""
    given = {name: case.args[name] for name in _GIVEN}
    given |= {"each": per_epoch(case), "epochs": case.args["num_epochs"]}
    return given | {"checked": np.array(checked(case)), "knots": knots(case)}


def observe(probe: Any) -> list[Seen]:
    """What a solver leaves behind on the fresh cases."""
    found = []
    for case in fresh_cases():
        try:
            done = probe.now(probe.train_in_place(case))
        except (Fault, Mismatch):
            continue
        given = given_of(case)
        got = {
            "W1": done.seen[:, 0],
            "b1": done.seen[:, 1],
            "model": _first(done.at_the_end),
            "best_params": _first(done.best_params),
            "best_val_acc": np.asarray(done.best_val_acc),
            "loss_history": done.loss_history,
            "val_acc_history": done.val_acc_history,
        }
        got |= _accuracy(probe, case, given)
        found.append(Seen(given=given, got=got))
    return found


def _accuracy(probe: Any, case: Case, given: dict[str, Any]) -> dict[str, Array]:
    """The accuracy before any training, in batches of three; what it is made of goes to given."""
    made = data(case)
    x, y = made["X_val"], made["y_val"]
    calls = probe.making(case)
    calls.append(Call(".check_accuracy", (Ref(1, 0), x, y), {"batch_size": _SIZE}))
    outcome = probe.send(calls)[-1]
    level = case.args["levels"][int(np.argmin(np.abs(given["knots"])))]
    given |= {"hits": x[:, 0] < level, "N": len(x), "size": _SIZE}
    return {"accuracy": np.asarray(outcome.outputs[0])} if outcome.ok else {}


def _first(params: Any) -> Array:
    return np.asarray(float(np.ravel(params["W1"])[0]) if "W1" in params else np.nan)
