import numpy as np


class Block:
    """affine -> (batchnorm) -> relu -> (dropout), with its own memory."""

    def __init__(self, bn, p):
        self.p = p
        self.bn = bn
        self.mean = self.var = 0.0

    def forward(self, x, P, i, train, rng):
        self.x = x
        z = x @ P['W%d' % i] + P['b%d' % i]
        if self.bn:
            if train:
                m, v = z.mean(0), z.var(0)
                self.mean = 0.9 * self.mean + 0.1 * m
                self.var = 0.9 * self.var + 0.1 * v
            else:
                m, v = self.mean, self.var
            self.s = np.sqrt(v + 1e-5)
            self.zh = (z - m) / self.s
            z = P['gamma%d' % i] * self.zh + P['beta%d' % i]
        self.on = z > 0
        out = np.where(self.on, z, 0)
        self.scale = 1
        if train and self.p > 0:
            self.scale = (rng.random(out.shape) >= self.p) / (1 - self.p)
        return out * self.scale

    def backward(self, d, P, G, i):
        d = d * self.scale * self.on
        if self.bn:
            G['gamma%d' % i] = (d * self.zh).sum(0)
            G['beta%d' % i] = d.sum(0)
            d = d * P['gamma%d' % i]
            d = (d - d.mean(0) - self.zh * (d * self.zh).mean(0)) / self.s
        G['W%d' % i] = self.x.T @ d
        G['b%d' % i] = d.sum(0)
        return d @ P['W%d' % i].T


def cross_entropy(s, y):
    s = s - s.max(1, keepdims=True)
    lse = np.log(np.exp(s).sum(1, keepdims=True))
    d = np.exp(s - lse)
    d[np.arange(len(y)), y] -= 1
    return (lse[:, 0] - s[np.arange(len(y)), y]).mean(), d / len(y)


class FullyConnectedNet:
    def __init__(self, hidden_dims, input_dim=3072, num_classes=10, dropout=0, use_batchnorm=False,
                 reg=0.0, weight_scale=1e-2, dtype=np.float32, seed=None):
        self.reg, self.seed, self.dtype = reg, seed, dtype
        self.blocks = [Block(use_batchnorm, dropout) for _ in hidden_dims]
        self.params = {}
        rs = np.random.RandomState()
        n = input_dim
        for i, h in enumerate(list(hidden_dims) + [num_classes], 1):
            self.params['W%d' % i] = (rs.normal(size=(n, h)) * weight_scale).astype(dtype)
            self.params['b%d' % i] = np.zeros(h, dtype)
            if use_batchnorm and i <= len(hidden_dims):
                self.params['gamma%d' % i] = np.ones(h, dtype)
                self.params['beta%d' % i] = np.zeros(h, dtype)
            n = h

    def loss(self, X, y=None):
        P, L = self.params, len(self.blocks) + 1
        rng = np.random.default_rng(self.seed)
        h = X.reshape(len(X), -1).astype(self.dtype)
        for i, block in enumerate(self.blocks, 1):
            h = block.forward(h, P, i, y is not None, rng)
        scores = h @ P['W%d' % L] + P['b%d' % L]
        if y is None:
            return scores
        loss, d = cross_entropy(scores, y)
        G = {'W%d' % L: h.T @ d, 'b%d' % L: d.sum(0)}
        d = d @ P['W%d' % L].T
        for i in range(L - 1, 0, -1):
            d = self.blocks[i - 1].backward(d, P, G, i)
        for k in P:
            if k[0] == 'W':
                loss += self.reg / 2 * np.linalg.norm(P[k]) ** 2
                G[k] = G[k] + self.reg * P[k]
        return loss, G


class TwoLayerNet(FullyConnectedNet):
    def __init__(self, input_dim=3072, hidden_dim=100, num_classes=10, dropout=0, weight_scale=1e-3, reg=0.0):
        super().__init__([hidden_dim], input_dim, num_classes, dropout, False, reg, weight_scale, np.float64)
