r"""Activations: elementwise functions, and softmax over the last axis.

An elementwise function has a diagonal Jacobian: ``dx = f'(x) dout``. Slopes are evaluated so that
they keep their relative digits; the bounds also cover the slope written in terms of the output
(``out (1 - out)``, ``1 - out**2``, ``1 - exp(-out)``), which loses them where the function is
saturated. Unless `stable`, nothing is known where plain exponentials overflow.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import scipy  # its subpackages come with their first use: importing them costs more than a check

from .bounded import FUNCTION_ROUNDING, Array, Bounded, Operand, lift, quiet
from .losses import log_softmax, probabilities
from .precision import FLOAT64, Precision

SELU_ALPHA = 1.6732632423543772
SELU_SCALE = 1.0507009873554805


def _function(
    x: Bounded, value: Array, slope: Array, curvature: float, *, lost: Array | float
) -> Bounded:
    """f(x) with its bound: slope and a bound on f'' carry x's own error.

    `lost` is what other formulas lose, in units of roundoff.
    """
    unit, tiny = x.precision.unit, x.precision.tiny
    error = unit * (FUNCTION_ROUNDING * np.abs(value) + lost) + tiny
    if x._error is not None:
        error = error + x._error * (np.abs(slope) + (0.5 * curvature) * x._error)
    if not x.precision.stable:
        # A plain exponential that overflows leaves the reciprocal of the largest number.
        error = error + 2.0 / x.precision.largest
    return Bounded(value, error, x.precision)


def _plain_exponentials(x: Bounded, result: Bounded) -> Bounded:
    """Know nothing where exp(|x|) overflows, unless stable algorithms are asked for."""
    if x.precision.stable:
        return result
    beyond = np.abs(x.value) > math.log(x.precision.largest) - 1.0
    return result.allowing(np.where(beyond, np.inf, 0.0))


@quiet
def sigmoid(x: Operand, *, precision: Precision = FLOAT64) -> Bounded:
    r"""Evaluate :math:`\sigma(x) = 1 / (1 + e^{-x})`.

    >>> sigmoid([0.0]).value
    array([0.5])
    """
    given = lift(x, precision)
    value = scipy.special.expit(given.value)
    # (1 + tanh(x / 2)) / 2 rounds at the size of 1.
    return _function(given, value, value * scipy.special.expit(-given.value), 0.1, lost=2.0)


def sigmoid_slope(x: Bounded) -> Bounded:
    r"""Evaluate :math:`\sigma'(x) = \sigma(x)\, \sigma(-x)`."""
    value = scipy.special.expit(x.value)
    slope = value * scipy.special.expit(-x.value)
    # out (1 - out) of (1 + tanh(x / 2)) / 2, which rounds at the size of 1 also where it is small.
    # What is smaller than the smallest normal number may be flushed to zero on the way.
    found = _function(x, slope, slope, 0.13, lost=8.0 * value + 2.0)
    return found.allowing(x.precision.smallest)


@quiet
def sigmoid_vjp(dout: Operand, x: Operand, *, precision: Precision = FLOAT64) -> Bounded:
    """Pull `dout` back through `sigmoid`."""
    return sigmoid_slope(lift(x, precision)) * dout


@quiet
def tanh(x: Operand, *, precision: Precision = FLOAT64) -> Bounded:
    """Evaluate the hyperbolic tangent.

    >>> tanh([0.0]).value
    array([0.])
    """
    given = lift(x, precision)
    value = np.tanh(given.value)
    # (e^x - e^-x) / (e^x + e^-x) and 2 sigmoid(2 x) - 1 round at the size of 1.
    found = _function(given, value, 1.0 / np.cosh(given.value) ** 2, 0.77, lost=8.0)
    return _plain_exponentials(given, found)


def tanh_slope(x: Bounded) -> Bounded:
    r"""Evaluate :math:`\tanh'(x) = \cosh(x)^{-2}`."""
    slope = 1.0 / np.cosh(x.value) ** 2
    return _function(x, slope, 2.0 * np.abs(np.tanh(x.value)) * slope, 2.0, lost=18.0)


@quiet
def tanh_vjp(dout: Operand, x: Operand, *, precision: Precision = FLOAT64) -> Bounded:
    """Pull `dout` back through `tanh`."""
    given = lift(x, precision)
    return _plain_exponentials(given, tanh_slope(given)) * dout


@quiet
def leaky_relu(x: Operand, *, alpha: float = 0.01, precision: Precision = FLOAT64) -> Bounded:
    r"""Evaluate x for x > 0 and :math:`\alpha x` elsewhere.

    >>> leaky_relu([-1.0, 2.0], alpha=0.25).value
    array([-0.25,  2.  ])
    """
    given = lift(x, precision)
    return given.gate(given, given * alpha).allowing(_halves(given))


@quiet
def leaky_relu_vjp(
    dout: Operand, x: Operand, *, alpha: float = 0.01, precision: Precision = FLOAT64
) -> Bounded:
    """Pull `dout` back; at zero any slope between `alpha` and 1 is a subgradient.

    >>> dx = leaky_relu_vjp([4.0, 4.0], [-1.0, 0.0], alpha=0.5)
    >>> dx.value, dx.error.round(12)
    (array([2., 3.]), array([0., 1.]))
    """
    d = lift(dout, precision)
    return lift(x, precision).gate(d, d * alpha).allowing(_halves(d))


def _halves(x: Bounded) -> Array:
    """What (1 + alpha) x / 2 + (1 - alpha) |x| / 2 loses."""
    return x.size * (2.0 * x.precision.unit)


@quiet
def elu(
    x: Operand, *, alpha: float = 1.0, scale: float = 1.0, precision: Precision = FLOAT64
) -> Bounded:
    r"""Evaluate :math:`s x` for x > 0 and :math:`s \alpha (e^x - 1)` elsewhere.

    D.-A. Clevert, T. Unterthiner, S. Hochreiter (2016), Fast and accurate deep network learning by
    exponential linear units.

    >>> elu([0.0, 2.0]).value
    array([0., 2.])
    """
    given = lift(x, precision)
    value = np.expm1(np.minimum(given.value, 0.0))
    below = _function(given, value, value + 1.0, 1.0, lost=6.0)
    return given.gate(given, below * alpha) * scale


@quiet
def elu_vjp(
    dout: Operand,
    x: Operand,
    *,
    alpha: float = 1.0,
    scale: float = 1.0,
    precision: Precision = FLOAT64,
) -> Bounded:
    r"""Pull `dout` back: the slope is s, or :math:`s \alpha e^x` for x < 0; at zero, in between."""
    given, d = lift(x, precision), lift(dout, precision)
    slope = np.exp(np.minimum(given.value, 0.0))
    # out + alpha rounds at the size of alpha.
    below = _function(given, slope, slope, 1.0, lost=8.0)
    return given.gate(d, d * below * alpha) * scale


@quiet
def selu(x: Operand, *, precision: Precision = FLOAT64) -> Bounded:
    """Evaluate `elu` with the constants of self-normalising networks.

    G. Klambauer et al. (2017), Self-normalizing neural networks, equation 2.
    """
    return _rounded_constants(elu(x, alpha=SELU_ALPHA, scale=SELU_SCALE, precision=precision))


@quiet
def selu_vjp(dout: Operand, x: Operand, *, precision: Precision = FLOAT64) -> Bounded:
    """Pull `dout` back through `selu`."""
    return _rounded_constants(
        elu_vjp(dout, x, alpha=SELU_ALPHA, scale=SELU_SCALE, precision=precision)
    )


def _rounded_constants(x: Bounded) -> Bounded:
    """Two constants that no float can hold: half a unit in the last place of each."""
    return x.allowing(2.0 * x.precision.unit * x.size)


@quiet
def gelu(x: Operand, *, precision: Precision = FLOAT64) -> Bounded:
    r"""Evaluate :math:`x \Phi(x) = \tfrac12 x (1 + \operatorname{erf}(x / \sqrt2))`.

    D. Hendrycks, K. Gimpel (2016), Gaussian error linear units.

    >>> gelu([0.0]).value
    array([0.])
    """
    given = lift(x, precision)
    return given * _normal_distribution(given)


@quiet
def gelu_vjp(dout: Operand, x: Operand, *, precision: Precision = FLOAT64) -> Bounded:
    r"""Pull `dout` back: the slope is :math:`\Phi(x) + x \varphi(x)`."""
    given = lift(x, precision)
    return (_normal_distribution(given) + given * _normal_density(given)) * dout


def _normal_distribution(x: Bounded) -> Bounded:
    value = scipy.special.ndtr(x.value)
    density = np.exp(-0.5 * x.value**2) / math.sqrt(2.0 * math.pi)
    # In the tail the rounding of x / sqrt(2) counts x^2 times, 1 + erf rounds at the size of 1.
    own = (4.0 * x.precision.unit) * x.value**2 * value
    return _function(x, value, density, 0.25, lost=6.0).allowing(own)


def _normal_density(x: Bounded) -> Bounded:
    value = np.exp(-0.5 * x.value**2) / math.sqrt(2.0 * math.pi)
    own = (2.0 * x.precision.unit) * x.value**2 * value
    return _function(x, value, x.value * value, 0.4, lost=0.0).allowing(own)


@quiet
def gelu_tanh(x: Operand, *, precision: Precision = FLOAT64) -> Bounded:
    r"""Evaluate :math:`\tfrac12 x (1 + \tanh(\sqrt{2/\pi} (x + 0.044715 x^3)))`.

    D. Hendrycks, K. Gimpel (2016), Gaussian error linear units, section 2.

    >>> gelu_tanh([0.0]).value
    array([0.])
    """
    given = lift(x, precision)
    return given * 0.5 * (_tanh(_inner(given)) + 1.0)


@quiet
def gelu_tanh_vjp(dout: Operand, x: Operand, *, precision: Precision = FLOAT64) -> Bounded:
    r"""Pull `dout` back: :math:`\tfrac12 (1 + t) + \tfrac12 x (1 - t^2) u'`, t = tanh(u)."""
    given = lift(x, precision)
    inner = _inner(given)
    root = _root_two_over_pi(precision)
    steepness = (given * given * (3.0 * 0.044715) + 1.0) * root
    slope = (_tanh(inner) + 1.0) * 0.5 + given * 0.5 * tanh_slope(inner) * steepness
    return slope * dout


def _inner(x: Bounded) -> Bounded:
    return (x + x * x * x * 0.044715) * _root_two_over_pi(x.precision)


def _tanh(x: Bounded) -> Bounded:
    value = np.tanh(x.value)
    return _function(x, value, 1.0 / np.cosh(x.value) ** 2, 0.77, lost=4.0)


def _root_two_over_pi(precision: Precision) -> Bounded:
    root = math.sqrt(2.0 / math.pi)
    return Bounded(root, 2.0 * precision.unit * root, precision)


@quiet
def softplus(x: Operand, *, precision: Precision = FLOAT64) -> Bounded:
    r"""Evaluate :math:`\log(1 + e^x)`.

    >>> softplus([0.0]).value.round(6)
    array([0.693147])
    """
    given = lift(x, precision)
    value = np.logaddexp(0.0, given.value)
    slope = scipy.special.expit(given.value)
    return _plain_exponentials(given, _function(given, value, slope, 0.25, lost=4.0))


@quiet
def softplus_vjp(dout: Operand, x: Operand, *, precision: Precision = FLOAT64) -> Bounded:
    """Pull `dout` back: the slope is `sigmoid`."""
    given = lift(x, precision)
    slope = _plain_exponentials(given, sigmoid(given, precision=precision))
    return slope.allowing(6.0 * precision.unit) * dout


@quiet
def silu(x: Operand, *, precision: Precision = FLOAT64) -> Bounded:
    r"""Evaluate :math:`x\, \sigma(x)`, also called swish.

    >>> silu([0.0]).value
    array([0.])
    """
    given = lift(x, precision)
    return given * sigmoid(given, precision=precision)


@quiet
def silu_vjp(dout: Operand, x: Operand, *, precision: Precision = FLOAT64) -> Bounded:
    r"""Pull `dout` back: the slope is :math:`\sigma(x) + x\, \sigma'(x)`."""
    given = lift(x, precision)
    gate = sigmoid(given, precision=precision)
    slope = gate + given * sigmoid_slope(given)
    # out + sigma (1 - out) rounds at the size of out.
    lost = gate.size * (1.0 + given.size)
    return slope.allowing(4.0 * precision.unit * lost) * dout


@quiet
def softmax(x: Operand, *, precision: Precision = FLOAT64) -> Bounded:
    r"""Evaluate :math:`p_i = e^{x_i} / \sum_j e^{x_j}` over the last axis.

    >>> softmax([[1.0, 1.0]]).value
    array([[0.5, 0.5]])
    """
    return probabilities(*log_softmax(lift(x, precision)))


@quiet
def softmax_vjp(dout: Operand, x: Operand, *, precision: Precision = FLOAT64) -> Bounded:
    r"""Pull `dout` back by the Jacobian of each row, :math:`J_{ij} = p_i (\delta_{ij} - p_j)`."""
    return through_softmax(lift(dout, precision), softmax(x, precision=precision))


def through_softmax(dout: Bounded, p: Bounded) -> Bounded:
    """Apply the Jacobian of softmax, written out, for probabilities that are known already."""
    column, row = (*p.shape, 1), (*p.shape[:-1], 1, p.shape[-1])
    jacobian = p.reshape(column) * (np.eye(p.shape[-1]) - p.reshape(row))
    return (jacobian @ dout.reshape(column)).reshape(p.shape)


Activation = Callable[..., Bounded]

ACTIVATIONS: dict[str, tuple[Activation, Activation]] = {
    "sigmoid": (sigmoid, sigmoid_vjp),
    "tanh": (tanh, tanh_vjp),
    "leaky_relu": (leaky_relu, leaky_relu_vjp),
    "elu": (elu, elu_vjp),
    "selu": (selu, selu_vjp),
    "gelu": (gelu, gelu_vjp),
    "gelu_tanh": (gelu_tanh, gelu_tanh_vjp),
    "softplus": (softplus, softplus_vjp),
    "silu": (silu, silu_vjp),
    "softmax": (softmax, softmax_vjp),
}
"""Forward and vector-Jacobian product by the contract's names."""
