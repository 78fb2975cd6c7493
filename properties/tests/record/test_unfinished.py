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


GIVEN = """
def dropout_forward(x, dropout_param):
    out, mask = None, None
    out = out.astype(x.dtype, copy=False)
    return out, (dropout_param, mask)
def dropout_backward(dout, cache):
    return dout * cache[1]
"""
ATTRIBUTE = "raises AttributeError: 'NoneType' object has no attribute 'astype'"


def test_room_for_ones_own_lines_is_a_skeleton(tmp_path: Path) -> None:
    file = tmp_path / "layers.py"
    file.write_text(GIVEN, encoding="utf-8")
    forward = _function("dropout_forward", "error", ATTRIBUTE, file)
    told = f"cannot be judged: dropout_forward {ATTRIBUTE}"
    backward = _function("dropout_backward", "error", told, file)
    assert [(f.status, f.detail) for f in waiting([forward, backward])] == [
        ("missing", "a skeleton: out is None"),
        ("missing", "waits for dropout_forward"),
    ]


def test_a_result_that_was_lost_is_a_mistake(tmp_path: Path) -> None:
    file = tmp_path / "layers.py"
    lines = "    if dropout_param['mode'] == 'train':\n        out = x * 2\n    out = out.astype"
    file.write_text(GIVEN.replace("    out = out.astype", lines), encoding="utf-8")
    forward = _function("dropout_forward", "error", ATTRIBUTE, file)
    assert waiting([forward])[0].status == "error"


def test_none_of_another_attribute_or_in_a_class_is_a_mistake(tmp_path: Path) -> None:
    file = tmp_path / "layers.py"
    file.write_text(GIVEN + "class Net:\n    def loss(self, X):\n        out = None\n"
                    "        return out.astype(X.dtype)\n", encoding="utf-8")  # fmt: skip
    other = _function("dropout_forward", "error", ATTRIBUTE.replace("astype", "T"), file)
    net = _function("fc_net.Net", "error", ATTRIBUTE, file)
    assert [one.status for one in waiting([other, net])] == ["error", "error"]
