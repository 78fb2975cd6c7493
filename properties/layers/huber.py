"""Huber loss: half the squared error up to delta, linear beyond; the mean over all entries."""

from __future__ import annotations

from reference import regression

from ..spec.row import Purpose
from ..spec.ways import Ways
from .regression import TERMS, loss_of_targets

_WAYS = Ways(
    arguments="x, y, delta",
    given=TERMS,
    texts={
        "": (
            """
r = x - y
a = np.abs(r)
near = a <= delta
loss = np.where(near, 0.5 * r ** 2, delta * (a - 0.5 * delta)).sum() / n
dx = np.where(near, r, delta * np.sign(r)) / n
""",
            """
r = x - y
s = np.clip(r, -delta, delta)
loss = (s * (r - 0.5 * s)).sum() / n
dx = s / n
""",
        )
    },
)

_MISCONCEPTIONS = """
huber_loss, loss
  half missing
    = np.where(near, r ** 2, delta * (a - 0.5 * delta)).sum() / n
    Inside delta the loss is half the square.
  half missing beyond
    = np.where(near, 0.5 * r ** 2, delta * (a - delta)).sum() / n
    Beyond delta it is delta * (|r| - delta / 2): the two meet at delta. [h2o6015]
  offset missing
    = np.where(near, 0.5 * r ** 2, delta * a).sum() / n
    Beyond delta, delta**2 / 2 is taken off, or the loss jumps. [~lsd120]
  delta missing beyond
    = np.where(near, 0.5 * r ** 2, a - 0.5 * delta).sum() / n
    The slope beyond delta is delta. [force139]
  delta fixed at 1
    = np.where(a <= 1, 0.5 * r ** 2, a - 0.5).sum() / n
    delta is an argument; do not write 1 into the formula. [~force139]
  branches exchanged
    = np.where(near, delta * (a - 0.5 * delta), 0.5 * r ** 2).sum() / n
    Quadratic inside, linear beyond.
  squared error
    = (0.5 * r ** 2).sum() / n
    Beyond delta the loss is linear.
  smooth L1
    = np.where(near, 0.5 * r ** 2 / delta, a - 0.5 * delta).sum() / n
    That is the smooth L1 loss, Huber's divided by delta.
huber_loss, dx
  sign missing beyond
    = np.where(near, r, delta) / n
    Beyond delta the slope has the sign of the difference. [~onpolicy47]
  delta missing beyond
    = np.where(near, r, np.sign(r)) / n
    Beyond delta the slope is delta. [~force139]
  no clipping
    = r / n
    Beyond delta the slope stays at delta.
  branches exchanged
    = np.where(near, delta * np.sign(r), r) / n
    Linear inside, constant beyond.
  sign
    = -np.where(near, r, delta * np.sign(r)) / n
    The sign is wrong. [~dragen134]
  two too many
    = np.where(near, 2 * r, delta * np.sign(r)) / n
    The derivative of half a square has no factor 2.
  divided twice
    = np.where(near, r, delta * np.sign(r)) / n ** 2
    Divide by the number of entries once. [~d2l1000]
  sum for the mean
    = np.where(near, r, delta * np.sign(r))
    The loss is a mean: its gradient is divided as well. [~wjb7]
  delta fixed at 1
    = np.clip(r, -1, 1) / n
    delta is an argument; do not write 1 into the formula. [~force139]
"""

HUBER = loss_of_targets(
    "huber",
    forward=regression.huber,
    gradient=regression.huber_gradient,
    targets=lambda v, shape: v.array(shape),
    ways=_WAYS,
    wrong=_MISCONCEPTIONS,
    options={"delta": (1.0, 0.5, 2.0, 0.25, 1.5)},
    never=(Purpose.SMOOTH,),
)
