"""Mean squared error of predictions x and targets y; the sum, and half of it, are readings."""

from __future__ import annotations

from reference import regression

from ..spec.ways import Ways
from .regression import TERMS, loss_of_targets

_WAYS = Ways(
    arguments="x, y",
    given=TERMS,
    texts={
        "": (
            """
r = x - y
loss = (r ** 2).sum() / n
dx = 2 * r / n
""",
            """
r = x - y
loss = np.mean(np.square(r))
dx = (r + r) / x.size
""",
        )
    },
)

_MISCONCEPTIONS = """
mse_loss, loss
  absolute error
    = np.abs(r).sum() / n
    Square the differences; that is the mean absolute error.
  root of the mean
    = np.sqrt((r ** 2).sum() / n)
    No root: that is the root mean square error. [echo2 fastbook473 fastbook401]
  square of the mean
    = r.mean() ** 2
    Square first, then take the mean.
  sum for difference
    = ((x + y) ** 2).sum() / n
    The difference of prediction and target is squared.
  norm for square
    = np.sqrt((r ** 2).sum()) / n
    The norm is not squared. [turbofan2]
mse_loss, dx
  two missing
    = r / n
    The derivative of the square has a factor 2. [dlib1169 ~kvfrans5]
  sign
    = -2 * r / n
    The sign is wrong: the derivative of (x - y)**2 by x is 2 (x - y). [dragen134]
  square kept
    = 2 * r ** 2 / n
    The derivative of a square is linear in the difference.
  sum for the mean
    = 2 * r
    The loss is a mean: its gradient is divided as well. [~wjb7 ~acids6]
  divided twice
    = 2 * r / n ** 2
    Divide by the number of entries once. [~d2l1000]
  sign of the difference
    = 2 * np.sign(r) / n
    That is the derivative of the absolute error.
  target missing
    = 2 * x / n
    The target is missing: 2 (x - y).
  mean of the differences
    = 2 * r.mean() / n + 0 * r
    Every entry has its own difference.
"""

MSE = loss_of_targets(
    "mse",
    forward=regression.mse,
    gradient=regression.mse_gradient,
    targets=lambda v, shape: v.array(shape),
    ways=_WAYS,
    wrong=_MISCONCEPTIONS,
    halves=True,
)
