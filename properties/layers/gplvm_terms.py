"""The two terms of the log likelihood of a Gaussian process latent variable model."""

from __future__ import annotations

from functools import partial
from typing import Any

from hypothesis import strategies as st

from reference import gplvm

from ..spec.case import Case
from ..spec.hints import Hints
from ..spec.misconception import Misconceptions
from ..spec.row import LayerSpec, Purpose, Reference
from ..spec.values import Values, of_family, values
from ..spec.ways import Ways, sizes
from . import gplvm_misconceptions

_SIZES = st.sampled_from(
    ((2, 1, 1), (1, 1, 1), (3, 2, 1), (2, 3, 4), (4, 1, 3), (4, 2, 5), (5, 3, 2), (6, 2, 3))
)
_MANY = st.sampled_from(((5, 3, 2), (6, 2, 3), (8, 1, 2)))
_EXPONENTS = st.sampled_from((-70, 70, -90, 90))  # times five: beyond float64's 308
# Condition numbers of K stay below some 1e6: beyond, no algorithm has digits left to judge.
_FAMILIES = ("dyadic", "integers", "normal", "ties", "tiny")


def _case(data: str, v: Values, sizes: tuple[int, int, int]) -> Case:
    n, q, d = sizes
    x, alpha, beta = v.array((n, q)), v.uniform(0.25, 2.25), v.uniform(0.5, 4.5)
    given = v.tame((n, d)) if data == "Y" else d
    args = {"X": x, data: given, "alpha": alpha, "beta": beta}
    return Case(args=args, family=v.family)


def _rescaled(data: str, v: Values, sizes: tuple[int, int, int], exponent: int) -> Case:
    """A case with K times a power of ten whose power N, and so det K, is no finite number.

    K is as well conditioned as before, and log|K| is a number of some hundreds.
    """
    case, scale = _case(data, v, sizes), 10.0**exponent
    alpha, beta = scale * case.args["alpha"], case.args["beta"] / scale
    return case.with_args(alpha=alpha, beta=beta)


def _cases(data: str, purpose: Purpose) -> st.SearchStrategy[Case] | None:
    given = st.just(data)
    if purpose is Purpose.EXTREME:
        return st.builds(_rescaled, given, values(Purpose.SMOOTH), _MANY, _EXPONENTS)
    if purpose is Purpose.ORDINARY:
        return st.builds(_case, given, of_family(*_FAMILIES), _SIZES)
    return st.builds(_case, given, values(purpose), _SIZES) if purpose is Purpose.SMOOTH else None


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
_GIVEN = {
    "D": sizes(X="Nn Q") + "\nDd = D",
    "Y": sizes(X="Nn Q") + sizes(Y="_ Dd") + "\nYY = Y @ Y.T\n",
}
_ARRAYS = {"D": "D: 3", "Y": "Y: (N, D)"}


def function_of_kernel(
    name: str, data: str, *texts: str, wrong: str, forward: str = "", **own: Any
) -> LayerSpec:
    """The row of a function of K = α X Xᵀ + β⁻¹ I, and of Y or of how many columns it has.

    ``data`` says which, Y or D; ``texts`` are its ways after the lines of K.
    """
    return LayerSpec(
        name=name,
        layer="gplvm",
        forward=forward or name,
        backward=None,
        cases=partial(_cases, data),
        differentiable=("X",),
        inputs={name: f"X: (N, Q), {_ARRAYS[data]}, alpha: 0.7, beta: 1.25"},
        value="value",
        ways=Ways(
            arguments=f"X, {data}, alpha, beta",
            given=_GIVEN[data],
            texts={"": tuple(_KERNEL + text for text in texts)},
        ),
        misconceptions=Misconceptions(name, wrong),
        hints=Hints(factors=("alpha", "beta")),
        **own,
    )


LOG_DETERMINANT = function_of_kernel(
    *("log_determinant_term", "D", _DETERMINANT),
    wrong=gplvm_misconceptions.DETERMINANT,
    reference=Reference(forward=gplvm.log_determinant_term, vjp=gplvm.log_determinant_gradient),
)
TRACE = function_of_kernel(
    *("trace_term", "Y", _TRACE),
    wrong=gplvm_misconceptions.TRACE,
    reference=Reference(forward=gplvm.trace_term, vjp=gplvm.trace_gradient),
)
