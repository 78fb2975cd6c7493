"""The command ``nndl steps``."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from ..discovery.found import NotJudged
from ..implementation import NotIsolated
from ..implementation.isolation import Isolation
from ..layers import EVERY
from ..record.files import write_whole
from ..record.schema import dump
from ..record.steps import listings
from ..spec.reading import SpecsError, read_specs
from ..spec.row import LayerSpec
from ..steps.debugger import SECONDS, debug, debug_all
from ..steps.printer import render
from ..steps.rewrite.child import LIMITS
from ..steps.rewrite.session import InProcess
from ..steps.subjects import rows_named
from ..steps.values import Report, StepsError
from .console import complain, make_console
from .isolating import isolation_options, say_tier
from .job import hypothesis_elsewhere
from .settings import Settings, SettingsError, settings_of

__all__ = ["run", "steps"]

RIGHT, WRONG, UNUSABLE = 0, 1, 2


@click.command("steps")
@click.argument("target", required=False)
@click.argument("layer", required=False)
@click.option("--forward", metavar="F", help="function that computes the value")
@click.option(
    "--backward",
    metavar="G",
    help="function that computes the gradients; left out "
    "when value and gradient live in one function",
)
@click.option(
    "--inputs",
    metavar="TEXT",
    help="arguments of F: 'x: (4, 3), y: labels(3)', or 'x: (N, D), w: (D, M)'",
)
@click.option("--specs", "specs_file", metavar="FILE", help="a file with LayerSpecs of your own")
@click.option(
    "--json", "json_file", metavar="FILE", help="write the record to FILE, - for standard output"
)
@click.option("--seed", type=int, default=0, show_default=True, help="seed of the inputs")
@click.option(
    "--seconds",
    type=click.FloatRange(min=0.0),
    help="how long to look for causes and a smaller case, each function; the verdict comes anyway "
    f"[default: {SECONDS:g}]",
)
@click.option("--in-process", is_flag=True, help="run TARGET in this process, for a debugger")
@isolation_options
@click.option("--whole-case", is_flag=True, help="do not look for a smaller case")
def steps(**options: Any) -> None:
    """Say which line of a backward is wrong first.

    TARGET is a folder, a file or an import name; when left out, ./nndl or ./layers.py, else the
    bundled nndl. LAYER is a declared layer, such as batchnorm, softmax or fc_net, one of its
    functions, a layer of --specs, or a function or class of TARGET that is derived in it. Without
    LAYER and --forward every backward in TARGET is judged, those that nobody declared too: the
    code tells what their inputs look like.

    Exit code: 0 right; 1 wrong, or a function raises or hangs; 2 TARGET or the options cannot be
    used, or nothing can be judged; 3 the tool broke.
    """
    with hypothesis_elsewhere():
        sys.exit(run(options.pop("target"), options.pop("layer"), **options))


def run(
    target: str | None,
    layer: str | None = None,
    *,
    forward: str | None = None,
    backward: str | None = None,
    inputs: str | None = None,
    specs_file: str | None = None,
    json_file: str | None = None,
    seed: int = 0,
    seconds: float | None = None,
    in_process: bool = False,
    isolation: Isolation = "auto",
    allowed: frozenset[str] = frozenset(),
    timeout: float | None = None,
    whole_case: bool = False,
) -> int:
    """Do what the command does and return its exit code."""
    console, errors = make_console(stderr=json_file == "-"), make_console(stderr=True)
    reports: list[Report] = []
    complaints: list[str] = []
    try:
        _check_writable(json_file)
        _check_order(target, layer, forward)
        if seed < 0:
            raise StepsError(f"--seed is {seed}: give a number that is not negative")
        maker = InProcess if in_process else None
        until = float("inf") if timeout is None else time.monotonic() + timeout
        limits = replace(LIMITS, isolation=isolation, allowed=allowed, until=until)
        own = _own_rows(specs_file)
        settings = settings_of(Path(target or ".").expanduser(), isolation)
        target = target or settings.target
        if forward is not None and layer is None:
            inputs = inputs or _declared(settings, forward, backward)
        tier = say_tier(console, isolation, in_process=in_process)
        word = "" if layer is None or rows_named((*EVERY, *own), layer) else layer
        several = layer is None or bool(word)
        if several and forward is None and backward is None and inputs is None:
            for one in debug_all(
                target,
                rows=own,
                word=word,
                seed=seed,
                seconds=seconds,
                make_runner=maker,
                limits=limits,
            ):
                if isinstance(one, StepsError):
                    complaints.append(str(one))
                    continue
                if isinstance(one, NotJudged):
                    errors.print(one.sentence, markup=False)
                    continue
                reports.append(one)
                render(one, console)
                console.print()
        else:
            reports.append(
                debug(
                    target,
                    layer,
                    forward=forward,
                    backward=backward,
                    inputs=inputs,
                    rows=own,
                    seed=seed,
                    seconds=seconds,
                    make_runner=maker,
                    limits=limits,
                    shrink=not whole_case,
                )
            )
            render(reports[0], console)
        for complaint in complaints:
            complain("steps", f"cannot be judged: {complaint}")
        if json_file is not None:
            _write(json_file, dump(listings(reports, isolation=tier)))
    except (StepsError, SettingsError, NotIsolated) as error:
        complain("steps", error)
        return UNUSABLE
    return exit_code(reports, complaints, own_inputs=inputs is not None)


def exit_code(
    reports: Sequence[Report], complaints: Sequence[str] = (), *, own_inputs: bool = False
) -> int:
    """Return the exit code of a run, the same as the gate's.

    A function that raises on inputs of ours is wrong. A forward that raises on inputs that the
    user described is not: the description may be what is wrong. A skeleton counts only when there
    is nothing else, and a run in which nothing was judged is never a pass.
    """
    outcomes = []
    for report in reports:
        outcome = report.outcome
        if outcome == "error" and own_inputs and report.trouble is not None:
            outcome = "nothing" if report.trouble.function == report.forward else outcome
        outcomes.append(outcome)
    if "wrong" in outcomes or "error" in outcomes:
        return WRONG
    if complaints or "nothing" in outcomes or "right" not in outcomes:
        return UNUSABLE
    return RIGHT


def _declared(settings: Settings, forward: str, backward: str | None) -> str | None:
    """The inputs that the project declares for a function, by its whole or its last name."""
    names = [name for name in (backward, forward) if name]
    names += [name.rpartition(".")[2] for name in names]
    return next((settings.table.inputs[n] for n in names if n in settings.table.inputs), None)


def _own_rows(specs_file: str | None) -> tuple[LayerSpec, ...]:
    try:
        return () if specs_file is None else read_specs(specs_file)
    except SpecsError as error:
        raise StepsError(str(error)) from error


def _check_writable(json_file: str | None) -> None:
    """Complain before the work is done, not after it."""
    if json_file in (None, "-"):
        return
    path = Path(str(json_file))
    if path.is_dir() or not path.absolute().parent.is_dir():
        raise StepsError(f"--json: {json_file} cannot be written: give a file in a folder there is")


def _check_order(target: str | None, layer: str | None, forward: str | None) -> None:
    """A layer in the place of the target is the slip that is made most often."""
    named = target is not None and rows_named(EVERY, target) and not Path(target).exists()
    if named and layer is None and forward is None:
        raise StepsError(
            f"{target} is a layer: name the target first, as in 'nndl steps FOLDER {target}', or "
            f"'nndl steps bundled {target}'"
        )


def _write(json_file: str, text: str) -> None:
    if json_file == "-":
        click.echo(text, nl=False)
        return
    try:
        write_whole(json_file, text)
    except OSError as error:
        raise StepsError(f"--json: {json_file} cannot be written: {error}") from error
