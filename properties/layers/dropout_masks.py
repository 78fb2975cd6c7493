"""Which units a run of a dropout layer kept, and what many masks show of it for the diagnosis."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from ..spec.case import Array, Case, Run
from ..spec.hints import Hints, Sign
from ..spec.observation import Observation


def kept_units(case: Case, run: Run | None) -> Array:
    """Which units a run kept: those whose output is not zero."""
    x = case.args["x"]
    if case.args["dropout_param"]["mode"] == "test":
        return np.ones(x.shape, dtype=bool)
    if run is None:
        raise ValueError("which units were kept is known after a run only: give the run")
    out = run.outputs["out"]
    return (out != 0.0) if out.shape == x.shape else np.ones(x.shape, dtype=bool)


def kept_on_the_way_back(case: Case, run: Run | None) -> Array:
    """The same, where the forward may zero negative inputs that it keeps.

    Where no negative input came through, the forward does not tell which of them it kept; dx does.
    """
    kept, x = kept_units(case, run), case.args["x"]
    dx = run.gradients.get("x") if run is not None else None
    if kept[x < 0.0].any() or dx is None or dx.shape != x.shape:
        return kept
    return np.asarray(np.where(x < 0.0, dx != 0.0, kept))


def _observed(cases: Sequence[Case]) -> list[Case]:
    """Cases of many units, on which masks are recognised, and some in test mode."""
    trained = [_wider(case, i) for i, case in enumerate(cases)]
    tested = []
    for p, case in zip((0.3, 0.6, 0.25), trained, strict=False):
        param = {**case.args["dropout_param"], "mode": "test", "p": p}
        tested.append(case.with_args(dropout_param=param))
    return [*trained, *tested]


def _wider(case: Case, number: int) -> Case:
    rng = np.random.Generator(np.random.SFC64(number))
    shape = ((9, 20), (14, 11), (6, 5, 7), (12, 16))[number % 4]
    x = rng.standard_normal(shape) + np.copysign(0.1, rng.standard_normal(shape))
    param = {**case.args["dropout_param"], "p": (0.25, 0.3, 0.75, 0.875, 0.6)[number % 5]}
    args = {"x": x, "dropout_param": param}
    return replace(case, args=args, dout=rng.standard_normal(shape))


def _believed(case: Case, run: Run) -> Run:
    """The truth is relative to the units kept; an output that cannot have come from a mask with
    probability 1 - p is held against the opposite mask, or a made-up one."""
    if case.args["dropout_param"]["mode"] == "test":
        return run
    return replace(run, outputs={"out": _kept(case, run) * case.args["x"]})


def _kept(case: Case, run: Run) -> Array:
    x, p = case.args["x"], float(case.args["dropout_param"]["p"])
    out = run.outputs["out"]
    if p == 0.0 or out.shape != x.shape:
        return np.ones(x.shape, dtype=bool)
    on = np.asarray(out != 0.0)
    made_up = np.asarray(np.random.default_rng(1).random(x.shape) >= p)
    if case.args["dropout_param"]["mode"] == "test":
        dx = run.gradients.get("x", out)
        if on.all() and dx.shape == x.shape:
            on = np.asarray(dx != 0.0)
        # Nothing is dropped: a mask that explains what has no mask is none.
        return made_up if on.all() else on
    if on.all():
        with np.errstate(all="ignore"):
            factors = np.round(out / x, 9)
        if len(np.unique(factors)) == 2:  # dropped units are not zero, but have another factor
            return np.asarray(factors == factors.max())
    if on.all() or not on.any():
        return made_up
    share = float(on.mean())
    return ~on if abs(share - p) < abs(share - (1.0 - p)) else on


def _drawn(case: Case, run: Run) -> dict[str, Array]:
    """What a run shows of the draws: a unit is kept where uniform > p; other_kept is another
    draw."""
    x, p = case.args["x"], float(case.args["dropout_param"]["p"])
    kept = _kept(case, run)
    rng = np.random.default_rng(2)
    u = rng.random(x.shape)
    uniform = np.where(kept, p + (1 - p) * u, p * u)
    return {"kept": kept, "uniform": uniform, "other_kept": rng.random(x.shape) >= p}


def _signs(seen: Sequence[Observation], argument: str) -> Iterator[Sign]:
    """What a mask looks like on many units."""
    trained = [o for o in seen if o.when == "train" and argument in o.got]
    same = [o for o in trained if o.got[argument].shape == o.case.args["x"].shape]
    if len(same) < 2 or len(same) < len(trained):
        return
    mixed = [o for o in same if 0.0 < float(_mask(o).mean()) < 1.0]
    if argument == "out" and len(mixed) < 2:
        return
    if argument == "out" and _from_normal_draws(same):
        yield Sign(
            misconception="normal draws",
            sentence="The mask compares normal draws with p: draw from the uniform distribution "
            "(rand, not randn), so that the share dropped is p.",
            evidence=f"the share kept is that of normal draws on {len(same)} masks",
            confidence=0.9,
        )
    shown = _OUT if argument == "out" else _DX if argument == "dx" else {}
    for name, recognises in shown.items():
        if all(recognises(o) for o in same):
            yield Sign(misconception=name, evidence=f"seen on {len(same)} masks", confidence=0.95)


def _from_normal_draws(seen: Sequence[Observation]) -> bool:
    """Whether the shares kept are those of ``randn > p``, and neither 1 - p nor p."""
    ps = np.array([float(o.case.args["dropout_param"]["p"]) for o in seen])
    shares = np.array([float(_mask(o).mean()) for o in seen])
    sizes = np.array([o.got["out"].size for o in seen])

    def misfit(expected: Array) -> float:
        """Mean square of the deviations in standard deviations: about one for the right share."""
        return float(np.mean((shares - expected) ** 2 * sizes / (expected * (1.0 - expected))))

    normal = np.array([0.5 * math.erfc(p / math.sqrt(2.0)) for p in ps])
    return misfit(normal) < 3.0 and min(misfit(1.0 - ps), misfit(ps)) > 9.0


def _mask(o: Observation) -> Array:
    return np.asarray(o.got["out"] != 0.0)


def _one_for_all(o: Observation) -> bool:
    mask = _mask(o)
    return bool((mask == mask[:1]).all())


def _whole_examples(o: Observation) -> bool:
    mask = _mask(o)
    return bool((mask == mask[:, :1]).all())


def _factors(o: Observation, got: str, of: Array) -> Array:
    with np.errstate(all="ignore"):
        return np.asarray(np.where(of == 0.0, 0.0, o.got[got] / of))


def _draws(o: Observation) -> bool:
    factors = _factors(o, "out", o.case.args["x"])
    on = factors[factors != 0.0]
    return on.size > 3 and len(np.unique(np.round(on, 9))) > on.size // 2 and bool(on.max() <= 1.0)


def _drawn_again(o: Observation) -> bool:
    factors = _factors(o, "dx", o.case.upstream)
    scale = 1.0 / (1.0 - float(o.case.args["dropout_param"]["p"]))
    values = (np.abs(factors) < 1e-9) | (np.abs(factors - scale) < 1e-9 * scale)
    agree = float(((factors != 0.0) == o.quantities["kept"]).mean())
    return bool(values.all()) and 0.05 < agree < 0.95


_OUT: Mapping[str, Callable[[Observation], bool]] = {
    "one mask for all examples": _one_for_all,
    "whole examples dropped": _whole_examples,
    "draws for a mask": _draws,
}
_DX: Mapping[str, Callable[[Observation], bool]] = {"mask drawn again": _drawn_again}


def _signs_of(case: Case, oracle: str, got: Array, wanted: Array) -> Iterator[Sign]:
    """Wrong at the zeros of x alone, where the oracle knows the mask from another x."""
    x = case.args["x"]
    if oracle != "mask of the same seed" or got.shape != x.shape or wanted.shape != x.shape:
        return
    wrong = np.abs(got - wanted) > 1e-9 * (1.0 + np.abs(wanted))
    if wrong.any() and not wrong[x != 0.0].any():
        evidence = "dx is wrong where x is zero, and only there"
        yield Sign(misconception="mask from out/x", evidence=evidence, confidence=0.9)


HINTS = Hints(
    factors=("p", "1 - p"),
    cases=_observed,
    without_gradients=(),
    drawn=_drawn,
    believed=_believed,
    signs=_signs,
    signs_of=_signs_of,
)
