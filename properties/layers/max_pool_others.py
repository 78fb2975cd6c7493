"""Max pooling under the names of other ways to compute it, which are judged as the same layer."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import strategies as st

from ..spec.case import Case
from ..spec.row import Purpose
from ..spec.values import Values, values
from .max_pool import MAX_POOL, batch, make
from .windows import PLACES, Pair, renamed


def _tiles(purpose: Purpose) -> st.SearchStrategy[Case]:
    """Windows that tile the image, which reshaping needs."""

    def tiled(v: Values, n: int, c: int, places: Pair, side: int) -> Case:
        return make(purpose, v, n, c, places, (side, side), side)

    return st.builds(tiled, values(purpose), *batch(purpose), PLACES, st.integers(1, 3))


_RESHAPED = replace(
    renamed(MAX_POOL, "reshape"),
    cases=_tiles,
    inputs={
        "max_pool_reshape": "x: (2, 3, 4, 6), "
        "pool_param: {'pool_height': 2, 'pool_width': 2, 'stride': 2}"
    },
    laws={name: about for name, about in MAX_POOL.laws.items() if name != "rest"},
)
MAX_POOL_OTHERS = (
    *(renamed(MAX_POOL, way) for way in ("im2col", "strides", "cython")),
    _RESHAPED,
)
