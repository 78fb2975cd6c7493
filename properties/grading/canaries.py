"""A right and a wrong package whose verdicts are known: a judge that errs on them is no judge."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from msgspec.structs import replace

from ..layers import ALL
from .judging import FOLDER, judge_bundled, judge_submission
from .values import Contents, Options, Order, Result

WRONG = """
import numpy as np


def affine_forward(x, w, b):
    return x.reshape(x.shape[0], -1) @ w + b, (x, w, b)


def affine_backward(dout, cache):
    x, w, b = cache
    dx = (dout @ w.T).reshape(x.shape)
    dw = x.reshape(x.shape[0], -1).T @ dout
    return dx, dw, dout.mean(axis=0)


def relu_forward(x):
    return np.maximum(x, 0), x


def relu_backward(dout, cache):
    return dout * (cache >= -1)
"""
WANTED = {
    "affine_forward": "pass",
    "affine_backward": "fail",
    "relu_forward": "pass",
    "relu_backward": "fail",
}
Judge = Callable[[Callable[[], Result]], Result]


class Mentioned:
    """The rows of which some submission of a batch mentions a function.

    Of anything else the batch can hold no verdict: nothing needs to be known of it.
    """

    def __init__(self) -> None:
        self._left: dict[bytes, set[str]] = {}
        for row in ALL:
            for name in row.functions:
                self._left.setdefault(name.rpartition(".")[2].encode(), set()).add(row.name)
        self._rows: set[str] = set()

    def see(self, contents: Contents) -> None:
        """Look at the files of one more."""
        texts = contents.files.values()
        for name in [name for name in self._left if any(name in text for text in texts)]:
            self._rows |= self._left.pop(name)

    @property
    def rows(self) -> tuple[str, ...]:
        """Their names; those of the wrong canary where there is none."""
        return tuple(sorted(self._rows)) or ("affine", "relu")


def judge_right(order: Order, judge: Judge, *, quick: bool = False) -> str:
    """Judge the package that the suite brings; gives what is wrong with the verdict, if anything.

    Parameters
    ----------
    judge
        Runs the judging, in a process of its own for one.
    quick
        With the examples of the quick profile, whatever the batch asks for.
    """
    options = of_bundled(order)
    options = replace(options, profile="quick") if quick else options
    said = judge(lambda: judge_bundled(options))
    statuses = _statuses(said)
    wanted = dict.fromkeys(statuses or WANTED, "pass")  # of nothing, nothing would be wrong
    return _trouble("right", statuses, wanted, said)


def judge_wrong(folder: Path, options: Options, judge: Judge) -> str:
    """Lay the wrong package out and judge it; gives what is wrong with the verdict, if anything."""
    write_wrong(folder)
    options = replace(of_bundled(Order(options=options)), only=("affine", "relu"))
    said = judge(lambda: judge_submission(folder, options))
    return _trouble("wrong", _statuses(said), WANTED, said)


def write_wrong(folder: Path) -> None:
    """Lay out the wrong package as a submission."""
    (folder / FOLDER).mkdir(parents=True)
    (folder / FOLDER / "layers.py").write_text(WRONG, encoding="utf-8")


def of_bundled(order: Order) -> Options:
    """The same options for the bundled package, which has no rows of a teacher."""
    only = _bundled(order.options.only, order.rows)
    return replace(order.options, dropout_p=None, require=(), specs="", only=only)


def _bundled(only: tuple[str, ...], rows: tuple[str, ...] = ()) -> tuple[str, ...]:
    """What the bundled package has of the names that are asked for, and of the rows that are named.

    Rows of a teacher it has not.
    """
    if not only:
        return rows
    asked = [row for row in ALL if {row.name, row.layer, *row.functions} & set(only)]
    names = [row.name for row in asked if not rows or row.name in rows]
    return tuple(names) or ("affine", "relu")


def _statuses(result: Result) -> dict[str, str]:
    functions = result.record.functions if result.record is not None else ()
    return {f.name: f.status for f in functions if f.status != "missing"}


def _trouble(name: str, got: Mapping[str, str], wanted: Mapping[str, str], result: Result) -> str:
    if result.status != "judged":
        return f"the {name} canary was not judged: {result.status}, {result.reason}"
    off = [f"{f} is {got.get(f)}, wanted {w}" for f, w in wanted.items() if got.get(f) != w]
    return f"the {name} canary got a wrong verdict: {'; '.join(off)}" if off else ""
