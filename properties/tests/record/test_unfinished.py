"""A part that is not written yet: what calls it waits, and is not wrong."""

from __future__ import annotations

from pathlib import Path

from properties.record.schema import Function, Status
from properties.record.unfinished import waiting

SOURCE = """
def first_backward(dout, cache):
    pass
def both_backward(dout, cache):
    return first_backward(dout, cache)[0] @ dout
class Net:
    def loss(self, X):
        return both_backward(X, None)
def other_backward(dout, cache):
    return None + dout
"""
NOTHING = "raises TypeError: 'NoneType' object is not subscriptable"


def _function(name: str, status: Status, detail: str, file: Path) -> Function:
    return Function(name=name, layer=name, row=name, status=status, detail=detail, file=str(file))


def test_what_breaks_on_a_skeleton_waits_for_it(tmp_path: Path) -> None:
    file = tmp_path / "layers.py"
    file.write_text(SOURCE, encoding="utf-8")
    skeleton = _function("first_backward", "missing", "a skeleton: it returns None", file)
    both = _function("both_backward", "error", NOTHING, file)
    net = _function("fc_net.Net", "error", "NotImplementedError", file)
    other = _function("other_backward", "error", NOTHING, file)
    found = {f.name: f for f in waiting([net, skeleton, both, other])}
    assert found["both_backward"].status == found["fc_net.Net"].status == "missing"
    assert found["both_backward"].detail == "waits for first_backward"
    assert found["other_backward"].status == "error"


def test_an_error_of_its_own_stays_one(tmp_path: Path) -> None:
    file = tmp_path / "layers.py"
    file.write_text(SOURCE, encoding="utf-8")
    skeleton = _function("first_backward", "missing", "a skeleton: it returns None", file)
    both = _function("both_backward", "error", "raises ValueError: shapes not aligned", file)
    assert waiting([skeleton, both])[1].status == "error"
