"""The losses of predictions against targets on paper."""

from __future__ import annotations

from .derivation import Claim, Derivation, Node

__all__ = ["TARGETS"]

N, C = Node, Claim

_MEAN = "The mean is over all $n$ entries."
_SHARE = "Each entry has the same share in the mean:"

MSE = Derivation(
    name="mse",
    title="Mean squared error",
    inputs="x: (N, D), y: (N, D)",
    symbols={"x.size": "n"},
    text=_MEAN,
    nodes=(
        N("r", "x - y"),
        N("L", "(r ** 2).sum() / x.size"),
    ),
    claims=(
        C("r", "2 * r / x.size"),
        C("x", "dr"),
        C("x", "2 * (x - y) / x.size"),
    ),
    closing="Some divide by the examples alone, or by $2n$: other readings, with other factors.",
    source=(
        "Legendre, “Nouvelles méthodes pour la détermination des orbites des comètes” (1805), "
        "appendix, which sets these derivatives to zero."
    ),
)

HUBER = Derivation(
    name="huber",
    title="Huber's loss",
    inputs="x: (N, D), y: (N, D), delta: 1.5",
    symbols={"x.size": "n"},
    text=_MEAN + " Small errors count by their squares, large ones by their size.",
    nodes=(
        N("r", "x - y"),
        N("h", "where(abs(r) <= delta, 0.5 * r ** 2, delta * (abs(r) - 0.5 * delta))"),
        N("L", "h.sum() / x.size"),
    ),
    claims=(
        C("h", "ones(h.shape) / x.size", text=_SHARE),
        C(
            "r",
            "dh * where(abs(r) <= delta, r, delta * np.sign(r))",
            text="The size of $r$ has the slope of its sign:",
        ),
        C("x", "dr"),
    ),
    closing=(
        "Value and slope of the two halves meet at $|r| = \\delta$. The slope is $r$, cut off at "
        "$\\pm\\delta$: $\\max(-\\delta, \\min(r, \\delta))$."
    ),
    source="Huber, “Robust Estimation of a Location Parameter” (1964), section 1.",
)

BCE_WITH_LOGITS = Derivation(
    name="bce_with_logits",
    title="Binary cross-entropy of the sigmoid",
    inputs="x: (N, D), y: unit(N, D)",
    symbols={"x.size": "n"},
    text=_MEAN + " Targets are between zero and one.",
    nodes=(
        N("p", "sigmoid(x)"),
        N("h", "-(y * log(p) + (1 - y) * log(1 - p))"),
        N("L", "h.sum() / x.size"),
    ),
    claims=(
        C("h", "ones(h.shape) / x.size", text=_SHARE),
        C("p", "dh * ((1 - y) / (1 - p) - y / p)"),
        C("x", "dp * p * (1 - p)", text="The slope of the sigmoid cancels both denominators:"),
        C("x", "(p - y) / x.size"),
    ),
    closing=(
        "Code that divides by $p$ and $1 - p$ breaks where they are rounded to zero; the last line "
        "does not. The value without a logarithm of zero is $\\max(x, 0) - x y + \\log(1 + "
        "e^{-|x|})$."
    ),
    source=(
        "Goodfellow, Bengio and Courville, “Deep Learning” (2016), section 6.2.2.2; Cox, “The "
        "Regression Analysis of Binary Sequences” (1958)."
    ),
)

TARGETS = (MSE, HUBER, BCE_WITH_LOGITS)
