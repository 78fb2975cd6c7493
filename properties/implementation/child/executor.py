"""Runs lists of calls on a loaded target. The same in the child process and in process."""

from __future__ import annotations

import contextlib
import random
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from .blame import describe
from .capture import Printed
from .packing import Packer, Plain, split_outputs
from .standin import STAND_IN, StandIn
from .values import IDENTITY, NOT_RUN, Call, Handle, Laid, Ref, collect
from .watching import Watch

SEED = 20_170_117
MAX_WARNINGS = 20

# Kept here because the code under test may replace them.
_seed_numpy = np.random.seed
_seed_python = random.seed
_seterr = np.seterr

Record = tuple[str, list[Any], dict[str, Any]]
"""Status, packed outputs, and the other fields of an Outcome that are not at their default."""


class Unavailable(Exception):
    """An argument refers to a call that failed, or to an object that no longer exists."""


class Executor:
    """Holds the functions of a target and the objects they left behind.

    Parameters
    ----------
    functions : mapping
        Contract name to callable.
    unusable : mapping
        Contract name to (status, message, blame) for functions that cannot be called.
    is_user_file : callable
        Whether a file name belongs to the target; for tracebacks.
    printed : Printed
        The stream that stands for standard output and error.
    uses_random : callable
        Whether the target mentions a random generator at all; if not, nothing is seeded.
    progress : callable
        Told the index of each call before it runs.
    services : mapping
        Calls that this side answers itself, by names that begin with ``=``.
    """

    def __init__(
        self,
        *,
        functions: Mapping[str, Callable[..., Any]],
        unusable: Mapping[str, tuple[str, str, str]],
        is_user_file: Callable[[str], bool],
        printed: Printed,
        uses_random: Callable[[], bool] = lambda: True,
        progress: Callable[[int], None] | None = None,
        services: Mapping[str, Callable[..., Any]] | None = None,
    ) -> None:
        self.functions = functions
        self.services = services or {}
        self.unusable = unusable
        self.is_user_file = is_user_file
        self.printed = printed
        self.uses_random = uses_random
        self.progress = progress or (lambda index: None)
        self.generation = 0
        self._objects: dict[int, Any] = {}
        self._next_id = 1
        self._warnings: list[str] = []
        self._filters: list[Any] = []

    def release(self, ids: Sequence[int]) -> None:
        """Forget kept objects."""
        for number in ids:
            self._objects.pop(number, None)

    @contextlib.contextmanager
    def _surroundings(self) -> Iterator[None]:
        """Same random state, floating-point and warning settings for every list of calls."""
        if self.uses_random():
            _seed_numpy(SEED)
            _seed_python(SEED)
        _seterr(divide="warn", over="warn", under="ignore", invalid="warn")
        show = warnings.showwarning
        filters = warnings.filters
        warnings.showwarning = self._warned
        if len(self._filters) == 1:
            warnings.filters = self._filters
        else:  # the first time, or code under test has added its own
            warnings.filters = self._filters = []
            warnings.simplefilter("always")
        try:
            yield
        finally:
            warnings.showwarning = show
            warnings.filters = filters

    def _warned(self, message: Any, category: type[Warning], *where: Any, **more: Any) -> None:
        if len(self._warnings) < MAX_WARNINGS:
            self._warnings.append(f"{category.__name__}: {str(message)[:300]}")

    def run(self, calls: Sequence[Call], arguments: Arguments, packer: Packer) -> list[Record]:
        """Run the calls in order; each ends in a record, whatever it raises.

        Parameters
        ----------
        calls : sequence of Call
            Their ``args`` are in whatever form `arguments` understands.
        arguments : callable
            Gives the real (args, kwargs) of a call, once per call.
        packer : Packer
            Where outputs go.
        """
        referred: dict[int, set[int]] = {}
        for call in calls:
            for ref in _references(call):
                if not ref.argument:
                    referred.setdefault(ref.call, set()).add(ref.output)
        done: list[_Done] = []
        records: list[Record] = []
        with self._surroundings():
            for index, call in enumerate(calls):
                self.progress(index)
                records.append(self._one(index, call, arguments, packer, done, referred))
            self.progress(len(calls))
        return records

    def lookup(self, done: list[_Done], ref: Ref | Handle) -> Any:
        """Give the object that a reference or handle stands for; Unavailable if there is none."""
        if isinstance(ref, Handle):
            if ref.id not in self._objects:
                raise Unavailable("lost: the object of this handle no longer exists")
            return self._objects[ref.id]
        if not 0 <= ref.call < len(done):
            raise Unavailable(f"there is no earlier call {ref.call}")
        earlier = done[ref.call]
        if ref.argument:
            if earlier.args is None or ref.output >= len(earlier.args):
                raise Unavailable(f"call {ref.call} has no argument {ref.output}")
            return earlier.args[ref.output]
        if earlier.status != "ok" and earlier.status != "undecodable":
            raise Unavailable(f"call {ref.call} ({earlier.function}) ended as {earlier.status}")
        if ref.output >= len(earlier.outputs):
            raise Unavailable(
                f"{earlier.function} returned {len(earlier.outputs)} value(s), "
                f"so there is no output {ref.output}"
            )
        return earlier.outputs[ref.output]

    def _one(
        self,
        index: int,
        call: Call,
        arguments: Arguments,
        packer: Packer,
        done: list[_Done],
        referred: Mapping[int, set[int]],
    ) -> Record:
        self._warnings = []
        result = _Done(call.function)
        done.append(result)
        try:
            args, kwargs = arguments(call, lambda ref: self.lookup(done, ref))
        except Unavailable as error:
            result.status = "unavailable"
            return "unavailable", [], {"message": str(error)}
        result.args = args
        if call.function.startswith(NOT_RUN):
            result.status, _, result.function = call.function[len(NOT_RUN) :].partition(" ")
            return "unavailable", [], {}
        if call.function in self.unusable:
            status, message, blame = self.unusable[call.function]
            result.status = status
            return status, [], {"message": message, "blame": blame}
        watch = None
        if call.observe:
            names: dict[int | str, Any] = dict(enumerate(args))
            names.update(kwargs)
            raw: dict[int | str, Any] = dict(enumerate(call.args))
            raw.update(call.kwargs)
            watch = Watch(names, raw)
        if call.seed is not None:
            _seed_numpy(call.seed)
            _seed_python(call.seed)
        extras: dict[str, Any] = {}
        try:
            returned = self._perform(call.function, args, kwargs)
        except BaseException as error:
            result.status = "missing" if isinstance(error, NotImplementedError) else "raised"
            extras = describe(error, self.is_user_file)
            packed: list[Any] = []
        else:
            packed = self._outputs(index, call, returned, result, packer, referred, extras)
        if watch is not None:
            extras["changed"] = watch.changed()
            extras["cache_changed"] = watch.cache_changed()
            extras["rng_touched"] = watch.rng_touched()
        for name, value in (*enumerate(args), *kwargs.items()):
            if type(value) is dict and not call.function.startswith(IDENTITY):
                plain = Plain(packer)
                extras.setdefault("args_after", []).append([name, plain.value(value, str(name))])
        if self.printed.size:
            extras["printed"] = self.printed.take()
        if self._warnings:
            extras["warnings"] = tuple(self._warnings)
        return result.status, packed, extras

    def _perform(self, function: str, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        if function == IDENTITY:
            return args[0]
        if function == STAND_IN:
            return StandIn(*args)
        service = function.partition(" ")[0]  # what follows says on whose behalf
        if service in self.services:
            return self.services[service](*args)
        if not function.startswith("."):
            if function not in self.functions:
                raise NotImplementedError(f"{function} is not in the target")
            return self.functions[function](*args, **kwargs)
        if function.endswith("[]="):
            held = getattr(args[0], function[1:-3])
            for key, value in args[1].items():
                held[key] = value
            return None
        if function.endswith("="):
            setattr(args[0], function[1:-1], args[1])
            return None
        attribute = getattr(args[0], function[1:])
        return attribute(*args[1:], **kwargs) if callable(attribute) else attribute

    def _outputs(
        self,
        index: int,
        call: Call,
        returned: Any,
        result: _Done,
        packer: Packer,
        referred: Mapping[int, set[int]],
        extras: dict[str, Any],
    ) -> list[Any]:
        if call.function == IDENTITY:
            outputs, from_list = (returned,), False
        else:
            outputs, from_list = split_outputs(returned)
        result.outputs = outputs
        of_contract = not call.function.startswith((".", IDENTITY))
        if of_contract and all(output is None for output in outputs):
            result.status = "missing"
            extras["message"] = "returned None" if returned is None else "returned only None"
            return []
        plain = Plain(packer)
        if from_list:
            plain.notes.append(f"returned a {type(returned).__name__}, not a tuple")
        packed = []
        stays = referred.get(index, ())
        for position, output in enumerate(outputs):
            if position in call.keep:
                packed.append(packer.handle(self._keep(output)))
            elif position in stays if call.fetch is None else position not in call.fetch:
                packed.append(packer.stayed())
            else:
                packed.append(plain.value(output, f"output {position}"))
        if plain.undecodable:
            result.status = "undecodable"
            extras["message"] = plain.undecodable
        if plain.notes:
            extras["notes"] = tuple(plain.notes)
        return packed

    def _keep(self, value: Any) -> Handle:
        number = self._next_id
        self._next_id += 1
        self._objects[number] = value
        return Handle(number, self.generation, type(value).__name__)


class _Done:
    """What later calls of the list can refer to."""

    __slots__ = ("args", "function", "outputs", "status")

    def __init__(self, function: str) -> None:
        self.function = function
        self.status = "ok"
        self.outputs: tuple[Any, ...] = ()
        self.args: tuple[Any, ...] | None = None


Resolver = Callable[[Ref | Handle], Any]
Arguments = Callable[[Call, Resolver], tuple[tuple[Any, ...], Mapping[str, Any]]]


def _references(call: Call) -> list[Ref]:
    found: list[Ref] = []
    for value in (*call.args, *call.kwargs.values()):
        if type(value) is Ref:
            found.append(value)
        elif type(value) in (tuple, list, dict) and not _is_array_node(value):
            collect(value, Ref, found)
    return found


def _is_array_node(value: Any) -> bool:
    """Whether a value is an array as it came through the pipe; most arguments are."""
    return type(value) is list and len(value) > 4 and value[0] == "a" and type(value[1]) is str


def copied_arguments(call: Call, resolve: Resolver) -> tuple[tuple[Any, ...], Mapping[str, Any]]:
    """Arguments for the in-process mode: copies of everything that a call could change."""
    args = tuple([_copied(value, resolve) for value in call.args])
    return args, {key: _copied(value, resolve) for key, value in call.kwargs.items()}


def _copied(value: Any, resolve: Resolver) -> Any:
    if isinstance(value, np.ndarray):
        return np.array(value, order="C")
    if isinstance(value, (Ref, Handle)):
        return resolve(value)
    if isinstance(value, Laid):
        return _with_layout(np.asarray(value.array))
    if isinstance(value, dict):
        return {key: _copied(item, resolve) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)([_copied(item, resolve) for item in value])
    return value


def _with_layout(array: Any) -> Any:
    from . import wire

    encoder = wire.Encoder()
    node = encoder.laid(array)
    return wire.decode_laid(node, memoryview(bytearray(b"".join(encoder.parts))))


__all__ = ["Executor", "Record", "Unavailable", "copied_arguments"]
