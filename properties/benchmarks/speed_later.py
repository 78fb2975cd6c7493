"""Races of the later homeworks: convolution to attention, in float32, forward and backward.

Every contender gets the same arrays and a given upstream derivative; the bars are multiples of
torch's time.
"""

from __future__ import annotations

import tracemalloc
from typing import Any

import numpy as np

from . import speed_plain
from .speed_race import Race, Run, torch_layer

CONVOLUTIONS = (
    # N, C, H = W, filters, their size
    (64, 3, 32, 32, 7),
    (32, 32, 16, 64, 3),
)
LSTM = {"N": 64, "T": 32, "D": 256, "H": 256}
ATTENTION = {"N": 8, "T": 128, "D": 256, "heads": 8}


def later_races(layers: Any, torch: Any) -> list[Race]:
    """Return all of them."""
    return [
        *(_convolution(layers, torch, *sizes) for sizes in CONVOLUTIONS),
        *(_pooling(layers, torch, size) for size in (2, 3)),
        _spatial_batchnorm(layers, torch),
        _lstm(layers, torch, **LSTM),
        _attention(layers, torch, **ATTENTION),
    ]


def _draw(*shapes: tuple[int, ...]) -> list[Any]:
    rng = np.random.default_rng(0)
    return [rng.standard_normal(shape, dtype=np.float32) for shape in shapes]


def _convolution(layers: Any, torch: Any, N: int, C: int, H: int, F: int, size: int) -> Race:
    x, w, b, dout = _draw((N, C, H, H), (F, C, size, size), (F,), (N, F, H, H))
    pad = size // 2
    param = {"stride": 1, "pad": pad}
    patches, rows = _draw((C * size * size, N * H * H), (F, N * H * H))
    matrix = w.reshape(F, -1)

    def run() -> object:
        return layers.conv_backward_fast(dout, layers.conv_forward_fast(x, w, b, param)[1])

    def plain() -> object:
        return layers.conv_backward_naive(dout, layers.conv_forward_naive(x, w, b, param)[1])

    return Race(
        name="convolution",
        shape=f"{N} × {C} × {H} × {H}, {F} of {size} × {size}",
        runs={
            "nndl": run,
            "plain": plain,
            "products": lambda: (matrix @ patches, rows @ patches.T, matrix.T @ rows),
            **torch_layer(torch, lambda f, x, w, b: f.conv2d(x, w, b, padding=pad), dout, x, w, b),
        },
        bar=(2, "torch"),
    )


def _pooling(layers: Any, torch: Any, size: int) -> Race:
    places = 1 + (32 - size) // 2
    x, dout = _draw((64, 32, 32, 32), (64, 32, places, places))
    param = {"pool_height": size, "pool_width": size, "stride": 2}

    def run() -> object:
        return layers.max_pool_backward_fast(dout, layers.max_pool_forward_fast(x, param)[1])

    def plain() -> object:
        return layers.max_pool_backward_naive(dout, layers.max_pool_forward_naive(x, param)[1])

    rival = torch_layer(torch, lambda f, x: f.max_pool2d(x, size, 2), dout, x)
    return Race(
        name="max pooling",
        shape=f"64 × 32 × 32 × 32, {size} × {size} by 2",
        runs={"nndl": run, "plain": plain, **rival},
        bar=(2, "torch"),
    )


def _spatial_batchnorm(layers: Any, torch: Any) -> Race:
    x, dout, gamma, beta = _draw((64, 32, 32, 32), (64, 32, 32, 32), (32,), (32,))
    param = {"mode": "train"}
    running = (torch.zeros(32), torch.ones(32)) if torch else ()

    def run() -> object:
        _, cache = layers.spatial_batchnorm_forward(x, gamma, beta, param)
        return layers.spatial_batchnorm_backward(dout, cache)

    rival = torch_layer(
        torch,
        lambda f, x, g, b: f.batch_norm(x, *running, g, b, True, 0.1, 1e-5),
        dout,
        x,
        gamma,
        beta,
    )
    return Race(
        name="spatial batchnorm",
        shape="64 × 32 × 32 × 32",
        runs={
            "nndl": run,
            "plain": lambda: speed_plain.spatial_batchnorm(x, gamma, beta, dout),
            **rival,
        },
        bar=(2, "torch"),
    )


def _lstm(layers: Any, torch: Any, *, N: int, T: int, D: int, H: int) -> Race:
    x, h0, Wx, Wh, b, dh = _draw((N, T, D), (N, H), (D, 4 * H), (H, 4 * H), (4 * H,), (N, T, H))
    Wx, Wh = Wx / 16, Wh / 16
    rows, states, da = _draw((T * N, D), (T * N, H), (T * N, 4 * H))

    def run() -> object:
        return layers.lstm_backward(dh, layers.lstm_forward(x, h0, Wx, Wh, b)[1])

    def products() -> object:
        steps = range(0, T * N, N)
        forward = (rows @ Wx, [states[t : t + N] @ Wh for t in steps])
        backward = (da @ Wx.T, [da[t : t + N] @ Wh.T for t in steps])
        return forward, backward, rows.T @ da, states.T @ da

    def plain() -> object:
        return speed_plain.lstm(layers, x, h0, Wx, Wh, b, dh)

    runs: dict[str, Run] = {"nndl": run, "plain": plain, "products": products}
    if torch is not None:
        layer = torch.nn.LSTM(D, H, batch_first=True)
        inputs = [torch.from_numpy(x).requires_grad_(), *layer.parameters()]
        upstream = torch.from_numpy(dh)
        runs["torch"] = lambda: torch.autograd.grad(layer(inputs[0])[0], inputs, upstream)
    return Race(name="LSTM", shape=f"{N} × {T} × {D}, {H}", runs=runs, bar=(1.25, "torch"))


def _attention(layers: Any, torch: Any, *, N: int, T: int, D: int, heads: int) -> Race:
    x, dout, *weights = _draw((N, T, D), (N, T, D), *[(D, D)] * 4)
    weights = [W / 16 for W in weights]
    d = D // heads

    def run() -> object:
        return layers.attention_backward(dout, layers.attention_forward(x, *weights, heads)[1])

    def rival(f: Any, x: Any, Wq: Any, Wk: Any, Wv: Any, Wo: Any) -> Any:
        q, k, v = ((x @ W).view(N, T, heads, d).transpose(1, 2) for W in (Wq, Wk, Wv))
        joined = f.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(N, T, D)
        return joined @ Wo

    return Race(
        name="attention",
        shape=f"{N} × {T} × {D}, {heads} heads",
        runs={"nndl": run, **torch_layer(torch, rival, dout, x, *weights)},
        bar=(1.5, "torch"),
    )


def convolution_memory(layers: Any) -> str:
    """Return the peak memory of each convolution beside the patch matrix and the results."""
    lines = []
    for N, C, H, F, size in CONVOLUTIONS:
        x, w, b, dout = _draw((N, C, H, H), (F, C, size, size), (F,), (N, F, H, H))
        param = {"stride": 1, "pad": size // 2}
        tracemalloc.start()
        layers.conv_backward_fast(dout, layers.conv_forward_fast(x, w, b, param)[1])
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        patches = 4 * N * H * H * C * size * size
        ratio = peak / (patches + dout.nbytes + x.nbytes + w.nbytes + b.nbytes)
        lines.append(
            f"Peak memory of the convolution with {F} filters of {size} × {size}: "
            f"{peak / 2**20:.1f} MiB, {ratio:.2f} times patch matrix + results (bar 1.5)."
        )
    return "\n".join(lines)
