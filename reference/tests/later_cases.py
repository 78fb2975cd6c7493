"""Random arguments of the later layers, without upstream derivatives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from reference.convolution import forward as convolved

from .cases import Case, values

Rng = np.random.Generator


def x(rng: Rng, family: str) -> Case:
    x = values(rng, family, int(rng.integers(1, 5)), int(rng.integers(1, 5)))
    # Plain exponentials of larger numbers overflow, and their sums in float32 before that.
    return {"x": np.clip(x, -60.0, 60.0)}


def having(case: Callable[[Rng, str], Case], **more: Any) -> Callable[[Rng, str], Case]:
    return lambda rng, family: case(rng, family) | {k: f(rng) for k, f in more.items()}


def alpha(rng: Rng) -> float:
    return float(rng.choice([0.01, 0.25, 1.0, 0.7]))


def eps(rng: Rng) -> float:
    return float(10.0 ** rng.uniform(-8, -1))


def rows(rng: Rng, family: str) -> Case:
    n, d = (int(side) for side in rng.integers(1, 6, 2))
    x = values(rng, family, d, n).T  # families are uneven along the first axis
    return {"x": x, "gamma": rng.standard_normal(d), "beta": rng.standard_normal(d)} | {
        "eps": eps(rng)
    }


def images(rng: Rng, family: str, *, groups: bool) -> Case:
    n, h, w, g, each = (int(side) for side in rng.integers(1, 4, 5))
    c = g * each
    shape = (1, c, 1, 1) if groups and rng.random() < 0.5 else (c,)
    case = {
        "x": values(rng, family, n, c, h, w),
        "gamma": rng.standard_normal(shape),
        "beta": rng.standard_normal(shape),
        "eps": eps(rng),
    }
    return case | {"G": g} if groups else case


def convolution(rng: Rng, family: str) -> Case:
    n, c, f, hh, ww, stride = (int(side) for side in rng.integers(1, 4, 6))
    pad = int(rng.integers(0, 3))
    rows, columns = (int(side) for side in rng.integers(1, 4, 2))
    # Sides on which the padded windows end exactly.
    h, w = hh + stride * (rows - 1) - 2 * pad, ww + stride * (columns - 1) - 2 * pad
    if min(h, w) < 1:
        return convolution(rng, family)
    return {
        "x": values(rng, family, n, c, h, w),
        "w": rng.standard_normal((f, c, hh, ww)),
        "b": rng.standard_normal(f),
        "stride": stride,
        "pad": pad,
    }


def pool(rng: Rng, family: str) -> Case:
    n, c, high, wide, stride = (int(side) for side in rng.integers(1, 4, 5))
    h, w = high + int(rng.integers(0, 5)), wide + int(rng.integers(0, 5))
    x = values(rng, family, n, c, h, w)
    # Apart from each other: ties have a test of their own.
    x = rng.permuted(np.arange(float(x.size))).reshape(x.shape) * max(np.abs(x).max(), 1e-300)
    return {"x": x, "pool_height": high, "pool_width": wide, "stride": stride}


def convolution_pool(rng: Rng, family: str) -> Case:
    case = convolution(rng, "normal")
    out = convolved(**case)
    high, wide = (int(rng.integers(1, side + 1)) for side in out.shape[2:])
    conv = {name: case.pop(name) for name in ("stride", "pad")}
    pool = {"pool_height": high, "pool_width": wide, "stride": int(rng.integers(1, 4))}
    return case | {"conv_param": conv, "pool_param": pool}


def convolution_bn(rng: Rng, family: str) -> Case:
    case = convolution(rng, "normal")
    f = case["b"].size
    if convolved(**case).value[:, 0].size < 3:  # two values standardised are -1 and 1
        return convolution_bn(rng, family)
    normal = {"gamma": rng.standard_normal(f), "beta": rng.standard_normal(f), "eps": eps(rng)}
    return case | normal


def embedding(rng: Rng, family: str) -> Case:
    n, t, v, d = (int(side) for side in rng.integers(1, 5, 4))
    return {"x": rng.integers(0, v, (n, t)), "W": values(rng, family, v, d)}


def recurrence(rng: Rng, family: str, *, gates: int, steps: bool, cell: bool = False) -> Case:
    n, d, h = (int(side) for side in rng.integers(1, 4, 3))
    shape = (n, int(rng.integers(1, 4)), d) if steps else (n, d)
    tame = family in ("normal", "dyadic", "single", "small", "constant")
    case = {"x": values(rng, family if tame else "normal", *shape)}
    case["h0" if steps else "prev_h"] = rng.standard_normal((n, h))
    if cell:
        case["prev_c"] = rng.standard_normal((n, h))
    return case | {
        "Wx": rng.standard_normal((d, gates * h)),
        "Wh": rng.standard_normal((h, gates * h)),
        "b": rng.standard_normal(gates * h),
    }


def temporal(rng: Rng, family: str) -> Case:
    n, t, d, m = (int(side) for side in rng.integers(1, 4, 4))
    x = values(rng, family, n, t, d)
    return {"x": x, "w": rng.standard_normal((d, m)), "b": rng.standard_normal(m)}


def masked(rng: Rng, family: str) -> Case:
    n, t, v = (int(side) for side in rng.integers(1, 5, 3))
    x = np.clip(values(rng, family, n, t, v), -40.0, 40.0)
    return {"x": x, "y": rng.integers(0, v, (n, t)), "mask": rng.random((n, t)) < 0.7}


def sdpa(rng: Rng, family: str) -> Case:
    n, t, s, d, e = (int(side) for side in rng.integers(1, 4, 5))
    mask = rng.random((n, t, s)) < 0.7
    mask[..., 0] |= ~mask.any(axis=-1)
    k = values(rng, family if family in ("dyadic", "small", "constant") else "normal", n, s, d)
    return {
        "q": rng.standard_normal((n, t, d)),
        "k": k,
        "v": rng.standard_normal((n, s, e)),
        "mask": mask,
    }


def attention(rng: Rng, family: str) -> Case:
    n, heads, each = (int(side) for side in rng.integers(1, 3, 3))
    t, d = int(rng.integers(1, 5)), heads * each
    matrices = {w: rng.standard_normal((d, d)) / np.sqrt(d) for w in ("Wq", "Wk", "Wv", "Wo")}
    x = rng.standard_normal((n, t, d))
    return {"x": x} | matrices | {"n_heads": heads, "causal": bool(rng.integers(2))}


def targets(rng: Rng, family: str) -> Case:
    shape = tuple(int(side) for side in rng.integers(1, 5, 2))
    return {"x": values(rng, family, *shape), "y": rng.standard_normal(shape)}


def logits(rng: Rng, family: str) -> Case:
    case = x(rng, family)
    shape = case["x"].shape
    soft = bool(rng.integers(2))
    y = rng.random(shape) if soft else rng.integers(0, 2, shape).astype(np.float64)
    return {"x": np.clip(case["x"], -20.0, 20.0), "y": y}


def delta(rng: Rng) -> float:
    return float(rng.choice([1.0, 0.5, 2.0]))


def weights(rng: Rng, family: str) -> Case:
    n, d, c = (int(side) for side in rng.integers(1, 5, 3))
    X = np.clip(values(rng, family, n, d), -10.0, 10.0)
    return {"W": rng.standard_normal((d, c)), "X": X, "y": rng.integers(0, c, n)} | {
        "reg": float(rng.choice([0.0, 0.5, 0.1]))
    }
