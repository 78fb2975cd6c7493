"""Composed layers: what a way back through two or three layers forgets."""

from __future__ import annotations

from ..misconception import Group, Misconception

_affine_relu_out = Group(layer="affine_relu", function="affine_relu_forward", argument="out")
_affine_relu_dw = Group(layer="affine_relu", function="affine_relu_backward", argument="dw")
_affine_relu_db = Group(layer="affine_relu", function="affine_relu_backward", argument="db")
_affine_relu_dx = Group(layer="affine_relu", function="affine_relu_backward", argument="dx")
_affine_batchnorm_relu_out = Group(
    layer="affine_batchnorm_relu", function="affine_batchnorm_relu_forward", argument="out"
)
_affine_batchnorm_relu_dbeta = Group(
    layer="affine_batchnorm_relu", function="affine_batchnorm_relu_backward", argument="dbeta"
)
_affine_batchnorm_relu_dgamma = Group(
    layer="affine_batchnorm_relu", function="affine_batchnorm_relu_backward", argument="dgamma"
)
_affine_batchnorm_relu_dw = Group(
    layer="affine_batchnorm_relu", function="affine_batchnorm_relu_backward", argument="dw"
)
_affine_batchnorm_relu_db = Group(
    layer="affine_batchnorm_relu", function="affine_batchnorm_relu_backward", argument="db"
)
_affine_batchnorm_relu_dx = Group(
    layer="affine_batchnorm_relu", function="affine_batchnorm_relu_backward", argument="dx"
)

MISCONCEPTIONS: tuple[Misconception, ...] = (
    _affine_relu_out(
        "ReLU first",
        "np.maximum(0, X) @ w + b",
        "Affine first, ReLU after it.",
    ),
    _affine_relu_out(
        "ReLU missing",
        "X @ w + b",
        "The ReLU is missing: the affine output is returned.",
    ),
    _affine_relu_dw(
        "ReLU skipped",
        "X.T @ dout",
        "Go back through the ReLU first.",
        "~spiking1",
    ),
    _affine_relu_dw(
        "gate on dout",
        "X.T @ (dout * (dout > 0))",
        "The gate looks at the affine output, not at dout.",
        "~dgs1",
    ),
    _affine_relu_dw(
        "value for gate",
        "X.T @ (dout * pre * gate)",
        "Multiply by the gate, not by the value.",
        "~coursrelu",
    ),
    _affine_relu_db(
        "ReLU skipped",
        "dout.sum(0)",
        "Go back through the ReLU first.",
        "~spiking1",
    ),
    _affine_relu_db(
        "averaged",
        "(dout * gate).mean(0)",
        "Sum over the batch.",
        "~kvfrans5",
    ),
    _affine_relu_dx(
        "ReLU skipped",
        "(dout @ w.T).reshape(x.shape)",
        "Go back through the ReLU first.",
        "~spiking1",
    ),
    _affine_relu_dx(
        "gate on x",
        "((dout @ w.T) * (X > 0)).reshape(x.shape)",
        "The gate looks at the affine output, and it acts before w^T.",
    ),
    _affine_batchnorm_relu_out(
        "ReLU before batchnorm",
        "bn(np.maximum(0, pre))",
        "The order is affine, batchnorm, ReLU.",
        "~mlcol205",
    ),
    _affine_batchnorm_relu_out(
        "batchnorm missing",
        "np.maximum(0, pre)",
        "Batchnorm is not called.",
    ),
    _affine_batchnorm_relu_dbeta(
        "gate on the affine output",
        "(dout * (pre > 0)).sum(0)",
        "ReLU's gate looks at batchnorm's output, not at the affine output.",
    ),
    _affine_batchnorm_relu_dbeta(
        "ReLU skipped",
        "dout.sum(0)",
        "Go back through the ReLU first.",
        "~spiking1",
    ),
    _affine_batchnorm_relu_dgamma(
        "ReLU skipped",
        "(dout * xh).sum(0)",
        "Go back through the ReLU first.",
        "~spiking1",
    ),
    _affine_batchnorm_relu_dgamma(
        "dbeta returned",
        "dbeta_right",
        "dgamma and dbeta are returned in each other's place.",
    ),
    _affine_batchnorm_relu_dw(
        "batchnorm skipped",
        "X.T @ (dout * gate_bn)",
        "Batchnorm is skipped on the way back.",
        "~spiking1",
    ),
    _affine_batchnorm_relu_db(
        "batchnorm skipped",
        "(dout * gate_bn).sum(0)",
        "Behind batchnorm db is zero: the mean takes the bias away.",
        "~odyssey",
    ),
    _affine_batchnorm_relu_dx(
        "direct path only",
        "((dout * gate_bn * gamma / std) @ w.T).reshape(x.shape)",
        "Batchnorm's statistics depend on its input: two more paths.",
        "~mlpack1923",
    ),
)
