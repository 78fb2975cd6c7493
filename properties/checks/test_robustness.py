"""Right at ordinary inputs is not enough for a library: dtype, purity, layout, extremes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from reference.precision import FLOAT32

from ..implementation import Laid
from ..judge.asking import Questions
from ..judge.mismatch import Inconclusive, Kind
from ..judge.property import check, has_reference
from ..judge.subjects.functions import Probe
from ..spec.case import Array, Case
from ..spec.row import LayerSpec, Precision, Purpose


@check(Kind.ROBUSTNESS, "both", applies=has_reference, weight=0.5)
def test_float32(probe: Probe, case: Case, rng: np.random.Generator) -> Questions[None]:
    """float32 is answered in float32, with float32's accuracy."""
    if probe.forward_is_wrong:
        raise Inconclusive
    short = case.map_arrays(lambda _, array: array.astype(np.float32))
    exact = short.map_arrays(lambda _, array: array.astype(np.float64))
    with np.errstate(all="ignore"):
        run = yield from probe.run(short)
    answers = {
        probe.spec.forward: (run.outputs, probe.truth_of_value(exact, run, FLOAT32), ""),
        probe.spec.judge_of_gradients: (
            run.gradients,
            probe.truth_of_gradients(exact, run, FLOAT32),
            "d",
        ),
    }
    for function, (got, truth, prefix) in answers.items():
        for name, array in got.items():
            if array.ndim and array.dtype != np.float32:
                probe.refuse(function, f"answers float32 in {array.dtype}", short)
            got64 = {name: array.astype(np.float64)}
            wrong = probe.find(short, got64, {name: truth[name]}, prefix=prefix)
            if wrong is not None:
                probe.fail(
                    function, f"{prefix}{name}", wrong[1], oracle="reference in float32", case=short
                )


@check(Kind.ROBUSTNESS, "both", weight=0.25)
def test_arguments_unchanged(probe: Probe, case: Case, rng: np.random.Generator) -> Questions[None]:
    """No argument, upstream derivative or cache is changed."""
    outcomes = yield from probe.ask(probe.calls(case, observe=True))
    probe.read(case, outcomes)
    names = [list(case.args), ["dout", "cache"]]
    habits: list[tuple[str, str]] = []
    for function, outcome, own in zip(probe.spec.functions, outcomes, names, strict=False):
        for place in outcome.changed:
            name = own[place] if isinstance(place, int) else str(place)
            habits.append((function, f"changes {name}"))
        if outcome.cache_changed:
            habits.append((function, "changes its cache"))
    probe.refuse_all(habits, case)


@check(Kind.ROBUSTNESS, "both", weight=0.1)
def test_global_random_state(probe: Probe, case: Case, rng: np.random.Generator) -> Questions[None]:
    """The global random state is left alone."""
    outcomes = yield from probe.ask(probe.calls(case, observe=True))
    habits = [
        (function, "touches the global random state")
        for function, outcome in zip(probe.spec.functions, outcomes, strict=True)
        if outcome.rng_touched
    ]
    probe.refuse_all(habits, case)


@check(Kind.ROBUSTNESS, "both", weight=0.1)
def test_silent(probe: Probe, case: Case, rng: np.random.Generator) -> Questions[None]:
    """Nothing is printed."""
    outcomes = yield from probe.ask(probe.calls(case))
    habits = [
        (function, f"prints {outcome.printed.strip()[:40]!r}")
        for function, outcome in zip(probe.spec.functions, outcomes, strict=True)
        if outcome.printed
    ]
    probe.refuse_all(habits, case)


def _fortran(array: Array) -> Array:
    return np.asfortranarray(array)


def _reversed(array: Array) -> Array:
    return np.flip(np.flip(array).copy())


def _sliced(array: Array) -> Array:
    wide = np.zeros((*array.shape[:-1], 2 * array.shape[-1]) if array.ndim else (), array.dtype)
    if not array.ndim:
        return array
    wide[..., ::2] = array
    return wide[..., ::2]


def _read_only(array: Array) -> Array:
    array = array.copy()
    array.flags.writeable = False
    return array


def _keep_layout(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return Laid(value)
    if isinstance(value, dict):
        return {key: _keep_layout(item) for key, item in value.items()}
    return value


_LAYOUTS: dict[str, Callable[[Array], Array]] = {
    "Fortran order": _fortran,
    "negative strides": _reversed,
    "a slice of a larger array": _sliced,
    "a read-only array": _read_only,
}


@check(Kind.ROBUSTNESS, "both", applies=has_reference, weight=0.5, convicts=True)
def test_memory_layout(probe: Probe, case: Case, rng: np.random.Generator) -> Questions[None]:
    """Fortran order, negative strides, slices and read-only arrays change nothing.

    Refusing one of them is a matter of robustness; a wrong value is a wrong value.
    """
    name, lay = list(_LAYOUTS.items())[int(rng.integers(len(_LAYOUTS)))]
    laid = case.map_arrays(lambda _, array: lay(array))
    calls = [replace(call, args=tuple(map(_keep_layout, call.args))) for call in probe.calls(laid)]
    outcomes = yield from probe.ask(calls)
    for function, outcome in zip(probe.spec.functions, outcomes, strict=True):
        if outcome.status == "raised":
            probe.refuse(function, f"fails on {name}: {outcome.message}", laid)
    run = probe.read(laid, outcomes)
    wrong = probe.wrong_value(laid, run)
    if wrong is not None:
        probe.fail(
            probe.spec.forward,
            *wrong,
            oracle=f"reference, {name}",
            case=laid,
            kind=Kind.CORRECTNESS,
        )
    wrong = None if probe.forward_is_wrong else probe.wrong_gradient(laid, run)
    if wrong is not None:
        probe.fail(
            probe.spec.judge_of_gradients,
            f"d{wrong[0]}",
            wrong[1],
            oracle=f"reference, {name}",
            case=laid,
            kind=Kind.CORRECTNESS,
        )


@check(Kind.ROBUSTNESS, "both", purpose=Purpose.EXTREME, applies=has_reference, weight=0.5)
def test_extreme_values(probe: Probe, case: Case, rng: np.random.Generator) -> Questions[None]:
    """Finite inputs of any size give the right finite outputs, without warnings."""
    if probe.forward_is_wrong:
        raise Inconclusive
    careful = Precision(stable=True)
    outcomes = yield from probe.ask(probe.calls(case))
    run = probe.read(case, outcomes)
    got = {**run.state, **run.outputs}
    truth = probe.truth_of_value(case, run, careful)
    wrong = probe.find(case, got, truth)
    if wrong is not None:
        probe.fail(probe.spec.forward, *wrong, oracle="reference, stable", case=case)
    truth = probe.truth_of_gradients(case, run, careful)
    wrong = probe.find(case, run.gradients, truth, prefix="d")
    if wrong is not None:
        function = probe.spec.judge_of_gradients
        probe.fail(function, f"d{wrong[0]}", wrong[1], oracle="reference, stable", case=case)
    for function, outcome in zip(probe.spec.functions, outcomes, strict=True):
        if outcome.warnings:
            probe.refuse(function, f"warns: {outcome.warnings[0][:60]}", case)


@check(Kind.ROBUSTNESS, "both", purpose=Purpose.EMPTY, weight=0.1)
def test_empty_batch(probe: Probe, case: Case, rng: np.random.Generator) -> Questions[None]:
    """A batch of no examples works and leaves running statistics, or a ValueError says why not."""
    outcomes = yield from probe.ask(probe.calls(case))
    for function, outcome in zip(probe.spec.functions, outcomes, strict=True):
        if outcome.status in ("ok", "unavailable"):
            continue
        if outcome.exception_type == "ValueError" and "empty" in outcome.message.lower():
            return
        probe.refuse(function, f"fails on an empty batch: {outcome.message}", case)
    run = probe.read(case, outcomes)
    for name, gradient in run.gradients.items():
        wanted = np.asarray(case.args[name]).shape
        if gradient.size != np.prod(wanted, dtype=int) or not np.isfinite(gradient).all():
            text = f"d{name} of an empty batch has shape {gradient.shape}, wanted finite {wanted}"
            probe.refuse(probe.spec.judge_of_gradients, text, case)
    if not np.isfinite(run.outputs[probe.spec.value]).all():
        probe.refuse(probe.spec.forward, "is not finite on an empty batch", case)
    for name, before in _running_statistics(case).items():
        after = np.asarray(run.state.get(name, before), dtype=np.float64)
        if after.size != before.size or not np.array_equal(after.reshape(-1), before):
            probe.refuse(probe.spec.forward, f"changes {name} on an empty batch", case)
    for function, outcome in zip(probe.spec.functions, outcomes, strict=True):
        if outcome.warnings:
            what = outcome.warnings[0][:60]
            probe.refuse(function, f"warns on an empty batch: {what}", case)


def _running_statistics(case: Case) -> dict[str, Array]:
    param = case.args.get("bn_param", {})
    return {name: param[name] for name in ("running_mean", "running_var") if name in param}


def _has_labels_or_matrices(spec: LayerSpec) -> bool:
    return spec.name in _BAD


_BAD: dict[str, Callable[[Case], dict[str, Case]]] = {
    "affine": lambda case: {
        "w with too many rows": case.with_args(w=np.ones((len(case.args["w"]) + 1, 2))),
    },
    "batchnorm": lambda case: {
        "gamma of another length": case.with_args(gamma=np.ones(case.args["x"].shape[1] + 2)),
    },
    "dropout": lambda case: {
        "p = 1.5": case.with_args(dropout_param={**case.args["dropout_param"], "p": 1.5}),
    },
    "softmax": lambda case: {"a label out of range": _label(case, case.args["x"].shape[1])},
    "svm": lambda case: {"a label out of range": _label(case, case.args["x"].shape[1])},
}


def _label(case: Case, label: int) -> Case:
    y = case.args["y"].copy()
    y[0] = label
    return case.with_args(y=y)


@check(Kind.ROBUSTNESS, "forward", applies=_has_labels_or_matrices, weight=0.1)
def test_bad_input(probe: Probe, case: Case, rng: np.random.Generator) -> Questions[None]:
    """Input that does not fit is refused, not computed with."""
    for what, bad in _BAD[probe.spec.name](case).items():
        outcome = (yield from probe.ask([probe.forward_call(bad)]))[0]
        if outcome.status == "ok":
            probe.refuse(probe.spec.forward, f"accepts {what}", bad)
