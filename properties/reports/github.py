"""GitHub: annotations at the wrong functions, and the matrix in the job summary."""

from __future__ import annotations

from html import escape
from pathlib import Path, PurePath

from ..record.schema import Function, Record
from .first_line import first_line
from .markdown import example, inline, matrix_table
from .phrases import cause, plain_place, remarks, sentence, summary
from .text import no_command

MOST = 10  # annotations; GitHub shows no more of one step
_SUMMARY = 900_000  # bytes; GitHub takes 1 MiB


def github(record: Record, *, root: str = "") -> str:
    """Return workflow commands: an error for each wrong function, at most ten in all.

    Every text is escaped, so that what an implementation printed cannot forge a command.

    Parameters
    ----------
    root : str
        Folder of the repository; files inside it are named relative to it, as GitHub wants.
    """
    # There is room for few: a part that is wrong comes before what is wrong because of it.
    wrong = sorted(record.with_status("fail", "error"), key=lambda f: bool(f.because))
    lines = [_annotation(record, f, root) for f in wrong[:MOST]]
    if len(wrong) > MOST:
        rest = ", ".join(f.name for f in wrong[MOST - 1 :])
        lines[MOST - 1] = f"::error title=nndl::{_data(f'Also wrong: {rest}')}"
    if not lines and record.verdict != "pass":
        lines = [f"::error title=nndl::{_data(summary(record))}"]
    return "".join(line + "\n" for line in lines)


def github_summary(record: Record) -> str:
    """Return the job summary in Markdown: verdict, matrix, and each wrong function folded."""
    symbol = {"pass": "✔", "fail": "✘"}.get(record.verdict, "!")
    text = f"## {symbol} nndl: {inline(record.target.path)}\n\n{inline(summary(record))}\n"
    if record.functions:
        text += f"\n{matrix_table(record)}\n"
    text += "".join(f"\n- {inline(remark)}" for _, remark in remarks(record)) + "\n"
    for function in record.with_status("fail", "error"):
        part = (
            f"\n<details><summary>{escape(function.name)}: {escape(function.detail)}</summary>\n\n"
            f"{example(function, record.listing_of(function))}\n\n</details>\n"
        )
        if len((text + part).encode()) > _SUMMARY:
            text += "\nMore wrong functions are in the record.\n"
            break
        text += part
    return text


def _annotation(record: Record, function: Function, root: str) -> str:
    """An error at the first wrong line, where one is known, else at the function."""
    where = f"title={_value(f'{function.name} is wrong')}"
    listing, beside = record.listing_of(function), ""
    if function.file or listing is not None:
        file, line, beside = plain_place(record, function)
        where = f"file={_value(_relative(file, root))},line={line},{where}"
    parts = [sentence(function) + beside]
    if listing is not None:
        parts += first_line(listing)
    if function.lead is not None:
        repeat = function.lead.repeat
        parts += [cause(function.lead), f"Repeat: {repeat}" if repeat else ""]
    return f"::error {where}::{_data(chr(10).join(filter(None, parts)))}"


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
