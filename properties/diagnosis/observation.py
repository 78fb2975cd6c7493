"""What an implementation gives on fresh cases, with all that a cause may be recognised by.

Shrinking leaves the smallest wrong example, on which many causes look alike. A cause is therefore
held against cases drawn for the purpose: unequal sizes, ordinary values, some of them with small
variances, ties and a batch of one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np

from reference.bounded import SAFETY, Bounded

from ..judge.compare import same_but_for_ones
from ..judge.mismatch import Fault, Mismatch
from ..judge.subjects.functions import Probe
from ..spec.case import Array, Case, Run
from ..spec.row import LayerSpec, Precision, Purpose
from . import quantities

_DRAWN = 48
_KEPT = 9
_FAMILIES = ("dyadic", "integers", "normal", "uneven", "tiny", "ties")
_STREAM = 7  # seed of the fresh cases


@dataclass(frozen=True, kw_only=True)
class Observation:
    """One case: what came back, what is true, and the quantities of the right computation.

    ``got`` and ``truth`` are keyed as disagreements name them: ``out``, ``dx``,
    ``running_mean``. ``row`` is the layer's; ``when`` the kind of call: its mode, or one example
    against a batch.
    """

    row: str
    case: Case
    when: str
    got: Mapping[str, Array]
    truth: Mapping[str, Bounded]
    quantities: Mapping[str, Any]

    def is_wrong(self, argument: str) -> bool:
        """Whether an argument is off by more than its tolerance, or has another shape."""
        got, truth = self.got.get(argument), self.truth.get(argument)
        if got is None or truth is None:
            return False
        if got.shape != truth.value.shape:
            return True  # an axis of length one too many is gone by now
        with np.errstate(all="ignore"):
            right = (np.abs(got - truth.value) <= SAFETY * truth.error) | (got == truth.value)
        return not bool(np.all(right))


def observe(probe: Probe, purpose: Purpose = Purpose.ORDINARY) -> tuple[Observation, ...]:
    """Run the implementation on the fresh cases of its layer; cases on which it fails are left
    out. The truth of extreme cases is that of stable algorithms."""
    spec = probe.spec
    extreme = purpose is Purpose.EXTREME
    precision = Precision(stable=extreme)
    forward_only = Probe(replace(spec, backward=None, differentiable=()), probe.implementation)
    cases = extreme_cases(spec) if extreme else fresh_cases(spec)
    found: list[Observation] = []
    outcomes = probe.send(_calls(probe, cases))
    step = len(spec.functions)
    notes = dict(probe.notes)
    for i, case in enumerate(cases):
        mine = outcomes[i * step : (i + 1) * step]
        try:
            run = probe.read(case, mine)
        except (Fault, Mismatch):
            try:
                run = forward_only.read(case, mine[:1])
            except (Fault, Mismatch):
                continue
        with np.errstate(all="ignore"):
            found.append(_observation(probe, case, run, precision))
    probe.notes.clear()
    probe.notes.update(notes)
    return tuple(found)


def _calls(probe: Probe, cases: Sequence[Case]) -> list[Any]:
    calls: list[Any] = []
    for case in cases:
        calls += probe.calls(case, start=len(calls))
    return calls


def _observation(probe: Probe, case: Case, run: Run, precision: Precision) -> Observation:
    spec = probe.spec
    got = {**run.outputs, **{f"d{name}": g for name, g in run.gradients.items()}}
    got |= {
        name: np.asarray(value)
        for name, value in run.state.items()
        if name.startswith("running_") and isinstance(value, np.ndarray)
    }
    truth: dict[str, Bounded] = {}
    if spec.reference is not None:
        run = _with_believable_mask(spec, case, run)
        try:
            truth |= probe.truth_of_value(case, run, precision)
            if when_of(case) != "test" or spec.name == "dropout":
                gradients = probe.truth_of_gradients(case, run, precision)
                truth |= {f"d{name}": g for name, g in gradients.items()}
        except (ValueError, ArithmeticError):
            truth = {}
    for name, bounded in truth.items():
        if name in got and same_but_for_ones(got[name].shape, bounded.value.shape):
            got[name] = got[name].reshape(bounded.value.shape)
    return Observation(
        row=spec.name,
        case=case,
        when=when_of(case),
        got=got,
        truth=truth,
        quantities=quantities_of(spec, case, run),
    )


def _with_believable_mask(spec: LayerSpec, case: Case, run: Run) -> Run:
    """Dropout's truth is relative to the units kept; an output that cannot have come from a mask
    with probability 1 - p is held against the opposite mask, or a made-up one."""
    if spec.name != "dropout" or when_of(case) == "test":
        return run
    return replace(run, outputs={"out": _kept(case, run) * case.args["x"]})


def _kept(case: Case, run: Run) -> Array:
    x, p = case.args["x"], float(case.args["dropout_param"]["p"])
    out = run.outputs["out"]
    if p == 0.0 or out.shape != x.shape:
        return np.ones(x.shape, dtype=bool)
    on = np.asarray(out != 0.0)
    if when_of(case) == "test":
        dx = run.gradients.get("x", out)
        if on.all() and dx.shape == x.shape:
            on = np.asarray(dx != 0.0)
        # Nothing is dropped: a mask that explains what has no mask is none.
        return np.asarray(np.random.default_rng(1).random(x.shape) >= p) if on.all() else on
    if on.all():
        with np.errstate(all="ignore"):
            factors = np.round(out / x, 9)
        if len(np.unique(factors)) == 2:  # dropped units are not zero, but have another factor
            return np.asarray(factors == factors.max())
    if on.all() or not on.any():
        return np.asarray(np.random.default_rng(1).random(x.shape) >= p)
    share = float(on.mean())
    return ~on if abs(share - p) < abs(share - (1.0 - p)) else on


def when_of(case: Case) -> str:
    """The kind of call, as ``Misconception.when`` names it."""
    for value in case.args.values():
        if isinstance(value, Mapping) and "mode" in value:
            return str(value["mode"])
    if "W" in case.args:
        return "batch" if case.args["x"].ndim == 2 else "one example"
    return ""


_LAYERS: dict[str, Callable[..., dict[str, Any]]] = {
    "affine": quantities.affine,
    "relu": quantities.relu,
    "batchnorm": quantities.batchnorm,
    "affine_relu": quantities.affine_relu,
    "affine_batchnorm_relu": quantities.affine_batchnorm_relu,
}
_LOSSES: dict[str, Callable[..., dict[str, Any]]] = {
    "svm": quantities.svm,
    "softmax": quantities.softmax,
    "autoencoder": quantities.autoencoder,
    "gplvm": quantities.gplvm,
    "log_determinant_term": quantities.gplvm,
    "trace_term": quantities.gplvm,
}


def quantities_of(spec: LayerSpec, case: Case, run: Run) -> dict[str, Any]:
    """The quantities of a case; empty for a layer that the catalogue does not know."""
    with np.errstate(all="ignore"):
        if spec.name == "dropout":
            p = float(case.args["dropout_param"]["p"])
            return quantities.dropout(case.args["x"], p, _kept(case, run), case.dout)
        if spec.name in _LAYERS:
            return _LAYERS[spec.name](**case.args, dout=case.dout)
        if spec.name in _LOSSES:
            return _LOSSES[spec.name](**case.args)
    return {}


@cache
def fresh_cases(spec: LayerSpec) -> tuple[Case, ...]:
    """Cases of a layer that tell causes apart; the same ones every time."""
    from ..judge.drawing import sample_cases

    drawn = sample_cases(spec, Purpose.ORDINARY, _DRAWN, number=_STREAM)
    cases = [case for case in drawn if case.family in _FAMILIES] or drawn
    cases.sort(key=lambda case: -_telling(case))
    chosen: list[Case] = []
    for case in cases:
        alike = sum(when_of(case) == when_of(other) for other in chosen)
        if alike < _KEPT:
            chosen.append(case)
    chosen += cases[-2:]  # a batch of one, or a side of one
    ones = [case for case in cases[:-2] if _is_one_example(case)]
    chosen += [case for case in ones if not any(case is other for other in chosen)][:2]
    return tuple(_wider(spec, case, i) for i, case in enumerate(chosen)) + _tests(spec, chosen)


@cache
def extreme_cases(spec: LayerSpec) -> tuple[Case, ...]:
    """Finite values of any magnitude, with more than one example."""
    from ..judge.drawing import sample_cases

    drawn = sample_cases(spec, Purpose.EXTREME, _DRAWN // 2, number=_STREAM)
    return tuple(case for case in drawn if _telling(case) >= 2)


def _is_one_example(case: Case) -> bool:
    """A batch of one: what such a case shows is best seen twice."""
    arrays = [v for v in case.args.values() if isinstance(v, np.ndarray)]
    return "W" not in case.args and bool(arrays and arrays[0].ndim and arrays[0].shape[0] == 1)


def _telling(case: Case) -> float:
    """More is better: several examples, sides that are unequal and longer than one."""
    arrays = [v for v in case.args.values() if isinstance(v, np.ndarray) and v.dtype.kind == "f"]
    sides = {side for array in arrays for side in array.shape}
    batch = arrays[0].shape[0] if arrays[0].ndim else 1
    ordinary = 0.5 if case.family in ("dyadic", "normal", "tiny") else 0.0
    return min(len(sides - {1}), 4) + 2.0 * (batch > 2) + ordinary - (1 in sides)


def _wider(spec: LayerSpec, case: Case, number: int) -> Case:
    """Dropout's masks are recognised on many units only."""
    if spec.name != "dropout":
        return case
    rng = np.random.Generator(np.random.SFC64(number))
    shape = ((9, 20), (14, 11), (6, 5, 7), (12, 16))[number % 4]
    x = rng.standard_normal(shape) + np.copysign(0.1, rng.standard_normal(shape))
    param = {**case.args["dropout_param"], "p": (0.25, 0.3, 0.75, 0.875, 0.6)[number % 5]}
    args = {"x": x, "dropout_param": param}
    return replace(case, args=args, dout=rng.standard_normal(shape))


def _tests(spec: LayerSpec, cases: Sequence[Case]) -> tuple[Case, ...]:
    """The same in test mode, with running statistics of their own."""
    if spec.name == "dropout":
        modes = [case.args["dropout_param"] for case in cases[:3]]
        return tuple(
            _wider(spec, case, i).with_args(
                dropout_param={**param, "mode": "test", "p": (0.3, 0.6, 0.25)[i]}
            )
            for i, (case, param) in enumerate(zip(cases, modes, strict=False))
        )
    if "batchnorm" not in spec.name:
        return ()
    made: list[Case] = []
    for i, case in enumerate(cases[:6]):
        rng = np.random.Generator(np.random.SFC64(100 + i))
        d = case.args["gamma"].shape[0]
        param = {
            **case.args["bn_param"],
            "mode": "test",
            "running_mean": rng.standard_normal(d),
            "running_var": rng.uniform(0.01, 2.0, d),
            "eps": (1e-2, 1e-3, 1e-5)[i % 3],
        }
        made.append(case.with_args(bn_param=param))
    return tuple(made)
