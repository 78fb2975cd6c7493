"""Forward formulas of the later layers as a textbook has them, in any arithmetic.

``m`` is the arithmetic: numpy's own functions for floats, mpmath's for object arrays. In complex
60-digit numbers a formula gives its own derivative (`exact_gradients`); no backward is written.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any

import mpmath
import numpy as np
import scipy.special

from .exact import lift

Formula = Callable[..., Any]

ENTRIES = 5


def _each(function: Callable[[Any], Any]) -> Any:
    return np.vectorize(function, otypes=[object])


MP = SimpleNamespace(
    exp=_each(mpmath.exp),
    log=_each(mpmath.log),
    sqrt=_each(mpmath.sqrt),
    tanh=_each(mpmath.tanh),
    expm1=_each(mpmath.expm1),
    erfc=_each(mpmath.erfc),
    real=_each(mpmath.re),
    number=mpmath.mpf,
)
NUMPY = SimpleNamespace(
    exp=np.exp,
    log=np.log,
    sqrt=np.sqrt,
    tanh=np.tanh,
    expm1=np.expm1,
    erfc=scipy.special.erfc,
    real=np.real,
    number=lambda text: float(mpmath.mpf(text)),
)


def exact_value(formula: Formula, arguments: Mapping[str, Any]) -> Any:
    """The formula in 60 digits."""
    return formula(MP, **{name: _lifted(value) for name, value in arguments.items()})


def exact_gradients(
    formula: Formula, arguments: Mapping[str, Any], names: tuple[str, ...], upstream: Any
) -> dict[str, Any]:
    """Derivatives of ⟨upstream, formula⟩ by a complex step in 60 digits.

    Of a large argument only some `ENTRIES` entries are differentiated, the others are NaN.
    """
    exact = {name: _lifted(value) for name, value in arguments.items()}
    step = mpmath.mpf(10) ** -45
    found = {}
    for name in names:
        slopes = np.full(np.shape(exact[name]), mpmath.nan, dtype=object)
        every = max(1, slopes.size // ENTRIES)
        for index in list(np.ndindex(slopes.shape))[slopes.size % every :: every]:
            moved = exact[name].copy()
            moved[index] = mpmath.mpc(moved[index], step)
            out = formula(MP, **{**exact, name: moved})
            out = out if isinstance(out, tuple) else (out,)
            total = sum(np.sum(lift(u) * o) for u, o in zip(upstream, out, strict=True))
            slopes[index] = mpmath.im(total) / step
        found[name] = slopes
    return found


def _lifted(value: Any) -> Any:
    floats = isinstance(value, np.ndarray) and value.dtype.kind == "f"
    return lift(value) if floats else mpmath.mpf(value) if isinstance(value, float) else value


# -- activations -------------------------------------------------------------------------------


def sigmoid(m: Any, x: Any) -> Any:
    return 1 / (1 + m.exp(-x))


def tanh(m: Any, x: Any) -> Any:
    return m.tanh(x)


def leaky_relu(m: Any, x: Any, alpha: Any) -> Any:
    return np.where(m.real(x) > 0, x, alpha * x)


def elu(m: Any, x: Any, alpha: Any) -> Any:
    return np.where(m.real(x) > 0, x, alpha * m.expm1(x))


def selu(m: Any, x: Any) -> Any:
    alpha = m.number("1.6732632423543772848170429916717")
    return m.number("1.0507009873554804934193349852946") * elu(m, x, alpha)


def gelu(m: Any, x: Any) -> Any:
    return x * m.erfc(-x / m.sqrt(2)) / 2


def gelu_tanh(m: Any, x: Any) -> Any:
    root = m.sqrt(2 / m.number(mpmath.pi))
    return x * (1 + m.tanh(root * (x + m.number("0.044715") * x**3))) / 2


def softplus(m: Any, x: Any) -> Any:
    return m.log(1 + m.exp(x))


def silu(m: Any, x: Any) -> Any:
    return x / (1 + m.exp(-x))


def softmax(m: Any, x: Any) -> Any:
    weights = m.exp(x)
    return weights / weights.sum(axis=-1, keepdims=True)


# -- normalisation -----------------------------------------------------------------------------


def _standardised(m: Any, x: Any, axis: Any, eps: Any) -> Any:
    n = np.prod([x.shape[a] for a in np.atleast_1d(axis)])
    d = x - x.sum(axis=axis, keepdims=True) / n
    return d / m.sqrt((d * d).sum(axis=axis, keepdims=True) / n + eps)


def layernorm(m: Any, x: Any, gamma: Any, beta: Any, eps: Any) -> Any:
    return gamma * _standardised(m, x, -1, eps) + beta


def groupnorm(m: Any, x: Any, gamma: Any, beta: Any, G: int, eps: Any) -> Any:
    n, c, h, w = x.shape
    xhat = _standardised(m, x.reshape(n, G, c // G, h, w), (2, 3, 4), eps).reshape(x.shape)
    return gamma.reshape(1, c, 1, 1) * xhat + beta.reshape(1, c, 1, 1)


def spatial_batchnorm(m: Any, x: Any, gamma: Any, beta: Any, eps: Any) -> Any:
    xhat = _standardised(m, x, (0, 2, 3), eps)
    return gamma.reshape(1, -1, 1, 1) * xhat + beta.reshape(1, -1, 1, 1)


# -- convolution and pooling -------------------------------------------------------------------


def _windows(x: Any, height: int, width: int, stride: int) -> Any:
    rows = range(0, x.shape[2] - height + 1, stride)
    columns = range(0, x.shape[3] - width + 1, stride)
    return [[x[:, :, i : i + height, j : j + width] for j in columns] for i in rows]


def conv(m: Any, x: Any, w: Any, b: Any, stride: int, pad: int) -> Any:
    x = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    rows = [
        [(window[:, None] * w).sum(axis=(2, 3, 4)) + b for window in row]
        for row in _windows(x, w.shape[2], w.shape[3], stride)
    ]
    return np.moveaxis(np.array(rows), (0, 1), (2, 3))


def max_pool(m: Any, x: Any, pool_height: int, pool_width: int, stride: int) -> Any:
    def largest(window: Any) -> Any:
        flat = window.reshape(*window.shape[:2], -1)
        return np.take_along_axis(flat, m.real(flat).argmax(axis=-1)[..., None], -1)[..., 0]

    rows = [[largest(w) for w in row] for row in _windows(x, pool_height, pool_width, stride)]
    return np.moveaxis(np.array(rows), (0, 1), (2, 3))


def conv_relu(m: Any, x: Any, w: Any, b: Any, stride: int, pad: int) -> Any:
    hidden = conv(m, x, w, b, stride, pad)
    return hidden * (m.real(hidden) > 0)


def conv_relu_pool(m: Any, x: Any, w: Any, b: Any, conv_param: Any, pool_param: Any) -> Any:
    return max_pool(m, conv_relu(m, x, w, b, **conv_param), **pool_param)


def conv_bn_relu(
    m: Any, x: Any, w: Any, b: Any, gamma: Any, beta: Any, stride: int, pad: int, eps: Any
) -> Any:
    out = spatial_batchnorm(m, conv(m, x, w, b, stride, pad), gamma, beta, eps)
    return out * (m.real(out) > 0)


# -- sequences ---------------------------------------------------------------------------------


def embedding(m: Any, x: Any, W: Any) -> Any:
    return W[x]


def rnn_step(m: Any, x: Any, prev_h: Any, Wx: Any, Wh: Any, b: Any) -> Any:
    return m.tanh(x @ Wx + prev_h @ Wh + b)


def rnn(m: Any, x: Any, h0: Any, Wx: Any, Wh: Any, b: Any) -> Any:
    states, h = [], h0
    for t in range(x.shape[1]):
        h = rnn_step(m, x[:, t], h, Wx, Wh, b)
        states.append(h)
    return np.stack(states, axis=1)


def lstm_step(m: Any, x: Any, prev_h: Any, prev_c: Any, Wx: Any, Wh: Any, b: Any) -> Any:
    i, f, o, g = np.split(x @ Wx + prev_h @ Wh + b, 4, axis=1)
    c = sigmoid(m, f) * prev_c + sigmoid(m, i) * m.tanh(g)
    return sigmoid(m, o) * m.tanh(c), c


def lstm(m: Any, x: Any, h0: Any, Wx: Any, Wh: Any, b: Any) -> Any:
    states, h, c = [], h0, h0 * 0
    for t in range(x.shape[1]):
        h, c = lstm_step(m, x[:, t], h, c, Wx, Wh, b)
        states.append(h)
    return np.stack(states, axis=1)


def temporal_affine(m: Any, x: Any, w: Any, b: Any) -> Any:
    return x @ w + b


def temporal_softmax(m: Any, x: Any, y: Any, mask: Any) -> Any:
    logp = m.log(softmax(m, x))
    rows, steps = np.indices(y.shape)
    return -(logp[rows, steps, y] * mask).sum() / len(x)


# -- attention ---------------------------------------------------------------------------------


def sdpa(m: Any, q: Any, k: Any, v: Any, mask: Any) -> Any:
    weights = m.exp(q @ k.swapaxes(-1, -2) / m.sqrt(q.shape[-1])) * mask
    return weights / weights.sum(axis=-1, keepdims=True) @ v


def attention(
    m: Any, x: Any, Wq: Any, Wk: Any, Wv: Any, Wo: Any, n_heads: int, causal: bool
) -> Any:
    n, t, d = x.shape
    mask = np.tril(np.ones((t, t), int)) if causal else np.ones((t, t), int)
    q, k, v = (
        (x @ w).reshape(n, t, n_heads, d // n_heads).transpose(0, 2, 1, 3) for w in (Wq, Wk, Wv)
    )
    return sdpa(m, q, k, v, mask).transpose(0, 2, 1, 3).reshape(n, t, d) @ Wo


# -- losses ------------------------------------------------------------------------------------


def mse(m: Any, x: Any, y: Any) -> Any:
    return ((x - y) ** 2).sum() / x.size


def bce_with_logits(m: Any, x: Any, y: Any) -> Any:
    return (softplus(m, x) - x * y).sum() / x.size


def huber(m: Any, x: Any, y: Any, delta: Any) -> Any:
    r = x - y
    sign = np.where(m.real(r) > 0, 1, -1)
    far = delta * (sign * r - delta / 2)
    return np.where(sign * m.real(r) <= delta, r * r / 2, far).sum() / x.size


def softmax_of_weights(m: Any, W: Any, X: Any, y: Any, reg: Any) -> Any:
    logp = m.log(softmax(m, X @ W))
    return -logp[np.arange(len(y)), y].sum() / len(y) + reg * (W * W).sum()


def svm_of_weights(m: Any, W: Any, X: Any, y: Any, reg: Any) -> Any:
    scores, rows = X @ W, np.arange(len(y))
    margins = scores - scores[rows, y][:, None] + 1
    active = m.real(margins) > 0
    active[rows, y] = False
    return (margins * active).sum() / len(y) + reg * (W * W).sum()
