"""The child process: ``python main.py CONFIGURATION``, with a pipe on either standard stream.

It moves the pipes to private descriptors, puts limits on itself, and then answers requests until
its parent closes the pipe. Nothing that code under test prints or reads can reach the pipes by
way of the standard streams.
"""

from __future__ import annotations

import faulthandler
import importlib
import importlib.util
import json
import os
import signal
import sys
from typing import Any

NAME = "_suite_child"


def _own_package(module: str) -> Any:
    """Import a module of this folder under a name that no homework uses."""
    if NAME not in sys.modules:
        folder = os.path.dirname(os.path.abspath(__file__))
        spec = importlib.util.spec_from_file_location(
            NAME, os.path.join(folder, "__init__.py"), submodule_search_locations=[folder]
        )
        assert spec is not None
        assert spec.loader is not None
        package = importlib.util.module_from_spec(spec)
        sys.modules[NAME] = package
        spec.loader.exec_module(package)
    return importlib.import_module(f"{NAME}.{module}")


def _private_pipes() -> tuple[int, int]:
    """Move the pipes away from the standard descriptors and put the null device there."""
    reader, writer = os.dup(0), os.dup(1)
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    os.dup2(null, 1)
    os.close(null)
    if sys.platform == "win32":
        import msvcrt

        for descriptor in (reader, writer):
            msvcrt.setmode(descriptor, os.O_BINARY)
    return reader, writer


def main() -> None:
    """Set everything up and serve."""
    configuration = json.loads(sys.argv[1])
    if configuration["keeper"]:
        pipes = (0, 1, 2, configuration["progress"])
        configuration["parent"] = _own_package("keeper").keep(configuration["parent"], pipes)
    reader, writer = _private_pipes()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sys.path[:] = configuration["sys_path"]
    sys.argv = [""]
    faulthandler.enable()
    confined = configuration.get("confine")
    guard = _own_package("guard")
    missing = guard.limit_resources(
        configuration["memory_bytes"], configuration["file_bytes"], configuration["cpu_seconds"]
    )
    if confined is not None:  # before numpy starts threads, which would stay outside
        _own_package("confine").confine(**confined)
    server = _own_package("server")
    stubs = _own_package("stubs")
    _own_package("source").take_more()
    channel = _own_package("channel").Channel(reader, writer, configuration["frame_bytes"])
    progress = server.Progress(configuration["progress"])
    guard.builtins_of_site()
    if confined is None:
        guard.leave_with_parent(configuration["parent"])
    ready = server.Server(progress, missing)
    stubs.harmless_debugger()
    guard.forbid(os.getcwd())
    progress.call(0)  # what comes from here on may be the doing of code under test
    try:
        ready.serve(channel)
    finally:
        os._exit(0)


if __name__ == "__main__":
    main()
