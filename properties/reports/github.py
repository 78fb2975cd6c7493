"""GitHub: annotations at the wrong functions, and the matrix in the job summary."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path, PurePath
from typing import Any

from .markdown import example, inline, matrix_table
from .model import FunctionResult, Report
from .phrases import summary
from .reading import read
from .text import no_command

MOST = 10  # annotations; GitHub shows no more of one step
_SUMMARY = 900_000  # bytes; GitHub takes 1 MiB


def github(record: Mapping[str, Any] | Report, *, root: str = "") -> str:
    """Return workflow commands: an error for each wrong function, at most ten in all.

    Every text is escaped, so that what an implementation printed cannot forge a command.

    Parameters
    ----------
    root : str
        Folder of the repository; files inside it are named relative to it, as GitHub wants.
    """
    report = read(record)
    wrong = report.with_status("fail", "error")
    lines = [_annotation(function, root) for function in wrong[:MOST]]
    if len(wrong) > MOST:
        rest = ", ".join(f.name for f in wrong[MOST - 1 :])
        lines[MOST - 1] = f"::error title=nndl::{_data(f'Also wrong: {rest}')}"
    if not lines and report.verdict != "pass":
        lines = [f"::error title=nndl::{_data(summary(report))}"]
    return "".join(line + "\n" for line in lines)


def github_summary(record: Mapping[str, Any] | Report) -> str:
    """Return the job summary in Markdown: verdict, matrix, and each wrong function folded."""
    report = read(record)
    symbol = {"pass": "✔", "fail": "✘"}.get(report.verdict, "!")
    text = f"## {symbol} nndl: {inline(report.path)}\n\n{inline(summary(report))}\n"
    if report.functions:
        text += f"\n{matrix_table(report)}\n"
    for function in report.functions:
        for finding in function.findings:
            text += f"\n- {inline(function.name)}: {inline(finding)}"
    text += "".join(f"\n- {inline(note)}" for note in report.notes) + "\n"
    for function in report.with_status("fail", "error"):
        part = (
            f"\n<details><summary>{_html(function.name)}: {_html(function.detail)}</summary>\n\n"
            f"{example(function)}\n\n</details>\n"
        )
        if len((text + part).encode()) > _SUMMARY:
            text += "\nMore wrong functions are in the record.\n"
            break
        text += part
    return text


def _annotation(function: FunctionResult, root: str) -> str:
    where = f"title={_value(f'{function.name} is wrong')}"
    if function.file:
        where = f"file={_value(_relative(function.file, root))},line={function.line or 1},{where}"
    prop = function.failures[0] if function.failures else None
    message = (prop.sentence if prop else "") or function.detail or function.status
    if prop is not None and prop.diagnosis is not None:
        message += f"\nLikely cause: {prop.diagnosis.sentence or prop.diagnosis.misconception}"
    if prop is not None and prop.repeat:
        message += f"\nRepeat: {prop.repeat}"
    return f"::error {where}::{_data(message)}"


def _relative(file: str, root: str) -> str:
    try:
        return PurePath(file).relative_to(Path(root)).as_posix() if root else file
    except ValueError:
        return file


def _data(text: str) -> str:
    text = no_command(text)
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _value(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def _html(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
