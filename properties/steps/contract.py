"""How the step debugger calls the functions of the contract, and the sizes of their cases."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .draws import Rng, labels, positive, signed

__all__ = ["CONTRACT", "ContractFunction"]

Sizes = Mapping[str, int]


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
