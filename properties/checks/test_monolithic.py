"""What the monolithic net does beside its loss: predict and train."""

from __future__ import annotations

import numpy as np

from reference import nets
from reference.bounded import Bounded
from reference.precision import FLOAT32, FLOAT64, Precision

from ..judge.asking import Questions
from ..judge.mismatch import Inconclusive, Kind
from ..judge.property import check
from ..judge.subjects.net import NetProbe
from ..judge.subjects.net_cases import params_of
from ..layers.nets import MONOLITHIC, NetSpec
from ..spec.case import Array, Case
from ..spec.row import Purpose

_COPIES, _BATCH, _ITERATIONS = 6, 2, 9
_KINK = 2.0**33  # in rounding units: rounding alone has no such errors
_SUMMED = 1e-5  # in another order, in float32 too
_EACH = _COPIES // _BATCH  # iterations of an epoch


def _monolithic(spec: object) -> bool:
    return spec is MONOLITHIC


@check(Kind.CORRECTNESS, "forward", rows=NetSpec, applies=_monolithic, weight=0.25)
def test_predict(probe: NetProbe, case: Case, rng: np.random.Generator) -> Questions[None]:
    """predict(X) is the label with the highest score of loss(X), in every row."""
    x = case.args["X"]
    outcomes = yield from probe.play(case, [("scores", x), ("predict", x, {})])
    scores = probe.scores(outcomes[0], case)
    labels = np.asarray(probe.get(outcomes[1])[0])
    if labels.shape != (len(x),):
        sentence = f"predict(X) has shape {labels.shape}, wanted ({len(x)},)"
        probe.contradict("labels", sentence, case)
    highest = scores[np.arange(len(x)), labels.astype(int)]
    if not np.array_equal(highest, scores.max(axis=1)):
        row = int(np.argmax(highest != scores.max(axis=1)))
        sentence = f"predict(X)[{row}] is {labels[row]}, whose score is not the highest"
        probe.contradict("labels", sentence, case)


@check(
    Kind.CORRECTNESS,
    "forward",
    rows=NetSpec,
    applies=_monolithic,
    purpose=Purpose.SMOOTH,
    weight=0.5,
)
def test_training_is_gradient_descent(
    probe: NetProbe, case: Case, rng: np.random.Generator
) -> Questions[None]:
    """The loss history is that of gradient descent with the decay of every epoch.

    The training set is one example many times over, so every minibatch is the same, however it
    is drawn.
    """
    x, y = case.args["X"][:1], case.args["y"][:1]
    many_x, many_y = np.repeat(x, _COPIES, axis=0), np.repeat(y, _COPIES)
    rate, decay, reg = 0.125, 0.75, 0.25
    options = {
        "learning_rate": rate,
        "learning_rate_decay": decay,
        "reg": reg,
        "num_iters": _ITERATIONS,
        "batch_size": _BATCH,
        "verbose": False,
    }
    [outcome] = yield from probe.play(case, [("train", many_x, many_y, x, y, options)])
    history = probe.get(outcome)[0]
    if not isinstance(history, dict) or "loss_history" not in history:
        probe.contradict("loss_history", "train returned no dict with a loss_history", case)
    got = np.asarray(history["loss_history"], dtype=np.float64).ravel()

    def in_precision(precision: Precision) -> Bounded:
        options = probe.options(case, reg=reg, precision=precision)
        return _descent(case, x, y, rate, decay, options)

    def in_float32() -> dict[str, Bounded]:
        return {"loss_history": in_precision(FLOAT32)}

    wanted = in_precision(FLOAT64)
    if got.shape != wanted.shape:
        sentence = f"loss_history has {got.size} entries after {_ITERATIONS} iterations"
        probe.contradict("loss_history", sentence, case)
    at = case.with_args(X=x, y=y)
    found = probe.find(at, {"loss_history": got}, {"loss_history": wanted}, in_float32)
    if found is not None:
        probe.fail(probe.name, "loss_history", found[1], oracle="gradient descent", case=at)
    for name in ("train_acc_history", "val_acc_history"):
        count = np.size(history.get(name, ()))
        if count != _ITERATIONS // _EACH:
            sentence = f"{name} has {count} entries after {_ITERATIONS // _EACH} epochs"
            probe.contradict(name, sentence, case)


@check(
    Kind.CORRECTNESS,
    "forward",
    rows=NetSpec,
    applies=_monolithic,
    purpose=Purpose.SMOOTH,
    weight=0.25,
)
def test_batches_keep_their_labels(
    probe: NetProbe, case: Case, rng: np.random.Generator
) -> Questions[None]:
    """The first loss of a training is that of batch_size examples, each with its own label.

    The training set is two examples many times over, so there are few batches, however drawn.
    """
    x, y, size = case.args["X"][:2], np.array([0, 1]), 2 * _BATCH + 1
    options = {"reg": case.args["reg"], "num_iters": 1, "batch_size": size, "verbose": False}
    many = np.tile(x, (_COPIES, 1)), np.tile(y, _COPIES)
    batches = [np.repeat([0, 1], [first, size - first]) for first in range(size + 1)]
    steps = [("loss", x[rows], y[rows]) for rows in batches]
    *losses, trained = yield from probe.play(case, [*steps, ("train", *many, x, y, options)])
    history = probe.get(trained)[0]
    found = history.get("loss_history", ()) if isinstance(history, dict) else ()
    if np.size(found) != 1:
        return  # its own property says so
    got = float(np.ravel(found)[0])
    for loss in losses:  # its own ones: whether they are right is no question here
        own = float(np.mean(probe.loss(loss, case)[0]))
        if not abs(got - own) > _SUMMED * (1.0 + abs(own)):
            return
    sentence = "the first loss of train is that of no batch of examples with their own labels"
    probe.contradict("loss_history", sentence, case)


def _descent(
    case: Case, x: Array, y: Array, rate: float, decay: float, options: nets.Options
) -> Bounded:
    """Losses of plain gradient descent on one example; a rate decays after an epoch's first."""
    params: nets.Params = params_of(case)
    losses = []
    for iteration in range(_ITERATIONS):
        losses.append(nets.loss(x, y, params, options))
        slopes = nets.gradients(x, y, params, options)
        if any((slope.error > _KINK * options.precision.unit).any() for slope in slopes.values()):
            raise Inconclusive  # at a kink any subgradient will do
        params = {name: value - slopes[name] * rate for name, value in params.items()}
        if iteration % _EACH == 0:
            rate *= decay
    values, errors = ([getattr(loss, part) for loss in losses] for part in ("value", "error"))
    return Bounded(np.array(values), np.array(errors), options.precision)
