"""Batchnorm, forward: statistics, eps, gamma and beta, test mode, running averages."""

from __future__ import annotations

from ...judge.mismatch import Kind
from ..misconception import Group, Misconception

_out = Group(layer="batchnorm", function="batchnorm_forward", argument="out", when="train")
_out_test = Group(layer="batchnorm", function="batchnorm_forward", argument="out", when="test")
_running_mean = Group(
    layer="batchnorm", function="batchnorm_forward", argument="running_mean", when="train"
)
_running_var = Group(
    layer="batchnorm", function="batchnorm_forward", argument="running_var", when="train"
)

MISCONCEPTIONS: tuple[Misconception, ...] = (
    _out(
        "eps outside the root",
        "gamma * xmu / (np.sqrt(var) + eps) + beta",
        "eps is added to the variance, under the root.",
        "group1",
        "darknet17",
        "ncnn311",
    ),
    _out(
        "eps as a floor",
        "gamma * xmu / np.sqrt(np.maximum(var, eps)) + beta",
        "The variance is var + eps, not max(var, eps).",
        "sync38",
    ),
    _out(
        "eps squared",
        "gamma * xmu / np.sqrt(var + eps ** 2) + beta",
        "eps itself is added to the variance, not its square.",
        "~keras8726",
    ),
    _out(
        "root missing",
        "gamma * xmu / (var + eps) + beta",
        "The square root is missing: divide by the standard deviation.",
        "tf48039",
    ),
    _out(
        "corrected variance",
        "gamma * xmu / np.sqrt(var * N / max(N - 1, 1) + eps) + beta",
        "Normalise by the 1/N variance, not by 1/(N - 1).",
        "~torch60528",
        "~makemore22",
    ),
    _out(
        "mean not subtracted",
        "gamma * (x / std) + beta",
        "The mean is not subtracted.",
    ),
    _out(
        "gamma missing",
        "xhat + beta",
        "gamma is missing.",
        "~mcn280",
    ),
    _out(
        "beta missing",
        "gamma * xhat",
        "beta is missing.",
        "~mcn280",
    ),
    _out(
        "gamma and beta missing",
        "xhat",
        "Scale by gamma and shift by beta.",
        "mcn280",
    ),
    _out(
        "beta inside gamma",
        "gamma * (xhat + beta)",
        "Scale first, shift last: gamma * xhat + beta.",
    ),
    _out(
        "layer normalisation",
        ("gamma * (x - x.mean(1, keepdims=True)) / np.sqrt(x.var(1, keepdims=True) + eps) + beta"),
        ("Statistics run over the batch (axis 0); over axis 1 it is layer normalisation."),
    ),
    _out(
        "one statistic for all",
        "gamma * (x - x.mean()) / np.sqrt(x.var() + eps) + beta",
        "One mean and variance for each feature: axis=0.",
    ),
    _out(
        "sum of squares",
        "gamma * xmu / np.sqrt((xmu ** 2).sum(0) + eps) + beta",
        "The variance is the mean of squares: divide by N.",
    ),
    _out(
        "second moment for variance",
        "gamma * xmu / np.sqrt((x ** 2).mean(0) + eps) + beta",
        "The variance needs centred values: (x - mu)**2.",
        "~ttcancel",
    ),
    _out(
        "mean absolute deviation",
        "gamma * xmu / np.sqrt(np.abs(xmu).mean(0) ** 2 + eps) + beta",
        "Mean absolute deviation is not the standard deviation.",
    ),
    _out(
        "running statistics in train mode",
        "gamma * (x - running_mean) / np.sqrt(running_var + eps) + beta",
        "Train mode uses the batch's statistics, not the running ones.",
        "~torchedup",
    ),
    _out(
        "updated statistics in train mode",
        "gamma * (x - new_mean) / np.sqrt(new_var + eps) + beta",
        ("Train mode uses the batch's own statistics; the updated averages are for test mode."),
        "~torchedup",
    ),
    _out(
        "eps missing",
        "gamma * xmu / np.sqrt(var) + beta",
        "eps is missing: constant columns divide by zero.",
        "ncnn311",
        "torchedup",
    ),
    _out(
        "eps fixed at 1e-5",
        "gamma * xmu / np.sqrt(var + 1e-5) + beta",
        "eps comes from bn_param; do not write 1e-5 into the formula.",
        "~darknet17",
    ),
    _out(
        "one-pass variance",
        ("gamma * (x - mu) / np.sqrt(np.maximum((x**2).mean(0) - mu**2, 0) + eps) + beta"),
        ("E[x^2] - E[x]^2 loses its digits when the mean is much larger than the spread."),
        "ttcancel",
        "flax1491",
        "objax182",
        "tf3290",
        kind=Kind.ROBUSTNESS,
    ),
    _out_test(
        "batch statistics",
        "gamma * xmu / std + beta",
        "Test mode uses running statistics, not those of the batch.",
        "vaegan1",
        "mcn280",
        "torchedup",
    ),
    _out_test(
        "batch deviation",
        "gamma * (x - running_mean) / std + beta",
        "Both mean and variance come from the running statistics in test mode.",
        "~vaegan1",
    ),
    _out_test(
        "eps missing",
        "gamma * (x - running_mean) / np.sqrt(running_var) + beta",
        "eps is needed in test mode as well.",
        "chainer2214",
    ),
    _out_test(
        "root missing",
        "gamma * (x - running_mean) / (running_var + eps) + beta",
        "The square root is missing in test mode.",
        "tf48039",
    ),
    _out_test(
        "eps outside the root",
        "gamma * (x - running_mean) / (np.sqrt(running_var) + eps) + beta",
        "eps is added under the root, in test mode as well.",
        "ncnn311",
    ),
    _out_test(
        "gamma and beta missing",
        "(x - running_mean) / np.sqrt(running_var + eps)",
        "Scale by gamma and shift by beta in test mode, too.",
        "~mcn280",
    ),
    _out_test(
        "beta missing",
        "gamma * (x - running_mean) / np.sqrt(running_var + eps)",
        "beta is missing in test mode.",
        "~mcn280",
    ),
    _out_test(
        "gamma missing",
        "(x - running_mean) / np.sqrt(running_var + eps) + beta",
        "gamma is missing in test mode.",
        "~mcn280",
    ),
    _out_test(
        "corrected variance",
        ("gamma * (x - running_mean) / np.sqrt(running_var * N / max(N - 1, 1) + eps) + beta"),
        "The running variance is used as it stands; no N/(N - 1) in test mode.",
        "~torch60528",
    ),
    _out_test(
        "multiplied by variance",
        "gamma * (x - running_mean) * running_var + beta",
        ("Divide by the root of running_var + eps; it is a variance, not an inverse deviation."),
        "~torchnn567",
    ),
    _out_test(
        "identity",
        "x",
        "Test mode still normalises, by the running statistics.",
    ),
    _running_mean(
        "momentum swapped",
        "(1 - momentum) * running_mean + momentum * mu",
        "momentum weighs the history, 1 - momentum the batch.",
        "cs180",
        "torch15298",
    ),
    _running_mean(
        "not written back",
        "running_mean",
        (
            "The new average never reaches bn_param: the skeleton's last lines write "
            "running_mean back."
        ),
    ),
    _running_mean(
        "history dropped",
        "mu",
        "Average with the history, do not replace it.",
        "~torch15298",
    ),
    _running_mean(
        "momentum fixed at 0.9",
        "0.9 * running_mean + 0.1 * mu",
        "momentum comes from bn_param; do not write 0.9 into the formula.",
    ),
    _running_mean(
        "batch weighed by one",
        "momentum * running_mean + mu",
        "The batch has the weight 1 - momentum.",
        "~cs180",
    ),
    _running_mean(
        "updated twice",
        "momentum * running_mean + (1 - momentum) * new_mean",
        "The average is updated twice in one call.",
    ),
    _running_mean(
        "mean of the output",
        "momentum * running_mean + (1 - momentum) * out.mean(0)",
        "Average the input's statistics, not the output's.",
    ),
    _running_mean(
        "plain average",
        "(running_mean + mu) / 2",
        "The weights are momentum and 1 - momentum.",
    ),
    _running_mean(
        "started at zero",
        "momentum * np.zeros(D) + (1 - momentum) * mu",
        (
            "running_mean is taken from bn_param when it is there; yours starts at "
            "zero in every call."
        ),
    ),
    _running_mean(
        "kept dimension",
        "(momentum * running_mean + (1 - momentum) * mu)[None]",
        "running_mean has the shape (D,); yours is (1, D).",
        kind=Kind.CONVENTION,
    ),
    _running_var(
        "momentum swapped",
        "(1 - momentum) * running_var + momentum * var",
        "momentum weighs the history, 1 - momentum the batch.",
        "cs180",
        "torchedup",
    ),
    _running_var(
        "not written back",
        "running_var",
        (
            "The new average never reaches bn_param: the skeleton's last lines write "
            "running_var back."
        ),
    ),
    _running_var(
        "deviation averaged",
        "momentum * running_var + (1 - momentum) * np.sqrt(var + eps)",
        "Average the variance, not the standard deviation.",
        "~torchnn567",
    ),
    _running_var(
        "eps averaged",
        "momentum * running_var + (1 - momentum) * (var + eps)",
        "eps belongs into the division, not into the average.",
    ),
    _running_var(
        "corrected variance",
        "momentum * running_var + (1 - momentum) * var * N / max(N - 1, 1)",
        ("This course averages the 1/N variance; torch is the one that averages 1/(N - 1)."),
        "torch106366",
        "torch60528",
        "arena415",
    ),
    _running_var(
        "inverse deviation averaged",
        "momentum * running_var + (1 - momentum) / std",
        "Average the variance, not the inverse standard deviation.",
        "torchnn567",
    ),
    _running_var(
        "continues the mean",
        "momentum * running_mean + (1 - momentum) * var",
        "running_var continues running_var, not running_mean.",
    ),
    _running_var(
        "mean averaged",
        "momentum * running_var + (1 - momentum) * mu",
        "You average the batch's mean into running_var.",
    ),
    _running_var(
        "around the running mean",
        "momentum * running_var + (1 - momentum) * ((x - new_mean) ** 2).mean(0)",
        ("The variance is taken around the batch's mean, not around the running mean."),
    ),
)
