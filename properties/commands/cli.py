"""The command ``nndl``."""

from __future__ import annotations

import difflib
import gc
import importlib
import io
import os
import shlex
import signal
import sys
import threading
import traceback
import warnings
from pathlib import Path
from typing import Any

import click

BROKEN, INTERRUPTED = 3, 130

# Named here and imported when asked for: each brings libraries that the others, and the list of
# commands, do not need.
_LAZY: dict[str, tuple[str, str]] = {
    "check": (".check", "Judge the forward and backward passes of TARGET."),
    "steps": (".steps", "Say which line of a backward is wrong first."),
    "grade": ("..grading.command", "Judge the submissions of a class; write its grade book."),
    "watch": (".watch", "Judge again what has changed, on every save."),
    "report": (".report", "Make a report from the record that `nndl check --json FILE` wrote."),
}


class _Commands(click.Group):
    """A group that imports a command when it is used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*super().list_commands(ctx), *_LAZY]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _LAZY:
            return super().get_command(ctx, cmd_name)
        module, _ = _LAZY[cmd_name]
        gc.disable()  # nothing that an import makes is garbage
        try:
            command: click.Command = getattr(importlib.import_module(module, __package__), cmd_name)
        finally:
            gc.enable()
            gc.freeze()
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find a command; of a name that is none, say what was meant: most often a target."""
        name = args[0]
        if name in _LAZY or name.startswith("-"):
            return super().resolve_command(ctx, args)
        near = difflib.get_close_matches(name, _LAZY, 1)
        is_target = Path(name).exists() or not near
        meant = ["check", *args] if is_target else [*near, *args[1:]]
        said = f"there is no command {name!r}; did you mean: nndl {shlex.join(meant)}"
        raise click.UsageError(said, ctx)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in _LAZY.items()])

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; whatever breaks in it is exit code 3, and never a verdict."""
        if isinstance(sys.stdout, io.TextIOWrapper):
            # A name or a printed text may hold what no encoding can write.
            sys.stdout.reconfigure(errors="backslashreplace")
        if not sys.warnoptions:
            # What overflows is a stranger's number; the verdict says so, on the right line.
            warnings.simplefilter("ignore", RuntimeWarning)
        if threading.current_thread() is threading.main_thread():
            # A pipeline that is cancelled ends as by Ctrl-C: nothing is left behind.
            signal.signal(signal.SIGTERM, lambda number, frame: signal.raise_signal(signal.SIGINT))
        # It may be run among submissions: no process that it starts takes its numpy from there.
        os.environ["PYTHONSAFEPATH"] = "1"
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit):
            raise
        except KeyboardInterrupt:
            click.echo("nndl: interrupted; no verdict", err=True)
            sys.exit(INTERRUPTED)
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            click.echo("nndl: nobody took the whole of what was to be written", err=True)
            sys.exit(BROKEN)
        except Exception:
            click.echo("nndl: the tool itself broke; please report this:", err=True)
            click.echo(traceback.format_exc(), err=True)
            sys.exit(BROKEN)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="nndl", prog_name="nndl")
def main() -> None:
    """Say which forward/backward pair is wrong, on the smallest example.

    Start with `nndl check FILE` for any hand-written derivative in a Python file or a notebook, or
    with `nndl check` in the folder that holds your nndl package. When a backward is wrong, `nndl
    steps` says which of its lines is wrong first.
    """
