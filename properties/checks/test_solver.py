"""The training loop: its histories, its learning rates, its best parameters."""

from __future__ import annotations

import re

import numpy as np

from reference.bounded import Bounded

from ..implementation import IDENTITY, Call, Ref
from ..judge.asking import Questions, moved
from ..judge.compare import allowed, difference
from ..judge.mismatch import Fault, Kind
from ..judge.property import check
from ..layers.solver import MOMENTUM, SolverProbe, SolverSpec
from ..layers.solver_path import checked, data, knots, path, per_epoch, share
from ..spec.case import Array, Case

_LOG = re.compile(r"^\(Iteration \d+ / \d+\) loss: -?\d+\.\d+\s*$", re.MULTILINE)
_EPOCH = re.compile(r"^\(Epoch \d+ / \d+\) train acc: [\d.]+; val_acc: [\d.]+\s*$", re.MULTILINE)

_EPOCHS = 40


def _same(got: Array, truth: Bounded) -> bool:
    return got.shape == truth.shape and difference(got, truth) is None


@check(Kind.CORRECTNESS, "forward", rows=SolverSpec)
def test_learning_rate_decays_once_an_epoch(
    probe: SolverProbe, case: Case, rng: np.random.Generator
) -> Questions[None]:
    """Every iteration takes one step of the rule, and the rate decays after every epoch."""
    done = yield from probe.train(case)
    wanted = path(case)[:-1]
    if len(done.seen) != len(wanted):
        sentence = f"took {len(done.seen)} steps, wanted {len(wanted)}"
        probe.contradict("loss_history", sentence, case)
    for column, scale, name in ((0, 1.0, "W1"), (1, -2.0, "b1")):
        got = done.seen[:, column] / scale
        if _same(got, wanted):
            continue
        t = int(np.argmax(~(np.abs(got - wanted.value) <= allowed(wanted))))
        step = got[t] - got[t - 1]
        right = wanted.value[t] - wanted.value[t - 1]
        each = per_epoch(case)
        sentence = (
            f"iteration {t} (of {each} an epoch) took a step of rate {step:.6g} for {name}, "
            f"wanted {right:.6g}"
        )
        probe.contradict(
            "learning_rate", sentence, case, got=np.asarray(step), wanted=np.asarray(right)
        )


@check(Kind.CORRECTNESS, "forward", rows=SolverSpec)
def test_model_ends_with_its_best_parameters(
    probe: SolverProbe, case: Case, rng: np.random.Generator
) -> Questions[None]:
    """After training the model holds the parameters of its best validation accuracy."""
    done = yield from (probe.train(case) if rng.integers(2) else probe.train_in_place(case))
    trained = np.concatenate([done.seen[:, 0], [np.nan]])
    steps = [step for step in checked(case) if step < len(trained) - 1]
    levels = np.asarray(case.args["levels"])
    best = float(levels.max())
    right = path(case)[checked(case)][levels == best]
    if steps and not _same(trained[steps], path(case)[steps]):
        return  # the learning rates are wrong, and their property says so
    for params, whose in ((done.at_the_end, "the model"), (done.best_params, "best_params")):
        if "W1" not in params:
            probe.contradict("params", f"{whose} holds no W1 after training", case)
        got = float(np.ravel(params["W1"])[0])
        if not np.any(np.abs(got - right.value) <= allowed(right)):
            wanted = " or ".join(f"{w:.6g}" for w in right.value)
            sentence = (
                f"{whose} ends with W1 = {got:.6g}; the best validation accuracy, {best}, was "
                f"at W1 = {wanted}"
            )
            probe.contradict("params", sentence, case, got=np.asarray(got), wanted=right.value)
    if not _same(np.asarray(done.best_val_acc), share(case, best)):
        sentence = f"best_val_acc is {done.best_val_acc}, wanted {best}"
        probe.contradict("best_val_acc", sentence, case)


@check(Kind.CORRECTNESS, "forward", rows=SolverSpec, weight=0.5)
def test_histories(probe: SolverProbe, case: Case, rng: np.random.Generator) -> Questions[None]:
    """One loss an iteration; accuracies after the first iteration and each epoch, or each epoch."""
    done = yield from probe.train(case)
    losses = done.seen[:, 2]
    if not _same(done.loss_history, Bounded(losses)):
        sentence = (
            f"has {len(done.loss_history)} entries for {len(losses)} iterations"
            if len(done.loss_history) != len(losses)
            else "differs from the losses that the model returned"
        )
        probe.contradict("loss_history", f"loss_history {sentence}", case)
    beside = path(case)[:-1] - 2.0
    if not _same(losses, beside * beside + 1.0):
        return  # the learning rates are wrong, and their property says so
    levels = np.asarray(case.args["levels"])
    epochs = levels[-case.args["num_epochs"] :]
    if not any(_same(done.val_acc_history, share(case, a)) for a in (levels, epochs)):
        sentence = f"val_acc_history is {done.val_acc_history.tolist()}, wanted {levels.tolist()}"
        probe.contradict("val_acc_history", sentence, case)
    if len(done.train_acc_history) != len(done.val_acc_history):
        counts = f"{len(done.train_acc_history)} and {len(done.val_acc_history)}"
        sentence = f"train_acc_history and val_acc_history have {counts} entries"
        probe.contradict("train_acc_history", sentence, case)
    made = data(case)["X_train"][:, 0]  # ranks: the model is right about those below 1 - level
    training = np.array([np.mean(made < 1.0 - level) for level in levels])[-len(epochs) :]
    mixed = np.array_equal(done.train_acc_history, done.val_acc_history)
    if mixed and not np.allclose(training, epochs):
        sentence = "train_acc_history has the accuracies on the validation set"
        probe.contradict("train_acc_history", sentence, case)


@check(Kind.CORRECTNESS, "forward", rows=SolverSpec, weight=0.25)
def test_batches_are_training_examples(
    probe: SolverProbe, case: Case, rng: np.random.Generator
) -> Questions[None]:
    """Every batch is batch_size training examples with their own labels."""
    seen = (yield from probe.train(case)).seen
    numbers = seen[:, 4:]
    size = case.args["batch_size"]
    if not np.all(seen[:, 3] == 1.0):
        probe.contradict("batch", "a batch has labels that are not its examples' own", case)
    if numbers.shape[1] != size or (numbers < 0).any():
        counts = sorted({int((row >= 0).sum()) for row in numbers})
        sentence = f"batches have {counts} examples, wanted batch_size = {size}"
        probe.contradict("batch", sentence, case)
    if not np.isin(numbers, np.arange(case.args["num_train"])).all():
        probe.contradict("batch", "a batch holds examples that are not of X_train", case)
    # Drawn at random, an example is in no batch of so many epochs once in e**40.
    long = case.with_args(num_epochs=_EPOCHS, levels=(0.5,) * (_EPOCHS + 1))
    drawn = np.unique((yield from probe.train(long)).seen[:, 4:])
    never = np.setdiff1d(np.arange(case.args["num_train"]), drawn)
    if never.size:
        sentence = f"examples in no batch of {_EPOCHS} epochs: {never.tolist()} of X_train"
        probe.contradict("batch", sentence, case)


@check(Kind.CORRECTNESS, "forward", rows=SolverSpec, weight=0.25)
def test_rule_keeps_its_state(
    probe: SolverProbe, case: Case, rng: np.random.Generator
) -> Questions[None]:
    """The rule is handed the config that it returned: under momentum steps are no plain descent.

    Where the target has no `optim.sgd_momentum`, or a wrong one, there is nothing to judge.
    """
    config = {"learning_rate": case.args["learning_rate"], "momentum": 0.5}
    down = np.full(1, -1.0)
    again = (Ref(0, 0), down, Ref(0, 1))
    first, second = yield from probe.ask(
        [Call(MOMENTUM, (np.zeros(1), down, config)), Call(MOMENTUM, again)]
    )
    if not (
        first.ok and second.ok and np.allclose(second.outputs[0], 2.5 * config["learning_rate"])
    ):
        return
    try:
        done = yield from probe.train(case, config=config, update_rule="sgd_momentum")
    except Fault:  # a solver may know other rules by other names
        return
    plain = path(case)[:-1]
    if len(plain) > 2 and _same(done.seen[:, 0], plain):
        sentence = "optim_configs are lost: under sgd_momentum the steps are those of sgd"
        probe.contradict("optim_configs", sentence, case)


@check(Kind.CORRECTNESS, "forward", rows=SolverSpec, weight=0.5)
def test_check_accuracy(
    probe: SolverProbe, case: Case, rng: np.random.Generator
) -> Questions[None]:
    """The fraction of examples whose highest score is their label's, in whatever batches."""
    made = data(case)
    x, y = made["X_val"], made["y_val"]
    size = int(rng.integers(1, len(x) + 3))
    calls = probe.making(case)
    start = len(calls)
    calls += [
        Call(".check_accuracy", (Ref(1, 0), x, y), {"batch_size": size}),
        Call(".check_accuracy", (Ref(1, 0), x, y), {"num_samples": len(x)}),
        Call(".check_accuracy", (Ref(1, 0), x, (y + 1) % 3)),
    ]
    outcomes = (yield from probe.ask(calls))[start:]
    level = case.args["levels"][int(np.argmin(np.abs(knots(case))))]
    for outcome, wanted, how in (
        (outcomes[0], level, f"with batch_size={size}"),
        (outcomes[1], level, f"with num_samples={len(x)}"),
        (outcomes[2], 1.0 - level, "with every label one further"),
    ):
        got = np.asarray(probe.get(outcome)[0], dtype=np.float64)
        if not _same(got, share(case, wanted)):
            sentence = f"check_accuracy {how} is {float(got):.6g}, wanted {wanted:.6g}"
            probe.contradict("accuracy", sentence, case, got=got, wanted=np.asarray(wanted))


@check(Kind.CORRECTNESS, "forward", rows=SolverSpec, weight=0.1)
def test_resumed_equals_uninterrupted(
    probe: SolverProbe, case: Case, rng: np.random.Generator
) -> Questions[None]:
    """Interrupted, saved and resumed from the checkpoint, a run goes on as if it had not been.

    A solver without ``save_checkpoint`` and ``load_checkpoint`` passes: it has nothing to judge.
    """
    total = per_epoch(case) * case.args["num_epochs"]
    file = f"checkpoint{int(rng.integers(2**31))}.npz"
    second = len(probe.making(case)) + 2
    broken = probe.making(case, interrupt=int(rng.integers(1, total + 1)))
    calls = [*broken, Call(".train", (Ref(1, 0),)), Call(".save_checkpoint", (Ref(1, 0), file))]
    calls += [moved(call, second) for call in probe.making(case)]
    model, solver = Ref(second, 0), Ref(second + 1, 0)
    calls += [
        Call(".load_checkpoint", (solver, file)),
        Call(".train", (solver,)),
        Call(".seen", (Ref(0, 0),)),
        Call(".seen", (model,)),
        Call(".loss_history", (solver,)),
    ]
    outcomes = yield from probe.ask(calls)
    if "AttributeError" in (outcomes[3].exception_type, outcomes[second + 2].exception_type):
        return
    for outcome in outcomes:
        probe.get(outcome)
    whole = yield from probe.train(case)
    passes = [np.asarray(probe.get(outcome)[0]) for outcome in outcomes[-3:-1]]
    parts = [part for part in passes if part.size]
    together = np.concatenate(parts) if parts else np.zeros((0, 0))
    if together.shape != whole.seen.shape or not np.array_equal(together, whole.seen):
        probe.contradict("checkpoint", "a resumed run takes other steps than one without", case)
    history = np.asarray(probe.get(outcomes[-1])[0], dtype=np.float64)
    if not np.array_equal(history, whole.loss_history):
        probe.contradict("loss_history", "a resumed run has another loss_history", case)


@check(Kind.ROBUSTNESS, "forward", rows=SolverSpec, weight=0.25)
def test_same_seed_same_run(
    probe: SolverProbe, case: Case, rng: np.random.Generator
) -> Questions[None]:
    """After np.random.seed a run repeats, batch for batch."""
    first, second = (yield from probe.train(case)).seen, (yield from probe.train(case)).seen
    if first.shape != second.shape or not np.array_equal(first, second):
        probe.refuse_all([(probe.name, "draws other batches after the same np.random.seed")], case)


@check(Kind.ROBUSTNESS, "forward", rows=SolverSpec, weight=0.25)
def test_solver_leaves_its_arguments_alone(
    probe: SolverProbe, case: Case, rng: np.random.Generator
) -> Questions[None]:
    """Training does not change the optim_config that it was given."""
    decaying = case.with_args(lr_decay=0.5)
    given = {"learning_rate": case.args["learning_rate"]}
    # The config is an object in the child, so that it is the same one before and after.
    made = [Call(IDENTITY, (given,)), *probe.making(decaying, config=Ref(0, 0))]
    model, solver = made[1], made[2]
    solver = Call(
        solver.function, (Ref(1, 0), solver.args[1]), solver.kwargs, seed=case.args["seed"]
    )
    calls = [made[0], model, solver, Call(".train", (Ref(2, 0),)), Call(IDENTITY, (Ref(0, 0),))]
    outcomes = yield from probe.ask(calls)
    for outcome in outcomes:
        probe.get(outcome)
    if outcomes[-1].outputs[0] != given:
        probe.refuse_all([(probe.name, "changes the optim_config that it was given")], case)


@check(Kind.CONVENTION, "forward", rows=SolverSpec, weight=0.25)
def test_log_lines(probe: SolverProbe, case: Case, rng: np.random.Generator) -> Questions[None]:
    """With verbose it prints the contract's log lines, without it nothing."""
    quiet, loud = (yield from probe.train(case)), (yield from probe.train(case, verbose=True))
    if quiet.printed.strip():
        probe.note(Kind.ROBUSTNESS, "prints with verbose=False")
    for pattern, what in ((_LOG, "(Iteration 1 / 4900) loss: …"), (_EPOCH, "(Epoch 1 / 10) …")):
        if not pattern.search(loud.printed.replace("\r", "\n")):
            probe.note(Kind.CONVENTION, f"prints no line like {what}")
