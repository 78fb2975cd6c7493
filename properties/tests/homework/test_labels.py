"""The labels of `variants/truth.toml` hold: each right function is right and each wrong one wrong.

Plain formulas in double precision, derivatives by complex steps of them, a few fixed shapes: independent
of the suite, and only strong enough for the bugs that were put here on purpose.
"""

from __future__ import annotations

import contextlib
import copy
import io
from typing import Any

import numpy as np
import pytest

from . import zoo

VARIANTS = zoo.table("variants")
SHAPES = [(3, (2, 2), 4), (2, (5,), 1), (4, (3,), 3), (5, (2, 1, 3), 2), (1, (4,), 2)]


def vjp(f: Any, inputs: list[Any], dout: Any) -> list[Any]:
    """sum(dout * f) differentiated by complex steps, one entry at a time."""
    grads = []
    for k, a in enumerate(inputs):
        g = np.zeros(a.shape)
        for i in np.ndindex(a.shape):
            moved = [b.astype(complex) for b in inputs]
            moved[k][i] += 1e-30j
            g[i] = np.sum(dout * f(*moved)).imag / 1e-30
        grads.append(g)
    return grads


def central(f: Any, inputs: list[Any], dout: Any) -> list[Any]:
    """The same by central differences, for a variant's own forward."""
    grads = []
    for k, a in enumerate(inputs):
        g = np.zeros(a.shape)
        for i in np.ndindex(a.shape):
            sides = []
            for h in (1e-5, -1e-5):
                moved = [b.copy() for b in inputs]
                moved[k][i] += h
                sides.append(np.sum(dout * f(*moved)))
            g[i] = (sides[0] - sides[1]) / 2e-5
        grads.append(g)
    return grads


def affine(x: Any, w: Any, b: Any) -> Any:
    return x.reshape(len(x), -1) @ w + b


def relu(x: Any) -> Any:
    return np.where(x.real > 0, x, 0)


def normalise(x: Any, gamma: Any, beta: Any, eps: float) -> Any:
    mu = x.sum(0) / len(x)
    return gamma * (x - mu) / np.sqrt(((x - mu) ** 2).sum(0) / len(x) + eps) + beta


def softmax(x: Any, y: Any) -> Any:
    z = x - x.real.max(1, keepdims=True)
    return np.mean(np.log(np.exp(z).sum(1)) - z[np.arange(len(y)), y])


def svm(x: Any, y: Any) -> Any:
    m = x - x[np.arange(len(y)), y][:, None] + 1
    m[np.arange(len(y)), y] = 0
    return relu(m).sum() / len(y)


def autoencoder(W: Any, x: Any) -> Any:
    X = x.reshape(-1, W.shape[1])
    return 0.5 * ((X @ W.T @ W - X) ** 2).sum()


def logdet(X: Any, D: int, alpha: float, beta: float) -> Any:
    K = alpha * X @ X.T + np.eye(len(X)) / beta
    return -D / 2 * np.log(np.linalg.det(K))


def trace(X: Any, Y: Any, alpha: float, beta: float) -> Any:
    K = alpha * X @ X.T + np.eye(len(X)) / beta
    return -0.5 * np.trace(np.linalg.inv(K) @ Y @ Y.T)


class Judge:
    """Collects, per function, the arguments in which a variant differs from the formulas."""

    def __init__(self, entry: dict[str, Any]) -> None:
        self.entry, self.fn = entry, zoo.functions(entry)
        self.found: dict[str, set[str]] = {n: set() for n in self.fn}
        self.rng = np.random.default_rng(7)
        self.loose = {(f["function"], f["argument"]) for f in entry["findings"] if f["kind"] == "convention"}

    def compare(self, name: str, argument: str, got: Any, want: Any, tol: float = 1e-6) -> None:
        got, want = np.asarray(got), np.asarray(want)
        if (name, argument) in self.loose and got.shape != want.shape:
            got = got.reshape(want.shape)
        if got.shape != want.shape or not np.allclose(got, want, rtol=tol, atol=tol):
            self.found[name].add(argument)

    def call(self, name: str, *args: Any) -> Any:
        """Call on copies; notes changed arrays, prints and a touched generator; a raise gives None."""
        if name not in self.fn or name in self.entry["missing"]:
            return None
        given = copy.deepcopy(args[:-1]) + args[-1:] if name.endswith("backward") else copy.deepcopy(args)
        before, text = np.random.get_state()[1].copy(), io.StringIO()  # type: ignore[index, union-attr]
        try:
            with contextlib.redirect_stdout(text), np.errstate(all="ignore"):
                result = self.fn[name](*given)
        except Exception:
            self.found[name].add("raises")
            return None
        if not np.array_equal(before, np.random.get_state()[1]):  # type: ignore[index]
            self.found[name].add("rng")
        if text.getvalue():
            self.found[name].add("printed")
        if not np.array_equal(given[0], args[0]):
            self.found[name].add("dout" if name.endswith("backward") else "x")
        return result

    def pair(self, stem: str, inputs: list[Any], truth: Any, names: tuple[str, ...], *extra: Any,
             argument: str = "out") -> None:
        forward, backward = f"{stem}_forward", f"{stem}_backward"
        first = self.call(forward, *inputs, *extra)
        if first is None:
            return
        out, cache = first
        self.compare(forward, argument, out, truth(*inputs))
        dout = self.rng.normal(size=np.shape(out))
        # another forward in between: a cache must not depend on the latest call
        self.call(forward, *[a[:1] + 1 if i == 0 else a for i, a in enumerate(inputs)], *extra)
        grads = self.call(backward, dout, cache)
        if grads is None:
            return
        if backward in self.entry["backward_of_own_forward"]:
            want = central(lambda *a: self.fn[forward](*copy.deepcopy(a), *copy.deepcopy(extra))[0], inputs, dout)
        else:
            want = vjp(truth, inputs, dout)
        for n, g, t in zip(names, (grads,) if len(names) == 1 else grads, want, strict=True):
            self.compare(backward, n, g, t, 1e-5)

    def run(self) -> dict[str, set[str]]:
        r = self.rng
        for n, dims, m in SHAPES:
            x, w, b = r.normal(size=(n, *dims)), r.normal(size=(int(np.prod(dims)), m)), r.normal(size=m)
            gamma, beta = r.normal(size=m), r.normal(size=m)
            self.pair("affine", [x, w, b], affine, ("dx", "dw", "db"))
            self.pair("relu", [x], relu, ("dx",))
            self.pair("affine_relu", [x, w, b], lambda *a: relu(affine(*a)), ("dx", "dw", "db"))
            for eps in (1e-5, 0.3):
                param = {"mode": "train", "eps": eps}
                self.pair("batchnorm", [x.reshape(n, -1), w[:, 0], w[:, 0] + 1],
                          lambda *a, e=eps: normalise(*a, e), ("dx", "dgamma", "dbeta"), param)
                self.pair("affine_batchnorm_relu", [x, w, b, gamma, beta],
                          lambda x, w, b, g, be, e=eps: relu(normalise(affine(x, w, b), g, be, e)),
                          ("dx", "dw", "db", "dgamma", "dbeta"), param)
            y = r.integers(0, max(m - 1, 1), size=n)
            for name, truth in (("softmax_loss", softmax), ("svm_loss", svm)):
                scores = r.normal(size=(n, m))
                self.value(name, truth, scores, y, "loss", "dx")
        self.statistics()
        self.dropout()
        self.exercises()
        return self.found

    def value(self, name: str, truth: Any, a: Any, *rest: Any) -> None:
        *args, value_name, grad_name = rest
        result = self.call(name, a, *args)
        if result is not None:
            self.compare(name, value_name, result[0], truth(a, *args))
            self.compare(name, grad_name, result[1], vjp(lambda t: truth(t, *args), [a], 1.0)[0])

    def statistics(self) -> None:
        name = "batchnorm_forward"
        if name not in self.fn or name in self.entry["missing"]:
            return
        for start in (None, self.rng.uniform(1, 2, size=3)):
            param: dict[str, Any] = {"mode": "train", "momentum": 0.7, "eps": 1e-3}
            mean, var = (np.zeros(3), np.zeros(3)) if start is None else (start, start + 1)
            if start is not None:
                param |= {"running_mean": mean.copy(), "running_var": var.copy()}
            for _ in range(2):
                x = self.rng.normal(size=(4, 3)) + 2
                self.fn[name](x.copy(), np.ones(3), np.zeros(3), param)
                mean, var = 0.7 * mean + 0.3 * x.mean(0), 0.7 * var + 0.3 * x.var(0)
                self.compare(name, "running_mean", param["running_mean"], mean)
                self.compare(name, "running_var", param["running_var"], var)
            param["mode"] = "test"
            param["running_mean"], param["running_var"] = mean.copy(), var.copy()
            gamma, beta = self.rng.normal(size=3), self.rng.normal(size=3)
            out, _ = self.fn[name](x.copy(), gamma, beta, param)
            self.compare(name, "out", out, gamma * (x - mean) / np.sqrt(var + 1e-3) + beta)
            self.compare(name, "running_mean", param["running_mean"], mean)

    def dropout(self) -> None:
        name = "dropout_forward"
        if name not in self.fn or name in self.entry["missing"]:
            return
        keeps = (name, "p") in self.loose
        for shape in ((40, 50), (2000,), (10, 20, 10)):
            x, param = self.rng.normal(size=shape), {"mode": "train", "p": 0.3, "seed": 5}
            first, second = self.call(name, x, param), self.call(name, x, param)
            if first is None or second is None:
                continue
            out, cache = first
            if not np.array_equal(out, second[0]):
                self.found[name].add("out")
            p_keep = 0.3 if keeps else 0.7
            kept = out != 0
            if out.shape != x.shape or abs(kept.mean() - p_keep) > 0.1:
                self.found[name].add("out")
            else:
                self.compare(name, "out", out, np.where(kept, x / p_keep, 0))
            dout = self.rng.normal(size=shape)
            dx = self.call("dropout_backward", dout, cache)
            if dx is not None and out.shape == x.shape:
                self.compare("dropout_backward", "dx", dx, dout * out / x)
            test = self.call(name, x, param | {"mode": "test"})
            self.compare(name, "out", test[0], x)
            self.compare("dropout_backward", "dx", self.call("dropout_backward", dout, test[1]), dout)

    def exercises(self) -> None:
        W, X, Y = self.rng.normal(size=(2, 5)), self.rng.normal(size=(4, 2)), self.rng.normal(size=(4, 3))
        for x in (self.rng.normal(size=5), self.rng.normal(size=(3, 5))):
            self.value("autoencoder_loss", autoencoder, W, x, "loss", "dW")
        self.value("log_determinant_term", logdet, X, 3, 0.7, 2.0, "value", "dX")
        self.value("trace_term", trace, X, Y, 0.7, 2.0, "value", "dX")
        self.value("gplvm_log_likelihood", lambda X, Y, a, b: logdet(X, 3, a, b) + trace(X, Y, a, b),
                   X, Y, 0.7, 2.0, "value", "dX")


MANNERS = {"rng", "printed", "x", "dout"}


@pytest.mark.parametrize("entry", VARIANTS, ids=[v["path"] for v in VARIANTS])
def test_every_label_holds(entry: dict[str, Any]) -> None:
    with zoo.surroundings(entry):
        found = Judge(entry).run()
    for name in entry["right"]:
        assert not found[name] - MANNERS, f"{name} is called right and differs in {found[name]}"
    for name in entry["wrong"]:
        said = {f["argument"] for f in entry["findings"] if f["function"] == name and f["kind"] == "correctness"}
        assert said <= found[name], f"{name} is called wrong in {said}; seen {found[name]}"
    polite = {(n, a) for n, args in found.items() for a in args & MANNERS}
    said = {(f["function"], f["argument"]) for f in entry["findings"] if f["argument"] in MANNERS}
    unsaid = {(n, a) for n, a in polite - said if a != "rng" or "seed" in str(entry)}
    assert said <= polite, f"said, not seen: {said - polite}"
    assert not {u for u in unsaid if u[0] not in entry["wrong"]}, f"seen, not said: {unsaid}"
