"""Binary cross-entropy of logits x and targets y in [0, 1], in nats; the mean over all entries."""

from __future__ import annotations

import numpy as np

from reference import regression

from ..spec.case import Array
from ..spec.values import Values
from ..spec.ways import Ways
from .regression import TERMS, loss_of_targets


def _targets(v: Values, shape: tuple[int, ...]) -> Array:
    """Zeros and ones, and some in between."""
    hard = v.rng.integers(0, 2, shape).astype(np.float64)
    return np.where(v.rng.random(shape) < 0.3, v.rng.integers(1, 8, shape) / 8.0, hard)


_WAYS = Ways(
    arguments="x, y",
    given=TERMS,
    texts={
        "": (
            """
p = 1 / (1 + np.exp(-x))
loss = (np.maximum(x, 0) - x * y + np.log1p(np.exp(-np.abs(x)))).sum() / n
dx = (p - y) / n
""",
            """
p = 0.5 * (1 + np.tanh(x / 2))
loss = (np.logaddexp(0, x) - x * y).sum() / n
dx = (p - y) / n
""",
        )
    },
)

_MISCONCEPTIONS = """
bce_with_logits_loss, loss
  second term missing
    = -(y * -np.logaddexp(0, -x)).sum() / n
    The term of the zeros is missing: (1 - y) log(1 - p). [nd4j1328 ~djl1316]
  first term missing
    = -((1 - y) * -np.logaddexp(0, x)).sum() / n
    The term of the ones is missing: y log p.
  targets exchanged
    = (np.logaddexp(0, x) - x * (1 - y)).sum() / n
    y weighs log p, and 1 - y weighs log(1 - p). [~ntm17]
  sign
    = -(np.logaddexp(0, x) - x * y).sum() / n
    The cross-entropy is the negative mean logarithm. [srn7]
  targets ignored
    = np.logaddexp(0, x).sum() / n
    The targets are missing: subtract x * y.
  logarithm to base 2
    = (np.logaddexp(0, x) - x * y).sum() / n / np.log(2)
    The logarithm is the natural one. [~libfm21]
  squared error of p
    = ((p - y) ** 2).sum() / n
    That is the squared error of the probabilities.
bce_with_logits_loss, dx
  sign
    = (y - p) / n
    The sign is wrong: p - y. [~dragen134]
  slope of the sigmoid kept
    = (p - y) * p * (1 - p) / n
    The sigmoid's slope cancels against the derivative of the logarithm.
  logits for probabilities
    = (x - y) / n
    The sigmoid is missing: p - y. [~ntm17]
  derivative by the probability
    = (p - y) / np.maximum(p * (1 - p), 1e-12) / n
    That is the derivative by p; by the logit it is p - y. [~tfenc727]
  sum for the mean
    = p - y
    The loss is a mean: its gradient is divided as well. [~wjb7]
  divided twice
    = (p - y) / n ** 2
    Divide by the number of entries once. [~d2l1000]
  targets ignored
    = p / n
    The targets are missing: p - y.
  targets exchanged
    = (p - (1 - y)) / n
    The gradient is p - y.
  targets rounded
    = (p - np.round(y)) / n
    Targets may lie between 0 and 1.
"""

BCE_WITH_LOGITS = loss_of_targets(
    "bce_with_logits",
    forward=regression.bce_with_logits,
    gradient=regression.bce_with_logits_gradient,
    targets=_targets,
    kind="unit",
    ways=_WAYS,
    wrong=_MISCONCEPTIONS,
)
