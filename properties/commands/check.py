"""``nndl check``: judge an implementation and say so."""

from __future__ import annotations

import secrets
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click
from rich.console import Console

from ..implementation import NothingDefined, Target, TargetError, resolve_target
from ..implementation.isolation import Isolation
from ..judge.suite import Suite
from ..record.schema import Record
from ..spec.demands import PROFILES, Demands
from ..spec.reading import SpecsError
from ..spec.row import LayerSpec
from .answer import (
    BROKEN,
    UNUSABLE,
    first_lines,
    judge_rows,
    judge_target,
    need_rows,
    undeclared_alone,
    wants_more,
    with_undeclared,
)
from .console import complain, make_console
from .isolating import (
    LOADING,
    Overdue,
    isolation_options,
    memory_option,
    names,
    say_what,
    with_clock,
)
from .job import Job
from .listing import check_known, check_required, list_found, list_rows, with_modules
from .outputs import Outputs, check_writable, output_options, view_options
from .settings import Settings, SettingsError, settings_of

if TYPE_CHECKING:  # these are imported where they are used: discovery is as large as all the rest
    from ..discovery.inputs import Wanted
    from .undeclared import Undeclared

INTERRUPTED = 130  # as shells say it: 128 and the signal's number


def _seed(context: click.Context, parameter: click.Parameter, value: str) -> int:
    if value == "random":
        return secrets.randbelow(1 << 31)
    try:
        return int(value)
    except ValueError:
        raise click.BadParameter(f"{value!r} is no number, nor 'random'") from None


def declared_inputs(inputs: str | None) -> Mapping[str, Wanted]:
    """What the user says of inputs."""
    if not inputs:
        return {}
    from ..discovery.inputs import InputsError, parse

    try:
        return parse(inputs)
    except InputsError as error:
        raise click.UsageError(str(error)) from error


def project_settings(target: str | None, isolation: Isolation) -> Settings:
    """What the project of a target says of itself."""
    try:
        return settings_of(Path(target or ".").expanduser(), isolation)
    except SettingsError as error:
        raise click.UsageError(str(error)) from error


def was_given(option: str) -> bool:
    """Whether an option stands on the command line, not only in its default."""
    source = click.get_current_context().get_parameter_source(option)
    return source is click.core.ParameterSource.COMMANDLINE


@click.command()
@click.argument("target", required=False)
@click.option(
    "--only", callback=names, metavar="NAME,…", help="Judge these layers or functions alone."
)
@click.option(
    "--profile",
    type=click.Choice(list(PROFILES)),
    default="standard",
    show_default=True,
    help="25, 100 or 2,000 examples a property.",
)
@click.option(
    "--seed",
    callback=_seed,
    default="0",
    show_default=True,
    metavar="NUMBER|random",
    help="Seed of the examples; random is a fresh one, kept in the record.",
)
@click.option("--strict", is_flag=True, help="Manners, conventions and what was not judged count.")
@click.option("--require", callback=names, metavar="NAME,…", help="Missing is then a failure.")
@click.option("--dropout-p", type=click.Choice(["drop", "keep"]), help="Demand one reading of p.")
@click.option(
    "--json", "json_file", metavar="FILE", help="Write the record; - for standard output."
)
@click.option("--inputs", metavar="TEXT", help="Arguments: 'x: (N, D), y: labels(3)'.")
@click.option("--specs", "specs_file", metavar="FILE", help="A file with LayerSpecs of your own.")
@click.option("--in-process", is_flag=True, help="Run TARGET in this process, for a debugger.")
@click.option(
    "--no-steps", is_flag=True, help="Do not look for first wrong lines (2 s a wrong function)."
)
@isolation_options
@memory_option(Job.memory)
@click.option("--list", "listing", is_flag=True, help="Show layers and properties, and stop.")
@view_options
@click.option("--concise", is_flag=True, help="Print path:line:column: wrong: …, for editors.")
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
    inputs: str | None,
    specs_file: str | None,
    in_process: bool,
    no_steps: bool,
    isolation: Isolation,
    allowed: frozenset[str],
    timeout: float | None,
    memory: int,
    listing: bool,
    table: bool,
    matrix: bool,
    script: bool,
    concise: bool,
    why: str | None,
    github: bool,
    points: str | None,
    **files: str | None,
) -> None:
    """Judge the forward and backward passes of TARGET.

    TARGET is a Python file or a notebook with derivatives written by hand, a folder or package of
    them, an import name, or a homework folder that holds an nndl package; by default ./nndl or
    ./layers.py, or the bundled package where there is no other code. All that is derived in it is
    found and judged.

    \b
    Exit code: 0 right, 1 wrong or error in a function,
    2 the target or the options cannot be used, 3 the tool itself broke.
    """
    console = make_console(stderr=concise or "-" in (json_file, *files.values()))
    check_writable({"json": json_file, **files})
    outputs = Outputs(
        json=json_file,
        files=files,
        github=github,
        points=load_points(points),
        concise=concise,
        view={"table": table, "grid": matrix, "script": script},
    )
    settings = project_settings(target, isolation)
    target = settings.target if target is None else target
    if not was_given("profile"):
        profile = settings.table.profile or profile
    demands = Demands(profile=profile, seed=seed, strict=strict, dropout_p=dropout_p)
    started = time.monotonic()
    job = Job(
        target=target,
        demands=demands,
        specs_file=specs_file,
        in_process=in_process,
        isolation=isolation,
        allowed=allowed,
        until=started + (timeout or LOADING),
        memory=memory,
    )
    try:
        specs = job.known_rows()
    except SpecsError as error:
        raise click.UsageError(str(error)) from error
    check_known(only, specs, "--only", target)
    check_known(require, specs, "--require", target)
    if why is not None:
        _check_why(why, specs, target)
        only = only or frozenset({why})
    if listing:
        _list(job, specs, console)
        return
    only = with_modules(only, specs)
    job = replace(job, only=only)
    check_required(require, only, job.asked(specs))
    run = _Run(
        declared=declared_inputs(inputs),
        require=require,
        why=why,
        why_of_row=any(why in spec.functions for spec in specs),
        console=console,
        outputs=outputs,
        with_lines=not no_steps,
    )
    try:
        found = resolve_target(target)
        suite = job.suite()
        if not concise:
            say_what(console, found, job.held)
        need_rows(suite, found)
        suite.implementation  # noqa: B018  opened here: a target that cannot be used is exit code 2
        job = with_clock(job, suite.implementation, started, timeout)
    except NothingDefined as error:
        run.of_undeclared(job, found, error)
    except TargetError as error:
        complain("check", error)
        sys.exit(UNUSABLE)
    run.of_rows(suite, job, found)


def _check_why(why: str, specs: Sequence[LayerSpec], target: str | None) -> None:
    """Complain where ``--why`` names a layer of several functions, or nothing."""
    check_known(frozenset({why}), specs, "--why", target)
    layer = [f for spec in specs if why in (spec.name, spec.layer) for f in spec.functions]
    if layer and why not in layer:
        functions = ", ".join(dict.fromkeys(layer))
        raise click.UsageError(f"--why: there is no function {why!r}; choose from {functions}")


def _list(job: Job, specs: Sequence[LayerSpec], console: Console) -> None:
    """Show what there is to judge."""
    found_too = list_found(job.target) if job.target is not None else ()
    list_rows(console, job.asked(specs))
    for line in found_too:
        console.print(line, markup=False, highlight=False)


@dataclass(frozen=True, kw_only=True)
class _Run:
    """A run from the opened target to the exit code; what it is asked for beside the job."""

    declared: Mapping[str, Wanted]
    require: frozenset[str]
    why: str | None
    why_of_row: bool
    console: Console
    outputs: Outputs
    with_lines: bool

    def of_undeclared(self, job: Job, found: Target, error: NothingDefined) -> NoReturn:
        """Judge a target that has no function of a known name."""
        with Overdue(job.until):
            record, code, undeclared = undeclared_alone(job, found, self.declared, self.require)
        if not all(map(undeclared.answers_to, job.only | self.require)):
            complain("check", error)
            sys.exit(UNUSABLE)
        if self.why is not None:
            explain_found(undeclared, self.console)
        self._finish(record, code, job, undeclared)

    def of_rows(self, suite: Suite, job: Job, found: Target) -> NoReturn:
        """Judge functions of known names, and then what else the target derives."""
        why, others = self.why, None
        own = why if self.why_of_row else None
        try:
            with Overdue(job.until):
                record, code = judge_rows(suite, job, found, self.require, self.console, why=own)
                if code != BROKEN and wants_more(record, job, found):
                    record, code, others = with_undeclared(
                        record, code, job, found, self.declared, self.require
                    )
            if why is not None and others is not None and others.answers_to(why):
                explain_found(others, self.console)
        except KeyboardInterrupt:
            done = f"{len(suite.readings)} of {len(suite.specs)} rows"
            click.echo(f"nndl check: interrupted after {done}; no verdict, no reports", err=True)
            sys.exit(INTERRUPTED)
        _explain(suite, found, code, self.console)
        self._finish(record, code, job, others)

    def _finish(
        self, record: Record, code: int, job: Job, undeclared: Undeclared | None
    ) -> NoReturn:
        """Show and write everything, and leave with the exit code."""
        lines = first_lines(record, job, undeclared) if self.with_lines else None
        try:
            if record.functions or record.not_judged or self.outputs.concise:
                record = self.outputs.show(record, self.console, lines)
        finally:
            if lines is not None:
                lines.close()
        self.outputs.write(record)
        if undeclared is not None and code == UNUSABLE:
            from .beside import how_to_declare

            where = undeclared.target.describe()
            why = "" if undeclared.found else "".join(f" ({note})" for note in undeclared.notes)
            complain("check", f"nothing was judged in {where}{why}; {how_to_declare(undeclared)}")
        sys.exit(code)


def explain_found(undeclared: Undeclared, console: Console) -> None:
    """Say what was seen of functions that nobody declared."""
    from .why_found import explain

    for one in undeclared.found:
        explain(one, console)


def _explain(suite: Suite, target: Target, code: int, console: Console) -> None:
    """Say in words what an exit code above 1 means."""
    if code == BROKEN:
        console.print("nndl check: the tool itself broke; please report this:", style="bold red")
        for text in suite.broken[:1]:
            console.print(text, markup=False)
    elif code == UNUSABLE:
        complain("check", f"nothing to judge in {target.describe()}")


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
    isolation: Isolation = "auto",
) -> Record:
    """Judge a target from Python; gives the record that ``nndl check --json`` writes.

    Raises
    ------
    TargetError
        The target cannot be used.
    """
    names = frozenset(name for name in only.split(",") if name)
    demands = Demands(profile=profile, seed=seed, strict=strict, dropout_p=dropout_p)
    job = Job(
        target=target, demands=demands, only=names, in_process=in_process, isolation=isolation
    )
    required = frozenset(name for name in require.split(",") if name)
    return judge_target(job, required=required)


def load_points(file: str | None) -> Any:
    """Read the TOML of points, if there is one."""
    if file is None:
        return None
    from .report import load_weights

    return load_weights(file)
