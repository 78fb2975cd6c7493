"""Each law of a row finds, alone, a mistake that breaks it."""

from __future__ import annotations

from pathlib import Path

import pytest
from _pytest.mark import ParameterSet

from properties.benchmarks.plants import functions_of, plant, right_row, style_source
from properties.benchmarks.power import spec_of
from properties.commands.job import Job
from properties.judge.property import named
from properties.judge.verdict import Verdict
from properties.layers import MISCONCEPTIONS
from properties.spec.demands import Demands
from properties.spec.misconception import Misconception
from properties.tests.slow import mostly_slow

BROKEN = {
    "conv_backward_naive, dx: filter turned": "adjoint",
    "conv_backward_naive, dw: x not padded": "adjoint",
    "word_embedding_backward, dW: repeated words overwritten": "adjoint",
    "conv_forward_naive, out: weights divided by their sum": "linear_in_each_argument",
    "conv_forward_naive, out: stride ignored": "shift_equivariant",
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

RIGHT = Path(__file__).parents[1] / "homework" / "right" / "loops.py"


def _verdict(text: str, row: str, law: str, folder: Path) -> Verdict:
    path = folder / "layers.py"
    path.write_text(text, encoding="utf-8")
    demands = Demands(shrink=False)
    job = Job(target=str(path), demands=demands, only=frozenset({row}), in_process=True)
    suite = job.suite()
    try:
        verdict = suite.judge_one(named(law), spec_of(row))
    finally:
        suite.close()
    assert verdict is not None
    return verdict


def _status(text: str, row: str, law: str, folder: Path) -> str:
    return _verdict(text, row, law, folder).status


def _entry(key: str) -> Misconception:
    [one] = (entry for entry in MISCONCEPTIONS if entry.key == key)
    return one


@pytest.mark.parametrize(("key", "law"), BROKEN.items(), ids=BROKEN)
def test_a_law_sees_what_breaks_it(key: str, law: str, tmp_path: Path) -> None:
    one = _entry(key)
    assert _status(plant("tuples", one), one.layer, law, tmp_path) == "fail"
    assert _status(style_source("tuples"), one.layer, law, tmp_path) == "pass"


# One of two functions that compute the same is wrong, and the other row is right.
UNLIKE = {
    "spatial_batchnorm_forward, out (train): reshaped without a transpose": "batchnorm",
    "spatial_batchnorm_forward, running_var (train): deviation averaged": "batchnorm",
    "spatial_batchnorm_backward, dx: divided by N alone": "batchnorm",
    "spatial_groupnorm_backward, dx: gamma after the means": "layernorm",
    "conv_backward_fast, dx: filter turned": "conv",
    "svm_loss_vectorized, dW: not divided by N": "svm_loss_naive",
    "rnn_forward, h: run from the end": "rnn_step",
    "lstm_forward, h: cell not passed on": "lstm_step",
    "lstm_backward, dh0: zero": "lstm_step",
}
# The other one is wrong.
OTHERS = {
    "batchnorm_forward, out (train): root missing": "spatial_batchnorm",
    "layernorm_backward, dx: gamma after the means": "spatial_groupnorm",
    "rnn_step_backward, dprev_h: zero": "rnn",
    "lstm_step_forward, next_c: coupled gates": "lstm",
    "max_pool_forward_naive, out: average pooling": "max_pool_fast",
    "svm_loss_naive, dW: not divided by N": "svm_loss_vectorized",
}
SAME, WINNERS = "same_as_another", "winners_of_a_tie"


def _some(table: dict[str, str], *fast: str) -> list[ParameterSet]:
    return mostly_slow([*table.items()], fast=[(key, table[key]) for key in fast])


@pytest.mark.parametrize(("key", "other"), _some(UNLIKE, [*UNLIKE][2], [*UNLIKE][-1]))
def test_what_differs_from_another_function_is_seen(key: str, other: str, tmp_path: Path) -> None:
    one, wrong = _entry(key), plant("tuples", _entry(key))
    right = functions_of(spec_of(one.layer), "tuples")
    beside = functions_of(spec_of(other), "tuples")
    found = _verdict(f"{wrong}\n\n{beside}", one.layer, SAME, tmp_path).disagreement
    assert found is not None
    assert found.function == one.function
    verdict = _verdict(f"{wrong}\n\n{beside}\n\n{right}", one.layer, SAME, tmp_path)
    assert (verdict.status, verdict.examples) == ("pass", 5)
    verdict = _verdict(wrong, one.layer, SAME, tmp_path)
    assert (verdict.status, verdict.examples) == ("skipped", 0)
    assert verdict.unasked.startswith("there is no ")


@pytest.mark.parametrize(("key", "row"), _some(OTHERS, next(iter(OTHERS))))
def test_a_right_function_is_not_held_against_a_wrong_one(
    key: str, row: str, tmp_path: Path
) -> None:
    text = plant("tuples", _entry(key)) + "\n\n" + functions_of(spec_of(row), "tuples")
    assert _status(text, row, SAME, tmp_path) in ("pass", "skipped")


@pytest.mark.parametrize(
    ("doubled", "status"),
    [("batchnorm_backward_alt", "fail"), ("batchnorm_backward", "pass")],
)
def test_another_backward_of_the_same_cache(doubled: str, status: str, tmp_path: Path) -> None:
    text = RIGHT.read_text(encoding="utf-8")
    text += f"""
right = batchnorm_backward
def {doubled}(dout, cache):
    dx, dgamma, dbeta = right(dout, cache)
    return 2 * dx, dgamma, dbeta
"""
    assert _status(text, "batchnorm_alt", SAME, tmp_path) == status


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


@pytest.mark.parametrize(
    ("given", "said"),
    [("", "share the gradient"), ("1.0 * wins", "every winner has all of the gradient")],
)
def test_who_has_the_gradient_of_a_tie_is_named(given: str, said: str, tmp_path: Path) -> None:
    text, shared = right_row("dicts", spec_of("max_pool")), "wins / wins.sum((4, 5), keepdims=True)"
    assert shared in text
    verdict = _verdict(text.replace(shared, given or shared), "max_pool", WINNERS, tmp_path)
    assert verdict.status == "pass"
    assert any(said in sentence for _, _, sentence in verdict.notes)
