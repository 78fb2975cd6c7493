"""Records of real runs: all right, some wrong, and what follows from these by changing values.

The code under test is judged once a session. Larger, cut and hostile records are the real ones
with other arrays and texts in the same places.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from msgspec.structs import replace

from properties.benchmarks.plants import style_source
from properties.commands.check import run
from properties.record.arrays import array_of, encode
from properties.record.listing import Listing
from properties.record.schema import (
    Arrays,
    Function,
    NotJudged,
    Number,
    Property,
    Record,
    Series,
    Target,
    plain,
    read,
)
from properties.record.steps import listing
from properties.steps import debug
from properties.steps.rewrite.session import InProcess

HOSTILE = (
    "</script><script>document.title='owned'</script>\x1b[2J\x1b[31mred\x1b[0m\r\n"
    "::error file=x.py,line=1::forged\n::set-output name=a::b\n]]> & <b>\"'`\x00\x07 {{ 7*7 }} "
    "\u202egnp.exe\u202c <img src=x onerror=alert(1)> | pipe | `tick` ${HOME}"
)
_ROWS = "affine,relu,batchnorm,dropout,softmax,gplvm_log_likelihood"
FUNCTIONS = 10
_MANY = 16
_HALF = ("dvar = 0.5 * droot / root", "dvar = droot / root")
_PLANTS = (
    ("dvar = 0.5 * droot / root", "dvar = droot / root\n    print('shape of dvar', dvar.shape)"),
    ("mask = (rng.random(x.shape) >= p) / (1 - p)", "mask = (rng.random(x.shape) < p) / p"),
    ("dx[cache <= 0] = 0", "dx = dx * ((cache > 0) + 2.0 * (cache == 0))"),
    ("def gplvm_log_likelihood", "def something_else"),
)


@cache
def judged(*plants: tuple[str, str]) -> Record:
    """The record of a quick run over right code into which mistakes were planted."""
    text = style_source("textbook")
    for right, wrong in plants:
        assert right in text, right
        text = text.replace(right, wrong)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "layers.py"
        file.write_text(text, encoding="utf-8")
        record = run(str(file), only=_ROWS, profile="quick", in_process=True)
    target = replace(record.target, path="homework/layers.py")
    functions = tuple(replace(f, file="homework/layers.py") for f in record.functions)
    return replace(record, target=target, functions=functions)


def passing() -> Record:
    """Every function right."""
    return judged()


def one() -> Record:
    """A broken batchnorm that prints, a wrong slope at a kink, a convention, a missing function."""
    return judged(*_PLANTS)


@cache
def lines() -> Listing:
    """What the step debugger says of the lines of the broken batchnorm."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "layers.py"
        file.write_text(style_source("textbook").replace(*_HALF), encoding="utf-8")
        return listing(debug(str(file), "batchnorm", make_runner=InProcess))


def explained() -> Record:
    """Some wrong, and the lines of one of them."""
    unread = NotJudged(name="own_backward", reason="no forward", write="--inputs 'x: (N, D)'")
    return replace(one(), listings=(lines(),), not_judged=(unread,))


def function(record: Record, name: str) -> Function:
    """A function of a record."""
    return next(f for f in record.functions if f.name == name)


def change(record: Record, name: str, made: Callable[[Function], Function]) -> Record:
    """A record with one function changed."""
    functions = tuple(made(f) if f.name == name else f for f in record.functions)
    return replace(record, functions=functions)


def wrong() -> Property:
    """The failing property of the broken batchnorm that says most, with every optional part."""
    lead = function(one(), "batchnorm_backward").lead
    assert lead is not None
    kink = next(p for p in function(one(), "relu_backward").failures if p.one_sided)
    numerical = next(
        p
        for f in one().functions
        for p in f.properties
        if p.name == "numerical_derivative" and p.table and p.steps_curve
    )
    lines: dict[str, tuple[Number, ...]] = {"got": (0.0, 0.1, 0.9), "wanted": (0.0, 0.1, 0.19)}
    return replace(
        lead,
        one_sided=kink.one_sided,
        steps_curve=numerical.steps_curve,
        table=numerical.table,
        series=(Series(name="running_mean[0]", over="call", lines=lines),),
    )


@cache
def _large(size: tuple[int, ...], seed: int) -> Property:
    wanted = np.round(np.random.default_rng(seed).normal(size=size) * 4, 3)
    got = wanted.copy()
    got[..., -1] *= 1.5
    arrays = Arrays(
        got=array_of(got), wanted=array_of(wanted), tolerance=array_of(np.full(size, 3.1e-15))
    )
    return replace(wrong(), arrays=arrays, inputs=encode({"x": wanted}))


def many(count: int = 200, size: tuple[int, ...] = (100, 100)) -> Record:
    """``count`` failing properties with arrays of the given size, spread over all functions."""
    record = passing()
    each = -(-count // _MANY)
    made = []
    for place in range(_MANY):
        right = record.functions[place % len(record.functions)]
        right = replace(right, name=f"{right.name}_{place}")
        take = max(0, min(each, count - place * each))
        failing = tuple(
            replace(_large(size, k % 4), name=f"{wrong().name}_{k}") for k in range(take)
        )
        made.append(replace(right, status="fail", detail="dx is wrong", properties=failing))
    return replace(record, verdict="fail", functions=tuple(made))


def _attacked(value: Any, key: str = "") -> Any:
    if isinstance(value, dict):
        free = key in ("inputs", "versions", "lines")
        return {(HOSTILE if free else k): _attacked(v, k) for k, v in value.items()}
    if isinstance(value, list) and key != "data":
        return [_attacked(item, key) for item in value]
    if key in ("got", "wanted") and isinstance(value, float):
        return "nan"
    fixed = key in ("status", "class", "verdict", "data", "isolation") or value in (
        "nan",
        "inf",
        "-inf",
    )
    return HOSTILE if isinstance(value, str) and not fixed else value


@cache
def hostile() -> Record:
    """Every text of the record is an attack, names included; numbers are nan and infinite."""
    odd = np.array([[np.nan, np.inf, -np.inf], [0.0, -0.0, 1e300], [1e-300, 5e-324, -1.0]])
    arrays = Arrays(got=array_of(odd), wanted=array_of(odd.T))
    prop = replace(wrong(), arrays=arrays, traceback="x")
    record = change(one(), "batchnorm_backward", lambda f: replace(f, properties=(prop,)))
    long = replace(record.functions[0], status="error", name="ß_层_🙂_" + "x" * 90, properties=())
    return read(_attacked(plain(replace(record, functions=(*record.functions, long)))))


def all_right(names: Sequence[str]) -> Record:
    """A run in which every layer of these names is right; nothing is judged for it."""
    functions = [
        Function(
            name=f"{name}_{way}",
            layer=name,
            row=name,
            status="pass",
            properties=tuple(
                Property(name=f"property_{k}", cls="correctness", status="pass", examples=100)
                for k in range(12 + len(name) % 5)
            ),
        )
        for name in names
        for way in ("forward", "backward")
    ]
    return Record(
        schema=2,
        target=Target(kind="bundled", path="nndl"),
        profile="standard",
        seed=0,
        strict=False,
        verdict="pass",
        complete=True,
        functions=tuple(functions),
        notes=(),
        versions={},
        elapsed=12.3,
        seconds={name: len(name) / 13 for name in names},
    )


def empty() -> Record:
    """A run in which nothing was judged."""
    return replace(passing(), functions=(), verdict="error", complete=False)


def cut() -> Record:
    """A failure whose arrays are too large for a record."""
    large = np.zeros((1000, 1000))
    inputs = {"x": large, "bn_param": {"mode": "test", "eps": 1e-5, "m": np.ones(1)}}
    arrays = Arrays(got=array_of(large), wanted=array_of(large))
    prop = replace(wrong(), arrays=arrays, inputs=encode(inputs))
    return change(one(), "batchnorm_backward", lambda f: replace(f, properties=(prop,)))


ALL: dict[str, Callable[[], Record]] = {
    "passing": passing,
    "one": one,
    "explained": explained,
    "many": many,
    "hostile": hostile,
    "empty": empty,
    "cut": cut,
}


def small(name: str, size: tuple[int, ...] = (20, 20)) -> Record:
    """A sample, with smaller arrays where there are many."""
    return many(200, size) if name == "many" else ALL[name]()
