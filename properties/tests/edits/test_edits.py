"""The generator of small changes: what it makes, in what words; it leaves its tree alone."""

from __future__ import annotations

import ast

import numpy as np
import pytest

from properties.edits import Scope, edits, likeliest


def _made(text: str, *names: str) -> dict[str, str]:
    statement = ast.parse(text).body[0]
    return {ast.unparse(e.tree): e.words for e in edits(statement, Scope(names))}


@pytest.mark.parametrize(
    ("right", "wrong", "words"),
    [
        ("y = a + b", "y = a - b", "with - in place of + in a + b"),
        ("y = a + b", "y = a", "without b"),
        ("y = a / n", "y = a", "without the division by n"),
        ("y = -a", "y = a", "without the minus sign of a"),
        ("y = a.T @ b", "y = a @ b", "with a in place of a.T"),
        ("y = a.sum(axis=0)", "y = a.sum(axis=1)", ""),
        ("y = np.sum(a, 0)", "y = np.sum(a, 1)", ""),
        ("y = a.sum(0)", "y = a.sum(0, keepdims=True)", ""),
        ("y = a.sum(0)", "y = a.mean(0)", ""),
        ("y = a.sum(0)", "y = a", "without the sum"),
        ("y = np.sqrt(v + e)", "y = np.sqrt(v) + e", ""),
        ("y = a / (b + c)", "y = a / b + c", ""),
        ("y = x > 0", "y = x >= 0", ""),
        ("y = x ** 2", "y = x", "without the power 2"),
        ("y = x ** -2", "y = x ** (-3)", ""),
        ("y = x[rows, k]", "y = x[:, k]", ""),
        ("y += a", "y -= a", "with -= in place of += in y += a"),
        ("y += a", "y = a", "with = in place of += in y += a"),
        ("y[i, j] -= 1", "y[j, j] -= 1", ""),
        ("a, b = f(x)", "b, a = f(x)", "with a and b exchanged"),
        ("return np.where(c, a, b)", "return np.where(c, b, a)", ""),
        ("y = self.w @ a", "y = a @ self.w", ""),
    ],
)
def test_a_change_and_its_words(right: str, wrong: str, words: str) -> None:
    made = _made(right, *("i", "j") if "[i" in right else ())
    wrong = ast.unparse(ast.parse(wrong))
    assert wrong in made
    if words:
        assert made[wrong] == words


def test_a_missing_factor_is_sought_among_the_variables() -> None:
    made = _made("y = a", "n")
    assert {"y = a * n", "y = a / n", "y = a + n", "y = n - a"} <= set(made)


def test_known_values_say_what_may_stand_for_what() -> None:
    known = {"a": np.zeros((2, 3)), "b": np.zeros((2, 3)), "c": np.zeros(3), "n": 2}
    line = ast.parse("a.sum(0)", mode="eval").body
    made = {ast.unparse(e.tree) for e in edits(line, Scope.of(known))}
    assert {"b.sum(0)", "a.sum(0) / n", "c"} <= made
    assert not {"c.sum(0)", "n.sum(0)"} & made


def test_the_tree_is_left_alone_and_every_change_runs_or_is_refused_by_numpy() -> None:
    known = {"x": np.ones((2, 3)), "w": np.ones((3, 2)), "b": np.ones(2), "rows": np.arange(2)}
    line = ast.parse("np.maximum(0, x @ w + b)[rows, rows].sum(0) ** 2 / 2", mode="eval").body
    before = ast.dump(line)
    made = list(edits(line, Scope.of(known)))
    assert len({ast.unparse(edit.tree) for edit in made}) > 60
    for edit in made:
        compile(ast.Expression(edit.tree), "<edit>", "eval")
        assert edit.words.startswith(("with ", "without "))
    assert ast.dump(line) == before


def test_what_nothing_reads_is_tried_before_what_is_used() -> None:
    statement = ast.parse("dZ = dZ2").body[0]
    made = likeliest(statement, ["a", "b", "dZ1", "dZ2"], frozenset({"dZ1"}))
    cost = {ast.unparse(edit.tree): edit.cost for edit in made}
    assert cost["dZ = dZ2 + dZ1"] < cost["dZ = dZ2 + a"]
    assert cost["dZ = dZ1"] < cost["dZ = a"]


def test_no_minus_stands_before_a_zero() -> None:
    tree = ast.parse("x >= -1", mode="eval").body
    texts = {ast.unparse(edit.tree) for edit in edits(tree)}
    assert "x >= 0" in texts
    assert "x >= -0" not in texts
