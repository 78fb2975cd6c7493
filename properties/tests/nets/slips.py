"""Slips in right homework, one at a time, and the cause that should be named.

An entry: the function that is wrong, its file, what stands there, what is put there, the name of
the cause. Where two causes say the same of the numbers, both are right.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

_NETS = Path(__file__).parents[1] / "homework" / "nets"
_BASES = {
    "course_style": _NETS / "course_style" / "nndl",
    "all_in_one": _NETS / "all_in_one",
    "by_hand": _NETS / "by_hand" / "nndl",
}

FC, TWO = "fc_net.FullyConnectedNet", "fc_net.TwoLayerNet"
MONO, SOLVER = "neural_net.TwoLayerNet", "solver.Solver"


@dataclass(frozen=True, kw_only=True)
class Slip:
    """One change of the right homework."""

    name: str
    function: str
    file: str
    before: str
    after: str
    causes: tuple[str, ...]
    base: str = "course_style"

    def plant(self, folder: Path) -> None:
        """Write the homework with this slip into a folder, as its package nndl."""
        shutil.copytree(_BASES[self.base], folder / "nndl")
        file = folder / "nndl" / self.file
        text = file.read_text(encoding="utf-8")
        if self.before not in text:
            raise ValueError(f"{self.name}: the right homework has no {self.before!r}")
        file.write_text(text.replace(self.before, self.after), encoding="utf-8")


_TABLE: dict[str, list[tuple[str, str, str, str, str | tuple[str, ...]]]] = {
    FC: [
        (
            "last weights not regularised",
            "fc_net.py",
            "for i in np.arange(1, self.num_layers + 1):\n      W =",
            "for i in np.arange(1, self.num_layers):\n      W =",
            "last layer's weights not regularised",
        ),
        (
            "last gradient not regularised",
            "fc_net.py",
            "      grads['W' + str(i)] += self.reg * W",
            "      grads['W' + str(i)] += self.reg * W * (i < self.num_layers)",
            "last layer's weights not regularised in the gradients",
        ),
        (
            "first loss term not regularised",
            "fc_net.py",
            "loss += 0.5 * self.reg * np.sum(W * W)",
            "loss += 0.5 * self.reg * np.sum(W * W) * (i > 1)",
            "first layer's weights not regularised in the loss",
        ),
        (
            "last loss term alone",
            "fc_net.py",
            "loss += 0.5 * self.reg * np.sum(W * W)",
            "loss = loss + (i == self.num_layers) * 0.5 * self.reg * np.sum(W * W)",
            "last layer's weights alone regularised in the loss",
        ),
        (
            "dropout never in test mode",
            "fc_net.py",
            "self.dropout_param['mode'] = mode",
            "self.dropout_param['mode'] = 'train'",
            "dropout stays on in test mode",
        ),
        (
            "dropout's mode as a key",
            "fc_net.py",
            "self.dropout_param['mode'] = mode",
            "self.dropout_param[mode] = mode",
            "dropout stays on in test mode",
        ),
        (
            "batchnorm's mode as a key",
            "fc_net.py",
            "bn_param['mode'] = mode",
            "bn_param[mode] = mode",
            "batchnorm stays in train mode",
        ),
        (
            "dropout left out of the way back",
            "fc_net.py",
            "dout = dropout_backward(dout, drop_caches[i - 1])",
            "pass",
            "dropout left out of the way back",
        ),
        (
            "dropout not scaled",
            "layers.py",
            "> p) / (1 - p)",
            "> p)",
            "kept units not scaled",
        ),
        (
            "dropout scaled by the other probability",
            "layers.py",
            "> p) / (1 - p)",
            "> p) / p",
            "scaled by the other probability",
        ),
        (
            "gamma and beta swapped",
            "fc_net.py",
            "grads['gamma' + str(i)] = dgamma\n        grads['beta' + str(i)] = dbeta",
            "grads['gamma' + str(i)] = dbeta\n        grads['beta' + str(i)] = dgamma",
            "gradients of gamma and beta swapped",
        ),
        (
            "no weight decay in the gradients",
            "fc_net.py",
            "      grads['W' + str(i)] += self.reg * W\n",
            "",
            "regularisation missing in the gradients",
        ),
        (
            "weight decay put in the gradients' place",
            "fc_net.py",
            "grads['W' + str(i)] += self.reg * W",
            "grads['W' + str(i)] = self.reg * W",
            "gradient of the regularisation alone",
        ),
        (
            "modes the wrong way round",
            "fc_net.py",
            "bn_param['mode'] = mode",
            "bn_param['mode'] = 'train' if y is None else 'test'",
            # It raises in training as soon as there is batchnorm: test mode leaves no cache.
            ("train and test mode swapped", "batchnorm stays in train mode"),
        ),
        (
            "statistics made anew",
            "fc_net.py",
            "      for bn_param in self.bn_params:\n        bn_param['mode'] = mode",
            "      self.bn_params = [{'mode': mode} for _ in self.bn_params]",
            "running statistics lost",
        ),
        (
            "last bias forgotten",
            "fc_net.py",
            "self.params['b' + last])",
            "0 * self.params['b' + last])",
            "last bias not added",
        ),
        (
            "weights shrink while the loss is computed",
            "fc_net.py",
            "    if mode == 'test':\n      return scores\n\n    loss, dout",
            "    self.params['W1'] *= 0.999\n    if mode == 'test':\n      return scores\n\n"
            "    loss, dout",
            ("a test pass changes the parameters", "a training pass changes the parameters"),
        ),
        (
            "regularisation by the norm's square root",
            "fc_net.py",
            "loss += 0.5 * self.reg * np.sum(W * W)",
            "loss += 0.5 * self.reg * np.sqrt(np.sum(W * W))",
            "norm not squared",
        ),
        (
            "no half",
            "fc_net.py",
            "loss += 0.5 * self.reg * np.sum(W * W)",
            "loss += self.reg * np.sum(W * W)",
            "no half in the loss",
        ),
        (
            "no half, consistently",
            "fc_net.py",
            "loss += 0.5 * self.reg * np.sum(W * W)\n      grads['W' + str(i)] += self.reg * W",
            "loss += self.reg * np.sum(W * W)\n      grads['W' + str(i)] += 2 * self.reg * W",
            "no half, both ways",
        ),
        (
            "absolute weights",
            "fc_net.py",
            "loss += 0.5 * self.reg * np.sum(W * W)",
            "loss += 0.5 * self.reg * np.sum(np.abs(W))",
            "absolute weights",
        ),
        (
            "loss overwritten",
            "fc_net.py",
            "    for i in np.arange(1, self.num_layers + 1):\n      W =",
            "    loss = 0.0\n    for i in np.arange(1, self.num_layers + 1):\n      W =",
            "data loss overwritten",
        ),
        (
            "dropout ignored",
            "fc_net.py",
            "self.use_dropout = dropout > 0",
            "self.use_dropout = False",
            "dropout never called",
        ),
        (
            "gamma for the last layer too",
            "fc_net.py",
            "if self.use_batchnorm and i < self.num_layers - 1:",
            "if self.use_batchnorm:",
            "a parameter without a gradient",
        ),
        (
            "mask before batchnorm",
            "layer_utils.py",
            "  out, relu_cache = relu_forward(bn)\n",
            "  out, relu_cache = np.maximum(bn, 0), a\n",
            "mask taken before batchnorm",
        ),
        (
            "batchnorm left out of the way back",
            "layer_utils.py",
            "  da, dgamma, dbeta = batchnorm_backward(dbn, bn_cache)",
            "  _, dgamma, dbeta = batchnorm_backward(dbn, bn_cache)\n  da = dbn",
            "batchnorm left out of the way back",
        ),
        (
            "its own batchnorm takes statistics for constants",
            "layers.py",
            "  dx = dxhat / np.sqrt(var + eps) + dvar",
            "  dx = dxhat / np.sqrt(var + eps) + 0 * dvar",
            "its own batchnorm_backward",
        ),
        (
            "its own batchnorm loses a half",
            "layers.py",
            "np.sum(-0.5 * dxhat",
            "np.sum(-1.0 * dxhat",
            "its own batchnorm_backward",
        ),
        (
            "its own batchnorm adds eps to the root",
            "layers.py",
            "    xhat = (x - mu) / np.sqrt(var + eps)",
            "    xhat = (x - mu) / (np.sqrt(var) + eps)",
            "its own batchnorm_forward",
        ),
        (
            "its own batchnorm divides by the running variance",
            "layers.py",
            "    xhat = (x - running_mean) / np.sqrt(running_var + eps)",
            "    xhat = (x - running_mean) / (running_var + eps)",
            "its own batchnorm_forward",
        ),
        (
            "its own batchnorm updates in test mode",
            "layers.py",
            "    xhat = (x - running_mean) / np.sqrt(running_var + eps)",
            "    running_mean = momentum * running_mean + (1 - momentum) * np.mean(x, axis=0)\n"
            "    running_var = momentum * running_var + (1 - momentum) * np.var(x, axis=0)\n"
            "    xhat = (x - running_mean) / np.sqrt(running_var + eps)",
            "statistics updated in test mode, before they are used",
        ),
        (
            "its own ReLU lets everything back",
            "layers.py",
            "dx = dout * (x > 0)",
            "dx = dout * 1.0",
            "its own relu_backward",
        ),
        (
            "its own affine averages the biases",
            "layers.py",
            "db = np.sum(dout, axis=0)",
            "db = np.mean(dout, axis=0)",
            "its own affine_backward",
        ),
    ],
    TWO: [
        (
            "biases regularised",
            "fc_net.py",
            "(np.sum(W1 * W1) + np.sum(W2 * W2))",
            "(np.sum(W1 * W1) + np.sum(W2 * W2) + np.sum(b1 * b1) + np.sum(b2 * b2))",
            "biases regularised in the loss",
        ),
        (
            "second weights not regularised",
            "fc_net.py",
            "(np.sum(W1 * W1) + np.sum(W2 * W2))",
            "np.sum(W1 * W1)",
            "last layer's weights not regularised in the loss",
        ),
        (
            "no regularisation in the loss",
            "fc_net.py",
            "    loss += 0.5 * self.reg * (np.sum(W1 * W1) + np.sum(W2 * W2))\n",
            "",
            "regularisation missing in the loss",
        ),
        (
            "second gradient not regularised",
            "fc_net.py",
            "    grads['W2'] += self.reg * W2\n",
            "",
            "last layer's weights not regularised in the gradients",
        ),
        (
            "half in the gradients too",
            "fc_net.py",
            "    grads['W1'] += self.reg * W1\n    grads['W2'] += self.reg * W2",
            "    grads['W1'] += 0.5 * self.reg * W1\n    grads['W2'] += 0.5 * self.reg * W2",
            "half the regularisation in the gradients",
        ),
        (
            "ReLU on the scores",
            "fc_net.py",
            "scores, cache = affine_forward(h, W2, b2)",
            "scores, cache = affine_forward(h, W2, b2)\n    scores = np.maximum(scores, 0)",
            "ReLU on the scores",
        ),
        (
            "ReLU left out of the way back",
            "fc_net.py",
            "affine_relu_backward(dh, h_cache)",
            "affine_backward(dh, h_cache[0])",
            "ReLU left out of the way back",
        ),
        (
            "no ReLU at all",
            "fc_net.py",
            "    h, h_cache = affine_relu_forward(X, W1, b1)",
            "    h, h_cache = affine_forward(X, W1, b1)\n    h_cache = h_cache, h * 0 + 1",
            "no ReLU at all",
        ),
        (
            "its own softmax sums",
            "layers.py",
            "loss = -np.sum(np.log(probs[np.arange(N), y])) / N",
            "loss = -np.sum(np.log(probs[np.arange(N), y]))",
            "its own softmax_loss",
        ),
        (
            "its own composed layer masks before the bias",
            "layer_utils.py",
            "  out, relu_cache = relu_forward(a)\n  cache",
            "  out, relu_cache = np.maximum(a, 0), a - b\n  cache",
            "mask taken before the bias",
        ),
    ],
    MONO: [
        (
            "reg twice in a gradient",
            "neural_net.py",
            "np.dot(dscores.T, h1_relu) + reg * W2",
            "np.dot(dscores.T, h1_relu) + 2 * reg * W2",
            "twice the regularisation in the last gradient",
        ),
        (
            "gradient not averaged",
            "neural_net.py",
            "dscores /= N",
            "dscores /= 1",
            "not averaged",
        ),
        (
            "ReLU's derivative forgotten",
            "neural_net.py",
            "dh1 = np.dot(dscores, W2) * (h1 > 0)",
            "dh1 = np.dot(dscores, W2)",
            "ReLU left out of the way back",
        ),
        (
            "mask before the bias",
            "neural_net.py",
            "dh1 = np.dot(dscores, W2) * (h1 > 0)",
            "dh1 = np.dot(dscores, W2) * (np.dot(X, W1.T) > 0)",
            "mask taken before the bias",
        ),
        (
            "one not taken off",
            "neural_net.py",
            "dscores[np.arange(N), y] -= 1",
            "dscores[np.arange(N), y] -= 0",
            "one not taken off at the label",
        ),
        (
            "softmax over the batch",
            "neural_net.py",
            "np.sum(exp_scores, axis=1, keepdims=True)",
            "np.sum(exp_scores)",
            "softmax over the whole batch",
        ),
        (
            "input without its ReLU",
            "neural_net.py",
            "np.dot(dscores.T, h1_relu)",
            "np.dot(dscores.T, h1)",
            "input of the layer without its ReLU",
        ),
        (
            "biases averaged twice",
            "neural_net.py",
            "grads['b1'] = np.sum(dh1, axis=0)",
            "grads['b1'] = np.mean(dh1, axis=0)",
            "mean for a hidden bias",
        ),
        (
            "uphill",
            "neural_net.py",
            "self.params[key] -= learning_rate",
            "self.params[key] += learning_rate",
            "uphill",
        ),
        (
            "decay in every iteration",
            "neural_net.py",
            "        learning_rate *= learning_rate_decay",
            "      learning_rate *= learning_rate_decay",
            "decay in every iteration",
        ),
        (
            "lowest score predicted",
            "neural_net.py",
            "np.argmax(self.loss(X)",
            "np.argmin(self.loss(X)",
            "lowest score",
        ),
    ],
    "optim.sgd": [
        (
            "another default rate",
            "optim.py",
            "config.setdefault('learning_rate', 1e-2)\n\n  next_w",
            "config.setdefault('learning_rate', 1e-3)\n\n  next_w",
            "another default learning rate",
        ),
        (
            "sgd uphill",
            "optim.py",
            "next_w = w - config['learning_rate'] * dw",
            "next_w = w + config['learning_rate'] * dw",
            "uphill",
        ),
    ],
    "optim.sgd_momentum": [
        (
            "velocity forgotten",
            "optim.py",
            "  next_w = w + v\n\n  config['v'] = v",
            "  next_w = w + v\n\n",
            "velocity not stored",
        ),
        (
            "velocity with the gradient's sign",
            "optim.py",
            "v = config['momentum'] * v - config['learning_rate'] * dw\n  next_w = w + v\n",
            "v = config['momentum'] * v + config['learning_rate'] * dw\n  next_w = w + v\n",
            "sign of the step in the velocity",
        ),
        (
            "velocity as an average",
            "optim.py",
            "v = config['momentum'] * v - config['learning_rate'] * dw\n  next_w = w + v\n",
            "v = config['momentum'] * v - (1 - config['momentum']) * config['learning_rate'] * dw\n"
            "  next_w = w + v\n",
            "average for a velocity",
        ),
    ],
    "optim.sgd_nesterov_momentum": [
        (
            "no looking ahead",
            "optim.py",
            "w + v + config['momentum'] * (v - v_old)",
            "w + v",
            "no looking ahead",
        ),
        (
            "old velocity overwritten",
            "optim.py",
            "  v = config['momentum'] * v_old - config['learning_rate'] * dw",
            "  v = config['momentum'] * v_old - config['learning_rate'] * dw\n  v_old = v",
            "no looking ahead",
        ),
        (
            "old velocity added",
            "optim.py",
            "w + v + config['momentum'] * (v - v_old)",
            "w + v + config['momentum'] * (v_old - v)",
            "old and new velocity swapped",
        ),
    ],
    "optim.rmsprop": [
        (
            "decay rates swapped",
            "optim.py",
            "config['decay_rate'] * config['a'] + (1 - config['decay_rate'])",
            "(1 - config['decay_rate']) * config['a'] + config['decay_rate']",
            "decay rate on the wrong side",
        ),
        (
            "rmsprop without a root",
            "optim.py",
            "(np.sqrt(config['a']) + config['epsilon'])",
            "(config['a'] + config['epsilon'])",
            "no root",
        ),
    ],
    "optim.adam": [
        (
            "steps not counted",
            "optim.py",
            "config['t'] += 1",
            "config['t'] = 1",
            "t not stored",
        ),
        (
            "no bias correction",
            "optim.py",
            "v_corrected / (np.sqrt(a_corrected)",
            "config['v'] / (np.sqrt(config['a'])",
            "no bias correction",
        ),
        (
            "second moment not squared",
            "optim.py",
            "* dw ** 2",
            "* np.abs(dw)",
            "absolute gradient",
        ),
        (
            "one bias correction for both",
            "optim.py",
            "config['a'] / (1 - config['beta2'] ** config['t'])",
            "config['a'] / (1 - config['beta1'] ** config['t'])",
            "beta1 for the second moment",
        ),
        (
            "corrected moments stored",
            "optim.py",
            "  next_w = w - config['learning_rate'] * v_corrected",
            "  config['v'], config['a'] = v_corrected, a_corrected\n"
            "  next_w = w - config['learning_rate'] * v_corrected",
            "corrected moments stored",
        ),
        (
            "t counted after the step",
            "optim.py",
            "config.setdefault('t', 0)",
            "config.setdefault('t', 1)",
            "t one ahead",
        ),
    ],
    SOLVER: [
        (
            "one config for all parameters",
            "solver.py",
            "{k: v for k, v in self.optim_config.items()}",
            "self.optim_config",
            "one config for all parameters",
        ),
        (
            "rate never decays",
            "solver.py",
            "['learning_rate'] *= self.lr_decay",
            "['learning_rate'] *= 1",
            "no decay",
        ),
        (
            "rate decays in every iteration",
            "solver.py",
            "epoch_end = (t + 1) % iterations_per_epoch == 0",
            "epoch_end = True",
            "decay in every iteration",
        ),
        (
            "state of the rule lost",
            "solver.py",
            "next_w, next_config = self.update_rule(w, grads[p], self.optim_configs[p])\n"
            "      self.model.params[p] = next_w\n"
            "      self.optim_configs[p] = next_config\n",
            "next_w, _ = self.update_rule(w, grads[p], dict(self.optim_configs[p]))\n"
            "      self.model.params[p] = next_w\n",
            "state of the rule lost",
        ),
        (
            "best by training accuracy",
            "solver.py",
            "if val_acc > self.best_val_acc",
            "if train_acc > self.best_val_acc",
            "best by training accuracy",
        ),
        (
            "best parameters not put back",
            "solver.py",
            "self.model.params = self.best_params",
            "pass",
            "best parameters not put back",
        ),
        (
            "best parameters an alias",
            "solver.py",
            "          self.best_params = {}\n",
            "          self.best_params = self.model.params\n",
            "best parameters are not a copy",
        ),
        (
            "last batch forgotten",
            "solver.py",
            "    if N % batch_size != 0:\n      num_batches += 1\n",
            "    y = y[:max(num_batches, 1) * batch_size]\n    num_batches = max(num_batches, 1)\n",
            "last batch forgotten",
        ),
        (
            "trained on validation data",
            "solver.py",
            "loss, grads = self.model.loss(self.X_train[batch_mask]",
            "batch_mask %= len(self.X_val)\n"
            "    loss, grads = self.model.loss(self.X_val[batch_mask]",
            ("labels of other examples", "examples of another set"),
        ),
        (
            "labels of other examples",
            "solver.py",
            "self.y_train[batch_mask])",
            "self.y_train[:self.batch_size])",
            "labels of other examples",
        ),
    ],
}

_OTHERS: dict[str, list[tuple[str, str, str, str]]] = {
    "all_in_one": [
        (
            "momentum on the wrong side, all in one",
            "0.9 * self.mean + 0.1 * m\n                self.var = 0.9 * self.var + 0.1 * v",
            "0.1 * self.mean + 0.9 * m\n                self.var = 0.1 * self.var + 0.9 * v",
            "momentum on the wrong side",
        ),
        (
            "batchnorm stays in train mode, all in one",
            "                m, v = self.mean, self.var",
            "                m, v = z.mean(0), z.var(0)",
            "batchnorm stays in train mode",
        ),
        (
            "dropout left out of the way back, all in one",
            "d = d * self.scale * self.on",
            "d = d * self.on",
            "dropout left out of the way back",
        ),
        (
            "both masks taken before the bias, all in one",
            "self.on = z > 0",
            "self.on = x @ P['W%d' % i] > 0",
            "both masks taken before the bias",
        ),
        (
            "scaled by the other probability, all in one",
            "self.p) / (1 - self.p)",
            "self.p) / self.p",
            "scaled by the other probability",
        ),
        (
            "mean for a hidden bias, all in one",
            "G['b%d' % i] = d.sum(0)",
            "G['b%d' % i] = d.mean(0)",
            "mean for a hidden bias",
        ),
        (
            "path through the variance missing, all in one",
            "(d - d.mean(0) - self.zh * (d * self.zh).mean(0)) / self.s",
            "(d - d.mean(0)) / self.s",
            "path through the variance missing",
        ),
        (
            "path through the mean missing, all in one",
            "(d - d.mean(0) - self.zh * (d * self.zh).mean(0)) / self.s",
            "(d - self.zh * (d * self.zh).mean(0)) / self.s",
            "path through the mean missing",
        ),
        (
            "standard deviation left out of the way back, all in one",
            "(d * self.zh).mean(0)) / self.s",
            "(d * self.zh).mean(0))",
            "standard deviation left out of the way back",
        ),
        (
            "twice the regularisation in the gradients, all in one",
            "G[k] + self.reg * P[k]",
            "G[k] + 2 * self.reg * P[k]",
            "twice the regularisation in the gradients",
        ),
        (
            "all parameters regularised, all in one",
            "if k[0] == 'W':",
            "if True:",
            "all parameters regularised",
        ),
        (
            "sum for the mean in the loss, all in one",
            "s[np.arange(len(y)), y]).mean(), d / len(y)",
            "s[np.arange(len(y)), y]).sum(), d / len(y)",
            "sum for the mean in the loss",
        ),
        (
            "not averaged, all in one",
            "s[np.arange(len(y)), y]).mean(), d / len(y)",
            "s[np.arange(len(y)), y]).mean(), d",
            "not averaged",
        ),
        (
            "never in test mode, all in one",
            "h = block.forward(h, P, i, y is not None, rng)",
            "h = block.forward(h, P, i, True, rng)",
            "never in test mode",
        ),
        (
            "variance of a sample, all in one",
            "m, v = z.mean(0), z.var(0)",
            "m, v = z.mean(0), z.var(0, ddof=1)",
            "variance of a sample",
        ),
        (
            "eps beside the root, all in one",
            "self.s = np.sqrt(v + 1e-5)",
            "self.s = np.sqrt(v) + 1e-5",
            "eps beside the root",
        ),
        (
            "gamma left out of the way back, all in one",
            "            d = d * P['gamma%d' % i]\n",
            "",
            "gamma left out of the way back",
        ),
        (
            "ReLU left out of the way forward, all in one",
            "out = np.where(self.on, z, 0)",
            "out = z",
            "ReLU left out of the way forward",
        ),
    ],
    "by_hand": [
        (
            "hidden weights averaged twice, by hand",
            "dW1 += np.outer(dz1, X[i])",
            "dW1 += np.outer(dz1, X[i]) / N",
            "hidden weights averaged twice",
        ),
        (
            "last example alone, of the last bias, by hand",
            "db2[0] += dz2[i]",
            "db2[0] = dz2[i]",
            "last example alone, of the last bias",
        ),
        (
            "sum for the mean in the loss, by hand",
            "loss += -np.log(q[y[i]]) / N",
            "loss += -np.log(q[y[i]])",
            "sum for the mean in the loss",
        ),
        (
            "one not averaged at the label, by hand",
            "dz2[i, y[i]] -= 1 / N",
            "dz2[i, y[i]] -= 1",
            "one not averaged at the label",
        ),
        (
            "no half in the first term, by hand",
            "loss += reg / 2 * np.linalg.norm(p['W1'], 'fro') ** 2",
            "loss += reg * np.linalg.norm(p['W1'], 'fro') ** 2",
            "no half in the first term",
        ),
        ("no decay, by hand", "learning_rate *= learning_rate_decay", "pass", "no decay"),
    ],
}
_OTHER_FILES = {"all_in_one": (FC, "fc_net.py"), "by_hand": (MONO, "neural_net.py")}

SLIPS = tuple(
    Slip(
        name=name,
        function=function,
        file=file,
        before=before,
        after=after,
        causes=(cause,) if isinstance(cause, str) else cause,
    )
    for function, table in _TABLE.items()
    for name, file, before, after, cause in table
) + tuple(
    Slip(
        name=name,
        function=_OTHER_FILES[base][0],
        file=_OTHER_FILES[base][1],
        before=before,
        after=after,
        causes=(cause,),
        base=base,
    )
    for base, table in _OTHERS.items()
    for name, before, after, cause in table
)
