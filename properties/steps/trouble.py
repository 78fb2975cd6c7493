"""When lines cannot be judged: no Python, no source, or a function that gives no gradient."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from .evidence.gather import upstreams
from .rewrite.session import Session
from .rewrite.source import Project, parse_file
from .subjects import Subject
from .values import CodeError, Report, StepsError, Trouble

__all__ = ["check_parses", "in_trouble", "origin_notes"]


def check_parses(project: Project) -> None:
    """A file that is no Python has no function, which is not what is to be said of it."""
    path = project.package
    if path.is_file() and path.suffix in (".py", ".ipynb"):
        try:
            parse_file(path)
        except SyntaxError as error:
            raise StepsError(
                f"{path.name} does not parse, {project.cells.say(error.lineno or 1)}: {error.msg}"
            ) from error


def origin_notes(session: Session, subject: Subject) -> list[str]:
    """Say of a function without source that no line of it is judged, and where it was made."""
    judged = subject.pair.judged
    if judged.module:
        return []
    notes = [
        f"the source of {judged.name} cannot be read, so that no line is judged: its returned "
        f"gradients are held against numerical derivatives of {subject.pair.forward.name}"
    ]
    [where] = session.as_written([{"kind": "where"}])
    if where.get("file"):
        name = Path(str(where["file"])).name
        notes.append(
            f"{judged.name} comes from {session.project.cells.say(where['line'])} of {name}"
        )
    return notes


def in_trouble(session: Session, subject: Subject, error: CodeError, seed: int) -> Report:
    """Report what a function does instead of returning gradients, with the line in its file."""
    case, pair = subject.draw(subject.sizes[0], seed), subject.pair
    trouble = Trouble(pair.judged.name, "raised", str(error))
    try:
        [value] = session.as_written([{"kind": "value", "case": case.payload()}])
        answer, function = value, pair.forward
        if "error" not in value:
            case = replace(case, dout=upstreams(subject, case, value["shapes"]))
            job = {"kind": "trace", "case": case.payload(), "record": False}
            [answer] = session.as_written([job])
            function = pair.judged
        if "error" in answer:
            cell, line = session.project.cells.place(int(answer.get("line", 0)))
            status, said = str(answer["status"]), str(answer["error"])
            trouble = Trouble(function.name, status, said, line, cell)
        elif not answer["returned"]:
            trouble = Trouble(function.name, "error", "it returns no array")
    except CodeError:
        pass
    return Report(
        target=session.project.label,
        label=pair.label,
        forward=pair.forward.name,
        backward=pair.judged.name,
        file=str(pair.judged.file),
        source=(),
        steps=(),
        mistakes=(),
        verdict=trouble.sentence,
        case=case,
        trouble=trouble,
    )
