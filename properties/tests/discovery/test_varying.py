"""Defaults take another value too, and the backward gets the same one where it takes it."""

from __future__ import annotations

from pathlib import Path

import pytest

from .one import judged

SWISH = """
def swish_forward(x, beta=1.0):
    s = 1 / (1 + np.exp(-beta * x))
    return x * s, (x, s, beta)


def swish_backward(dout, cache):
    x, s, beta = cache
    return dout * (s + x * beta * s * (1 - s))
"""
LEAKY = """
class Leaky:
    def __init__(self, alpha=0.01):
        self.alpha = alpha

    def forward(self, x):
        self.x = x
        return np.where(x > 0, x, self.alpha * x)

    def backward(self, dout):
        return dout * np.where(self.x > 0, 1, self.alpha)
"""
ELU = """
def bend(x, alpha=1.0):
    return np.where(x > 0, x, alpha * (np.exp(x) - 1))


def bend_prime(x, alpha=1.0):
    return np.where(x > 0, 1, alpha * np.exp(x))
"""
SECOND = """
class Power:
    def __init__(self, times=1, power=1):
        self.times, self.power = times, power

    def forward(self, x):
        self.x = x
        return self.times * x ** (self.power + 1)

    def backward(self, dout):
        return dout * self.times * (self.power + 1) * self.x ** self.power
"""
CONV = """
def slide_forward(x, w, stride=1):
    n = (len(x) - len(w)) // stride + 1
    return np.array([x[i * stride : i * stride + len(w)] @ w for i in range(n)]), (x, w, stride)


def slide_backward(dout, cache):
    x, w, stride = cache
    dx, dw = np.zeros_like(x), np.zeros_like(w)
    for i, d in enumerate(dout):
        dx[i * stride : i * stride + len(w)] += d * w
        dw += d * x[i * stride : i * stride + len(w)]
    return dx, dw
"""
CAUSAL = """
def mix_forward(a, v, causal=False):
    if causal:
        a = np.tril(a)
    return a @ v, (a, v, causal)


def mix_backward(dout, cache):
    a, v, causal = cache
    da = dout @ v.T
    return np.tril(da) if causal else da, a.T @ dout
"""


@pytest.mark.parametrize(
    ("source", "right", "wrong", "shown"),
    [
        (SWISH, "x * beta * s", "x * s", "beta: 1.0 | 0.7"),
        (LEAKY, "1, self.alpha", "1, 0.01", "alpha: 0.01 | 0.015"),
        (ELU, "alpha * np.exp(x))\n", "np.exp(x))\n", "alpha: 1.0 | 0.7"),
        (SECOND, "(self.power + 1) * self.x", "2 * self.x", "power: 1 | 2"),
        (CONV, "dx[i * stride : i * stride + len(w)]", "dx[i : i + len(w)]", "stride: 1 | 2"),
        (CAUSAL, "np.tril(da) if causal else da", "da", "causal: False | True"),
    ],
)
def test_a_derivative_that_forgot_a_default_is_wrong(
    tmp_path: Path, source: str, right: str, wrong: str, shown: str
) -> None:
    one = judged(tmp_path, source)
    assert one.status == "right"
    assert shown in one.found.sentence
    assert right in source
    one = judged(tmp_path, source.replace(right, wrong))
    name, _, values = shown.partition(": ")
    default, _, other = values.partition(" | ")
    assert one.status == "wrong"
    assert f"{name} is {other} here, right at the default {default} alone" in one.wrong[0].sentence
    assert f"{name}: {other}" in one.found.inputs


def test_a_mistake_at_the_default_is_shown_at_the_default(tmp_path: Path) -> None:
    one = judged(tmp_path, SWISH.replace("s + x", "s - x"))
    assert one.status == "wrong"
    assert "default" not in one.wrong[0].sentence


ALONE = """
def f(x, k=1.0):
    return 1 / (1 + np.exp(-k * x))


def f_prime(x):
    return f(x) * (1 - f(x))
"""
RENAMED = (
    LEAKY[: LEAKY.index("class")]
    + """
def leaky_forward(x, alpha=0.01):
    return np.where(x > 0, x, alpha * x), x


def leaky_backward(dout, cache, slope=0.01):
    return dout * np.where(cache > 0, 1, slope)
"""
)
REFUSED = SWISH.replace(
    "    s = 1", "    if beta != 1.0:\n        raise ValueError(beta)\n    s = 1"
)
NAN = SWISH.replace("x * s, (x", "x * s * np.sqrt(beta - 1.0 + (beta == 1.0)), (x")
HARD = """
def pick_forward(z, rounded=False):
    y = 1 / (1 + np.exp(-z))
    return np.round(y) if rounded else y, y


def pick_backward(dout, cache):
    return dout * cache * (1 - cache)
"""


@pytest.mark.parametrize("source", [ALONE, RENAMED, REFUSED, NAN, HARD])
def test_right_code_that_cannot_follow_another_value_is_right_at_its_default(
    tmp_path: Path, source: str
) -> None:
    one = judged(tmp_path, source)
    assert one.status == "right", [wrong.sentence for wrong in one.wrong]
    assert "at the default alone" in one.found.sentence


SETTINGS = """
def root_forward(x, eps=0.1, lr=0.01, seed=3, axis=0, verbose=True):
    return 1 / np.sqrt(x * x + eps), x


def root_backward(dout, cache):
    return -dout * cache * (cache * cache + 0.1) ** -1.5
"""


def test_settings_and_guards_stay_as_they_are_and_are_not_spoken_of(tmp_path: Path) -> None:
    one = judged(tmp_path, SETTINGS)
    assert one.status == "right"
    assert one.found.sentence.endswith("inputs x: (N, D) (from the code)")


KINDS = """
def act_forward(x, kind="relu"):
    if kind == "tanh":
        return np.tanh(x), x
    return x * (x > 0) if kind == "relu" else x, x


def act_backward(dout, cache, kind="relu"):
    if kind == "tanh":
        return dout * (1 - np.tanh(cache) ** 2)
    return dout * (cache > 0) if kind == "relu" else dout
"""


def test_a_text_that_the_backward_takes_too_is_given_to_both(tmp_path: Path) -> None:
    one = judged(tmp_path, KINDS)
    assert one.status == "right", [wrong.sentence for wrong in one.wrong]
    assert "kind: 'relu' | 'tanh'" in one.found.sentence
    one = judged(tmp_path, KINDS.replace("1 - np.tanh(cache) ** 2", "1 - cache**2"))
    assert one.status == "wrong"
