"""A convolutional net and one of captions: the bundled ones, right styles, a slip of each kind."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from properties.tests.judging import record_of
from properties.tests.slow import mostly_slow

NNDL = Path(__file__).parents[3] / "nndl"
FILES = {"cnn": "cnn.py", "captioning": "classifiers/rnn.py"}
LOSS = "loss, dout = softmax_loss(scores, y)"
CELLS = "forward, backward = CELLS[self.cell_type]"
SCALES = 'grads["gamma1"], grads["beta1"] = dnorm'
MODE = '"test" if y is None else "train"'
NAMED = "{name: grads[name] for name in self.params}"
UNSEEN = "batchnorm is not judged"
OWN = "self.use_batchnorm = bool(use_batchnorm)"

# Batch normalisation behind the ReLU, of which the contract says nothing.
BEHIND = {
    "return conv_bn_relu_forward(x, W, b, gamma, beta, self.conv_param, self.bn_params[0])": (
        "out, first = conv_relu_forward(x, W, b, self.conv_param)\n"
        "        out, second = spatial_batchnorm_forward(out, gamma, beta, self.bn_params[0])\n"
        "        return out, (first, second)"
    ),
    '_, grads["W1"], grads["b1"], *dnorm = conv_bn_relu_backward(dout, cache)': (
        "dout, *dnorm = spatial_batchnorm_backward(dout, cache[1])\n"
        '            _, grads["W1"], grads["b1"] = conv_relu_backward(dout, cache[0])'
    ),
    "return affine_batchnorm_relu_forward(x, W, b, gamma, beta, self.bn_params[1])": (
        "out, first = affine_relu_forward(x, W, b)\n"
        "        out, second = batchnorm_forward(out, gamma, beta, self.bn_params[1])\n"
        "        return out, (first, second)"
    ),
    'dx, grads["W2"], grads["b2"], *dnorm = affine_batchnorm_relu_backward(dout, cache)': (
        "dout, *dnorm = batchnorm_backward(dout, cache[1])\n"
        '            dx, grads["W2"], grads["b2"] = affine_relu_backward(dout, cache[0])'
    ),
    "from .layers.affine import": (
        "from .layers import batchnorm_backward, batchnorm_forward\n"
        "from .conv_layers import spatial_batchnorm_backward, spatial_batchnorm_forward\n"
        "from .layers.affine import"
    ),
}
# Batch normalisation of the convolution alone.
FIRST = {
    "self.use_batchnorm and i < 3": "self.use_batchnorm and i < 2",
    'W, b = self.params["W2"], self.params["b2"]\n        if not self.use_batchnorm:': (
        'W, b = self.params["W2"], self.params["b2"]\n        if True:'
    ),
    "-> FloatArray:\n        if self.use_batchnorm:": "-> FloatArray:\n        if False:",
}

RIGHT: list[tuple[str, dict[str, str], str]] = [
    ("cnn", {}, ""),
    ("cnn", {OWN: "self.use_batchnorm = False"}, UNSEEN),
    ("cnn", {OWN: f"assert not use_batchnorm; {OWN}"}, UNSEEN),
    (
        "cnn",
        {"        use_batchnorm: bool = False,\n": "", OWN: "self.use_batchnorm = False"},
        UNSEEN,
    ),
    ("cnn", {"hidden_dim": "hidden_dims"}, ""),
    ("cnn", {"reg * float(np.vdot(W, W))": "reg * float((W ** 2).sum())"}, ""),
    ("cnn", BEHIND, "batchnorm stands behind the ReLU"),
    ("cnn", FIRST, ""),
    ("captioning", {}, ""),
    ("captioning", {CELLS: CELLS.replace("CELLS", "{'rnn': CELLS['rnn']}")}, ""),
]
WRONG: list[tuple[str, dict[str, str]]] = [
    ("cnn", {"loss + 0.5 * self.reg": "loss + self.reg"}),
    ("cnn", {"grads[name] = grads[name] + self.reg * W": "pass"}),
    ("cnn", {"return scores\n": "return -scores\n"}),
    ("cnn", {NAMED: NAMED[:-1] + " if name != 'b2'}"}),
    ("cnn", {LOSS: f"self.params['b1'] = self.params['b1'] - 1; {LOSS}"}),
    ("cnn", {SCALES: SCALES.replace("dnorm", "2 * dnorm[0], dnorm[1]")}),
    ("cnn", {MODE: '"train"'}),
    ("cnn", {"self.conv_param, self.bn_params[0]": "self.conv_param, dict(self.bn_params[0])"}),
    ("cnn", {"weight_scale * np.random.randn": "weight_scale * np.random.rand"}),
    ("cnn", {'self.params[f"b{i}"] = np.zeros': 'self.params[f"b{i}"] = np.ones'}),
    (
        "cnn",
        {
            OWN: OWN + "; self._more = np.ones(2)",
            NAMED: "grads",
            "self._image = ": ('self.params["b4"] = self._more\n        self._image = '),
        },
    ),
    ("cnn", BEHIND | {SCALES: SCALES.replace("dnorm", "2 * dnorm[0], dnorm[1]")}),
    ("captioning", {"wanted != self._null": "given != self._null"}),
    ("captioning", {"affine_backward(dh0": "affine_backward(0 * dh0"}),
    ("captioning", {"wanted != self._null": "wanted != 0"}),
    ("captioning", {"np.random.randn(V, M) / 100": "np.zeros((V, M))"}),
    (
        "captioning",
        {
            '"b_vocab": np.zeros(V),': '"b_vocab": np.zeros(V), "b_end": np.zeros(V),',
            "return loss, {name: grads[name] for name in p}": "return loss, grads",
        },
    ),
]


def judged(layer: str, changes: dict[str, str], folder: Path) -> Any:
    shutil.copytree(NNDL, folder / "nndl", ignore=shutil.ignore_patterns("tests", "__pycache__"))
    path = folder / "nndl" / FILES[layer]
    source = path.read_text(encoding="utf-8")
    for old, new in changes.items():
        assert old in source
        source = source.replace(old, new)
    path.write_text(source, encoding="utf-8")
    [one] = (f for f in record_of(folder, only=layer)["functions"] if f["layer"] == layer)
    return one


@pytest.mark.parametrize(
    ("layer", "changes", "said"), mostly_slow(RIGHT, fast=(RIGHT[6], RIGHT[8]))
)
def test_right_nets(layer: str, changes: dict[str, str], said: str, tmp_path: Path) -> None:
    one = judged(layer, changes, tmp_path)
    assert one["status"] == "pass", one["detail"]
    assert any(said in finding for finding in one["findings"]) or not said


@pytest.mark.parametrize(
    ("layer", "changes"), mostly_slow(WRONG, fast=(WRONG[6], WRONG[10], WRONG[14]))
)
def test_wrong_nets(layer: str, changes: dict[str, str], tmp_path: Path) -> None:
    assert judged(layer, changes, tmp_path)["status"] == "fail"
