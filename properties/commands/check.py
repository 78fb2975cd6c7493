"""``nndl check``: judge an implementation and say so."""

from __future__ import annotations

import contextlib
import io
import json
import os
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from unittest.mock import patch

import click
import pytest
from hypothesis.configuration import set_hypothesis_home_dir
from rich.console import Console

from ..implementation import Target, TargetError, resolve_target
from ..judge.property import Property
from ..judge.suite import Suite
from ..layers import ALL
from ..record.build import hold_against_plan, make_record, verdict_of
from ..record.files import write_whole
from ..spec.demands import PROFILES, Demands
from ..spec.row import LayerSpec
from .beside import start_beside
from .console import make_console
from .outputs import check_writable, output_options, write_outputs
from .plugin import CHECKS, SUITE, SpecsError, make_suite, read_specs
from .progress import Progress
from .why import explain

PASS, WRONG, UNUSABLE, BROKEN = 0, 1, 2, 3
INTERRUPTED = 130  # as shells say it: 128 and the signal's number


class _Given:
    """Hand a suite to the pytest run underneath."""

    def __init__(self, suite: Suite) -> None:
        self.suite = suite

    @pytest.hookimpl(tryfirst=True)
    def pytest_configure(self, config: pytest.Config) -> None:
        config.stash[SUITE] = self.suite

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.suite.broken.append(str(report.longrepr))

    def pytest_internalerror(self, excrepr: object) -> None:
        self.suite.broken.append(str(excrepr))


def run_pytest(suite: Suite) -> int:
    """Run every property over a suite, silently; the suite holds what came out."""
    # A user's pytest.ini, conftest.py, plugins and options have no say in a verdict.
    own = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_ADDOPTS": "", "PYTEST_PLUGINS": ""}
    rooms = Path(__file__).resolve().parents[2]
    args = [
        str(CHECKS),
        f"--rootdir={rooms}",
        f"--confcutdir={CHECKS}",
        "-c",
        os.devnull,
        "--noconftest",
        "--assert=plain",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:terminal",
        "-p",
        "no:faulthandler",
        "-p",
        "no:warnings",
        "-p",
        "properties._entry",
        "--capture=no",
    ]
    with patch.dict(os.environ, own):
        return int(pytest.main(args, plugins=[_Given(suite)]))


def _names(context: click.Context, parameter: click.Parameter, value: str | None) -> frozenset[str]:
    return frozenset(name.strip() for name in (value or "").split(",") if name.strip())


def _known(names: frozenset[str], specs: Sequence[LayerSpec], option: str) -> None:
    known = {spec.layer for spec in specs}
    full = known | {spec.name for spec in specs} | {f for spec in specs for f in spec.functions}
    for name in sorted(names - full):
        layers = ", ".join(dict.fromkeys(spec.layer for spec in specs))
        raise click.UsageError(f"{option}: there is no layer {name!r}; choose from {layers}")


@click.command()
@click.argument("target", required=False)
@click.option("--only", callback=_names, metavar="LAYER,…", help="Judge these layers alone.")
@click.option(
    "--profile",
    type=click.Choice(list(PROFILES)),
    default="standard",
    show_default=True,
    help="25, 100 or 2,000 examples a property.",
)
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of the examples.")
@click.option("--strict", is_flag=True, help="Robustness and convention count as failures.")
@click.option("--require", callback=_names, metavar="LAYER,…", help="Missing is then a failure.")
@click.option("--dropout-p", type=click.Choice(["drop", "keep"]), help="Demand one reading of p.")
@click.option(
    "--json", "json_file", metavar="FILE", help="Write the record; - for standard output."
)
@click.option("--specs", "specs_file", metavar="FILE", help="A file with LayerSpecs of your own.")
@click.option("--in-process", is_flag=True, help="Run TARGET in this process, for a debugger.")
@click.option("--list", "listing", is_flag=True, help="Show layers and properties, and stop.")
@click.option("--table", is_flag=True, help="Show argument, ratio, difference, both gradients.")
@click.option("--why", metavar="FUNCTION", help="Show what each oracle saw of one function.")
@output_options
def check(
    target: str | None,
    only: frozenset[str],
    profile: str,
    seed: int,
    strict: bool,
    require: frozenset[str],
    dropout_p: str | None,
    json_file: str | None,
    specs_file: str | None,
    in_process: bool,
    listing: bool,
    table: bool,
    why: str | None,
    github: bool,
    points: str | None,
    **files: str | None,
) -> None:
    """Judge the forward and backward passes of TARGET.

    TARGET is a homework folder that holds an nndl package, the package's folder, a Python file, or
    an import name; by default ./nndl or ./layers.py, else the bundled package.

    \b
    Exit code: 0 right, 1 wrong or error in a function,
    2 the target or the options cannot be used, 3 the tool itself broke.
    """
    console = make_console(stderr="-" in (json_file, *files.values()))
    check_writable({"json": json_file, **files})
    weights = load_points(points)
    try:
        extra = read_specs(specs_file) if specs_file else ()
    except SpecsError as error:
        raise click.UsageError(str(error)) from error
    specs = (*ALL, *extra)
    _known(only, specs, "--only")
    _known(require, specs, "--require")
    if why is not None:
        functions = [name for spec in specs for name in spec.functions]
        if why not in functions:
            raise click.UsageError(
                f"--why: there is no function {why!r}; choose from {', '.join(functions)}"
            )
        only = only or frozenset({why})
    if listing:
        list_matrix(console, specs)
        return
    demands = Demands(profile=profile, seed=seed, strict=strict, dropout_p=dropout_p)
    try:
        found = resolve_target(target)
        suite = make_suite(target, demands, extra=extra, only=only, in_process=in_process)
        console.print(f"Checking {found.describe()}", soft_wrap=True)
        suite.implementation  # noqa: B018  opened here: a target that cannot be used is exit code 2
    except TargetError as error:
        click.echo(f"nndl check: {error}", err=True)
        sys.exit(UNUSABLE)
    try:
        record, code = _judge(suite, found, require, console, why=why, beside=not in_process)
    except KeyboardInterrupt:
        told = f"interrupted after {suite.done} of {suite.planned} cells; no verdict, no reports"
        click.echo(f"nndl check: {told}", err=True)
        sys.exit(INTERRUPTED)
    if json_file:
        write_record(record, json_file)
    write_outputs(record, files, github=github, points=weights)
    show(record, console, table=table)
    sys.exit(_explain(suite, found, record, code, console))


@contextlib.contextmanager
def _interruptible(suite: Suite) -> Iterator[None]:
    """Let Ctrl-C end the run between two cells.

    Raised anywhere else it may be swallowed, by a garbage collector's callback for one.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(number: int, frame: object) -> None:
        suite.interrupted = True

    before = signal.signal(signal.SIGINT, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _judge(
    suite: Suite,
    target: Target,
    require: frozenset[str],
    console: Console,
    *,
    why: str | None = None,
    beside: bool = True,
) -> tuple[dict[str, Any], int]:
    """Run a suite; give its record and the exit code.

    With ``beside``, the nets are judged in a second process meanwhile.
    """
    started = time.perf_counter()
    plan = suite.specs
    second = start_beside(suite, target) if beside else None
    # What Hypothesis writes beside its database must not end up in the user's folder.
    storage = tempfile.TemporaryDirectory(prefix="nndl-", ignore_cleanup_errors=True)
    set_hypothesis_home_dir(storage.name)
    try:
        with storage, _interruptible(suite), Progress(console, suite) as progress:
            suite.on_verdict = progress.done
            if run_pytest(suite) == pytest.ExitCode.INTERRUPTED and not suite.broken:
                raise KeyboardInterrupt  # pytest swallows it; half a run is no verdict
        record = make_record(suite, target, required=require)
        if second is not None:
            second.join(record, suite)
        hold_against_plan(record, plan, suite)
        record["verdict"] = verdict_of(record, require)
        record["elapsed"] = round(time.perf_counter() - started, 3)
        if why is not None and not suite.broken:
            explain(suite, why, console)
    finally:
        suite.close()
        if second is not None:
            second.end()
    if suite.broken or suite.planned == 0:
        return record, BROKEN
    if all(function["status"] == "missing" for function in record["functions"]):
        return record, WRONG if require else UNUSABLE
    return record, PASS if record["verdict"] == "pass" else WRONG


def _explain(
    suite: Suite, target: Target, record: dict[str, Any], code: int, console: Console
) -> int:
    """Say in words what an exit code above 1 means."""
    if code == BROKEN:
        console.print("nndl check: the tool itself broke; please report this:", style="bold red")
        for text in suite.broken[:1]:
            console.print(text, markup=False)
    elif code == UNUSABLE:
        click.echo(f"nndl check: nothing to judge in {target.describe()}", err=True)
    return code


def run(
    target: str | None = None,
    *,
    only: str = "",
    profile: str = "standard",
    seed: int = 0,
    strict: bool = False,
    require: str = "",
    dropout_p: str | None = None,
    in_process: bool = False,
    beside: bool = True,
) -> dict[str, Any]:
    """Judge a target from Python; gives the record that ``nndl check --json`` writes.

    With ``beside``, nets are judged in a second process where there is a processor for it.

    Raises
    ------
    TargetError
        The target cannot be used.
    """
    names = frozenset(name for name in only.split(",") if name)
    found = resolve_target(target)
    demands = Demands(profile=profile, seed=seed, strict=strict, dropout_p=dropout_p)
    suite = make_suite(target, demands, only=names, in_process=in_process)
    required = frozenset(name for name in require.split(",") if name)
    quiet = Console(file=io.StringIO())
    record, code = _judge(suite, found, required, quiet, beside=beside and not in_process)
    if code == BROKEN:
        raise RuntimeError("the suite itself broke:\n" + "\n".join(suite.broken[:1]))
    return record


def load_points(file: str | None) -> Any:
    """Read the TOML of points, if there is one."""
    if file is None:
        return None
    from .report import load_weights

    return load_weights(file)


def show(record: dict[str, Any], console: Console, *, table: bool) -> None:
    """Print the terminal report."""
    from ..reports.terminal import render_terminal

    render_terminal(record, console, table=table)


def write_record(record: dict[str, Any], json_file: str) -> None:
    """Write the record to a file, or to standard output for ``-``."""
    text = json.dumps(record, indent=1, allow_nan=False)
    if json_file == "-":
        click.echo(text)
        return
    try:
        write_whole(json_file, text + "\n")
    except OSError as error:
        raise click.UsageError(f"--json: cannot write {json_file!r}: {error.strerror}") from error


def list_matrix(console: Console, specs: Sequence[LayerSpec]) -> None:
    """Print the layers and the properties that judge each."""
    for declared in all_properties():
        rows = [spec.name for spec in specs if declared.concerns(spec)]
        console.print(f"[bold]{declared.name}[/] ({declared.kind.value}): {declared.title}")
        console.print(f"    {', '.join(rows)}", style="dim")


def all_properties() -> list[Property]:
    """Every property, in the order of its module and its place there."""
    import importlib

    found: list[Property] = []
    for path in sorted(CHECKS.glob("test_*.py")):
        module = importlib.import_module(f"properties.checks.{path.stem}")
        found += [
            value.declared
            for value in vars(module).values()
            if isinstance(getattr(value, "declared", None), Property)
        ]
    return found
