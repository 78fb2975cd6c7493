"""Cases that Hypothesis finds: one that shows a mistake, and the smallest that shows it."""

from __future__ import annotations

import contextlib
import itertools
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from hypothesis import strategies as st

from ...judge.drawing import search
from ...spec.draws import PLAIN
from ..evidence.adjoints import agree
from ..evidence.findings import Finding
from ..evidence.gather import examine
from ..evidence.judge import Judge
from ..rewrite.session import Session
from ..subjects import Subject
from ..values import Array, Case, StepsError

__all__ = ["cases", "smallest_case", "unseen"]

_MOST_SIZES, _LARGEST_AXIS = 60, 4
_EXAMPLES, _HUNTED = 30, 8


def cases(subject: Subject) -> st.SearchStrategy[Case]:
    """Cases of a subject, from small arrays of plain numbers to larger ones of any numbers.

    Hypothesis shrinks towards the first sizes of the list, which have the fewest entries, then
    towards multiples of a quarter, then towards the first seed.
    """
    if subject.strategy is not None:
        return subject.strategy
    return st.builds(
        lambda sizes, first, seed: subject.draw(sizes, first + seed),
        st.sampled_from(_sizes(subject)),
        st.sampled_from((PLAIN, 0)),
        st.integers(0, 2),
    )


def _sizes(subject: Subject) -> list[Mapping[str, int]]:
    least = dict(subject.least)
    if least == dict(subject.sizes[0]):
        return [least]
    ranges = [range(low, max(_LARGEST_AXIS, low + 1)) for low in least.values()]
    every: list[Mapping[str, int]] = [
        dict(zip(least, combination, strict=True)) for combination in itertools.product(*ranges)
    ]
    every.sort(key=lambda s: (math.prod(s.values()), sum(s.values()), tuple(s.values())))
    return every[:_MOST_SIZES]


def unseen(
    session: Session, subject: Subject, judge: Judge, suspect: Mapping[str, Any]
) -> list[Case]:
    """Look for a case in which a gradient is wrong that was right in the judged cases.

    Small arrays of all shapes are drawn, a single row and equal axes among them; before them comes
    what is suspected. A gradient counts as wrong when it is so for values a little beside the drawn
    ones as well.

    Returns
    -------
    The case and its neighbours; nothing when every drawn case is right.
    """
    expected = judge.located.inputs
    for case in (*_with(subject, judge, suspect), *(_sample(subject) if subject.declared else ())):
        if _is_wrong(session, subject, case, expected):
            near = [_beside(case, number) for number in (1, 2)]
            if all(_is_wrong(session, subject, one, expected) for one in near):
                return [case, *near]
    return []


def _with(subject: Subject, judge: Judge, suspect: Mapping[str, Any]) -> list[Case]:
    """The suspected case, when it has all arguments of the forward; before it, one without zeros.

    Where all is zero every line is right, but for shapes.
    """
    like = judge.evidence.cases[0]
    given = {subject.names.get(name, name): value for name, value in suspect.items()}
    if not like.values.keys() <= given.keys():
        return []
    case = replace(like, values={name: given[name] for name in like.values}, sizes={})
    return [_moved(case, _off_zero), case]


def _sample(subject: Subject) -> list[Case]:
    found: list[Any] = []
    strategy: Any = cases(subject)

    def look(drawn: Any) -> None:
        found.append(drawn[0])

    search(strategy, look, count=_HUNTED, number=0, shrink=False)
    return list({_key(case): case for case in found}.values())


def _is_wrong(session: Session, subject: Subject, case: Case, expected: Mapping[str, str]) -> bool:
    try:
        evidence = examine(session, subject, [case])
    except StepsError:
        return False
    evidence.sweep(("leaf",))
    gradients = evidence.traces[0].gradients
    for place, leaf in expected.items():
        adjoint = evidence.adjoint(0, (-1, leaf, 0))
        known = adjoint is not None and adjoint.known and place in gradients
        if known and adjoint is not None and not agree(gradients[place], adjoint):
            return True
    return False


def _beside(case: Case, number: int) -> Case:
    """Move every float array by a thousandth, so that nothing lies exactly on anything."""

    def moved(value: Array) -> Array:
        return value * (1 + _waves(value, number) / 1024)

    return _moved(case, moved)


def _off_zero(value: Array) -> Array:
    return np.where(value == 0, _waves(value, 1), value)


def _waves(value: Array, number: int) -> Array:
    return np.cos(np.arange(value.size) + number).reshape(value.shape)


def _moved(case: Case, move: Callable[[Array], Array]) -> Case:
    """A case with every array of floats moved."""
    arrays = {n: v for n, v in case.values.items() if isinstance(v, np.ndarray)}
    floats = {n: move(v) for n, v in arrays.items() if v.dtype.kind == "f"}
    return replace(case, values={**case.values, **floats})


def smallest_case(
    session: Session, subject: Subject, judge: Judge, finding: Finding
) -> Judge | None:
    """Find the smallest arrays with which the same line is still wrong.

    Parameters
    ----------
    judge, finding : the cases that convicted the line, and what was found of it.

    Returns
    -------
    The judge of that one case; None when no case is smaller.

    Notes
    -----
    It decides nothing: the verdict stands before. The same code gives the same case, where the
    time is enough.
    """
    finding = _showing(judge, finding)
    largest = min(_entries(case) for case in judge.evidence.cases)
    visible = _visible(finding)
    seen: dict[bytes, Judge | None] = {}
    last: list[Judge] = []

    def look(drawn: Any) -> None:
        case, key = drawn[0], _key(drawn[0])
        if key not in seen:
            late = len(seen) >= _EXAMPLES or session.budget.over()
            if late or _entries(case) >= largest:
                return
            seen[key] = _shows(session, subject, case, finding, visible)
        shown = seen[key]
        if shown is not None:
            last.append(shown)
            raise _ShownError

    strategy: Any = cases(subject)
    with contextlib.suppress(_ShownError):
        search(strategy, look, count=_EXAMPLES, number=0, shrink=True)
    return last[-1] if last else None


class _ShownError(Exception):
    """A case shows the mistake."""


def _showing(judge: Judge, finding: Finding) -> Finding:
    """Where a mistake shows: in its own line, or else in the first line that holds a wrong value.

    A line may be a mistake although nobody knows what it should hold, because changing it makes
    everything right.
    """
    wrong = [
        other
        for other in judge.judge(judge.evidence.traces, deep=False)
        if other.slot.final and other.meaning == "mismatch"
    ]
    own = [other for other in wrong if other.slot.place[:2] == finding.slot.place[:2]]
    return next(iter([*own, *wrong]), finding)


def _shows(
    session: Session, subject: Subject, case: Case, finding: Finding, visible: bool
) -> Judge | None:
    """Judge one case; None unless the line is wrong in it, and to be seen with the naked eye."""
    try:
        evidence = examine(session, subject, [case])
    except StepsError:
        return None
    judge = Judge(evidence)
    if not judge.candidates.every:
        return None
    for mine in judge.judge(evidence.traces, deep=False):
        if (
            mine.slot.place[:2] == finding.slot.place[:2]
            and mine.slot.final
            and mine.meaning == "mismatch"
            and (_visible(mine) or not visible)
        ):
            return judge
    return None


def _visible(finding: Finding) -> bool:
    """Whether what was got differs from what was wanted in the first three digits."""
    if not finding.got or not finding.wanted:
        return False
    got, wanted = finding.got[0], finding.wanted[0].value
    if got.size != wanted.size:
        return True
    size = np.max(np.abs(wanted), initial=0.0)
    return bool(np.max(np.abs(np.ravel(got) - np.ravel(wanted)), initial=0.0) > 1e-3 * size)


def _entries(case: Case) -> int:
    """Numbers that a reader has before him; lengths stand in for what a constructor makes."""
    made = [v for value in case.init.values() for v in (value if type(value) is list else [value])]
    lengths = sum(abs(v) for v in made if type(v) is int)
    arrays = [*case.values.values(), *(v for v in made if isinstance(v, np.ndarray))]
    return lengths + sum(int(np.size(value)) for value in _leaves(arrays))


def _leaves(values: Iterable[Any]) -> Iterator[Any]:
    """What lies in dicts and lists, at any depth."""
    for value in values:
        if isinstance(value, dict):
            yield from _leaves(value.values())
        elif isinstance(value, (list, tuple)):
            yield from _leaves(value)
        else:
            yield value


def _key(case: Case) -> bytes:
    arrays = [np.asarray(v) for v in _leaves(case.values.values())]
    return repr((case.seed, sorted(case.sizes.items()))).encode() + b"".join(
        a.tobytes() + repr(a.shape).encode() for a in arrays if a.dtype.kind in "fiub"
    )
