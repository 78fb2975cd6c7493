"""Each law of a row finds, alone, a mistake that breaks it."""

from __future__ import annotations

from pathlib import Path

import pytest

from properties.benchmarks.plants import plant, style_source
from properties.benchmarks.power import make_suite, spec_of
from properties.judge.property import named
from properties.layers import MISCONCEPTIONS

BROKEN = {
    "conv_backward_naive, dx: filter turned": "adjoint",
    "conv_backward_naive, dw: x not padded": "adjoint",
    "word_embedding_backward, dW: repeated words overwritten": "adjoint",
    "conv_forward_naive, out: weights divided by their sum": "linear_in_each_argument",
    "rnn_forward, h: run from the end": "looks_at_the_past_alone",
    "rnn_backward, dx: run from the start": "looks_at_the_past_alone",
    "attention_forward, out: sees one step ahead": "looks_at_the_past_alone",
    "attention_forward, out: heads cut without moving the axes": "order_of_positions",
    "softmax_backward, dx: row sum missing": "rows_of_the_gradient_vanish",
    "max_pool_backward_naive, dx: overlaps overwritten": "gradient_adds_up",
    "spatial_batchnorm_forward, out (train): corrected variance": "normalised_columns",
    "spatial_batchnorm_forward, out (train): statistics of each pixel": "normalised_columns",
    "spatial_batchnorm_backward, dx: mean path missing": "normalised_columns",
    "temporal_softmax_loss, loss: mask ignored": "masked_steps",
    "temporal_softmax_loss, dx: label subtracted at hidden steps": "masked_steps",
}


def _status(text: str, row: str, law: str, folder: Path) -> str:
    path = folder / "layers.py"
    path.write_text(text, encoding="utf-8")
    suite = make_suite(path, spec_of(row), 0, "standard")
    try:
        verdict = suite.judge_one(named(law), spec_of(row))
    finally:
        suite.close()
    assert verdict is not None
    return verdict.status


@pytest.mark.parametrize(("key", "law"), BROKEN.items(), ids=BROKEN)
def test_a_law_sees_what_breaks_it(key: str, law: str, tmp_path: Path) -> None:
    [one] = (entry for entry in MISCONCEPTIONS if entry.key == key)
    assert _status(plant("tuples", one), one.layer, law, tmp_path) == "fail"
    assert _status(style_source("tuples"), one.layer, law, tmp_path) == "pass"


RIGHT = Path(__file__).parents[1] / "homework" / "right" / "loops.py"


@pytest.mark.parametrize(
    ("was", "wrong", "status"),
    [
        ("", "", "pass"),
        ("int(1 + (w - ww) / stride)", "int(np.ceil(1 + (w - ww) / stride))", "fail"),
        ("n, c, h, w = x.shape", "n, c, h, w = x.shape; assert (h - hh) % stride == 0", "pass"),
    ],
)
def test_windows_that_leave_a_rest(was: str, wrong: str, status: str, tmp_path: Path) -> None:
    text = RIGHT.read_text(encoding="utf-8")
    text = text[: text.index("def conv_")] + text[text.index("def max_pool_") :]
    assert (
        _status(text.replace(was, wrong) if was else text, "max_pool", "rest_is_left_out", tmp_path)
        == status
    )


@pytest.mark.parametrize(
    ("was", "wrong", "status"),
    [
        ("", "", "pass"),
        (
            'stride, pad = conv_param["stride"], conv_param["pad"]',
            'stride, pad = conv_param["stride"], min(conv_param["pad"], w.shape[2] - 1)',
            "fail",
        ),
        ("return dxp[", "assert pad < min(hh, ww); return dxp[", "pass"),
    ],
)
def test_windows_that_see_zeros_alone(was: str, wrong: str, status: str, tmp_path: Path) -> None:
    text = RIGHT.read_text(encoding="utf-8").replace(was, wrong) if was else RIGHT.read_text()
    assert _status(text, "conv", "windows_of_zeros_alone", tmp_path) == status


@pytest.mark.parametrize("row", ["batchnorm", "spatial_batchnorm", "conv_bn_relu"])
def test_a_mode_that_is_neither_train_nor_test(row: str, tmp_path: Path) -> None:
    text = style_source("tuples")
    assert _status(text, row, "unknown_mode", tmp_path) == "pass"
    taken = text.replace("raise ValueError", "return x, None\n    ValueError")
    assert _status(taken, row, "unknown_mode", tmp_path) == "fail"
