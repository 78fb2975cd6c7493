"""The command ``nndl``."""

from __future__ import annotations

import click

from .command import check


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="nndl", prog_name="nndl")
def main() -> None:
    """Say which forward/backward pair is wrong, on the smallest example.

    Start with `nndl check`, in the folder that holds your nndl package or your layers.py.
    """


main.add_command(check)
