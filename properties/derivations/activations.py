"""The activations on paper: entry by entry, but for softmax."""

from __future__ import annotations

from .derivation import Claim, Derivation, Node

__all__ = ["ACTIVATIONS"]

N, C = Node, Claim

_ENTRIES = "Each entry of the output depends on one entry of the input, for an $x$ of any shape. "

SIGMOID = Derivation(
    name="sigmoid",
    title="Sigmoid",
    inputs="x: (N, D)",
    text=_ENTRIES + r"$\sigma(x) = 1 / (1 + e^{-x})$.",
    nodes=(
        N("e", "exp(-x)"),
        N("out", "1 / (1 + e)"),
    ),
    claims=(
        C("e", "-dout / (1 + e) ** 2", text="A quotient $1/u$ has the derivative $-1/u^2$:"),
        C("x", "-de * e", text="$e$ is its own derivative, and the sign is that of $-x$:"),
        C(
            "x",
            "dout * out * (1 - out)",
            text="Inserted, with $e / (1 + e) = 1 - \\mathit{out}$:",
        ),
    ),
    closing=(
        "Where $\\mathit{out}$ is close to one, $1 - \\mathit{out}$ has few digits left; "
        "$\\sigma(-x)$ is the same number with all of them."
    ),
    source=(
        "Rumelhart, Hinton and Williams, “Learning representations by back-propagating errors”, "
        "Nature 323 (1986), equations 2 and 5."
    ),
)

TANH = Derivation(
    name="tanh",
    title="Hyperbolic tangent",
    inputs="x: (N, D)",
    text=_ENTRIES,
    nodes=(
        N("s", "exp(x) - exp(-x)"),
        N("c", "exp(x) + exp(-x)"),
        N("out", "s / c"),
    ),
    claims=(
        C("s", "dout / c"),
        C("c", "-dout * s / c ** 2", text="The quotient rule's other half:"),
        C(
            "x",
            "ds * c + dc * s",
            text="$x$ is in both, and each of $s$ and $c$ is the derivative of the other:",
        ),
        C("x", "dout * (1 - out ** 2)", text="Inserted:"),
    ),
    source="LeCun, Bottou, Orr and Müller, “Efficient BackProp” (1998), section 4.4.",
)

LEAKY_RELU = Derivation(
    name="leaky_relu",
    title="Leaky ReLU",
    inputs="x: (N, D), alpha: 0.25",
    text=_ENTRIES + r"$\alpha$ is the slope below zero.",
    nodes=(N("out", "where(x > 0, x, alpha * x)"),),
    claims=(C("x", "dout * where(x > 0, 1, alpha)", text="Each half is a line, with its slope:"),),
    closing=(
        "At zero every slope between $\\alpha$ and 1 is a subgradient. The sign of $x$ decides, "
        "not that of the output: for a negative $\\alpha$ they differ."
    ),
    source=(
        "Maas, Hannun and Ng, “Rectifier Nonlinearities Improve Neural Network Acoustic Models” "
        "(2013), section 2."
    ),
)

ELU = Derivation(
    name="elu",
    title="ELU",
    inputs="x: (N, D), alpha: 0.75",
    text=_ENTRIES + r"Below zero it bends towards $-\alpha$.",
    nodes=(
        N("e", "exp(x)"),
        N("out", "where(x > 0, x, alpha * (e - 1))"),
    ),
    claims=(
        C("e", "dout * where(x > 0, 0, alpha)", text="Only entries below zero read $e$:"),
        C("x", "dout * (x > 0)", through="out", text="Those above zero read $x$ itself:"),
        C("x", "de * e", through="e", text="and the others come through $e$:"),
        C("x", "dout * where(x > 0, 1, alpha * e)", text="Both together:"),
        C(
            "x",
            "dout * where(x > 0, 1, out + alpha)",
            text="Below zero $\\alpha e = \\mathit{out} + \\alpha$, which needs no exponential:",
        ),
    ),
    closing=(
        "At zero the slopes meet for $\\alpha = 1$; else every slope between 1 and $\\alpha$ is a "
        "subgradient."
    ),
    source=(
        "Clevert, Unterthiner and Hochreiter, “Fast and Accurate Deep Network Learning by "
        "Exponential Linear Units” (2016), section 3."
    ),
)

SELU = Derivation(
    name="selu",
    title="SELU",
    inputs="x: (N, D), lam: 1.0507009873554805, alpha: 1.6732632423543772",
    symbols={"lam": r"\lambda"},
    text=(
        _ENTRIES + "The ELU times $\\lambda$, with the two numbers that keep mean zero and "
        "variance one, $\\lambda \\approx 1.0507$ and $\\alpha \\approx 1.6733$."
    ),
    nodes=(
        N("e", "exp(x)"),
        N("out", "lam * where(x > 0, x, alpha * (e - 1))"),
    ),
    claims=(
        C("e", "lam * dout * where(x > 0, 0, alpha)"),
        C("x", "lam * dout * (x > 0)", through="out"),
        C("x", "de * e", through="e"),
        C("x", "lam * dout * where(x > 0, 1, alpha * e)", text="Both together:"),
    ),
    closing=(
        "At zero the slopes $\\lambda$ and $\\lambda \\alpha$ do not meet: every slope between "
        "them is a subgradient."
    ),
    source=(
        "Klambauer, Unterthiner, Mayr and Hochreiter, “Self-Normalizing Neural Networks” (2017), "
        "equation 2."
    ),
)

GELU = Derivation(
    name="gelu",
    title="GELU, in the tanh form",
    inputs="x: (N, D), kappa: 0.044715, r: 0.7978845608",
    symbols={"r": r"\sqrt{2/\pi}", "kappa": r"\kappa"},
    text=_ENTRIES + r"$\kappa = 0.044715$, and `r` is $\sqrt{2/\pi}$.",
    nodes=(
        N("u", "r * (x + kappa * x ** 3)"),
        N("t", "np.tanh(u)"),
        N("out", "0.5 * x * (1 + t)"),
    ),
    claims=(
        C("t", "0.5 * dout * x", text="The output is a product with two factors that hold $x$."),
        C("u", "dt * (1 - t ** 2)"),
        C("x", "0.5 * dout * (1 + t)", through="out", text="The first path, through the factor:"),
        C("x", "r * du * (1 + 3 * kappa * x ** 2)", through="u", text="The second, through tanh:"),
        C("x", "0.5 * dout * (1 + t) + r * du * (1 + 3 * kappa * x ** 2)"),
    ),
    closing=(
        "The exact form is $\\mathit{out} = x\\, \\Phi(x)$, with the distribution function $\\Phi$ "
        "and the density $\\varphi$ of the normal distribution: by the same product rule its slope "
        "is $\\Phi(x) + x\\, \\varphi(x)$."
    ),
    source="Hendrycks and Gimpel, “Gaussian Error Linear Units” (2016), section 2.",
)

SOFTPLUS = Derivation(
    name="softplus",
    title="Softplus",
    inputs="x: (N, D)",
    text=_ENTRIES,
    nodes=(
        N("e", "exp(x)"),
        N("out", "log(1 + e)"),
    ),
    claims=(
        C("e", "dout / (1 + e)"),
        C("x", "de * e"),
        C("x", "dout * sigmoid(x)", text="Inserted, as $e / (1 + e)$ is the sigmoid:"),
    ),
    source=(
        "Dugas, Bengio, Bélisle, Nadeau and Garcia, “Incorporating Second-Order Functional "
        "Knowledge for Better Option Pricing” (2001)."
    ),
)

SILU = Derivation(
    name="silu",
    title="SiLU, or swish",
    inputs="x: (N, D)",
    text=_ENTRIES,
    nodes=(
        N("s", "sigmoid(x)"),
        N("out", "x * s"),
    ),
    claims=(
        C("s", "dout * x"),
        C("x", "dout * s", through="out", text="The path through the factor $x$:"),
        C("x", "ds * s * (1 - s)", through="s", text="and that through the sigmoid:"),
        C("x", "dout * s * (1 + x * (1 - s))", text="Both together:"),
    ),
    source=(
        "Elfwing, Uchibe and Doya, “Sigmoid-Weighted Linear Units for Neural Network Function "
        "Approximation in Reinforcement Learning” (2018), equation 6."
    ),
)

SOFTMAX_ACTIVATION = Derivation(
    name="softmax_activation",
    title="Softmax",
    inputs="x: (N, C)",
    axes=("n", "c"),
    text=(
        "Along the last axis; each row is one vector of scores. Code takes the largest score from "
        "all of them first, which changes neither the output nor its derivative."
    ),
    nodes=(
        N("e", "exp(x)"),
        N("s", "e.sum(1, keepdims=True)"),
        N("out", "e / s"),
    ),
    claims=(
        C("e", "dout / s", through="out", text="Each $e$ is in its own output:"),
        C(
            "s",
            "-(dout * e).sum(1, keepdims=True) / s ** 2",
            text="and, through the sum, in all outputs of its row:",
        ),
        C("e", "dout / s + ds"),
        C("x", "de * e"),
        C(
            "x",
            "out * (dout - (dout * out).sum(1, keepdims=True))",
            text=(
                "Inserted. It is the product of the row's Jacobian, $\\partial p_k / \\partial x_j "
                "= p_k ([k = j] - p_j)$, with the upstream derivative:"
            ),
        ),
    ),
    closing="Each row of the result adds up to zero.",
    source=(
        "Bridle, “Probabilistic Interpretation of Feedforward Classification Network Outputs” "
        "(1990), equation 11; Goodfellow, Bengio and Courville, “Deep Learning” (2016), section "
        "6.2.2.3."
    ),
)

ACTIVATIONS = (
    SIGMOID,
    TANH,
    LEAKY_RELU,
    ELU,
    SELU,
    GELU,
    SOFTPLUS,
    SILU,
    SOFTMAX_ACTIVATION,
)
