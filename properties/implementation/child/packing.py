"""What an implementation returns, made plain: arrays, numbers and containers of them."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np

from .values import IN_CHILD, Array, Handle, Undecodable
from .wire import Encoder, Node

_PLAIN = (float, int, bool, str, type(None))
MAX_DEPTH = 20
_LARGEST_KEY = 2**60
MAX_ITEMS = 100_000


class Packer(Protocol):
    """Where plain values go: into a frame, or into copies of themselves."""

    def array(self, array: Array) -> Node:
        """Pack the numbers that a plain array holds now."""
        ...

    def container(self, tag: str, items: list[Any]) -> Node:
        """Pack a tuple ``t``, a list ``l``, or the pairs of a dict ``d``."""
        ...

    def other(self, tag: str, value: Any) -> Node:
        """Pack a complex number ``c`` or a sentence on what cannot be packed ``u``."""
        ...

    def handle(self, handle: Handle) -> Node:
        """Pack a handle."""
        ...

    def stayed(self) -> Node:
        """Pack the mark of an output that was not asked for."""
        ...


class ToFrame:
    """Packs into an `Encoder`."""

    def __init__(self, encoder: Encoder) -> None:
        self.array = encoder.snapshot

    def container(self, tag: str, items: list[Any]) -> Node:
        """Tag the items."""
        return [tag, items]

    def other(self, tag: str, value: Any) -> Node:
        """Tag the value."""
        return [tag, value.real, value.imag] if tag == "c" else [tag, str(value)]

    def handle(self, handle: Handle) -> Node:
        """Tag the number."""
        return ["h", handle.id, handle.type_name]

    def stayed(self) -> Node:
        """Tag nothing."""
        return ["s"]


class ToCopies:
    """Packs into fresh Python objects, for the in-process mode."""

    def array(self, array: Array) -> Node:
        """Copy, so that a later call cannot change what an earlier one returned."""
        return np.array(array, order="C")

    def container(self, tag: str, items: list[Any]) -> Node:
        """Build the container."""
        if tag == "d":
            return {key if not isinstance(key, list) else tuple(key): v for key, v in items}
        return tuple(items) if tag == "t" else items

    def other(self, tag: str, value: Any) -> Node:
        """Keep a complex number, wrap a sentence."""
        return Undecodable(str(value)) if tag == "u" else value

    def handle(self, handle: Handle) -> Node:
        """Keep it."""
        return handle

    def stayed(self) -> Node:
        """Give the mark."""
        return IN_CHILD


class Plain:
    """One output or argument on its way out; collects notes and what could not be packed."""

    def __init__(self, packer: Packer) -> None:
        self.packer = packer
        self.notes: list[str] = []
        self.undecodable = ""
        self._items = 0

    def value(self, value: Any, where: str, depth: int = 0) -> Node:
        """Pack `value`; what is no number becomes a sentence in `undecodable`."""
        kind = type(value)
        if kind is np.ndarray:
            return self._array(value, where)
        if kind in _PLAIN:
            if kind is int and not -(2**200) < value < 2**200:
                return self._fail(f"an integer of {value.bit_length()} bits", where)
            if kind is str and len(value) > 10_000:
                return value[:10_000]
            return value
        self._items += 1
        if depth > MAX_DEPTH or self._items > MAX_ITEMS:
            return self._fail("a container that is too deep or too large", where)
        if kind is tuple or kind is list:
            return self._sequence(value, where, depth)
        if isinstance(value, dict):
            pairs = [
                [self._key(key), self.value(item, f"{where}[{key!r:.40}]", depth + 1)]
                for key, item in value.items()
            ]
            return self.packer.container("d", pairs)
        if isinstance(value, np.generic):
            return self._array(np.asarray(value), where)
        if isinstance(value, np.ndarray):
            return self._subclass(value, where)
        if isinstance(value, complex):
            return self.packer.other("c", value)
        if isinstance(value, (tuple, list)):
            self.notes.append(f"{where}: {kind.__name__}")
            return self._sequence(tuple(value), where, depth)
        if hasattr(value, "__array__"):
            return self._foreign(value, where)
        return self._fail(f"an object of type {kind.__module__}.{kind.__qualname__}", where)

    def _fail(self, what: str, where: str) -> Node:
        self.undecodable = self.undecodable or f"{where} is {what}"
        return self.packer.other("u", what)

    def _key(self, key: Any) -> Node:
        small = type(key) is not int or -_LARGEST_KEY < key < _LARGEST_KEY
        return key if type(key) in _PLAIN and small else str(key)[:200]

    def _array(self, array: Array, where: str) -> Node:
        if array.dtype.kind not in "biufc":
            return self._object_array(array, where)
        return self.packer.array(array)

    def _object_array(self, array: Array, where: str) -> Node:
        what = f"an array of dtype {array.dtype} and shape {array.shape}, not of numbers"
        return self._fail(what, where)

    def _subclass(self, array: Array, where: str) -> Node:
        masked = getattr(np.ma, "MaskedArray", None)
        self.notes.append(f"{where}: {type(array).__module__}.{type(array).__name__}")
        if masked is not None and isinstance(array, masked) and array.dtype.kind in "fc":
            return self._array(np.asarray(array.filled(np.nan)), where)
        return self._array(np.asarray(array), where)

    def _foreign(self, value: Any, where: str) -> Node:
        self.notes.append(f"{where}: {type(value).__module__}.{type(value).__name__}")
        try:
            detach = getattr(value, "detach", None)
            return self._array(np.asarray(detach() if callable(detach) else value), where)
        except Exception as error:
            return self._fail(f"a {type(value).__name__} that gives no array ({error})", where)

    def _sequence(self, value: Any, where: str, depth: int) -> Node:
        if type(value) is list and value and _numeric(value):
            try:
                array = np.array(value)
            except ValueError:
                array = None
            if array is not None and array.dtype.kind in "biufc":
                self.notes.append(f"{where}: list")
                return self.packer.array(array)
        items = [self.value(v, f"{where}[{i}]", depth + 1) for i, v in enumerate(value)]
        return self.packer.container("t" if isinstance(value, tuple) else "l", items)


def _numeric(value: Any, depth: int = 0) -> bool:
    if isinstance(value, list):
        return depth < 8 and all(_numeric(item, depth + 1) for item in value)
    return isinstance(value, (bool, int, float, complex, np.number, np.bool_)) or (
        depth > 0 and type(value) is np.ndarray and value.dtype.kind in "biufc"
    )


def split_outputs(returned: Any) -> tuple[tuple[Any, ...], bool]:
    """Give the outputs of a call and whether they came in a list where a tuple is usual.

    Examples
    --------
    >>> split_outputs((1, 2)), split_outputs([1.0, 2.0])
    (((1, 2), False), (([1.0, 2.0],), False))
    """
    if type(returned) is tuple:
        return returned, False
    if type(returned) is list and any(isinstance(item, np.ndarray) for item in returned):
        return tuple(returned), True
    if isinstance(returned, tuple):
        return tuple(returned), True
    return (returned,), False
