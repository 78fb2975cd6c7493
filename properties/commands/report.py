"""``nndl report RECORD.json``: any report from a record that was written before."""

from __future__ import annotations

import io
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click
from msgspec.structs import replace

from ..record.listing import Listing, is_listing, read_listings
from ..record.merge import merge
from ..record.schema import Record, RecordError, parse, read
from .outputs import view_options
from .writing import FORMATS, put, write

if TYPE_CHECKING:
    from ..reports.points import Weights


def load(files: Sequence[str]) -> Record:
    """Read the records of one run from files, or from standard input for ``-``.

    What `nndl steps` wrote of its functions becomes a part of it.

    Raises
    ------
    click.UsageError
        When one cannot be read, is no record, or is of another run.
    """
    records: list[Record] = []
    listings: list[Listing] = []
    for file in files:
        try:
            given = parse(sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes())
            if is_listing(given):
                listings += read_listings(given)
            else:
                records.append(read(given))
        except OSError as error:
            raise click.UsageError(
                f"{file}: cannot read it: {error.strerror or error}; "
                "nndl check TARGET --json FILE writes one"
            ) from error
        except RecordError as error:
            raise click.UsageError(f"{file}: {error}") from error
    if not records:
        raise click.UsageError(
            f"{', '.join(files)}: got the lines of {listings[0].label} alone; give the record that "
            "'nndl check --json FILE' writes as well"
        )
    try:
        record = merge(records) if len(records) > 1 else records[0]
    except RecordError as error:
        raise click.UsageError(str(error)) from error
    return replace(record, listings=(*record.listings, *listings))


def load_weights(file: str | None) -> Weights | None:
    """Read the TOML of points.

    Raises
    ------
    click.UsageError
        When it cannot be read or used.
    """
    if file is None:
        return None
    from ..reports.points import PointsError, read_weights

    try:
        return read_weights(Path(file).read_text(encoding="utf-8"))
    except OSError as error:
        raise click.UsageError(f"--points: {file}: {error.strerror}") from error
    except (UnicodeError, PointsError) as error:
        raise click.UsageError(f"{file}: {error}") from error


@click.command()
@click.argument("records", metavar="RECORD.json…", nargs=-1, required=True)
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
@view_options
@click.option("--all", "every", is_flag=True, help="Terminal: every failing property in full.")
def report(
    records: tuple[str, ...],
    form: str,
    output: str,
    points: str | None,
    table: bool,
    matrix: bool,
    script: bool,
    every: bool,
) -> None:
    """Make a report from the record that `nndl check --json FILE` wrote.

    Several records are taken as the pieces of one run; what `nndl steps --json FILE` wrote of its
    functions is shown with them. Nothing is judged again. The exit code is 0
    when the report is written, 2 when it cannot be.
    """
    record = load(records)
    weights = load_weights(points)
    if form != "terminal":
        write(record, form, output, weights)
        return
    from rich.console import Console

    from ..reports.terminal import render_terminal
    from .console import make_console

    stream = io.StringIO()
    to_file = Console(file=stream, width=100)
    console = make_console(stderr=False) if output == "-" else to_file
    render_terminal(record, console, table=table, every=every, grid=matrix, script=script)
    if output != "-":
        put(output, stream.getvalue())
