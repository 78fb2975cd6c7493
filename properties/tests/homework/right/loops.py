"""Layers of images and of sequences as the course's students write them: loops over everything."""

import numpy as np


def conv_forward_naive(x, w, b, conv_param):
    stride, pad = conv_param["stride"], conv_param["pad"]
    n, _, h, wide = x.shape
    f, _, hh, ww = w.shape
    xp = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)), mode="constant")
    rows = int(1 + (h + 2 * pad - hh) / stride)
    columns = int(1 + (wide + 2 * pad - ww) / stride)
    out = np.zeros((n, f, rows, columns))
    for i in range(n):
        for k in range(f):
            for p in range(rows):
                for q in range(columns):
                    top, left = p * stride, q * stride
                    window = xp[i, :, top : top + hh, left : left + ww]
                    out[i, k, p, q] = np.sum(window * w[k]) + b[k]
    return out, (x, w, b, conv_param)


def conv_backward_naive(dout, cache):
    x, w, b, conv_param = cache
    stride, pad = conv_param["stride"], conv_param["pad"]
    xp = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)), mode="constant")
    dxp, dw, db = np.zeros_like(xp), np.zeros_like(w), np.zeros_like(b)
    n, f, rows, columns = dout.shape
    hh, ww = w.shape[2:]
    for i in range(n):
        for k in range(f):
            db[k] += np.sum(dout[i, k])
            for p in range(rows):
                for q in range(columns):
                    top, left = p * stride, q * stride
                    here = np.s_[i, :, top : top + hh, left : left + ww]
                    dw[k] += xp[here] * dout[i, k, p, q]
                    dxp[here] += w[k] * dout[i, k, p, q]
    return dxp[:, :, pad : pad + x.shape[2], pad : pad + x.shape[3]], dw, db


def max_pool_forward_naive(x, pool_param):
    hh, ww, stride = (pool_param[key] for key in ("pool_height", "pool_width", "stride"))
    n, c, h, w = x.shape
    rows, columns = int(1 + (h - hh) / stride), int(1 + (w - ww) / stride)
    out = np.zeros((n, c, rows, columns))
    for i in range(n):
        for p in range(rows):
            for q in range(columns):
                window = x[i, :, p * stride : p * stride + hh, q * stride : q * stride + ww]
                out[i, :, p, q] = np.max(window, axis=(1, 2))
    return out, (x, pool_param)


def max_pool_backward_naive(dout, cache):
    x, pool_param = cache
    hh, ww, stride = (pool_param[key] for key in ("pool_height", "pool_width", "stride"))
    dx = np.zeros_like(x)
    n, c, rows, columns = dout.shape
    for i in range(n):
        for k in range(c):
            for p in range(rows):
                for q in range(columns):
                    here = np.s_[i, k, p * stride : p * stride + hh, q * stride : q * stride + ww]
                    dx[here] += (x[here] == np.max(x[here])) * dout[i, k, p, q]  # all winners
    return dx


def word_embedding_forward(x, W):
    return W[x, :], (x, W)


def word_embedding_backward(dout, cache):
    x, W = cache
    dW = np.zeros_like(W)
    for n in range(x.shape[0]):
        for t in range(x.shape[1]):
            dW[x[n, t]] += dout[n, t]
    return dW


def temporal_affine_forward(x, w, b):
    N, T, D = x.shape
    M = b.shape[0]
    out = x.reshape(N * T, D).dot(w).reshape(N, T, M) + b
    return out, (x, w, b, out)


def temporal_affine_backward(dout, cache):
    x, w, b, out = cache
    dx, dw, db = np.zeros_like(x), np.zeros_like(w), np.zeros_like(b)
    for t in range(x.shape[1]):
        dx[:, t] = dout[:, t].dot(w.T)
        dw += x[:, t].T.dot(dout[:, t])
        db += dout[:, t].sum(axis=0)
    return dx, dw, db


def temporal_softmax_loss(x, y, mask, verbose=False):
    N, T, V = x.shape
    x_flat = x.reshape(N * T, V)
    y_flat, mask_flat = y.reshape(N * T), mask.reshape(N * T)
    probs = np.exp(x_flat - np.max(x_flat, axis=1, keepdims=True))
    probs /= np.sum(probs, axis=1, keepdims=True)
    loss = -np.sum(mask_flat * np.log(probs[np.arange(N * T), y_flat])) / N
    dx_flat = probs.copy()
    dx_flat[np.arange(N * T), y_flat] -= 1
    dx_flat /= N
    dx_flat *= mask_flat[:, None]
    return loss, dx_flat.reshape(N, T, V)
