"""What stands before the formulas of a layer: one call that turns arguments into arrays that fit.

Shapes are written as the documentation writes them: ``x (N, D), w (D, M), b (M,)``. The first array
that has a letter gives it its size, and the arrays after it must agree.
"""

from __future__ import annotations

import functools
import math
import re
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from ._validate import (
    BoolArray,
    FloatArray,
    Indices,
    check_ndim,
    check_shape,
    integers_below,
    mode_of,
    number,
    real_arrays,
    whole_number,
    working_dtype,
)


def arrays(shapes: str, *values: ArrayLike) -> tuple[FloatArray, ...]:
    """Return the arguments as real arrays of one common dtype and of the shapes wanted.

    Parameters
    ----------
    shapes : str
        Name and shape of each value. A size is a letter, a number, or a multiple of a letter that
        is known (``4H``). ``(...)`` is any shape, ``(..., C)`` any whose last axis is C, and
        ``(N, d_1, ..., d_k)`` any of two axes or more, which makes D = d_1 · … · d_k known.

    Raises
    ------
    ValueError
        If one does not hold real numbers or does not fit.

    Examples
    --------
    >>> x, w = arrays("x (N, D), w (D, M)", [[1, 2]], [[3], [4]])
    >>> x @ w
    array([[11.]])
    >>> arrays("x (N, D), w (D, M)", [[1, 2]], [[3, 4]])
    Traceback (most recent call last):
    ValueError: w must have shape (2, M) beside x (1, 2), got (1, 2)
    """
    wanted = _parsed(shapes)
    found = real_arrays(**dict(zip(wanted, values, strict=True)))
    sizes = {"": 1}
    for name, array in zip(wanted, found, strict=True):
        if not wanted[name].fits(array.shape, sizes):
            raise ValueError(
                _misfit(name, wanted[name], dict(zip(wanted, found, strict=True)), sizes)
            )
    return found


def array(shape: str, value: ArrayLike) -> FloatArray:
    """Return one argument as a real array of the shape wanted; see :func:`arrays`."""
    return arrays(shape, value)[0]


def upstream(dout: ArrayLike, shape: tuple[int, ...], name: str = "dout") -> FloatArray:
    """Return an upstream derivative as a real array of the shape of its output."""
    (found,) = real_arrays(**{name: dout})
    check_shape(name, found, shape, "the shape of the output")
    return found


def as_dtype(dtype: DTypeLike, *results: FloatArray) -> tuple[Any, ...]:
    """Return the results in a dtype; those that have it are not copied."""
    return tuple(np.asarray(result).astype(dtype, copy=False) for result in results)


@dataclass(frozen=True)
class Shape:
    """A shape as it is written: each size a factor of a letter, or of nothing."""

    text: tuple[str, ...]
    sizes: tuple[tuple[int, str], ...]
    open: bool  # (..., C): any axes before these
    flattened: bool  # (N, d_1, ..., d_k): one axis or more after these

    def fits(self, shape: tuple[int, ...], known: dict[str, int]) -> bool:
        """Whether an array's shape is this one; sizes that were not known are noted."""
        count = len(self.sizes)
        if self.open:
            shape = shape[max(len(shape) - count, 0) :]
        elif self.flattened:
            if len(shape) < 2:
                return False
            known["D"] = math.prod(shape[1:])
            shape = shape[:1]
        if len(shape) != count:
            return False
        new: dict[str, int] = {}
        for size, (factor, letter) in zip(shape, self.sizes, strict=True):
            wanted = known[letter] if letter in known else new.setdefault(letter, size)
            if size != factor * wanted:
                return False
        known.update(new)
        return True


@functools.cache
def _parsed(shapes: str) -> dict[str, Shape]:
    found = {}
    for name, inside in re.findall(r"(\w+) \(([^)]*)\)", shapes):
        text = tuple(size.strip() for size in inside.split(",") if size.strip())
        flattened = "..." in text[1:]
        sizes = [size for size in (text[:1] if flattened else text) if size != "..."]
        found[name] = Shape(text, tuple(map(_size, sizes)), text[0] == "...", flattened)
    return found


def _size(text: str) -> tuple[int, str]:
    """Return factor and letter of ``4H``, ``H`` or ``1``."""
    digits = text[: len(text) - len(text.lstrip("0123456789"))]
    return int(digits or 1), text[len(digits) :]


def _misfit(name: str, wanted: Shape, found: dict[str, FloatArray], known: dict[str, int]) -> str:
    """Say which shape is wanted, with the sizes that are known, beside what, and what came."""
    parts = []
    for text in wanted.text:
        factor, letter = _size(text)
        parts.append(str(factor * known[letter]) if letter in known else text)
    inside = f"({parts[0]},)" if len(parts) == 1 and parts[0] != "..." else f"({', '.join(parts)})"
    others = ", ".join(f"{other} {array.shape}" for other, array in found.items() if other != name)
    beside = f" beside {others}" if name != next(iter(found)) else ""
    return f"{name} must have shape {inside}{beside}, got {found[name].shape}"


def dropout_inputs(
    x: ArrayLike, dropout_param: MutableMapping[str, Any]
) -> tuple[FloatArray, str, float, np.random.Generator]:
    """Return x, the mode, the probability p of dropping a unit, and a generator of its own."""
    x = array("x (...)", x)
    mode = mode_of("dropout_param", dropout_param)
    if mode == "test":
        return x, mode, 0.0, np.random.default_rng(0)
    if "p" not in dropout_param:
        raise ValueError("dropout_param['p'] is missing: the probability of dropping a unit")
    p = number("dropout_param['p']", dropout_param["p"], "in [0, 1)")
    seed = dropout_param.get("seed")
    try:
        return x, mode, p, np.random.default_rng(seed)
    except (TypeError, ValueError):
        raise ValueError(
            f"dropout_param['seed'] must be a non-negative integer or None, got {seed!r}"
        ) from None


def scores_and_labels(x: ArrayLike, y: ArrayLike) -> tuple[FloatArray, Indices, np.dtype[Any]]:
    """Return scores (N, C), labels (N,) in [0, C), and the dtype of the results."""
    x = array("x (N, C)", x)
    if x.shape[1] == 0:
        raise ValueError(f"x must have scores for at least one class, got shape {x.shape}")
    y = integers_below("y", y, x.shape[1], "labels")
    check_shape("y", y, x.shape[:1], "one label for each row of x")
    return x.astype(working_dtype(x), copy=False), y, x.dtype


PoolSize = tuple[tuple[int, int], int]  # (height, width) of a window, stride


def convolution_inputs(
    x: ArrayLike, w: ArrayLike, b: ArrayLike, conv_param: Mapping[str, Any]
) -> tuple[FloatArray, FloatArray, FloatArray, int, int]:
    """Return x (N, C, H, W), w (F, C, HH, WW), b (F,), stride and pad; the stride fits."""
    x, w, b = arrays("x (N, C, H, W), w (F, C, HH, WW), b (F,)", x, w, b)
    stride = _whole("conv_param", conv_param, "stride", 1)
    pad = _whole("conv_param", conv_param, "pad", 0)
    for axis, length, window in zip("HW", x.shape[2:], w.shape[2:], strict=True):
        room = length + 2 * pad - window
        if room < 0 or window == 0:
            raise ValueError(
                f"w must fit into x: its windows {w.shape[2:]} are larger than the padded image, "
                f"{axis} + 2 pad = {length + 2 * pad}"
                if window
                else f"w must have windows of at least one entry, got {w.shape}"
            )
        if room % stride:
            raise ValueError(
                f"conv_param['stride'] must divide {axis} + 2 pad − {2 * axis} = {room}, "
                f"got {stride}"
            )
    return x, w, b, stride, pad


def pooling_inputs(
    x: ArrayLike, pool_param: Mapping[str, Any]
) -> tuple[FloatArray, tuple[int, int], int]:
    """Return x (N, C, H, W), the size of a window and the stride."""
    x = array("x (N, C, H, W)", x)
    size = (
        _whole("pool_param", pool_param, "pool_height", 1),
        _whole("pool_param", pool_param, "pool_width", 1),
    )
    stride = _whole("pool_param", pool_param, "stride", 1)
    for key, window, length in zip(("height", "width"), size, x.shape[2:], strict=True):
        if window > length:
            raise ValueError(
                f"pool_param['pool_{key}'] must be at most {length}, as x is {x.shape}, "
                f"got {window}"
            )
    return x, size, stride


def _whole(name: str, param: Mapping[str, Any], key: str, low: int) -> int:
    """Return an integer of a dict of parameters."""
    if not isinstance(param, Mapping):
        raise ValueError(f"{name} must be a dict, got {type(param).__name__}")
    if key not in param:
        raise ValueError(f"{name}[{key!r}] is missing: it must be an integer >= {low}")
    return whole_number(f"{name}[{key!r}]", param[key], low)


def embedding_inputs(x: ArrayLike, W: ArrayLike) -> tuple[Indices, FloatArray]:
    """Return words (N, T) in [0, V), and W (V, D)."""
    W = array("W (V, D)", W)
    words = integers_below("x", x, len(W), "words")
    check_ndim("x", words, 2, "(N, T), the words of N sequences")
    return words, W


def temporal_scores(
    x: ArrayLike, y: ArrayLike, mask: ArrayLike
) -> tuple[FloatArray, Indices, FloatArray, np.dtype[Any]]:
    """Return scores (N, T, V), labels and mask (N, T), and the dtype of the results."""
    x = array("x (N, T, V)", x)
    if x.shape[2] == 0:
        raise ValueError(f"x must have scores for at least one word, got shape {x.shape}")
    y = integers_below("y", y, x.shape[2], "labels")
    check_shape("y", y, x.shape[:2], "one label for each time step of x")
    mask = array("mask (...)", mask)
    check_shape("mask", mask, x.shape[:2], "one value for each time step of x")
    wide = working_dtype(x)
    return x.astype(wide, copy=False), y, mask.astype(wide, copy=False), x.dtype


def attention_inputs(
    q: ArrayLike, k: ArrayLike, v: ArrayLike, mask: ArrayLike | None
) -> tuple[FloatArray, FloatArray, FloatArray, BoolArray | None]:
    """Return q (..., T, d), k (..., S, d), v (..., S, e), and a mask that fits (..., T, S)."""
    q, k, v = arrays("q (..., T, d), k (..., S, d), v (..., S, e)", q, k, v)
    if q.shape[-1] == 0:
        raise ValueError(f"q must have at least one feature, got shape {q.shape}")
    for name, other in (("k", k), ("v", v)):
        if other.shape[:-2] != q.shape[:-2]:
            raise ValueError(
                f"{name} must have the leading axes {q.shape[:-2]} of q, got shape {other.shape}"
            )
    if mask is None:
        return q, k, v, None
    mask = np.asarray(mask)
    scores = (*q.shape[:-1], k.shape[-2])
    if mask.dtype.kind not in "biu":
        raise ValueError(f"mask must hold truth values, got dtype {mask.dtype}")
    try:
        np.broadcast_to(mask, scores)
    except ValueError:
        raise ValueError(f"mask must broadcast to {scores}, got shape {mask.shape}") from None
    return q, k, v, mask.astype(bool)


def multi_head_inputs(
    x: ArrayLike, Wq: ArrayLike, Wk: ArrayLike, Wv: ArrayLike, Wo: ArrayLike, n_heads: int
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray, FloatArray, int]:
    """Return x (N, T, D), four weights (D, D), and a number of heads that divides D."""
    shapes = "x (N, T, D), Wq (D, D), Wk (D, D), Wv (D, D), Wo (D, D)"
    x, Wq, Wk, Wv, Wo = arrays(shapes, x, Wq, Wk, Wv, Wo)
    n_heads = whole_number("n_heads", n_heads, 1)
    if x.shape[2] % n_heads:
        raise ValueError(f"n_heads must divide D = {x.shape[2]}, got {n_heads}")
    return x, Wq, Wk, Wv, Wo, n_heads


def predictions_and_targets(
    x: ArrayLike, y: ArrayLike, *, targets_in_0_1: bool = False
) -> tuple[FloatArray, FloatArray, np.dtype[Any]]:
    """Return two arrays of one shape, in at least single precision, and the results' dtype."""
    x, y = arrays("x (...), y (...)", x, y)
    check_shape("y", y, x.shape, "the shape of x")
    if targets_in_0_1 and not ((y >= 0) & (y <= 1)).all():
        raise ValueError(f"y must hold targets in [0, 1], got {y[~((y >= 0) & (y <= 1))][0]}")
    wide = working_dtype(x)
    return x.astype(wide, copy=False), y.astype(wide, copy=False), x.dtype


def linear_classifier_inputs(
    W: ArrayLike, X: ArrayLike, y: ArrayLike, reg: float
) -> tuple[FloatArray, FloatArray, Indices, float]:
    """Return W (D, C), X (N, D), labels (N,) in [0, C), and the strength of regularisation."""
    W, X = arrays("W (D, C), X (N, D)", W, X)
    if W.shape[1] == 0:
        raise ValueError(f"W must have a column for at least one class, got shape {W.shape}")
    y = integers_below("y", y, W.shape[1], "labels")
    check_shape("y", y, X.shape[:1], "one label for each row of X")
    return W, X, y, number("reg", reg, ">= 0")
