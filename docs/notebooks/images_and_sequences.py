# %% [markdown]
# # Images and sequences
#
# Two layers of the later homeworks, each derived, compared with published figures and trained: a
# convolution, whose filters you can look at, and a cell with a memory, which reads an image line by
# line.
#
# Every figure in the text comes from the cells above it. What you *set* is written `like this`;
# what the run *gives* is not.
#
# It needs `pip install nndl[data] matplotlib` (scikit-learn brings the digits). In Jupyter, open
# this file with jupytext, or run `python images_and_sequences.py`.

# %%
import matplotlib.pyplot as plt
import numpy as np

from nndl.data_utils import get_digits_data
from nndl.gradient_check import eval_numerical_gradient_array, rel_error
from nndl.layers import (
    affine_backward,
    affine_forward,
    max_pool_backward_fast,
    max_pool_forward_fast,
    relu_backward,
    relu_forward,
    softmax_loss,
)
from nndl.solver import Solver
from nndl.vis_utils import visualize_grid
from nndl_suite import check

# %% [markdown]
# ## What you write: a convolution
#
# A filter is slid over the image, and at each place multiplied with what it covers. Numpy can show
# all these windows without copying one: an array of shape `(N, C, H', W', HH, WW)`. Then the
# convolution is a product of two tables, summed over the three axes that they share.
#
# Each product of a weight and a pixel has either factor as its derivative by the other. A weight is
# used at every place, so its derivative is a sum over all places. A pixel is covered by several
# windows, so its derivative is a sum over these: one `+=` for each place in the filter.


# %%
def windows(x, w, stride):
    every = np.lib.stride_tricks.sliding_window_view(x, w.shape[2:], axis=(2, 3))
    return every[:, :, ::stride, ::stride]


def conv_forward_naive(x, w, b, conv_param):
    stride, pad = conv_param["stride"], conv_param["pad"]
    padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    out = np.tensordot(windows(padded, w, stride), w, axes=([1, 4, 5], [1, 2, 3])) + b
    return out.transpose(0, 3, 1, 2), (padded, w, stride, pad)


def conv_backward_naive(dout, cache):
    padded, w, stride, pad = cache
    dw = np.tensordot(dout, windows(padded, w, stride), axes=([0, 2, 3], [0, 2, 3]))
    dpadded = np.zeros(padded.shape, dout.dtype)
    rows, columns = dout.shape[2:]
    for i, j in np.ndindex(*w.shape[2:]):
        part = np.tensordot(dout, w[:, :, i, j], axes=(1, 0)).transpose(0, 3, 1, 2)
        bottom, right = i + stride * (rows - 1) + 1, j + stride * (columns - 1) + 1
        dpadded[:, :, i:bottom:stride, j:right:stride] += part
    inside = slice(pad, -pad if pad else None)
    return dpadded[:, :, inside, inside], dw, dout.sum(axis=(0, 2, 3))


# %% [markdown]
# ## Figures to compare with
#
# CS231n has published values for a stride of `2` and a border of `1`. The numerical derivative is
# taken at sizes that differ in every axis: a mistake in an axis shows only there.

# %%
x = np.linspace(-0.1, 0.5, 96).reshape(2, 3, 4, 4)
w = np.linspace(-0.2, 0.3, 144).reshape(3, 3, 4, 4)
out, _ = conv_forward_naive(x, w, np.linspace(-0.1, 0.2, 3), {"stride": 2, "pad": 1})
published = [[-0.08759809, -0.10987781], [-0.18387192, -0.2109216]]
error = rel_error(out[0, 0], published)
print(f"convolution forward: relative error {error:.0e}")
assert error < 1e-6

rng = np.random.default_rng(0)
x, w, b = rng.normal(size=(2, 3, 5, 6)), rng.normal(size=(2, 3, 3, 2)), rng.normal(size=2)
param = {"stride": 2, "pad": 1}
out, cache = conv_forward_naive(x, w, b, param)
dout = rng.normal(size=out.shape)
functions = {
    "dx": (lambda v: conv_forward_naive(v, w, b, param)[0], x),
    "dw": (lambda v: conv_forward_naive(x, v, b, param)[0], w),
    "db": (lambda v: conv_forward_naive(x, w, v, param)[0], b),
}
for (name, (f, at)), got in zip(functions.items(), conv_backward_naive(dout, cache)):
    error = rel_error(eval_numerical_gradient_array(f, at, dout), got)
    print(f"convolution backward: {name}, relative error {error:.0e}")
    assert error < 1e-6

# %% [markdown]
# ## A net that sees
#
# Convolution, ReLU, pooling, and an affine layer for the ten classes. The solver wants `params` and
# a `loss`, and nothing else.


# %%
class ConvNet:
    def __init__(self, filters=16, size=5, classes=10):
        self.params = {
            "W1": (0.02 * np.random.randn(filters, 1, size, size)).astype(np.float32),
            "b1": np.zeros(filters, np.float32),
            "W2": (0.05 * np.random.randn(filters * 16, classes)).astype(np.float32),
            "b2": np.zeros(classes, np.float32),
        }

    def loss(self, X, y=None):
        p = self.params
        conv, conv_cache = conv_forward_naive(X, p["W1"], p["b1"], {"stride": 1, "pad": 2})
        active, relu_cache = relu_forward(conv)
        pooled, pool_cache = max_pool_forward_fast(
            active, {"pool_height": 2, "pool_width": 2, "stride": 2}
        )
        scores, affine_cache = affine_forward(pooled, p["W2"], p["b2"])
        if y is None:
            return scores
        loss, dscores = softmax_loss(scores, y)
        dpooled, dW2, db2 = affine_backward(dscores, affine_cache)
        dactive = max_pool_backward_fast(dpooled, pool_cache)
        _, dW1, db1 = conv_backward_naive(relu_backward(dactive, relu_cache), conv_cache)
        return loss, {"W1": dW1, "b1": db1, "W2": dW2, "b2": db2}


data = get_digits_data()
data = {name: v / 8 if name.startswith("X") else v for name, v in data.items()}


def train(net, rate, epochs):
    solver = Solver(
        net,
        data,
        update_rule="adam",
        optim_config={"learning_rate": rate},
        batch_size=50,
        num_epochs=epochs,
        verbose=False,
        seed=0,
    )
    solver.train()
    return solver


np.random.seed(0)
seeing = train(ConvNet(), 3e-3, epochs=10)
print(f"first loss {seeing.loss_history[0]:.2f}, last {seeing.loss_history[-1]:.2f}")
test = seeing.check_accuracy(data["X_test"], data["y_test"])
print(f"validation accuracy {seeing.best_val_acc:.1%}, test {test:.1%}")
weights = sum(param.size for param in seeing.model.params.values())
print(f"the net has {weights} parameters, {seeing.model.params['W1'].size} of them in its filters")
assert seeing.best_val_acc > 0.93

# %%
filters = seeing.model.params["W1"].transpose(0, 2, 3, 1)
figure, (left, right) = plt.subplots(1, 2, figsize=(10, 3.5))
left.plot(seeing.loss_history)
left.set(title="loss of the minibatch", xlabel="iteration", ylabel="loss", yscale="log")
right.imshow(visualize_grid(np.repeat(filters, 3, axis=3)).astype("uint8"))
right.set_title("the filters")
right.axis("off")
plt.show()

# %% [markdown]
# The loss falls from 2.31, about the logarithm of the number of classes, to 0.02. 95.2 % of the validation
# digits are right, and 91.2 % of the test digits, whose writers are others. Of the 2986 parameters
# 400 are in the filters. They began as noise; now most are light on one side and dark on the other,
# which answers to the edge of a stroke in one direction.

# %% [markdown]
# ## What you write: a cell with a memory
#
# An LSTM has a state that it shows, `h`, and one that it keeps, `c`. Three gates, each a sigmoid,
# say how much is written, kept and shown. `c` is used twice, inside the new `h` and in the next
# step, so two derivatives arrive at it and add up. Through time the same holds for `h`: what comes
# from above, and what comes back from the step after.


# %%
def sigmoid(x):
    return 0.5 * (1 + np.tanh(0.5 * x))


def lstm_step_forward(x, prev_h, prev_c, Wx, Wh, b):
    i, f, o, g = np.split(x @ Wx + prev_h @ Wh + b, 4, axis=1)
    i, f, o, g = sigmoid(i), sigmoid(f), sigmoid(o), np.tanh(g)
    next_c = f * prev_c + i * g
    shown = np.tanh(next_c)
    return o * shown, next_c, (x, prev_h, prev_c, Wx, Wh, i, f, o, g, shown)


def lstm_step_backward(dnext_h, dnext_c, cache):
    x, prev_h, prev_c, Wx, Wh, i, f, o, g, shown = cache
    dc = dnext_c + dnext_h * o * (1 - shown**2)
    da = np.concatenate(
        [
            dc * g * i * (1 - i),
            dc * prev_c * f * (1 - f),
            dnext_h * shown * o * (1 - o),
            dc * i * (1 - g**2),
        ],
        axis=1,
    )
    return da @ Wx.T, da @ Wh.T, dc * f, x.T @ da, prev_h.T @ da, da.sum(axis=0)


def lstm_forward(x, h0, Wx, Wh, b):
    h, c, states, caches = h0, np.zeros_like(h0), [], []
    for t in range(x.shape[1]):
        h, c, cache = lstm_step_forward(x[:, t], h, c, Wx, Wh, b)
        states.append(h)
        caches.append(cache)
    return np.stack(states, axis=1), caches


def lstm_backward(dh, caches):
    back_h = back_c = np.zeros_like(dh[:, 0])
    dx, totals = [], None
    for t in reversed(range(dh.shape[1])):
        dxt, back_h, back_c, *grads = lstm_step_backward(dh[:, t] + back_h, back_c, caches[t])
        dx.append(dxt)
        totals = grads if totals is None else [a + b for a, b in zip(totals, grads)]
    return np.stack(dx[::-1], axis=1), back_h, *totals


x, h, c = (np.linspace(a, b, n).reshape(3, -1) for a, b, n in
           [(-0.4, 1.2, 12), (-0.3, 0.7, 15), (-0.4, 0.9, 15)])
Wx, Wh = np.linspace(-2.1, 1.3, 80).reshape(4, 20), np.linspace(-0.7, 2.2, 100).reshape(5, 20)
next_h, next_c, _ = lstm_step_forward(x, h, c, Wx, Wh, np.linspace(0.3, 0.7, 20))
error = rel_error(next_h[0], [0.24635157, 0.28610883, 0.32240467, 0.35525807, 0.38474904])
print(f"LSTM step: relative error {error:.0e}")
assert error < 1e-6

x, h0 = rng.normal(size=(2, 3, 4)), rng.normal(size=(2, 5))
Wx, Wh, b = rng.normal(size=(4, 20)), rng.normal(size=(5, 20)), rng.normal(size=20)
out, cache = lstm_forward(x, h0, Wx, Wh, b)
dh = rng.normal(size=out.shape)
arguments = {"x": x, "h0": h0, "Wx": Wx, "Wh": Wh, "b": b}
for (name, at), got in zip(arguments.items(), lstm_backward(dh, cache)):
    f = lambda v, name=name: lstm_forward(**{**arguments, name: v})[0]
    error = rel_error(eval_numerical_gradient_array(f, at, dh), got)
    print(f"LSTM backward: d{name}, relative error {error:.0e}")
    assert error < 1e-6

# %% [markdown]
# ## A net that reads
#
# An image is a sequence of eight lines of eight pixels. The state after the last line has to hold
# what the digit is. Layer normalisation gives that state mean zero and variance one before an
# affine layer turns it into scores; it is four lines, and the one that is easy to get wrong is that
# γ differs from entry to entry of the row that is summed over.


# %%
def layernorm_forward(x, gamma, beta, ln_param):
    centred = x - x.mean(axis=1, keepdims=True)
    std = np.sqrt((centred**2).mean(axis=1, keepdims=True) + ln_param.get("eps", 1e-5))
    xhat = centred / std
    return gamma * xhat + beta, (xhat, gamma, std)


def layernorm_backward(dout, cache):
    xhat, gamma, std = cache
    g = gamma * dout
    mean_g, mean_gx = g.mean(axis=1, keepdims=True), (g * xhat).mean(axis=1, keepdims=True)
    return (g - mean_g - xhat * mean_gx) / std, (dout * xhat).sum(axis=0), dout.sum(axis=0)


class ReadingNet:
    def __init__(self, hidden=32, classes=10):
        def draw(*shape):
            return (np.random.randn(*shape) / np.sqrt(shape[0])).astype(np.float32)

        self.params = {
            "Wx": draw(8, 4 * hidden),
            "Wh": draw(hidden, 4 * hidden),
            "b": np.zeros(4 * hidden, np.float32),
            "gamma": np.ones(hidden, np.float32),
            "beta": np.zeros(hidden, np.float32),
            "W": draw(hidden, classes),
            "c": np.zeros(classes, np.float32),
        }

    def loss(self, X, y=None):
        p = self.params
        h0 = np.zeros((len(X), len(p["Wh"])), np.float32)
        h, lstm_cache = lstm_forward(X[:, 0], h0, p["Wx"], p["Wh"], p["b"])
        last, norm_cache = layernorm_forward(h[:, -1], p["gamma"], p["beta"], {})
        scores, affine_cache = affine_forward(last, p["W"], p["c"])
        if y is None:
            return scores
        loss, dscores = softmax_loss(scores, y)
        grads, dh = {}, np.zeros_like(h)
        dlast, grads["W"], grads["c"] = affine_backward(dscores, affine_cache)
        dh[:, -1], grads["gamma"], grads["beta"] = layernorm_backward(dlast, norm_cache)
        _, _, grads["Wx"], grads["Wh"], grads["b"] = lstm_backward(dh, lstm_cache)
        return loss, grads


np.random.seed(0)
reading = train(ReadingNet(), 1e-2, epochs=10)
print(f"first loss {reading.loss_history[0]:.2f}, last {reading.loss_history[-1]:.2f}")
test = reading.check_accuracy(data["X_test"], data["y_test"])
print(f"validation accuracy {reading.best_val_acc:.1%}, test {test:.1%}")
weights = sum(param.size for param in reading.model.params.values())
print(f"the net has {weights} parameters")
assert reading.best_val_acc > 0.9

# %%
figure, (left, right) = plt.subplots(1, 2, figsize=(10, 3.5))
for name, run in [("a net that sees", seeing), ("a net that reads", reading)]:
    left.plot(run.loss_history, label=name, linewidth=0.8)
    right.plot(run.val_acc_history, label=name)
left.set(title="loss of the minibatch", xlabel="iteration", ylabel="loss", yscale="log")
right.set(title="validation accuracy", xlabel="epoch", ylabel="accuracy", ylim=(0, 1.05))
left.legend()
plt.show()

# %% [markdown]
# Line by line, without ever seeing two lines at once, it gets 96.0 % of the validation digits and
# 92.0 % of the test digits right; it has 5642 parameters, and its loss falls from 2.86 to 0.01.

# %% [markdown]
# ## The judge
#
# At last what you wrote, as `nndl check` judges it in a folder of files.

# %%
report = check(
    layernorm_forward,
    layernorm_backward,
    conv_forward_naive,
    conv_backward_naive,
    lstm_step_forward,
    lstm_step_backward,
    lstm_forward,
    lstm_backward,
)
report

# %%
print("verdict:", report.record.verdict)
assert report
