"""Functions of scipy that a derivative can be carried through, if the target has loaded scipy."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from . import algebra, rules
from .dual import Dual, Lost, combined, constant, function_error, holds, lift
from .moving import rearranged
from .reductions import sum_

Rule = Callable[..., Any]
_ROOT_PI = 1.772453850905516
_ROOT_2PI = 2.5066282746310002


def _special() -> Any:
    return sys.modules["scipy.special"]


def _normal(x: Any) -> Any:
    return np.exp(-0.5 * x * x) / _ROOT_2PI


Four = tuple[Any, Any, Any, Any]


def _expit(x: Any) -> Four:
    y, other = _special().expit(x), _special().expit(-x)
    return y, y * other, y * other * (other - y), y * other * (1.0 + np.abs(x))


def _log_expit(x: Any) -> Four:
    other = _special().expit(-x)
    second = -other * (1.0 - other)
    return -np.logaddexp(0.0, -x), other, second, other * (1.0 + np.abs(x))


def _logit(x: Any) -> Four:
    first = 1.0 / (x * (1.0 - x))
    return np.log(x / (1.0 - x)), first, (2.0 * x - 1.0) * first * first, first * (1.0 + first)


def _bell(factor: float, value: str) -> Callable[[Any], Four]:
    def rule(x: Any) -> Four:
        first = factor * np.exp(-x * x)
        y = getattr(_special(), value)(x)
        return y, first, -2.0 * x * first, first * (1.0 + x * x)

    return rule


def _ndtr(x: Any) -> Four:
    first = _normal(x)
    return _special().ndtr(x), first, -x * first, first * (1.0 + x * x)


def _log_ndtr(x: Any) -> Four:
    y = _special().log_ndtr(x)
    first = np.exp(-0.5 * x * x - y) / _ROOT_2PI
    return y, first, -first * (x + first), first * (1.0 + x * x + np.abs(y)) * (1.0 + first)


def _ndtri(x: Any) -> Four:
    y = _special().ndtri(x)
    first = 1.0 / _normal(y)
    return y, first, y * first * first, first * (1.0 + y * y) * (1.0 + np.abs(y) * first)


def _gammaln(x: Any) -> Four:
    special = _special()
    first, second = special.psi(x), special.zeta(2, x)
    return special.gammaln(x), first, second, 4.0 * (1.0 + np.abs(first) + np.abs(x) * second)


def _psi(x: Any) -> Four:
    special = _special()
    first, second = special.zeta(2, x), -2.0 * special.zeta(3, x)
    return special.psi(x), first, second, 4.0 * (first + np.abs(x * second))


def _gamma(x: Any) -> Four:
    special = _special()
    value, slope, curve = special.gamma(x), special.psi(x), special.zeta(2, x)
    second = value * (slope * slope + curve)
    return value, value * slope, second, 4.0 * np.abs(value) * (1.0 + slope**2 + np.abs(x) * curve)


UNARY: dict[str, Callable[[Any], Four]] = {
    "expit": _expit,
    "log_expit": _log_expit,
    "logit": _logit,
    "erf": _bell(2.0 / _ROOT_PI, "erf"),
    "erfc": _bell(-2.0 / _ROOT_PI, "erfc"),
    "ndtr": _ndtr,
    "log_ndtr": _log_ndtr,
    "ndtri": _ndtri,
    "gammaln": _gammaln,
    "loggamma": _gammaln,
    "psi": _psi,
    "gamma": _gamma,
}
"""As in `elementary`: value, derivative, second derivative, size of the derivative's terms."""


def _xlogy(x: Any, y: Any) -> Dual:
    a, b = lift(x), lift(y)
    value = _special().xlogy(a.v, b.v)
    log = np.where(b.v > 0.0, np.log(np.where(b.v > 0.0, b.v, 1.0)), 0.0)
    slope = np.where(a.v == 0.0, 0.0, a.v / np.where(b.v == 0.0, 1.0, b.v))
    size = np.abs(slope) / np.maximum(np.abs(b.v), 1e-300)
    near = b.ev / np.maximum(np.abs(b.v), 1e-300)
    error = np.abs(log) * a.ev + np.abs(slope) * b.ev + function_error(value)
    return combined(
        value,
        error,
        (log, function_error(1.0 + np.abs(log)) + near, a),
        (slope, function_error(slope) + size * b.ev + near * np.abs(slope), b),
    )


def _log_sum_exp(
    a: Any, axis: Any = None, b: Any = None, keepdims: bool = False, **more: Any
) -> Any:
    x = lift(a)
    top = constant(x.v.max(axis=axis, keepdims=True))
    powers = rules.unary("exp", rules.add(x, top, -1.0))
    if b is not None:
        powers = rules.multiply(powers, lift(b))
    total = rules.unary("log", sum_(powers, axis=axis, keepdims=True))
    result = rules.add(total, top)
    if keepdims:
        return result
    return rearranged(np.squeeze, (result,), {"axis": axis})


def _log_softmax(x: Any, axis: Any = None) -> Any:
    return rules.add(lift(x), _log_sum_exp(x, axis=axis, keepdims=True), -1.0)


def _softmax(x: Any, axis: Any = None) -> Any:
    return rules.unary("exp", _log_softmax(x, axis))


def _cho_factor(a: Any, lower: bool = False, **more: Any) -> tuple[Any, bool]:
    root = algebra.cholesky(a)
    return (root if lower else root.T), lower


def _cho_solve(factor: Any, b: Any, **more: Any) -> Any:
    root, lower = factor
    root = lift(root)
    half = np.tril if lower else np.triu
    root = rearranged(half, (root,), {})
    left = root if lower else root.T
    return algebra.solve(rules.matmul(left, left.T), b)


def _solve_triangular(a: Any, b: Any, trans: Any = 0, lower: bool = False, **more: Any) -> Any:
    root = rearranged(np.tril if lower else np.triu, (lift(a),), {})
    return algebra.solve(root.T if trans in (1, "T") else root, b)


def _solve(a: Any, b: Any, **more: Any) -> Any:
    if "assume_a" in more and more["assume_a"] not in ("pos", "sym", "gen"):
        raise Lost("scipy.linalg.solve of this structure has no rule")
    return algebra.solve(a, b)


def _cholesky(a: Any, lower: bool = False, **more: Any) -> Any:
    root = algebra.cholesky(a)
    return root if lower else root.T


FUNCTIONS_OF: dict[str, dict[str, Rule]] = {
    "special": {"logsumexp": _log_sum_exp, "softmax": _softmax, "log_softmax": _log_softmax},
    "linalg": {
        "inv": lambda a, **more: algebra.inv(a),
        "det": lambda a, **more: algebra.det(a),
        "solve": _solve,
        "cholesky": _cholesky,
        "cho_factor": _cho_factor,
        "cho_solve": _cho_solve,
        "solve_triangular": _solve_triangular,
        "norm": lambda a, *args, **more: algebra.norm(a, *args),
    },
}


def _standard(x: Any, loc: Any, scale: Any) -> Dual:
    return rules.divide(rules.add(lift(x), lift(loc), -1.0), lift(scale))


def _mirrored(x: Any, loc: Any, scale: Any) -> Dual:
    return rules.unary("negative", _standard(x, loc, scale))


def _log_density(x: Any, loc: Any = 0.0, scale: Any = 1.0) -> Any:
    z, size = _standard(x, loc, scale), lift(scale)
    square = rules.multiply(rules.multiply(z, z), constant(0.5))
    return rules.add(
        constant(-np.log(_ROOT_2PI)), rules.add(square, rules.unary("log", size)), -1.0
    )


class Normal:
    """`scipy.stats.norm`, for values with a derivative too."""

    def __init__(self, plain: Any) -> None:
        self._plain = plain

    def __getattr__(self, name: str) -> Any:
        plain = getattr(self._plain, name)
        rule = _NORMAL.get(name)
        if rule is None:
            return plain
        return lambda *a, **k: rule(*a, **k) if holds(a) or holds(k) else plain(*a, **k)


_NORMAL: dict[str, Rule] = {
    "logpdf": _log_density,
    "pdf": lambda *a, **k: rules.unary("exp", _log_density(*a, **k)),
    "cdf": lambda x, loc=0.0, scale=1.0: rules.unary("ndtr", _standard(x, loc, scale)),
    "logcdf": lambda x, loc=0.0, scale=1.0: rules.unary("log_ndtr", _standard(x, loc, scale)),
    "sf": lambda x, loc=0.0, scale=1.0: rules.unary("ndtr", _mirrored(x, loc, scale)),
    "logsf": lambda x, loc=0.0, scale=1.0: rules.unary("log_ndtr", _mirrored(x, loc, scale)),
}


def exchanged() -> dict[int, Any]:
    """What stands in for functions and modules of scipy that are loaded, by identity."""
    others: dict[int, Any] = {}
    proxies: dict[str, Any] = {}
    for module, table in FUNCTIONS_OF.items():
        loaded = sys.modules.get(f"scipy.{module}")
        if loaded is None:
            continue
        names = {n: _either(rule, getattr(loaded, n)) for n, rule in table.items()}
        others |= {id(getattr(loaded, n)): other for n, other in names.items()}
        proxies[module] = others[id(loaded)] = Proxy(loaded, names)
    stats = sys.modules.get("scipy.stats")
    if stats is not None:
        normal = Normal(stats.norm)
        others[id(stats.norm)] = normal
        proxies["stats"] = others[id(stats)] = Proxy(stats, {"norm": normal})
    if proxies:
        others[id(sys.modules["scipy"])] = Proxy(sys.modules["scipy"], proxies)
    return others


def _either(rule: Rule, plain: Rule) -> Rule:
    def call(*args: Any, **kwargs: Any) -> Any:
        if not holds(args) and not holds(kwargs):
            return plain(*args, **kwargs)
        with np.errstate(all="ignore"):
            return rule(*args, **kwargs)

    return call


class Proxy:
    """A module with some names exchanged."""

    def __init__(self, module: Any, others: dict[str, Any]) -> None:
        self.__dict__.update(others)
        self._module = module

    def __getattr__(self, name: str) -> Any:
        return getattr(self._module, name)


rules.SPECIAL.update(UNARY)
rules.BINARY["xlogy"] = _xlogy
