"""What a net gives on cases that tell its mistakes apart, and what its own layers give there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..implementation import Call, Outcome, Ref
from ..judge.mismatch import Fault, Mismatch
from ..judge.subjects.net import NetProbe
from ..judge.subjects.net_cases import params_of
from ..spec.account import Seen
from ..spec.case import Array, Case
from .net_account import Net

_TRAINING = {"learning_rate": 0.125, "learning_rate_decay": 0.75, "num_iters": 9, "batch_size": 2}
_COPIES = 6


def observe(probe: NetProbe, cases: Sequence[Case]) -> list[Seen]:
    """Runs on some cases; what fails on one is left out."""
    found = []
    for case in cases:
        given, got = given_of(probe, case), _got(probe, case)
        borrowed, lenders = _borrowed(probe, given) if got else ({}, ())
        found.append(Seen(given=given, got=got, borrowed=borrowed, lenders=lenders))
    return found


def given_of(probe: NetProbe, case: Case) -> dict[str, Any]:
    """What a prediction starts from."""
    x = case.args["X"]
    given = {name: case.args[name] for name in ("X", "y")}
    given["reg"] = probe.regs * case.args["reg"]
    given |= {"params": params_of(case), "other": 3.0 * x[::-1] + 1.0}
    if probe.guard is not None:
        given["guard"] = probe.guard
    if case.args["dropout"] > 0.0:
        given["keep"] = 1.0 - case.args["dropout"]
    return given


def _got(probe: NetProbe, case: Case) -> dict[str, Array]:
    x, y = case.args["X"], case.args["y"]
    other = given_of(probe, case)["other"]
    test, train = ("scores", x), ("loss", x, y)
    try:
        outcomes = probe.now(probe.play(case, [test, train, test, ("scores", other), test]))
    except Fault:
        return {}
    found: dict[str, Array] = {}
    names = ("scores", "", "scores after training", "-", "scores again")
    for name, outcome in zip(names, outcomes, strict=True):
        try:
            if name:
                found[name] = probe.scores(outcome, case)
            else:
                loss, grads = probe.loss(outcome, case)
                found |= {"loss": loss} | {f"d{key}": value for key, value in grads.items()}
        except (Fault, Mismatch):
            continue
    if case.args["dropout"] > 0.0:
        kept = ("scores", "loss")
        return {k: v for k, v in found.items() if k in kept or k.startswith("d")}
    found.pop("-", None)
    return found | (_trained(probe, case) if probe.monolithic else {})


def _trained(probe: NetProbe, case: Case) -> dict[str, Array]:
    x, y = case.args["X"], case.args["y"]
    many = np.repeat(x[:1], _COPIES, axis=0), np.repeat(y[:1], _COPIES)
    options = {**_TRAINING, "reg": case.args["reg"], "verbose": False}
    steps = [("predict", x, {}), ("train", *many, x[:1], y[:1], options)]
    labels, history = probe.now(probe.play(case, steps))
    found: dict[str, Array] = {}
    if labels.ok:
        found["labels"] = np.asarray(labels.outputs[0])
    if history.ok and isinstance(history.outputs[0], Mapping):
        losses = history.outputs[0].get("loss_history", ())
        found["loss_history"] = np.asarray(losses, dtype=np.float64).ravel()
    return found


# -- the layers of the same code -------------------------------------------------------------------

_BACK = frozenset({0, 1, 2})
_LAYERS = ("affine_forward", "affine_backward", "relu_forward", "relu_backward", "softmax_loss")
LENDERS = (*_LAYERS, "batchnorm_forward", "batchnorm_backward")
"""Functions that a net may call."""
_NORMALISING = ("batchnorm_forward", "batchnorm_backward")


def _borrowed(
    probe: NetProbe, given: Mapping[str, Any]
) -> tuple[dict[str, Array], tuple[str, ...]]:
    """Loss and gradients of a training pass through the code's own layers, and the wrong ones."""
    net = Net({}, given)
    functions = probe.implementation.functions
    wanted = (*_LAYERS, *(_NORMALISING if net.normalised else ()))
    there = (functions.get(name) for name in wanted)
    if (
        probe.form.images
        or "keep" in given
        or any(info is None or info.status != "present" for info in there)
    ):
        return {}, ()
    chain = _Chain(net, given)
    outcomes = probe.send(chain.calls)
    if not all(outcome.ok for outcome in outcomes):
        return {}, ()
    try:
        found, wrong = chain.results(outcomes), chain.wrong(outcomes)
        scores, more = _tested(probe, net, given["X"], chain.statistics(outcomes))
    except (IndexError, KeyError, TypeError, ValueError):
        return {}, ()
    return {**found, **scores}, tuple(sorted({*wrong, *more}))


def _tested(
    probe: NetProbe, net: Net, x: Array, statistics: Sequence[Mapping[str, Any]]
) -> tuple[dict[str, Array], tuple[str, ...]]:
    """Test-mode scores after the training pass, and whether batchnorm is wrong there."""
    h: Any = x
    calls: list[Call] = []
    for k in range(1, net.depth + 1):
        p = net.params
        layers: list[tuple[str, tuple[Any, ...]]] = [("affine", (p[f"W{k}"], p[f"b{k}"]))]
        if k < net.depth:
            param = {**statistics[k - 1], "mode": "test"} if net.normalised else None
            if param is not None:
                layers.append(("batchnorm", (p[f"gamma{k}"], p[f"beta{k}"], param)))
            layers.append(("relu", ()))
        for name, args in layers:
            calls.append(Call(f"{name}_forward", (h, *args), fetch=frozenset({0})))
            h = Ref(len(calls) - 1, 0)
    outcomes = probe.send(calls)
    if not all(outcome.ok for outcome in outcomes):
        return {}, ()
    wrong = False
    for i, call in enumerate(calls):
        if call.function == "batchnorm_forward":
            _, gamma, beta, param = call.args
            before = outcomes[i - 1].outputs[0]
            xhat = (before - param["running_mean"]) / np.sqrt(param["running_var"] + 1e-5)
            wrong = wrong or not _close(outcomes[i].outputs[0], gamma * xhat + beta)
    scores = {"scores after training": np.asarray(outcomes[-1].outputs[0])}
    return scores, ("batchnorm_forward",) * wrong


class _Chain:
    """The calls of a training pass, one layer after the other."""

    def __init__(self, net: Net, given: Mapping[str, Any]) -> None:
        self.net, self.given = net, given
        self.calls: list[Call] = []
        self.right: list[str] = []
        self.places: dict[str, int] = {}
        h: Any = given["X"]
        for k in range(1, net.depth + 1):
            p = net.params
            h = self._add(f"a{k}", "affine_forward", h, p[f"W{k}"], p[f"b{k}"], fetch={0})
            if k == net.depth:
                break
            if net.normalised:
                scales = p[f"gamma{k}"], p[f"beta{k}"], {"mode": "train"}
                h = self._add(f"z{k}", "batchnorm_forward", h, *scales, fetch={0})
            h = self._add(f"r{k}", "relu_forward", h, fetch={0})
        self._add("loss", "softmax_loss", h, given["y"], fetch={0, 1})
        d: Any = Ref(self.places["loss"], 1)
        for k in range(net.depth, 0, -1):
            if k < net.depth:
                d = self._add(f"dz{k}", "relu_backward", d, self._cache(f"r{k}"), fetch=_BACK)
                if net.normalised:
                    cache = self._cache(f"z{k}")
                    d = self._add(f"da{k}", "batchnorm_backward", d, cache, fetch=_BACK)
            d = self._add(f"dx{k}", "affine_backward", d, self._cache(f"a{k}"), fetch=_BACK)

    def _add(self, place: str, function: str, *args: Any, fetch: Any) -> Ref:
        self.places[place] = len(self.calls)
        self.calls.append(Call(function, args, fetch=frozenset(fetch)))
        return Ref(len(self.calls) - 1, 0)

    def _cache(self, place: str) -> Ref:
        return Ref(self.places[place], 1)

    def results(self, outcomes: Sequence[Outcome]) -> dict[str, Array]:
        """Loss and gradients, with the regularisation that is the net's own."""
        net = self.net
        weights = {k: net.params[f"W{k}"] for k in range(1, net.depth + 1)}
        squares = sum(float((w * w).sum()) for w in weights.values())
        loss = outcomes[self.places["loss"]].outputs[0]
        found = {"loss": np.asarray(loss) + 0.5 * net.reg * squares}
        for k, w in weights.items():
            _, dw, db = outcomes[self.places[f"dx{k}"]].outputs[:3]
            found |= {f"dW{k}": dw + net.reg * w, f"db{k}": np.asarray(db)}
            if net.normalised and k < net.depth:
                _, dgamma, dbeta = outcomes[self.places[f"da{k}"]].outputs[:3]
                found |= {f"dgamma{k}": dgamma, f"dbeta{k}": dbeta}
        return found

    def statistics(self, outcomes: Sequence[Outcome]) -> list[Mapping[str, Any]]:
        """What batchnorm left in the dict of each layer."""
        places = [i for name, i in self.places.items() if name.startswith("z")]
        return [outcomes[i].args_after[3] for i in places]

    def wrong(self, outcomes: Sequence[Outcome]) -> tuple[str, ...]:
        """The functions that are wrong, each on the inputs that it got."""
        got = {place: outcomes[i].outputs for place, i in self.places.items()}
        found = {
            self.calls[self.places[place]].function
            for place, right in self._truth(got).items()
            if not all(_close(np.asarray(a), b) for a, b in zip(got[place], right, strict=False))
        }
        return tuple(sorted(found))

    def _truth(self, got: Mapping[str, Any]) -> dict[str, tuple[Array, ...]]:
        net, p, n = self.net, self.net.params, len(self.given["X"])
        h = self.given["X"].reshape(n, -1)
        found: dict[str, tuple[Array, ...]] = {}
        inputs: dict[int, Array] = {}
        for k in range(1, net.depth + 1):
            inputs[k] = h
            found[f"a{k}"] = (h @ p[f"W{k}"] + p[f"b{k}"],)
            if k == net.depth:
                break
            z = a = got[f"a{k}"][0]
            if net.normalised:
                found[f"z{k}"] = (p[f"gamma{k}"] * _standardised(a) + p[f"beta{k}"],)
                z = got[f"z{k}"][0]
            found[f"r{k}"] = (np.maximum(z, 0.0),)
            h = got[f"r{k}"][0]
        scores, y = got[f"a{net.depth}"][0], self.given["y"]
        e = np.exp(scores - scores.max(axis=1, keepdims=True))
        prob = e / e.sum(axis=1, keepdims=True)
        loss = -np.log(prob[np.arange(n), y]).mean()
        found["loss"] = (loss, (prob - np.eye(scores.shape[1])[y]) / n)
        d = got["loss"][1]
        for k in range(net.depth, 0, -1):
            if k < net.depth:
                before = got[f"z{k}" if net.normalised else f"a{k}"][0]
                found[f"dz{k}"] = (d * (before > 0.0),)
                d = got[f"dz{k}"][0]
                if net.normalised:
                    a, gamma = got[f"a{k}"][0], p[f"gamma{k}"]
                    xhat = _standardised(a)
                    mean = d.mean(axis=0) + xhat * (d * xhat).mean(axis=0)
                    da = gamma / np.sqrt(a.var(axis=0) + 1e-5) * (d - mean)
                    found[f"da{k}"] = (da, (d * xhat).sum(axis=0), d.sum(axis=0))
                    d = got[f"da{k}"][0]
            found[f"dx{k}"] = ((d @ p[f"W{k}"].T), inputs[k].T @ d, d.sum(axis=0))
            d = got[f"dx{k}"][0]
            d = d.reshape(len(d), -1)
        return found


def _standardised(a: Array) -> Array:
    return np.asarray((a - a.mean(axis=0)) / np.sqrt(a.var(axis=0) + 1e-5))


def _close(got: Array, right: Array) -> bool:
    if got.size != np.size(right):
        return False
    size = float(np.max(np.abs(right), initial=0.0))
    return bool(np.allclose(got.ravel(), np.ravel(right), rtol=1e-9, atol=1e-10 * (1.0 + size)))
