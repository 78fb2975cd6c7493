"""Right backwards are never called wrong, and planted mistakes are named by their line."""

from __future__ import annotations

import pytest

from properties.benchmarks.steps import is_wrong, judge, named
from properties.steps import StepsError
from properties.tests.slow import mostly_slow, slow
from properties.tests.steps.zoo import mutants, sample, styles

STYLES = {f"{one.layer}-{one.name}": one for one in styles()}
FAST = {one.layer: name for name, one in STYLES.items()}  # one style of each layer


@pytest.mark.parametrize("name", mostly_slow(STYLES, fast=FAST.values()))
def test_nothing_wrong_is_said_of_a_right_backward(name: str) -> None:
    style = STYLES[name]
    report = judge(style, style.text)
    assert report.mistakes == (), report.verdict
    assert [s.name for s in report.steps if s.status == "wrong"] == []
    assert any(g.status == "right" for g in report.gradients)


PLANTED = [
    ("batchnorm", "graph", "dxmu2 = 2 * xmu * dsq", "dxmu2 = xmu * dsq", 0.5),
    ("batchnorm", "graph", "dx1 = dxmu1 + dxmu2", "dx1 = dxmu1 - dxmu2", None),
    ("batchnorm", "paper", "* -0.5 *", "* -1.0 *", 2.0),
    ("batchnorm", "alternative", "z * b / N", "z * b", None),
    ("batchnorm", "keepdims", "inv ** 3", "inv ** 2", None),
    ("batchnorm", "helpers", "dvar = dstd / (2 * std)", "dvar = dstd / std", 2.0),
    ("softmax", "modular", "-= 1", "-= 2", None),
    ("softmax", "chain", "ds = -np.sum", "ds = np.sum", -1.0),
    ("softmax", "svm", "margins > 0, axis=1)", "margins > 0)", None),
    ("affine", "course", "dout.sum(axis=0)", "dout.sum(axis=1)", None),
    ("affine", "transposed", "dw = (dT @ xf).T", "dw = dT @ xf", None),
    ("neural_net", "course", "dh1 = da1 * (h1 > 0)", "dh1 = da1 * (da1 > 0)", None),
    ("neural_net", "updates", "dW1 += reg * p['W1']", "dW1 += 2 * reg * p['W1']", None),
    ("autoencoder", "named", "dW = dW1 + dWT.T", "dW = dW1", None),
    ("gplvm", "inverse", "dK2 = 0.5", "dK2 = -0.5", -1.0),
]
QUICK = (PLANTED[2], PLANTED[6], PLANTED[9], PLANTED[13])


@pytest.mark.parametrize(("layer", "name", "was", "now", "ratio"), mostly_slow(PLANTED, fast=QUICK))
def test_planted_line_is_the_first_wrong_step(
    layer: str, name: str, was: str, now: str, ratio: float | None
) -> None:
    style = STYLES[f"{layer}-{name}"]
    if style.text.count(was) != 1:
        lines = [k for k, text in enumerate(style.text.splitlines(), 1) if was in text]
        assert lines, f"{was!r} is not in the style"
    report = judge(style, style.text.replace(was, now))
    lines = [k for k, text in enumerate(style.text.splitlines(), 1) if was in text]
    assert is_wrong(report)
    assert report.first_wrong is not None
    assert report.first_wrong.line in lines, report.verdict
    if ratio is not None:
        [step] = [s for s in report.steps if s.line == report.first_wrong.line]
        cause = report.first_wrong.cause
        assert (
            step.ratio == pytest.approx(ratio)
            if step.ratio is not None
            else f"{abs(ratio):g}" in cause or "sign" in cause
        )


@slow
def test_most_mistakes_of_a_small_sample_are_named() -> None:
    every = [
        one
        for style in styles()
        if style.layer in ("batchnorm", "autoencoder")
        for one in mutants(style)
    ]
    found = []
    for one in sample(every, 40, seed=3):
        try:
            report = judge(one.style, one.text)
        except StepsError:
            continue
        if is_wrong(report):
            found.append(named(one, report))
        if len(found) == 12:
            break
    assert sum(found) >= 11


@slow
def test_two_mistakes_are_both_reported() -> None:
    style = STYLES["batchnorm-graph"]
    text = style.text.replace("dxhat = dgammax * gamma", "dxhat = dgammax").replace(
        "dsq = 1. / N *", "dsq = "
    )
    report = judge(style, text)
    assert [m.name for m in report.mistakes] == ["dxhat", "dsq"]
    assert "gamma" in report.mistakes[0].cause
    assert "N" in report.mistakes[1].cause
