"""A net step by step: what any formulas of its steps give on a case."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Iterator, Mapping
from itertools import product
from typing import Any

import numpy as np

from ..spec.account import Seen, Steps, evaluate
from ..spec.case import Array
from .net_misconceptions import STEPS

_TRAINING = 9  # iterations of the monolithic net's own training
_EPOCH = 3
_BATCH = 2

Values = ChainMap[str, Any]


class Net:
    """One net at work on one case by given formulas, with the statistics that it keeps."""

    def __init__(self, steps: Steps, given: Mapping[str, Any]) -> None:
        self.steps = {**STEPS, **steps}
        guard = given.get("guard")
        if guard is not None and self.steps["data"] == STEPS["data"]:
            inner = "p[rows, y] + {}" if guard.kind == "plus" else "np.maximum(p[rows, y], {})"
            self.steps["data"] = f"-np.log({inner.format(guard.eps)}).mean()"
        self.params: dict[str, Array] = dict(given["params"])
        self.reg, self.keep = given["reg"], given.get("keep", 1.0)
        self.depth = sum(name.startswith("W") for name in self.params)
        self.normalised = "gamma1" in self.params
        self.state = dict.fromkeys(range(1, self.depth), (0.0, 0.0))

    def of(self, step: str, values: Mapping[str, Any]) -> Any:
        """What a step gives."""
        return evaluate(self.steps[step], values)

    def layers(self, top: Mapping[str, Any]) -> Iterator[Values]:
        """The names that the steps of each layer see, from the first on."""
        for k in range(1, self.depth + 1):
            own = {name: self.params.get(f"{name}{k}") for name in ("W", "b", "gamma", "beta")}
            yield ChainMap({**own, "k": k, "last": k == self.depth, "reg": self.reg}, dict(top))

    def forward(self, x: Array, *, training: bool, masks: Any = None) -> tuple[Any, list[Values]]:
        """Scores, and what each layer computed on the way to them."""
        values: list[Values] = []
        h = before = self.first(x)
        for v in self.layers({"training": training, "keep": self.keep, "N": len(x)}):
            v["h"], v["before"] = h, before
            v["a"] = self.of("a" if not v["last"] else "top", v)
            values.append(v)
            if v["last"]:
                break
            v["z"] = v["a"] if v["gamma"] is None else self.normalise(v)
            v["gate"] = self.of("gate", v)
            v["r"] = self.of("r", v)
            v["mask"] = np.ones(v["r"].shape)
            if masks is not None and self.of("drops", v):
                v["mask"] = masks[v["k"] - 1] * self.of("scale", v)
            h, before = self.passed_on(v), v["z"]
        return values[-1]["a"], values

    def first(self, x: Array) -> Array:
        """What goes into the first layer."""
        return x.reshape(len(x), -1)

    def passed_on(self, v: Values) -> Any:
        """What goes from a hidden layer into the next."""
        return v["r"] * v["mask"]

    def passed_back(self, v: Values, d: Any) -> Any:
        """The derivative of what a hidden layer gave, from that of what went into the next."""
        return d

    def normalise(self, v: Values) -> Any:
        """Batch normalisation of one layer."""
        v["batch"] = self.of("batch", v)
        v["running"] = self.state[v["k"]]
        v["updated"] = v["running"]
        if self.of("updates", v):
            pairs = zip(v["running"], v["batch"], strict=True)
            v["updated"] = tuple(
                self.of("kept", ChainMap({"old": old, "new": new}, v)) for old, new in pairs
            )
        self.state[v["k"]] = v["updated"]
        v["mean"], v["var"] = v["batch"] if self.of("own", v) else self.of("tested", v)
        v["std"] = self.of("std", v)
        v["xhat"] = (v["a"] - v["mean"]) / v["std"]
        return self.of("z", v)

    def loss(self, x: Array, y: Array, masks: Any = None) -> dict[str, Array]:
        """Loss and gradients of a training pass."""
        scores, values = self.forward(x, training=True, masks=masks)
        n = len(x)
        e = np.exp(scores - scores.max(axis=1, keepdims=True))
        each = [self.of("square", v) for v in values]
        top = ChainMap(
            {
                "scores": scores,
                "e": e,
                "N": n,
                "y": y,
                "rows": np.arange(n),
                "onehot": np.eye(scores.shape[1])[y],
                "reg": self.reg,
                "each": each,
                "squares": sum(each),
                "masks": [v["mask"] for v in values[:-1]],
            }
        )
        for name in ("p", "data", "penalty", "loss", "ds"):
            top[name] = self.of(name, top)
        found = {"loss": np.asarray(top["loss"])}
        d = top["ds"]
        for v in reversed(values):
            v.maps.append(top)
            k = v["k"]
            if not v["last"]:
                v["dh"] = self.passed_back(v, d)
                v["dr"] = self.of("dr", v)
                d = v["dz"] = self.of("dz", v)
                if v["gamma"] is not None:
                    v["dn"] = d
                    pair = zip(("dgamma", "dbeta"), self.of("scales", v), strict=True)
                    found |= {
                        f"{name}{k}": slope + self.of(f"decay_{name[1:]}", v)
                        for name, slope in pair
                        if slope is not None
                    }
                    d = self.of("da", v)
            v["d"] = d
            found[f"dW{k}"] = self.of("dW", v) + self.of("decay", v)
            found[f"db{k}"] = self.of("db", v) + self.of("decay_b", v)
            d = self.of("dx", v)
        return found


def predict(steps: Steps, seen: Seen, kind: type[Net] = Net) -> dict[str, Array]:
    """All that an observation of `net_observation` holds, by given formulas."""
    given = seen.given
    net, x, y = kind(steps, given), given["X"], given["y"]
    if "keep" in given:
        return _dropped(net, x, y, seen)
    found = {"scores": net.forward(x, training=False)[0]}
    found |= net.loss(x, y)
    for name, batch in (("scores after training", x), ("", given["other"]), ("scores again", x)):
        scores = net.forward(batch, training=False)[0]
        if name:
            found[name] = scores
    if "loss_history" in seen.got:
        found |= _trained(net, x, y)
    return found


def _dropped(net: Net, x: Array, y: Array, seen: Seen) -> dict[str, Array]:
    """Of one example with dropout: its masks are read off the gradients, or tried."""
    above = [seen.got[f"dW{k}"] for k in range(2, net.depth + 1)]
    masks = [np.atleast_2d(np.any(dw != 0.0, axis=1)).astype(float) for dw in above]
    if not all(mask.any() for mask in masks) or all(mask.all() for mask in masks):
        return {}  # a gradient that is zero altogether shows no mask, one without zeros none either
    found = net.loss(x, y, masks)
    tried = [net.forward(x, training=False, masks=masks)[0]]
    if net.of("drops", {"training": False}):
        sizes = [mask.size for mask in masks]
        for bits in product((0.0, 1.0), repeat=sum(sizes)):
            parts = np.split(np.array(bits)[None, :], np.cumsum(sizes)[:-1], axis=1)
            tried.append(net.forward(x, training=False, masks=parts)[0])
    got = seen.got["scores"]
    with np.errstate(all="ignore"):
        found["scores"] = min(tried, key=lambda scores: float(np.abs(scores - got).max()))
    return found


def _trained(net: Net, x: Array, y: Array) -> dict[str, Array]:
    """The monolithic net's predict, and its training on one example many times over."""
    labels = evaluate(net.steps["labels"], {"scores": net.forward(x, training=False)[0]})
    net.reg = net.of("training_reg", {"reg": net.reg})
    losses, rate = [], 0.125
    for t in range(_TRAINING):
        made = net.loss(np.repeat(x[:1], _BATCH, axis=0), np.repeat(y[:1], _BATCH))
        losses.append(made["loss"])
        values = {"rate": rate, "decayed": 0.75, "t": t, "each": _EPOCH}
        for name in net.params:
            now = {**values, "name": name, "w": net.params[name], "dw": made[f"d{name}"]}
            net.params[name] = net.of("update", now)
        rate = net.of("next_rate", values)
    return {"labels": labels, "loss_history": np.array(losses)}
