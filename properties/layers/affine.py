"""Affine layer: out = flatten(x) w + b."""

from __future__ import annotations

from hypothesis import strategies as st

from reference import affine

from ..spec.case import Case
from ..spec.row import LayerSpec, Purpose, Reference
from ..spec.values import SIDES, TRAILING, Values, batch_sizes, values


def make(v: Values, n: int, trailing: tuple[int, ...], m: int) -> Case:
    d = 1
    for side in trailing:
        d *= side
    args = {"x": v.array((n, *trailing)), "w": v.tame((d, m)), "b": v.array((m,))}
    return Case(args=args, dout=v.upstream((n, m)), family=v.family)


def cases(purpose: Purpose) -> st.SearchStrategy[Case] | None:
    if purpose is Purpose.KINK:
        return None
    return st.builds(make, values(purpose), batch_sizes(purpose), TRAILING, SIDES)


AFFINE = LayerSpec(
    name="affine",
    forward="affine_forward",
    backward="affine_backward",
    cases=cases,
    differentiable=("x", "w", "b"),
    reference=Reference(forward=affine.forward, vjp=affine.vjp),
    batched=("x",),
)
