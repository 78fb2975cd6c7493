"""Functions whose source cannot be read: their returned gradients, held against numerical ones.

What exec made, a closure, a function imported from elsewhere: no line can be judged, but the
forward can be called with perturbed inputs, and that says what the backward has to return.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from properties.diagnosis.relations import Pairing, relate

from .evidence.adjoints import STEPS, Adjoint, agree, jacobian, step_scale
from .evidence.gather import upstream
from .evidence.names import promised, same_name
from .pairing import Subject
from .plain import Plain, as_arrays
from .values import Array, Case, Report, Status, Step, Trouble

__all__ = ["judge_gradients"]

_MOST_ENTRIES = 4_000


@dataclass(frozen=True, slots=True)
class _Seen:
    """One case: what was returned, by place, and the adjoint of every input."""

    case: Case
    returned: dict[str, Array]
    adjoints: dict[str, Adjoint]


def judge_gradients(plain: Plain, subject: Subject, *, label: str, seed: int = 0) -> Report:
    """Judge what a backward returns, without a look at its lines."""
    seen: list[_Seen] = []
    trouble: Trouble | None = None
    for number, sizes in enumerate(subject.sizes):
        case = subject.draw(sizes, seed + number)
        one = _look(plain, subject, case)
        if one is not None:
            seen.append(one)
        else:
            trouble = trouble or plain.trouble(subject, case)
    gradients = _steps(subject, seen) if seen else ()
    name = subject.pair.judged.name
    file, line = plain.place(name)
    note = (
        f"the source of {name} cannot be read, so that no line is judged: its returned gradients "
        f"are held against numerical derivatives of {subject.pair.forward.name}"
    )
    made_at = [f"{name} comes from line {line} of {file}"] if file and line else []
    return Report(
        target=label,
        label=subject.pair.label,
        forward=subject.pair.forward.name,
        backward=name,
        file=file,
        source=(),
        steps=(),
        mistakes=(),
        verdict=_verdict(gradients, None if seen else trouble),
        case=seen[0].case if seen else subject.draw(subject.sizes[0], seed),
        notes=(note, *made_at),
        gradients=tuple(gradients),
        trouble=None if seen else trouble,
    )


def _verdict(gradients: Sequence[Step], trouble: Trouble | None) -> str:
    if trouble is not None:
        return trouble.sentence
    wrong = [g for g in gradients if g.status == "wrong"]
    if wrong:
        said = "; ".join(
            f"the gradient of {g.node} is wrong" + (f": {g.cause}" if g.cause else "")
            for g in wrong
        )
        return f"{said}; no line can be named"
    if any(g.status == "right" for g in gradients):
        return "right: every returned gradient; no line was judged"
    return "nothing can be said: no returned gradient could be judged"


def _look(plain: Plain, subject: Subject, case: Case) -> _Seen | None:
    """Run one case and measure the adjoints of its inputs; None where something raises."""
    [value] = plain.run(subject, [case])
    if not value.ok:
        return None
    case = upstream(case, np.shape(value.outputs[0]))
    outcome = plain.gradients(subject, case, value)
    if not outcome.ok:
        return None
    rest = outcome.outputs if subject.pair.backward is not None else outcome.outputs[1:]
    returned = as_arrays(rest[0] if len(rest) == 1 else tuple(rest))
    adjoints = {}
    for name, array in case.leaves().items():
        if array.size <= _MOST_ENTRIES:
            adjoints[name] = _adjoint(plain, subject, case, name, array)
    return _Seen(case, returned, adjoints)


def _adjoint(plain: Plain, subject: Subject, case: Case, name: str, array: Array) -> Adjoint:
    scale = step_scale(array)
    moved = []
    for unit in np.eye(array.size):
        for step in STEPS:
            for sign in (1.0, -1.0):
                value = array + (sign * step * scale * unit).reshape(array.shape)
                given = value if isinstance(case.values[name], np.ndarray) else float(value)
                moved.append(_with(case, name, given))
    outcomes = plain.run(subject, moved)
    size = max(np.size(o.outputs[0]) for o in outcomes) if all(o.ok for o in outcomes) else 1
    rows = np.array(
        [np.ravel(o.outputs[0]) if o.ok else np.full(size, np.nan) for o in outcomes], dtype=float
    ).reshape(array.size, len(STEPS), 2, size)
    return jacobian(rows, array.shape, scale).adjoint(
        case.dout if size > 1 else np.ravel(case.dout)
    )


def _with(case: Case, name: str, value: Array | float) -> Case:
    return Case({**case.values, name: value}, case.dout, case.sizes, seed=case.seed)


# which gradient belongs to which input ------------------------------------------------------
def _steps(subject: Subject, seen: Sequence[_Seen]) -> list[Step]:
    places = list(seen[0].returned)
    inputs = [name for name in subject.leaves if name in seen[0].adjoints]
    arrays = [name for name in inputs if isinstance(seen[0].case.values[name], np.ndarray)]
    named = {place: _by_name(place, inputs) for place in places}
    if not any(named.values()):
        named = dict(zip(places, arrays if len(arrays) >= len(places) else inputs, strict=False))
    return [_step(subject, seen, place, named.get(place, "")) for place in places]


def _by_name(place: str, inputs: Sequence[str]) -> str:
    """The input of a gradient that is returned in a dict, under the input's name or as dNAME."""
    key = place.rpartition("[")[2].strip("[]'\"")
    wanted = (key, *promised(key))
    return next((name for name in inputs for one in wanted if same_name(one, name)), "")


def _step(subject: Subject, seen: Sequence[_Seen], place: str, name: str) -> Step:
    line, where = subject.pair.judged.line, place or "returned"
    if not name or not all(place in one.returned for one in seen):
        return Step(line, where, name, "not judged", "it belongs to no input that was given")
    got = [one.returned[place] for one in seen]
    wanted = [one.adjoints[name] for one in seen]
    known = [k for k, adjoint in enumerate(wanted) if adjoint.known]
    if not known:
        said = "the numerical derivative is not known well enough (a kink, or an infinite value)"
        return Step(line, where, name, "not judged", said)
    right = all(agree(got[k], wanted[k]) for k in known)
    status: Status = "right" if right else "wrong"
    cause = None if right else _cause([(got[k], wanted[k], seen[k].case) for k in known])
    said = "the numerical gradient" if right else "not the numerical gradient"
    first = known[0]
    return Step(
        line,
        where,
        name,
        status,
        f"{said} of {name} in {len(known)} cases",
        got[first].shape,
        None,
        cause,
        got[first],
        wanted[first].value,
        subject.pair.judged.name,
    )


def _cause(pairs: Sequence[tuple[Array, Adjoint, Case]]) -> str | None:
    found = relate(
        [
            Pairing(
                got,
                right.value,
                sizes={name: n for name, n in case.sizes.items() if n > 1},
                named={k: v for k, v in case.values.items() if isinstance(v, np.ndarray)},
                tolerance=float(np.max(right.error, initial=0.0)),
            )
            for got, right, case in pairs
        ]
    )
    return None if found is None else found.sentence
