"""How a net of somebody else is constructed: found out by trying, once a run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, product
from typing import Any

import numpy as np

from ...implementation import Call, Outcome, Ref
from ..asking import Ask, round_trip
from ..mismatch import Fault
from .functions import Probe

Sizes = tuple[Any, tuple[int, ...], int]
"""Of the inputs, D or (C, H, W); the hidden widths, of a net of images F, the side of a filter and
the hidden width; and the number of classes."""

# Nets on which no two sizes are equal, so that every shape tells which is which.
_DEEP: Sizes = (5, (3, 4), 6)
_TWO_LAYERS: Sizes = (5, (3,), 6)
_IMAGES: Sizes = ((2, 4, 6), (7, 3, 5), 4)
_RATE = 0.25
_UNITS = 400
_INPUTS = ("input_dim", "input_size")
_HIDDEN = ("hidden_dims", "hidden_dim", "hidden_size", "hidden_sizes", "hidden_layers")
_CLASSES = ("num_classes", "output_size", "output_dim")
_OF_IMAGES = tuple(
    ("input_dim", "num_filters", "filter_size", hidden, "num_classes")
    for hidden in ("hidden_dim", "hidden_dims")
)
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

    ``names`` are the keywords of D, H and C, or of the sizes of a net of ``images``, None where
    they are given by position. ``lacks`` are gammas and betas that its batchnorm does not have.
    ``transposed``: weights are (fan out, fan in). ``shapes`` are those of biases, gamma and beta,
    by kind; of a net of images, whose layers differ in kind, by name.
    ``dropout`` is the keyword, None when there is none; with ``keeps`` it is the probability that
    a unit is kept. ``kept`` is the share of units that a rate of ¼ was seen to keep.
    """

    names: tuple[str | None, ...]
    deep: bool
    images: bool = False
    transposed: bool = False
    shapes: Mapping[str, str] = field(default_factory=dict)
    options: frozenset[str] = frozenset()
    batchnorm: Mapping[str, Any] | None = None
    lacks: frozenset[str] = frozenset()
    dropout: str | None = None
    keeps: bool = False
    kept: float | None = None
    trouble: Mapping[str, Fault] = field(default_factory=dict)

    def constructor(
        self,
        sizes: Sizes,
        *,
        batchnorm: bool = False,
        p_drop: float = 0.0,
        **options: Any,
    ) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Positional and keyword arguments of the constructor.

        ``options`` that the class does not take are left out.
        """
        d, widths, c = sizes
        args: list[Any] = []
        kwargs: dict[str, Any] = {}
        values = (d, list(widths), c) if self.deep else (d, *widths, c)
        order = (1, 0, 2) if self.deep else range(len(values))
        for place in order:
            name, value = self.names[place], values[place]
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
        return value.reshape(_AXES.get(self._shape(name), (-1,)))

    def _shape(self, name: str) -> str:
        return self.shapes.get(name if self.images else _kind(name), "H")

    def ours(self, name: str, gradient: Any) -> Any:
        """A gradient of theirs in our layout; one of another shape than its parameter's stays."""
        if name.startswith("W"):
            return gradient.T if self.transposed else gradient
        axes = _AXES.get(self._shape(name))
        shape = np.shape(gradient)
        if axes is not None and shape == tuple(np.size(gradient) if a < 0 else a for a in axes):
            return np.reshape(gradient, -1)
        return gradient


_AXES = {"1, H": (1, -1), "H, 1": (-1, 1)}


def _kind(name: str) -> str:
    """``beta`` of ``beta2``."""
    return name.rstrip("0123456789")


def find_form(
    probe: Probe, name: str, *, deep: bool = False, monolithic: bool = False, images: bool = False
) -> Form:
    """Find out how a class is constructed.

    Raises
    ------
    Fault
        No way of constructing it works, its parameters are not named W1, b1, …, or it is a
        skeleton.
    """
    form, params = _construct(probe, name, _forms(deep=deep, images=images))
    _check_names(name, params, layers=2 if not (deep or images) else 3)
    form = _layout(form, params)
    tried = {"reg": 0.5, "weight_scale": 0.5, "dtype": "float64", "seed": 3}
    form = _options(probe, name, form, {"std": 0.5} if monolithic else tried)
    if monolithic:
        return form
    form = _batchnorm(probe, name, form) if deep or images else form
    return form if images else _dropout(probe, name, form)


def _sizes(form: Form) -> Sizes:
    return _IMAGES if form.images else _DEEP if form.deep else _TWO_LAYERS


def _make(name: str, form: Form, **options: Any) -> list[Call]:
    args, kwargs = form.constructor(_sizes(form), **options)
    return [Call(name, args, kwargs), Call(".params", (Ref(0, 0),))]


def _try(probe: Probe, attempts: Iterable[Sequence[Call]]) -> list[Outcome]:
    """Of each attempt, in one round trip, the first outcome that failed, or else the last."""
    asks = [Ask(tuple(calls)) for calls in attempts]
    found = round_trip(probe.implementation, asks)
    return [next((o for o in outcomes if not o.ok), outcomes[-1]) for outcomes in found]


def _forms(*, deep: bool, images: bool) -> list[Form]:
    """Ways of naming the sizes, the contract's first."""
    if images:
        return [Form(names=names, deep=False, images=True) for names in (*_OF_IMAGES, (None,) * 5)]
    spellings: list[tuple[str | None, ...]] = []
    if deep:
        spellings += [(d, None, c) for d, c in product(_INPUTS, _CLASSES)]
        spellings += [(None, None, None)]
    else:
        spellings += [("input_dim", "hidden_dims", "num_classes"), (None, None, None)]
    spellings += list(product(_INPUTS, _HIDDEN, _CLASSES))
    return [Form(names=names, deep=deep) for names in spellings]


def _construct(probe: Probe, name: str, forms: Sequence[Form]) -> tuple[Form, dict[str, Any]]:
    """The first way of naming the sizes that works, and the parameters that it gave."""
    outcomes = _try(probe, (_make(name, form) for form in forms))
    for form, outcome in zip(forms, outcomes, strict=True):
        if outcome.ok and isinstance(outcome.outputs[0], dict):
            return form, outcome.outputs[0]
    bad = outcomes[0]
    tried = "hidden sizes, input size and number of classes" if forms[0].deep else "D, H and C"
    named = [*_INPUTS, *_HIDDEN, *_CLASSES]
    if forms[0].images:
        tried, named = "the sizes", list(dict.fromkeys(chain(*_OF_IMAGES)))
    raise Fault(
        name,
        bad.status if bad.status != "ok" else "raised",
        f"cannot be constructed: {bad.message or 'it has no dict params'}. Tried {tried} by "
        f"position and by the names {', '.join(named)}",
        bad.traceback,
    )


def _check_names(name: str, params: Mapping[str, Any], *, layers: int) -> None:
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
    d, (h, *_), _ = _sizes(form)
    shapes = {}
    for k, kind in product("123" if form.images else "1", ("b", "gamma", "beta")):
        own = params.get(f"{kind}{k}")
        if own is None:
            continue
        named = {(): "", (1, np.size(own)): "1, H", (np.size(own), 1): "H, 1"}
        if np.shape(own) in named:
            shapes[f"{kind}{k}" if form.images else kind] = named[np.shape(own)]
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
        if not outcome.ok or "gamma1" not in outcome.outputs[0]:
            continue
        params = outcome.outputs[0]
        one = _layout(one, params)
        if not form.images:
            return one
        # Which layers of a net of images are normalised, and over what, the contract leaves open.
        if np.size(params["gamma1"]) == np.size(params["b1"]) and np.ndim(params["gamma1"]) < 3:
            return _replace(one, lacks=frozenset(("gamma2", "beta2")) - params.keys())
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
