"""The same layers as somebody else writes them: groups in five axes, parameters in four."""

import numpy as np

OVER = (2, 3, 4)


def spatial_groupnorm_forward(x, gamma, beta, G, gn_param):
    N, C, H, W = x.shape
    groups = x.reshape(N, G, C // G, H, W)
    mean = groups.mean(axis=OVER, keepdims=True)
    std = np.sqrt(groups.var(axis=OVER, keepdims=True) + gn_param.get("eps", 1e-5))
    xhat = ((groups - mean) / std).reshape(x.shape)
    return gamma * xhat + beta, {"xhat": xhat, "std": std, "gamma": gamma, "G": G}


def spatial_groupnorm_backward(dout, cache):
    xhat, gamma = cache["xhat"], cache["gamma"]
    N, C, H, W = dout.shape
    shape = (N, cache["G"], C // cache["G"], H, W)
    dgamma = np.sum(dout * xhat, axis=(0, 2, 3), keepdims=True)
    dbeta = np.sum(dout, axis=(0, 2, 3), keepdims=True)
    g, h = (dout * gamma).reshape(shape), xhat.reshape(shape)
    size = np.prod(shape[2:])
    inner = size * g - g.sum(OVER, keepdims=True) - h * (g * h).sum(OVER, keepdims=True)
    return (inner / (size * cache["std"])).reshape(dout.shape), dgamma, dbeta
