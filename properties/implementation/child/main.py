"""The child process: ``python main.py CONFIGURATION``, with a pipe on either standard stream.

It moves the pipes to private descriptors, puts limits on itself, and then answers requests until
its parent closes the pipe. Nothing that code under test prints or reads can reach the pipes by
way of the standard streams.
"""

from __future__ import annotations

import faulthandler
import importlib.util
import json
import mmap
import os
import signal
import struct
import sys
from collections.abc import Mapping
from typing import Any

NAME = "_suite_child"
PROGRESS = struct.Struct("<QQ")
PROGRESS_SIZE = 512


def _load_own_package() -> None:
    """Import this folder under a name that no homework uses."""
    folder = os.path.dirname(os.path.abspath(__file__))
    spec = importlib.util.spec_from_file_location(
        NAME, os.path.join(folder, "__init__.py"), submodule_search_locations=[folder]
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[NAME] = module
    spec.loader.exec_module(module)


def _private_pipes() -> tuple[int, int]:
    """Move the pipes away from the standard descriptors and put the null device there."""
    reader, writer = os.dup(0), os.dup(1)
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    os.dup2(null, 1)
    os.close(null)
    if os.name == "nt":
        import msvcrt

        for descriptor in (reader, writer):
            msvcrt.setmode(descriptor, os.O_BINARY)  # type: ignore[attr-defined]
    return reader, writer


class _Progress:
    """Tells the parent, through shared memory, which call or module is running."""

    def __init__(self, path: str) -> None:
        with open(path, "r+b") as file:
            self._memory = mmap.mmap(file.fileno(), PROGRESS_SIZE)
        self._count = 0

    def call(self, index: int) -> None:
        self._count += 1
        PROGRESS.pack_into(self._memory, 0, self._count, index)

    def module(self, name: str) -> None:
        data = name.encode("utf-8", "replace")[: PROGRESS_SIZE - PROGRESS.size - 1]
        self._memory[PROGRESS.size : PROGRESS.size + len(data) + 1] = data + b"\0"
        self.call(0)


class _Server:
    def __init__(self, configuration: Mapping[str, Any], missing: list[str]) -> None:
        from _suite_child.capture import Printed  # type: ignore[import-not-found]

        self.progress = _Progress(configuration["progress"])
        self.missing = missing
        self.printed = Printed()
        sys.stdin = open(os.devnull)  # noqa: SIM115
        sys.stdout = sys.__stdout__ = self.printed
        sys.stderr = sys.__stderr__ = self.printed
        self.executor: Any = None

    def load(self, layout: Mapping[str, Any], names: list[str]) -> Any:
        """Answer a load request: load the target, give what is known of its functions."""
        from _suite_child.executor import Executor
        from _suite_child.loading import LoadedTarget
        from _suite_child.values import Layout

        layout = {**layout, "forbidden": tuple(layout["forbidden"])}
        target = LoadedTarget(Layout(**layout), names, self.progress.module)
        self.executor = Executor(
            functions=target.functions,
            unusable=target.unusable(),
            is_user_file=target.imports.is_user_file,
            printed=self.printed,
            uses_random=target.uses_random,
            progress=self.progress.call,
        )
        self.printed.take()
        fields = tuple(FIELDS)
        infos = [[getattr(info, field) for field in fields] for info in target.infos.values()]
        return ["loaded", infos, self.missing]

    def run(self, request: list[Any], data: memoryview, generation: int) -> tuple[Any, Any]:
        """Answer a run request: the records of its calls."""
        from _suite_child.packing import ToFrame
        from _suite_child.wire import Encoder

        self.executor.generation = generation
        self.executor.release(request[2])
        encoder = Encoder()
        calls = [_call(node) for node in request[1]]
        reader = _Reader(data)
        records = self.executor.run(calls, reader.arguments, ToFrame(encoder))
        return ["done", records], encoder


FIELDS = (
    *("name", "status", "detail", "blame", "module", "file", "line"),
    *("docstring", "source", "notes"),
)


def _call(node: list[Any]) -> Any:
    from _suite_child.values import Call

    function, args, kwargs, keep, observe, seed, fetch = node
    return Call(
        function,
        tuple([_reference(a) for a in args]),
        {key: _reference(value) for key, value in kwargs} if kwargs else {},
        frozenset(keep) if keep else frozenset(),
        bool(observe),
        seed,
        None if fetch is None else frozenset(fetch),
    )


def _reference(node: Any) -> Any:
    """Turn reference nodes into `Ref` and `Handle`, which the executor looks for."""
    from _suite_child.values import Handle, Ref

    if type(node) is list:
        if node[0] == "r":
            return Ref(node[1], node[2], bool(node[3]))
        if node[0] == "h":
            return Handle(node[1], 0)
        if node[0] in "tl":
            return [node[0], [_reference(item) for item in node[1]]]
        if node[0] == "d":
            return ["d", [[key, _reference(value)] for key, value in node[1]]]
    return node


class _Reader:
    """Turns the nodes of a request into the arguments of a call."""

    def __init__(self, data: memoryview) -> None:
        self._data = data

    def arguments(self, call: Any, resolve: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
        args = tuple([self._value(node, resolve) for node in call.args])
        return args, {key: self._value(node, resolve) for key, node in call.kwargs.items()}

    def _value(self, node: Any, resolve: Any) -> Any:
        from _suite_child import wire
        from _suite_child.values import Handle, Ref

        if type(node) is not list:
            return resolve(node) if type(node) in (Ref, Handle) else node
        tag = node[0]
        if tag == "a":
            return wire.decode_array(node, self._data)
        if tag == "w":
            return wire.decode_laid(node, self._data)
        if tag == "t":
            return tuple([self._value(item, resolve) for item in node[1]])
        if tag == "l":
            return [self._value(item, resolve) for item in node[1]]
        if tag == "d":
            return {
                self._value(key, resolve): self._value(value, resolve) for key, value in node[1]
            }
        return wire.decode(node, self._data, wire.trusted_special)


def _serve(channel: Any, server: _Server) -> None:
    from _suite_child import wire
    from _suite_child.channel import Closed

    while True:
        try:
            rest, header_length, sequence = channel.receive()
        except Closed:
            return
        request, data = wire.parse(rest, header_length)
        encoder = wire.Encoder()
        if request[0] == "load":
            reply = server.load(request[1], request[2])
        else:
            reply, encoder = server.run(request, data, request[3])
        try:
            channel.send(encoder.frame(reply, sequence))
        except Closed:
            return


def main() -> None:
    """Set everything up and serve."""
    configuration = json.loads(sys.argv[1])
    reader, writer = _private_pipes()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sys.path[:] = configuration["sys_path"]
    sys.argv = [""]
    faulthandler.enable()
    _load_own_package()
    from _suite_child import executor, guard, loading, packing  # noqa: F401
    from _suite_child.channel import Channel
    from _suite_child.stubs import harmless_debugger

    missing = guard.limit_resources(configuration["memory_bytes"])
    guard.leave_with_parent(configuration["parent"])
    server = _Server(configuration, missing)
    harmless_debugger()
    guard.forbid(os.getcwd())
    channel = Channel(reader, writer, configuration["frame_bytes"])
    try:
        _serve(channel, server)
    finally:
        os._exit(0)


if __name__ == "__main__":
    main()
