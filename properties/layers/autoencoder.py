"""Linear autoencoder with tied weights: L(W) = ½ ‖WᵀWx − x‖²."""

from __future__ import annotations

from hypothesis import strategies as st

from reference import autoencoder

from ..spec.case import Case
from ..spec.row import LayerSpec, Purpose, Reference
from ..spec.values import Values, batch_sizes, values

_SIZES = st.sampled_from(((1, 2), (2, 3), (1, 4), (2, 5), (3, 4), (3, 7)))


def _make(v: Values, n: int | None, sizes: tuple[int, int]) -> Case:
    m, features = sizes
    shape = (features,) if n is None else (n, features)
    return Case(args={"W": v.array((m, features)), "x": v.array(shape)}, family=v.family)


def _cases(purpose: Purpose) -> st.SearchStrategy[Case] | None:
    if purpose in (Purpose.KINK, Purpose.EXTREME):
        return None
    batch = batch_sizes(purpose)
    if purpose is not Purpose.EMPTY:
        batch = st.one_of(st.none(), batch)
    return st.builds(_make, values(purpose), batch, _SIZES)


AUTOENCODER = LayerSpec(
    name="autoencoder",
    forward="autoencoder_loss",
    backward=None,
    cases=_cases,
    differentiable=("W",),
    value="loss",
    reference=Reference(forward=autoencoder.loss, vjp=autoencoder.gradient),
    adds_up=1,
)
