"""What a child answers, checked field by field: none of it is taken on trust."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

from .child import wire
from .child.values import FIELDS, FunctionInfo, Handle, Outcome
from .child.wire import ProtocolError
from .target import Target

_STATUSES = frozenset({"ok", "missing", "raised", "undecodable", "unavailable"})
_FOUND = frozenset({"present", "missing", "error"})
_BLAMES = frozenset({"", "code", "surroundings"})
_LIMITS_MISSING = frozenset({"memory", "file size"})
_TEXTS = {"message": 30_000, "traceback": 30_000, "printed": 30_000, "exception_type": 300}
_SHORT, _LONG = 500, 30_000
_MOST_ITEMS, _MOST_OUTPUTS = 1_000, 10_000
_LARGEST_LINE = 10**9


def _check(good: bool, what: str) -> None:
    if not good:
        raise ProtocolError(what)


def _text(value: Any, limit: int) -> str:
    _check(type(value) is str, "a text that is none")
    return str(value[:limit])


def _texts(value: Any) -> tuple[str, ...]:
    _check(type(value) is list and len(value) <= _MOST_ITEMS, "a list of texts that is none")
    return tuple(_text(item, _SHORT) for item in value)


class Reply:
    """One reply to a list of calls.

    Parameters
    ----------
    data : memoryview
        The bytes of its arrays.
    generation : int
        Which child answers; handles are good for it alone.
    """

    def __init__(self, data: memoryview, generation: int) -> None:
        self._arrays = wire.Arrays(data, trusted=False)
        self._generation = generation

    def outcomes(self, reply: Any, count: int) -> list[Outcome]:
        """The outcomes of `count` calls.

        Raises
        ------
        ProtocolError
            Anything in it is not what it should be.
        """
        _check(type(reply) is list and len(reply) == 2 and reply[0] == "done", "no such reply")
        _check(type(reply[1]) is list and len(reply[1]) == count, "a wrong number of outcomes")
        return [self._outcome(record) for record in reply[1]]

    def _outcome(self, record: Any) -> Outcome:
        _check(type(record) is list and len(record) == 3, "an outcome of another form")
        status, outputs, extras = record
        _check(type(status) is str and status in _STATUSES, "an unknown status")
        _check(type(outputs) is list and len(outputs) <= _MOST_OUTPUTS, "outputs that are none")
        _check(type(extras) is dict, "fields that are none")
        values = tuple([self._value(node) for node in outputs])
        return (
            Outcome(status, values, **self._extras(extras)) if extras else Outcome(status, values)
        )

    def _value(self, node: Any) -> Any:
        return wire.decode(node, self._arrays, self._special)

    def _special(self, node: Any) -> Any:
        if node[0] == "h" and type(node[1]) is int:
            return Handle(node[1], self._generation, _text(node[2], 100))
        raise ProtocolError("an unknown tag")

    def _extras(self, extras: Mapping[str, Any]) -> dict[str, Any]:
        checked: dict[str, Any] = {}
        for key, value in extras.items():
            if key == "args_after":
                checked[key] = self._arguments(value)
            elif key in _TEXTS:
                checked[key] = _text(value, _TEXTS[key])
            elif key == "blame":
                _check(type(value) is str and value in _BLAMES, "an unknown blame")
                checked[key] = value
            elif key in ("warnings", "notes"):
                checked[key] = _texts(value)
            elif key == "changed":
                _check(type(value) is list and len(value) <= _MOST_ITEMS, "names that are none")
                checked[key] = tuple(v if type(v) is int else _text(v, 200) for v in value)
            elif key in ("rng_touched", "cache_changed"):
                _check(type(value) is bool, "a truth value that is none")
                checked[key] = value
            else:
                raise ProtocolError("an unknown field")
        return checked

    def _arguments(self, value: Any) -> dict[int | str, Any]:
        _check(type(value) is list and len(value) <= _MOST_ITEMS, "arguments that are none")
        found: dict[int | str, Any] = {}
        for pair in value:
            _check(type(pair) is list and len(pair) == 2, "an argument of another form")
            _check(type(pair[0]) in (int, str), "an argument without a name")
            found[pair[0]] = self._value(pair[1])
        return found


def read_loaded(
    reply: Any, names: Sequence[str], target: Target
) -> tuple[list[FunctionInfo], tuple[str, ...]]:
    """What a child says of the functions that it was asked for, and of limits that it lacks.

    Raises
    ------
    ProtocolError
        Anything in it is not what it should be.
    """
    _check(type(reply) is list and len(reply) == 3 and reply[0] == "loaded", "no such reply")
    _, infos, missing = reply
    _check(type(infos) is list and type(missing) is list, "no such reply")
    found = [_info(info, target) for info in infos]
    _check([info.name for info in found] == list(dict.fromkeys(names)), "other functions")
    return found, tuple(_text(name, 20) for name in missing if name in _LIMITS_MISSING)


def _info(values: Any, target: Target) -> FunctionInfo:
    _check(type(values) is list and len(values) == len(FIELDS), "a function of another form")
    told = dict(zip(FIELDS, values, strict=True))
    line, notes = told.pop("line"), told.pop("notes")
    _check(type(line) is int and 0 <= line < _LARGEST_LINE, "a line that is none")
    texts = {key: _text(value, _LONG) for key, value in told.items()}
    _check(texts["status"] in _FOUND and texts["blame"] in _BLAMES, "an unknown status")
    if not is_in(texts["file"], target):
        texts["file"], line = "", 0
    return FunctionInfo(**texts, line=line, notes=_texts(notes))


def is_in(file: str, target: Target) -> bool:
    """Whether a file is one of the target: reports quote it by its name."""
    if "\0" in file:
        return False
    path = os.path.normpath(file)
    folders = [str(f) for f in (target.root, target.beside) if f is not None]
    return path == str(target.path) or any(
        path.startswith(f.rstrip("/\\") + os.sep) for f in folders
    )
