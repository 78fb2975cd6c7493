"""The labels of `nets/truth.toml` hold, shown by plain formulas on a few small nets."""

from __future__ import annotations

import contextlib
import inspect
import io
from typing import Any

import numpy as np
import pytest

from . import zoo
from .test_labels import affine, normalise, relu, softmax, vjp

NETS = zoo.table("nets")


def scores(params: dict[str, Any], X: Any, layers: int, batchnorm: bool, eps: float = 1e-5) -> Any:
    """A net in train mode without dropout, weights (fan in, fan out)."""
    h = X
    for i in range(1, layers):
        h = affine(h, params[f"W{i}"], params[f"b{i}"])
        if batchnorm:
            h = normalise(h, params[f"gamma{i}"], params[f"beta{i}"], eps)
        h = relu(h)
    return affine(h, params[f"W{layers}"], params[f"b{layers}"])


class NetJudge:
    """Collects the arguments in which a net, a rule or a solver differs from the formulas."""

    def __init__(self, entry: dict[str, Any]) -> None:
        self.names, self.entry, self.rng = zoo.load(entry), entry, np.random.default_rng(3)
        self.wrong: set[str] = set()

    def compare(self, argument: str, got: Any, want: Any) -> None:
        got, want = np.asarray(got), np.asarray(want)
        if got.size == want.size and got.shape != want.shape and argument.startswith("b"):
            got = got.reshape(want.shape)
        if got.shape != want.shape or not np.allclose(got, want, rtol=1e-5, atol=1e-7):
            self.wrong.add(argument)

    def net(self, net: Any, X: Any, y: Any, layers: int, batchnorm: bool, strength: float, transposed: bool,
            **loss_args: Any) -> None:
        # Weights large enough to matter, biases away from zero.
        for k, v in net.params.items():
            net.params[k] = self.rng.normal(size=v.shape) + ("gamma" in k)
        flip = (lambda k, v: v.T if transposed and k[0] == "W" else v.ravel() if k[0] == "b" and "beta" not in k else v)
        plain = {k: flip(k, v).copy() for k, v in net.params.items()}
        keys = sorted(plain)

        def objective(*values: Any) -> Any:
            p = dict(zip(keys, values, strict=True))
            norm = sum((p[k] ** 2).sum() for k in keys if k[0] == "W")
            return softmax(scores(p, X, layers, batchnorm), y) + 0.5 * strength * norm

        try:
            test = net.loss(X)
            again = net.loss(X)
            loss, grads = net.loss(X, y, **loss_args)
        except Exception:
            self.wrong.add("raises")
            return
        if batchnorm:
            fresh = {k: v for k, v in plain.items()}
            h = X
            for i in range(1, layers):
                h = relu(fresh[f"gamma{i}"] * affine(h, fresh[f"W{i}"], fresh[f"b{i}"]) / np.sqrt(1e-5)
                         + fresh[f"beta{i}"])
            self.compare("scores", test, affine(h, fresh[f"W{layers}"], fresh[f"b{layers}"]))
        else:
            self.compare("scores", test, scores(plain, X, layers, False))
        self.compare("scores", again, test)
        values = [plain[k] for k in keys]
        self.compare("loss", loss, objective(*values))
        for k, want in zip(keys, vjp(objective, values, 1.0), strict=True):
            if k in grads:
                self.compare(k, grads[k].T if transposed and k[0] == "W" else grads[k], want)
            else:
                self.wrong.add(k)

    def modular(self, name: str) -> None:
        cls = self.names[name]
        names = set(inspect.signature(cls.__init__).parameters)
        how = self.entry.get("arguments", {"dropout": "dropout", "reading": "drop", "batchnorm": "use_batchnorm"})
        X, y = self.rng.normal(size=(5, 6)), self.rng.integers(0, 4, size=5)
        if "TwoLayer" in name:
            hidden = "hidden_dim" if "hidden_dim" in names or "hidden_dims" not in names else "hidden_dims"
            net = cls(input_dim=6, num_classes=4, weight_scale=0.5, reg=0.7, **{hidden: 3})
            self.net(net, X, y, 2, False, 0.7, False)
            if name.startswith("fc_net") and "all_in_one" in (self.entry["path"], self.entry["style"]):
                self.drops(lambda: cls(input_dim=6, num_classes=4, weight_scale=0.5, dropout=0.4, **{hidden: 30}), X)
            return
        for batchnorm in (False, True):
            options: dict[str, Any] = {how["batchnorm"]: batchnorm}
            if how["batchnorm"] == "normalization":
                options = {"normalization": "batchnorm" if batchnorm else None}
            net = cls([3, 7], input_dim=6, num_classes=4, reg=0.7, weight_scale=0.5, dtype=np.float64, **options)
            self.net(net, X, y, 3, batchnorm, 0.7, False)
            rate = {how["dropout"]: 0.4 if how["reading"] == "drop" else 0.6}
            self.drops(lambda r=rate, o=options: cls([30, 20], input_dim=6, num_classes=4, weight_scale=0.5,
                                                     dtype=np.float64, seed=4, **r, **o), X)

    def drops(self, make: Any, X: Any) -> None:
        """With dropout, test mode is deterministic and train mode differs from it."""
        state, net = np.random.get_state(), make()
        if not np.array_equal(net.loss(X), net.loss(X)):
            self.wrong.add("scores")
        test = net.loss(X)
        p = {k: v for k, v in net.params.items()}
        layers = len([k for k in p if k[0] == "W"])
        if "gamma1" not in p:
            self.compare("scores", test, scores(p, X, layers, False))
        np.random.set_state(state)

    def monolithic(self) -> None:
        cls = self.names["neural_net.TwoLayerNet"]
        X, y = self.rng.normal(size=(5, 6)), self.rng.integers(0, 3, size=5)
        with zoo_state():
            self.net(cls(6, 4, 3, std=0.5), X, y, 2, False, 0.7, True, reg=0.7)
            np.random.seed(0)
            net = cls(4, 10, 3, std=1e-1)
            np.random.seed(1)
            toy, labels = 10 * np.random.randn(5, 4), np.array([0, 1, 2, 2, 1])
            np.random.seed(0)
            net = cls(4, 10, 3, std=1e-1)
            try:
                stats = net.train(toy, labels, toy, labels, learning_rate=1e-1, reg=5e-6, num_iters=100)
            except Exception:
                self.wrong.add("raises")
            else:
                self.compare("train", stats["loss_history"][-1], 0.014497864587765)

    def rule(self, name: str) -> None:
        w, a, v, config = self.rng.normal(size=(2, 3)), 0.0, 0.0, {"learning_rate": 0.03}
        mine, got = w.copy(), w.copy()
        for t in range(1, 4):
            dw = self.rng.normal(size=(2, 3))
            got, config = self.names[name](got, dw, config)
            if name == "optim.sgd":
                mine = mine - 0.03 * dw
            elif name == "optim.sgd_momentum":
                v = 0.9 * v - 0.03 * dw
                mine = mine + v
            elif name == "optim.sgd_nesterov_momentum":
                old, v = v, 0.9 * v - 0.03 * dw
                mine = mine + v + 0.9 * (v - old)
            elif name == "optim.rmsprop":
                a = 0.99 * a + 0.01 * dw**2
                mine = mine - 0.03 * dw / (np.sqrt(a) + 1e-8)
            else:
                v, a = 0.9 * v + 0.1 * dw, 0.999 * a + 0.001 * dw**2
                mine = mine - 0.03 * (v / (1 - 0.9**t)) / (np.sqrt(a / (1 - 0.999**t)) + 1e-8)
            self.compare("next_w", got, mine)

    def solver(self) -> None:
        class Ladder:
            """Right on the validation set while its only weight is near 1; steps by learning rates."""

            def __init__(self) -> None:
                self.params = {"W1": np.zeros(1)}

            def loss(self, X: Any, y: Any = None) -> Any:
                if y is None:
                    good = abs(self.params["W1"][0] - 2) < 0.6
                    return np.tile([0.0, 1.0] if good else [1.0, 0.0], (len(X), 1))
                return 0.0, {"W1": -np.ones(1)}

        data = {"X_train": np.ones((20, 1)), "y_train": np.ones(20, int),
                "X_val": np.ones((6, 1)), "y_val": np.ones(6, int)}
        model = Ladder()
        with zoo_state(), contextlib.redirect_stdout(io.StringIO()):
            solver = self.names["solver.Solver"](model, data, update_rule="sgd", batch_size=10, num_epochs=4,
                                                 optim_config={"learning_rate": 1.0}, lr_decay=1.0, verbose=False)
            solver.train()
            self.compare("params", model.params["W1"], [2.0])
            self.compare("params", len(solver.loss_history), 8)
            model = Ladder()
            solver = self.names["solver.Solver"](model, data, update_rule="sgd", batch_size=10, num_epochs=1,
                                                 optim_config={"learning_rate": 1.0}, lr_decay=0.9, verbose=False)
            solver.train()
            self.compare("learning_rate", model.params["W1"], [2.0])

    def run(self, name: str) -> set[str]:
        self.wrong = set()
        if name == "neural_net.TwoLayerNet":
            self.monolithic()
        elif name.startswith("fc_net"):
            self.modular(name)
        elif name.startswith("optim"):
            self.rule(name)
        else:
            self.solver()
        return self.wrong


@contextlib.contextmanager
def zoo_state() -> Any:
    """Leave numpy's global generator as it was."""
    state = np.random.get_state()
    try:
        yield
    finally:
        np.random.set_state(state)


@pytest.mark.parametrize("entry", NETS, ids=[v["path"] for v in NETS])
def test_every_label_holds(entry: dict[str, Any]) -> None:
    with zoo.surroundings(entry), zoo_state():
        judge = NetJudge(entry)
        for name in entry["right"]:
            seen = judge.run(name)
            assert not seen, f"{name} is called right and differs in {seen}"
        for name in entry["wrong"]:
            seen = judge.run(name)
            said = {f["argument"] for f in entry["findings"] if f["function"] == name and f["kind"] == "correctness"}
            assert said <= seen, f"{name} is called wrong in {said}; seen {seen}"
