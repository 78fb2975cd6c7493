"""The smallest example as a script that runs on its own when pasted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from ..implementation import Implementation, Target
from ..judge.mismatch import Disagreement
from ..spec.case import Case
from ..spec.literals import literal, with_imports
from ..spec.row import LayerSpec, Reading

_DIRECT = ("reference", "exact arithmetic")


def make_script(
    disagreement: Disagreement, case: Case, spec: LayerSpec, reading: Reading | None, header: str
) -> str:
    """Write the script of a disagreement with a function.

    ``header`` imports the target. The script prints what the function gives and, where the
    wanted value belongs to this very call, asserts it.
    """
    sent = reading.send(case) if reading else case
    lines = [f"{name} = {literal(value)}" for name, value in sent.args.items()]
    lines += [f"{name} = {literal(value)}" for name, value in case.named_upstreams.items()]
    arguments = ", ".join(sent.args)
    gradients = ", ".join(f"d{name}" for name in spec.differentiable)
    judged = disagreement.argument or spec.value
    if spec.backward is None:
        lines.append(f"{spec.value}, {gradients} = {spec.forward}({arguments})")
    else:
        lines.append(f"{', '.join(spec.outputs)}, cache = {spec.forward}({arguments})")
        if disagreement.function == spec.backward:
            upstreams = ", ".join(case.named_upstreams)
            lines.append(f"{gradients} = {spec.backward}({upstreams}, cache)")
    lines += _state(judged, sent, spec)
    if disagreement.direction is not None:
        ending = _derivative(disagreement, sent, spec)
    else:
        ending = _ending(disagreement, judged)
    return with_imports(header, [*lines, "", *ending])


def _state(judged: str, case: Case, spec: LayerSpec) -> list[str]:
    """The line that takes what a call left behind out of its dict of options."""
    returned = {*spec.outputs, *(f"d{name}" for name in spec.differentiable)}
    given = {*case.args, *case.named_upstreams}
    options = [name for name, value in case.args.items() if isinstance(value, Mapping)]
    if judged in returned | given or not judged.isidentifier() or not options:
        return []
    return [f"{judged} = {options[0]}[{judged!r}]"]


def _derivative(found: Disagreement, case: Case, spec: LayerSpec) -> list[str]:
    """Lines that hold a gradient against the central difference along the direction."""
    name = found.argument.removeprefix("d")
    moved = {
        side: ", ".join(f"{name} {side} step * direction" if a == name else a for a in case.args)
        for side in "+-"
    }
    upstreams = list(case.named_upstreams) or ["1"]
    several = f"[:{len(upstreams)}]"
    terms = "sum(np.sum(d * (p - m)) for d, p, m in zip(upstreams, plus, minus))"
    return [
        f"direction = {literal(found.direction)}",
        "step = 1e-4",
        f"upstreams = [{', '.join(upstreams)}]",
        f"plus = {spec.forward}({moved['+']}){several}",
        f"minus = {spec.forward}({moved['-']}){several}",
        f'print("got", np.sum(np.reshape({found.argument}, np.shape(direction)) * direction))',
        f'print("numerical", {terms} / (2 * step))',
        f"# {' '.join(found.sentence.split())}",
    ]


def _ending(disagreement: Disagreement, judged: str) -> list[str]:
    if disagreement.wanted is None or not disagreement.oracle.startswith(_DIRECT):
        oracle = " ".join(disagreement.oracle.split())
        return [f"# {oracle}: {' '.join(disagreement.sentence.split())}", f"print({judged})"]
    lines = [f'print("got", {judged})', f"wanted = {literal(disagreement.wanted)}"]
    if disagreement.tolerance is None:
        return [*lines, f"assert np.shape({judged}) == np.shape(wanted)"]
    worst = float(
        np.max(np.where(np.isfinite(disagreement.tolerance), disagreement.tolerance, 0.0))
    )
    lines.append('print("wanted", wanted)')
    if _hides(disagreement, worst):
        return [
            *lines,
            f"tolerance = {literal(disagreement.tolerance)}",
            f"assert np.all(np.abs(np.reshape({judged}, np.shape(wanted)) - wanted) <= tolerance)",
        ]
    return [
        *lines,
        f"np.testing.assert_allclose(np.reshape({judged}, np.shape(wanted)), wanted, "
        f"rtol=0, atol={worst:.3g})",
    ]


def _hides(disagreement: Disagreement, worst: float) -> bool:
    """Whether one tolerance for all entries would let the wrong one pass, as beside a kink."""
    got, wanted = disagreement.got, disagreement.wanted
    if got is None or wanted is None or np.size(got) != np.size(wanted):
        return False
    return bool(np.all(np.abs(np.reshape(got, np.shape(wanted)) - wanted) <= worst))


def import_lines(target: Target, implementation: Implementation, names: Sequence[str]) -> str:
    """The lines that import functions of a target, wherever it lies.

    Of a notebook nothing can be imported: its script belongs into a cell of it.
    """
    if target.path.suffix == ".ipynb":
        return f"# a cell of {target.path.name}, below those that define {', '.join(names)}"
    packaged = target.kind != "file" or target.beside is not None
    root = target.root.resolve()
    modules: dict[str, list[str]] = {}
    for name in names:
        info = implementation.functions[name]
        top, _, inside = info.module.partition(".")
        module = inside or "layers"
        if packaged:
            module = f"{root.name}.{module}" if top == "nndl" else info.module
        modules.setdefault(module, []).append(name.rpartition(".")[2])
    place = root.parent if packaged else root
    lines = ["import sys", f"sys.path.insert(0, {str(place)!r})"]
    return "\n".join(
        lines + [f"from {module} import {', '.join(found)}" for module, found in modules.items()]
    )
