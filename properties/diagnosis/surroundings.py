"""What a case has around a value: named sizes, factors that may be lost, paths that add up."""

from __future__ import annotations

import numpy as np

from ..spec.case import Array
from .misconception import Misconception
from .observation import Observation

_SIZES = ("N", "D", "M", "C", "m", "n", "Nn", "Q", "Dd")
_FACTORS = {
    "affine": ("w", "b", "x", "dout"),
    "relu": ("x", "dout"),
    "svm": ("x",),
    "softmax": ("x",),
    "autoencoder": ("W",),
    "batchnorm": ("gamma", "std", "momentum"),
    "affine_batchnorm_relu": ("gamma", "std"),
    "log_determinant_term": ("alpha", "beta"),
    "trace_term": ("alpha", "beta"),
    "gplvm": ("alpha", "beta"),
    "dropout": ("p",),
}
# The sums that outputs and gradients consist of, written as the catalogue's formulas are.
_PATHS: dict[tuple[str, str], dict[str, str]] = {
    ("affine", "out"): {"the product X w": "X @ w", "the bias": "np.broadcast_to(b, (N, M))"},
    ("batchnorm", "out"): {
        "the scaled xhat": "gamma * xhat",
        "beta": "np.broadcast_to(beta, (N, D))",
    },
    ("batchnorm", "dx"): {
        "the direct path dxhat / std": "dxhat / std",
        "the path through the mean": "np.broadcast_to(-(dxhat / std).mean(0), (N, D))",
        "the path through the variance": "dvar * 2 * xmu / N",
    },
    ("batchnorm", "running_mean"): {
        "the old average": "momentum * running_mean",
        "the batch's mean": "(1 - momentum) * mu",
    },
    ("batchnorm", "running_var"): {
        "the old average": "momentum * running_var",
        "the batch's variance": "(1 - momentum) * var",
    },
    ("svm", "dx"): {
        "the part of the wrong classes": "active * wrong / N",
        "the part of the true class": "-onehot * count / N",
    },
    ("softmax", "dx"): {
        "the term of the probabilities": "probs / N",
        "the term of the labels": "-onehot / N",
    },
    ("autoencoder", "dW"): {
        "the path through the transposed W": "np.outer(h, a)",
        "the path through W": "np.outer(W @ a, xv)",
    },
    ("autoencoder, batch", "dW"): {
        "the path through the transposed W": "H.T @ A",
        "the path through W": "(A @ W.T).T @ XB",
    },
    ("gplvm", "dX"): {
        "the trace's part": "alpha * Kinv @ YY @ Kinv @ X",
        "the determinant's part": "-alpha * Dd * Kinv @ X",
    },
    ("gplvm", "value"): {
        "the trace's part": "-0.5 * np.trace(Kinv @ YY)",
        "the determinant's part": "-0.5 * Dd * logdetK",
    },
}


def sizes(observation: Observation) -> dict[str, int]:
    """Lengths of the named axes."""
    return {
        name: int(observation.quantities[name]) for name in _SIZES if name in observation.quantities
    }


def named(observation: Observation) -> dict[str, Array]:
    """Factors that a formula of the layer may have once too often or not at all."""
    found = {
        name: np.asarray(observation.quantities[name], dtype=np.float64)
        for name in _FACTORS.get(observation.row, ())
        if name in observation.quantities
    }
    if "p" in found:
        found["1 - p"] = 1.0 - found["p"]
    return found


def terms(observation: Observation, argument: str) -> dict[str, Array]:
    """The paths whose sum the argument is."""
    if observation.when == "test":
        return {}
    row = observation.row + (", batch" if observation.when == "batch" else "")
    paths = _PATHS.get((row, argument), {})
    found: dict[str, Array] = {}
    for name, formula in paths.items():
        path = Misconception(
            name=name, layer="", function="", argument=argument, formula=formula, sentence=""
        )
        try:
            found[name] = path.predict(observation.quantities)
        except Exception:  # a batch for which the path is not written
            return {}
    return found
