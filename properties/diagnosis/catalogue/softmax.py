"""Cross-entropy: normalisation, the mean over examples, the shift."""

from __future__ import annotations

from ...judge.mismatch import Kind
from ..misconception import Group, Misconception

_loss = Group(layer="softmax", function="softmax_loss", argument="loss")
_dx = Group(layer="softmax", function="softmax_loss", argument="dx")

MISCONCEPTIONS: tuple[Misconception, ...] = (
    _loss(
        "not divided by N",
        "nll.sum()",
        "The loss is a mean over examples: divide by N.",
        "jax3113",
    ),
    _loss(
        "divided by N C",
        "-(onehot * logp).mean()",
        "np.mean over the whole table divides by N and by the number of classes.",
        "jax1023",
    ),
    _loss(
        "bits",
        "nll.mean() / np.log(2)",
        "Nats, not bits: np.log, not np.log2.",
    ),
    _loss(
        "base ten",
        "nll.mean() / np.log(10)",
        "np.log, not np.log10.",
    ),
    _loss(
        "logarithm missing",
        "-probs[rows, y].mean()",
        "The logarithm is missing.",
    ),
    _loss(
        "all classes summed",
        "-logp.sum() / N",
        "Only the true class's log probability counts.",
        "~so4166",
    ),
    _loss(
        "normalised over the batch",
        "-np.log(np.exp(x0)[rows, y] / np.exp(x0).sum(0)[y]).mean()",
        "Each row is normalised over its classes: sum over axis 1.",
        "nri25",
        "lattice5",
    ),
    _loss(
        "normalised over all",
        "-np.log(np.exp(x0)[rows, y] / np.exp(x0).sum()).mean()",
        "Normalise each row on its own: axis=1, keepdims=True.",
        "nd4j44",
        "nntr430",
    ),
    _loss(
        "log of the sum missing",
        "-x[rows, y].mean()",
        "The log of the sum of exponentials is missing.",
        "~jay",
    ),
    _loss(
        "binary cross-entropies",
        "nll.mean() - np.log1p(-np.where(wrong, probs, 0)).sum() / N",
        ("That is a sum of binary cross-entropies; softmax counts the true class alone."),
        "mlfs98",
        "~simd1",
    ),
    _loss(
        "sign reversed",
        "-nll.mean()",
        "Minus the log probability: the loss is never negative.",
        "~roelants14",
    ),
    _loss(
        "shift in one term",
        "nll.mean() + x.max(1).mean()",
        "Subtract the maximum from the scores in both terms, the true score too.",
        "~jay",
    ),
    _loss(
        "log of p + 1e-8",
        "-np.log(probs[rows, y] + 1e-8).mean()",
        (
            "log(p + 1e-8) is bounded by 18.4 and slightly off everywhere; "
            "log_softmax needs no epsilon."
        ),
        "~mlfs98",
        kind=Kind.CONVENTION,
    ),
    _loss(
        "clipped probability",
        "-np.log(np.clip(probs[rows, y], 1e-15, 1 - 1e-15)).mean()",
        "Clipping bounds the loss; log_softmax needs no clip.",
        "mlfs98",
        kind=Kind.CONVENTION,
    ),
    _loss(
        "not shifted",
        "-np.log(np.exp(x)[rows, y] / np.exp(x).sum(1)).mean()",
        "exp overflows for scores beyond 709: subtract the row's maximum first.",
        "jay",
        "openillumi",
        kind=Kind.ROBUSTNESS,
    ),
    _loss(
        "shifted by the global maximum",
        ("-np.log(np.exp(x - x.max())[rows, y] / np.exp(x - x.max()).sum(1)).mean()"),
        "Subtract each row's own maximum: a row far below the largest underflows.",
        "crysx7",
        "openillumi",
        kind=Kind.ROBUSTNESS,
    ),
    _loss(
        "log of a probability",
        "-np.log(probs[rows, y]).mean()",
        ("log of a probability that underflowed is -inf: use z_y - log(sum(exp(z)))."),
        "jay",
        kind=Kind.ROBUSTNESS,
    ),
    _loss(
        "zero times log zero",
        "-(onehot * np.log(probs)).sum() / N",
        ("0 * log(0) is nan when a wrong class underflows: pick the true class by index."),
        "jax1023",
        kind=Kind.ROBUSTNESS,
    ),
    _dx(
        "not divided by N",
        "probs - onehot",
        "The loss is a mean: divide dx by N.",
        "so6527",
        "mlfs135",
    ),
    _dx(
        "label not subtracted",
        "probs / N",
        "Subtract 1 at the true class.",
        "~so4166",
    ),
    _dx(
        "sign reversed",
        "(onehot - probs) / N",
        "The sign is the other way round: p - 1 at the true class.",
        "~so4166",
    ),
    _dx(
        "divided by N C",
        "(probs - onehot) / (N * C)",
        "Divide by N alone.",
        "jax1023",
        "simd1",
    ),
    _dx(
        "divided by N twice",
        "(probs - onehot) / N ** 2",
        "Divide by N once.",
        "d2l1000",
        "fetch1580",
    ),
    _dx(
        "true class only",
        "np.where(wrong, 0, probs - 1) / N",
        "All classes get a gradient, not the true one alone.",
        "~so4166",
    ),
    _dx(
        "true class zero",
        "np.where(wrong, probs, 0) / N",
        "The true class gets p - 1, not 0.",
        "~so4166",
    ),
    _dx(
        "derivative in the probability",
        "-onehot / np.where(wrong, 1, probs) / N",
        (
            "That is the derivative with respect to the probability; the softmax's "
            "own Jacobian is missing."
        ),
        "~mlfs98",
    ),
    _dx(
        "diagonal of the Jacobian",
        "probs * (1 - probs) / N",
        "Only the diagonal of softmax's Jacobian, and no labels.",
    ),
    _dx(
        "softmax derivative twice",
        "(probs - onehot) * probs * (1 - probs) / N",
        "p - 1 has the softmax's derivative in it already.",
    ),
    _dx(
        "not normalised",
        "(np.exp(x0) - onehot) / N",
        "Use the normalised probabilities.",
    ),
    _dx(
        "probability subtracted",
        "(probs - probs[rows, y][:, None]) / N",
        "Subtract 1 at the true class only.",
    ),
    _dx(
        "normalised over the batch",
        "(probs0 - onehot) / N",
        "Normalise over the classes, axis 1.",
        "nri25",
        "aeq1",
    ),
    _dx(
        "labels off by one",
        "(probs - np.roll(onehot, 1, 1)) / N",
        "Labels count from 0: index with y, not y + 1.",
        "~so4166",
    ),
)
