"""Gaussian process latent variable model: K = α X Xᵀ + β⁻¹ I, and the two terms of its log
likelihood."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from reference import gplvm
from reference.bounded import Bounded

from ..spec.case import Case
from ..spec.composition import Composition
from ..spec.hints import Hints
from ..spec.misconception import Misconceptions
from ..spec.row import LayerSpec, Purpose, Reference
from ..spec.values import FAMILIES, SEEDS, Values
from ..spec.ways import Ways, sizes
from . import gplvm_misconceptions

_SIZES = st.sampled_from(
    ((2, 1, 1), (1, 1, 1), (3, 2, 1), (2, 3, 4), (4, 1, 3), (4, 2, 5), (5, 3, 2), (6, 2, 3))
)
_MANY = st.sampled_from(((5, 3, 2), (6, 2, 3), (8, 1, 2)))
_EXPONENTS = st.sampled_from((-70, 70, -90, 90))  # times five: beyond float64's 308
# Condition numbers of K stay below some 1e6: beyond, no algorithm has digits left to judge.
_FAMILIES = ("dyadic", "integers", "normal", "ties", "tiny")


def _sources(purpose: Purpose) -> st.SearchStrategy[Values]:
    families = _FAMILIES if purpose is Purpose.ORDINARY else FAMILIES[Purpose.SMOOTH]
    return st.builds(Values, st.sampled_from(families), SEEDS)


def _common(v: Values, n: int, q: int) -> dict[str, Any]:
    return {"X": v.array((n, q)), "alpha": v.uniform(0.25, 2.25), "beta": v.uniform(0.5, 4.5)}


def _likelihood_case(v: Values, sizes: tuple[int, int, int]) -> Case:
    n, q, d = sizes
    common = _common(v, n, q)
    y = v.tame((n, d))
    args = {"X": common["X"], "Y": y, "alpha": common["alpha"], "beta": common["beta"]}
    return Case(args=args, family=v.family)


def _determinant_case(v: Values, sizes: tuple[int, int, int]) -> Case:
    n, q, d = sizes
    common = _common(v, n, q)
    args = {"X": common["X"], "D": d, "alpha": common["alpha"], "beta": common["beta"]}
    return Case(args=args, family=v.family)


def _rescaled(make: Callable[[Values, tuple[int, int, int]], Case]) -> Callable[..., Case]:
    """Cases with K times a power of ten whose power N, and so det K, is no finite number.

    K is as well conditioned as before, and log|K| is a number of some hundreds.
    """

    def rescaled(v: Values, sizes: tuple[int, int, int], exponent: int) -> Case:
        case, scale = make(v, sizes), 10.0**exponent
        alpha, beta = scale * case.args["alpha"], case.args["beta"] / scale
        return case.with_args(alpha=alpha, beta=beta)

    return rescaled


def _spec(
    name: str,
    make: Callable[[Values, tuple[int, int, int]], Case],
    value: Callable[..., Bounded],
    gradient: Callable[..., Bounded],
    ways: Ways,
    text: str,
    inputs: str,
    composition: Composition | None = None,
) -> LayerSpec:
    def cases(purpose: Purpose) -> st.SearchStrategy[Case] | None:
        if purpose is Purpose.EXTREME:
            return st.builds(_rescaled(make), _sources(purpose), _MANY, _EXPONENTS)
        if purpose not in (Purpose.ORDINARY, Purpose.SMOOTH):
            return None
        return st.builds(make, _sources(purpose), _SIZES)

    row = name if name != "gplvm_log_likelihood" else "gplvm"
    return LayerSpec(
        name=row,
        layer="gplvm",
        forward=name,
        backward=None,
        cases=cases,
        differentiable=("X",),
        inputs={row: inputs},
        value="value",
        reference=Reference(forward=value, vjp=gradient),
        ways=ways,
        composition=composition,
        misconceptions=Misconceptions(row, text),
        hints=Hints(factors=("alpha", "beta")),
    )


_INPUTS = "X: (N, Q), Y: (N, D), alpha: 0.7, beta: 1.25"
_KERNEL = """
K = alpha * X @ X.T + np.eye(Nn) / beta
Kinv = np.linalg.inv(K)
logdetK = np.linalg.slogdet(K)[1]
"""
_DETERMINANT = """
value = -Dd / 2 * logdetK
dK = -Dd / 2 * Kinv
dX = 2 * alpha * dK @ X
"""
_TRACE = """
value = -0.5 * np.trace(Kinv @ YY)
dK = 0.5 * (Kinv @ YY @ Kinv)
dX = 2 * alpha * dK @ X
"""
_LIKELIHOOD_IN_TERMS = """
value = -Dd / 2 * logdetK - 0.5 * np.trace(Kinv @ YY)
dX = alpha * Kinv @ YY @ Kinv @ X - alpha * Dd * Kinv @ X
"""
_LIKELIHOOD = """
determinant = -Dd / 2 * logdetK
trace = -0.5 * np.trace(Kinv @ Y @ Y.T)
value = determinant + trace
dK = 0.5 * (Kinv @ YY @ Kinv) - Dd / 2 * Kinv
dX = 2 * alpha * dK @ X
"""
_SIZES_OF_X = sizes(X="Nn Q")
_SIZES_OF_Y = (
    sizes(Y="_ Dd")
    + """
YY = Y @ Y.T
"""
)

LOG_DETERMINANT = _spec(
    "log_determinant_term",
    _determinant_case,
    gplvm.log_determinant_term,
    gplvm.log_determinant_gradient,
    Ways(
        arguments="X, D, alpha, beta",
        given=_SIZES_OF_X + "\nDd = D",
        texts={"": (_KERNEL + _DETERMINANT,)},
    ),
    gplvm_misconceptions.DETERMINANT,
    "X: (N, Q), D: 3, alpha: 0.7, beta: 1.25",
)
TRACE = _spec(
    "trace_term",
    _likelihood_case,
    gplvm.trace_term,
    gplvm.trace_gradient,
    Ways(
        arguments="X, Y, alpha, beta",
        given=_SIZES_OF_X + _SIZES_OF_Y,
        texts={"": (_KERNEL + _TRACE,)},
    ),
    gplvm_misconceptions.TRACE,
    _INPUTS,
)
GPLVM = _spec(
    "gplvm_log_likelihood",
    _likelihood_case,
    gplvm.log_likelihood,
    gplvm.gradient,
    Ways(
        arguments="X, Y, alpha, beta",
        given=_SIZES_OF_X + _SIZES_OF_Y,
        texts={"": (_KERNEL + _LIKELIHOOD_IN_TERMS, _KERNEL + _LIKELIHOOD)},
    ),
    gplvm_misconceptions.LIKELIHOOD,
    _INPUTS,
    Composition(
        parts=(TRACE, LOG_DETERMINANT),
        text="""
trace, dX_trace = trace_term(X, Y, alpha, beta)
determinant, dX_determinant = log_determinant_term(X, Y.shape[1], alpha, beta)
value = trace + determinant
dX = dX_trace + dX_determinant
""",
    ),
)
