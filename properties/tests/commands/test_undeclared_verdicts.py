"""``nndl check`` on code that nobody declared: what is wrong, what is right, and what is noted."""

from __future__ import annotations

from pathlib import Path

import pytest

from properties.tests.commands.test_undeclared import run


def test_a_mean_that_is_right_for_vectors_alone_is_said(tmp_path: Path) -> None:
    source = """
import numpy as np

def mse_loss(p, t):
    return np.mean((p - t) ** 2)

def mse_loss_grad(p, t):
    return 2 * (p - t) / len(p)
"""
    result = run(tmp_path, source)
    assert result.exit_code == 0, result.output
    assert "right for vectors (N,) alone" in " ".join(result.output.split())


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("return dout * b, dout * a", "return dout * a, dout * b"),
        ("return dout * b, dout * a", "return dout * b, dout * b"),
    ],
)
def test_gradients_in_the_places_of_others_are_wrong(
    tmp_path: Path, right: str, wrong: str
) -> None:
    source = f"""
def times_forward(a, b):
    return a * b, (a, b)

def times_backward(dout, cache):
    a, b = cache
    {right}
"""
    assert run(tmp_path, source).exit_code == 0
    assert run(tmp_path, source.replace(right, wrong)).exit_code == 1


def test_a_name_that_says_whose_derivative_it_is_is_believed(tmp_path: Path) -> None:
    source = """
def add_forward(a, b):
    return a + b

def add_backward(dout):
    return dout, dout

def scale_add_forward(x, y):
    return x + 3.0 * y, None

def scale_add_backward(dout, cache):
    return dout, dout
"""
    result = run(tmp_path, source)
    told = " ".join(result.output.split())
    assert result.exit_code == 1, result.output
    assert "✘ scale_add_backward of scale_add_forward" in told
    assert "✔ add_backward of add_forward" in told


def test_every_way_that_an_argument_chooses_is_judged(tmp_path: Path) -> None:
    source = """
import numpy as np

def dense(x, w, b, use_bias, activation="linear"):
    z = x @ w
    if use_bias:
        z = z + b
    if activation == "tanh":
        z = np.tanh(z)
    return z, (x, w, z, use_bias, activation)

def dense_backward(dout, cache):
    x, w, z, use_bias, activation = cache
    if activation == "tanh":
        dout = dout * (1 - z ** 2)
    db = dout.sum(axis=0) if use_bias else np.zeros(w.shape[1])
    return dout @ w.T, x.T @ dout, db
"""
    result = run(tmp_path, source)
    assert result.exit_code == 0, result.output
    told = " ".join(result.output.split())
    assert "use_bias: True | False, activation: 'linear' | 'tanh'" in told
    assert run(tmp_path, source.replace("1 - z ** 2", "1 - z")).exit_code == 1


def test_gradients_in_another_order_than_the_inputs_are_noted(tmp_path: Path) -> None:
    source = """
def product_forward(x, w):
    return x @ w, (x, w)

def product_backward(dout, cache):
    x, w = cache
    return x.T @ dout, dout @ w.T
"""
    result = run(tmp_path, source)
    assert result.exit_code == 0, result.output
    assert "in another order than the inputs are taken: w, x" in " ".join(result.output.split())


def test_a_bias_gradient_that_nobody_summed_is_wrong(tmp_path: Path) -> None:
    source = """
def fc_forward(x, w, b):
    return x @ w + b, (x, w, b)

def fc_backward(dout, cache):
    x, w, b = cache
    return dout @ w.T, x.T @ dout, dout
"""
    assert run(tmp_path, source).exit_code == 1
    assert (
        run(tmp_path, source.replace("x.T @ dout, dout", "x.T @ dout, dout.sum(0)")).exit_code == 0
    )


def test_a_hessian_is_held_against_a_gradient_alone(tmp_path: Path) -> None:
    source = """
import numpy as np

def log_likelihood(beta, X, y):
    return float(np.sum(y * (X @ beta) - np.exp(X @ beta)))

def score(beta, X, y):
    return X.T @ (y - np.exp(X @ beta))

def hessian(beta, X, y):
    return -(X.T * np.exp(X @ beta)) @ X
"""
    result = run(tmp_path, source)
    assert result.exit_code == 0, result.output
    assert "hessian of score" in result.output
    alone = source[: source.index("def score")] + source[source.index("def hessian") :]
    assert run(tmp_path, alone).exit_code != 1
