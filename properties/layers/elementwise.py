"""What the activation functions share: one array in, one of the same shape out, entry by entry."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hypothesis import strategies as st

from ..spec.case import Case
from ..spec.misconception import Misconceptions
from ..spec.row import Kinks, LayerSpec, Purpose, Reading, Reference
from ..spec.values import ANY_SHAPE, Values, any_shape, of_family, values
from ..spec.ways import Ways

# What goes wrong with any dx = dout * slope.
SLOPE = """
  upstream missing
    = slope
    The upstream derivative is missing: multiply the slope by dout. [nd4j2410 smile528 ~npnn6
      ~diffsharp16]
  slope missing
    = dout
    The slope is missing: dx = dout times the derivative at x. [grok50 jiexun1 bot3]
  divided by N
    = dout * slope / N
    No average in a layer. [~d2l1000]
  sign
    = -dout * slope
    The sign is wrong.
"""


def activation(
    name: str,
    *,
    reference: Reference,
    ways: Ways,
    wrong: str,
    options: Mapping[str, Sequence[float]] | None = None,
    kinks: Kinks | None = None,
    exact: bool = False,
    readings: tuple[Reading, ...] = (),
) -> LayerSpec:
    """The row of ``NAME_forward(x) -> out, cache`` and ``NAME_backward(dout, cache) -> dx``.

    Parameters
    ----------
    wrong
        Its misconceptions, as text.
    options
        Further arguments of the forward, like a slope, and the values that they are drawn from.
    kinks
        How it bends at zero, if it does.
    exact
        Whether whole numbers stay whole numbers.
    """
    drawn = options or {}

    def make(v: Values, shape: tuple[int, ...]) -> Case:
        given: dict[str, Any] = {option: v.choice(*among) for option, among in drawn.items()}
        return Case(args={"x": v.array(shape), **given}, dout=v.upstream(shape), family=v.family)

    def cases(purpose: Purpose) -> st.SearchStrategy[Case] | None:
        if purpose is Purpose.INTEGER and not exact:
            return None
        if purpose is Purpose.KINK:
            return st.builds(make, of_family("ties"), ANY_SHAPE) if kinks else None
        beside = ("faint", "subnormal") if kinks is not None else ()
        # Dyadic values are never closer than 1/8 to a kink at zero.
        drawn = values(purpose, beside_kinks=beside, smooth=("dyadic",))
        return st.builds(make, drawn, any_shape(purpose))

    return LayerSpec(
        name=name,
        forward=f"{name}_forward",
        backward=f"{name}_backward",
        cases=cases,
        differentiable=("x",),
        inputs={name: ", ".join(["x: (N, D)", *(f"{k}: {v[1]}" for k, v in drawn.items())])},
        reference=reference,
        batched=("x",),
        kinks=kinks,
        readings=readings,
        ways=ways,
        misconceptions=Misconceptions(name, wrong),
    )
