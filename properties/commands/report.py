"""``nndl report RECORD.json``: any report from a record that was written before."""

from __future__ import annotations

import io
import json
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from ..record.files import write_whole
from ..reports.github import github, github_summary
from ..reports.gradebooks import classroom, gradescope, prairielearn
from ..reports.html import html
from ..reports.junit import junit
from ..reports.model import Report
from ..reports.points import PointsError, Weights, read_weights
from ..reports.reading import RecordError, read
from ..reports.terminal import render_terminal
from .console import make_console

FORMATS = ("terminal", "html", "junit", "github", "gradescope", "prairielearn", "classroom")
_PLAIN: Mapping[str, Callable[[Report], str]] = {"html": html, "junit": junit}
_GRADED: Mapping[str, Callable[[Report, Weights | None], str]] = {
    "gradescope": gradescope,
    "prairielearn": prairielearn,
    "classroom": classroom,
}


def load(file: str) -> Report:
    """Read a record from a file, or from standard input for ``-``.

    Raises
    ------
    click.UsageError
        When it cannot be read or is not a record.
    """
    try:
        text = sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")
        return read(json.loads(text))
    except OSError as error:
        raise click.UsageError(f"{file}: cannot read it: {error.strerror or error}") from error
    except RecordError as error:
        raise click.UsageError(f"{file}: {error}") from error
    except ValueError as error:  # JSON and unicode
        raise click.UsageError(
            f"{file}: this is not JSON ({error}); "
            "wanted the record that 'nndl check --json FILE' writes"
        ) from error


def load_weights(file: str | None) -> Weights | None:
    """Read the TOML of points.

    Raises
    ------
    click.UsageError
        When it cannot be read or used.
    """
    if file is None:
        return None
    try:
        return read_weights(Path(file).read_text(encoding="utf-8"))
    except (OSError, UnicodeError, PointsError) as error:
        raise click.UsageError(f"{file}: {error}") from error


def write(
    record: Mapping[str, Any] | Report, form: str, file: str, weights: Weights | None = None
) -> None:
    """Write one format to a file, ``-`` being standard output.

    With ``github`` the annotations go there, and the matrix goes to the job summary when the
    environment names one.

    Raises
    ------
    click.UsageError
        When the file cannot be written.
    """
    report = read(record)
    if form == "github":
        text = github(report, root=os.environ.get("GITHUB_WORKSPACE", str(Path.cwd())))
        summary = os.environ.get("GITHUB_STEP_SUMMARY")
        if summary:
            _append(summary, github_summary(report))
    elif form in _GRADED:
        text = _GRADED[form](report, weights)
    else:
        text = _PLAIN[form](report)
    if file == "-":
        sys.stdout.buffer.write(text.encode("utf-8"))
        sys.stdout.buffer.write(b"" if text.endswith("\n") else b"\n")
        sys.stdout.buffer.flush()
    else:
        _put(file, text)


def _put(file: str, text: str) -> None:
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


@click.command()
@click.argument("record", metavar="RECORD.json")
@click.option(
    "--format",
    "form",
    type=click.Choice(FORMATS),
    default="terminal",
    show_default=True,
    help="What to make.",
)
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    default="-",
    help="File to write; - (the default) is standard output.",
)
@click.option("--points", metavar="FILE", help="TOML with points, visibility and feedback.")
@click.option("--table", is_flag=True, help="Terminal: argument, ratio, difference, gradients.")
@click.option("--all", "every", is_flag=True, help="Terminal: every failing property in full.")
def report(
    record: str, form: str, output: str, points: str | None, table: bool, every: bool
) -> None:
    """Make a report from the record that `nndl check --json FILE` wrote.

    Nothing is judged again. The exit code is 0 when the report is written, 2 when it cannot be.
    """
    loaded = load(record)
    weights = load_weights(points)
    if form != "terminal":
        write(loaded, form, output, weights)
    elif output == "-":
        render_terminal(loaded, make_console(stderr=False), table, every=every)
    else:
        stream = io.StringIO()
        render_terminal(loaded, Console(file=stream, width=100), table, every=every)
        _put(output, stream.getvalue())
