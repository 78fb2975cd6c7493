"""Inputs to compare checkers on: the course's fixed shapes, and random shapes of normal values."""

from __future__ import annotations

from typing import Any

import numpy as np

from properties.spec.case import Case

Sizes = dict[str, Any]

# The shapes of the course's notebooks; those of the two exercises are as small.
FIXED: dict[str, Sizes] = {
    "affine": {"n": 10, "trailing": (2, 3), "m": 5},
    "relu": {"n": 10, "trailing": (10,)},
    "batchnorm": {"n": 4, "m": 5},
    "dropout": {"n": 10, "trailing": (10,)},
    "svm": {"n": 50, "m": 10},
    "softmax": {"n": 50, "m": 10},
    "affine_relu": {"n": 2, "trailing": (3, 4), "m": 10},
    "affine_batchnorm_relu": {"n": 2, "trailing": (3, 4), "m": 10},
    "autoencoder": {"n": 10, "m": 2, "d": 5},
    "gplvm": {"n": 5, "m": 2, "d": 3},
    "log_determinant_term": {"n": 5, "m": 2, "d": 3},
    "trace_term": {"n": 5, "m": 2, "d": 3},
}
_TRAILING = ((1,), (3,), (5,), (2, 3), (4, 1), (2, 1, 3))


def fixed(row: str) -> Case:
    """The one case of a notebook's cell."""
    return _make(row, np.random.default_rng(231), FIXED[row], plain=True)


def random_shapes(row: str, number: int) -> Case:
    """A case of random shape, with normal values and random options."""
    rng = np.random.default_rng([231, number])
    sizes: Sizes = {
        "n": int(rng.integers(1, 8)),
        "trailing": _TRAILING[int(rng.integers(len(_TRAILING)))],
        "m": int(rng.integers(1, 7)),
        "d": int(rng.integers(2, 7)),
    }
    if row in ("svm", "softmax"):
        sizes["m"] += 1
    if row == "autoencoder":
        sizes["m"] = int(rng.integers(1, sizes["d"]))
    return _make(row, rng, sizes, plain=False)


def _make(row: str, rng: np.random.Generator, sizes: Sizes, *, plain: bool) -> Case:
    n, m, d = sizes["n"], sizes.get("m", 1), sizes.get("d", 1)
    trailing = sizes.get("trailing", ())
    normal = rng.standard_normal
    if row in ("svm", "softmax"):
        scale = 0.001 if plain else 1.0
        return Case(args={"x": scale * normal((n, m)), "y": rng.integers(0, m, n)})
    if row == "autoencoder":
        return Case(args={"W": normal((m, d)), "x": normal((n, d))})
    if row in ("gplvm", "log_determinant_term", "trace_term"):
        last: dict[str, Any] = {"D": d} if row.startswith("log") else {"Y": normal((n, d))}
        alpha, beta = (1.0, 1.0) if plain else rng.uniform(0.5, 2.0, 2).tolist()
        return Case(args={"X": normal((n, m)), **last, "alpha": alpha, "beta": beta})
    if row in ("relu", "dropout"):
        shape = (n, *trailing)
        args: dict[str, Any] = {"x": normal(shape)}
        if row == "dropout":
            p = 0.3 if plain else float(rng.uniform(0.1, 0.9))
            args = {
                "x": args["x"] + 10.0,
                "dropout_param": {"mode": "train", "p": p, "seed": 123},
            }
        return Case(args=args, dout=normal(shape))
    if row == "batchnorm":
        spread, shift = (5.0, 12.0) if plain else (1.0, 0.0)
        args = {"x": spread * normal((n, m)) + shift}
    else:
        args = {
            "x": normal((n, *trailing)),
            "w": normal((int(np.prod(trailing)), m)),
            "b": normal(m),
        }
    if "batchnorm" in row:
        args |= {"gamma": normal(m), "beta": normal(m), "bn_param": _options(rng, m, plain=plain)}
    return Case(args=args, dout=normal((n, m)))


def _options(rng: np.random.Generator, m: int, *, plain: bool) -> dict[str, Any]:
    if plain:
        return {"mode": "train"}
    return {
        "mode": "train",
        "eps": float(10.0 ** rng.uniform(-5, -2)),
        "momentum": float(rng.uniform(0.1, 0.95)),
        "running_mean": rng.standard_normal(m),
        "running_var": rng.uniform(0.5, 2.0, m),
    }
