"""What is wrong, or raises, in some circumstances alone: no formula shows it, the cases do."""

from __future__ import annotations

from pathlib import Path

import pytest

from properties.tests.judging import record_of
from properties.tests.slow import slow

CONV = """
import numpy as np

def conv_forward_naive(x, w, b, conv_param):
    s, p = conv_param['stride'], conv_param['pad']
    N, C, H, W = x.shape
    F, _, HH, WW = w.shape
    H2, W2 = 1 + (H + 2 * p - HH) // s, 1 + (W + 2 * p - WW) // s
    xp = np.pad(x, ((0, 0), (0, 0), (p, p), (p, p)))
    out = np.zeros((N, F, H2, W2))
    for i in range(H2):
        for j in range(W2):
            window = xp[:, :, i * s:i * s + HH, j * s:j * s + WW]
            out[:, :, i, j] = np.einsum('ncij,fcij->nf', window, w) + b
    return out, (x, xp, w, s, p)

def conv_backward_naive(dout, cache):
    x, xp, w, s, p = cache
    H, W = x.shape[2:]
    HH, WW = w.shape[2:]
    dxp, dw = np.zeros(xp.shape), np.zeros(w.shape)
    for i in range(dout.shape[2]):
        for j in range(dout.shape[3]):
            rows, columns = slice(i * s, i * s + HH), slice(j * s, j * s + WW)
            d = dout[:, :, i, j]
            dw += np.einsum('nf,ncij->fcij', d, xp[:, :, rows, columns])
            dxp[:, :, rows, columns] += np.einsum('nf,fcij->ncij', d, w)
    return dxp[:, :, p:p + H, p:p + W], dw, dout.sum((0, 2, 3))
"""
POOL = """
import numpy as np

def max_pool_forward_naive(x, pool_param):
    ph, pw, s = [pool_param[k] for k in ('pool_height', 'pool_width', 'stride')]
    N, C, H, W = x.shape
    out = np.zeros((N, C, 1 + (H - ph) // s, 1 + (W - pw) // s))
    for i in range(out.shape[2]):
        for j in range(out.shape[3]):
            out[:, :, i, j] = x[:, :, i * s:i * s + ph, j * s:j * s + pw].max((2, 3))
    return out, (x, ph, pw, s)

def max_pool_backward_naive(dout, cache):
    x, ph, pw, s = cache
    dx = np.zeros(x.shape)
    for (n, c, i, j), d in np.ndenumerate(dout):
        best = x[n, c, i * s:i * s + ph, j * s:j * s + pw].argmax()
        dx[n, c, i * s + best // pw, j * s + best % pw] += d
    return dx
"""


@slow
@pytest.mark.parametrize(
    ("row", "text", "old", "new", "argument", "said"),
    [
        ("conv", CONV, "out = np.zeros((N, F, H2, W2))", "out = np.zeros((N, F, W2, H2))", "out",
         "a height unlike the width"),
        ("conv", CONV, "j * s:j * s + WW]", "j * s:j * s + HH]", "out",
         "a height unlike the width"),
        ("conv", CONV, "p:p + H, p:p + W]", "p:H, p:W]", "dx", "a padding above 0"),
        ("conv", CONV, "d, xp[:, :, rows", "d, x[:, :, rows", "dw", "a padding above 0"),
        ("max_pool", POOL, "best // pw, j * s + best % pw", "best // ph, j * s + best % ph", "dx",
         "a height unlike the width"),
        ("max_pool", POOL, "", "", "dx", ""),
    ],
)  # fmt: skip
def test_the_circumstance_is_named(
    row: str, text: str, old: str, new: str, argument: str, said: str, tmp_path: Path
) -> None:
    assert old in text
    path = tmp_path / "layers.py"
    path.write_text(text.replace(old, new), encoding="utf-8")
    record = record_of(path, only=row)
    causes = [
        found["diagnosis"]
        for entry in record["functions"]
        for found in entry["properties"]
        if found.get("diagnosis")
    ]
    names = {cause.get("misconception") for cause in causes} - {None}
    assert names == ({f"wrong only for {said}"} if said else set())
