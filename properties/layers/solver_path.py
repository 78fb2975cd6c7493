"""The steps that a solver takes on the stand-in model, known beforehand."""

from __future__ import annotations

import numpy as np

from reference.bounded import Bounded
from reference.precision import FLOAT64

from ..implementation.child.standin import VALIDATION
from ..spec.case import Array, Case

CLASSES = 3


def per_epoch(case: Case) -> int:
    """Iterations of an epoch."""
    return max(int(case.args["num_train"]) // int(case.args["batch_size"]), 1)


def path(case: Case) -> Bounded:
    """W1 before each iteration and at the end, by plain gradient descent with the decay."""
    rate, at, each = Bounded(case.args["learning_rate"]), Bounded(0.0), per_epoch(case)
    found = [at]
    for t in range(each * case.args["num_epochs"]):
        if t > 0 and t % each == 0:
            rate = rate * case.args["lr_decay"]
        at = at + rate
        found.append(at)
    return Bounded([one.value for one in found], np.array([one.error for one in found]))


def knots(case: Case) -> Array:
    """Where the model's accuracy is looked at."""
    return path(case).value[checked(case)]


def share(case: Case, value: Array | float) -> Bounded:
    """A share of the validation examples, as a mean of hits, in batches or not."""
    value = np.asarray(value, dtype=np.float64)
    return Bounded(value, np.abs(value) * case.args["num_val"] * FLOAT64.unit)


def checked(case: Case) -> list[int]:
    """Iterations after which accuracies are taken: the first, and the last of each epoch."""
    each, epochs = per_epoch(case), case.args["num_epochs"]
    return sorted({1, *(each * (k + 1) for k in range(epochs))})


def data(case: Case) -> dict[str, Array]:
    """Rows (rank, label, number), as the stand-in model reads them."""
    rng = np.random.default_rng(case.args["seed"])
    made: dict[str, Array] = {}
    for part, count, start in (
        ("train", case.args["num_train"], 0),
        ("val", case.args["num_val"], VALIDATION),
    ):
        labels = rng.integers(0, CLASSES, count)
        ranks = rng.permutation((np.arange(count) + 0.5) / count)
        made[f"X_{part}"] = np.column_stack([ranks, labels, start + np.arange(count)])
        made[f"y_{part}"] = labels
    return made
