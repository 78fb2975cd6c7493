"""How a net of somebody else is constructed: found out by trying, once a run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Any

import numpy as np

from ...implementation import Call, Outcome, Ref
from ..asking import Ask, round_trip
from ..mismatch import Fault
from .functions import Probe

# A net on which no two sizes are equal, so that every shape tells which is which.
SIZES = (5, 3, 6)
WIDTHS = (3, 4)
_RATE = 0.25
_UNITS = 400
_INPUTS = ("input_dim", "input_size")
_HIDDEN = ("hidden_dims", "hidden_dim", "hidden_size", "hidden_sizes", "hidden_layers")
_CLASSES = ("num_classes", "output_size", "output_dim")
_BATCHNORM: tuple[dict[str, Any], ...] = (
    {"use_batchnorm": True},
    {"normalization": "batchnorm"},
    {"use_batch_norm": True},
    {"batchnorm": True},
    {"use_bn": True},
)
_DROPOUT = (
    "dropout",
    "dropout_keep_ratio",
    "keep_prob",
    "dropout_keep_prob",
    "dropout_p",
    "dropout_prob",
)


@dataclass(frozen=True, kw_only=True)
class Form:
    """How one class wants to be constructed, and how it keeps its parameters.

    ``names`` are the keywords of D, H and C, None where they are given by position.
    ``transposed``: weights are (fan out, fan in). ``shapes`` are those of biases, gamma and beta.
    ``dropout`` is the keyword, None when there is none; with ``keeps`` it is the probability that
    a unit is kept. ``kept`` is the share of units that a rate of ¼ was seen to keep.
    """

    names: tuple[str | None, str | None, str | None]
    deep: bool
    transposed: bool = False
    shapes: Mapping[str, str] = field(default_factory=dict)
    options: frozenset[str] = frozenset()
    batchnorm: Mapping[str, Any] | None = None
    dropout: str | None = None
    keeps: bool = False
    kept: float | None = None
    trouble: Mapping[str, Fault] = field(default_factory=dict)

    def constructor(
        self,
        sizes: tuple[int, tuple[int, ...], int],
        *,
        batchnorm: bool = False,
        p_drop: float = 0.0,
        **options: Any,
    ) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Positional and keyword arguments of the constructor.

        ``sizes`` are D, the hidden widths and C; ``options`` that the class does not take are
        left out.
        """
        d, widths, c = sizes
        hidden: Any = list(widths) if self.deep else widths[0]
        args: list[Any] = []
        kwargs: dict[str, Any] = {}
        order = [(1, hidden), (0, d), (2, c)] if self.deep else [(0, d), (1, hidden), (2, c)]
        for place, value in order:
            name = self.names[place]
            if name is None:
                args.append(value)
            else:
                kwargs[name] = value
        kwargs |= {name: value for name, value in options.items() if name in self.options}
        if batchnorm and self.batchnorm is not None:
            kwargs |= self.batchnorm
        if p_drop > 0.0 and self.dropout is not None:
            kwargs[self.dropout] = 1.0 - p_drop if self.keeps else p_drop
        return tuple(args), kwargs

    def theirs(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """Our parameters, weights (fan in, fan out) and flat biases, in the class's own layout."""
        return {name: self._turn(name, value) for name, value in params.items()}

    def _turn(self, name: str, value: Any) -> Any:
        if name.startswith("W"):
            return np.ascontiguousarray(value.T) if self.transposed else value
        return value.reshape(_AXES.get(self.shapes.get(_kind(name), "H"), (-1,)))

    def ours(self, name: str, gradient: Any) -> Any:
        """A gradient of theirs in our layout; one of another shape than its parameter's stays."""
        if name.startswith("W"):
            return gradient.T if self.transposed else gradient
        axes = _AXES.get(self.shapes.get(_kind(name), "H"))
        shape = np.shape(gradient)
        if axes is not None and shape == tuple(np.size(gradient) if a < 0 else a for a in axes):
            return np.reshape(gradient, -1)
        return gradient


_AXES = {"1, H": (1, -1), "H, 1": (-1, 1)}


def _kind(name: str) -> str:
    """``beta`` of ``beta2``."""
    return name.rstrip("0123456789")


def find_form(probe: Probe, name: str, *, deep: bool, monolithic: bool) -> Form:
    """Find out how a class is constructed.

    Raises
    ------
    Fault
        No way of constructing it works, its parameters are not named W1, b1, …, or it is a
        skeleton.
    """
    form, params = _construct(probe, name, deep=deep)
    _check_names(name, params, deep=deep)
    form = _layout(form, params)
    tried = {"reg": 0.5, "weight_scale": 0.5, "dtype": "float64", "seed": 3}
    form = _options(probe, name, form, {"std": 0.5} if monolithic else tried)
    if monolithic:
        return form
    form = _batchnorm(probe, name, form) if deep else form
    return _dropout(probe, name, form)


def _make(name: str, form: Form, **options: Any) -> list[Call]:
    sizes = (SIZES[0], WIDTHS if form.deep else WIDTHS[:1], SIZES[2])
    args, kwargs = form.constructor(sizes, **options)
    return [Call(name, args, kwargs), Call(".params", (Ref(0, 0),))]


def _try(probe: Probe, attempts: Iterable[Sequence[Call]]) -> list[Outcome]:
    """Of each attempt, in one round trip, the first outcome that failed, or else the last."""
    asks = [Ask(tuple(calls)) for calls in attempts]
    found = round_trip(probe.implementation, asks)
    return [next((o for o in outcomes if not o.ok), outcomes[-1]) for outcomes in found]


def _construct(probe: Probe, name: str, *, deep: bool) -> tuple[Form, dict[str, Any]]:
    """The first way of naming the sizes that works, and the parameters that it gave."""
    spellings: list[tuple[str | None, str | None, str | None]] = []
    if deep:
        spellings += [(d, None, c) for d, c in product(_INPUTS, _CLASSES)]
        spellings += [(None, None, None)]
    else:
        spellings += [("input_dim", "hidden_dims", "num_classes"), (None, None, None)]
    spellings += list(product(_INPUTS, _HIDDEN, _CLASSES))
    forms = [Form(names=names, deep=deep) for names in spellings]
    outcomes = _try(probe, (_make(name, form) for form in forms))
    for form, outcome in zip(forms, outcomes, strict=True):
        if outcome.ok and isinstance(outcome.outputs[0], dict):
            return form, outcome.outputs[0]
    bad = outcomes[0]
    tried = "hidden sizes, input size and number of classes" if deep else "D, H and C"
    raise Fault(
        name,
        bad.status if bad.status != "ok" else "raised",
        f"cannot be constructed: {bad.message or 'it has no dict params'}. Tried {tried} by "
        f"position and by the names {', '.join((*_INPUTS, *_HIDDEN, *_CLASSES))}",
        bad.traceback,
    )


def _check_names(name: str, params: Mapping[str, Any], *, deep: bool) -> None:
    layers = len(WIDTHS) + 1 if deep else 2
    wanted = [f"{kind}{i}" for i in range(1, layers + 1) for kind in "Wb"]
    if not params:
        raise Fault(name, "missing", "a skeleton: params is empty after its constructor")
    absent = [
        key
        for key in wanted
        if not isinstance(params.get(key), np.ndarray)
        and not (key.startswith("b") and isinstance(params.get(key), (int, float)))
    ]
    if absent:
        raise Fault(
            name,
            "raised",
            f"its params have the keys {', '.join(map(str, params))}; wanted arrays "
            f"{', '.join(absent)} beside them",
        )


def _layout(form: Form, params: Mapping[str, Any]) -> Form:
    d, h = SIZES[0], WIDTHS[0]
    names = {(): "", (1, h): "1, H", (h, 1): "H, 1"}
    shapes = {
        kind: names[np.shape(params[f"{kind}1"])]
        for kind in ("b", "gamma", "beta")
        if f"{kind}1" in params and np.shape(params[f"{kind}1"]) in names
    }
    return _replace(form, transposed=np.shape(params["W1"]) == (h, d), shapes=shapes)


def _options(probe: Probe, name: str, form: Form, tried: Mapping[str, Any]) -> Form:
    """Find which of some options the constructor takes."""
    attempts = (
        _make(name, _replace(form, options=frozenset({option})), **{option: value})
        for option, value in tried.items()
    )
    outcomes = zip(tried, _try(probe, attempts), strict=True)
    return _replace(form, options=frozenset(option for option, o in outcomes if o.ok))


def _batchnorm(probe: Probe, name: str, form: Form) -> Form:
    forms = [_replace(form, batchnorm=option) for option in _BATCHNORM]
    outcomes = _try(probe, (_make(name, one, batchnorm=True) for one in forms))
    for one, outcome in zip(forms, outcomes, strict=True):
        if outcome.ok and "gamma1" in outcome.outputs[0]:
            return _layout(one, outcome.outputs[0])
    return form


def _dropout(probe: Probe, name: str, form: Form) -> Form:
    """Find the keyword of dropout, and which reading of it: by the share of units it keeps."""
    forms = [_replace(form, dropout=option) for option in _DROPOUT]
    outcomes = _try(probe, (_make(name, one, p_drop=_RATE) for one in forms))
    works = [one for one, outcome in zip(forms, outcomes, strict=True) if outcome.ok]
    if not works:
        return form
    form = works[0]
    assert form.dropout is not None
    named = "keep" in form.dropout
    share = _kept_share(probe, name, form)
    if isinstance(share, Fault):
        return _replace(form, keeps=named, trouble={"dropout": share})
    # The keyword was given a quarter: of dropped units, or of kept ones.
    keeps = named or abs(share - _RATE) < 0.1
    return _replace(form, keeps=keeps, kept=share)


def _kept_share(probe: Probe, name: str, form: Form) -> float | Fault:
    """Which share of 400 active units a training pass with the keyword at ¼ lets through."""
    args, kwargs = form.constructor((1, (_UNITS,), 2), p_drop=_RATE, dtype="float64", seed=3)
    second = np.where(np.arange(2 * _UNITS).reshape(_UNITS, 2) % 2, 0.001, -0.002)
    ones = np.ones((1, _UNITS))
    params = form.theirs({"W1": ones, "b1": np.zeros(_UNITS), "W2": second, "b2": np.zeros(2)})
    calls = [
        Call(name, args, kwargs),
        Call(".params[]=", (Ref(0, 0), params)),
        Call(".loss", (Ref(0, 0), np.ones((1, 1)), np.array([0])), seed=3),
    ]
    outcome = probe.send(calls)[-1]
    if not outcome.ok:
        return Fault(name, outcome.status, outcome.message, outcome.traceback)
    grads = outcome.outputs[1] if len(outcome.outputs) > 1 else None
    if not isinstance(grads, dict) or np.shape(grads.get("W2", ())) != second.shape:
        return Fault(name, "raised", "its gradients have no W2 of the shape of W2")
    return float(np.mean(np.any(np.asarray(grads["W2"]) != 0.0, axis=1)))


def _replace(form: Form, **changed: Any) -> Form:
    return Form(**{**vars(form), **changed})
