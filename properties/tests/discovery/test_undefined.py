"""A name that nothing defines is the fault of the function that reads it, if that is sure."""

from __future__ import annotations

from pathlib import Path

import pytest

from properties.commands.undeclared import Search, judge_undeclared
from properties.discovery.found import NotJudged
from properties.implementation import resolve_target
from properties.record.found import at_fault, not_judged
from properties.spec.demands import Demands

SQUARE = """
import numpy as np
{}

def f(x, y):
    return x ** 2 * y


def f_grad(x, y):
    {}
    return 2 * x * {}, x ** 2
"""


@pytest.mark.parametrize(
    ("before", "first", "name", "wrong"),
    [
        ("", "z = y", "scale", True),
        ("", "z = y", "f_cache", True),
        ("", "z = y", "z", False),
        ("", "if x.ndim > 1: return 0", "scale", False),
        ("", "z = y", "(y if True else scale)", False),
        ("", "z = y", "(lambda: scale)()", False),
        ("from math import *", "z = y", "scale", False),
        ("globals()['other'] = 1.0", "z = y", "scale", False),
        ("if __name__ == '__main__':\n    scale = 1.0", "z = y", "scale", False),
        ("def made():\n    global scale\n    scale = 1.0", "z = y", "scale", False),
    ],
)
def test_it_is_wrong_only_where_every_call_reads_it(
    before: str, first: str, name: str, wrong: bool, tmp_path: Path
) -> None:
    path = tmp_path / "one.py"
    path.write_text(SQUARE.format(before, first, name), encoding="utf-8")
    search = Search(target=resolve_target(str(path)), demands=Demands(profile="quick"))
    undeclared = judge_undeclared(search)
    (one,) = undeclared.found
    assert (isinstance(one, NotJudged) and one.at_fault) == wrong
    if wrong:
        (entry,) = at_fault(undeclared.found)
        assert entry.status == "fail"
        assert f"name '{name}' is not defined" in entry.detail
        assert not not_judged(undeclared.found)
        assert undeclared.decided
