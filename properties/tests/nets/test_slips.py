"""One slip at a time, planted into a right homework: each is found, and where it is."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from .measure import record

RIGHT = Path(__file__).parents[1] / "homework" / "nets" / "course_style" / "nndl"
FC, MONO, OPTIM, SOLVER = (
    "fc_net.FullyConnectedNet",
    "neural_net.TwoLayerNet",
    "optim",
    "solver.Solver",
)

# function, what stands there, what is put there
SLIPS = {
    "last weights not regularised": (
        FC,
        "for i in np.arange(1, self.num_layers + 1):\n      W =",
        "for i in np.arange(1, self.num_layers):\n      W =",
    ),
    "dropout never in test mode": (
        FC,
        "self.dropout_param['mode'] = mode",
        "self.dropout_param['mode'] = 'train'",
    ),
    "dropout left out of the way back": (
        FC,
        "dout = dropout_backward(dout, drop_caches[i - 1])",
        "pass",
    ),
    "the first dropout's mask for all": (FC, "drop_caches[i - 1])", "drop_caches[0])"),
    "gamma and beta swapped": (
        FC,
        "grads['gamma' + str(i)] = dgamma\n        grads['beta' + str(i)] = dbeta",
        "grads['gamma' + str(i)] = dbeta\n        grads['beta' + str(i)] = dgamma",
    ),
    "no weight decay in the gradients": (FC, "      grads['W' + str(i)] += self.reg * W\n", ""),
    "modes the wrong way round": (
        FC,
        "bn_param['mode'] = mode",
        "bn_param['mode'] = 'train' if y is None else 'test'",
    ),
    "last bias forgotten": (
        FC,
        "self.params['b' + last])",
        "0 * self.params['b' + last])",
    ),
    "weights shrink while the loss is computed": (
        FC,
        "    if mode == 'test':\n      return scores\n\n    loss, dout",
        "    self.params['W1'] *= 0.999\n    if mode == 'test':\n      return scores\n\n"
        "    loss, dout",
    ),
    "regularisation by the norm's square root": (
        FC,
        "loss += 0.5 * self.reg * np.sum(W * W)",
        "loss += 0.5 * self.reg * np.sqrt(np.sum(W * W))",
    ),
    "dropout ignored": (FC, "self.use_dropout = dropout > 0", "self.use_dropout = False"),
    "reg twice in a gradient": (
        MONO,
        "np.dot(dscores.T, h1_relu) + reg * W2",
        "np.dot(dscores.T, h1_relu) + 2 * reg * W2",
    ),
    "gradient not averaged": (MONO, "dscores /= N", "dscores /= 1"),
    "ReLU's derivative forgotten": (
        MONO,
        "dh1 = np.dot(dscores, W2) * (h1 > 0)",
        "dh1 = np.dot(dscores, W2)",
    ),
    "uphill": (
        MONO,
        "self.params[key] -= learning_rate",
        "self.params[key] += learning_rate",
    ),
    "decay in every iteration": (
        MONO,
        "        learning_rate *= learning_rate_decay",
        "      learning_rate *= learning_rate_decay",
    ),
    "lowest score predicted": (MONO, "np.argmax(self.loss(X)", "np.argmin(self.loss(X)"),
    "another default rate": (
        f"{OPTIM}.sgd",
        "config.setdefault('learning_rate', 1e-2)\n\n  next_w",
        "config.setdefault('learning_rate', 1e-3)\n\n  next_w",
    ),
    "velocity forgotten": (
        f"{OPTIM}.sgd_momentum",
        "  next_w = w + v\n\n  config['v'] = v",
        "  next_w = w + v\n\n",
    ),
    "no looking ahead": (
        f"{OPTIM}.sgd_nesterov_momentum",
        "w + v + config['momentum'] * (v - v_old)",
        "w + v",
    ),
    "decay rates swapped": (
        f"{OPTIM}.rmsprop",
        "config['decay_rate'] * config['a'] + (1 - config['decay_rate'])",
        "(1 - config['decay_rate']) * config['a'] + config['decay_rate']",
    ),
    "steps not counted": (f"{OPTIM}.adam", "config['t'] += 1", "config['t'] = 1"),
    "second moment not squared": (f"{OPTIM}.adam", "* dw ** 2", "* np.abs(dw)"),
    "one bias correction for both": (
        f"{OPTIM}.adam",
        "config['a'] / (1 - config['beta2'] ** config['t'])",
        "config['a'] / (1 - config['beta1'] ** config['t'])",
    ),
    "one config for all parameters": (
        SOLVER,
        "{k: v for k, v in self.optim_config.items()}",
        "self.optim_config",
    ),
    "rate never decays": (SOLVER, "['learning_rate'] *= self.lr_decay", "['learning_rate'] *= 1"),
    "best by training accuracy": (
        SOLVER,
        "if val_acc > self.best_val_acc",
        "if train_acc > self.best_val_acc",
    ),
    "last batch forgotten": (
        SOLVER,
        "    if N % batch_size != 0:\n      num_batches += 1\n",
        "    y = y[:max(num_batches, 1) * batch_size]\n    num_batches = max(num_batches, 1)\n",
    ),
    "trained on validation data": (
        SOLVER,
        "loss, grads = self.model.loss(self.X_train[batch_mask]",
        "batch_mask %= len(self.X_val)\n    loss, grads = self.model.loss(self.X_val[batch_mask]",
    ),
    "labels of other examples": (
        SOLVER,
        "self.y_train[batch_mask])",
        "self.y_train[:self.batch_size])",
    ),
}


@pytest.mark.parametrize("slip", SLIPS)
def test_slip_is_found(slip: str, tmp_path: Path) -> None:
    name, before, after = SLIPS[slip]
    folder = tmp_path / "nndl"
    shutil.copytree(RIGHT, folder)
    file = folder / f"{name.partition('.')[0]}.py"
    text = file.read_text(encoding="utf-8")
    assert before in text, "the right homework has changed"
    file.write_text(text.replace(before, after), encoding="utf-8")
    made = record(tmp_path, only=name)
    [function] = [f for f in made["functions"] if f["name"] == name]
    assert function["status"] in ("fail", "error"), f"{slip} is not found"
