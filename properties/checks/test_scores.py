"""What the two losses over scores obey."""

from __future__ import annotations

import numpy as np

from ..judge.asking import Questions
from ..judge.mismatch import Kind
from ..judge.property import check, only
from ..judge.subjects.functions import Probe
from ..spec.case import Case


@check(Kind.CORRECTNESS, "forward", applies=only("softmax", "svm"), weight=0.5)
def test_shift_invariant(probe: Probe, case: Case, rng: np.random.Generator) -> Questions[None]:
    """A number added to all scores of an example changes neither loss nor gradient."""
    x = case.args["x"]
    shift = rng.integers(-8, 9, (x.shape[0], 1)) / 4.0
    moved = case.with_args(x=x + shift)
    first, second = yield from probe.run_many([case, moved])
    # Adding the shift rounds the scores; the loss moves by no more than they do.
    rounding = 4.0 * 2.0**-53 * float(np.max(np.abs(moved.args["x"]), initial=0.0))
    classes = x.shape[1]
    slack = probe.slack_of_value(case, first) + probe.slack_of_value(moved, second)
    probe.same(
        "loss",
        second.outputs["loss"],
        first.outputs["loss"],
        slack + classes * rounding,
        case=moved,
        oracle="shift invariance",
    )
    if probe.spec.name == "softmax":
        loose = probe.slack(case, first, "x") + probe.slack(moved, second, "x") + classes * rounding
        got, wanted = second.gradients["x"], first.gradients["x"]
        probe.same("dx", got, wanted, loose, case=moved, oracle="shift invariance")


@check(Kind.CORRECTNESS, "forward", applies=only("softmax", "svm"), weight=0.5)
def test_rows_sum_to_zero(probe: Probe, case: Case, rng: np.random.Generator) -> Questions[None]:
    """The gradient of an example's scores sums to zero."""
    run = yield from probe.run(case)
    dx = run.gradients["x"]
    if dx.ndim != 2:
        return
    if probe.spec.name == "softmax":
        slack = probe.slack(case, run, "x").sum(axis=1)
    else:  # counts of classes divided by N: entries of at most C / N
        slack = np.full(len(dx), 2.0**-48 * dx.shape[1])
    probe.same(
        "dx", dx.sum(axis=1), np.zeros(len(dx)), slack, case=case, oracle="rows of dx sum to zero"
    )


@check(Kind.CORRECTNESS, "forward", applies=only("softmax", "svm"), weight=0.25)
def test_known_losses(probe: Probe, case: Case, rng: np.random.Generator) -> Questions[None]:
    """Equal scores cost log C (softmax) or C - 1 (hinge); a hinge beyond its margin is free."""
    n, classes = case.args["x"].shape
    level = float(rng.integers(-4, 5)) / 2.0
    equal = case.with_args(x=np.full((n, classes), level))
    loss = (yield from probe.value(equal)).outputs["loss"]
    wanted = np.log(classes) if probe.spec.name == "softmax" else float(classes - 1)
    slack = 2.0**-48 * (1.0 + wanted + abs(level))
    if probe.reading is not None and probe.reading.value is not None:
        slack += 1e-4  # log(p + eps)
    probe.same("loss", loss, np.asarray(wanted), slack, case=equal, oracle="known loss")
    if probe.spec.name == "svm":
        right = np.arange(classes) == case.args["y"][:, None]
        safe = case.with_args(x=np.where(right, 2.0 + level, level))
        run = yield from probe.run(safe)
        zero = np.zeros(())
        probe.same("loss", run.outputs["loss"], zero, 0.0, case=safe, oracle="known loss")
        dx = run.gradients["x"]
        probe.same("dx", dx, np.zeros((n, classes)), 0.0, case=safe, oracle="known loss")


@check(Kind.CORRECTNESS, "forward", applies=only("relu"), weight=0.25)
def test_relu_algebra(probe: Probe, case: Case, rng: np.random.Generator) -> Questions[None]:
    """ReLU applied twice is ReLU, and it commutes with positive factors."""
    factor = 2.0 ** float(rng.integers(-3, 4))
    x = case.args["x"]
    out = (yield from probe.value(case)).outputs["out"]
    if out.shape != x.shape:
        return
    again, scaled = yield from probe.values([case.with_args(x=out), case.with_args(x=factor * x)])
    twice = case.with_args(x=out)
    probe.same("out", again.outputs["out"], out, 0.0, case=twice, oracle="idempotent")
    times = case.with_args(x=factor * x)
    probe.same(
        "out", scaled.outputs["out"], factor * out, 0.0, case=times, oracle="positively homogeneous"
    )
