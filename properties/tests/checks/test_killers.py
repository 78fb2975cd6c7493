"""Each property finds, asked alone, a mistake that is planted for it, and nothing in right code."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from properties.benchmarks.plants import plant, right_row
from properties.checks import all_properties
from properties.commands.job import Job
from properties.judge.property import named
from properties.layers import ALL, MISCONCEPTIONS
from properties.spec.demands import Demands
from properties.spec.row import LayerSpec
from properties.tests.nets.slips import SLIPS
from properties.tests.slow import mostly_slow

NNDL = Path(__file__).parents[3] / "nndl"

# Misconceptions of the catalogue.
CATALOGUE = {
    "adjoint": "word_embedding_backward, dW: repeated words overwritten",
    "backward_matches_reference": "batchnorm_backward, dx: direct path only",
    "batch_adds_up": "autoencoder_loss, dW (one example): path through W transposed only",
    "blind_to_what_is_hidden": "sdpa_forward, out: mask the wrong way round",
    "dropped_fraction": "dropout_forward, out (train): whole examples dropped",
    "exact_on_integers": "affine_forward, out: bias missing",
    "examples_are_independent": "temporal_affine_forward, out: time and examples exchanged",
    "forward_matches_reference": "affine_forward, out: bias missing",
    "gradient_adds_up": "max_pool_backward_naive, dx: no gate",
    "identity_in_test_mode": "dropout_forward, out (test): scaled by 1 - p",
    "is_a_gaussian_density": "gplvm_log_likelihood, value: sign reversed",
    "known_losses": "svm_loss, loss: not divided by N",
    "linear_in_dout": "affine_relu_backward, dw: gate on dout",
    "linear_in_each_argument": "conv_forward_naive, out: weights divided by their sum",
    "looks_at_the_past_alone": "attention_forward, out: heads joined without moving the axes",
    "mask_repeats": "dropout_forward, out (train): not masked",
    "mask_where_x_is_zero": "dropout_backward, dx (train): no mask",
    "masked_steps": "temporal_softmax_loss, loss: mask ignored",
    "normalised_columns": "batchnorm_forward, out (train): eps outside the root",
    "numerical_derivative": "batchnorm_backward, dx: direct path only",
    "order_of_positions": "attention_forward, out: heads joined without moving the axes",
    "relu_algebra": "relu_forward, out: leaky",
    "rotation_of_the_latent_space": "gplvm_log_likelihood, dX: derivative in K",
    "rows_of_the_gradient_vanish": "softmax_backward, dx: diagonal of the Jacobian",
    "running_statistics": "batchnorm_forward, out (train): running statistics in train mode",
    "shift_equivariant": "conv_forward_naive, out: stride ignored",
    "shift_invariant": "softmax_loss, loss: shift in one term",
    "stationary_at_dual_ppca": "gplvm_log_likelihood, dX: determinant part missing",
    "stationary_at_pca": "autoencoder_loss, dW (batch): sums multiplied",
    "subgradient_at_kinks": "affine_relu_backward, dw: ReLU skipped",
}

# Code that stands after the right functions of a row; NAME_right are those.
WRITTEN = {
    "arguments_unchanged": """
def affine_forward(x, w, b):
    out = affine_forward_right(x, w, b)
    x += 1
    return out
""",
    "bad_input": """
def svm_loss(x, y):
    return svm_loss_right(x, np.minimum(y, x.shape[1] - 1))
""",
    "empty_batch": """
def affine_forward(x, w, b):
    x[0]
    return affine_forward_right(x, w, b)
""",
    "extreme_values": """
def softmax_loss(x, y):
    rows = np.arange(len(y))
    p = np.exp(x) / np.exp(x).sum(1, keepdims=True)
    return -np.log(p[rows, y]).mean(), softmax_loss_right(x, y)[1]
""",
    "float32": """
def affine_forward(x, w, b):
    out, cache = affine_forward_right(x, w, b)
    return out.astype(np.float64), cache
""",
    "global_random_state": """
def affine_forward(x, w, b):
    np.random.seed(0)
    return affine_forward_right(x, w, b)
""",
    "gradient_shapes": """
def affine_backward(dout, cache):
    dx, dw, db = affine_backward_right(dout, cache)
    return dx, dw, db[1:]
""",
    "memory_layout": """
def affine_forward(x, w, b):
    return affine_forward_right(x if x.flags.c_contiguous else 2 * x, w, b)
""",
    "repeatable": """
calls = []
def affine_backward(dout, cache):
    calls.append(1)
    dx, dw, db = affine_backward_right(dout, cache)
    return dx, dw, db + len(calls)
""",
    "rest_is_left_out": """
def max_pool_backward_naive(dout, cache):
    dx = max_pool_backward_naive_right(dout, cache)
    dx[:, :, -1:] += 1
    return dx
""",
    "rotation_of_the_code": """
def autoencoder_loss(*args):
    value, dW = autoencoder_loss_right(*args)
    return value + args[0][0, 0], dW
""",
    "rows_sum_to_zero": """
def softmax_loss(x, y):
    value, dx = softmax_loss_right(x, y)
    return value, dx + 1
""",
    "silent": """
def affine_forward(x, w, b):
    print(x.shape)
    return affine_forward_right(x, w, b)
""",
    "windows_of_zeros_alone": """
def conv_forward_naive(x, w, b, conv_param):
    out, cache = conv_forward_naive_right(x, w, b, conv_param)
    return out + (conv_param["pad"] >= min(w.shape[2:])), cache
""",
}

# A row, a file of the bundled package, what stands there, and what is put there.
_FC, _CAPTIONS, _SOLVER = "fc_net.FullyConnectedNet", "rnn.CaptioningRNN", "solver.Solver"
EDITS = {
    "batches_are_training_examples": (
        *(_SOLVER, "solver.py"),
        "self.X_train[batch], self.y_train[batch]",
        "self.X_train[batch], self.y_train[batch[::-1]]",
    ),
    "batches_keep_their_labels": (
        *("neural_net.TwoLayerNet", "neural_net.py"),
        "X_batch, y_batch = X[batch], y[batch]",
        "X_batch, y_batch = X[batch], y[::-1][batch]",
    ),
    "check_accuracy": (_SOLVER, "solver.py", "axis=1) == y[batch]", "axis=1) != y[batch]"),
    "config_none_means_defaults": (
        *("optim.sgd", "optim.py"),
        "{} if config is None",
        '{"learning_rate": 0.5} if config is None',
    ),
    "descends_on_a_quadratic": ("optim.sgd", "optim.py", "dw * -rate", "dw * rate"),
    "gradients_of_the_whole_net": (
        *(_CAPTIONS, "classifiers/rnn.py"),
        "{name: grads[name] for name in p}",
        "{name: 2 * grads[name] for name in p}",
    ),
    "histories": (
        *(_SOLVER, "solver.py"),
        "self.loss_history.append(float(loss))",
        "self.loss_history += 2 * [float(loss)]",
    ),
    "loss_of_the_whole_net": (
        *(_CAPTIONS, "classifiers/rnn.py"),
        "wanted != self._null",
        "wanted == wanted",
    ),
    "model_ends_with_its_best_parameters": (
        *(_SOLVER, "solver.py"),
        "        if self.best_params:",
        "        if False:",
    ),
    "parameters_of_the_net": (
        *(_FC, "fc_net.py"),
        'self.params[f"b{layer}"] = np.zeros(n_out',
        'self.params[f"b{layer}"] = np.ones(n_out',
    ),
    "parameters_of_the_whole_net": (
        *(_CAPTIONS, "classifiers/rnn.py"),
        "np.random.randn(D, H) / np.sqrt(D)",
        "np.ones((D, H))",
    ),
    "permuting_hidden_units": (
        *(_FC, "fc_net.py"),
        "            caches.append(cache)",
        "            caches.append(cache)\n            out = out * np.arange(1, 1 + out.shape[1])",
    ),
    "predict": ("neural_net.TwoLayerNet", "neural_net.py", "np.argmax(self", "np.argmin(self"),
    "resumed_equals_uninterrupted": (
        *(_SOLVER, "solver.py"),
        '"loss_history": self.loss_history,',
        '"loss_history": [],',
    ),
    "rule_keeps_its_state": (
        *(_SOLVER, "solver.py"),
        "        self.optim_configs = configs\n        self.loss",
        "        self.loss",
    ),
    "rule_leaves_its_arguments_alone": (
        *("optim.sgd_momentum", "optim.py"),
        "    v = _next_velocity(w, dw, config)\n    config[",
        "    v = _next_velocity(w, dw, config)\n    dw *= 2\n    config[",
    ),
    "same_as_another": (
        *("rnn", "layers/rnn.py"),
        "return np.stack(states, axis=1)",
        "return 2 * np.stack(states, axis=1)",
    ),
    "same_seed_same_run": (
        *(_SOLVER, "solver.py"),
        "default_rng([self._seed or 0, self.iteration])",
        "default_rng()",
    ),
    "second_loss_is_the_first": (
        *(_CAPTIONS, "classifiers/rnn.py"),
        "        p, grads = self.params, {}",
        '        p, grads = self.params, {}\n        p["b_vocab"] = p["b_vocab"] + 1',
    ),
    "unknown_mode": (
        *("batchnorm", "_validate.py"),
        'if mode not in ("train", "test"):',
        "if False:",
    ),
}

# Slips in right homework of other people.
SLIPPED = {
    "dropout_of_one_example": "dropout ignored",
    "every_parameter_has_a_gradient": "gamma for the last layer too",
    "gradients_match_reference": "mask before batchnorm",
    "initial_loss_is_log_of_classes": "sum for the mean in the loss, by hand",
    "learning_rate_decays_once_an_epoch": "one config for all parameters",
    "loss_leaves_params_alone": "weights shrink while the loss is computed",
    "loss_matches_reference": "sum for the mean in the loss, by hand",
    "numerical_derivative_of_the_loss": "mask before batchnorm",
    "one_step_matches_formula": "no looking ahead",
    "regularisation_is_half_the_squared_norm": "absolute weights",
    "scores_do_not_depend_on_the_batch": "dropout never in test mode",
    "scores_match_reference": "variance of a sample, all in one",
    "share_of_dropped_units": "dropout ignored",
    "solver_leaves_its_arguments_alone": "one config for all parameters",
    "steps_match_formula": "no looking ahead",
    "test_mode_keeps_the_state": "weights shrink while the loss is computed",
    "train_and_test_scores_agree": "sum for the mean in the loss, by hand",
    "training_is_gradient_descent": "uphill",
}

# No mistake makes them fail, for the reason.
NEVER = {
    "log_lines": "other lines, or none, are a convention",
    "winners_of_a_tie": "every answer is right; it names the one that is given",
}
PLANTED = {**CATALOGUE, **WRITTEN, **EDITS, **SLIPPED}
QUICK = ("shift_equivariant", "silent", "rule_keeps_its_state", "steps_match_formula")


def _status(target: Path, row: LayerSpec, name: str) -> str:
    demands = Demands(shrink=False)
    job = Job(target=str(target), demands=demands, only=frozenset({row.name}), in_process=True)
    suite = job.suite()
    try:
        verdict = suite.judge_one(named(name), row)
    finally:
        suite.close()
    assert verdict is not None
    return verdict.status


def _file(folder: Path, text: str) -> Path:
    file = folder / "layers.py"
    file.write_text(text, encoding="utf-8")
    return file


def _in_the_catalogue(name: str, folder: Path) -> tuple[LayerSpec, Path, Path]:
    [entry] = (one for one in MISCONCEPTIONS if one.key == CATALOGUE[name])
    row = next(row for row in ALL if row.name == entry.layer)
    wrong, right = plant("tuples", entry), right_row("tuples", row)
    return row, _file(folder / "right", right), _file(folder / "wrong", wrong)


def _written(name: str, folder: Path) -> tuple[LayerSpec, Path, Path]:
    text = WRITTEN[name]
    function = text[text.index("def ") :].partition("(")[0].removeprefix("def ")
    row = next(row for row in ALL if function in row.judged)
    right = right_row("tuples", row)
    kept = "\n".join(f"{one}_right = {one}" for one in row.functions)
    return row, _file(folder / "right", right), _file(folder / "wrong", f"{right}\n{kept}\n{text}")


def _edited(name: str, folder: Path) -> tuple[LayerSpec, Path, Path]:
    only, file, before, after = EDITS[name]
    row = next(row for row in ALL if row.name == only)
    for place in ("right", "wrong"):
        shutil.copytree(NNDL, folder / place / "nndl", ignore=shutil.ignore_patterns("tests"))
    edited = folder / "wrong" / "nndl" / file
    text = edited.read_text(encoding="utf-8")
    assert before in text
    edited.write_text(text.replace(before, after, 1), encoding="utf-8")
    return row, folder / "right", folder / "wrong"


def _slipped(name: str, folder: Path) -> tuple[LayerSpec, Path, Path]:
    slip = next(slip for slip in SLIPS if slip.name == SLIPPED[name])
    row = next(row for row in ALL if slip.function in row.functions and named(name).concerns(row))
    slip.plant(folder / "wrong")
    replace(slip, after=slip.before).plant(folder / "right")
    return row, folder / "right", folder / "wrong"


def test_every_property_has_a_mistake_of_its_own() -> None:
    tables = (CATALOGUE, WRITTEN, EDITS, SLIPPED, NEVER)
    assert {one.name for one in all_properties()} == set().union(*tables)
    assert sum(len(table) for table in tables) == len(all_properties())


@pytest.mark.parametrize("name", mostly_slow(PLANTED, fast=QUICK))
def test_a_property_finds_what_is_planted_for_it(name: str, tmp_path: Path) -> None:
    for place in ("right", "wrong"):
        (tmp_path / place).mkdir()
    ways = (
        (CATALOGUE, _in_the_catalogue),
        (WRITTEN, _written),
        (EDITS, _edited),
        (SLIPPED, _slipped),
    )
    make = next(make for table, make in ways if name in table)
    row, right, wrong = make(name, tmp_path)
    assert _status(right, row, name) == "pass"
    assert _status(wrong, row, name) in ("fail", "error")
