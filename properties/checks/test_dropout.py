"""What dropout alone obeys."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import scipy  # its subpackages come with their first use

from reference import dropout
from reference.bounded import SAFETY

from ..judge.asking import Questions
from ..judge.mismatch import Disagreement, Inconclusive, Kind, Mismatch
from ..judge.property import check, only
from ..judge.subjects.functions import Probe
from ..spec.case import Array, Case

# Two tails of each of some thousand tests stay below a false-alarm probability of 1e-9.
_TAIL = 1e-14
_dropout = only("dropout")


@check(Kind.CORRECTNESS, "forward", applies=_dropout, weight=0.5)
def test_dropped_fraction(probe: Probe, case: Case, rng: np.random.Generator) -> Questions[None]:
    """The number of dropped units is binomial: of all, along every axis, whatever their sign."""
    p = float(rng.choice([0.25, 0.125, 0.75, 0.875, 0.3, 0.6, 0.9, 0.5]))
    shape = [(40, 60), (2400,), (12, 20, 10), (60, 40)][int(rng.integers(4))]
    param = {"mode": "train", "p": p, "seed": int(rng.integers(1, 10_000))}
    if rng.integers(2):
        del param["seed"]
    x = rng.choice((1.0, -1.0, 0.25, -3.0), shape)
    asked = case.with_args(x=x, dropout_param=param)
    out = (yield from probe.value(asked)).outputs["out"]
    if out.shape != shape:
        return
    dropped = np.asarray(out == 0.0)
    for sign, units in (("negative", x < 0.0), ("positive", x > 0.0)):
        count = np.asarray([dropped[units].sum()])
        _count(probe, asked, f"of the {sign} units", count, int(units.sum()), p)
    _count(probe, asked, "of all units", dropped.sum(keepdims=True).ravel(), out.size, p)
    for axis in range(out.ndim):
        others = tuple(a for a in range(out.ndim) if a != axis)
        if others:
            n = out.size // shape[axis]
            _count(probe, asked, f"in one slice along axis {axis}", dropped.sum(axis=others), n, p)


def _count(probe: Probe, case: Case, where: str, counts: Array, n: int, p: float) -> None:
    tail = _TAIL / len(counts)
    # The bounds of scipy.stats.binom, whose import costs more than a layer's whole check.
    low = int(np.searchsorted(scipy.special.bdtr(np.arange(n + 1), n, p), tail))
    high = n - int(np.searchsorted(scipy.special.bdtr(np.arange(n + 1), n, 1.0 - p), tail))
    bad = (counts < low) | (counts > high)
    if not bad.any():
        return
    index = int(np.argmax(bad))
    lines = {"got": (counts / n).tolist(), "wanted": [p] * len(counts)}
    share = {"name": f"share dropped {where}", "over": "slice", "lines": lines}
    raise Mismatch(
        Disagreement(
            function=probe.spec.forward,
            sentence=(
                f"{int(counts[index])} {where} of {n} were dropped at drop probability {p:g}, "
                f"wanted between {int(low)} and {int(high)}"
            ),
            oracle="exact binomial bound",
            argument="out",
            got=np.array(float(counts[index])),
            wanted=np.array(n * p),
            tolerance=np.array(max(n * p - low, high - n * p)),
            case=case,
            extra={"series": [share]},
        )
    )


@check(Kind.CORRECTNESS, "forward", applies=_dropout, weight=0.25)
def test_mask_repeats(probe: Probe, case: Case, rng: np.random.Generator) -> Questions[None]:
    """The same seed gives the same mask, another seed another one."""
    seeds = [int(s) for s in rng.choice(10_000, 2, replace=False)]
    x = np.ones((6, 50))
    cases = [_with(case, x, seed) for seed in (seeds[0], seeds[1], seeds[0])]
    first, other, again = (run.outputs["out"] for run in (yield from probe.values(cases)))
    if not np.array_equal(first, again):
        probe.refuse(probe.spec.forward, "the same seed gives another mask", cases[0])
    if np.array_equal(first, other):
        probe.refuse(probe.spec.forward, "another seed gives the same mask", cases[0])


def _with(case: Case, x: Array, seed: int) -> Case:
    return case.with_args(x=x, dropout_param={"mode": "train", "p": 0.5, "seed": seed})


@check(Kind.CORRECTNESS, "backward", applies=_dropout, weight=0.25)
def test_mask_where_x_is_zero(
    probe: Probe, case: Case, rng: np.random.Generator
) -> Questions[None]:
    """A unit whose input is zero is kept or dropped like any other: the mask is not out / x."""
    if probe.forward_is_wrong:
        raise Inconclusive  # its backward may follow it
    # So many units that masks which are drawn anew are never the same by chance.
    x = np.where(rng.random((8, 6)) < 0.4, 0.0, rng.standard_normal((8, 6)))
    param = {**case.args["dropout_param"], "p": 0.5}
    asked = case.with_args(x=x, dropout_param=param).with_dout(rng.standard_normal(x.shape))
    plain, run = yield from probe.run_many([asked.with_args(x=np.ones(x.shape)), asked])
    kept, out = plain.outputs["out"] != 0.0, run.outputs["out"]
    if kept.shape != x.shape or out.shape != x.shape:
        return  # the forward is told so elsewhere
    if not np.array_equal(kept[x != 0.0], (out != 0.0)[x != 0.0]):
        raise Inconclusive  # a mask that does not repeat, or depends on x
    truth = dropout.vjp(asked.upstream, kept, p_drop=asked.args["dropout_param"]["p"])
    slack = SAFETY * truth.error
    oracle = "mask of the same seed"
    probe.same("dx", run.gradients["x"], truth.value, slack, case=asked, oracle=oracle)


@check(Kind.CORRECTNESS, "both", applies=_dropout, weight=0.5)
def test_identity_in_test_mode(
    probe: Probe, case: Case, rng: np.random.Generator
) -> Questions[None]:
    """In test mode out is x and dx is dout."""
    param = {**case.args["dropout_param"], "mode": "test"}
    asked = case.with_args(dropout_param=param)
    _identity(
        probe, asked, "out", [(yield from probe.value(asked)).outputs["out"], asked.args["x"]]
    )
    run = yield from probe.run(asked)
    assert asked.dout is not None
    _identity(probe, asked, "dx", [run.gradients["x"], asked.dout])


def _identity(probe: Probe, case: Case, argument: str, pair: Sequence[Array]) -> None:
    function = probe.spec.forward if argument == "out" else probe.spec.backward
    slack = 0.0 if pair[0].dtype == np.float64 else 2.0**-22 * np.abs(pair[1])
    got, wanted = pair
    probe.same(
        argument, got, wanted, slack, case=case, oracle="identity in test mode", function=function
    )
