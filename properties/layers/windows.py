"""What convolution and pooling share: windows on images, and the sizes that are drawn."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from hypothesis import strategies as st

from ..spec.case import Case
from ..spec.hints import Circumstance, Hints, options
from ..spec.misconception import Misconceptions
from ..spec.row import LayerSpec, Purpose
from ..spec.same import as_row
from ..spec.values import Values

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


# Beside the drawn ones: square ones, with and without border and overlap; and oblong ones without.
_BESIDE = (
    Geometry((2, 2), (2, 2), stride=1, pad=0),
    Geometry((2, 2), (3, 3), stride=2, pad=1),
    Geometry((3, 3), (2, 2), stride=2, pad=0),
    Geometry((2, 2), (3, 3), stride=1, pad=2),
    Geometry((2, 3), (3, 2), stride=1, pad=0),
    Geometry((3, 1), (2, 2), stride=2, pad=0),
    Geometry((1, 3), (2, 3), stride=3, pad=0),
)


Cases = Callable[[Sequence[Case]], Sequence[Case]]


def beside(make: Callable[..., Case]) -> Cases:
    """Further cases for the diagnosis, with three examples, two channels and two filters."""
    made = [make(Values("normal", i), 3, 2, 2, one) for i, one in enumerate(_BESIDE)]
    return lambda cases: [*cases, *made]


def _window(case: Case) -> Pair:
    param = options(case)
    if "pool_height" in param:
        return param["pool_height"], param["pool_width"]
    height, width = case.args["w"].shape[2:]
    return height, width


def _is_oblong(case: Case) -> bool:
    height, width = case.args["x"].shape[2:]
    return height != width or len(set(_window(case))) > 1


_SQUARE = "somewhere the height stands for the width, or their order is another."
_STRIDE = "somewhere the stride is left out, or stands in another place."
SIGNS = (
    Circumstance(name="a height unlike the width", holds=_is_oblong, look=_SQUARE),
    Circumstance(
        name="a stride above 1", holds=lambda case: options(case)["stride"] > 1, look=_STRIDE
    ),
    Circumstance(
        name="a padding above 0",
        holds=lambda case: options(case).get("pad", 0) > 0,
        look="somewhere the border is left out, or counted where it is not.",
    ),
    Circumstance(
        name="windows that overlap",
        holds=lambda case: options(case)["stride"] < max(_window(case)),
        look="what several windows hand back to a pixel adds up, += and not =.",
    ),
)


def pooling_hints(make: Callable[..., Case]) -> Hints:
    """Of pooling: cases with ties are not observed. At a tie each code has a winner of its own,
    which is no mistake and hides one."""
    made = [make(Purpose.SMOOTH, Values("normal", i), 3, 2, *g[:3]) for i, g in enumerate(_BESIDE)]

    def chosen(cases: Sequence[Case]) -> Sequence[Case]:
        return [c for c in cases if np.unique(c.args["x"]).size == c.args["x"].size] + made

    return Hints(factors=("x", "dout"), cases=chosen, circumstances=SIGNS)


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
