import numpy as np


def unbroadcast(g, shape):
    while g.ndim > len(shape):
        g = g.sum(axis=0)
    for axis, n in enumerate(shape):
        if n == 1 and g.shape[axis] != 1:
            g = g.sum(axis=axis, keepdims=True)
    return g


class Var:
    def __init__(self, value, parents=()):
        self.v = np.asarray(value, dtype=float)
        self.parents = parents

    def __add__(self, o):
        o = o if isinstance(o, Var) else Var(o)
        return Var(self.v + o.v, [(self, lambda g: g), (o, lambda g: g)])

    def __mul__(self, o):
        o = o if isinstance(o, Var) else Var(o)
        return Var(self.v * o.v, [(self, lambda g: g * o.v), (o, lambda g: g * self.v)])

    def __sub__(self, o):
        return self + (o if isinstance(o, Var) else Var(o)) * -1.0

    def __matmul__(self, o):
        return Var(self.v @ o.v, [(self, lambda g: g @ o.v.T), (o, lambda g: self.v.T @ g)])

    @property
    def T(self):
        return Var(self.v.T, [(self, lambda g: g.T)])

    def reshape(self, *shape):
        return Var(self.v.reshape(*shape), [(self, lambda g: g.reshape(self.v.shape))])

    def mean0(self):
        n = self.v.shape[0]
        return Var(self.v.mean(axis=0), [(self, lambda g: np.ones_like(self.v) * g / n)])

    def total(self):
        return Var(self.v.sum(), [(self, lambda g: g * np.ones_like(self.v))])

    def power(self, k):
        return Var(self.v ** k, [(self, lambda g: g * k * self.v ** (k - 1))])

    def relu(self):
        return Var(np.maximum(self.v, 0), [(self, lambda g: np.where(self.v > 0, g, 0))])

    def logsumexp(self):
        m = self.v.max(axis=1, keepdims=True)
        e = np.exp(self.v - m)
        s = e.sum(axis=1, keepdims=True)
        return Var((m + np.log(s))[:, 0], [(self, lambda g: g[:, None] * e / s)])

    def pick(self, y):
        rows = np.arange(len(y))

        def back(g):
            out = np.zeros_like(self.v)
            out[rows, y] = g
            return out

        return Var(self.v[rows, y], [(self, back)])


def gradients(out, dout, wanted):
    order, seen = [], set()

    def visit(var):
        if id(var) not in seen:
            seen.add(id(var))
            for parent, _ in var.parents:
                visit(parent)
            order.append(var)

    visit(out)
    grads = {id(out): np.asarray(dout, dtype=float)}
    for var in reversed(order):
        g = grads.get(id(var))
        if g is None:
            continue
        for parent, back in var.parents:
            part = unbroadcast(back(g), parent.v.shape)
            grads[id(parent)] = grads[id(parent)] + part if id(parent) in grads else part
    return tuple(grads.get(id(w), np.zeros_like(w.v)) for w in wanted)
