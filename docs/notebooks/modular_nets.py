# %% [markdown]
# # Modular nets, from layers to fifty images by heart
#
# A net in one function does not grow. Here you write layers, each a forward and a backward pass;
# put them together to a net; let a solver train it; and show that a deeper net can learn fifty
# images by heart, the quickest sign that nothing in the chain is broken.
#
# Every figure in the text comes from the cells above it. What you *set* is written `like this`;
# what the run *gives* is not.
#
# It needs `pip install nndl[data] matplotlib` (scikit-learn brings the digits). In Jupyter, open
# this file with jupytext, or run `python modular_nets.py`.

# %%
import matplotlib.pyplot as plt
import numpy as np

from nndl.data_utils import get_digits_data
from nndl.fc_net import FullyConnectedNet
from nndl.gradient_check import eval_numerical_gradient, eval_numerical_gradient_array, rel_error
from nndl.layers import softmax_loss
from nndl.solver import Solver

from nndl_suite import check

# %% [markdown]
# ## What you write: layers
#
# A forward pass returns its output and a cache; the backward pass takes the derivative of the loss
# with respect to that output, and the cache, and returns the derivatives with respect to the
# inputs. Here weights are `(D, M)`, the transpose of those in the net that is all in one piece.
#
# Batch normalisation is the one to derive with care. Each output depends on each example of the
# batch, through the mean and the variance. With $\hat x = (x - \mu) / \sigma$ and
# $g = \gamma \cdot dout$, the three paths add up to
# $dx = (g - \mathrm{mean}(g) - \hat x \cdot \mathrm{mean}(g \hat x)) / \sigma$: the gradient, less
# the part that shifts the whole batch, less the part that scales it.


# %%
def affine_forward(x, w, b):
    rows = x.reshape(x.shape[0], w.shape[0])
    return rows @ w + b, (x, w)


def affine_backward(dout, cache):
    x, w = cache
    rows = x.reshape(x.shape[0], w.shape[0])
    return (dout @ w.T).reshape(x.shape), rows.T @ dout, dout.sum(axis=0)


def relu_forward(x):
    return np.maximum(x, 0), x


def relu_backward(dout, cache):
    x = cache
    return dout * (x > 0)


def batchnorm_forward(x, gamma, beta, bn_param):
    mode, eps = bn_param["mode"], bn_param.get("eps", 1e-5)
    momentum = bn_param.get("momentum", 0.9)
    running_mean = bn_param.get("running_mean", np.zeros(x.shape[1], dtype=x.dtype))
    running_var = bn_param.get("running_var", np.zeros(x.shape[1], dtype=x.dtype))
    if mode == "train":
        mean, var = x.mean(axis=0), x.var(axis=0)
        bn_param["running_mean"] = momentum * running_mean + (1 - momentum) * mean
        bn_param["running_var"] = momentum * running_var + (1 - momentum) * var
    elif mode == "test":
        mean, var = running_mean, running_var
    else:
        raise ValueError(f"mode must be 'train' or 'test', got {mode!r}")
    sigma = np.sqrt(var + eps)
    xhat = (x - mean) / sigma
    return gamma * xhat + beta, (xhat, gamma, sigma)


def batchnorm_backward(dout, cache):
    xhat, gamma, sigma = cache
    g = gamma * dout
    dx = (g - g.mean(axis=0) - xhat * (g * xhat).mean(axis=0)) / sigma
    return dx, (dout * xhat).sum(axis=0), dout.sum(axis=0)


# %% [markdown]
# ## Figures to compare with
#
# The affine layer and ReLU have published values at inputs that anyone can make.

# %%
x = np.linspace(-0.1, 0.5, 240).reshape(2, 4, 5, 6)
w = np.linspace(-0.2, 0.3, 360).reshape(120, 3)
out, _ = affine_forward(x, w, np.linspace(-0.3, 0.1, 3))
published = [[1.49834967, 1.70660132, 1.91485297], [3.25553199, 3.5141327, 3.77273342]]
error = rel_error(out, published)
print(f"affine forward: relative error {error:.1e}")
assert error < 1e-8

out, _ = relu_forward(np.linspace(-0.5, 0.5, 12).reshape(3, 4))
published = [
    [0, 0, 0, 0],
    [0, 0, 0.04545455, 0.13636364],
    [0.22727273, 0.31818182, 0.40909091, 0.5],
]
error = rel_error(out, published)
print(f"ReLU forward: relative error {error:.1e}")
assert error < 1e-7

rng = np.random.default_rng(0)
x, w, b = rng.normal(size=(10, 2, 3)), rng.normal(size=(6, 5)), rng.normal(size=5)
dout = rng.normal(size=(10, 5))
_, cache = affine_forward(x, w, b)
functions = {
    "dx": (lambda v: affine_forward(v, w, b)[0], x),
    "dw": (lambda v: affine_forward(x, v, b)[0], w),
    "db": (lambda v: affine_forward(x, w, v)[0], b),
}
for (name, (f, at)), got in zip(functions.items(), affine_backward(dout, cache)):
    error = rel_error(eval_numerical_gradient_array(f, at, dout), got)
    print(f"affine backward: {name} against the numerical derivative, relative error {error:.0e}")
    assert error < 1e-6

# %% [markdown]
# The published values have eight places, and that is what the errors of the forward passes show.
# The numerical derivatives have a rounding error of their own, which a fixed step cannot avoid.

# %% [markdown]
# ## A slip, and what the judge says
#
# A slip that is made often: ReLU's backward looks at the sign of `dout` instead of that of `x`.
# The shapes are right, and wherever both signs agree so are the values.


# %%
def slipped_relu_backward(dout, cache):
    return dout * (dout > 0)


slip = check(relu_forward, slipped_relu_backward, layer="relu")
slip

# %%
print("verdict:", slip.record.verdict)
assert not slip

# %% [markdown]
# ## From layers to a net
#
# Forward through the layers, each cache kept; backward in reverse, each cache used once. The
# penalty belongs to the weights alone, with its one half.


# %%
class TwoLayerNet:
    """Affine - ReLU - affine - softmax, made of the layers above."""

    def __init__(self, input_dim=64, hidden_dims=100, num_classes=10, weight_scale=1e-3, reg=0.0):
        self.reg = reg
        self.params = {
            "W1": weight_scale * np.random.randn(input_dim, hidden_dims),
            "b1": np.zeros(hidden_dims),
            "W2": weight_scale * np.random.randn(hidden_dims, num_classes),
            "b2": np.zeros(num_classes),
        }

    def loss(self, X, y=None):
        W1, b1, W2, b2 = (self.params[name] for name in ("W1", "b1", "W2", "b2"))
        a, first = affine_forward(X, W1, b1)
        h, kink = relu_forward(a)
        scores, second = affine_forward(h, W2, b2)
        if y is None:
            return scores
        loss, dscores = softmax_loss(scores, y)
        loss += 0.5 * self.reg * (np.sum(W1 * W1) + np.sum(W2 * W2))
        grads = {}
        dh, grads["W2"], grads["b2"] = affine_backward(dscores, second)
        _, grads["W1"], grads["b1"] = affine_backward(relu_backward(dh, kink), first)
        grads["W1"] += self.reg * W1
        grads["W2"] += self.reg * W2
        return loss, grads


N, D, H, C = 3, 5, 50, 7
net = TwoLayerNet(D, H, C)
net.params = {
    "W1": np.linspace(-0.7, 0.3, D * H).reshape(D, H),
    "b1": np.linspace(-0.1, 0.9, H),
    "W2": np.linspace(-0.3, 0.4, H * C).reshape(H, C),
    "b2": np.linspace(-0.9, 0.1, C),
}
X, y = np.linspace(-5.5, 4.5, N * D).reshape(D, N).T, np.array([0, 5, 1])
for reg, published in (0.0, 3.4702243556), (1.0, 26.5948426952):
    net.reg = reg
    loss, _ = net.loss(X, y)
    print(f"reg {reg:g}: loss {loss:.10f}")
    assert abs(loss - published) < 1e-10
net.reg = 0.7
_, grads = net.loss(X, y)
error = max(
    rel_error(eval_numerical_gradient(lambda _: net.loss(X, y)[0], p, verbose=False), grads[name])
    for name, p in net.params.items()
)
print(f"largest relative error of the gradients: {error:.0e}")
assert error < 1e-6

# %% [markdown]
# Without regularisation the loss is 3.4702243556 and with it 26.5948426952, both as published.

# %% [markdown]
# ## The solver
#
# A solver takes anything that has `params` and `loss`. It draws minibatches, lets an update rule
# move each parameter, and leaves the parameters of the best validation epoch in the model. First
# your own net, with plain gradient descent; then a deeper one of the package, with each rule.

# %%
data = get_digits_data(num_training=1200, num_validation=250, num_test=250)


def solve(net, data, rule, rate, *, epochs, batch=100, decay=0.95):
    solver = Solver(
        net, data, update_rule=rule, optim_config={"learning_rate": rate}, lr_decay=decay,
        num_epochs=epochs, batch_size=batch, verbose=False, seed=0,
    )  # fmt: skip
    solver.train()
    return solver


np.random.seed(0)
solver = solve(TwoLayerNet(), data, "sgd", 1e-1, epochs=10)
print(f"your net: best validation accuracy {solver.best_val_acc:.0%}, "
      f"test {solver.check_accuracy(data['X_test'], data['y_test']):.0%}")
assert solver.best_val_acc > 0.85

# %%
RULES = {
    "sgd": 1e-2, "sgd_momentum": 1e-2, "sgd_nesterov_momentum": 1e-2, "rmsprop": 1e-3, "adam": 1e-3,
}  # fmt: skip
runs = {}
for rule, rate in RULES.items():
    for batchnorm in (False, True):
        np.random.seed(0)
        net = FullyConnectedNet([100, 100], input_dim=64, weight_scale=3e-2,
                                use_batchnorm=batchnorm, dtype=np.float64)
        runs[rule, batchnorm] = run = solve(net, data, rule, rate, epochs=5)
        first, best = run.val_acc_history[1], run.best_val_acc
        print(f"{rule:21} {'with' if batchnorm else 'no':>4} batchnorm: "
              f"after one epoch {first:.0%}, best of five {best:.0%}")

for batchnorm in (False, True):
    np.random.seed(0)
    net = FullyConnectedNet([100, 100], input_dim=64, weight_scale=3e-2,
                            use_batchnorm=batchnorm, dtype=np.float64)
    length = np.linalg.norm(net.loss(data["X_train"], data["y_train"])[1]["W1"])
    how = "with" if batchnorm else "without"
    print(f"length of dW1 at the start {how} batchnorm: {length:.2f}")
assert runs["sgd", False].best_val_acc + 0.3 < runs["sgd", True].best_val_acc

# %%
figure, axes = plt.subplots(1, 2, figsize=(10, 3.5), sharey=True)
for axis, batchnorm in zip(axes, (False, True)):
    for rule in RULES:
        axis.plot(runs[rule, batchnorm].loss_history, label=rule, linewidth=0.9)
    axis.set(title=f"{'with' if batchnorm else 'without'} batch normalisation", xlabel="iteration")
axes[0].set_ylabel("loss of the minibatch")
figure.legend(*axes[0].get_legend_handles_labels(), loc="lower center", ncols=5)
figure.subplots_adjust(bottom=0.25)
plt.show()

# %% [markdown]
# Your own net gets 95 % on the validation digits and 88 % on the test digits.
#
# Plain gradient descent gets to 41 % in five epochs without batch normalisation and to 87 % with
# it, at the same rate and from the same weights. Small weights in three layers make small scores,
# and what flows back is multiplied by the same small weights: at the start dW1 has the length 0.22.
# Batch normalisation divides by the spread of a hidden unit, however small it is, and so does its
# backward pass: with it the length is 1.17.
#
# Momentum adds up steps that agree: 82 % without batch normalisation. RMSprop and Adam divide each
# gradient by its own recent size, so a small one does not make a small step: after one epoch they
# are at 91 % and 74 % where gradient descent is at 12 %.

# %% [markdown]
# ## Fifty images by heart
#
# A net of two hidden layers with `100` units each has far more parameters than fifty images have
# labels. If it cannot learn them by heart, something is broken: a gradient, the update, the data.
# The homework's recipe is `20` epochs in batches of `25` at a weight scale of `3e-2`, and the rate
# is yours to find. On CIFAR-10 `1e-3` does it; here?

# %%
fifty = {**data, "X_train": data["X_train"][:50], "y_train": data["y_train"][:50]}
overfit = {}
for rate in (1e-3, 1e-2, 1e-1):
    np.random.seed(0)
    net = FullyConnectedNet([100, 100], input_dim=64, weight_scale=3e-2, dtype=np.float64)
    overfit[rate] = run = solve(net, fifty, "sgd", rate, epochs=20, batch=25, decay=1.0)
    print(f"rate {rate:g}: loss {run.loss_history[0]:.2f} to {run.loss_history[-1]:.2f}, training "
          f"accuracy {run.train_acc_history[-1]:.0%}, validation {run.val_acc_history[-1]:.0%}")
learnt = overfit[1e-1].train_acc_history.index(1.0)
print(f"all fifty are right after {learnt} epochs")
weights = sum(p.size for p in overfit[1e-1].model.params.values())
print(f"the net has {weights} parameters")
squares = np.mean(np.sum(fifty["X_train"] ** 2, axis=(1, 2, 3)))
print(f"mean squared length of an image: {squares:.0f}")
assert overfit[1e-1].train_acc_history[-1] == 1.0
assert overfit[1e-3].train_acc_history[-1] < 0.5

# %%
figure, (left, right) = plt.subplots(1, 2, figsize=(10, 3.5))
for rate, run in overfit.items():
    left.plot(run.loss_history, label=f"rate {rate:g}")
right.plot(overfit[1e-1].train_acc_history, label="the fifty images")
right.plot(overfit[1e-1].val_acc_history, label="validation")
left.set(title="loss of the minibatch", xlabel="iteration", ylabel="loss")
right.set(title="accuracy at rate 0.1", xlabel="epoch", ylabel="accuracy", ylim=(0, 1.05))
left.legend()
right.legend()
plt.show()

# %% [markdown]
# At `0.1` all fifty are right after 17 epochs, and 100 % it is at the end. The net has 17610
# parameters for fifty labels, so this says that the chain of gradients works, and little about
# digits it has not seen: 80 % of the validation digits are right.
#
# The rate that serves CIFAR-10 gets 14 % here, and ten times as much 52 %. How far a step moves the
# output of the first layer for an image is in proportion to the rate and to the squared length of
# that image. Here that is 1192 on average: `64` pixels up to `16`. A CIFAR-10 image has `3072`
# pixels up to `255`, and a squared length that is larger by orders of magnitude. A rate belongs to
# a scale of the data, and cannot be taken along without it.

# %% [markdown]
# ## The judge
#
# At last everything that you wrote, the layers and the net. On a folder of files the same is
# `nndl check`.

# %%
report = check(
    affine_forward,
    affine_backward,
    relu_forward,
    relu_backward,
    batchnorm_forward,
    batchnorm_backward,
    {"fc_net.TwoLayerNet": TwoLayerNet},
)
report

# %%
print("verdict:", report.record.verdict)
assert report
