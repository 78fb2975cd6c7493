"""Values that lie about themselves: what the judge receives is plain numbers, or none at all."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from properties.implementation import (
    Call,
    Implementation,
    Limits,
    open_implementation,
    resolve_target,
)
from properties.implementation.child.values import Undecodable

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="limits of POSIX"),
    pytest.mark.slow,
]

CODE = '''
import os, sys, types
import numpy as np

class Right(np.ndarray):
    """Equal to everything, whatever is asked of it."""
    def __array_ufunc__(self, *given, **more): return True
    def __array_function__(self, *given, **more): return True
    def __eq__(self, other): return True
    def __sub__(self, other): return 0.0
    __rsub__ = __sub__
    shape = property(lambda self: (2, 2))
    dtype = property(lambda self: np.dtype(int))
    nbytes = property(lambda self: 0)
    size = property(lambda self: 0)
    def tobytes(self, *given): return b""
    def __len__(self): return 0
    def __reduce__(self): return os._exit, (0,)

class Number(float):
    def __eq__(self, other): return True
    def __sub__(self, other): return 0.0
    __rsub__ = __sub__
    def __abs__(self): return 0.0

class Pointer:
    __array_interface__ = {"shape": (4,), "typestr": "<f8", "data": (4096, True), "version": 3}

class Struct:
    __array_struct__ = 0

class Own:
    def __array__(self, *given, **more): return self
class Endless:
    def __array__(self, *given, **more):
        while True: pass
class Other:
    def __array__(self, *given, **more): return np.zeros(3)
class Claims:
    __class__ = np.ndarray
    dtype, shape, ndim, size = np.dtype(float), (4,), 1, 4
class Dict(dict):
    def items(self):
        n = 0
        while True: yield n, n; n += 1
class List(list):
    def __iter__(self): return iter([1.0] * 4)
    def __len__(self): return 4
class Tuple(tuple):
    __class__ = list
class Every:
    def __getattr__(self, name): return self
    def __call__(self, *given, **more): return self
    def __iter__(self): return iter([self])
class Dies:
    def __del__(self): os._exit(0)
class Type(type):
    def __eq__(self, other): return True
    def __hash__(self): return hash(np.ndarray)
    def __instancecheck__(self, other): raise SystemExit(0)
class Kind(metaclass=Type): pass

TRUE = np.arange(4.0) + 1

def right(x): return TRUE.view(Right)
def number(x): return Number(3)
def numbers(x):
    a = np.empty(4, object); a[:] = Number(3); return a
def pointer(x): return Pointer()
def struct(x): return Struct()
def own(x): return Own()
def endless(x): return Endless()
def other(x): return Other()
def claims(x): return Claims()
def endless_dict(x): return Dict()
def lying_list(x): return List([7.0])
def lying_tuple(x): return Tuple((7.0,))
def every(x): return Every()
def dies(x): return Dies()
def kind(x): return Kind()
def broadcast(x): return np.broadcast_to(TRUE[:1], (1 << 40,))
def empty(x): return np.empty((0, 1 << 40))
def backwards(x): return TRUE[::-1]
def structured(x): return np.zeros(4, [("a", "f8"), ("b", "O")])
def fields(x): return np.zeros(4, [("f%d" % n, "f8") for n in range(20_000)])
def times(x): return np.zeros(4, "M8[s]")
def texts(x): return np.array(["1", "2"])
def itself(x):
    a = np.empty(1, object); a[0] = a; return a
def payload(x): return np.full(4, 0x7FF8DEADBEEF0001, np.uint64).view(float)
def signalling(x): return np.full(4, 0x7FF0000000000001, np.uint64).view(float)
def long(x): return TRUE.astype(np.longdouble)
def matrix(x): return np.matrix(TRUE)
def masked(x): return np.ma.array(TRUE, mask=[1, 0, 0, 0])
def strided(x): return np.lib.stride_tricks.as_strided(TRUE, (1 << 20, 1 << 20), (0, 0))
def outside(x): return np.lib.stride_tricks.as_strided(TRUE, (4,), (1 << 40,))
def mapped(x):
    m = np.memmap("m", float, "w+", shape=(1 << 16,)); os.truncate("m", 0) ; return m
def swapped(x): return TRUE.astype(">f8")
def huge(x): return 1 << 100_000
def deep(x):
    a = [1.0]
    for _ in range(100_000): a = [a]
    return a
def wide(x): return [None] * 300_000
def surrogate(x): return chr(0xDC80) * 20
def later(x):
    import threading
    a = TRUE.copy()
    def change():
        while True: a[...] = -a
    threading.Thread(target=change, daemon=True).start()
    return a
def generator(x): return (n for n in range(4))
def module(x): return types.ModuleType("a")
def frame(x): return sys._getframe(1)
'''
PLAIN = {
    "right": [1, 2, 3, 4],
    "backwards": [4, 3, 2, 1],
    "payload": [np.nan] * 4,
    "signalling": [np.nan] * 4,
    "long": [1, 2, 3, 4],
    "matrix": [1, 2, 3, 4],
    "masked": [np.nan, 2, 3, 4],
    "swapped": [1, 2, 3, 4],
    "other": [0, 0, 0],
}
NAMES = [line.split("(")[0][4:] for line in CODE.split("\n") if line.startswith("def ")]


@pytest.fixture(scope="module")
def liar(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Implementation]:
    file = tmp_path_factory.mktemp("liar") / "layers.py"
    file.write_text(CODE)
    limits = Limits(call_seconds=2.0, memory_bytes=1 << 30, reply_bytes=1 << 26, failures=1)
    with open_implementation(resolve_target(str(file)), names=NAMES, limits=limits) as opened:
        yield opened


def plain(value: Any) -> bool:
    """Whether a value has no code of strangers in it."""
    if type(value) in (tuple, list):
        return all(plain(item) for item in value)
    if type(value) is dict:
        return all(plain(item) for item in (*value, *value.values()))
    if type(value) is np.ndarray:
        return value.dtype.kind in "biufc" and value.nbytes < 1 << 26
    return type(value) in (float, int, bool, complex, str, type(None), Undecodable)


@pytest.mark.parametrize("name", NAMES)
def test_what_comes_is_plain(liar: Implementation, name: str) -> None:
    [outcome] = liar.run([Call(name, (1.0,))])
    assert plain(list(outcome.outputs)), outcome
    if outcome.ok and name in PLAIN:
        np.testing.assert_array_equal(np.ravel(outcome.outputs[0]), PLAIN[name])
    if name in PLAIN:
        assert outcome.ok, outcome


def test_the_child_answers_after_all_of_them(liar: Implementation) -> None:
    outcomes = liar.run([Call(name, (1.0,)) for name in (*NAMES, "backwards")])
    assert len(outcomes) == len(NAMES) + 1
    assert outcomes[-1].ok, outcomes[-1]
    assert all(plain(list(outcome.outputs)) for outcome in outcomes)
