"""Habits of real code, planted one at a time into a right homework."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from properties.tests.slow import mostly_slow, slow

from .measure import record

RIGHT = Path(__file__).parents[1] / "homework" / "nets" / "course_style" / "nndl"
TWO, FC, ADAM = "fc_net.TwoLayerNet", "fc_net.FullyConnectedNet", "optim.adam"
MONO = "neural_net.TwoLayerNet"

Patch = tuple[str, str, str]  # file, what stands there, what is put there


def patched(folder: Path, *patches: Patch) -> Path:
    """A homework folder with the right package and some of its text replaced."""
    shutil.copytree(RIGHT, folder / "nndl")
    for name, before, after in patches:
        file = folder / "nndl" / name
        text = file.read_text(encoding="utf-8")
        assert before in text, f"the right homework has no {before!r}"
        file.write_text(text.replace(before, after), encoding="utf-8")
    return folder


def judged(folder: Path, name: str, profile: str = "quick") -> dict[str, Any]:
    """The entry of a function in the record of a folder."""
    made = record(folder, only=f"{name},svm_loss", profile=profile)
    return next(f for f in made["functions"] if f["name"] == name)


_COLUMN = "np.zeros((%s, 1))"
_LAST_TWO = "self.params['b2'] = np.zeros(num_classes)"
_FIRST_TWO = "self.params['b1'] = np.zeros(hidden_dims)"
_SCALED = "np.random.normal(0, weight_scale, (dims[i], dims[i + 1]))"
_DROP = "out = x * mask"
_TEST_MODE = "    xhat = (x - running_mean) / np.sqrt(running_var + eps)\n"
_PLACEHOLDERS = (
    "fc_net.py",
    "    self.dropout_param = {}\n",
    "      if not use_batchnorm:\n"
    "        for kind in ('gamma', 'beta'):\n"
    "          self.params[kind + str(i + 1)] = np.full(1, np.nan)\n"
    "    self.dropout_param = {}\n",
)
_LOOKED_UP = (
    "fc_net.py",
    "    for i in np.arange(1, self.num_layers):\n      W, b",
    "    for i in np.arange(1, self.num_layers):\n      self.params['gamma' + str(i)]\n      W, b",
)

# CS231n's first assignment: weights are (fan in, fan out), and since 2017 the L2 term has no half.
_CS231N: list[Patch] = [
    ("neural_net.py", "randn(hidden_size, input_size)", "randn(input_size, hidden_size)"),
    ("neural_net.py", "randn(output_size, hidden_size)", "randn(hidden_size, output_size)"),
    ("neural_net.py", "W1.T", "W1"),
    ("neural_net.py", "h1_relu, W2.T)", "h1_relu, W2)"),
    ("neural_net.py", "np.dot(dscores, W2)", "np.dot(dscores, W2.T)"),
    (
        "neural_net.py",
        "np.dot(dscores.T, h1_relu) + reg *",
        "np.dot(h1_relu.T, dscores) + 2 * reg *",
    ),
    ("neural_net.py", "np.dot(dh1.T, X) + reg *", "np.dot(X.T, dh1) + 2 * reg *"),
    ("neural_net.py", "+ 0.5 * reg * (", "+ reg * ("),
]

# name of the habit: function, what is said of it, patches
NAMED: dict[str, tuple[str, str, list[Patch]]] = {
    "p clipped in the layer that the net calls": (
        FC,
        "convention: the loss takes the logarithm of p clipped at 1e-08",
        [
            (
                "layers.py",
                "np.log(probs[np.arange(N), y])",
                "np.log(np.maximum(probs[np.arange(N), y], 1e-8))",
            )
        ],
    ),
    "log(p + eps) in the layer that the net calls": (
        FC,
        "convention: the loss takes the logarithm of p + 2e-07",
        [("layers.py", "np.log(probs[np.arange(N), y])", "np.log(probs[np.arange(N), y] + 2e-7)")],
    ),
    "biases that start as the number 0": (
        TWO,
        "convention: biases have the shape () for (H,)",
        [
            ("fc_net.py", _FIRST_TWO, "self.params['b1'] = 0"),
            ("fc_net.py", _LAST_TWO, "self.params['b2'] = 0.0"),
        ],
    ),
    "weights of a scale of their own": (
        FC,
        "convention: weights start at a scale of their own, not weight_scale",
        [("fc_net.py", _SCALED, "np.random.randn(dims[i], dims[i + 1]) / np.sqrt(dims[i])")],
    ),
    "biases in columns": (
        TWO,
        "convention: biases have the shape (H, 1) for (H,)",
        [
            ("fc_net.py", _FIRST_TWO, f"self.params['b1'] = {_COLUMN % 'hidden_dims'}"),
            ("fc_net.py", _LAST_TWO, f"self.params['b2'] = {_COLUMN % 'num_classes'}"),
            ("layers.py", ".dot(w) + b", ".dot(w) + b.ravel()"),
            (
                "layers.py",
                "db = np.sum(dout, axis=0)",
                "db = np.sum(dout, axis=0).reshape(b.shape)",
            ),
        ],
    ),
    "statistics written back in test mode": (
        FC,
        "robustness: a test pass changes the last bits of its running statistics",
        [
            (
                "layers.py",
                _TEST_MODE,
                _TEST_MODE
                + "    running_mean = np.nextafter(running_mean, np.inf)\n"
                + "    running_var = momentum * running_var + (1 - momentum) * running_var\n",
            )
        ],
    ),
    "the layer's statistics written back in test mode": (
        "batchnorm_forward",
        "robustness: test mode changes the last bits of running_mean",
        [
            (
                "layers.py",
                _TEST_MODE,
                _TEST_MODE
                + "    running_mean = momentum * running_mean + (1 - momentum) * running_mean\n",
            )
        ],
    ),
    "placeholders of parameters": (
        FC,
        "",
        [
            _PLACEHOLDERS,
            _LOOKED_UP,
            (
                "fc_net.py",
                "      grads['W' + str(i)], grads['b' + str(i)] = dw, db\n\n",
                "      grads['W' + str(i)], grads['b' + str(i)] = dw, db\n\n"
                "    for k in self.params:\n      grads.setdefault(k, np.zeros(1))\n",
            ),
        ],
    ),
    "an L2 term without its half in CS231n's net": (
        MONO,
        "convention: the regularisation is reg * sum(W²), without 0.5",
        _CS231N,
    ),
    "epsilon inside Adam's root": (
        ADAM,
        "convention: epsilon stands inside the root",
        [
            (
                "optim.py",
                "(np.sqrt(a_corrected) + config['epsilon'])",
                "np.sqrt(a_corrected + config['epsilon'])",
            )
        ],
    ),
    "a backward that overwrites its cache": (
        "relu_backward",
        "robustness: changes its cache",
        [("layers.py", "dx = dout * (x > 0)", "dx = dout * (x > 0)\n  x *= 0")],
    ),
}
FAST = ("biases in columns", "epsilon inside Adam's root", "a backward that overwrites its cache")


@pytest.mark.parametrize("habit", mostly_slow(NAMED, fast=FAST))
def test_habit_is_right_and_named(habit: str, tmp_path: Path) -> None:
    name, said, patches = NAMED[habit]
    # Whether honest arithmetic changes a last bit is a matter of luck: that needs more examples.
    profile = "standard" if "last bits" in said else "quick"
    found = judged(patched(tmp_path, *patches), name, profile)
    assert found["status"] == "pass", found["detail"]
    assert not said or said in found["findings"]
    conventions = [finding for finding in found["findings"] if finding.startswith("convention")]
    assert said.startswith("convention") or not conventions


WRONG: dict[str, tuple[str, str, list[Patch]]] = {
    "parameters of a layer that there is none of": (
        FC,
        "the dict of gradients has no beta",
        [
            (
                "fc_net.py",
                "if self.use_batchnorm and i < self.num_layers - 1:",
                "if self.use_batchnorm:",
            )
        ],
    ),
    "dropout that is a ReLU too": (
        "dropout_forward",
        "of the negative units",
        [("layers.py", _DROP, "out = np.maximum(x, 0) * mask")],
    ),
    "column gradients of flat biases": (
        TWO,
        "has shape (",
        [
            (
                "fc_net.py",
                "_, grads['W1'], grads['b1'] = affine_relu_backward(dh, h_cache)",
                "_, grads['W1'], db = affine_relu_backward(dh, h_cache)\n"
                "    grads['b1'] = db.reshape(-1, 1)",
            )
        ],
    ),
    "an L2 term without its half, its gradient with it": (
        MONO,
        "dW1",
        [*_CS231N, ("neural_net.py", "2 * reg * W1", "reg * W1")],
    ),
    "an L2 term without its half in the course's own net": (
        MONO,
        "loss",
        [
            ("neural_net.py", "+ 0.5 * reg * (", "+ reg * ("),
            ("neural_net.py", "h1_relu) + reg * W2", "h1_relu) + 2 * reg * W2"),
            ("neural_net.py", "np.dot(dh1.T, X) + reg * W1", "np.dot(dh1.T, X) + 2 * reg * W1"),
        ],
    ),
    "best parameters that a rule in place goes on changing": (
        "solver.Solver",
        "the best validation accuracy",
        [
            ("solver.py", "v.copy()", "v"),
            (
                "optim.py",
                "next_w = w + v\n\n  config['v']",
                "w += v\n  next_w = w\n\n  config['v']",
            ),
        ],
    ),
    "weights of a squared scale": (
        FC,
        "weights grow 4 times for twice weight_scale",
        [("fc_net.py", _SCALED, _SCALED.replace("weight_scale", "weight_scale ** 2"))],
    ),
    "weights of one sign": (
        FC,
        "weights of one sign",
        [("fc_net.py", _SCALED, "weight_scale * np.random.rand(dims[i], dims[i + 1])")],
    ),
    "statistics drift in test mode": (
        "batchnorm_forward",
        "running_mean",
        [("layers.py", _TEST_MODE, _TEST_MODE + "    running_mean = running_mean * (1 + 1e-12)\n")],
    ),
}

_FAST_WRONG = (
    "dropout that is a ReLU too",
    "best parameters that a rule in place goes on changing",
)


@pytest.mark.parametrize("mistake", mostly_slow(WRONG, fast=_FAST_WRONG))
def test_mistake_beside_a_habit_is_found(mistake: str, tmp_path: Path) -> None:
    name, said, patches = WRONG[mistake]
    found = judged(patched(tmp_path, *patches), name)
    assert found["status"] == "fail"
    assert said in found["detail"]


def test_backward_of_a_dropout_that_is_a_relu_too_is_right(tmp_path: Path) -> None:
    folder = patched(tmp_path, ("layers.py", _DROP, "out = np.maximum(x, 0) * mask"))
    assert judged(folder, "dropout_backward")["status"] == "pass"


@slow
@pytest.mark.parametrize("wrong", ["dout / (1 - dropout_param['p'])", "dout"])
def test_backward_that_ignores_the_mask_is_found(wrong: str, tmp_path: Path) -> None:
    folder = patched(tmp_path, ("layers.py", "dx = dout * mask", f"dx = {wrong}"))
    assert judged(folder, "dropout_backward")["status"] == "fail"


def test_a_module_that_is_not_there_is_missing(tmp_path: Path) -> None:
    folder = patched(tmp_path)
    (folder / "nndl" / "fc_net.py").unlink()
    helper = folder / "nndl" / "layer_tests.py"
    helper.write_text("from nndl.fc_net import FullyConnectedNet\n", encoding="utf-8")
    assert judged(folder, FC)["status"] == "missing"


def test_the_headline_says_why_a_backward_cannot_be_called(tmp_path: Path) -> None:
    folder = patched(tmp_path, ("layers.py", "  cache = x\n  return out, cache", "  return out"))
    said = judged(folder, "relu_backward")["detail"]
    assert "relu_forward returned 1 value(s)" in said


def test_a_clipped_logarithm_is_not_taken_for_float32(tmp_path: Path) -> None:
    _, _, patches = NAMED["p clipped in the layer that the net calls"]
    found = judged(patched(tmp_path, *patches), "softmax_loss")
    assert "convention: the loss takes the logarithm of p clipped at 1e-08" in found["findings"]
