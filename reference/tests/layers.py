"""What belongs together: cases, exact values, reference and styles of one layer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from reference import affine, autoencoder, batchnorm, composed, gplvm, losses
from reference.bounded import Bounded

from . import cases, exact, styles
from .cases import Case


@dataclass(frozen=True, kw_only=True)
class Layer:
    """One row of the tests' table."""

    case: Callable[[np.random.Generator, str], Case]
    exact: Callable[[Case], dict[str, Any]]
    reference: Callable[..., dict[str, Bounded]]
    styles: tuple[Callable[[Case], dict[str, Any]], ...]
    gradients: tuple[str, ...]


def _pick(c: Case, names: str) -> dict[str, Any]:
    return {name: c[name] for name in names.split()}


def _affine(c: Case, **k: Any) -> dict[str, Bounded]:
    dx, dw, db = affine.vjp(c["dout"], c["x"], c["w"], c["b"], **k)
    return {"out": affine.forward(c["x"], c["w"], c["b"], **k), "dx": dx, "dw": dw, "db": db}


def _batchnorm(c: Case, **k: Any) -> dict[str, Bounded]:
    fixed = _pick(c, "x gamma beta eps running_mean running_var")
    old = _pick(c, "momentum running_mean running_var")
    dx, dgamma, dbeta = batchnorm.vjp(c["dout"], **_pick(c, "x gamma beta eps"), **k)
    mean, var = batchnorm.statistics(c["x"], **k)
    return {
        "mean": mean,
        "var": var,
        "out": batchnorm.forward(**fixed, mode="train", **k),
        "test": batchnorm.forward(**fixed, mode="test", **k),
        "dx": dx,
        "dgamma": dgamma,
        "dbeta": dbeta,
    } | batchnorm.running(c["x"], **old, **k)


def _affine_relu(c: Case, **k: Any) -> dict[str, Bounded]:
    dx, dw, db = composed.affine_relu_vjp(c["dout"], c["x"], c["w"], c["b"], **k)
    out = composed.affine_relu(c["x"], c["w"], c["b"], **k)
    return {"out": out, "dx": dx, "dw": dw, "db": db}


def _affine_batchnorm_relu(c: Case, **k: Any) -> dict[str, Bounded]:
    inputs = _pick(c, "x w b gamma beta eps")
    old = _pick(c, "running_mean running_var")
    names = ("dx", "dw", "db", "dgamma", "dbeta")
    gradients = composed.affine_batchnorm_relu_vjp(c["dout"], **inputs, **k)
    state = composed.affine_batchnorm_relu_running(**_pick(c, "x w b momentum"), **old, **k)
    return (
        state
        | dict(zip(names, gradients, strict=True))
        | {
            "out": composed.affine_batchnorm_relu(**inputs, **old, mode="train", **k),
            "test": composed.affine_batchnorm_relu(**inputs, **old, mode="test", **k),
        }
    )


def _softmax(c: Case, **k: Any) -> dict[str, Bounded]:
    return {"loss": losses.softmax(**c, **k), "dx": losses.softmax_gradient(**c, **k)}


def _svm(c: Case, **k: Any) -> dict[str, Bounded]:
    return {"loss": losses.svm(**c, **k), "dx": losses.svm_gradient(**c, **k)}


def _autoencoder(c: Case, **k: Any) -> dict[str, Bounded]:
    return {"loss": autoencoder.loss(**c, **k), "dW": autoencoder.gradient(**c, **k)}


def _gplvm(c: Case, **k: Any) -> dict[str, Bounded]:
    X, alpha, beta, D = c["X"], c["alpha"], c["beta"], c["Y"].shape[1]
    dalpha, dbeta = gplvm.hyperparameter_gradients(**c, **k)
    return {
        "value": gplvm.log_likelihood(**c, **k),
        "first": gplvm.log_determinant_term(X, D, alpha, beta, **k),
        "second": gplvm.trace_term(**c, **k),
        "dX": gplvm.gradient(**c, **k),
        "dX_first": gplvm.log_determinant_gradient(X, D, alpha, beta, **k),
        "dX_second": gplvm.trace_gradient(**c, **k),
        "dalpha": dalpha,
        "dbeta": dbeta,
    }


LAYERS = {
    "affine": Layer(
        case=cases.affine,
        exact=exact.affine,
        reference=_affine,
        styles=(styles.affine_plain, styles.affine_loops),
        gradients=("dx", "dw", "db"),
    ),
    "batchnorm": Layer(
        case=cases.batchnorm,
        exact=exact.batchnorm,
        reference=_batchnorm,
        styles=(styles.batchnorm_paper, styles.batchnorm_one_pass, styles.batchnorm_graph),
        gradients=("dx", "dgamma", "dbeta"),
    ),
    "affine_relu": Layer(
        case=cases.affine,
        exact=exact.affine_relu,
        reference=_affine_relu,
        styles=(styles.affine_relu, styles.affine_relu_loops),
        gradients=("dx", "dw", "db"),
    ),
    "affine_batchnorm_relu": Layer(
        case=cases.affine_batchnorm_relu,
        exact=exact.affine_batchnorm_relu,
        reference=_affine_batchnorm_relu,
        styles=(styles.affine_batchnorm_relu,),
        gradients=("dx", "dw", "dgamma", "dbeta"),
    ),
    "softmax": Layer(
        case=cases.scores,
        exact=exact.softmax,
        reference=_softmax,
        styles=(styles.softmax_shifted, styles.softmax_plain, styles.softmax_log_sum),
        gradients=("dx",),
    ),
    "svm": Layer(
        case=cases.scores,
        exact=exact.svm,
        reference=_svm,
        styles=(styles.svm_course, styles.svm_loops),
        gradients=("dx",),
    ),
    "autoencoder": Layer(
        case=cases.autoencoder,
        exact=exact.autoencoder,
        reference=_autoencoder,
        styles=(styles.autoencoder_paths, styles.autoencoder_expanded),
        gradients=("dW",),
    ),
    "gplvm": Layer(
        case=cases.gplvm,
        exact=exact.gplvm,
        reference=_gplvm,
        styles=(styles.gplvm_inverse, styles.gplvm_slogdet, styles.gplvm_cholesky),
        gradients=("dX",),
    ),
}
