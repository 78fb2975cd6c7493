"""The right computation of every layer, line by line, in the ways people write it.

Each text computes outputs and gradients from the arguments of a case. A slip is one small change
in one of the lines (``slips.py``); the names are those of ``quantities.py``.
"""

from __future__ import annotations

from functools import cache

from .lines import Program

_AFFINE = """
X = x.reshape(N, D)
out = X @ w + b
dx = (dout @ w.T).reshape(x.shape)
dw = X.T @ dout
db = dout.sum(0)
"""

_RELU = """
gate = x > 0
out = x * gate
dx = dout * gate
"""

_RELU_BY_MAXIMUM = """
out = np.maximum(0, x)
dx = dout * (x > 0)
"""

_NORMALISE = """
n = N
mu = x.mean(0)
xmu = x - mu
var = ((x - mu) ** 2).mean(0)
std = np.sqrt(var + eps)
ivar = 1 / std
xhat = xmu * ivar
out = gamma * xhat + beta
out_mean = out.mean(0)
out_var = out.var(0)
new_mean = momentum * running_mean + (1 - momentum) * mu
new_var = momentum * running_var + (1 - momentum) * var
dbeta = dout.sum(0)
dgamma = (dout * xhat).sum(0)
dxhat = dout * gamma
"""

_NORMALISE_BY_NUMPY = """
n = N
mu = x.mean(0)
var = x.var(0)
std = np.sqrt(var + eps)
xhat = (x - mu) / std
out = gamma * xhat + beta
out_mean = out.mean(0)
out_var = out.var(0)
new_mean = momentum * running_mean + (1 - momentum) * mu
new_var = momentum * running_var + (1 - momentum) * var
dbeta = dout.sum(0)
dgamma = (dout * xhat).sum(0)
"""

_CHAIN = """
divar = (dxhat * xmu).sum(0)
dstd = -divar / std ** 2
dvar = 0.5 * dstd / np.sqrt(var + eps)
dsq = dvar / n
dxmu = dxhat * ivar + 2 * xmu * dsq
dmu = -dxmu.sum(0)
dx = dxmu + dmu / n
"""

_PAPER = """
dvar = (dxhat * xmu * -0.5 * std ** -3).sum(0)
dmu = (-dxhat * ivar).sum(0) + dvar * (-2 * xmu).mean(0)
dx = dxhat * ivar + dvar * 2 * xmu / n + dmu / n
"""

_SHORT = """
dx = gamma / std / n * (n * dout - dbeta - xhat * dgamma)
"""

_MEANS = """
dx = (dxhat - dxhat.mean(0) - xhat * (dxhat * xhat).mean(0)) / std
"""

_BY_RUNNING_STATISTICS = """
mu = x.mean(0)
var = x.var(0)
new_mean = momentum * running_mean + (1 - momentum) * mu
new_var = momentum * running_var + (1 - momentum) * var
std = np.sqrt(running_var + eps)
xhat = (x - running_mean) / std
out = gamma * xhat + beta
"""

_SVM = """
n = N
label = y
correct = x[rows, label][:, None]
margins = x - correct + 1
hinge = np.maximum(0, margins) * (1 - onehot)
loss = hinge.sum() / n
above = (margins > 0) * 1.0
active = above * (1 - onehot)
count = active.sum(1)
dx = (active - np.eye(C)[label] * count[:, None]) / n
"""

_SVM_BY_INDEX = """
n = N
label = y
onehot = np.eye(C)[label]
correct = (x * onehot).sum(1)
margins = np.maximum(0, x - correct[:, None] + 1) - onehot
loss = margins.sum() / n
active = margins > 0
dx = (active - onehot * active.sum(1)[:, None]) / n
"""

_SOFTMAX = """
n = N
label = y
shifted = x - x.max(1)[:, None]
e = np.exp(shifted)
probs = e / e.sum(1)[:, None]
loss = -np.log(probs[rows, label]).sum() / n
dx = (probs - np.eye(C)[label]) / n
"""

_SOFTMAX_BY_LOGARITHM = """
n = N
shifted = x - x.max(1)[:, None]
logp = shifted - np.log(np.exp(shifted).sum(1))[:, None]
loss = -(onehot * logp).sum() / n
dx = (np.exp(logp) - onehot) / n
"""

_ONE_EXAMPLE = """
code = W @ xv
recon = W.T @ code
residual = recon - xv
loss = 0.5 * (residual ** 2).sum()
dW = np.outer(W @ residual, xv) + np.outer(code, residual)
"""

_BATCH = """
examples = XB
code = examples @ W.T
recon = code @ W
residual = recon - examples
loss = 0.5 * (residual ** 2).sum()
dW = (residual @ W.T).T @ examples + code.T @ residual
"""

_KERNEL = """
K = alpha * X @ X.T + np.eye(Nn) / beta
Kinv = np.linalg.inv(K)
"""

_DETERMINANT = """
value = -Dd / 2 * np.linalg.slogdet(K)[1]
dK = -Dd / 2 * Kinv
dX = 2 * alpha * dK @ X
"""

_TRACE = """
value = -0.5 * np.trace(Kinv @ YY)
dK = 0.5 * (Kinv @ YY @ Kinv)
dX = 2 * alpha * dK @ X
"""

_LIKELIHOOD = """
determinant = -Dd / 2 * np.linalg.slogdet(K)[1]
trace = -0.5 * np.trace(Kinv @ Y @ Y.T)
value = determinant + trace
dK = 0.5 * (Kinv @ YY @ Kinv) - Dd / 2 * Kinv
dX = 2 * alpha * dK @ X
"""

_LIKELIHOOD_IN_TERMS = """
value = -Dd / 2 * np.linalg.slogdet(K)[1] - 0.5 * np.trace(Kinv @ YY)
dX = alpha * Kinv @ YY @ Kinv @ X - alpha * Dd * Kinv @ X
"""

_AFFINE_RELU = """
X = x.reshape(N, D)
pre = X @ w + b
gate = pre > 0
out = pre * gate
dpre = dout * gate
dx = (dpre @ w.T).reshape(x.shape)
dw = X.T @ dpre
db = dpre.sum(0)
"""

_AFFINE_BATCHNORM_RELU = """
X = x.reshape(N, D)
pre = X @ w + b
z = pre
mu = z.mean(0)
var = z.var(0)
std = np.sqrt(var + eps)
xh = (z - mu) / std
bn = gamma * xh + beta
gate = bn > 0
out = bn * gate
dbn = dout * gate
dbeta = dbn.sum(0)
dgamma = (dbn * xh).sum(0)
dxh = dbn * gamma
dpre = (dxh - dxh.mean(0) - xh * (dxh * xh).mean(0)) / std
dx = (dpre @ w.T).reshape(x.shape)
dw = X.T @ dpre
db = dpre.sum(0)
"""

# Row and kind of call: the names that a case gives, and the texts.
_BATCHNORM = "x gamma beta eps momentum running_mean running_var dout N D"
_TEXTS: dict[tuple[str, str], tuple[str, tuple[str, ...]]] = {
    ("affine", ""): ("x w b dout N D M", (_AFFINE,)),
    ("relu", ""): ("x dout", (_RELU, _RELU_BY_MAXIMUM)),
    ("batchnorm", "train"): (
        _BATCHNORM,
        (
            _NORMALISE + _MEANS,
            _NORMALISE_BY_NUMPY + _SHORT,
            _NORMALISE + _PAPER,
            _NORMALISE + _CHAIN,
        ),
    ),
    ("batchnorm", "test"): (_BATCHNORM, (_BY_RUNNING_STATISTICS,)),
    ("svm", ""): ("x y rows onehot N C", (_SVM, _SVM_BY_INDEX)),
    ("softmax", ""): ("x y rows onehot N C", (_SOFTMAX, _SOFTMAX_BY_LOGARITHM)),
    ("autoencoder", "one example"): ("W xv", (_ONE_EXAMPLE,)),
    ("autoencoder", "batch"): ("W XB N", (_BATCH,)),
    ("log_determinant_term", ""): ("X Dd alpha beta Nn Q", (_KERNEL + _DETERMINANT,)),
    ("trace_term", ""): ("X Y YY Dd alpha beta Nn Q", (_KERNEL + _TRACE,)),
    ("gplvm", ""): (
        "X Y YY Dd alpha beta Nn Q",
        (_KERNEL + _LIKELIHOOD_IN_TERMS, _KERNEL + _LIKELIHOOD),
    ),
    ("affine_relu", ""): ("x w b dout N D M", (_AFFINE_RELU,)),
    ("affine_batchnorm_relu", "train"): (
        "x w b gamma beta eps dout N D M",
        (_AFFINE_BATCHNORM_RELU,),
    ),
}
_LINE_OF = {"running_mean": "new_mean", "running_var": "new_var"}


@cache
def programs(row: str, when: str) -> tuple[Program, ...]:
    """The right computations of a kind of call; none for dropout, whose masks are drawn."""
    given, texts = _TEXTS.get((row, when), ("", ()))
    return tuple(Program(text, tuple(given.split())) for text in texts)


def line_of(argument: str) -> str:
    """The line that computes an argument."""
    return _LINE_OF.get(argument, argument)
