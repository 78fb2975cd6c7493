"""Batchnorm, backward: the three paths, their factors and signs."""

from __future__ import annotations

from ...judge.mismatch import Kind
from ..misconception import Group, Misconception

_dx = Group(layer="batchnorm", function="batchnorm_backward", argument="dx")
_dgamma = Group(layer="batchnorm", function="batchnorm_backward", argument="dgamma")
_dbeta = Group(layer="batchnorm", function="batchnorm_backward", argument="dbeta")
_dout = Group(layer="batchnorm", function="batchnorm_backward", argument="dout")

MISCONCEPTIONS: tuple[Misconception, ...] = (
    _dx(
        "direct path only",
        "dxhat / std",
        ("Mean and variance depend on x as well: two more paths lead from x to the output."),
        "~mlpack1923",
        "~bnmatrix",
        "~caffe3878",
    ),
    _dx(
        "variance path missing",
        "dxhat / std - (dxhat / std).mean(0)",
        "The path through the variance is missing.",
        "~caffe3878",
    ),
    _dx(
        "mean path missing",
        "dxhat / std + dvar * 2 * xmu / N",
        "The path through the mean is missing.",
        "~mlpack2474",
        "~caffe3878",
    ),
    _dx(
        "half missing in dvar",
        "dxhat / std + 2 * dvar * 2 * xmu / N - (dxhat / std).mean(0)",
        "The derivative of the root has a factor 1/2 in dvar.",
        "~mlpack1327",
    ),
    _dx(
        "sign of dvar",
        "dxhat / std - dvar * 2 * xmu / N - (dxhat / std).mean(0)",
        "dvar has a minus sign: (var + eps)**-0.5 falls when var grows.",
        "mlpack1327",
    ),
    _dx(
        "two missing in dvar",
        "dxhat / std + dvar * xmu / N - (dxhat / std).mean(0)",
        "d(x - mu)^2 has a factor 2.",
        "~ng10",
    ),
    _dx(
        "1/N missing in dvar",
        "dxhat / std + dvar * 2 * xmu - (dxhat / std).mean(0)",
        "The variance is a mean: its derivative has 1/N.",
        "~mxnet1053",
    ),
    _dx(
        "1/N missing in dmu",
        "dxhat / std + dvar * 2 * xmu / N - (dxhat / std).sum(0)",
        "The mean's derivative is 1/N.",
        "mlpack1327",
    ),
    _dx(
        "sign of dmu",
        "dxhat / std + dvar * 2 * xmu / N + (dxhat / std).mean(0)",
        "dmu has a minus sign: x - mu.",
    ),
    _dx(
        "gamma missing",
        "(dout - dout.mean(0) - xhat * (dout * xhat).mean(0)) / std",
        "gamma is missing: xhat is scaled by it before dout arrives.",
        "knet288",
    ),
    _dx(
        "gamma twice",
        "gamma * (dxhat - dxhat.mean(0) - xhat * (dxhat * xhat).mean(0)) / std",
        "gamma is used twice: in dxhat and in the last line.",
    ),
    _dx(
        "power of dvar",
        "dxhat / std + dvar_nopow * 2 * xmu / N - (dxhat / std).mean(0)",
        "The power in dvar is -3/2.",
        "~mlpack1327",
    ),
    _dx(
        "output for xhat",
        "(dxhat - dxhat.mean(0) - out * (dxhat * out).mean(0)) / std",
        ("The short formula takes xhat, not the layer's output: gamma and beta are in the way."),
        "~caffe4110",
    ),
    _dx(
        "eps missing",
        "(dxhat - dxhat.mean(0) - xhat * (dxhat * xhat).mean(0)) / np.sqrt(var)",
        "Divide by the same root as the forward pass, with eps.",
        "~chainer2214",
    ),
    _dx(
        "eps fixed at 1e-5",
        ("(dxhat - dxhat.mean(0) - xhat * (dxhat * xhat).mean(0)) / np.sqrt(var + 1e-5)"),
        "Keep eps in the cache; the backward pass must use the forward's.",
        "~darknet1723",
    ),
    _dx(
        "variance for deviation",
        "(dxhat - dxhat.mean(0) - xhat * (dxhat * xhat).mean(0)) / (var + eps)",
        "Divide by the standard deviation, not by the variance.",
        "~tf48039",
    ),
    _dx(
        "1/N missing",
        ("N * dxhat / std - (dxhat / std).sum(0) - xhat * (dxhat * xhat).sum(0) / std"),
        "The factor 1/N of the short formula is missing.",
        "~mxnet1053",
    ),
    _dx(
        "means over features",
        (
            "(dxhat - dxhat.mean(1, keepdims=True) - xhat * (dxhat * xhat).mean(1, "
            "keepdims=True)) / std"
        ),
        "The means run over the batch, axis 0.",
    ),
    _dx(
        "mean path not divided by the deviation",
        "(dxhat - xhat * (dxhat * xhat).mean(0)) / std - dxhat.mean(0)",
        "The mean's path is divided by the standard deviation as well.",
        "~caffe3912",
    ),
    _dx(
        "mean path twice",
        (
            "(dxhat - dxhat.mean(0) - xhat * (dxhat * xhat).mean(0)) / std + (xhat * "
            "(dxhat * xhat).mean(0)).mean(0) + dxhat.mean(0)"
        ),
        ("A term is counted twice: the variance's share of the mean's path is zero by itself."),
        "~mxnet1053",
        "~darknet29",
    ),
    _dx(
        "test mode formula",
        "gamma * dout / np.sqrt(running_var + eps)",
        ("That is the derivative of test mode; in train mode the statistics depend on x."),
    ),
    _dgamma(
        "averaged",
        "(dout * xhat).mean(0)",
        "Sum over the batch, do not average.",
        "wjb7",
    ),
    _dgamma(
        "not summed",
        "dout * xhat",
        "gamma is shared by the batch: sum over axis 0.",
        "~mlpack3679",
    ),
    _dgamma(
        "x for xhat",
        "(dout * x).sum(0)",
        "gamma multiplies xhat, not x.",
        "~torch2330",
    ),
    _dgamma(
        "not divided by the deviation",
        "(dout * xmu).sum(0)",
        "gamma multiplies xhat: divide by the standard deviation.",
        "~knet288",
    ),
    _dgamma(
        "output for xhat",
        "(dout * out).sum(0)",
        "gamma multiplies xhat, not the output.",
        "~caffe4110",
    ),
    _dgamma(
        "gamma included",
        "(dxhat * xhat).sum(0)",
        "gamma itself is not part of its own gradient: dout * xhat.",
    ),
    _dgamma(
        "dbeta returned",
        "dout.sum(0)",
        "That is dbeta; dgamma weighs with xhat.",
    ),
    _dgamma(
        "summed to a scalar",
        "np.sum(dout * xhat)",
        "One number for all features: sum over axis 0 only.",
        "~rasbt5",
    ),
    _dgamma(
        "kept dimension",
        "(dout * xhat).sum(0, keepdims=True)",
        "dgamma has the shape of gamma, (D,); yours is (1, D).",
        kind=Kind.CONVENTION,
    ),
    _dbeta(
        "averaged",
        "dout.mean(0)",
        "Sum over the batch, do not average.",
        "~kvfrans5",
        "~wjb7",
    ),
    _dbeta(
        "not summed",
        "dout",
        "beta is shared by the batch: sum over axis 0.",
        "~mlpack3679",
    ),
    _dbeta(
        "gamma included",
        "(dout * gamma).sum(0)",
        "beta is added after gamma: its gradient has no gamma.",
    ),
    _dbeta(
        "input summed",
        "x.sum(0)",
        "dbeta sums the upstream derivative, not the input.",
        "torch2330",
    ),
    _dbeta(
        "dgamma returned",
        "(dout * xhat).sum(0)",
        "That is dgamma.",
    ),
    _dout(
        "dout overwritten",
        "dout * gamma",
        ("dxhat = dout; dxhat *= gamma changes the caller's dout, and dgamma after it."),
        "~torch1029",
        kind=Kind.ROBUSTNESS,
    ),
)
