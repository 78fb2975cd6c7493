"""The two doors from outside: the console script and the pytest plugin.

Every pytest run in an environment that has this distribution loads this module, whatever it
tests. So it only registers options; the suite itself is loaded when the run concerns it.
"""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest  # the console script needs it for `nndl check` alone

_ROOM = Path(__file__).resolve().parent


def _activate() -> None:
    import sys

    rooms = str(_ROOM.parent)
    if rooms not in sys.path:
        sys.path.insert(0, rooms)


def main() -> None:
    """Run the command ``nndl``."""
    _activate()
    importlib.import_module("properties.commands.cli").main()


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("nndl", "gradient verification (nndl)")
    group.addoption("--impl", metavar="TARGET", help="folder, file or import name to be checked")
    group.addoption(
        "--nndl-profile",
        choices=["quick", "standard", "thorough"],
        default="quick",
        help="25, 100 or 2,000 examples a property (default: quick)",
    )
    group.addoption("--nndl-seed", type=int, default=0, help="seed of the examples (default: 0)")
    group.addoption("--nndl-strict", action="store_true", help="robustness and convention count")
    group.addoption("--nndl-specs", metavar="FILE", help="a file with LayerSpecs of your own")
    group.addoption("--nndl-in-process", action="store_true", help="run TARGET in this process")
    group.addoption("--dropout-p", choices=["drop", "keep"], help="demand one reading of p")
    group.addoption("--cifar10", metavar="DIR", help="folder of CIFAR-10's Python version")


def _concerns_us(config: pytest.Config) -> bool:
    if config.getoption("--impl"):
        return True
    places = [*config.args, str(config.invocation_params.dir), str(config.rootpath)]
    for text in places:
        if text.split("::")[0].startswith("nndl_suite"):
            return True
        path = Path(text.split("::")[0]).resolve()
        if path == _ROOM or _ROOM in path.parents or path == _ROOM.parent:
            return True
    return False


def pytest_configure(config: pytest.Config) -> None:
    if not _concerns_us(config):
        return
    _activate()
    import pytest

    if config.getoption("--impl") and config.args_source is not pytest.Config.ArgsSource.ARGS:
        config.args[:] = [str(_ROOM / "checks")]
    plugin = importlib.import_module("properties.commands.plugin")
    if not config.pluginmanager.is_registered(plugin):
        config.pluginmanager.register(plugin, "nndl-suite")
