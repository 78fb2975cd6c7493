"""The command ``nndl steps``."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from .debugger import debug, debug_all
from .printer import render, to_json
from .values import Report, StepsError

__all__ = ["steps"]

RIGHT, WRONG, UNUSABLE, BROKE = 0, 1, 2, 3


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
@click.option("--inputs", metavar="TEXT", help="arguments of F: 'x: (4, 3), y: labels(3)'")
@click.option(
    "--json", "json_file", metavar="FILE", help="write the record to FILE, - for standard output"
)
@click.option("--seed", type=int, default=0, show_default=True, help="seed of the inputs")
@click.option("--in-process", is_flag=True, help="run TARGET in this process, for a debugger")
@click.option("--whole-case", is_flag=True, help="do not look for a smaller case")
def steps(
    target: str | None,
    layer: str | None,
    forward: str | None,
    backward: str | None,
    inputs: str | None,
    json_file: str | None,
    seed: int,
    in_process: bool,
    whole_case: bool,
) -> None:
    """Say which line of a backward is wrong first.

    TARGET is a folder, a file or an import name (the bundled nndl when left out); LAYER is a
    name of the contract, such as batchnorm, softmax or fc_net. Without LAYER and --forward every
    backward of the contract in TARGET is judged.

    Exit code: 0 right, 1 wrong, 2 TARGET or options cannot be used, 3 the tool broke.
    """
    sys.exit(
        run(
            target,
            layer,
            forward=forward,
            backward=backward,
            inputs=inputs,
            json_file=json_file,
            seed=seed,
            in_process=in_process,
            whole_case=whole_case,
        )
    )


def run(
    target: str | None,
    layer: str | None = None,
    *,
    forward: str | None = None,
    backward: str | None = None,
    inputs: str | None = None,
    json_file: str | None = None,
    seed: int = 0,
    in_process: bool = False,
    whole_case: bool = False,
) -> int:
    """Do what the command does and return its exit code."""
    console = Console(stderr=json_file == "-", highlight=False)
    errors = Console(stderr=True, highlight=False)
    try:
        maker = None
        if in_process:
            from .run import InProcess

            maker = InProcess
        reports: list[Report] = []
        complaints: list[str] = []
        if layer is None and forward is None and backward is None:
            for one in debug_all(target, seed=seed, make_runner=maker):
                if isinstance(one, StepsError):
                    complaints.append(str(one))
                else:
                    reports.append(one)
        else:
            reports.append(
                debug(
                    target,
                    layer,
                    forward=forward,
                    backward=backward,
                    inputs=inputs,
                    seed=seed,
                    make_runner=maker,
                    shrink=not whole_case,
                )
            )
        for report in reports:
            render(report, console)
            console.print()
        for complaint in complaints:
            errors.print(f"cannot be judged: {complaint}")
        _write(json_file, [to_json(report) for report in reports])
    except StepsError as error:
        errors.print(f"nndl steps: {error}")
        return UNUSABLE
    except Exception:
        errors.print_exception()
        return BROKE
    if any(
        report.mistakes or any(g.status == "wrong" for g in report.gradients) for report in reports
    ):
        return WRONG
    # Nothing was judged: that must not look like a pass.
    judged = [any(g.status == "right" for g in report.gradients) for report in reports]
    return RIGHT if judged and all(judged) and not complaints else UNUSABLE


def _write(json_file: str | None, records: list[dict[str, Any]]) -> None:
    if json_file is None:
        return
    record: Any = records[0] if len(records) == 1 else {"schema": 1, "reports": records}
    text = json.dumps(record, ensure_ascii=False, indent=1, allow_nan=False)
    if json_file == "-":
        click.echo(text)
        return
    try:
        Path(json_file).write_text(text + "\n", encoding="utf-8")
    except OSError as error:
        raise StepsError(f"--json: {json_file} cannot be written: {error}") from error
