"""What had to be done to a file before it could run is said of what is judged in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from properties.commands.undeclared import Search, judge_undeclared
from properties.discovery.found import Result
from properties.implementation import resolve_target
from properties.record.found import entries
from properties.spec.demands import Demands

PLAIN = b"# M\xc3\xbcller\ndef f(x):\n    return x**2\n\n\ndef f_grad(x):\n    return 2*x\n"


@pytest.mark.parametrize(
    ("source", "note"),
    [
        (PLAIN, ""),
        (PLAIN.replace(b"    return 2", b"        y = 1\n\treturn 2"), "tabs and spaces are mixed"),
        (PLAIN.decode().encode("utf-16"), "the file is UTF-16"),
        (PLAIN.replace(b"\xc3\xbc", b"\xfc"), "the file is neither UTF-8 nor"),
        (PLAIN.replace(b"    return x", b'    print "a"\n    return x'), "written for Python 2"),
    ],
    ids=["plain", "tabs", "UTF-16", "Latin-1", "Python 2"],
)
def test_it_is_a_finding(source: bytes, note: str, tmp_path: Path) -> None:
    path = tmp_path / "one.py"
    path.write_bytes(source)
    search = Search(target=resolve_target(str(path)), demands=Demands(profile="quick"))
    (one,) = judge_undeclared(search).found
    assert isinstance(one, Result)
    assert one.status == "right"
    (entry,) = entries([one], repeat=None, strict=False)
    said = [text for text in entry.findings if text.startswith("robustness: ")]
    assert len(said) == bool(note)
    assert note in "".join(said)


def test_it_is_said_where_nothing_can_be_judged(tmp_path: Path) -> None:
    path = tmp_path / "one.py"
    path.write_text('def f_grad(x):\n    print "a"\n    return 2*x\n', encoding="utf-8")
    search = Search(target=resolve_target(str(path)), demands=Demands(profile="quick"))
    assert "one: written for Python 2; converted" in judge_undeclared(search).notes
