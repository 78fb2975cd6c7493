"""``nndl grade``: judge a class, and write what a teacher needs of it."""

from __future__ import annotations

import contextlib
import difflib
import errno
import sys
import zipfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
from msgspec.structs import replace

from ..commands.console import make_console
from ..commands.isolating import isolation_options, memory_option, names
from ..commands.job import Job
from ..commands.listing import check_known, check_required
from ..commands.report import load_weights
from ..implementation.folders import remove_orphans
from ..implementation.isolation import Isolation
from ..record.text import one_line
from ..reports.points import Weights
from ..spec.demands import PROFILES, Demands
from ..spec.reading import SpecsError
from .autograder import SERVICES, autograder, write_autograder
from .gradebook import Asked
from .kept import InUse, Kept
from .naming import NoSubmissions, find_submissions, remarks
from .values import Options

VOID = 3
_NOT_WRITTEN = {
    *(errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM, errno.EIO),
    *(errno.ENOTDIR, errno.EISDIR, errno.EEXIST, errno.ENAMETOOLONG, errno.EFBIG),
}


def _names(
    context: click.Context, parameter: click.Parameter, value: str | None
) -> tuple[str, ...]:
    return tuple(sorted(names(context, parameter, value)))


class _Submissions(click.Path):
    """The folder of a class."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Say of an archive what to do with it."""
        if zipfile.is_zipfile(value):
            self.fail(
                f"{one_line(str(value))} is a zip: unpack it, and name the folder", param, ctx
            )
        return super().convert(value, param, ctx)


_FOLDER = _Submissions(exists=True, file_okay=False, path_type=Path)
_OUT = click.Path(file_okay=False, path_type=Path)
_ANY = click.Path(path_type=Path)


@click.command()
@click.argument("submissions", type=_FOLDER, required=False)
@click.option("--out", type=_OUT, metavar="DIR", help="Where grades, pages and results go.")
@click.option("--points", metavar="FILE", help="TOML with points, visibility and feedback.")
@click.option(
    "--profile",
    type=click.Choice(list(PROFILES)),
    default="standard",
    show_default=True,
    help="25, 100 or 2,000 examples a property.",
)
@click.option("--only", callback=_names, metavar="LAYER,…", help="Judge these layers alone.")
@click.option("--require", callback=_names, metavar="LAYER,…", help="Missing is then a failure.")
@click.option("--strict", is_flag=True, help="Robustness and convention count as failures.")
@click.option("--dropout-p", type=click.Choice(["drop", "keep"]), help="Demand one reading of p.")
@click.option(
    "--specs",
    "specs_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="A file with LayerSpecs of your own.",
)
@click.option(
    "--seed",
    default="random",
    show_default=True,
    metavar="NUMBER|random",
    help="Seed of the examples; random: drawn once, kept in DIR.",
)
@isolation_options
@memory_option(Options().memory)
@click.option(
    "--scheduler",
    metavar="ADDRESS",
    help="A dask cluster that runs; by default one on this machine.",
)
@click.option(
    "--workers",
    type=click.IntRange(1),
    metavar="N",
    help="Processes on this machine; by default one a processor.",
)
@click.option(
    "--autograder",
    "service",
    type=click.Choice(SERVICES),
    help="Write an autograder for a service instead, with these options.",
)
@click.option("-o", "--output", type=_ANY, metavar="FILE", help="Its .zip or folder.")
@click.option("--dashboard", is_flag=True, help="Show dask's dashboard at http://127.0.0.1:8787.")
def grade(
    submissions: Path | None,
    out: Path | None,
    points: str | None,
    profile: str,
    only: tuple[str, ...],
    require: tuple[str, ...],
    strict: bool,
    dropout_p: str | None,
    specs_file: Path | None,
    seed: str,
    isolation: Isolation,
    allowed: frozenset[str],
    timeout: float | None,
    memory: int,
    scheduler: str | None,
    workers: int | None,
    service: str | None,
    output: Path | None,
    dashboard: bool,
) -> None:
    """Judge every submission in SUBMISSIONS and write the grades.

    SUBMISSIONS is a folder of folders, Python files, notebooks or zips, one a student, or what
    Gradescope, Canvas, Moodle or GitHub Classroom exports. Stopped at any moment, the same command
    goes on where it was.

    \b
    Exit code: 0 everything has a verdict, 1 something could not be judged,
    2 the options cannot be used, 3 a canary got a wrong verdict or DIR cannot be written: there
    are no grades.
    """
    options = Options(
        profile=profile,
        strict=strict,
        dropout_p=dropout_p,
        only=only,
        require=require,
        isolation=isolation,
        allowed=tuple(sorted(allowed)),
        timeout=timeout,
        memory=memory,
        specs=specs_file.read_text(encoding="utf-8") if specs_file else "",
    )
    known, asked = _asked(only, require, specs_file)
    weights = load_weights(points) or Weights()
    for line in _misspelt(weights, known):
        click.echo(line, err=True)
    if service is not None:
        _write_autograder(service, output, options, points)
        return
    if submissions is None or out is None:
        raise click.UsageError("name the folder of submissions, and --out DIR; or --autograder")
    _need_dask()
    from .batch import connect, judge_batch
    from .progress import Submissions
    from .writing import nobody, write_all

    console = make_console(stderr=False)
    try:
        found = find_submissions(submissions, without=out)
    except NoSubmissions as error:
        raise click.UsageError(str(error)) from error
    with _endings(out):
        kept = Kept(out)
        with kept.locked():
            options = replace(options, seed=kept.seed() if seed == "random" else _number(seed))
            with Submissions(console, len(found)) as progress:
                judged = judge_batch(
                    found,
                    options,
                    kept,
                    lambda tasks: connect(scheduler, tasks, workers=workers, dashboard=dashboard),
                    progress.done,
                )
            results = [judged.results[place] for place in range(len(found))]
            name = submissions.resolve().name
            told = tuple(remarks(submissions, found, without=out))
            written = write_all(out, name, found, results, weights, options, asked, told)
    states = Counter(line.state for line in written.lines)
    counts = ", ".join(f"{count} {state}" for state, count in states.most_common())
    said = f"{len(found)} submissions: {counts}; {judged.judged} judged now; see {out}"
    for line in (*told, *nobody(written), said):
        console.print(line, markup=False, soft_wrap=True)
    sys.exit(0 if all(line.told and not line.late for line in written.lines) else 1)


def _need_dask() -> None:
    try:
        from .batch import connect  # noqa: F401
    except ModuleNotFoundError as error:
        raise click.UsageError(
            f"there is no {error.name} here, which spreads a class over processors; install it "
            "with pip install 'nndl[grade]', or in a checkout pip install -e '.[grade]'"
        ) from error


@contextlib.contextmanager
def _endings(out: Path) -> Iterator[None]:
    """Say why there are no grades, and leave."""
    from .batch import NoCluster, Void

    try:
        yield
    except KeyboardInterrupt:
        remove_orphans()  # of the workers, which are gone
        raise
    except (InUse, NoCluster) as error:
        raise click.UsageError(str(error)) from error
    except Void as error:
        click.echo(f"nndl grade: void, nothing is graded: {error}", err=True)
        click.echo(f"grades that are in {out} are of an earlier run", err=True)
        sys.exit(VOID)
    except OSError as error:
        if error.errno not in _NOT_WRITTEN:
            raise
        click.echo(
            f"nndl grade: {one_line(out)} cannot be written: {error.strerror}; the same command "
            "goes on where it was, and until then what is there may be of different runs",
            err=True,
        )
        sys.exit(VOID)


def _asked(
    only: tuple[str, ...], require: tuple[str, ...], specs_file: Path | None
) -> tuple[frozenset[str], Asked]:
    """Every name of a layer or function that there is, and the functions that are asked for."""
    job = Job(
        target="bundled",
        demands=Demands(),
        only=frozenset(only),
        specs_file=str(specs_file) if specs_file else None,
    )
    try:
        known = job.known_rows()
    except SpecsError as error:
        raise click.UsageError(str(error)) from error
    check_known(frozenset(only), known, "--only")
    check_known(frozenset(require), known, "--require")
    rows = job.asked(known)
    check_required(frozenset(require), frozenset(only), rows)
    layers = {name: row.layer for row in rows for name in row.judged}
    required = frozenset(
        name for row in rows for name in row.judged if {name, row.name, row.layer} & set(require)
    )
    names = frozenset(name for row in known for name in (row.name, row.layer, *row.functions))
    asked = Asked(
        layers=layers, named=frozenset(name for name in layers if only), required=required
    )
    return names, asked


def _misspelt(weights: Weights, known: frozenset[str]) -> Iterator[str]:
    """What to say, before a class is judged, of points for a name that no layer has."""
    for name in sorted({*weights.points, *weights.visibility} - known):
        near = difflib.get_close_matches(name, sorted(known), n=1, cutoff=0.8)
        if near:
            yield (
                f"--points: there is no layer or function {one_line(name)!r}; did you mean "
                f"{near[0]}? It counts where a submission derives a function of that name"
            )


def _write_autograder(
    service: str, output: Path | None, options: Options, points: str | None
) -> None:
    if output is None:
        raise click.UsageError("--autograder: name the archive or folder to write with -o")
    text = Path(points).read_text(encoding="utf-8") if points else ""
    try:
        write_autograder(autograder(service, options, text), output)
    except OSError as error:
        raise click.UsageError(f"-o: {error}") from error


def _number(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise click.BadParameter(f"--seed: {text!r} is no number, nor 'random'") from None
