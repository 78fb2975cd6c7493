"""Dropout: the mask, its scale, and what p means."""

from __future__ import annotations

from ...judge.mismatch import Kind
from ..misconception import Group, Misconception

_out = Group(layer="dropout", function="dropout_forward", argument="out", when="train")
_out_test = Group(layer="dropout", function="dropout_forward", argument="out", when="test")
_seed = Group(layer="dropout", function="dropout_forward", argument="seed")
_rng = Group(layer="dropout", function="dropout_forward", argument="rng")
_dx = Group(layer="dropout", function="dropout_backward", argument="dx", when="train")
_dx_test = Group(layer="dropout", function="dropout_backward", argument="dx", when="test")

MISCONCEPTIONS: tuple[Misconception, ...] = (
    _out(
        "not scaled",
        "x * kept",
        "Kept units are scaled by 1/(1 - p) in train mode.",
        "~keras8069",
        "~mcn866",
    ),
    _out(
        "scaled by 1/p",
        "x * kept / p",
        "p drops: the kept units, a share of 1 - p, are divided by 1 - p.",
        "theanets123",
        "~dlordinal",
    ),
    _out(
        "multiplied by 1 - p",
        "x * kept * (1 - p)",
        "Divide by 1 - p, do not multiply.",
        "~convnetjs106",
    ),
    _out(
        "multiplied by p",
        "x * kept * p",
        "Divide by 1 - p.",
        "~s2s7",
    ),
    _out(
        "scale fixed at 2",
        "x * kept / 0.5",
        "The scale comes from p; 0.5 is only right at p = 0.5.",
        "retain1",
    ),
    _out(
        "keeps with probability p",
        "x * ~kept / (1 - p)",
        ("Keeps with probability p and scales by 1/(1 - p): two readings of p in one line."),
        "~dluid125",
        "kbr3",
    ),
    Group(layer="dropout", function="dropout_forward", argument="p")(
        "p keeps",
        "1 - p",
        "p is read as the probability of keeping; the contract's p drops.",
        "light1",
        "i3d58",
        "electra61",
        kind=Kind.CONVENTION,
    ),
    _out(
        "scaled by the share kept",
        "x * kept / kept.mean()",
        ("Scale by the probability 1 - p, not by the share that happened to be kept."),
    ),
    _out(
        "one mask for all examples",
        "x * kept[:1] / (1 - p)",
        "Every example has a mask of its own: draw with x's whole shape.",
        "~af40",
    ),
    _out(
        "whole examples dropped",
        "x * kept[:, :1] / (1 - p)",
        "Every entry has a draw of its own; yours drops whole examples.",
    ),
    _out(
        "dropped part subtracted",
        "x - x * ~kept / (1 - p)",
        "A dropped unit is 0.",
    ),
    _out(
        "not masked",
        "x",
        "The masked array is computed and not returned.",
        "cogni2",
    ),
    _out(
        "scaled twice",
        "np.where(kept, x, 0) / (1 - p) ** 2",
        "The mask is scaled already: you divide by 1 - p twice.",
        "~d2l1000",
    ),
    _out(
        "draws for a mask",
        "x * (uniform - p) * (uniform > p)",
        "The mask holds 0 and 1: compare the draws with p, do not use them.",
        "~af40",
    ),
    _out_test(
        "scaled by 1 - p",
        "x * (1 - p)",
        "Inverted dropout scales in train mode; test mode is the identity.",
        "convnetjs106",
        "keras8069",
        "mcn866",
    ),
    _out_test(
        "scaled by p",
        "x * p",
        "Test mode is the identity.",
        "convnetjs106",
    ),
    _out_test(
        "dropped",
        "x * kept / (1 - p)",
        "Nothing is dropped in test mode.",
        "~af40",
    ),
    _out_test(
        "zeros",
        "np.zeros_like(x)",
        "Test mode returns x.",
        "~aidot732",
    ),
    _seed(
        "seed ignored",
        "None",
        "The same seed must give the same mask.",
        "~aidot732",
    ),
    _rng(
        "global seed",
        "np.random.seed(0)",
        ("np.random.seed changes the generator of the whole program; use a Generator of your own."),
        kind=Kind.ROBUSTNESS,
    ),
    _dx(
        "not scaled",
        "dout * kept",
        "The mask in the backward pass carries the same 1/(1 - p).",
        "~keras8069",
    ),
    _dx(
        "no mask",
        "dout",
        "Dropped units get no gradient.",
        "~voodoo19",
    ),
    _dx(
        "mask drawn again",
        "dout * other_kept / (1 - p)",
        "Use the forward's mask from the cache; a new draw is another function.",
        "~xlearn12",
        "chainer2071",
    ),
    _dx(
        "scaled twice",
        "dout * kept / (1 - p) ** 2",
        "The mask is scaled already.",
        "~d2l1000",
    ),
    _dx(
        "scaled by 1/p",
        "dout * kept / p",
        "The scale is 1/(1 - p), as in the forward pass.",
        "~theanets123",
    ),
    _dx(
        "multiplied by 1 - p",
        "dout * kept * (1 - p)",
        "The backward pass multiplies by the same factor as the forward pass.",
    ),
    _dx(
        "mask inverted",
        "dout * ~kept / (1 - p)",
        "The mask is upside down.",
        "~dluid125",
    ),
    _dx(
        "mask from out/x",
        "np.where(x == 0, dout, dout * out / np.where(x == 0, 1, x))",
        "out/x tells nothing where x is 0: take the mask.",
        "kaldi3890",
    ),
    _dx(
        "x included",
        "dout * x * kept / (1 - p)",
        "The derivative of x * mask is the mask.",
    ),
    _dx_test(
        "masked",
        "dout * kept / (1 - p)",
        "In test mode the layer is the identity, and so is its backward pass.",
    ),
    _dx_test(
        "scaled by 1 - p",
        "dout * (1 - p)",
        "In test mode dx = dout.",
        "~convnetjs106",
    ),
)
