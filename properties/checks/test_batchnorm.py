"""What batch normalisation alone obeys."""

from __future__ import annotations

from typing import Any

import numpy as np

from reference.bounded import SAFETY, Bounded

from ..judge.asking import Questions
from ..judge.compare import Difference
from ..judge.mismatch import Kind
from ..judge.property import check
from ..judge.subjects.functions import Probe
from ..layers.normalising import options
from ..spec.case import Case, Run
from ..spec.row import Bounds, LayerSpec

_STATISTICS = ("running_mean", "running_var")


def _keeps_statistics(spec: LayerSpec) -> bool:
    parts = spec.parts or (spec,)  # to ask the whole would put its text together
    return any(part.ways and part.ways.state.keys() == set(_STATISTICS) for part in parts)


def _normalises(spec: LayerSpec) -> bool:
    return not spec.parts and _keeps_statistics(spec)


def _rows(a: np.ndarray) -> np.ndarray:
    """A row for each example, or for each pixel of each: (N, D), or (N H W, C)."""
    return np.moveaxis(a, 1, -1).reshape(-1, a.shape[1])


@check(Kind.CORRECTNESS, "both", applies=_normalises, weight=0.5)
def test_normalised_columns(probe: Probe, case: Case, rng: np.random.Generator) -> Questions[None]:
    """Columns have mean beta and variance gamma² var/(var + eps); those of dx sum to zero.

    Of images the channels are the columns.
    """
    run = yield from probe.run(case)
    out, dx = run.outputs["out"], run.gradients["x"]
    x, gamma, beta = (case.args[name] for name in ("x", "gamma", "beta"))
    if out.shape != x.shape or dx.shape != x.shape:
        return  # the properties of shapes speak of it
    x, out, dx = _rows(x), _rows(out), _rows(dx)
    error = _rows(probe.truth_of_value(case, run)["out"].error)
    slack = SAFETY * (error.sum(axis=0) + x.shape[0] * 2.0**-50 * np.abs(out).max(axis=0))
    probe.same(
        "out",
        (out - beta).sum(axis=0),
        np.zeros(len(beta)),
        slack,
        case=case,
        oracle="mean of a normalised column",
        function=probe.spec.forward,
    )
    eps = options(case)["eps"]
    var = x.var(axis=0)
    energy = ((out - beta) ** 2).mean(axis=0)
    size = np.abs(out - beta).max(axis=0) + SAFETY * error.max(axis=0)
    loose = 8.0 * (2.0 * size * error.max(axis=0) + 2.0**-46 * (size**2 + beta**2))
    wobble = 2.0**-46 * (x**2).mean(axis=0) / (var + eps) * (1.0 + gamma**2)
    probe.same(
        "out",
        energy,
        gamma**2 * var / (var + eps),
        loose + 8.0 * wobble,
        case=case,
        oracle="variance of a normalised column",
        function=probe.spec.forward,
    )
    if probe.forward_is_wrong:
        return  # its backward may follow it
    probe.same(
        "dx",
        dx.sum(axis=0),
        np.zeros(len(beta)),
        _rows(probe.slack(case, run, "x")).sum(axis=0) + 2.0**-46 * np.abs(dx).sum(axis=0),
        case=case,
        oracle="shifting a column changes nothing",
    )


@check(Kind.CORRECTNESS, "forward", applies=_keeps_statistics, weight=0.5)
def test_running_statistics(probe: Probe, case: Case, rng: np.random.Generator) -> Questions[None]:
    """Over any sequence of train and test calls on one dict the statistics follow their recurrence.

    Test mode uses them, does not change them, and does not look at the batch.
    """
    param: dict[str, Any] = dict(case.args["bn_param"])
    seen: list[tuple[Run, Bounds]] = []
    modes = ["train", *rng.choice(["train", "test"], int(rng.integers(1, 4))), "test"]
    for step, mode in enumerate(modes):
        x = case.args["x"] if step == 0 else _other_batch(case.args["x"], rng)
        param = {**param, "mode": str(mode)}
        now = case.with_args(x=x, bn_param=param)
        run = yield from probe.value(now)
        where = f"call {step + 1} of {' → '.join(map(str, modes))}"
        truth = dict(probe.truth_of_value(now, run))
        if mode == "test":
            truth |= {name: _written_back(param[name]) for name in _STATISTICS if name in param}
        seen.append((run, truth))
        wrong = probe.find(now, {**run.state, **run.outputs}, truth)
        if wrong is not None:
            name, difference = wrong
            probe.fail(
                probe.spec.forward,
                name,
                difference,
                oracle=f"reference, {where}",
                case=now,
                extra={"series": _so_far(seen, name, difference)},
            )
        for name in _STATISTICS if mode == "test" else ():
            if name in param and not np.array_equal(_flat(run.state[name]), _flat(param[name])):
                probe.note(Kind.ROBUSTNESS, f"test mode changes the last bits of {name}")
        param = {**param, **{k: _flat(v) for k, v in run.state.items() if k.startswith("running")}}


def _written_back(statistic: Any) -> Bounded:
    """What test mode may leave of a statistic r: m r + (1 - m) r is r, in four roundings."""
    value = np.asarray(statistic, dtype=np.float64)
    return Bounded(value, np.abs(value) * 2.0**-51)


def _so_far(seen: list[tuple[Run, Bounds]], name: str, wrong: Difference) -> list[dict[str, Any]]:
    """The statistic that is wrong, call by call; none where another output is."""
    if not name.startswith("running") or wrong.index is None:
        return []
    column = wrong.index[-1]
    lines: dict[str, list[float]] = {"got": [], "wanted": []}
    for run, truth in seen:
        if name in run.state and name in truth:
            lines["got"].append(float(_flat(run.state[name])[column]))
            lines["wanted"].append(float(truth[name].value[column]))
    return [{"name": f"{name}[{column}]", "over": "call", "lines": lines}]


def _other_batch(x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return np.asarray(np.roll(x, int(rng.integers(1, 9))) * 0.5 + rng.integers(-2, 3) / 4.0)


def _flat(value: Any) -> np.ndarray:
    return np.asarray(value, dtype=np.float64).reshape(-1)


@check(Kind.ROBUSTNESS, "forward", applies=_keeps_statistics, weight=0.1)
def test_unknown_mode(probe: Probe, case: Case, rng: np.random.Generator) -> Questions[None]:
    """A mode that is neither train nor test is a ValueError."""
    other = case.with_args(bn_param={**case.args["bn_param"], "mode": "training"})
    [outcome] = yield from probe.ask([probe.forward_call(other)])
    if outcome.status == "ok" or outcome.exception_type != "ValueError":
        what = "returns a result" if outcome.status == "ok" else f"raises {outcome.exception_type}"
        probe.refuse(probe.spec.forward, f"{what} for mode 'training', wanted ValueError", case)
