"""Write a record and the reports of it to files."""

from __future__ import annotations

import importlib
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..record.files import write_whole
from ..record.schema import Record, dump

if TYPE_CHECKING:
    from ..reports.points import Weights

# Each is imported when it is made: they bring libraries that the others do not need.
_HOMES = {
    "html": "html",
    "junit": "junit",
    "concise": "concise",
    "sarif": "sarif",
    "github": "github",
    "gradescope": "gradebooks",
    "prairielearn": "gradebooks",
    "classroom": "gradebooks",
}
FORMATS = ("terminal", *_HOMES)


def write(record: Record, form: str, file: str, weights: Weights | None = None) -> None:
    """Write one format to a file, ``-`` being standard output.

    With ``github`` the annotations go there, and the matrix goes to the job summary when the
    environment names one.

    Raises
    ------
    click.UsageError
        When the file cannot be written.
    """
    home = importlib.import_module(f"..reports.{_HOMES[form]}", __package__)
    make = getattr(home, form)
    if form in ("github", "sarif"):
        text = make(record, root=os.environ.get("GITHUB_WORKSPACE", str(Path.cwd())))
    if form == "github":
        if summary := os.environ.get("GITHUB_STEP_SUMMARY"):
            _append(summary, home.github_summary(record))
    elif form != "sarif":
        text = make(record, weights) if _HOMES[form] == "gradebooks" else make(record)
    if file == "-":
        sys.stdout.buffer.write(text.encode("utf-8"))
        sys.stdout.buffer.write(b"" if text.endswith("\n") else b"\n")
        sys.stdout.buffer.flush()
    else:
        put(file, text)


def write_record(record: Record, json_file: str) -> None:
    """Write the record to a file, or to standard output for ``-``."""
    text = dump(record)
    if json_file == "-":
        click.echo(text, nl=False)
        return
    try:
        write_whole(json_file, text)
    except OSError as error:
        raise click.UsageError(f"--json: cannot write {json_file!r}: {error.strerror}") from error


def put(file: str, text: str) -> None:
    """Write a text to a file, whole or not at all; raises click.UsageError where it cannot be."""
    try:
        write_whole(file, text)
    except OSError as error:
        raise click.UsageError(f"{file}: cannot write it: {error.strerror or error}") from error


def _append(file: str, text: str) -> None:
    """Add to what other steps of a workflow wrote."""
    try:
        with Path(file).open("a", encoding="utf-8", newline="\n") as stream:
            stream.write(text)
    except OSError as error:
        raise click.UsageError(f"{file}: cannot write it: {error.strerror or error}") from error
