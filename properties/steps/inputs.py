"""Inputs of the functions of the contract, and the syntax of ``--inputs``.

Values are smooth, of order one, away from kinks and ties, with two decimals so that they can be
read; axes have unequal lengths so that a wrong axis or a transpose is visible; upstream
derivatives have both signs.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from .values import Array, StepsError

__all__ = ["CONTRACT", "ContractFunction", "Rng", "custom_cases", "parse_inputs"]

Rng = np.random.Generator
Sizes = Mapping[str, int]


def signed(rng: Rng, *shape: int) -> Array:
    """Values in ±[0.3, 2), two decimals, distinct for practical purposes."""
    size = rng.uniform(0.3, 2.0, shape) * rng.choice([-1.0, 1.0], shape)
    value: Array = np.round(size, 2) + rng.integers(1, 10, shape) / 1000
    return value


def positive(rng: Rng, *shape: int) -> Array:
    """Values in [0.4, 2)."""
    return np.round(rng.uniform(0.4, 2.0, shape), 2) + rng.integers(1, 10, shape) / 1000


def labels(rng: Rng, n: int, classes: int) -> Array:
    """Integer labels in [0, classes), not all equal."""
    y = rng.integers(0, classes, n)
    if n > 1 and classes > 1 and len(set(y.tolist())) == 1:
        y[0] = (y[0] + 1) % classes
    return y


@dataclass(frozen=True, slots=True)
class ContractFunction:
    """How a pair of the contract is called and which sizes its case has."""

    label: str
    module: str
    forward: str
    backward: str | None
    arguments: tuple[str, ...]
    sizes: tuple[Mapping[str, int], ...]
    values: Callable[[Rng, Sizes], Mapping[str, Any]]
    loss: bool = False
    keywords: tuple[str, ...] = ()
    init: Callable[[Sizes], Mapping[str, Any]] | None = None
    least: Mapping[str, int] | None = None


def _batchnorm_param() -> dict[str, Any]:
    # A large eps: at the default 1e-5 a forgotten eps would hide below any tolerance.
    return {"mode": "train", "eps": 0.125, "momentum": 0.9}


def _affine(rng: Rng, s: Sizes) -> dict[str, Any]:
    x = signed(rng, s["N"], s["d1"], s["d2"])
    return {"x": x, "w": signed(rng, s["d1"] * s["d2"], s["M"]), "b": signed(rng, s["M"])}


def _batchnorm(rng: Rng, s: Sizes) -> dict[str, Any]:
    return {
        "x": signed(rng, s["N"], s["D"]),
        "gamma": positive(rng, s["D"]),
        "beta": signed(rng, s["D"]),
        "bn_param": _batchnorm_param(),
    }


def _affine_batchnorm(rng: Rng, s: Sizes) -> dict[str, Any]:
    return {
        **_affine(rng, s),
        "gamma": positive(rng, s["M"]),
        "beta": signed(rng, s["M"]),
        "bn_param": _batchnorm_param(),
    }


def _layernorm(rng: Rng, s: Sizes) -> dict[str, Any]:
    return {
        "x": signed(rng, s["N"], s["D"]),
        "gamma": positive(rng, s["D"]),
        "beta": signed(rng, s["D"]),
        "ln_param": {"eps": 0.125},
    }


def _scores(rng: Rng, s: Sizes) -> dict[str, Any]:
    return {"x": signed(rng, s["N"], s["C"]), "y": labels(rng, s["N"], s["C"])}


def _net(rng: Rng, s: Sizes) -> dict[str, Any]:
    return {"X": signed(rng, s["N"], s["D"]), "y": labels(rng, s["N"], s["C"])}


_AFFINE = ({"N": 4, "d1": 2, "d2": 3, "M": 5}, {"N": 3, "d1": 4, "d2": 1, "M": 2})
_ROWS = ({"N": 5, "D": 3}, {"N": 4, "D": 6}, {"N": 7, "D": 2})
_SCORES = ({"N": 5, "C": 3}, {"N": 3, "C": 4}, {"N": 4, "C": 6})
_NETS = ({"N": 4, "D": 2, "H": 5, "C": 3}, {"N": 3, "D": 4, "H": 2, "C": 5})


def _contract() -> Iterator[ContractFunction]:
    yield ContractFunction(
        "affine", "layers", "affine_forward", "affine_backward", ("x", "w", "b"), _AFFINE, _affine
    )
    yield ContractFunction(
        "relu",
        "layers",
        "relu_forward",
        "relu_backward",
        ("x",),
        ({"N": 4, "D": 3}, {"N": 3, "D": 5}),
        lambda rng, s: {"x": signed(rng, s["N"], s["D"])},
    )
    yield ContractFunction(
        "batchnorm",
        "layers",
        "batchnorm_forward",
        "batchnorm_backward",
        ("x", "gamma", "beta", "bn_param"),
        _ROWS,
        _batchnorm,
        least={"N": 2, "D": 1},
    )
    yield ContractFunction(
        "dropout",
        "layers",
        "dropout_forward",
        "dropout_backward",
        ("x", "dropout_param"),
        ({"N": 4, "D": 3}, {"N": 3, "D": 5}),
        lambda rng, s: {
            "x": signed(rng, s["N"], s["D"]),
            "dropout_param": {"p": 0.375, "mode": "train", "seed": 12},
        },
    )
    yield ContractFunction(
        "svm",
        "layers",
        "svm_loss",
        None,
        ("x", "y"),
        _SCORES,
        _scores,
        loss=True,
        least={"N": 1, "C": 2},
    )
    yield ContractFunction(
        "softmax",
        "layers",
        "softmax_loss",
        None,
        ("x", "y"),
        _SCORES,
        _scores,
        loss=True,
        least={"N": 1, "C": 2},
    )
    yield ContractFunction(
        "layernorm",
        "layers",
        "layernorm_forward",
        "layernorm_backward",
        ("x", "gamma", "beta", "ln_param"),
        _ROWS,
        _layernorm,
        least={"N": 1, "D": 2},
    )
    yield ContractFunction(
        "affine_relu",
        "layer_utils",
        "affine_relu_forward",
        "affine_relu_backward",
        ("x", "w", "b"),
        _AFFINE,
        _affine,
    )
    yield ContractFunction(
        "affine_batchnorm_relu",
        "layer_utils",
        "affine_batchnorm_relu_forward",
        "affine_batchnorm_relu_backward",
        ("x", "w", "b", "gamma", "beta", "bn_param"),
        ({"N": 5, "d1": 2, "d2": 2, "M": 3}, {"N": 4, "d1": 3, "d2": 1, "M": 2}),
        _affine_batchnorm,
        least={"N": 2, "d1": 1, "d2": 1, "M": 1},
    )
    yield ContractFunction(
        "autoencoder",
        "autoencoder",
        "autoencoder_loss",
        None,
        ("W", "x"),
        ({"m": 3, "n": 5}, {"m": 2, "n": 4}),
        lambda rng, s: {"W": signed(rng, s["m"], s["n"]) / 2, "x": signed(rng, s["n"])},
        loss=True,
    )
    yield ContractFunction(
        "autoencoder_batch",
        "autoencoder",
        "autoencoder_loss",
        None,
        ("W", "x"),
        ({"N": 4, "m": 3, "n": 5}, {"N": 3, "m": 2, "n": 4}),
        lambda rng, s: {"W": signed(rng, s["m"], s["n"]) / 2, "x": signed(rng, s["N"], s["n"])},
        loss=True,
    )
    gplvm_sizes = ({"N": 5, "Q": 2, "D": 3}, {"N": 4, "Q": 3, "D": 2})

    def latent(rng: Rng, s: Sizes, *names: str) -> dict[str, Any]:
        every = {
            "X": signed(rng, s["N"], s["Q"]),
            "Y": signed(rng, s["N"], s["D"]),
            "D": s["D"],
            "alpha": 0.7,
            "beta": 1.25,
        }
        return {name: every[name] for name in names}

    yield ContractFunction(
        "gplvm",
        "gplvm",
        "gplvm_log_likelihood",
        None,
        ("X", "Y", "alpha", "beta"),
        gplvm_sizes,
        lambda rng, s: latent(rng, s, "X", "Y", "alpha", "beta"),
        loss=True,
    )
    yield ContractFunction(
        "log_determinant_term",
        "gplvm",
        "log_determinant_term",
        None,
        ("X", "D", "alpha", "beta"),
        gplvm_sizes,
        lambda rng, s: latent(rng, s, "X", "D", "alpha", "beta"),
        loss=True,
    )
    yield ContractFunction(
        "trace_term",
        "gplvm",
        "trace_term",
        None,
        ("X", "Y", "alpha", "beta"),
        gplvm_sizes,
        lambda rng, s: latent(rng, s, "X", "Y", "alpha", "beta"),
        loss=True,
    )
    yield from _nets()


def _nets() -> Iterator[ContractFunction]:
    yield ContractFunction(
        "neural_net",
        "neural_net",
        "TwoLayerNet.loss",
        None,
        ("X", "y", "reg"),
        _NETS,
        lambda rng, s: {**_net(rng, s), "reg": 0.35},
        loss=True,
        init=lambda s: {"input_size": s["D"], "hidden_size": s["H"], "output_size": s["C"]},
    )
    yield ContractFunction(
        "fc_net",
        "fc_net",
        "TwoLayerNet.loss",
        None,
        ("X", "y"),
        _NETS,
        _net,
        loss=True,
        init=lambda s: {
            "input_dim": s["D"],
            "hidden_dims": s["H"],
            "num_classes": s["C"],
            "reg": 0.35,
        },
    )
    for label, extra in (
        ("fully_connected", {}),
        ("fully_connected_batchnorm", {"use_batchnorm": True}),
        ("fully_connected_dropout", {"dropout": 0.375, "seed": 12}),
    ):
        yield ContractFunction(
            label,
            "fc_net",
            "FullyConnectedNet.loss",
            None,
            ("X", "y"),
            _NETS,
            _net,
            loss=True,
            init=lambda s, extra=extra: {  # type: ignore[misc]
                "hidden_dims": [s["H"], s["H"] + 1],
                "input_dim": s["D"],
                "num_classes": s["C"],
                "reg": 0.35,
                "dtype": "float64",
                **extra,
            },
        )


CONTRACT: Mapping[str, ContractFunction] = {one.label: one for one in _contract()}


# --inputs ------------------------------------------------------------------------------------
_CALL = re.compile(r"^(labels|positive|normal|integers|mask|unit|spd)\s*\((.*)\)$", re.DOTALL)


@dataclass(frozen=True, slots=True)
class _Wanted:
    """One entry of ``--inputs``: how it is drawn, with which numbers, or a constant."""

    kind: str
    numbers: tuple[int, ...] = ()
    constant: Any = None


def _split(text: str) -> list[str]:
    parts, depth, quote, start = [], 0, "", 0
    for position, sign in enumerate(text):
        if quote:
            quote = "" if sign == quote else quote
        elif sign in "'\"":
            quote = sign
        elif sign in "([{":
            depth += 1
        elif sign in ")]}":
            depth -= 1
        elif sign == "," and depth == 0:
            parts.append(text[start:position])
            start = position + 1
    parts.append(text[start:])
    return [part for part in parts if part.strip()]


def parse_inputs(text: str) -> dict[str, _Wanted]:
    """Parse ``'x: (4, 3), y: labels(3), p: 0.5'``.

    A tuple is the shape of an array of signed values. ``positive(4, 3)``, ``unit(4, 3)`` (in
    (0, 1)), ``integers(4, 3)``, ``mask(4, 3)``, ``spd(4)`` (symmetric positive definite) and
    ``labels(C)`` or ``labels(C, N)`` say more; everything else is a Python constant.

    Raises
    ------
    StepsError
        An entry has no name, or its value cannot be read.
    """
    wanted: dict[str, _Wanted] = {}
    for part in _split(text):
        name, colon, value = part.partition(":")
        name, value = name.strip(), value.strip()
        if not colon or not name.isidentifier() or not value:
            raise StepsError(
                f"--inputs: {part.strip()!r} is not of the form NAME: VALUE, such as "
                f"'x: (4, 3)' or 'y: labels(3)'"
            )
        call = _CALL.match(value)
        try:
            if call:
                numbers: tuple[Any, ...] = ()
                if call.group(2).strip():
                    numbers = ast.literal_eval(f"({call.group(2)},)")
                if len(numbers) == 1 and isinstance(numbers[0], tuple):
                    numbers = numbers[0]
                wanted[name] = _Wanted(call.group(1), tuple(int(n) for n in numbers))
                continue
            constant = ast.literal_eval(value)
        except (ValueError, SyntaxError, TypeError) as error:
            raise StepsError(
                f"--inputs: the value of {name}, {value!r}, is neither a shape, a "
                f"constant, nor one of labels, positive, unit, integers, mask, spd"
            ) from error
        if isinstance(constant, tuple) and all(type(n) is int and n >= 0 for n in constant):
            wanted[name] = _Wanted("normal", constant)
        else:
            wanted[name] = _Wanted("constant", constant=constant)
    if not wanted:
        raise StepsError("--inputs is empty: give entries such as 'x: (4, 3), y: labels(3)'")
    return wanted


def _resized(wanted: Mapping[str, _Wanted], change: Mapping[int, int]) -> dict[str, _Wanted]:
    return {
        name: _Wanted(one.kind, tuple(change.get(n, n) for n in one.numbers), one.constant)
        for name, one in wanted.items()
    }


def sizes_of(wanted: Mapping[str, _Wanted]) -> dict[str, int]:
    """Name the axis lengths that the inputs use: s2, s3, … after their length."""
    numbers = sorted({n for one in wanted.values() for n in one.numbers})
    return {f"s{n}": n for n in numbers}


def resized(wanted: Mapping[str, _Wanted], sizes: Mapping[str, int]) -> dict[str, _Wanted]:
    """Give the axes named by `sizes_of` other lengths."""
    return _resized(wanted, {int(name[1:]): size for name, size in sizes.items()})


def custom_cases(wanted: Mapping[str, _Wanted], rng: Rng) -> dict[str, Any]:
    """Draw one set of values."""
    values: dict[str, Any] = {}
    rows = next(
        (
            one.numbers[0]
            for one in wanted.values()
            if one.kind not in ("constant", "labels") and one.numbers
        ),
        1,
    )
    for name, one in wanted.items():
        if one.kind == "constant":
            value = one.constant
            values[name] = np.array(value, dtype=float) if isinstance(value, list) else value
        elif one.kind == "labels":
            classes, *more = one.numbers or (2,)
            values[name] = labels(rng, more[0] if more else rows, classes)
        elif one.kind == "positive":
            values[name] = positive(rng, *one.numbers)
        elif one.kind == "unit":
            values[name] = np.round(rng.uniform(0.1, 0.9, one.numbers), 3)
        elif one.kind == "integers":
            values[name] = rng.integers(0, 5, one.numbers)
        elif one.kind == "mask":
            values[name] = rng.integers(0, 2, one.numbers).astype(bool)
        elif one.kind == "spd":
            root = signed(rng, one.numbers[0], one.numbers[0])
            values[name] = root @ root.T / one.numbers[0] + np.eye(one.numbers[0])
        else:
            array = signed(rng, *one.numbers)
            values[name] = float(array) if array.ndim == 0 else array
    return values
