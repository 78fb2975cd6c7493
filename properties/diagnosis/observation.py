"""What an implementation gives on fresh cases, with all that a cause may be recognised by.

Shrinking leaves the smallest wrong example, on which many causes look alike. A cause is therefore
held against cases drawn for the purpose: unequal sizes, ordinary values, some of them with small
variances, ties and a batch of one. They are run once, while the code is judged; what is told of
them later runs nothing.
"""

from __future__ import annotations

import contextlib
import textwrap
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np

from reference.bounded import Bounded

from ..judge.compare import same_but_for_ones
from ..judge.drawing import sample_cases
from ..judge.mismatch import Fault, Mismatch
from ..judge.subject import Subject, prepare
from ..judge.subjects.functions import Probe
from ..spec.case import Array, Case, Run
from ..spec.demands import Demands
from ..spec.observation import Observation, Observations
from ..spec.row import LayerSpec, ObjectSpec, Precision, Purpose, Reading
from ..spec.ways import Quantities, Ways
from .assembled import assembled
from .conditions import examples

_DRAWN = 48
_KEPT = 9
_FAMILIES = ("dyadic", "integers", "normal", "uneven", "tiny", "ties")
_ROUNDING = 1e-10  # of the largest entry
_STREAM = 7  # seed of the fresh cases
_NOTHING = Ways(arguments="", texts={})


def observe(probe: Probe) -> Observations:
    """Run the implementation on the fresh cases of its row, for a cause to be found later.

    To be called where the row was judged, once it failed; `Finder` tells the cause of what comes
    back. Plain values, which can be pickled.
    """
    if isinstance(probe.spec, ObjectSpec):
        account = probe.spec.account
        return Observations(runs=tuple(account.observe(probe)) if account is not None else ())
    functions = probe.implementation.functions
    source = {
        name: textwrap.dedent(getattr(functions.get(name), "source", "") or "")
        for name in probe.spec.functions
    }
    ordinary, raised = _observe(probe, Purpose.ORDINARY)
    return Observations(
        ordinary=ordinary,
        raised=raised,
        extreme=observe_cases(probe, Purpose.EXTREME),
        source=source,
        reading=probe.reading.name if probe.reading is not None else "",
    )


def observe_all(subject: Subject) -> dict[str, Observations]:
    """``observe`` a row and its parts; a part that gives no result is left out."""
    if subject.probe is None:
        return {}
    implementation = subject.probe.implementation
    parts = [prepare(part, implementation, Demands(profile="quick")) for part in subject.row.parts]
    found = {}
    for one in (subject, *(part for part in parts if not part.faults)):
        with contextlib.suppress(Fault, Mismatch):
            found[one.row.name] = observe(one.probe)
    return found


def observe_cases(probe: Probe, purpose: Purpose = Purpose.ORDINARY) -> tuple[Observation, ...]:
    """Run the fresh cases of a purpose; cases on which the implementation fails are left out. The
    truth of extreme cases is that of stable algorithms."""
    return _observe(probe, purpose)[0]


def _observe(
    probe: Probe, purpose: Purpose
) -> tuple[tuple[Observation, ...], tuple[tuple[str, Case], ...]]:
    """What the cases gave; and those on which a function raised, with its name."""
    spec = probe.spec
    extreme = purpose is Purpose.EXTREME
    precision = Precision(stable=extreme)
    forward_only = Probe(replace(spec, backward=None, differentiable=()), probe.implementation)
    cases = extreme_cases(spec) if extreme else fresh_cases(spec)
    found: list[Observation] = []
    raised: list[tuple[str, Case]] = []
    outcomes = probe.send(_calls(probe, cases))
    parts = assembled(probe, cases)
    step = len(spec.functions)
    notes = dict(probe.notes)
    for i, case in enumerate(cases):
        mine = outcomes[i * step : (i + 1) * step]
        try:
            run = probe.read(case, mine)
        except (Fault, Mismatch) as fault:
            if isinstance(fault, Fault) and fault.status == "raised":
                raised.append((fault.function, case))
            try:
                run = forward_only.read(case, mine[:1])
            except (Fault, Mismatch):
                continue
        with np.errstate(all="ignore"):
            found.append(_observation(probe, case, run, precision, parts[i]))
    probe.notes.clear()
    probe.notes.update(notes)
    return tuple(found), tuple(raised)


def _calls(probe: Probe, cases: Sequence[Case]) -> list[Any]:
    calls: list[Any] = []
    for case in cases:
        calls += probe.calls(case, start=len(calls))
    return calls


def _observation(
    probe: Probe, case: Case, run: Run, precision: Precision, parts: dict[str, Array]
) -> Observation:
    spec = probe.spec
    got = {**run.outputs, **{f"d{name}": g for name, g in run.gradients.items()}}
    run = spec.hints.believed(case, run)
    quantities = quantities_of(spec, case, run, probe.reading)
    if spec.reference is not None:
        truth = _truth(probe, case, run, precision)
    else:
        truth = _truth_of_ways(spec, quantities)
    got |= {
        name: np.asarray(run.state[name]) for name in truth.keys() & run.state.keys() - got.keys()
    }
    for name, bounded in truth.items():
        if name in got and same_but_for_ones(got[name].shape, bounded.value.shape):
            got[name] = got[name].reshape(bounded.value.shape)
    return Observation(
        row=spec.name,
        case=case,
        when=spec.kind_of(case),
        got=got,
        truth=truth,
        quantities=quantities,
        assembled=parts,
    )


def _truth(probe: Probe, case: Case, run: Run, precision: Precision) -> dict[str, Bounded]:
    """What the reference says; nothing where it has no answer."""
    spec = probe.spec
    try:
        truth = dict(probe.truth_of_value(case, run, precision))
        if spec.kind_of(case) not in spec.hints.without_gradients:
            gradients = probe.truth_of_gradients(case, run, precision)
            truth |= {f"d{name}": g for name, g in gradients.items()}
    except (ValueError, ArithmeticError):
        return {}
    return truth


def _truth_of_ways(spec: LayerSpec, quantities: Quantities) -> dict[str, Bounded]:
    """Where nobody wrote a reference, what the right computation gives, with room for rounding: it
    convicts nobody, but tells what a wrong value has to do with the right one."""
    truth: dict[str, Bounded] = {}
    if spec.ways is None:
        return truth
    for name in (*spec.outputs, *spec.ways.state, *(f"d{name}" for name in spec.differentiable)):
        with contextlib.suppress(Exception):  # a case that has not all of it
            value = np.asarray(quantities[spec.ways.line_of(name)], dtype=np.float64)
            size = float(np.max(np.abs(value), initial=0.0))
            truth[name] = Bounded(value, np.full(value.shape, _ROUNDING * size))
    return truth


def quantities_of(
    spec: LayerSpec, case: Case, run: Run, reading: Reading | None = None
) -> Quantities:
    """The quantities of a case; its arguments alone for a layer without ways."""
    with np.errstate(all="ignore"):
        known = dict(reading.known(case)) if reading is not None else {}
        if spec.hints.drawn is not None:
            known |= spec.hints.drawn(case, run)
        return Quantities(spec.ways or _NOTHING, case.args, case.upstreams, known)


@cache
def fresh_cases(spec: LayerSpec) -> tuple[Case, ...]:
    """Cases of a layer that tell causes apart; the same ones every time."""

    drawn = sample_cases(spec, Purpose.ORDINARY, _DRAWN, number=_STREAM)
    cases = [case for case in drawn if case.family in _FAMILIES] or drawn
    cases.sort(key=lambda case: -_telling(case))
    chosen: list[Case] = []
    for case in cases:
        alike = sum(spec.kind_of(case) == spec.kind_of(other) for other in chosen)
        if alike < _KEPT:
            chosen.append(case)
    chosen += cases[-2:]  # a batch of one, or a side of one
    ones = [case for case in cases[:-2] if examples(spec, case) == 1]
    chosen += [case for case in ones if not any(case is other for other in chosen)][:2]
    return tuple(spec.hints.cases(chosen))


@cache
def extreme_cases(spec: LayerSpec) -> tuple[Case, ...]:
    """Finite values of any magnitude, with more than one example."""

    drawn = sample_cases(spec, Purpose.EXTREME, _DRAWN // 2, number=_STREAM)
    return tuple(case for case in drawn if _telling(case) >= 2)


def _telling(case: Case) -> float:
    """More is better: several examples, sides that are unequal and longer than one."""
    arrays = [v for v in case.args.values() if isinstance(v, np.ndarray) and v.dtype.kind == "f"]
    sides = {side for array in arrays for side in array.shape}
    batch = arrays[0].shape[0] if arrays[0].ndim else 1
    ordinary = 0.5 if case.family in ("dyadic", "normal", "tiny") else 0.0
    return min(len(sides - {1}), 4) + 2.0 * (batch > 2) + ordinary - (1 in sides)
