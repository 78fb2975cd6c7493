"""Examples of a batch do not influence each other, where they should not."""

from __future__ import annotations

import numpy as np

from ..judge.asking import Questions
from ..judge.mismatch import Kind, Unsuitable
from ..judge.property import check
from ..judge.subjects.functions import Probe
from ..spec.case import Array, Case, Run
from ..spec.row import LayerSpec


def _is_batched(spec: LayerSpec) -> bool:
    return bool(spec.batched)


def _rows(probe: Probe, case: Case, rows: np.ndarray) -> Case:
    changed = {name: case.args[name][rows] for name in probe.spec.batched}
    case = case.with_args(**changed)
    return case.with_upstreams([d[rows] for d in case.upstreams]) if case.upstreams else case


@check(Kind.CORRECTNESS, "both", applies=_is_batched, weight=0.5)
def test_examples_are_independent(
    probe: Probe, case: Case, rng: np.random.Generator
) -> Questions[None]:
    """Half a batch gives its half of out and dx; gradients of parameters add up."""
    spec = probe.spec
    n = case.args[spec.batched[0]].shape[0]
    if n < 2:
        raise Unsuitable
    order = rng.permutation(n)
    cut = int(rng.integers(1, n))
    parts = [order[:cut], order[cut:]]
    cases = [_rows(probe, case, rows) for rows in parts]
    whole, *halves = yield from probe.run_many([case, *cases])
    weights = [len(rows) / n if probe.adds_up == -1 else 1.0 for rows in parts]
    for name in spec.outputs:
        _value(probe, case, whole, list(zip(parts, cases, halves, weights, strict=True)), name)
    for name in spec.differentiable:
        total = whole.gradients[name]
        slack = probe.slack(case, whole, name)
        if name in spec.batched:
            for rows, half_case, half, weight in zip(parts, cases, halves, weights, strict=True):
                if total.shape[:1] != (n,):
                    continue
                loose = slack[rows] + probe.slack(half_case, half, name)
                probe.same(
                    f"d{name}",
                    total[rows],
                    weight * half.gradients[name],
                    loose,
                    case=case,
                    oracle="independent examples",
                )
        else:
            added = sum(
                weight * half.gradients[name] for half, weight in zip(halves, weights, strict=True)
            )
            loose = slack + sum(
                probe.slack(half_case, half, name)
                for half_case, half in zip(cases, halves, strict=True)
            )
            added = np.asarray(added)
            probe.same(f"d{name}", total, added, loose, case=case, oracle="independent examples")


Half = tuple[Array, Case, Run, float]


def _value(probe: Probe, case: Case, whole: Run, halves: list[Half], name: str) -> None:
    spec = probe.spec
    out = whole.outputs[name]
    slack = probe.slack_of_value(case, whole, name)
    if probe.adds_up:
        added = np.asarray(sum(weight * half.outputs[name] for _, _, half, weight in halves))
        loose = slack + sum(probe.slack_of_value(c, half, name) for _, c, half, _ in halves)
        got = [(out, added, loose)]
    else:
        if out.shape[:1] != case.args[spec.batched[0]].shape[:1]:
            return
        got = [
            (out[rows], half.outputs[name], slack[rows] + probe.slack_of_value(c, half, name))
            for rows, c, half, _ in halves
        ]
    for whole_part, half_part, loose in got:
        probe.same(
            name,
            whole_part,
            half_part,
            loose,
            case=case,
            oracle="independent examples",
            function=spec.forward,
        )
