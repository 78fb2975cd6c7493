"""The reports that ``nndl check`` writes beside its terminal output."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
from rich.console import Console

from ..record.listing import Listing
from ..record.schema import Function, Record
from .writing import write, write_record

if TYPE_CHECKING:  # it brings the step debugger along
    from .first_lines import FirstLines

FORMATS = {
    "html": "Write the page, one file without outside resources.",
    "junit": "Write JUnit XML.",
    "sarif": "Write SARIF 2.1.0, for code scanning.",
    "gradescope": "Write Gradescope's results.json.",
    "prairielearn": "Write PrairieLearn's results.json.",
    "classroom": "Write GitHub Classroom's result.",
}

_VIEWS = {
    "matrix": "Show layers x properties.",
    "script": "Show the scripts that repeat the failures.",
    "table": "Show argument, ratio, difference, both gradients.",
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
        The folder of a file does not exist, the file is a folder, or two are one.
    """
    shown = [option for option, file in files.items() if file == "-"]
    if len(shown) > 1:
        both = " and ".join(f"--{option}" for option in shown)
        raise click.UsageError(f"{both} cannot both be standard output; name a file for one")
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


def view_options(command: Command) -> Command:
    """Add the options that say what the terminal shows beside a line for each layer."""
    for name, text in reversed(_VIEWS.items()):
        command = click.option(f"--{name}", is_flag=True, help=text)(command)
    return command


@dataclass(frozen=True, kw_only=True)
class Outputs:
    """What is made of a record: its file, the reports, what the terminal shows."""

    json: str | None
    files: Mapping[str, str | None]
    github: bool
    points: Any
    concise: bool
    view: Mapping[str, bool]

    def show(self, record: Record, console: Console, lines: FirstLines | None = None) -> Record:
        """Print the report; each panel before its first wrong line is known.

        Returns
        -------
        The record with all those lines.
        """
        if lines is None or self.concise:
            record = record if lines is None else lines.into(record)
            self._show(record, console, record.listing_of)
            return record
        self._show(record, console, lines.of)
        return lines.into(record)

    def _show(
        self, record: Record, console: Console, of: Callable[[Function], Listing | None]
    ) -> None:
        if self.concise:
            write(record, "concise", "-")
            return
        from ..reports.terminal import render_terminal

        render_terminal(record, console, **self.view, listing_of=of)

    def write(self, record: Record) -> None:
        """Write every file that was asked for."""
        if self.json:
            write_record(record, self.json)
        for name, file in self.files.items():
            if file is not None:
                write(record, name, file, self.points)
        if self.github:
            write(record, "github", "-")
