"""Habits of real code, each with a right and a wrong way."""

from __future__ import annotations

from pathlib import Path

import pytest

from properties.tests.slow import mostly_slow

from .one import judged

BEFORE_A_MEAN = """
def forward(x, w, b):
    '''x: (N, D), w: (D, M), b: (M,)'''
    z = x @ w + b
    centred = z - z.mean(0)
    h = np.tanh(centred)
    return h, (x, w, h)


def backward(dh, cache):
    x, w, h = cache
    dc = dh * (1 - h ** 2)
    dz = dc - dc.mean(0)
    return dz @ w.T, x.T @ dz, dz.sum(0)
"""

CLIPPED = """
def loss(w, x):
    '''w: (D,), x: (N, D)'''
    return np.sum((x @ w) ** 2)


def loss_grad(w, x):
    return np.clip(2 * x.T @ (x @ w), -0.5, 0.5)
"""

ONE_ENTRY = """
class Softmax:
    def forward(self, x):
        '''x: (C,)'''
        e = np.exp(x)
        self.p = e / e.sum()
        return self.p

    def backprop(self, d_L_d_out):
        for i, gradient in enumerate(d_L_d_out):
            if gradient == 0:
                continue
            dt = -self.p[i] * self.p
            dt[i] = self.p[i] * (1 - self.p[i])
            return gradient * dt
"""

SUFFIX = """
class Lin:
    def __init__(self, w, b):
        self.w, self.b = w, b

    def __call__(self, inp):
        self.inp = inp
        return inp @ self.w + self.b

    def backward(self, out_g):
        self.w_g = self.inp.T @ out_g
        self.b_g = out_g.sum(0)
        return out_g @ self.w.T
"""

PRIVATE = """
class Dense:
    def __init__(self, n_in, n_out):
        self._w, self._dw = np.random.randn(n_in, n_out), None

    def forward(self, x):
        self._x = x
        return x @ self._w

    def backward(self, grad):
        self._dw = self._x.T @ grad
        return grad @ self._w.T
"""

PREFIX = """
def objective(u, bi):
    '''u: (N,), bi: (M,)'''
    return np.sum((u[:, None] + bi) ** 2)


def objective_gradients(u, bi):
    e = u[:, None] + bi
    gu = 2 * e.sum(1)
    gbi = 2 * e.sum(0)
    return gu, gbi
"""

FORCES = """
class Springs:
    def __init__(self, edges, k):
        '''edges: (E, 2) integers'''
        self.edges, self.k = np.asarray(edges), k

    def energy(self, pos):
        d = pos[self.edges[:, 0]] - pos[self.edges[:, 1]]
        return 0.5 * self.k * np.sum(d ** 2)

    def forces(self, pos):
        d = pos[self.edges[:, 0]] - pos[self.edges[:, 1]]
        f = np.zeros_like(pos)
        np.add.at(f, self.edges[:, 0], -self.k * d)
        np.add.at(f, self.edges[:, 1], self.k * d)
        return f
"""

AT_RISK = """
def neg_log_likelihood(beta, x, time):
    '''beta: (P,), x: (N, P), time: (N,)'''
    eta = x @ beta
    return sum(np.log(np.sum(np.exp(eta[time >= t]))) - eta[i] for i, t in enumerate(time))


def gradient(beta, x, time):
    eta, g = x @ beta, np.zeros_like(beta)
    for i in range(len(time)):
        risk = time >= time[i]
        w = np.exp(eta[risk]) / np.exp(eta[risk]).sum()
        g += w @ x[risk] - x[i]
    return g
"""

THROUGH = """
def model(params, t):
    a, b, c = params
    return a * np.exp(-b * t) + c


def residuals(params, t, y):
    return model(params, t) - y


def residuals_jac(params, t, y):
    a, b, c = params
    e = np.exp(-b * t)
    return np.stack([e, -a * t * e, np.ones_like(t)], axis=1)
"""

NESTED = """
def cosine(u, v):
    '''u: (N, D), v: (N, D)'''
    s = np.sum(u * v, axis=1)
    loss = np.sum(s ** 2)
    du = 2 * s[:, None] * v
    dv = 2 * s[:, None] * u
    return loss, (du, dv)
"""

IN_GERMAN = """
class Sigmoid:
    def vorwaerts(self, eingabe):
        self.ausgabe = 1 / (1 + np.exp(-eingabe))
        return self.ausgabe

    def rueckwaerts(self, fehler):
        return fehler * self.ausgabe * (1 - self.ausgabe)
"""

FOCAL = """
def residuals(t, points, f):
    '''t: (3,), points: (N, 3), f focal length'''
    p = points + t
    return (f * p[:, :2] / p[:, 2:]).ravel()


def residuals_jacobian_t(t, points, f):
    p = points + t
    j = np.zeros((2 * len(p), 3))
    j[0::2, 0] = j[1::2, 1] = f / p[:, 2]
    j[0::2, 2] = -f * p[:, 0] / p[:, 2] ** 2
    j[1::2, 2] = -f * p[:, 1] / p[:, 2] ** 2
    return j
"""

HABITS = {
    "a gradient that is zero but for rounding": (BEFORE_A_MEAN, "x.T @ dz,", "x.T @ dc,"),
    "a gradient that is clipped": (CLIPPED, "2 * x.T", "-2 * x.T"),
    "zeros, which are no clipped gradient": (CLIPPED, "2 * x.T", "0 * x.T"),
    "signs, which are no clipped gradient": (CLIPPED, "2 * x.T", "1e9 * x.T"),
    "an upstream derivative with one entry": (ONE_ENTRY, "(1 - self.p[i])", "(1 + self.p[i])"),
    "w_g for w": (SUFFIX, "out_g.sum(0)", "out_g.mean(0)"),
    "_dw for _w": (PRIVATE, "self._x.T @ grad", "(self._x ** 2).T @ grad"),
    "gbi for bi": (PREFIX, "2 * e.sum(0)", "2 * e.mean(0)"),
    "forces of an energy in a class": (FORCES, "np.add.at(f, self.edges[:, 1], self", "(f, self"),
    "an entry compared with itself": (AT_RISK, "w @ x[risk] - x[i]", "w @ x[risk] + x[i]"),
    "an argument taken apart further down": (THROUGH, "-a * t * e", "-a * e"),
    "gradients in a tuple of their own": (NESTED, "[:, None] * u", "[:, None] * v"),
    "the words of another language": (IN_GERMAN, "self.ausgabe * (1", "(1"),
    "a number that rows would fit": (FOCAL, "p[:, 1] / p", "p[:, 0] / p"),
}


FAST = ("w_g for w", "_dw for _w", "gbi for bi", "gradients in a tuple of their own")


@pytest.mark.parametrize("habit", mostly_slow(HABITS, fast=FAST))
def test_a_habit_is_no_mistake_and_hides_none(habit: str, tmp_path: Path) -> None:
    source, old, new = HABITS[habit]
    assert judged(tmp_path, source).status == "right"
    wrong = source.replace(old, new)
    assert wrong != source
    assert judged(tmp_path, wrong).status == "wrong"
