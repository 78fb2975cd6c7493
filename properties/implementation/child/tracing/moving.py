"""Functions that only move entries about, some with zeros between them."""

from __future__ import annotations

from typing import Any

import numpy as np

from .dual import ANSWERS, Dual, Trace, constant, holds, lift

# What they do to the numbers of the entries is what they do to values and tangents.
_NAMES = """
reshape transpose ravel squeeze expand_dims swapaxes moveaxis rollaxis tile repeat roll flip fliplr
flipud rot90 broadcast_to broadcast_arrays take take_along_axis concatenate stack vstack hstack
dstack column_stack row_stack block atleast_1d atleast_2d atleast_3d split array_split hsplit vsplit
dsplit diag diagflat diagonal tril triu append insert delete compress choose select copy resize
permute_dims matrix_transpose extract concat
"""
MOVED = _NAMES.split()


def rearranged(function: Any, args: Any, kwargs: Any) -> Any:
    """Do with values, tangents and bounds what the function does with the entries' numbers."""
    parts: list[Dual] = []
    used = [1]

    def numbered(value: Any) -> Any:
        if type(value) is Dual or (isinstance(value, np.ndarray) and value.dtype.kind == "f"):
            dual = lift(value)
            ids = np.arange(used[0], used[0] + dual.v.size).reshape(dual.v.shape)
            used[0] += dual.v.size
            parts.append(dual)
            return ids
        if isinstance(value, float):
            parts.append(constant(value))
            used[0] += 1
            return np.int64(used[0] - 1)
        if isinstance(value, (list, tuple)):
            return type(value)([numbered(item) for item in value])
        return value

    args = tuple(numbered(arg) for arg in args)
    kwargs = {key: numbered(value) if holds(value) else value for key, value in kwargs.items()}
    where = function(*args, **kwargs)
    k = Trace.directions
    pools = [
        np.concatenate([np.zeros((1, *more)), *(getattr(p, n).reshape(-1, *more) for p in parts)])
        for n, more in (("v", ()), ("t", (k,)), ("ev", ()), ("et", (k,)))
    ]

    def gathered(ids: Any) -> Any:
        if isinstance(ids, (list, tuple)):
            return type(ids)([gathered(item) for item in ids])
        return Dual(*(np.asarray(pool[ids]) for pool in pools))

    return gathered(where)


def padded(a: Any, width: Any, mode: Any, more: Any) -> Any:
    if mode == "constant" and np.any(more.get("constant_values", 0)):
        result = rearranged(np.pad, (lift(a), width), {"mode": mode})
        result.v = np.pad(lift(a).v, width, mode=mode, **more)
        return result
    return rearranged(np.pad, (lift(a), width), {"mode": mode})


ANSWERS["rearranged"] = rearranged
