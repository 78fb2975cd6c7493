"""What the recurrent layers share: inputs, states and weights of unequal sizes."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from ..spec.case import Case
from ..spec.row import Purpose
from ..spec.values import Values, batch_sizes, values

_SIZES = st.sampled_from(((2, 3), (1, 1), (3, 2), (4, 1), (1, 4), (3, 5)))
_LENGTHS = st.sampled_from((2, 1, 3, 4))

# The gradients of the parameters, which all time steps share.
SUMS = """
dWx = np.einsum('ntd,nth->dh', x, da)
dWh = np.einsum('nth,ntk->hk', before, da)
db = da.sum((0, 1))
"""


def flat_sums(width: str) -> str:
    """The same, as products of matrices; ``width`` is that of the weights."""
    return f"""
dWx = x.reshape(N * T, D).T @ da.reshape(N * T, {width})
dWh = before.reshape(N * T, H).T @ da.reshape(N * T, {width})
db = da.reshape(N * T, {width}).sum(0)
"""


def step_cases(
    purpose: Purpose, gates: int, states: tuple[str, ...], douts: tuple[str, ...] = ()
) -> st.SearchStrategy[Case] | None:
    """Cases of one step.

    Parameters
    ----------
    gates
        How many times H the weights are wide.
    states
        The arguments after x that hold a state, each (N, H).
    douts
        Names of the upstream derivatives after the first.
    """

    def make(v: Values, n: int, sizes: tuple[int, int]) -> Case:
        d, h = sizes
        args: dict[str, Any] = {"x": v.array((n, d))}
        args |= {name: v.tame((n, h)) for name in states}
        args |= _weights(v, d, h, gates)
        more = {name: v.upstream((n, h)) for name in douts}
        return Case(args=args, dout=v.upstream((n, h)), douts=more, family=v.family)

    return _built(purpose, lambda drawn: st.builds(make, drawn, batch_sizes(purpose), _SIZES))


def sequence_cases(purpose: Purpose, gates: int) -> st.SearchStrategy[Case] | None:
    """Cases of a sequence; the upstream of some is zero but at one time step."""

    def make(v: Values, n: int, t: int, sizes: tuple[int, int]) -> Case:
        d, h = sizes
        args = {"x": v.array((n, t, d)), "h0": v.tame((n, h)), **_weights(v, d, h, gates)}
        dout = v.upstream((n, t, h))
        if v.choice(0, 0, 1):
            alone = int(v.rng.integers(t))
            dout[:, [step for step in range(t) if step != alone]] = 0.0
        return Case(args=args, dout=dout, family=v.family)

    return _built(
        purpose, lambda drawn: st.builds(make, drawn, batch_sizes(purpose), _LENGTHS, _SIZES)
    )


def _weights(v: Values, d: int, h: int, gates: int) -> dict[str, Any]:
    return {
        "Wx": v.tame((d, gates * h)) * 0.5,
        "Wh": v.tame((h, gates * h)) * 0.5,
        "b": v.tame((gates * h,)) * 0.5,
    }


def _built(purpose: Purpose, build: Any) -> st.SearchStrategy[Case] | None:
    if purpose in (Purpose.KINK, Purpose.INTEGER):
        return None
    made: st.SearchStrategy[Case] = build(values(purpose, smooth=("normal",)))
    return made
