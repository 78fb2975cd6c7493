"""The command ``nndl``."""

from __future__ import annotations

import importlib

import click

# Named here and imported when asked for: each brings libraries that the others do not need.
_LAZY: dict[str, str] = {
    "check": ".check",
    "steps": ".steps",
    "report": ".report",
}


class _Commands(click.Group):
    """A group that imports a command when it is used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*super().list_commands(ctx), *_LAZY]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _LAZY:
            return super().get_command(ctx, cmd_name)
        module = _LAZY[cmd_name]
        command: click.Command = getattr(importlib.import_module(module, __package__), cmd_name)
        return command


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="nndl", prog_name="nndl")
def main() -> None:
    """Say which forward/backward pair is wrong, on the smallest example.

    Start with `nndl check`, in the folder that holds your nndl package or your layers.py. When a
    backward is wrong, `nndl steps` says which of its lines is wrong first.
    """
