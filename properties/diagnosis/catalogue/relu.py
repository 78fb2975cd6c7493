"""ReLU: the gate, and what it looks at."""

from __future__ import annotations

from ...judge.mismatch import Kind
from ..misconception import Group, Misconception

_out = Group(layer="relu", function="relu_forward", argument="out")
_dx = Group(layer="relu", function="relu_backward", argument="dx")
_dout = Group(layer="relu", function="relu_backward", argument="dout")
_x = Group(layer="relu", function="relu_forward", argument="x")

MISCONCEPTIONS: tuple[Misconception, ...] = (
    _out(
        "absolute value",
        "np.abs(x)",
        "Negative entries become 0, not positive.",
    ),
    _out(
        "leaky",
        "np.where(x > 0, x, 0.01 * x)",
        "That is the leaky ReLU; this layer gives exactly 0 below zero.",
        "~zig5",
    ),
    _out(
        "threshold one",
        "np.maximum(1, x)",
        "The threshold is 0.",
        "~orly43",
    ),
    _out(
        "gate returned",
        "(x > 0).astype(float)",
        "That is the gate; the output is x where the gate is open.",
        "~smile528",
    ),
    _out(
        "minimum",
        "np.minimum(0, x)",
        "Positive entries pass, negative ones become 0.",
        "~dgs1",
    ),
    _out(
        "softplus",
        "np.log1p(np.exp(x))",
        "That is the softplus, a smooth neighbour of ReLU.",
        "~softrelu",
    ),
    _out(
        "threshold at the mean",
        "np.maximum(x, x.mean())",
        "Compare with 0, not with the mean.",
    ),
    _dx(
        "upstream missing",
        "(x > 0).astype(float)",
        "The upstream derivative is missing: multiply the gate by dout.",
        "smile528",
    ),
    _dx(
        "no gate",
        "dout",
        "Units that were off get no gradient.",
        "~grok56",
    ),
    _dx(
        "gate on dout",
        "dout * (dout > 0)",
        "The gate looks at the forward input, not at dout.",
        "~dgs1",
        "~coursrelu",
    ),
    _dx(
        "output for gate",
        "np.maximum(0, x) * dout",
        "Multiply by the gate x > 0, not by the output.",
        "~coursrelu",
    ),
    _dx(
        "gate inverted",
        "dout * (x < 0)",
        "The gate is the wrong way round.",
        "~dgs1",
    ),
    _dx(
        "gate on output >= 0",
        "dout * (np.maximum(x, 0) >= 0)",
        "The output is never negative, so out >= 0 is always true: use out > 0.",
        "grok56",
        "grok13",
    ),
    _dx(
        "leaky",
        "np.where(x > 0, dout, 0.01 * dout)",
        "A closed unit passes exactly nothing.",
        "~zig5",
    ),
    _dx(
        "threshold one",
        "dout * (x > 1)",
        "The kink is at 0.",
    ),
    _dx(
        "guided backpropagation",
        "np.where((x > 0) & (dout > 0), dout, 0)",
        ("That is guided backpropagation, used for pictures; the derivative keeps negative dout."),
    ),
    _dx(
        "sign for gate",
        "dout * np.sign(x)",
        "Below zero the slope is 0, not -1.",
    ),
    _dx(
        "divided by N",
        "dout * (x > 0) / N",
        "No average in a layer.",
        "~d2l1000",
    ),
    _dx(
        "gate open at zero",
        "dout * (x >= 0)",
        "At x = 0 you take the subgradient dout; 0 is the usual one.",
        "grok13",
        kind=Kind.CONVENTION,
    ),
    _dx(
        "half at zero",
        "dout * (0.5 * (np.sign(x) + 1))",
        "At x = 0 you take the subgradient dout/2; 0 is the usual one.",
        kind=Kind.CONVENTION,
    ),
    _dout(
        "dout overwritten",
        "np.where(x > 0, dout, 0)",
        ("dx = dout makes no copy: setting dx[x <= 0] = 0 changes the caller's dout."),
        "~torch1029",
        kind=Kind.ROBUSTNESS,
    ),
    _x(
        "x overwritten",
        "np.maximum(0, x)",
        "x[x < 0] = 0 overwrites the caller's x.",
        "~torch1029",
        "~mlcol119",
        kind=Kind.ROBUSTNESS,
    ),
)
