"""``nndl watch``: a judge that stays, and answers on every save."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import click
from rich.console import Console
from watchfiles import PythonFilter
from watchfiles import watch as changes_in

from ..implementation import Target, TargetError, resolve_target
from ..implementation.isolation import Isolation
from ..record.schema import Record
from ..reports.phrases import sentence, summary
from ..reports.terminal import render_terminal
from ..reports.text import ASCII, SYMBOL, counted, no_command
from ..spec.demands import Demands
from ..spec.reading import SpecsError
from .check import declared_inputs
from .console import make_console
from .interrupt import Interrupt, interruptible
from .isolating import isolation_options, names
from .job import Job
from .listing import check_known, with_modules
from .watching import OTHERS, Watcher

_AT_ONCE = 4  # rows judged between two looks at whether something was saved
_WAIT = 200  # milliseconds
_SETTLE = 60  # milliseconds in which several events are one save


@click.command()
@click.argument("target", required=False)
@click.option("--only", callback=names, metavar="NAME,…", help="Judge these alone.")
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of the examples.")
@click.option("--strict", is_flag=True, help="Manners, conventions and what was not judged count.")
@click.option("--dropout-p", type=click.Choice(["drop", "keep"]), help="Demand one reading of p.")
@click.option("--inputs", metavar="TEXT", help="Arguments: 'x: (N, D), y: labels(3)'.")
@click.option("--specs", "specs_file", metavar="FILE", help="A file with LayerSpecs of your own.")
@click.option("--no-steps", is_flag=True, help="Do not look for first wrong lines.")
@isolation_options
def watch(
    target: str | None,
    only: frozenset[str],
    seed: int,
    strict: bool,
    dropout_p: str | None,
    inputs: str | None,
    specs_file: str | None,
    no_steps: bool,
    isolation: Isolation,
    allowed: frozenset[str],
    timeout: float | None,
) -> None:
    """Judge TARGET, and again on every save what has changed of it, until Ctrl-C.

    What a save changed is judged on 25 examples a property at once, and on 100 in the background.
    A file that does not parse is half written: the verdicts stay those of before.
    """
    console = make_console(stderr=False)
    job = Job(
        target=target,
        demands=Demands(profile="standard", seed=seed, strict=strict, dropout_p=dropout_p),
        specs_file=specs_file,
        only=only,
        isolation=isolation,
        allowed=allowed,
    )
    try:
        check_known(only, job.known_rows(), "--only", target)
        job = replace(job, only=with_modules(only, job.known_rows()))
        found = resolve_target(target)
    except SpecsError as error:
        raise click.UsageError(str(error)) from error
    except TargetError as error:
        if "does not parse" not in str(error):
            raise click.UsageError(str(error)) from error
        found = None
    watcher = Watcher(job, declared_inputs(inputs))
    screen = Screen(console, watcher)
    try:
        with interruptible(at_once=True) as interrupt:
            saves = _saves(_folder(target, found), interrupt)
            follow(watcher, screen, saves, steps=not no_steps)
    except KeyboardInterrupt:
        console.print("nndl watch: ended")


def follow(watcher: Watcher, screen: Screen, saves: Iterator[bool], *, steps: bool) -> None:
    """Judge what changes, the quick verdict first, until nothing is told any more.

    Parameters
    ----------
    saves
        Whether something was saved since it was asked before.
    """
    saved, there = True, False
    while True:
        if saved:
            there = watcher.look()
            if there and (waiting := watcher.waiting("quick")):
                watcher.judge(waiting, "quick")
            screen.show()
        elif there and (waiting := watcher.waiting("standard")):
            watcher.judge(waiting[:_AT_ONCE], "standard")
            if not watcher.waiting("standard"):
                screen.show()
        elif there and steps and watcher.add_lines():
            screen.show(again=True)
        try:
            saved = next(saves)
        except StopIteration:
            return


def _saves(folder: Path, interrupt: Interrupt) -> Iterator[bool]:
    """Whether a file of Python was saved; it waits only where there is nothing to do."""
    only_code = PythonFilter(extra_extensions=(".ipynb",))
    for changes in changes_in(
        folder, watch_filter=only_code, step=_SETTLE, rust_timeout=_WAIT, yield_on_timeout=True
    ):
        if interrupt.pressed:
            raise KeyboardInterrupt
        yield bool(changes)


def _folder(target: str | None, found: Target | None) -> Path:
    """What is watched: the folder of a file, since an editor may replace the file."""
    if found is None:
        return Path(str(target)).absolute().parent
    if found.path.is_file():
        return found.path.parent
    return found.beside or found.path


@dataclass
class Screen:
    """Shows the last verdict of everything, and what changed."""

    console: Console
    watcher: Watcher
    _before: dict[str, str] = field(default_factory=dict)
    _told: str = ""

    def show(self, *, again: bool = False) -> None:
        """Show what is known now, where it differs from what was shown."""
        console, watcher = self.console, self.watcher
        record = watcher.shown()
        first = not self._before
        changed = [] if record is None else self._changes(record)
        told = watcher.half or watcher.refusal or ("" if record is None else summary(record))
        state = self._state()
        if told == self._told and not changed and not again:
            return
        self._told = told
        if console.is_terminal:
            console.clear()
        if record is not None and (console.is_terminal or again or changed or first):
            render_terminal(record, console)
        for line in [f"{time.strftime('%H:%M:%S')} {state}", *changed]:
            console.print(no_command(line), markup=False, soft_wrap=True)
        if watcher.half or watcher.refusal:
            text = f"no verdict: {watcher.half or watcher.refusal}"
            console.print(no_command(text), markup=False, soft_wrap=True, style="bold")

    def _state(self) -> str:
        if self.watcher.half or self.watcher.refusal:
            return "waiting for the next save"
        left = [unit for unit in self.watcher.waiting("standard") if unit != OTHERS]
        rest = f"; {counted(len(left), 'row')} to be judged on more examples" if left else ""
        return f"watching{rest} (Ctrl-C ends)"

    def _changes(self, record: Record) -> list[str]:
        """Functions whose status is another one than it was when shown before."""
        now = {f.name: f.status for f in record.functions if f.status != "missing"}
        before, self._before = self._before, dict(now)
        symbol = SYMBOL if self.console.encoding.startswith("utf") else ASCII
        lines = []
        for function in record.functions:
            status = now.get(function.name)
            if status is None or not before or before.get(function.name) == status:
                continue
            why = f": {sentence(function)}" if status in ("fail", "error") else ""
            lines.append(f"{symbol[status]} {function.name}{why}")
        lines += [f"– {name}: gone" for name in before if name not in now]
        return lines
