"""From what was found to the report: the steps, the mistakes, the verdict."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from ..diagnosis.relations import Pairing, Relation, constant_origin, ratio_of, relate
from .evidence.findings import Finding
from .evidence.gather import Evidence
from .evidence.judge import Judge
from .rewrite.source import text_of
from .search.causes import cause_of
from .search.mistakes import Search
from .search.origins import Origin
from .values import Array, Mistake, Report, Status, Step

__all__ = ["make_report"]

Cause = tuple[str, Relation | None]
_CLEAR = 1e-3  # a difference that anybody sees
_AROUND = 2  # lines that are shown before and after a wrong one


def make_report(
    search: Search, origins: Sequence[Origin], shown: Judge, notes: Sequence[str] = ()
) -> Report:
    """Put what was found together; `shown` is the judge of the case that is printed."""
    judge = search.judge
    evidence, pair = judge.evidence, judge.evidence.subject.pair
    causes = {o.slot.place: cause_of(judge, o) for o in origins}
    clear = _clearest(origins[0]) if origins else 0
    printed = clear if shown is judge else 0
    gradients = _gradients(search)
    wrong = [g for g in gradients if g.status == "wrong"]
    small = {f.slot.place[:2]: f for f in shown.judge(shown.evidence.traces, deep=False)}
    after = {f.slot.place: f for f in search.last.findings}
    lost = {leaf for _, leaf, fine in judge.returned(search.last.traces) if fine is False}
    steps = []
    for finding in _distinct(search.runs.first.findings):
        origin = next((o for o in origins if o.slot.place[:2] == finding.slot.place[:2]), None)
        now = after.get(finding.slot.place)
        status, reason = _said(evidence, finding, origin, origins, now, bool(wrong), not lost)
        if finding.meaning == "mismatch" and judge.promise(finding.slot) in lost:
            status, reason = "wrong", finding.reason  # a returned gradient that nothing put right
        steps.append(
            _step(
                finding,
                small.get(finding.slot.place[:2]),
                status,
                reason,
                ratio=_ratio(evidence, finding),
                cause=None if origin is None else causes[origin.slot.place][0] or None,
                number=printed,
            )
        )
    mistakes = [_mistake(evidence, origin, causes[origin.slot.place], clear) for origin in origins]
    told = [*evidence.notes, *notes]
    told += [n for table in evidence.session.tables.values() for n in table.not_followed]
    told += _missing(judge, gradients)
    return Report(
        target=evidence.session.project.label,
        label=pair.label,
        forward=pair.forward.name,
        backward=pair.judged.name,
        file=str(pair.judged.file),
        source=_source(evidence),
        steps=tuple(steps),
        mistakes=tuple(mistakes),
        verdict=_verdict(evidence, mistakes, gradients, steps),
        case=shown.evidence.cases[printed],
        notes=tuple(dict.fromkeys(told)),
        gradients=gradients,
        cells=evidence.session.project.cells,
    )


def _clearest(origin: Origin) -> int:
    """The case that shows a mistake: the first, or where that hardly does, the one that does most.

    An exponential that underflows may hide all but the last digits of it.
    """
    if origin.right is None:
        return 0
    off = [_off(g, w) for g, w in zip(origin.got, origin.right, strict=True)]
    return 0 if off[0] > _CLEAR else int(np.argmax(off))


def _off(got: Array, wanted: Array) -> float:
    """How far a value is from the right one, relative to their size."""
    if got.shape != wanted.shape or not got.size:
        return np.inf
    with np.errstate(all="ignore"):
        scale = np.max(np.abs([got, wanted]))
        off = np.max(np.abs(got - wanted)) / scale
    return float(off) if scale and np.isfinite(off) else np.inf if scale else 0.0


def _mistake(evidence: Evidence, origin: Origin, cause: Cause, number: int) -> Mistake:
    said, relation = cause
    if origin.lacks:
        said = f"{said}; {origin.lacks} is missing before this line"
    elif not said and origin.right is None and origin.finding.meaning == "unknown":
        said = "it is the adjoint of nothing, and all that it is made of is known"
    file, around = _around(evidence, origin.slot.statement)
    return Mistake(
        _line(evidence, origin),
        origin.slot.name,
        said or "no known cause",
        "" if relation is None else relation.evidence,
        origin.got[number],
        None if origin.right is None else origin.right[number],
        () if origin.edit is not None else origin.suspects,
        origin.heals,
        file,
        around,
        "" if origin.edit is None else origin.edit.words,
        origin.lacks if origin.edit is None else ast.unparse(origin.edit.tree),
    )


def _line(evidence: Evidence, origin: Origin) -> int:
    """The line of a mistake: of a statement of several lines, that which the change is in."""
    if origin.line:
        return origin.line
    slot, statement = origin.slot, evidence.statements.get(origin.slot.statement)
    changed = 0 if origin.edit is None else getattr(origin.edit.old, "lineno", 0)
    inside = statement is not None and statement.line <= changed <= statement.end
    return changed if inside else slot.line


def _around(evidence: Evidence, number: int) -> tuple[str, tuple[tuple[int, str], ...]]:
    """The file of a statement, and its lines there with some before and after it."""
    for path, table in evidence.session.tables.items():
        statement = table.statements.get(number)
        if statement is None:
            continue
        mine = [one for one in table.statements.values() if one.function == statement.function]
        first = max(statement.line - _AROUND, min(one.line for one in mine))
        last = min(statement.end + _AROUND, max(one.end for one in mine))
        lines = text_of(path).splitlines()
        return str(path), tuple(
            (n, lines[n - 1]) for n in range(first, last + 1) if n <= len(lines)
        )
    return "", ()


# gradients --------------------------------------------------------------------------------------
def _gradients(search: Search) -> tuple[Step, ...]:
    """What is returned: right, wrong, or of no input that could be found."""
    judge, traces = search.judge, search.judge.evidence.traces
    located, line = judge.located, judge.evidence.subject.pair.judged.line
    found = []
    for place, leaf, fine in judge.returned(traces):
        right = located.right_leaf(leaf)
        name = place or "returned"
        if fine is None or right is None:
            said = "the numerical derivative is not known well enough (a kink, an infinite value)"
            found.append(Step(line, name, leaf, "not judged", said))
            continue
        got = [trace.gradients[place] for trace in traces]
        wanted = [a.value for a in right.adjoints]
        cause = None if fine else _relation(judge.evidence, got, wanted)
        said = f"{'the' if fine else 'not the'} numerical gradient of {leaf}"
        status: Status = "right" if fine else "wrong"
        found.append(
            Step(line, name, leaf, status, said, got[0].shape, None, cause, got[0], wanted[0])
        )
    for place, one in located.others.items():
        said = f"the adjoint of {one.label}"
        found.append(Step(line, place or "returned", one.label, "right", said))
    for place in located.lost:
        text = located.texts.get(place, place) or "what is returned"
        said = f"{text} belongs to no input: neither its name nor its shape and values tell one"
        found.append(Step(line, place or "returned", "", "not judged", said))
    return tuple(found)


def _relation(evidence: Evidence, got: Sequence[Array], wanted: Sequence[Array]) -> str | None:
    found = relate(
        [
            Pairing(
                g,
                w,
                sizes={name: n for name, n in case.sizes.items() if n > 1},
                named={k: v for k, v in case.values.items() if isinstance(v, np.ndarray)},
                tolerance=1e-9 * float(np.max(np.abs(w), initial=0.0)),
            )
            for g, w, case in zip(got, wanted, evidence.cases, strict=True)
        ]
    )
    return None if found is None else found.sentence


def _missing(judge: Judge, gradients: Sequence[Step]) -> list[str]:
    """Say for which inputs no gradient was found, where some gradient belongs to none."""
    params = judge.evidence.cases[0].params
    moved = [c.name for c in judge.candidates.every if c.kind == "leaf"]
    lost = any(not g.node for g in gradients)
    missing = [n for n in moved if n not in judge.located.inputs.values() and (lost or n in params)]
    return [f"no gradient found for {', '.join(missing)}"] if missing else []


# steps ------------------------------------------------------------------------------------------
def _distinct(findings: Sequence[Finding]) -> Iterator[Finding]:
    """Leave out returned names that are steps already, and all but the last turns of a loop."""
    last: dict[tuple[int, str], Finding] = {}
    names = {(f.slot.function, f.slot.name) for f in findings if not f.slot.returned}
    for finding in findings:
        if finding.slot.returned and (finding.slot.function, finding.slot.name) in names:
            continue
        key = (int(finding.slot.place[1]), finding.slot.name)
        known = last.get(key)
        if known is None or finding.slot.final or not known.slot.final:
            last[key] = finding
    yield from last.values()


def _said(
    evidence: Evidence,
    finding: Finding,
    origin: Origin | None,
    origins: Sequence[Origin],
    after: Finding | None,
    any_wrong: bool,
    all_healed: bool,
) -> tuple[Status, str]:
    """Say of a step whether it is right, a mistake, a consequence, or what nobody can tell.

    after : the same step once all mistakes are put right.
    """
    if origin is not None:
        return "wrong", finding.reason if finding.meaning == "mismatch" else "a mistake of its own"
    if finding.meaning != "mismatch":
        on_the_way = finding.meaning == "unfinished" and bool(finding.node)
        # A returned value that belongs to no input is not right for being like something.
        known = finding.explained and not (finding.slot.returned and finding.meaning == "scaled")
        return "right" if known or on_the_way else "not judged", finding.reason
    if not any_wrong:
        return "not judged", f"{finding.reason}, but every returned gradient is right"
    still = after is None or after.meaning == "mismatch"
    if not origins or (still and finding.slot.position < origins[0].slot.position):
        return "not judged", f"{finding.reason}, but putting it right heals nothing"
    if still and not all_healed:
        return "not judged", finding.reason
    if still:
        said = f"all is right once {evidence.say(origins[0].slot.line)} is"
        return "not judged", f"{finding.reason}, but {said}"
    return "wrong", f"{finding.reason}: a consequence of {evidence.say(origins[0].slot.line)}"


def _step(
    finding: Finding,
    small: Finding | None,
    status: Status,
    reason: str,
    *,
    ratio: float | None,
    cause: str | None,
    number: int,
) -> Step:
    """Make a step; its values are those of the small case, where that has them, and there of the
    case of a number."""
    slot, shown = finding.slot, small or finding
    return Step(
        slot.line,
        slot.name,
        finding.node,
        status,
        reason,
        shown.got[number].shape if shown.got else (),
        ratio,
        cause,
        shown.got[number] if shown.got else None,
        shown.wanted[number].value if shown.wanted else None,
        slot.function,
    )


def _ratio(evidence: Evidence, finding: Finding) -> float | None:
    """The constant ratio of a wrong value to the right one."""
    if finding.wanted is None or finding.meaning != "mismatch":
        return None
    ratios = []
    for got, wanted in zip(finding.got, finding.wanted, strict=True):
        if got.size != wanted.value.size:
            return None
        plain = np.asarray(got, dtype=float).reshape(wanted.value.shape)
        error = float(np.max(wanted.error, initial=0.0))
        ratios.append(ratio_of(plain, wanted.value, error))
    known = [r for r in ratios if r is not None]
    if len(known) < len(ratios):
        return None
    sizes = [case.sizes for case in evidence.cases[: len(known)]]
    same = all(abs(r - known[0]) < 1e-7 for r in known)
    return known[0] if same or constant_origin(known, sizes) else None


def _source(evidence: Evidence) -> tuple[tuple[int, str], ...]:
    """The lines of the judged function, as its author wrote them."""
    judged = evidence.subject.pair.judged
    if not judged.module:
        return ()
    lines = text_of(Path(judged.file)).splitlines()
    numbers: set[int] = set()
    for statement in evidence.statements.values():
        if statement.function == judged.name:
            numbers |= set(range(statement.line, statement.end + 1))
    return tuple((n, lines[n - 1]) for n in sorted(numbers) if 0 < n <= len(lines))


# the verdict ------------------------------------------------------------------------------------
def _verdict(
    evidence: Evidence,
    mistakes: Sequence[Mistake],
    gradients: Sequence[Step],
    steps: Sequence[Step],
) -> str:
    has_source = bool(evidence.subject.pair.judged.module)
    wrong = [g for g in gradients if g.status == "wrong"]
    if not mistakes and wrong:
        causes = [
            f"the gradient of {g.node} is wrong" + ((g.cause and f": {g.cause}") or "")
            for g in wrong
        ]
        return f"{'; '.join(causes)}; no {'single ' if has_source else ''}line can be named"
    if not mistakes:
        return _right(gradients, steps, has_source)
    first = mistakes[0]
    text = f"{evidence.say(first.line)}: {first.name} is the first wrong step: {first.cause}"
    shown_right = {s.line for s in steps if s.status == "right"}
    suspects = [line for line in first.suspects if line not in shown_right]
    if suspects:
        text += f" ({_feed(evidence, suspects)} it and cannot be judged alone)"
    if len(mistakes) == 1:
        return text + (f"; the rest is right once {first.name} is" if first.heals else "")
    others = "; ".join(f"{evidence.say(m.line)}: {m.name}: {m.cause}" for m in mistakes[1:])
    return f"{text}. And independently of it: {others}"


def _feed(evidence: Evidence, lines: Sequence[int]) -> str:
    """Say which lines a value is made in: ``line 3 feeds``, ``lines 3, 4 feed``."""
    place = evidence.session.project.cells.place
    first, *others = dict.fromkeys(lines)
    if not others:
        return f"{evidence.say(first)} feeds"
    told = [str(place(n)[1]) if place(n)[0] == place(first)[0] else evidence.say(n) for n in others]
    start = evidence.say(first)
    start = "lines" + start.removeprefix("line") if start.startswith("line ") else start
    return f"{', '.join([start, *told])} feed"


def _right(gradients: Sequence[Step], steps: Sequence[Step], has_source: bool) -> str:
    right = [g for g in gradients if g.status == "right"]
    lost = [g for g in gradients if not g.node]
    if not right:
        return "nothing can be said: no returned gradient could be judged"
    if lost:
        return (
            f"nothing can be said of {len(lost)} of {len(gradients)} returned gradients: "
            f"{lost[0].reason}"
        )
    what = "every returned gradient"
    if len(right) < len(gradients):
        what = f"{len(right)} of {len(gradients)} returned gradients (the others cannot be judged)"
    if not has_source:
        return f"right: {what}; no line was judged"
    share = sum(s.status == "right" for s in steps)
    return f"right: {what}, and {share} of {len(steps)} steps one by one"
