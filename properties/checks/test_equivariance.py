"""Moving what goes in moves what comes out, and nothing else."""

from __future__ import annotations

import numpy as np

from ..judge.asking import Questions
from ..judge.mismatch import Inconclusive, Kind, Unsuitable
from ..judge.property import check, obeys
from ..judge.subjects.functions import Probe
from ..spec.case import Array, Case


@check(Kind.CORRECTNESS, "forward", applies=obeys("shifts"), weight=0.1)
def test_shift_equivariant(probe: Probe, case: Case, rng: np.random.Generator) -> Questions[None]:
    """Away from the border, an image that begins a stride later gives the next place first."""
    spec = probe.spec
    name, filters, options = spec.laws["shifts"].split()
    param = {**case.args[options], "pad": 0}
    stride, x, window = param["stride"], case.args[name], case.args[filters].shape
    axis = 2 + int(rng.integers(2))
    if min(x.shape[2] - window[2], x.shape[3] - window[3]) < 0 or (
        x.shape[axis] - window[axis] < stride
    ):
        raise Unsuitable
    # What no whole window reaches is cut off, since a rest may be refused.
    whole = x[
        (..., *(slice((x.shape[a] - window[a]) // stride * stride + window[a]) for a in (2, 3)))
    ]
    later = np.delete(whole, np.s_[:stride], axis)
    cases = [case.with_args(**{name: image, options: dict(param)}) for image in (whole, later)]
    first, second = yield from probe.values(cases)
    slack = [probe.slack_of_value(c, run) for c, run in zip(cases, (first, second), strict=True)]
    wanted, got = np.delete(first.outputs[spec.value], 0, axis), second.outputs[spec.value]
    if got.shape != wanted.shape:
        raise Inconclusive  # height and width exchanged, say: the forward is told so
    loose = np.delete(slack[0], 0, axis) + slack[1]
    probe.same(spec.value, got, wanted, loose, case=cases[1], oracle="a shifted image")


@check(Kind.CORRECTNESS, "both", applies=obeys("permuted"), weight=0.25)
def test_order_of_positions(probe: Probe, case: Case, rng: np.random.Generator) -> Questions[None]:
    """Without a mask the positions may come in any order: outputs and gradients move with them."""
    spec = probe.spec
    names = spec.laws["permuted"].split()
    if case.args.get("causal"):
        raise Unsuitable
    places = case.args[names[0]].shape[1]
    if places < 2:
        raise Unsuitable
    order = rng.permutation(places)
    moved = {n: case.args[n][:, order] for n in names if n in case.args and n != "mask"}
    if "mask" in names and case.args["mask"] is not None:
        moved["mask"] = case.args["mask"][:, order]
    other = case.with_args(**moved)
    follows = spec.value in names
    if follows:
        other = other.with_upstreams([d[:, order] for d in case.upstreams])
    first, second = yield from probe.run_many([case, other])
    oracle = "the same positions in another order"

    def judge(name: str, got: Array, wanted: Array, slack: Array, moves: bool) -> None:
        if got.shape != wanted.shape:
            raise Inconclusive  # the property of shapes speaks of it
        if moves:
            wanted, slack = wanted[:, order], slack[:, order]
        mine = spec.forward if name == spec.value else spec.judge_of_gradients
        probe.same(name, got, wanted, slack, case=other, oracle=oracle, function=mine)

    value = spec.value
    slack = probe.slack_of_value(case, first)
    got, wanted = second.outputs[value], first.outputs[value]
    judge(value, got, wanted, slack + probe.slack_of_value(other, second).max(), follows)
    for name in spec.differentiable:
        slack = probe.slack(case, first, name) + probe.slack(other, second, name).max(initial=0.0)
        got, wanted = second.gradients[name], first.gradients[name]
        judge(f"d{name}", got, wanted, slack, name in names)
