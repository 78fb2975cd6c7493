"""Elementary functions of one argument: value, derivative, second derivative."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

Parts = tuple[Any, Any, Any, Any]
"""Value, derivative, second derivative, and the size of the derivative's terms."""


def _tanh(x: Any) -> Parts:
    y = np.tanh(x)
    return y, 1.0 - y * y, -2.0 * y * (1.0 - y * y), 1.0 + y * y


def _power_of_e(base: float) -> Callable[[Any], Parts]:
    def rule(x: Any) -> Parts:
        y = np.exp2(x) if base == 2.0 else np.exp(x)
        scale = np.log(base)
        return y, scale * y, scale * scale * y, scale * y * (1.0 + np.abs(x))

    return rule


def _logarithm(scale: float) -> Callable[[Any], Parts]:
    return lambda x: (np.log(x) * scale, scale / x, -scale / (x * x), scale / x)


def _arc(x: Any, sign: float, value: Any) -> Parts:
    root = 1.0 / np.sqrt(1.0 - x * x)
    return value, sign * root, sign * x * root**3, root * (1.0 + root * root)


def _expm1(x: Any) -> Parts:
    y = np.exp(x)
    return np.expm1(x), y, y, y


def _sqrt(x: Any) -> Parts:
    y = np.sqrt(x)
    return y, 0.5 / y, -0.25 / (x * y), 0.5 / y


def _cbrt(x: Any) -> Parts:
    y = np.cbrt(x)
    return y, 1 / (3 * y * y), -2 / (9 * y**5), 1 / (3 * y * y)


UNARY: dict[str, Callable[[Any], Parts]] = {
    "exp": _power_of_e(np.e),
    "exp2": _power_of_e(2.0),
    "expm1": _expm1,
    "log": _logarithm(1.0),
    "log2": _logarithm(1.0 / np.log(2.0)),
    "log10": _logarithm(1.0 / np.log(10.0)),
    "log1p": lambda x: (np.log1p(x), 1 / (1 + x), -1 / (1 + x) ** 2, 1 / (1 + x)),
    "tanh": _tanh,
    "sqrt": _sqrt,
    "cbrt": _cbrt,
    "sin": lambda x: (np.sin(x), np.cos(x), -np.sin(x), 1.0 + np.abs(x)),
    "cos": lambda x: (np.cos(x), -np.sin(x), -np.cos(x), 1.0 + np.abs(x)),
    "tan": lambda x: (
        np.tan(x),
        1 + np.tan(x) ** 2,
        2 * np.tan(x) * (1 + np.tan(x) ** 2),
        1 + np.tan(x) ** 2,
    ),
    "sinh": lambda x: (np.sinh(x), np.cosh(x), np.sinh(x), np.cosh(x)),
    "cosh": lambda x: (np.cosh(x), np.sinh(x), np.cosh(x), np.cosh(x)),
    "arcsin": lambda x: _arc(x, 1.0, np.arcsin(x)),
    "arccos": lambda x: _arc(x, -1.0, np.arccos(x)),
    "arctan": lambda x: (np.arctan(x), 1 / (1 + x * x), -2 * x / (1 + x * x) ** 2, 1.0),
    "arcsinh": lambda x: (
        np.arcsinh(x),
        1 / np.sqrt(1 + x * x),
        -x / (1 + x * x) ** 1.5,
        1 / np.sqrt(1 + x * x),
    ),
    "arctanh": lambda x: (
        np.arctanh(x),
        1 / (1 - x * x),
        2 * x / (1 - x * x) ** 2,
        (1 + x * x) / (1 - x * x) ** 2,
    ),
    "square": lambda x: (x * x, 2 * x, 2.0, 2 * x),
    "reciprocal": lambda x: (1 / x, -1 / (x * x), 2 / x**3, 1 / (x * x)),
    "negative": lambda x: (-x, -1.0, 0.0, 0.0),
    "positive": lambda x: (+x, 1.0, 0.0, 0.0),
    "conjugate": lambda x: (+x, 1.0, 0.0, 0.0),
    "deg2rad": lambda x: (np.deg2rad(x), np.pi / 180, 0.0, 1.0),
    "radians": lambda x: (np.deg2rad(x), np.pi / 180, 0.0, 1.0),
    "rad2deg": lambda x: (np.rad2deg(x), 180 / np.pi, 0.0, 60.0),
    "degrees": lambda x: (np.rad2deg(x), 180 / np.pi, 0.0, 60.0),
}
