"""The format in which calls and outcomes cross the pipe.

A frame is a prefix (length of the rest, length of the header, sequence number), a JSON header and
the raw bytes of the arrays, each at a multiple of 16. Never pickle. A value is JSON itself when it
is a number, string, bool or None; everything else is a list that starts with a tag::

    ["a", dtype, shape, offset, copy]          array
    ["w", dtype, shape, offset, nbytes, start, strides, writable]   array with its own strides
    ["t", [...]]  ["l", [...]]  ["d", [[key, value], ...]]          tuple, list, dict
    ["h", id, type]  ["r", call, output, argument]  ["c", re, im]   handle, reference, complex
    ["s"]  ["u", text]                         stayed in the child; undecodable
"""

from __future__ import annotations

import json
import math
import re
import struct
from collections.abc import Callable
from typing import Any

import numpy as np

from .values import IN_CHILD, Array, Handle, Laid, Ref, Undecodable

PREFIX = struct.Struct("<QII")
Node = Any

_DTYPE = re.compile(r"^[<>|=][biufc][0-9]{1,2}$")
_dtypes: dict[str, np.dtype[Any]] = {}
_dumps = json.JSONEncoder(separators=(",", ":"), check_circular=False).encode
_loads = json.JSONDecoder().decode
MAX_DEPTH = 40
_LARGEST = 2**200
_HASHED = 2**60  # an integer below is its own hash


class ProtocolError(Exception):
    """The other side sent something that is no frame of this format."""


class Encoder:
    """Turns values into nodes and collects the bytes of their arrays."""

    def __init__(self) -> None:
        self.parts: list[bytes | memoryview] = []
        self.size = 0
        self._seen: dict[int, tuple[Array, list[Node]]] = {}

    def _append(self, data: bytes | memoryview, nbytes: int) -> int:
        offset = self.size
        self.parts.append(data)
        padding = -nbytes % 16
        if padding:
            self.parts.append(bytes(padding))
        self.size = offset + nbytes + padding
        return offset

    def snapshot(self, array: Array) -> Node:
        """Encode the bytes that the array holds now, whatever happens to it later."""
        offset = self._append(array.tobytes(), array.nbytes)
        return ["a", array.dtype.str, array.shape, offset, 0]

    def array(self, array: Array) -> Node:
        """Encode an array; the same one is sent once, and its receivers get copies of their own."""
        known = self._seen.get(id(array))
        if known is not None:
            earlier = known[1]
            earlier[4] = 1
            node = [*earlier[:4], 0]
        else:
            if array.dtype.kind not in "biufc":
                raise TypeError(f"arrays of dtype {array.dtype} cannot be sent; numbers only")
            if array.flags.c_contiguous and array.nbytes > 4096:
                offset = self._append(array.data.cast("B"), array.nbytes)
            else:
                offset = self._append(array.tobytes(), array.nbytes)
            node = ["a", array.dtype.str, array.shape, offset, 0]
        self._seen[id(array)] = (array, node)
        return node

    def laid(self, array: Array) -> Node:
        """Encode an array together with the memory that its strides span."""
        low = high = 0
        for length, stride in zip(array.shape, array.strides, strict=True):
            if array.size and stride < 0:
                low += (length - 1) * stride
            elif array.size:
                high += (length - 1) * stride
        nbytes = high - low + array.itemsize if array.size else 0
        window = bytearray(nbytes)
        if array.size:
            target: Array = np.ndarray(array.shape, array.dtype, window, -low, array.strides)
            target[...] = array
        offset = self._append(memoryview(window), nbytes)
        writable = bool(array.flags.writeable)
        return ["w", array.dtype.str, array.shape, offset, nbytes, -low, array.strides, writable]

    def value(self, value: Any, depth: int = 0) -> Node:
        """Encode any value that a call may carry; TypeError for what it may not."""
        kind = type(value)
        if kind is np.ndarray:
            return self.array(value)
        if value is None or kind in (float, int, bool, str):
            return value
        if kind is Ref:
            return ["r", value.call, value.output, int(value.argument)]
        if kind is Handle:
            return ["h", value.id, ""]
        if kind is Laid:
            return self.laid(np.asarray(value.array))
        if depth > MAX_DEPTH:
            raise TypeError("containers are nested too deeply, or contain themselves")
        if kind is tuple or kind is list:
            return ["t" if kind is tuple else "l", [self.value(v, depth + 1) for v in value]]
        if isinstance(value, dict):
            pairs = [[self.value(k, depth + 1), self.value(v, depth + 1)] for k, v in value.items()]
            return ["d", pairs]
        if isinstance(value, complex):
            return ["c", value.real, value.imag]
        if isinstance(value, np.generic):
            return self.snapshot(np.asarray(value))
        if isinstance(value, type) and issubclass(value, np.generic):
            return ["y", value.__name__]
        raise TypeError(f"a {kind.__name__} cannot be sent; numbers, arrays, containers only")

    def frame(self, header: Node, sequence: int) -> list[bytes | memoryview]:
        """Give the buffers of the whole frame, in order."""
        text = _dumps(header).encode("ascii")
        text += b" " * (-len(text) % 16)
        prefix = PREFIX.pack(len(text) + self.size, len(text), sequence)
        return [prefix, text, *self.parts]


def parse(rest: bytearray, header_length: int) -> tuple[Node, memoryview]:
    """Split what follows the prefix into header and array bytes; ProtocolError if it is neither."""
    if header_length > len(rest):
        raise ProtocolError("the header is longer than its frame")
    view = memoryview(rest)
    try:
        header = _loads(str(view[:header_length], "ascii"))
    except (ValueError, RecursionError) as error:
        raise ProtocolError(f"the header is not JSON: {type(error).__name__}") from None
    return header, view[header_length:]


def _dtype(text: Any) -> np.dtype[Any]:
    known = _dtypes.get(text) if isinstance(text, str) else None
    if known is None:
        if not isinstance(text, str) or not _DTYPE.match(text):
            raise ProtocolError(f"not a dtype of numbers: {str(text)[:40]!r}")
        try:
            known = _dtypes[text] = np.dtype(text)
        except TypeError:
            raise ProtocolError(f"unknown dtype {text!r}") from None
    return known


def decode_array(node: Node, data: memoryview) -> Array:
    """Give the array of an ``a`` node as a view of the frame's own bytes."""
    _, text, shape, offset, copy = node
    dtype = _dtype(text)
    if type(shape) is not list or len(shape) > 32 or type(offset) is not int or offset < 0:
        raise ProtocolError("an array's shape or offset is not what it should be")
    for side in shape:
        if type(side) is not int or side < 0:
            raise ProtocolError("an array's shape is not what it should be")
    if offset + math.prod(shape) * dtype.itemsize > len(data):
        raise ProtocolError("an array is longer than its frame")
    array: Array = np.ndarray(shape, dtype, data, offset)
    return array.copy() if copy else array


def decode_laid(node: Node, data: memoryview) -> Array:
    """Give the array of a ``w`` node: the strides and the writeable flag of the original."""
    _, text, shape, offset, nbytes, start, strides, writable = node
    window = data[offset : offset + nbytes]
    array: Array
    if not nbytes:
        array = np.zeros(shape, _dtype(text))
    else:
        array = np.ndarray(shape, _dtype(text), window, start, strides)
    array.flags.writeable = bool(writable)
    return array


Lookup = Callable[[Node], Any]


class Arrays:
    """Gives the arrays of a frame; of one that is not trusted, no byte twice.

    What comes back is views of the frame: its arrays together take no more than it has.
    """

    def __init__(self, data: memoryview, *, trusted: bool) -> None:
        self.data = data
        self._trusted = trusted
        self._left = len(data)

    def __call__(self, node: Node) -> Array:
        """Give the array of an ``a`` node."""
        if self._trusted:
            return decode_array(node, self.data)
        array = decode_array([*node[:4], 0], self.data)
        self._left -= array.nbytes
        if self._left < 0 or node[4] != 0:
            raise ProtocolError("arrays that share their bytes")
        return array


def decode(node: Node, arrays: Arrays, special: Lookup, depth: int = 0) -> Any:
    """Turn a node back into a value; `special` decides what handles and references become."""
    if node is None or type(node) is not list:
        if isinstance(node, dict):
            raise ProtocolError("an object where a value should be")
        if type(node) is int and not -_LARGEST < node < _LARGEST:
            raise ProtocolError("an integer that no number of numpy holds")
        return node
    if depth > MAX_DEPTH + 2:
        raise ProtocolError("containers nested too deeply")
    try:
        tag = node[0]
        if tag == "a":
            return arrays(node)
        if tag in ("t", "l", "d") and type(node[1]) is not list:
            raise ProtocolError("a container whose content is none")
        if tag == "t":
            return tuple([decode(item, arrays, special, depth + 1) for item in node[1]])
        if tag == "l":
            return [decode(item, arrays, special, depth + 1) for item in node[1]]
        if tag == "d":
            return {_key(key): decode(value, arrays, special, depth + 1) for key, value in node[1]}
        if tag == "c":
            return complex(node[1], node[2])
        if tag == "s":
            return IN_CHILD
        if tag == "u":
            return Undecodable(str(node[1])[:500])
        return special(node)
    except (IndexError, TypeError, ValueError, OverflowError, KeyError) as error:
        raise ProtocolError(f"a malformed value ({type(error).__name__})") from None


def _key(node: Node) -> Any:
    """A plain key, of which no two can be made to share a hash: a dict of those takes for ever."""
    large = type(node) is int and not -_HASHED < node < _HASHED
    if large or type(node) is list or type(node) is dict:
        raise ProtocolError("a key that is no text and no small number")
    return node


def trusted_special(node: Node) -> Any:
    """Decode what only the parent sends: laid-out arrays and numpy types (``dtype=np.float32``)."""
    if node[0] == "y":
        return getattr(np, str(node[1]))
    raise ProtocolError(f"unknown tag {str(node[0])[:20]!r}")
