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


def batchnorm_forward(x, gamma, beta, bn_param):
    mode, eps = bn_param["mode"], bn_param.get("eps", 1e-5)
    momentum, D = bn_param.get("momentum", 0.9), x.shape[1]
    running_mean = bn_param.get("running_mean", np.zeros(D, dtype=x.dtype))
    running_var = bn_param.get("running_var", np.zeros(D, dtype=x.dtype))
    if mode == "train":
        mean, var = np.mean(x, axis=0), np.var(x, axis=0)
        xhat = (x - mean) / np.sqrt(var + eps)
        bn_param["running_mean"] = momentum * running_mean + (1 - momentum) * mean
        bn_param["running_var"] = momentum * running_var + (1 - momentum) * var
        return gamma * xhat + beta, lambda: (x, gamma, mean, var, eps)
    return gamma * (x - running_mean) / np.sqrt(running_var + eps) + beta, None


def batchnorm_backward_alt(dout, cache):
    x, gamma, mean, var, eps = cache()
    N, std = len(x), np.sqrt(var + eps)
    xhat = (x - mean) / std
    dgamma, dbeta = np.sum(dout * xhat, axis=0), np.sum(dout, axis=0)
    dx = gamma / (N * std) * (N * dout - dbeta - xhat * dgamma)
    return dx, dgamma, dbeta


batchnorm_backward = batchnorm_backward_alt


def spatial_batchnorm_forward(x, gamma, beta, bn_param):
    N, C, H, W = x.shape
    rows = x.transpose(0, 2, 3, 1).reshape(N * H * W, C)
    out, cache = batchnorm_forward(rows, gamma, beta, bn_param)
    return out.reshape(N, H, W, C).transpose(0, 3, 1, 2), cache


def spatial_batchnorm_backward(dout, cache):
    N, C, H, W = dout.shape
    rows = np.moveaxis(dout, 1, 3).reshape(-1, C)
    dx, dgamma, dbeta = batchnorm_backward_alt(rows, cache)
    return dx.reshape(N, H, W, C).transpose(0, 3, 1, 2), dgamma, dbeta


def spatial_groupnorm_forward(x, gamma, beta, G, gn_param):
    eps = gn_param.get("eps", 1e-5)
    xhat, stds = np.zeros_like(x), []
    size = x.shape[1] // G
    for k in range(G):
        group = x[:, k * size : (k + 1) * size]
        mean = group.mean(axis=(1, 2, 3), keepdims=True)
        stds.append(np.sqrt(group.var(axis=(1, 2, 3), keepdims=True) + eps))
        xhat[:, k * size : (k + 1) * size] = (group - mean) / stds[-1]
    out = gamma[None, :, None, None] * xhat + beta[None, :, None, None]
    return out, (xhat, stds, gamma, G)


def spatial_groupnorm_backward(dout, cache):
    xhat, stds, gamma, G = cache
    dgamma, dbeta = np.sum(dout * xhat, axis=(0, 2, 3)), np.sum(dout, axis=(0, 2, 3))
    dxhat, dx = dout * gamma[None, :, None, None], np.zeros_like(dout)
    size = dout.shape[1] // G
    for k in range(G):
        here = np.s_[:, k * size : (k + 1) * size]
        mean = dxhat[here].mean(axis=(1, 2, 3), keepdims=True)
        along = (dxhat[here] * xhat[here]).mean(axis=(1, 2, 3), keepdims=True)
        dx[here] = (dxhat[here] - mean - xhat[here] * along) / stds[k]
    return dx, dgamma, dbeta


def relu_forward(x):
    return np.maximum(x, 0), x


def relu_backward(dout, x):
    return dout * (x > 0)


def conv_relu_forward(x, w, b, conv_param):
    a, conv_cache = conv_forward_naive(x, w, b, conv_param)
    out, relu_cache = relu_forward(a)
    return out, (conv_cache, relu_cache)


def conv_relu_backward(dout, cache):
    return conv_backward_naive(relu_backward(dout, cache[1]), cache[0])


def conv_relu_pool_forward(x, w, b, conv_param, pool_param):
    a, conv_cache = conv_forward_naive(x, w, b, conv_param)
    s, relu_cache = relu_forward(a)
    out, pool_cache = max_pool_forward_naive(s, pool_param)
    return out, (conv_cache, relu_cache, pool_cache)


def conv_relu_pool_backward(dout, cache):
    conv_cache, relu_cache, pool_cache = cache
    ds = max_pool_backward_naive(dout, pool_cache)
    return conv_backward_naive(relu_backward(ds, relu_cache), conv_cache)


def conv_bn_relu_forward(x, w, b, gamma, beta, conv_param, bn_param):
    a, conv_cache = conv_forward_naive(x, w, b, conv_param)
    an, bn_cache = spatial_batchnorm_forward(a, gamma, beta, bn_param)
    out, relu_cache = relu_forward(an)
    return out, (conv_cache, bn_cache, relu_cache)


def conv_bn_relu_backward(dout, cache):
    conv_cache, bn_cache, relu_cache = cache
    dan = relu_backward(dout, relu_cache)
    da, dgamma, dbeta = spatial_batchnorm_backward(dan, bn_cache)
    dx, dw, db = conv_backward_naive(da, conv_cache)
    return dx, dw, db, dgamma, dbeta
