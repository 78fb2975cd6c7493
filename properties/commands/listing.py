"""What there is to judge: rows, their properties, what a target derives; and what is not there."""

from __future__ import annotations

import difflib
import shlex
from collections.abc import Sequence

import click
from rich.console import Console

from ..checks import all_properties
from ..implementation import TargetError, resolve_target
from ..spec.row import LayerSpec

_MANY = 8


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
    except TargetError as error:
        if target is not None:
            raise click.UsageError(str(error)) from error
        found = ()
    for name in unknown:
        if any(one.answers_to(name) for one in found):
            continue
        own = dict.fromkeys(one.name for one in found)
        near = difflib.get_close_matches(name, [*own, *sorted(full)], n=4)
        words = f"; did you mean {', '.join(near)}?" if near else ""
        if own:
            words += f"; the target derives {', '.join([*own][:_MANY])}"
            words += f" and {len(own) - _MANY} more" if len(own) > _MANY else ""
        tells = (
            f"nndl check --list {shlex.quote(target)}" if target and own else "nndl check --list"
        )
        raise click.UsageError(
            f"{option}: there is no layer or function {name!r}{words}; {tells} names them all"
        )


def with_modules(names: frozenset[str], specs: Sequence[LayerSpec]) -> frozenset[str]:
    """Names, and beside a class without its module the row that it may be of.

    ``ThreeLayerConvNet`` alone was left to what nobody declared, which knows no net's contract.
    """
    full = {f for spec in specs for f in spec.functions if "." in f}
    return names | {f for f in full if f.rpartition(".")[2] in names}


def check_required(
    require: frozenset[str], only: frozenset[str], rows: Sequence[LayerSpec]
) -> None:
    """Refuse to require what is not judged: nobody would hear that it is missing.

    Raises
    ------
    click.UsageError
        A name is not among the rows that are asked for.
    """
    asked = only | {name for row in rows for name in (row.name, row.layer, *row.functions)}
    if only and (beside := require - asked):
        raise click.UsageError(
            f"--require {', '.join(sorted(beside))}: not judged with this --only; name it there too"
        )


def list_found(target: str) -> tuple[str, ...]:
    """Lines of what a target derives by hand, as its text says it; nothing of it runs.

    Raises
    ------
    click.UsageError
        The target cannot be used.
    """
    from ..discovery.targets import look

    try:
        looked = look(resolve_target(target))
    except TargetError as error:
        raise click.UsageError(str(error)) from error
    said = [
        one.pairings[0].label if one.pairings else f"{one.name}: {one.reason}"
        for one in looked.candidates
    ]
    title = f"derivative_of_its_own_forward (correctness): in {target}"
    return (title, *(f"    {line}" for line in (*said, looked.note) if line))


def list_rows(console: Console, specs: Sequence[LayerSpec]) -> None:
    """Print the layers and the properties that judge each."""
    lines = []
    for declared in all_properties():
        rows = ", ".join(spec.name for spec in specs if declared.concerns(spec))
        lines.append(f"[bold]{declared.name}[/] ({declared.kind.value}): {declared.title}")
        lines.append(f"[dim]    {rows}[/]")
    console.print("\n".join(lines))
