"""The rungs: duals, steps along the imaginary axis, sides of kinks; each says what it can."""

from __future__ import annotations

from pathlib import Path

import pytest

from properties.commands.undeclared import Search, judge_undeclared
from properties.discovery.found import NotJudged, Result
from properties.implementation import resolve_target
from properties.spec.demands import Demands


def judged(folder: Path, source: str, seed: int = 0) -> dict[str, Result]:
    """Judge a source; every function in it has to be judged."""
    file = folder / "piece.py"
    file.write_text("import numpy as np\n" + source, encoding="utf-8")
    search = Search(target=resolve_target(str(file)), demands=Demands(profile="quick", seed=seed))
    found = judge_undeclared(search).found
    told = [one.sentence for one in found if isinstance(one, NotJudged)]
    assert not told
    return {one.found.name: one for one in found if isinstance(one, Result)}


KINKS = """
def relu_forward(x):
    return np.maximum(x, 0), x
def relu_backward(dout, x):
    return dout * (x > 0)
def other_forward(x):
    return x * (x > 0), x
def other_backward(dout, x):
    return dout * (x >= 0)
def doubled_forward(x):
    return np.maximum(x, 0), x
def doubled_backward(dout, x):
    return dout * (x > 0) + 2 * dout * (x == 0)
def masked_forward(x):
    return x * (x > 0), x
def masked_backward(dout, x):
    return dout * (x > 0) - 3 * dout * (x == 0)
def leaky_forward(x):
    return np.where(x > 0, x, 0.1 * x), x
def leaky_backward(dout, x):
    return dout * ((x > 0) + 0.1 * (x < 0))
def pool_forward(x):
    '''x: (N, 4)'''
    return x.max(axis=1), x
def pool_backward(dout, x):
    return dout[:, None] * (x == x.max(axis=1, keepdims=True))
"""


def test_where_values_tie_a_subgradient_is_a_convention_and_anything_else_wrong(
    tmp_path: Path,
) -> None:
    found = judged(tmp_path, KINKS)
    wrong = {name for name, one in found.items() if one.status == "wrong"}
    assert wrong == {"doubled_backward", "masked_backward"}
    assert "where values tie" in found["doubled_backward"].wrong[0].sentence
    assert not found["relu_backward"].notes
    assert not found["leaky_backward"].notes
    assert "larger of the slopes" in found["other_backward"].notes[0]
    assert "larger of the slopes" in found["pool_backward"].notes[0]


RUNGS = """
from scipy.special import gammaln, digamma, log_ndtr, ndtr

from scipy.linalg import cho_factor, cho_solve
def lik(x):
    '''x: positive(N)'''
    return np.sum(gammaln(x) + log_ndtr(x))
def lik_grad(x):
    return digamma(x) + np.exp(-0.5 * x * x) / np.sqrt(2 * np.pi) / ndtr(x)
def quad(S, b):
    '''S: spd(N, N), b: (N,)'''
    return 0.5 * b @ cho_solve(cho_factor(S), b)
def quad_grad_b(S, b):
    return np.linalg.solve(S, b)
def curve(x):
    '''x: (4,)'''
    return np.sum(np.linalg.lstsq(np.vander(np.arange(4.0), 3), x, rcond=None)[0] ** 3)
def curve_grad(x):
    A = np.vander(np.arange(4.0), 3)
    return np.linalg.pinv(A).T @ (3 * np.linalg.lstsq(A, x, rcond=None)[0] ** 2)
def waves(x):
    '''x: (N,)'''
    return np.sum(np.abs(np.fft.fft(x)) ** 2)
def waves_grad(x):
    return 2 * len(x) * x
"""


@pytest.mark.parametrize("factor", [1.0 + 1e-8, pytest.param(1.0, marks=pytest.mark.slow)])
def test_the_most_exact_rung_that_can_speak_judges(tmp_path: Path, factor: float) -> None:
    source = RUNGS.replace("return digamma(x)", f"return {factor!r} * digamma(x)")
    source = source.replace("return np.linalg.pinv", f"return {factor!r} * np.linalg.pinv")
    found = judged(tmp_path, source)
    rungs = {name: one.oracle for name, one in found.items()}
    assert rungs == {
        "lik_grad": "dual",
        "quad_grad_b": "dual",
        "curve_grad": "complex",
        "waves_grad": "extrapolation",  # the absolute value of a complex number is not analytic
    }
    off = {name for name, one in found.items() if one.status == "wrong"}
    assert off == (set() if factor == 1.0 else {"lik_grad", "curve_grad"})


CHANCE = """
import random
from numpy.random import default_rng
old = np.random.RandomState(3)
count = 0
def drop_forward(x, p=0.5):
    mask = (np.random.rand(*x.shape) < p) / p
    return x * mask, mask
def drop_backward(dout, mask):
    return dout * mask
def noise_forward(x):
    '''x: (N, D)'''
    m = default_rng().normal(size=x.shape) + old.rand() + random.random()
    return x * m, m
def noise_backward(dout, m):
    return dout * m
def counted_forward(x):
    '''x: (N, D)'''
    global count
    count = count + 1
    return x * count, count
def counted_backward(dout, c):
    return dout * c
def again_forward(x):
    '''x: (N, D)'''
    m = np.random.rand(*x.shape)
    return x * m, m
def again_backward(dout, m):
    return dout * np.random.rand(*dout.shape)
"""


def test_random_numbers_and_state_are_the_same_in_every_run_and_named(tmp_path: Path) -> None:
    found = judged(tmp_path, CHANCE)
    assert {name: (one.status, one.extra.get("chance")) for name, one in found.items()} == {
        "drop_backward": ("right", ("np.random",)),
        "noise_backward": ("right", ("a generator of numpy", "random")),
        "counted_backward": ("right", ("count",)),
        "again_backward": ("wrong", ("np.random",)),
    }


def test_state_that_cannot_be_set_back_is_a_reason(tmp_path: Path) -> None:
    file = tmp_path / "piece.py"
    file.write_text(
        "kept = {'n': 0}\n"
        "def grown_forward(x):\n    '''x: (N, D)'''\n    kept['n'] += 1\n"
        "    return x * kept['n'], kept['n']\n"
        "def grown_backward(dout, n):\n    return dout * n\n",
        encoding="utf-8",
    )
    search = Search(target=resolve_target(str(file)), demands=Demands(profile="quick"))
    [told] = judge_undeclared(search).found
    assert isinstance(told, NotJudged)
    assert "two runs on the same inputs give different values" in told.reason


def test_a_convention_is_held_against_no_subgradient(tmp_path: Path) -> None:
    """Means over the examples, and a softmax that leaves its derivative to the cross-entropy."""
    found = judged(
        tmp_path,
        """
def layer_forward(A, W, b):
    '''A: (n, m), W: (k, n), b: (k, 1)'''
    Z = W @ A + b
    return np.maximum(Z, 0), (A, W, Z)
def layer_backward(dA, cache):
    A, W, Z = cache
    m = A.shape[1]
    dZ = dA * (Z > 0)
    return W.T @ dZ, dZ @ A.T / m, dZ.sum(axis=1, keepdims=True) / m
class Softmax:
    def forward(self, x):
        e = np.exp(x - x.max(axis=1, keepdims=True))
        return e / e.sum(axis=1, keepdims=True)
    def backward(self, dout):
        return dout
""",
        seed=11,
    )
    assert {name: one.status for name, one in found.items()} == {
        "layer_backward": "right",
        "Softmax.backward": "right",
    }
