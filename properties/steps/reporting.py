"""From what was found to the report: the steps, the mistakes, the verdict."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from properties.diagnosis.relations import Relation, constant_origin, ratio_of

from .evidence.findings import Finding
from .evidence.gather import Evidence, Place
from .evidence.judge import Judge
from .pairing import Subject
from .search.causes import cause_of
from .search.mistakes import Origin, Search
from .source import Project
from .values import Mistake, Report, Step

__all__ = ["make_report"]


def make_report(
    project: Project,
    subject: Subject,
    search: Search,
    origins: Sequence[Origin],
    shown: Evidence,
    shown_judge: Judge,
) -> Report:
    """Put what was found together.

    shown, shown_judge : the case that is printed, and its judge.
    """
    judge = search.judge
    assert search.first is not None
    causes = {o.slot.place: cause_of(judge, o) for o in origins}
    mistakes = []
    for origin in origins:
        said, relation = causes[origin.slot.place]
        mistakes.append(
            Mistake(
                origin.slot.line,
                origin.slot.name,
                said or "no known cause",
                "" if relation is None else relation.evidence,
                origin.got[0],
                None if origin.right is None else origin.right[0],
                () if origin.heals else origin.suspects,
                origin.heals,
            )
        )
    returned = judge.returned(search.first.traces)
    wrong_returned = [leaf for _, leaf, fine in returned if fine is False]
    small = {f.slot.place[:2]: f for f in shown_judge.judge(shown.traces, deep=False)}
    steps = [
        _step(
            judge, finding, origins, causes, bool(wrong_returned), small.get(finding.slot.place[:2])
        )
        for finding in _distinct(search.first.findings)
    ]
    judged = subject.pair.judged
    notes = list(judge.evidence.notes)
    notes += [
        note for table in judge.evidence.session.tables.values() for note in table.not_followed
    ]
    gradients = tuple(
        Step(
            judged.line,
            place or "returned",
            leaf,
            "not judged" if fine is None else "right" if fine else "wrong",
            "",
        )
        for place, leaf, fine in returned
    )
    if not any(fine is not None for _, _, fine in returned):
        notes.append("no returned value could be matched with an input")
    return Report(
        target=project.label,
        label=subject.pair.label,
        forward=subject.pair.forward.name,
        backward=judged.name,
        file=str(judged.file),
        source=_source(judge),
        steps=tuple(steps),
        mistakes=tuple(mistakes),
        verdict=_verdict(mistakes, wrong_returned, returned, steps),
        case=shown.cases[0],
        notes=tuple(dict.fromkeys(notes)),
        gradients=gradients,
    )


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


def _step(
    judge: Judge,
    finding: Finding,
    origins: Sequence[Origin],
    causes: Mapping[Place, tuple[str, Relation | None]],
    any_wrong: bool,
    small: Finding | None,
) -> Step:
    slot = finding.slot
    origin = next((o for o in origins if o.slot.place[:2] == slot.place[:2]), None)
    shown = small or finding
    got = shown.got[0] if shown.got else None
    wanted = shown.wanted[0].value if shown.wanted else None
    shape = finding.got[0].shape if small is None else shown.got[0].shape
    ratio = _ratio(judge, finding)
    if origin is not None:
        said = causes[origin.slot.place][0]
        return Step(
            slot.line,
            slot.name,
            finding.node,
            "wrong",
            finding.reason if finding.meaning == "mismatch" else "a mistake of its own",
            shape,
            ratio,
            said or None,
            got,
            wanted,
            slot.function,
        )
    if finding.meaning == "mismatch":
        if not any_wrong:
            return Step(
                slot.line,
                slot.name,
                finding.node,
                "not judged",
                f"{finding.reason}, but every returned gradient is right",
                shape,
                ratio,
                None,
                got,
                wanted,
                slot.function,
            )
        if not origins or slot.position < origins[0].slot.position:
            return Step(
                slot.line,
                slot.name,
                finding.node,
                "not judged",
                f"{finding.reason}, but putting it right heals nothing",
                shape,
                ratio,
                None,
                got,
                wanted,
                slot.function,
            )
        return Step(
            slot.line,
            slot.name,
            finding.node,
            "wrong",
            f"{finding.reason}: a consequence of line {origins[0].slot.line}",
            shape,
            ratio,
            None,
            got,
            wanted,
            slot.function,
        )
    on_the_way = finding.meaning == "unfinished" and bool(finding.node)
    status = "right" if finding.explained or on_the_way else "not judged"
    return Step(
        slot.line,
        slot.name,
        finding.node,
        status,  # type: ignore[arg-type]
        finding.reason,
        shape,
        None,
        None,
        got,
        wanted,
        slot.function,
    )


def _ratio(judge: Judge, finding: Finding) -> float | None:
    if finding.wanted is None or finding.meaning != "mismatch":
        return None
    ratios = []
    for got, wanted in zip(finding.got, finding.wanted, strict=True):
        if got.size != wanted.value.size:
            return None
        ratios.append(
            ratio_of(
                np.asarray(got, dtype=float).reshape(wanted.value.shape),
                wanted.value,
                float(np.max(wanted.error, initial=0.0)),
            )
        )
    if any(r is None for r in ratios):
        return None
    known = [r for r in ratios if r is not None]
    if constant_origin(known, [c.sizes for c in judge.evidence.cases[: len(known)]]) or all(
        abs(r - known[0]) < 1e-7 for r in known
    ):
        return known[0]
    return None


def _source(judge: Judge) -> tuple[tuple[int, str], ...]:
    pair = judge.evidence.subject.pair
    raw = Path(pair.judged.file).read_bytes()
    lines = raw.decode("utf-8-sig", errors="replace").splitlines()
    numbers: set[int] = set()
    for statement in judge.evidence.statements.values():
        if statement.function == pair.judged.name:
            numbers |= set(range(statement.line, statement.end + 1))
    return tuple((n, lines[n - 1]) for n in sorted(numbers) if 0 < n <= len(lines))


def _verdict(
    mistakes: Sequence[Mistake],
    wrong_returned: Sequence[str],
    returned: Sequence[tuple[str, str, bool | None]],
    steps: Sequence[Step],
) -> str:
    if not mistakes and not wrong_returned:
        if not any(fine for _, _, fine in returned):
            return "nothing can be said: no returned gradient could be judged"
        share = sum(s.status == "right" for s in steps)
        told = sum(fine is not None for _, _, fine in returned)
        what = "every returned gradient"
        if told < len(returned):
            what = f"{told} of {len(returned)} returned gradients (the others cannot be judged)"
        return f"right: {what}, and {share} of {len(steps)} steps one by one"
    if not mistakes:
        return f"the gradient of {', '.join(wrong_returned)} is wrong; no single line can be named"
    first = mistakes[0]
    text = f"line {first.line}: {first.name} is the first wrong step: {first.cause}"
    if first.suspects:
        lines = ", ".join(str(n) for n in dict.fromkeys(first.suspects))
        text += f" (line {lines} feeds it and cannot be judged alone)"
    if len(mistakes) == 1:
        text += f"; the rest is right once {first.name} is" if first.heals else ""
    else:
        others = "; ".join(f"line {m.line}: {m.name}: {m.cause}" for m in mistakes[1:])
        text += f". And independently of it: {others}"
    return text
