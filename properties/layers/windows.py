"""What convolution and pooling share: windows on images, and the sizes that are drawn."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

from hypothesis import strategies as st

from ..spec.misconception import Misconceptions
from ..spec.row import LayerSpec
from ..spec.same import as_row

Pair = tuple[int, int]


class Geometry(NamedTuple):
    """Places and sides of the windows, one after the other: what the sides of x follow from."""

    places: Pair
    window: Pair
    stride: int
    pad: int

    def image(self) -> tuple[Pair, Pair]:
        """Sides of x and of out; more places where padding alone would make those asked for."""
        pad = min(self.pad, *(side - 1 for side in self.window))  # no window lies in zeros alone
        sides, places = [], []
        for many, window in zip(self.places, self.window, strict=True):
            while (side := (many - 1) * self.stride + window - 2 * pad) < 1:
                many += 1
            sides.append(side)
            places.append(many)
        return (sides[0], sides[1]), (places[0], places[1])

    def conv_param(self) -> dict[str, int]:
        """The options of a convolution."""
        return {"stride": self.stride, "pad": min(self.pad, *(side - 1 for side in self.window))}

    def pool_param(self) -> dict[str, int]:
        """The options of a pooling."""
        height, width = self.window
        return {"pool_height": height, "pool_width": width, "stride": self.stride}


WINDOWS = st.sampled_from(((1, 1), (2, 3), (3, 2), (1, 2), (2, 1), (3, 3), (2, 2), (3, 4), (3, 1)))
PLACES = st.sampled_from(((1, 1), (2, 3), (3, 2), (1, 2), (2, 1), (2, 2)))
STRIDES = st.sampled_from((1, 2, 1, 3))
GEOMETRIES = st.builds(Geometry, PLACES, WINDOWS, STRIDES, st.sampled_from((0, 1, 2)))
CHANNELS = st.sampled_from((1, 2, 3))
FILTERS = st.sampled_from((1, 2, 3, 4))


def renamed(row: LayerSpec, way: str) -> LayerSpec:
    """The row of the same functions under the names of another way to compute them."""
    name, naive = f"{row.name}_{way}", row.misconceptions
    assert isinstance(naive, Misconceptions)
    return replace(
        row,
        name=name,
        layer=name,
        forward=row.forward.replace("_naive", f"_{way}"),
        backward=row.backward and row.backward.replace("_naive", f"_{way}"),
        same_as=as_row(row, f"the plain {row.name}"),
        inputs={name: row.inputs[row.name]},
        misconceptions=Misconceptions(name, naive.text.replace("_naive", f"_{way}")),
    )
