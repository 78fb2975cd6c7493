"""What batch, layer and group normalisation share: statistics over some axes, and their Jacobian.

With :math:`s = (\\sigma^2 + \\epsilon)^{-1/2}` and :math:`\\hat x = s (x - \\mu)` the Jacobian of a
normalised slice of n entries is explicit,

.. math:: J = s \\left(I - \\tfrac1n \\mathbf{1}\\mathbf{1}^\\top
    - \\tfrac1n \\hat x \\hat x^\\top \\right),

symmetric, and at eps = 0 s times an orthogonal projection. Axes that are summed over are kept with
length one.

References
----------
T. F. Chan, G. H. Golub, R. J. LeVeque (1983), Algorithms for computing the sample variance.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from .bounded import Array, Bounded, Operand, lift, total


class Standardised(NamedTuple):
    """A normalised array and what its Jacobian is made of."""

    xhat: Bounded
    inverse_std: Bounded

    def scaled(self, gamma: Operand, beta: Operand) -> Bounded:
        """Evaluate gamma xhat + beta."""
        shift = lift(beta, self.xhat.precision)
        # The folded form rounds beta - mean gamma s before x gamma s is added.
        return (self.xhat * gamma + shift).allowing(2.0 * shift.precision.unit * shift.size)


def moments(x: Bounded, axis: int) -> tuple[Bounded, Bounded, Bounded]:
    """Evaluate mean, x - mean and uncorrected variance (1/n) along an axis."""
    mean = x.mean(axis, keepdims=True)
    centred = x - mean
    # Deviations add up to zero, so an error shared by all of them enters squared only: what x
    # brings along moves them one by one, the mean's error all together.
    own = Bounded(centred.value, x._error, x.precision)
    unit, shift = x.precision.unit, mean.error
    var = (own * own).mean(axis, keepdims=True)
    extra = shift * shift + 4.0 * unit * var.value
    if not x.precision.stable:
        # E[x^2] - E[x]^2: about u n / 2 E[x^2] for the first term, twice that for the second.
        extra = extra + (unit * (1.5 * x.shape[axis] + 6.0)) * _mean(x.size**2, axis)
    return mean, centred, var.allowing(extra)


def standardise(x: Bounded, axis: int, eps: float) -> Standardised:
    """Normalise by the array's own statistics."""
    _, centred, var = moments(x, axis)
    # A variance of squares is never negative, that of E[x^2] - E[x]^2 may be.
    least = eps * (1.0 - 4.0 * x.precision.unit) if x.precision.stable else 0.0
    inverse_std = (var + eps).inverse_root(least)
    return Standardised(centred * inverse_std, inverse_std)


def standardise_by(x: Bounded, mean: Bounded, var: Bounded, eps: float) -> Standardised:
    """Normalise by given statistics."""
    inverse_std = (var + eps).inverse_root()
    # The folded form x (gamma s) + (beta - mean gamma s) rounds x and mean, not their difference.
    centred = (x - mean).allowing(2.0 * x.precision.unit * (x.size + mean.size))
    return Standardised(centred * inverse_std, inverse_std)


def pull_back(g: Bounded, s: Standardised, axis: int) -> tuple[Bounded, Bounded, Bounded]:
    """Apply the Jacobian: s (g - mean(g) - xhat mean(g xhat)); then sums of g and of g xhat."""
    xhat, inverse_std = s
    n = float(g.shape[axis])
    weighted = g * xhat
    sums, moment = g.sum(axis, keepdims=True), weighted.sum(axis, keepdims=True)
    dx = (g - sums / n - xhat * (moment / n)) * inverse_std
    return covering_the_chain(dx, g, s, axis), sums, moment


def covering_the_chain(dx: Bounded, g: Bounded, s: Standardised, axis: int) -> Bounded:
    """Widen the bound of J g, unless `stable`, by what the chain through dvar and dmean loses."""
    xhat, inverse_std = s
    precision, n = g.precision, float(g.shape[axis])
    if precision.stable:
        return dx
    # dvar times the sum of x - mean is zero on paper, and the mean's rounding in the chain.
    # Products that underflow midway are multiplied by what follows.
    root = inverse_std.value
    shared = _mean(g.size * xhat.size, axis) * _mean(xhat.error, axis)
    size = n * _mean(g.size, axis)
    midway = 16.0 * n * precision.tiny * ((1.0 + root) ** 2 + n / root + n * size)
    # Its (var + eps) ** -1.5 and the reciprocal must be normal numbers with room to spare.
    limit = (precision.largest * 1e-4) ** (1.0 / 3.0)
    fits = (root < limit) & (root > 1.0 / limit)
    return dx.allowing(np.where(fits, shared * root + midway, np.inf))


def _mean(x: Array, axis: int) -> Array:
    return np.asarray(total(x, axis=axis, keepdims=True) / np.float64(x.shape[axis]))
