"""What the naming of a line rests on: partial adjoints, pairs of changes, what is returned."""

from __future__ import annotations

from pathlib import Path

import pytest

from properties.benchmarks.steps import judge
from properties.steps import Report, debug
from properties.steps.rewrite.session import InProcess
from properties.tests.slow import slow
from properties.tests.steps.zoo import Style, styles

STYLES = {f"{one.layer}-{one.name}": one for one in styles()}


def changed(style: Style, *pairs: tuple[str, str]) -> tuple[Report, list[int]]:
    """Debug a style with some texts replaced; return the report and the changed lines."""
    text, lines = style.text, []
    for was, now in pairs:
        assert text.count(was) == 1, was
        lines += [k for k, line in enumerate(text.splitlines(), 1) if was in line]
        text = text.replace(was, now)
    return judge(style, text), lines


def of(text: str, tmp_path: Path, forward: str, inputs: str) -> Report:
    path = tmp_path / "mine.py"
    path.write_text(text, encoding="utf-8")
    return debug(str(path), forward=forward, inputs=inputs, make_runner=InProcess, shrink=False)


def test_the_part_through_one_use_of_a_later_value_is_known() -> None:
    style = STYLES["gplvm-formula"]
    report = judge(style, style.text)
    reasons = {step.name: step.reason for step in report.steps}
    assert "the part of the adjoint of X that goes through K" in reasons["dX_det"]
    assert "the part of the adjoint of X that goes through K" in reasons["dX_trace"]


def test_the_symmetric_part_of_an_adjoint_is_enough_for_a_symmetric_matrix() -> None:
    style = STYLES["gplvm-cholesky"]
    report = judge(style, style.text)
    assert {s.name: s.status for s in report.steps}["gK"] == "right"


@slow
@pytest.mark.parametrize(
    ("style", "changes"),
    [
        ("autoencoder-named", [("dWT = np.outer(da, b)", "dWT = np.outer(x, b)"),
                               ("dW1 = np.outer(db, x)", "dW1 = np.outer(db, da)")]),
        ("softmax-modular", [("dx[np.arange(N), y] -= 1", "dx[np.arange(N), y] += 1"),
                             ("dx /= N", "dx /= x.size")]),
        ("batchnorm-graph", [("dxmu2 = 2 * xmu * dsq", "dxmu2 = xmu * dsq"),
                             ("dx1 = dxmu1 + dxmu2", "dx1 = dxmu1 - dxmu2")]),
    ],
)  # fmt: skip
def test_two_mistakes_on_one_path_are_both_named(
    style: str, changes: list[tuple[str, str]]
) -> None:
    report, lines = changed(STYLES[style], *changes)
    assert [m.line for m in report.mistakes] == sorted(lines), report.verdict


@slow
def test_a_change_in_a_helper_that_runs_twice_is_one_mistake() -> None:
    report, [line] = changed(STYLES["neural_net-layers"], ("to_b = g.sum(axis=0)", "to_b = g[0]"))
    assert [m.line for m in report.mistakes] == [line], report.verdict


@slow
def test_an_entry_of_a_dict_that_a_loop_writes_is_a_step() -> None:
    report, [line] = changed(
        STYLES["neural_net-partials"],
        ("grads[key] = grads[key] + reg * self.params[key]", "grads[key] = reg * grads[key]"),
    )
    assert report.first_wrong is not None
    assert report.first_wrong.line == line, report.verdict


NESTED = """
import numpy as np

def density(X, mu, A):
    S = A @ A.T + np.eye(len(A))
    P = np.linalg.inv(S)
    R = X - mu
    value = -0.5 * len(X) * np.linalg.slogdet(S)[1] - 0.5 * np.sum(P * (R.T @ R))
    one = P @ R.sum(axis=0)
    G = -0.5 * len(X) * P + 0.5 * P @ R.T @ R @ P
    return value, (one, 2 * G @ A)
"""


def test_gradients_without_names_are_paired_with_inputs_by_their_shapes(tmp_path: Path) -> None:
    report = of(NESTED, tmp_path, "density", "X: (6, 3), mu: (3,), A: (3, 3)")
    assert report.mistakes == ()
    assert [g.name for g in report.gradients] == ["[0]", "[1]"]
    assert [g.status for g in report.gradients] == ["right", "right"]
