"""The reports that ``nndl check`` writes beside its terminal output."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import click

from ..record.schema import Record

FORMATS = {
    "html": "Write the page, one file without outside resources.",
    "junit": "Write JUnit XML.",
    "gradescope": "Write Gradescope's results.json.",
    "prairielearn": "Write PrairieLearn's results.json.",
    "classroom": "Write GitHub Classroom's result.",
}

Command = TypeVar("Command", bound=Callable[..., Any])


def output_options(command: Command) -> Command:
    """Add an option for every format to a command."""
    for name, text in reversed(FORMATS.items()):
        command = click.option(f"--{name}", metavar="FILE", help=text)(command)
    command = click.option(
        "--github", is_flag=True, help="Annotate the wrong functions in a GitHub workflow."
    )(command)
    return click.option("--points", metavar="FILE", help="TOML with points for the grade books.")(
        command
    )


def check_writable(files: Mapping[str, str | None]) -> None:
    """Refuse an output that cannot be written before the run, not after it.

    Raises
    ------
    click.UsageError
        The folder of a file does not exist, or the file is a folder.
    """
    for option, file in files.items():
        if file is None or file == "-":
            continue
        path = Path(file)
        if path.is_dir():
            raise click.UsageError(f"--{option}: {file!r} is a folder; name a file")
        if not path.absolute().parent.is_dir():
            raise click.UsageError(
                f"--{option}: cannot write {file!r}: there is no folder {str(path.parent)!r}"
            )


def write_outputs(
    record: Record, files: Mapping[str, str | None], *, github: bool, points: Any
) -> None:
    """Write every format that was asked for."""
    from .report import write

    for name, file in files.items():
        if file is not None:
            write(record, name, file, points)
    if github:
        write(record, "github", "-")
