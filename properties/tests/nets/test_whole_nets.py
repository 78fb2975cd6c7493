"""Nets that are judged by their loss: the bundled ones, and a slip of each kind."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from properties.tests.judging import record_of
from properties.tests.slow import mostly_slow

NNDL = Path(__file__).parents[3] / "nndl"
LOSS = "loss, dout = softmax_loss(scores, y)"
CELLS = "forward, backward = CELLS[self.cell_type]"


SLIPS = [
    ("cnn", "", "", "pass"),
    ("cnn", "loss + 0.5 * self.reg", "loss + self.reg", "fail"),
    ("cnn", "grads[name] = grads[name] + self.reg * W", "pass", "fail"),
    ("cnn", "return scores\n", "return -scores\n", "fail"),
    ("cnn", "for name in self.params}\n", "for name in self.params if name != 'b2'}\n", "fail"),
    ("cnn", LOSS, f"self.params['b1'] = self.params['b1'] - 1; {LOSS}", "fail"),
    ("captioning", "", "", "pass"),
    ("captioning", CELLS, CELLS.replace("CELLS", "{'rnn': CELLS['rnn']}"), "pass"),
    ("captioning", "wanted != self._null", "given != self._null", "fail"),
    ("captioning", "affine_backward(dh0", "affine_backward(0 * dh0", "fail"),
]


@pytest.mark.parametrize(
    ("layer", "old", "new", "status"),
    mostly_slow(SLIPS, fast=(SLIPS[0], SLIPS[2], SLIPS[6], SLIPS[8])),
)
def test_whole_nets(layer: str, old: str, new: str, status: str, tmp_path: Path) -> None:
    shutil.copytree(NNDL, tmp_path / "nndl", ignore=shutil.ignore_patterns("tests", "__pycache__"))
    path = tmp_path / "nndl" / {"cnn": "cnn.py", "captioning": "classifiers/rnn.py"}[layer]
    source = path.read_text(encoding="utf-8")
    assert old in source
    path.write_text(source.replace(old, new) if old else source, encoding="utf-8")
    [one] = (f for f in record_of(tmp_path, only=layer)["functions"] if f["layer"] == layer)
    assert one["status"] == status, one["detail"]
