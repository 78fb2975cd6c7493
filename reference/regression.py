"""Losses of real targets: squared error, Huber, and cross-entropy of logits.

Each is the mean over all entries, or `factor` times their sum.
"""

from __future__ import annotations

import numpy as np

from .activations import sigmoid, softplus
from .bounded import Bounded, Operand, lift, quiet
from .precision import FLOAT64, Precision


def _added(each: Bounded, factor: float | None) -> Bounded:
    return each.mean() if factor is None else each.sum() * factor


def _shared(each: Bounded, factor: float | None) -> Bounded:
    return each / float(each.value.size) if factor is None else each * factor


@quiet
def mse(
    x: Operand, y: Operand, *, factor: float | None = None, precision: Precision = FLOAT64
) -> Bounded:
    r"""Evaluate the mean of :math:`(x - y)^2`, or `factor` times its sum.

    >>> float(mse([1.0, 2.0], [1.0, 0.0]).value)
    2.0
    """
    rest = lift(x, precision) - lift(y, precision)
    return _added(rest * rest, factor)


@quiet
def mse_gradient(
    x: Operand, y: Operand, *, factor: float | None = None, precision: Precision = FLOAT64
) -> Bounded:
    r"""Evaluate the derivative of `mse` with respect to x.

    >>> mse_gradient([1.0, 2.0], [1.0, 0.0]).value
    array([0., 2.])
    """
    return _shared((lift(x, precision) - lift(y, precision)) * 2.0, factor)


@quiet
def huber(
    x: Operand,
    y: Operand,
    *,
    delta: float = 1.0,
    factor: float | None = None,
    precision: Precision = FLOAT64,
) -> Bounded:
    r"""Evaluate the mean of :math:`r^2 / 2` for :math:`|r| \le \delta` and of
    :math:`\delta (|r| - \delta / 2)` beyond, r = x - y.

    P. J. Huber (1964), Robust estimation of a location parameter, Ann. Math. Statist. 35.

    >>> float(huber([3.0], [0.0]).value)
    2.5
    """
    size = abs(lift(x, precision) - lift(y, precision))
    near, far = size * size * 0.5, (size - lift(delta, precision) * 0.5) * delta
    # The two meet at delta with one slope: that r is on the wrong side there is no loss.
    within = size.value <= delta
    return _added((near.where(within) + far.where(~within)), factor)


@quiet
def huber_gradient(
    x: Operand,
    y: Operand,
    *,
    delta: float = 1.0,
    factor: float | None = None,
    precision: Precision = FLOAT64,
) -> Bounded:
    r"""Evaluate the derivative of `huber` with respect to x: r, clipped to ±delta.

    >>> huber_gradient([3.0, 0.25], [0.0, 0.0], factor=1.0).value
    array([1.  , 0.25])
    """
    rest = lift(x, precision) - lift(y, precision)
    clipped = Bounded(np.clip(rest.value, -delta, delta), rest.error, precision)
    return _shared(clipped.allowing(precision.unit * np.minimum(rest.size, delta)), factor)


@quiet
def bce_with_logits(
    x: Operand, y: Operand, *, factor: float | None = None, precision: Precision = FLOAT64
) -> Bounded:
    r"""Evaluate the mean of :math:`-y \log \sigma(x) - (1 - y) \log(1 - \sigma(x))`.

    That is :math:`\log(1 + e^x) - x y`. Unless `stable`, the bound also covers logarithms of
    computed probabilities, and is infinite where one of them vanishes.

    >>> float(bce_with_logits([0.0], [1.0]).value.round(6))
    0.693147
    """
    given, target = lift(x, precision), lift(y, precision)
    each = softplus(given, precision=precision) - given * target
    if not precision.stable:
        # 1 - sigma rounds at the size of 1, and sigma is tiny where exp(-x) is large.
        lost = 8.0 * precision.unit * (1.0 + np.exp(np.abs(given.value)))
        each = each.allowing(np.where(lost < 0.25, 2.0 * lost, np.inf))
    return _added(each, factor)


@quiet
def bce_with_logits_gradient(
    x: Operand, y: Operand, *, factor: float | None = None, precision: Precision = FLOAT64
) -> Bounded:
    r"""Evaluate the derivative of `bce_with_logits` with respect to x: :math:`\sigma(x) - y`.

    >>> bce_with_logits_gradient([0.0], [1.0]).value
    array([-0.5])
    """
    target = lift(y, precision)
    each = sigmoid(x, precision=precision) - target
    if not precision.stable:
        # (p - y) / (p (1 - p)) times p (1 - p), which vanishes where p is 0 or 1 in this format.
        lost = 8.0 * precision.unit * (1.0 + target.size)
        vanishing = precision.unit * np.exp(np.abs(lift(x, precision).value)) > 0.1
        each = each.allowing(np.where(vanishing, np.inf, lost))
    return _shared(each, factor)
