"""What the recurrent layers share: inputs, states and weights of unequal sizes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from hypothesis import strategies as st

from ..implementation import Call, Outcome, Ref
from ..spec.case import Array, Case
from ..spec.hints import Circumstance
from ..spec.row import LayerSpec, Purpose
from ..spec.same import SameAs
from ..spec.values import Values, batch_sizes, values

_SIZES = st.sampled_from(((2, 3), (1, 1), (3, 2), (4, 1), (1, 4), (3, 5)))
MANY_STEPS = Circumstance(
    name="more than one time step",
    holds=lambda case: case.args["x"].shape[1] > 1,
    look="look at what goes from one step to the other, and at what is added up over the steps.",
)
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


def fold(step: LayerSpec) -> SameAs:
    """The law that a sequence is its steps, one after the other.

    The way back starts at one time step alone: what comes back from a step goes into the one
    before as it is, and the gradients of all steps add up.
    """
    assert step.backward is not None
    backward, states = step.backward, len(step.outputs)

    def at(case: Case, rng: np.random.Generator) -> Case:
        dout = np.zeros_like(case.upstream)
        time = int(rng.integers(dout.shape[1]))
        dout[:, time] = case.upstream[:, time]
        return case.with_dout(dout)

    def calls(case: Case) -> list[Call]:
        x, h0, *weights = case.args.values()
        none = [np.zeros_like(h0)] * (states - 1)
        before: list[Any] = [h0, *none]
        made = []
        for time in range(x.shape[1]):
            args = (x[:, time], *before, *weights)
            made.append(Call(step.forward, args, fetch=frozenset(range(states))))
            before = [Ref(time, state) for state in range(states)]
        last, fetched = _last(case), frozenset(range(len(step.differentiable)))
        after: list[Any] = [case.upstream[:, last], *none]
        for time in range(last, -1, -1):
            made.append(Call(backward, (*after, Ref(time, states)), fetch=fetched))
            after = [Ref(len(made) - 1, 1 + state) for state in range(states)]
        return made

    def read(case: Case, outcomes: Sequence[Outcome]) -> dict[str, Array]:
        x, h0, *weights = case.args
        times = case.args[x].shape[1]
        back = [outcome.outputs for outcome in outcomes[times:]]
        dx = np.zeros(case.args[x].shape)
        dx[:, : len(back)] = np.stack([one[0] for one in back[::-1]], 1)
        h = np.stack([outcome.outputs[0] for outcome in outcomes[:times]], 1)
        found = {"h": h, f"d{x}": dx, f"d{h0}": back[-1][1]}
        for place, name in enumerate(weights, 1 + states):
            found[f"d{name}"] = np.sum([one[place] for one in back], 0)
        return found

    said = "its steps, one by one"
    return SameAs(said=said, functions=step.functions, calls=calls, read=read, at=at)


def _last(case: Case) -> int:
    """The last time step that has an upstream derivative; all before it may have none."""
    there = np.flatnonzero(case.upstream.any((0, 2)))
    return int(there[-1]) if there.size else 0


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
