"""Gaussian process latent variable model: the log likelihood of Y, whose columns have the
covariance K = α X Xᵀ + β⁻¹ I."""

from __future__ import annotations

from reference import gplvm

from ..spec.composition import Composition
from ..spec.row import Reference
from . import gplvm_misconceptions
from .gplvm_terms import LOG_DETERMINANT, TRACE, function_of_kernel

_IN_TERMS = """
value = -Dd / 2 * logdetK - 0.5 * np.trace(Kinv @ YY)
dX = alpha * Kinv @ YY @ Kinv @ X - alpha * Dd * Kinv @ X
"""
_IN_STEPS = """
determinant = -Dd / 2 * logdetK
trace = -0.5 * np.trace(Kinv @ Y @ Y.T)
value = determinant + trace
dK = 0.5 * (Kinv @ YY @ Kinv) - Dd / 2 * Kinv
dX = 2 * alpha * dK @ X
"""

GPLVM = function_of_kernel(
    *("gplvm", "Y", _IN_TERMS, _IN_STEPS),
    forward="gplvm_log_likelihood",
    wrong=gplvm_misconceptions.LIKELIHOOD,
    reference=Reference(forward=gplvm.log_likelihood, vjp=gplvm.gradient),
    composition=Composition(
        parts=(TRACE, LOG_DETERMINANT),
        text="""
trace, dX_trace = trace_term(X, Y, alpha, beta)
determinant, dX_determinant = log_determinant_term(X, Y.shape[1], alpha, beta)
value = trace + determinant
dX = dX_trace + dX_determinant
""",
    ),
)
