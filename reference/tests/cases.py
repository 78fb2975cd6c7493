"""Random inputs in families: ordinary, uneven, offset, tiny, at kinks."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np

Case: TypeAlias = dict[str, Any]

FAMILIES = ("normal", "dyadic", "wide", "offset", "constant", "small", "subnormal", "single")


def values(rng: np.random.Generator, family: str, *shape: int) -> Any:
    """Draw an array whose character `family` names."""
    z = rng.standard_normal(shape)
    if family == "dyadic":
        return rng.integers(-16, 17, shape) / 8.0
    if family == "wide":
        return z * 10.0 ** rng.uniform(-6, 6, shape)
    if family == "offset":
        return z + 10.0 ** rng.uniform(0, 7)
    if family == "constant":  # columns that are equal up to nothing, or to the last digits
        return np.round(z[:1] * 4) / 4 + z * 10.0 ** rng.choice([-30.0, -15.0, -8.0])
    if family == "small":
        return z * 10.0 ** rng.uniform(-160, -20)
    if family == "subnormal":
        return z * 10.0 ** rng.uniform(-323, -300)
    return z


def _sides(rng: np.random.Generator, family: str, count: int) -> list[int]:
    sides = [int(s) for s in rng.integers(1, 8, count)]
    if family == "single":
        sides[0] = 1
    return sides


def affine(rng: np.random.Generator, family: str) -> Case:
    n, d, e, m = _sides(rng, family, 4)
    other = family if rng.random() < 0.5 else "normal"
    return {
        "x": values(rng, family, n, d, e),
        "w": values(rng, other, d * e, m),
        "b": values(rng, other, m),
        "dout": values(rng, other, n, m),
    }


def _normalisation(rng: np.random.Generator, d: int) -> Case:
    return {
        "gamma": rng.standard_normal(d),
        "beta": rng.standard_normal(d),
        "eps": float(10.0 ** rng.uniform(-12, -1)),
        "momentum": float(rng.uniform(0, 1)),
        "running_mean": rng.standard_normal(d),
        "running_var": rng.uniform(0, 2, d),
    }


def batchnorm(rng: np.random.Generator, family: str) -> Case:
    n, d = _sides(rng, family, 2)
    other = family if rng.random() < 0.3 else "normal"
    return {
        "x": values(rng, family, n, d),
        "dout": values(rng, other, n, d),
    } | _normalisation(rng, d)


def affine_batchnorm_relu(rng: np.random.Generator, family: str) -> Case:
    case = affine(rng, family)
    return case | _normalisation(rng, case["b"].size)


def scores(rng: np.random.Generator, family: str) -> Case:
    n, c = _sides(rng, family, 2)
    x = values(rng, family, n, c)
    if family == "wide":
        x = np.clip(x, -300, 300)
    if family == "offset":
        x = x * 1e-5
    return {"x": x, "y": rng.integers(0, c, n)}


def autoencoder(rng: np.random.Generator, family: str) -> Case:
    n, m, batch = _sides(rng, "normal", 3)
    other = family if rng.random() < 0.5 else "normal"
    x = values(rng, other, n) if rng.random() < 0.3 else values(rng, other, batch, n)
    return {"W": values(rng, family, m, n), "x": x}


def gplvm(rng: np.random.Generator, family: str) -> Case:
    n, q, d = _sides(rng, family, 3)
    # K's condition would be beyond every arithmetic with the widest families.
    family = {"wide": "normal", "offset": "dyadic"}.get(family, family)
    return {
        "X": values(rng, family, n, q) * 10.0 ** rng.uniform(-1, 1),
        "Y": values(rng, family if rng.random() < 0.5 else "normal", n, d),
        "alpha": float(10.0 ** rng.uniform(-1, 1)),
        "beta": float(10.0 ** rng.uniform(-1, 3)),
    }
