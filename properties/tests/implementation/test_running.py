"""Nasty implementations: each planted problem ends in its own function's outcome."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from properties.implementation import (
    IN_CHILD,
    Call,
    Implementation,
    Laid,
    Outcome,
    Ref,
    open_implementation,
    resolve_target,
)
from properties.implementation.client import InChildProcess
from properties.implementation.limits import Limits

CODE = """
import numpy as np, os, sys, random, warnings

def good(x): return x * 2.0, (x, {"y": x})
def back(dout, cache): return dout * cache[0]
def none(x): return None
def nones(x): return None, None
def todo(x): raise NotImplementedError("later")
def hang(x):
    while True: pass
def exits(x): os._exit(0)
def sysexit(x): sys.exit(3)
def segfault(x):
    import ctypes; ctypes.string_at(0)
def deep(x): return deep(x)
def deeper(x):
    sys.setrecursionlimit(10**8)
    def f(n): return [f(n + 1)]
    return f(0)
def eats(x): return np.ones((2**36,))
def eats_slowly(x):
    rows = []
    while True: rows.append(np.zeros(2**24))
def forks(x): return os.fork()
def spawns(x): return os.system("true")
def kills(x):
    os.kill(os.getppid(), 9)
def writes(x): open("../nndl-check-escaped", "w")
def prints(x):
    print("hello"); sys.stderr.write("there"); os.write(1, b"raw"); return x
def floods(x):
    print("x" * 10**6); return x
def warns(x): return np.log(x - x)
def changes(x, d):
    x += 1; d["a"] *= 2; d["mode"] = "test"; return x
def spoils(dout, cache):
    cache[1]["y"][:] = 0; return dout
def reseeds(x): np.random.seed(1); return x
def draws(x): return np.random.rand(3), random.random()
def matrix(x): return np.matrix(x)
def masked(x): return np.ma.masked_less(x, 0)
def listed(x): return [1.0, 2.0]
def pair(x): return [x, x]
def scalar(x): return np.float32(1.5), np.array(2.5), 3, 1.5, True, float("nan"), 2j
def objects(x): return np.array([1, "a", None], dtype=object)
def opaque(x): return object()
def nested(x): return {"W1": x, "loss": [x, {"b": (1, None)}]}
def loop(x):
    a = []; a.append(a); return a
def closes(x):
    for fd in range(3, 64):
        try: os.close(fd)
        except OSError: pass
    return x
def scribbles(x):
    for fd in range(3, 64):
        try: os.write(fd, b"\\xff" * 64)
        except OSError: pass
    return x
def interrupts(x): raise KeyboardInterrupt
def badstr(x):
    class E(Exception):
        def __str__(self): raise RuntimeError
    raise E()
def slices(x): return x[[slice(0, 1), slice(0, 1)]]
def slices2(x):
    index = [slice(None)] * x.ndim
    return x[index]
def asks(x): return input()
def layout(x): return x.strides[0], x.flags.writeable, x.flags.f_contiguous, x.copy()
class Net:
    def __init__(self, size, std=1.0):
        self.params = {"W": std * np.random.randn(size)}
        self.reg = 0.0
    def loss(self, X, y=None):
        scores = X * self.params["W"]
        return scores if y is None else (scores.sum(), {"W": X})
    def train(self): self.params["W"] += 1
"""
NAMES = [line[4:].split("(")[0] for line in CODE.splitlines() if line.startswith("def ")]
X = np.array([[1.0, -2.0], [3.0, 4.0]])


def opened(folder: Path, in_process: bool) -> Implementation:
    (folder / "layers.py").write_text(CODE)
    limits = Limits(call_seconds=0.5, memory_bytes=3 << 29)
    return open_implementation(
        resolve_target(str(folder / "layers.py")),
        names=[*NAMES, "layers.Net"],
        limits=limits,
        in_process=in_process,
    )


@pytest.fixture(scope="module")
def child(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Implementation]:
    with opened(tmp_path_factory.mktemp("child"), False) as implementation:
        yield implementation


@pytest.fixture(scope="module", params=["child", "inside"])
def either(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Implementation]:
    with opened(tmp_path_factory.mktemp("e"), request.param == "inside") as implementation:
        yield implementation


def one(implementation: Implementation, name: str, *args: Any, **more: Any) -> Outcome:
    [outcome] = implementation.run([Call(name, args or (X,), **more)])
    return outcome


@pytest.mark.parametrize(
    ("name", "status", "words"),
    [
        ("hang", "timeout", "0.5 s"),
        ("exits", "crashed", "exit code 0"),
        ("segfault", "crashed", ""),
        ("deeper", "timeout crashed raised", ""),
        ("eats_slowly", "raised", "MemoryError"),
        ("scribbles", "crashed", ""),
        ("closes", "crashed", ""),
        ("forks", "raised", "may not start processes"),
        ("spawns", "raised", "may not start processes"),
        ("kills", "raised", "PermissionError"),
        ("writes", "raised", "may not write"),
    ],
)
def test_ends_in_its_own_outcome(child: Implementation, name: str, status: str, words: str) -> None:
    if name == "eats_slowly" and "memory" in child.limits_missing:
        pytest.skip("this system does not limit memory")
    good = Call("good", (X,))
    first, nasty, last, lost = child.run(
        [good, Call(name, (X,)), Call("back", (X, Ref(0, 1))), Call("back", (X, Ref(1, 0)))]
    )
    assert first.ok
    assert nasty.status in status.split(), nasty
    assert words in nasty.message
    assert last.ok
    np.testing.assert_array_equal(last.outputs[0], X * X)
    assert lost.status == "unavailable"
    assert name in lost.message
    assert one(child, "good").ok


@pytest.mark.parametrize(
    ("name", "status", "words"),
    [
        ("none", "missing", "returned None"),
        ("nones", "missing", ""),
        ("todo", "missing", "later"),
        ("sysexit", "raised", "SystemExit"),
        ("interrupts", "raised", "KeyboardInterrupt"),
        ("deep", "raised", "RecursionError"),
        ("badstr", "raised", "E: "),
        ("opaque", "undecodable", "object"),
        ("objects", "undecodable", "dtype object"),
        ("loop", "undecodable", "too deep"),
    ],
)
def test_status(either: Implementation, name: str, status: str, words: str) -> None:
    outcome = one(either, name)
    assert outcome.status == status, outcome
    assert words in outcome.message


def test_how_far_a_child_was_is_read_with_its_reply(child: Implementation) -> None:
    assert isinstance(child, InChildProcess)
    child.run([Call("good", (np.ones(2),))] * 100)
    assert child._child is not None
    assert not child._child._drain()


def test_huge_array(child: Implementation) -> None:
    outcome = one(child, "eats")
    assert outcome.exception_type == "MemoryError"


def test_a_hanging_function_is_given_up(tmp_path: Path) -> None:
    with opened(tmp_path, False) as implementation:
        outcomes = [one(implementation, "exits") for _ in range(5)]
    assert [o.status for o in outcomes] == ["crashed"] * 5
    assert "not called again after 3" in outcomes[4].message


def test_a_list_as_index_is_read_as_the_tuple_that_it_meant(either: Implementation) -> None:
    outcome = one(either, "slices")
    assert outcome.status == "ok"
    assert np.array_equal(outcome.outputs[0], X[0:1, 0:1])


def test_blame_for_a_list_as_index_that_cannot_be_read(either: Implementation) -> None:
    assert one(either, "slices2").blame == "surroundings"


def test_traceback_has_the_users_frames_only(either: Implementation) -> None:
    outcome = one(either, "back", X, 3)
    assert outcome.blame == "code"
    assert "layers.py" in outcome.traceback
    assert "dout * cache[0]" in outcome.traceback
    assert "executor" not in outcome.traceback


def test_prints_and_warnings(either: Implementation) -> None:
    assert one(either, "prints").printed == "hello\nthere"
    assert len(one(either, "floods").printed) < 30_000
    outcome = one(either, "warns")
    assert "divide by zero" in outcome.warnings[0]
    assert one(either, "good").printed == ""


def test_input_ends_at_once(child: Implementation) -> None:
    assert one(child, "asks").exception_type == "EOFError"


def test_observed_changes(either: Implementation) -> None:
    bn_param = {"a": np.ones(2), "mode": "train"}
    outcome = one(either, "changes", X, bn_param, observe=True)
    assert outcome.changed == (0, "1.a")
    assert outcome.args_after[1]["mode"] == "test"
    np.testing.assert_array_equal(outcome.args_after[1]["a"], [2.0, 2.0])
    np.testing.assert_array_equal(bn_param["a"], [1.0, 1.0])
    assert X[0, 0] == 1.0
    clean = one(either, "good", observe=True)
    assert (clean.changed, clean.cache_changed, clean.rng_touched) == ((), False, False)
    assert one(either, "reseeds", observe=True).rng_touched
    spoiled = either.run([Call("good", (X,)), Call("spoils", (X, Ref(0, 1)), observe=True)])[1]
    assert spoiled.cache_changed


def test_random_numbers_repeat(either: Implementation) -> None:
    first, second = one(either, "draws"), one(either, "draws")
    np.testing.assert_array_equal(first.outputs[0], second.outputs[0])
    assert first.outputs[1] == second.outputs[1]
    other = one(either, "draws", X, seed=5)
    np.testing.assert_array_equal(other.outputs[0], np.random.RandomState(5).rand(3))


def test_outputs_become_plain(either: Implementation) -> None:
    for name in ("matrix", "masked", "listed"):
        outcome = one(either, name)
        assert type(outcome.outputs[0]) is np.ndarray
        assert outcome.notes, name
    assert len(one(either, "pair").outputs) == 2
    values = one(either, "scalar").outputs
    assert [float(v) for v in values[:4]] == [1.5, 2.5, 3.0, 1.5]
    assert values[0].dtype == np.float32
    assert values[4] is True
    assert np.isnan(values[5])
    assert values[6] == 2j
    nested = one(either, "nested").outputs[0]
    np.testing.assert_array_equal(nested["loss"][0], X)
    assert nested["loss"][1] == {"b": (1, None)}


@pytest.mark.parametrize(
    "array",
    [
        np.asfortranarray(X),
        X[::-1],
        np.ones((6, 4))[::2, ::-2],
        np.broadcast_to(np.ones(3), (2, 3)),
        np.zeros((0, 3)),
        np.array(3.0),
    ],
    ids=["fortran", "reversed", "slice", "broadcast", "empty", "scalar"],
)
def test_layout_is_kept(either: Implementation, array: np.ndarray[Any, Any]) -> None:
    if array.ndim:
        outcome = one(either, "layout", Laid(array))
        assert outcome.outputs[0] == array.strides[0] or not array.size
        assert outcome.outputs[1] == array.flags.writeable
        np.testing.assert_array_equal(outcome.outputs[3], array)
    np.testing.assert_array_equal(one(either, "prints", array).outputs[0], array)


def test_the_same_array_twice_is_two_arrays(either: Implementation) -> None:
    first, second = either.run([Call("changes", (X, {"a": X})), Call("prints", (X,))])
    np.testing.assert_array_equal(first.outputs[0], X + 1)
    np.testing.assert_array_equal(second.outputs[0], X)


def test_handles_outlive_the_list(either: Implementation) -> None:
    outcome = one(either, "good", X, keep=frozenset({1}))
    handle = outcome.outputs[1]
    np.testing.assert_array_equal(one(either, "back", X, handle).outputs[0], X * X)
    either.release([handle])
    either.run([])
    assert one(either, "back", X, handle).status in ("unavailable", "crashed")


def test_handles_die_with_the_child(tmp_path: Path) -> None:
    with opened(tmp_path, False) as implementation:
        handle = one(implementation, "good", X, keep=frozenset({1})).outputs[1]
        one(implementation, "exits")
        outcome = one(implementation, "back", X, handle)
    assert outcome.status == "crashed"
    assert "lost" in outcome.message


def test_referred_outputs_stay(either: Implementation) -> None:
    first, _ = either.run([Call("good", (X,)), Call("back", (X, Ref(0, 1)))])
    assert first.outputs[1] is IN_CHILD
    first, _ = either.run([Call("good", (X,), fetch=frozenset({1})), Call("back", (X, Ref(0, 1)))])
    assert first.outputs[0] is IN_CHILD
    np.testing.assert_array_equal(first.outputs[1][0], X)


def test_objects(either: Implementation) -> None:
    net = one(either, "layers.Net", 2, keep=frozenset({0})).outputs[0]
    assert net.type_name == "Net"
    calls = [
        Call(".params=", (net, {"W": np.array([1.0, 10.0])})),
        Call(".loss", (net, X)),
        Call(".loss", (net, X, np.array([0, 1]))),
        Call(".train", (net,)),
        Call(".params", (net,)),
        Call(".reg=", (net, 0.5)),
        Call(".reg", (net,)),
        Call(".nothing", (net,)),
    ]
    outcomes = either.run(calls)
    assert [o.status for o in outcomes[:-1]] == ["ok"] * 7
    np.testing.assert_array_equal(outcomes[1].outputs[0], X * [1.0, 10.0])
    assert len(outcomes[2].outputs) == 2
    np.testing.assert_array_equal(outcomes[4].outputs[0]["W"], [2.0, 11.0])
    assert outcomes[6].outputs == (0.5,)
    assert outcomes[7].exception_type == "AttributeError"


def test_one_dict_through_many_calls(either: Implementation) -> None:
    state = one(either, "=", {"a": np.ones(1)}, keep=frozenset({0})).outputs[0]
    for _ in range(3):
        one(either, "changes", X, state)
    np.testing.assert_array_equal(one(either, "=", state).outputs[0]["a"], [8.0])
    _, after = either.run(
        [Call("changes", (X, {"a": np.ones(1)})), Call("changes", (X, Ref(0, 1, argument=True)))]
    )
    np.testing.assert_array_equal(after.args_after[1]["a"], [4.0])


def test_large_arrays_cross(child: Implementation) -> None:
    large = np.random.default_rng(0).normal(size=(1000, 1000))
    np.testing.assert_array_equal(one(child, "prints", large).outputs[0], large)


def test_limits_that_are_missing_are_said(either: Implementation) -> None:
    if sys.platform == "linux" and type(either).__name__ == "InChildProcess":
        assert either.limits_missing == ()
    assert isinstance(either.limits_missing, tuple)
