"""Answers requests in the child process: load a target, run lists of calls."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from . import wire
from .capture import Printed
from .channel import Channel, Closed
from .executor import Executor, Resolver
from .loading import LoadedTarget
from .packing import ToFrame
from .values import FIELDS, PROGRESS, PROGRESS_NAME, Call, Handle, Layout, Ref


class Progress:
    """Tells the parent, through a pipe of its own, which call or module is running.

    Parameters
    ----------
    descriptor : int
        The pipe's end; negative where there is none.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._index = 0
        self._sequence = 0

    def begin(self, sequence: int) -> None:
        """Take up a request."""
        self._sequence, self._index = sequence, 0

    def call(self, index: int) -> None:
        """Say that a call begins."""
        self._index = index
        self._tell(b"")

    def module(self, name: str) -> None:
        """Say that a module begins, or goes on after its imports."""
        self._tell(name.encode("utf-8", "replace")[:PROGRESS_NAME])

    def _tell(self, name: bytes) -> None:
        if self._descriptor >= 0:
            with contextlib.suppress(OSError):  # code under test has closed it
                os.write(self._descriptor, PROGRESS.pack(self._sequence, self._index, name))


class Server:
    """Holds the loaded target between requests.

    Parameters
    ----------
    progress : Progress
        Shared with the parent.
    missing : sequence of str
        Limits that this system lacks; the parent reports them.
    """

    def __init__(self, progress: Progress, missing: Sequence[str]) -> None:
        self._progress = progress
        self._missing = list(missing)
        self._printed = Printed()
        sys.stdin = open(os.devnull)  # noqa: SIM115
        for name in ("stdout", "stderr", "__stdout__", "__stderr__"):
            setattr(sys, name, self._printed)
        self._executor: Executor | None = None

    def serve(self, channel: Channel) -> None:
        """Answer until the parent closes the pipe."""
        while True:
            try:
                rest, header_length, sequence = channel.receive()
                self._progress.begin(sequence)
                request, data = wire.parse(rest, header_length)
                encoder = wire.Encoder()
                if request[0] == "load":
                    reply = self._load(request[1], request[2])
                else:
                    reply = self._run(request, data, encoder)
                channel.send(encoder.frame(reply, sequence))
            except Closed:
                return

    def _load(self, layout: Mapping[str, Any], names: list[str]) -> Any:
        values = {**layout, **{key: tuple(layout[key]) for key in ("forbidden", "surveyed")}}
        target = LoadedTarget(Layout(**values), names, self._progress.module)
        self._executor = Executor(
            functions=target.functions,
            unusable=target.unusable(),
            is_user_file=target.imports.is_user_file,
            printed=self._printed,
            uses_random=target.uses_random,
            progress=self._progress.call,
            services=target.services(),
        )
        self._printed.take()
        infos = [[getattr(info, field) for field in FIELDS] for info in target.infos.values()]
        return ["loaded", infos, self._missing]

    def _run(self, request: list[Any], data: memoryview, encoder: wire.Encoder) -> Any:
        executor = self._executor
        assert executor is not None
        executor.generation = request[3]
        executor.release(request[2])
        calls = [_call(node) for node in request[1]]
        return ["done", executor.run(calls, _Reader(data).arguments, ToFrame(encoder))]


def _call(node: list[Any]) -> Call:
    function, args, kwargs, keep, observe, seed, fetch = node
    return Call(
        function,
        tuple([_reference(argument) for argument in args]),
        {key: _reference(value) for key, value in kwargs} if kwargs else {},
        frozenset(keep) if keep else frozenset(),
        bool(observe),
        seed,
        None if fetch is None else frozenset(fetch),
    )


def _reference(node: Any) -> Any:
    """Turn reference nodes into `Ref` and `Handle`, which the executor looks for."""
    if type(node) is not list:
        return node
    tag = node[0]
    if tag == "r":
        return Ref(node[1], node[2], bool(node[3]))
    if tag == "h":
        return Handle(node[1], 0)
    if tag == "t" or tag == "l":
        return [tag, [_reference(item) for item in node[1]]]
    if tag == "d":
        return [tag, [[key, _reference(value)] for key, value in node[1]]]
    return node


class _Reader:
    """Turns the nodes of a request into the arguments of a call."""

    def __init__(self, data: memoryview) -> None:
        self._data = data
        self._arrays = wire.Arrays(data, trusted=True)

    def arguments(self, call: Call, resolve: Resolver) -> tuple[tuple[Any, ...], dict[str, Any]]:
        args = tuple([self._value(node, resolve) for node in call.args])
        if not call.kwargs:
            return args, {}
        return args, {key: self._value(node, resolve) for key, node in call.kwargs.items()}

    def _value(self, node: Any, resolve: Resolver) -> Any:
        if type(node) is not list:
            return resolve(node) if type(node) is Ref or type(node) is Handle else node
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
            pairs = node[1]
            return {self._value(k, resolve): self._value(v, resolve) for k, v in pairs}
        return wire.decode(node, self._arrays, wire.trusted_special)
