"""``nndl check``: judge an implementation and say so."""

from __future__ import annotations

import io
import secrets
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click
from rich.console import Console

from ..checks import all_properties
from ..implementation import NothingDefined, Target, TargetError, resolve_target
from ..implementation.isolation import Isolation
from ..judge.suite import Suite
from ..record.build import build
from ..record.merge import in_words, unjudged
from ..record.schema import Record
from ..spec.demands import PROFILES, Demands
from ..spec.reading import SpecsError
from ..spec.row import LayerSpec
from .console import complain, make_console
from .gather import gather, nodes
from .isolating import LOADING, isolation_options, names, say_what, with_clock
from .job import Job, hypothesis_elsewhere
from .judging import interruptible, judge_all
from .outputs import Outputs, check_writable, output_options, view_options
from .progress import Progress
from .settings import Settings, SettingsError, settings_of

if TYPE_CHECKING:  # these are imported where they are used: discovery is as large as all the rest
    from ..discovery.inputs import Wanted
    from .first_lines import FirstLines
    from .undeclared import Undeclared

PASS, WRONG, UNUSABLE, BROKEN = 0, 1, 2, 3
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


def project_settings(target: str | None) -> Settings:
    """What the project of a target says of itself."""
    try:
        return settings_of(Path(target or ".").expanduser())
    except SettingsError as error:
        raise click.UsageError(str(error)) from error


def was_given(option: str) -> bool:
    """Whether an option stands on the command line, not only in its default."""
    source = click.get_current_context().get_parameter_source(option)
    return source is click.core.ParameterSource.COMMANDLINE


def check_known(
    names: frozenset[str], specs: Sequence[LayerSpec], option: str, target: str | None = None
) -> None:
    """Refuse a name that no row, layer or function has, and nothing that a target derives.

    Raises
    ------
    click.UsageError
        There is no such name.
    """
    known = {spec.layer for spec in specs}
    full = known | {spec.name for spec in specs} | {f for spec in specs for f in spec.functions}
    unknown = sorted(names - full)
    if not unknown:
        return
    from ..discovery.targets import look

    try:
        found = look(resolve_target(target)).candidates
    except TargetError:
        found = ()
    for name in unknown:
        if not any(one.answers_to(name) for one in found):
            layers = ", ".join(dict.fromkeys(spec.layer for spec in specs))
            own = ", ".join(one.name for one in found)
            raise click.UsageError(
                f"{option}: there is no layer {name!r}; choose from {layers}"
                + (f"; or of what the target derives: {own}" if own else "")
                + "; nndl check --list tells what judges each"
            )


@click.command()
@click.argument("target", required=False)
@click.option("--only", callback=names, metavar="LAYER,…", help="Judge these layers alone.")
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
@click.option("--strict", is_flag=True, help="Robustness and convention count as failures.")
@click.option("--require", callback=names, metavar="LAYER,…", help="Missing is then a failure.")
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

    TARGET is a homework folder that holds an nndl package, the package's folder, a Python file, or
    an import name; by default ./nndl or ./layers.py, else the bundled package.

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
    settings = project_settings(target)
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
    )
    try:
        specs = job.known_rows()
    except SpecsError as error:
        raise click.UsageError(str(error)) from error
    check_known(only, specs, "--only", target)
    check_known(require, specs, "--require", target)
    if why is not None:
        check_known(frozenset({why}), specs, "--why", target)
        layer = [f for spec in specs if why in (spec.name, spec.layer) for f in spec.functions]
        if layer and why not in layer:
            functions = ", ".join(dict.fromkeys(layer))
            raise click.UsageError(f"--why: there is no function {why!r}; choose from {functions}")
        only = only or frozenset({why})
    if listing:
        list_matrix(console, specs)
        if target is not None:
            list_found(console, target)
        return
    declared = declared_inputs(inputs)
    job = replace(job, only=only)
    try:
        found = resolve_target(target)
        suite = job.suite()
        if not concise:
            say_what(console, found, job.held)
        need_rows(suite, found)
        suite.implementation  # noqa: B018  opened here: a target that cannot be used is exit code 2
        job = with_clock(job, suite.implementation, started, timeout)
    except NothingDefined as error:
        record, code, undeclared = _undeclared_alone(job, found, declared, require)
        lacking = [name for name in sorted(only | require) if not undeclared.answers_to(name)]
        if lacking:
            complain("check", error)
            sys.exit(UNUSABLE)
        if why is not None:
            explain_found(undeclared, console)
        lines = None if no_steps else first_lines(record, job, undeclared)
        _finish(record, code, undeclared, lines, console, outputs)
    except TargetError as error:
        complain("check", error)
        sys.exit(UNUSABLE)
    others: Undeclared | None = None
    try:
        own = why if any(why in spec.functions for spec in specs) else None
        record, code = judge_rows(suite, job, found, require, console, why=own)
        if code != BROKEN and found.kind != "bundled" and not _all_judged(only, record):
            from .undeclared import beside

            others = _undeclared_beside(record, job, found, declared)
            record = beside(record, others, demands, required=require)
            if why is not None and others.answers_to(why):
                explain_found(others, console)
            if code != UNUSABLE or others.judged:
                code = PASS if record.verdict == "pass" else WRONG
    except KeyboardInterrupt:
        done = f"{len(suite.readings)} of {len(suite.specs)} rows"
        click.echo(f"nndl check: interrupted after {done}; no verdict, no reports", err=True)
        sys.exit(INTERRUPTED)
    _explain(suite, found, code, console)
    lines = None if no_steps else first_lines(record, job, others)
    _finish(record, code, others, lines, console, outputs)


def first_lines(record: Record, job: Job, undeclared: Undeclared | None) -> FirstLines | None:
    """Start to look for the first wrong line of each wrong function."""
    if not record.with_status("fail"):
        return None
    from .first_lines import FirstLines, asked_of_found, asked_of_rows

    asked = [
        *asked_of_rows(record, job.known_rows()),
        *asked_of_found(() if undeclared is None else undeclared.results),
    ]
    return FirstLines(asked, job) if asked else None


def _finish(
    record: Record,
    code: int,
    undeclared: Undeclared | None,
    lines: FirstLines | None,
    console: Console,
    outputs: Outputs,
) -> NoReturn:
    """Show and write everything, and leave with the exit code."""
    try:
        if record.functions or record.not_judged or outputs.concise:
            record = outputs.show(record, console, lines)
    finally:
        if lines is not None:
            lines.close()
    outputs.write(record)
    if undeclared is not None and code == UNUSABLE:
        from .undeclared import how_to_declare

        where = undeclared.target.describe()
        complain("check", f"nothing was judged in {where}; {how_to_declare(undeclared)}")
    sys.exit(code)


def need_rows(suite: Suite, target: Target) -> None:
    """Say that no row is asked for, only what the target derives by itself.

    Raises
    ------
    NothingDefined
        There is nothing for the suite to open.
    """
    if not suite.specs:
        raise NothingDefined(f"Nothing that was asked for is defined in {target.path}.")


def _all_judged(only: frozenset[str], record: Record) -> bool:
    """Whether all that was asked for are rows that are there."""
    there = (f for f in record.functions if f.status in ("pass", "fail"))
    return bool(only) and only <= {name for f in there for name in (f.name, f.row, f.layer)}


def explain_found(undeclared: Undeclared, console: Console) -> None:
    """Say what was seen of functions that nobody declared."""
    from .why_found import explain

    for one in undeclared.found:
        explain(one, console)


def _undeclared_alone(
    job: Job, target: Target, declared: Mapping[str, Wanted], require: frozenset[str]
) -> tuple[Record, int, Undeclared]:
    """Judge a target that has no function of the contract."""
    from ..discovery.targets import LIMITS
    from .undeclared import Search, alone, judge_undeclared

    started = time.perf_counter()
    undeclared = judge_undeclared(
        Search(
            target=target,
            demands=job.demands,
            declared=declared,
            only=job.only,
            in_process=job.in_process,
            limits=job.limits(LIMITS),
        )
    )
    elapsed = time.perf_counter() - started
    record = alone(undeclared, job.demands, elapsed=elapsed, tier=job.held.tier, required=require)
    if not undeclared.judged:
        return record, UNUSABLE, undeclared
    return record, PASS if record.verdict == "pass" else WRONG, undeclared


def known_of(record: Record) -> frozenset[str]:
    """What is judged as a row, as a search for what nobody declared has to know it."""
    return frozenset(
        f"{f.file}::{name}"
        for f in record.with_status("pass", "fail")
        for name in (f.name, f.name.rpartition(".")[2])
    )


def _undeclared_beside(
    record: Record, job: Job, target: Target, declared: Mapping[str, Wanted]
) -> Undeclared:
    """Judge what a target has beside the functions of the contract.

    A function that has a name of the contract and cannot be called as the contract says is another
    function, or has another forward than the contract's.
    """
    from ..discovery.targets import LIMITS
    from .undeclared import Search, judge_undeclared, known_of

    return judge_undeclared(
        Search(
            target=target,
            demands=job.demands,
            known=known_of(record),
            declared=declared,
            only=job.only,
            in_process=job.in_process,
            limits=job.limits(LIMITS),
        )
    )


def judge_rows(
    suite: Suite,
    job: Job,
    target: Target,
    require: frozenset[str],
    console: Console,
    *,
    why: str | None = None,
) -> tuple[Record, int]:
    """Run a suite; give its record and the exit code."""
    started = time.perf_counter()
    try:
        with (
            hypothesis_elsewhere(),
            interruptible() as interrupt,
            Progress(console, suite) as progress,
        ):
            judge_all(suite, job, interrupt, progress.done)
        planned = nodes(suite)
        elapsed = time.perf_counter() - started
        seen = gather(suite, target)
        record = build(
            seen,
            target,
            job.demands,
            planned=planned,
            required=require,
            elapsed=elapsed,
            tier=job.held.tier,
        )
        if lost := unjudged(record.functions, planned):
            suite.broken.append(f"planned and not judged: {in_words(lost)}")
        if why is not None and not suite.broken:
            from .why import explain

            explain(suite, why, console)
    finally:
        suite.close()
    if suite.broken or not suite.planned:
        return record, BROKEN
    if all(function.status == "missing" for function in record.functions):
        return record, WRONG if require else UNUSABLE
    return record, PASS if record.verdict == "pass" else WRONG


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


def judge_target(job: Job, *, required: frozenset[str], timeout: float | None = None) -> Record:
    """Judge a target in silence; gives the record that the command writes.

    Raises
    ------
    TargetError
        The target cannot be used.
    RuntimeError
        The suite itself broke.
    """
    started = time.monotonic()
    job = replace(job, until=started + (timeout or LOADING))
    target, suite = resolve_target(job.target), job.suite()
    try:
        need_rows(suite, target)
        job = with_clock(job, suite.implementation, started, timeout)
    except NothingDefined:
        record, _, undeclared = _undeclared_alone(job, target, {}, required)
        if not all(undeclared.answers_to(name) for name in job.only | required):
            raise
        return record
    record, code = judge_rows(suite, job, target, required, Console(file=io.StringIO()))
    if code == BROKEN:
        raise RuntimeError("the suite itself broke:\n" + "\n".join(suite.broken[:1]))
    if target.kind != "bundled" and not _all_judged(job.only, record):
        from .undeclared import beside

        others = _undeclared_beside(record, job, target, {})
        record = beside(record, others, job.demands, required=required)
    return record


def load_points(file: str | None) -> Any:
    """Read the TOML of points, if there is one."""
    if file is None:
        return None
    from .report import load_weights

    return load_weights(file)


def list_found(console: Console, target: str) -> None:
    """Print what a target derives by hand, as its text says it; nothing of it runs."""
    from ..discovery.targets import look

    try:
        looked = look(resolve_target(target))
    except TargetError as error:
        raise click.UsageError(str(error)) from error
    console.print(f"[bold]derivative_of_its_own_forward[/] (correctness): in {target}")
    for one in looked.candidates:
        said = one.pairings[0].label if one.pairings else f"{one.name}: {one.reason}"
        console.print(f"    {said}", style="dim", markup=False, highlight=False)
    if looked.note:
        console.print(f"    {looked.note}", style="dim", markup=False, highlight=False)


def list_matrix(console: Console, specs: Sequence[LayerSpec]) -> None:
    """Print the layers and the properties that judge each."""
    for declared in all_properties():
        rows = [spec.name for spec in specs if declared.concerns(spec)]
        console.print(f"[bold]{declared.name}[/] ({declared.kind.value}): {declared.title}")
        console.print(f"    {', '.join(rows)}", style="dim")
