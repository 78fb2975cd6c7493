"""Inverted dropout; p is the probability to drop, or to keep in another reading."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st

from reference import dropout
from reference.bounded import Bounded, Operand

from ..spec.case import Array, Case, Run
from ..spec.misconception import Misconceptions
from ..spec.row import LayerSpec, Precision, Purpose, Reading, Reference
from ..spec.values import Values, any_shape, values
from ..spec.ways import Ways
from .dropout_masks import HINTS, kept_on_the_way_back, kept_units


def _make(purpose: Purpose, v: Values, shape: tuple[int, ...]) -> Case:
    if purpose is Purpose.INTEGER:
        p = v.choice(0.5, 0.75, 0.0)  # scales of two, four and one are exact
    else:
        p = v.choice(0.25, 0.5, 0.125, 0.75, 0.875, 0.3, 0.6, 0.9, 0.0)
    x = v.array(shape)
    x = np.where(x == 0.0, 1.0, x)  # a zero would hide whether it was dropped
    param = {"mode": "train", "p": p, "seed": int(v.rng.integers(1, 10_000))}
    args = {"x": x, "dropout_param": param}
    return Case(args=args, dout=v.upstream(shape), family=v.family)


def _cases(purpose: Purpose) -> st.SearchStrategy[Case] | None:
    if purpose is Purpose.KINK:
        return None
    return st.builds(_make, st.just(purpose), values(purpose), any_shape(purpose))


def _vjp(
    dout: Operand, kept_on_the_way_back: Array, p_drop: float, precision: Precision
) -> Bounded:
    return dropout.vjp(dout, kept_on_the_way_back, p_drop=p_drop, precision=precision)


def _given(case: Case, run: Run | None) -> dict[str, Any]:
    param = case.args["dropout_param"]
    p = float(param["p"]) if param["mode"] == "train" else 0.0
    return {
        "kept": kept_units(case, run),
        "kept_on_the_way_back": kept_on_the_way_back(case, run),
        "p_drop": p,
    }


def _keep(case: Case) -> Case:
    param: dict[str, Any] = case.args["dropout_param"]
    return case.with_args(dropout_param={**param, "p": 1.0 - param["p"]})


DROP = Reading(name="drop", sentence="p is the probability that a unit is dropped")
KEEP = Reading(
    name="keep",
    sentence="p is read as the probability that a unit is kept",
    send=_keep,
    formulas="the formula's p is the probability to drop",
    # Under the other reading the same code is the other mixture of the two.
    renamed={"keeps with probability p": "scaled by 1/p"},
)

_MASK = """
rng = np.random.default_rng(dropout_param.get('seed'))
uniform = rng.random(x.shape)
kept = uniform >= p
other_kept = rng.random(x.shape) >= p
"""
_WAYS = Ways(
    arguments="x, dropout_param",
    given="\np = dropout_param['p']\n",
    texts={
        "train": (f"{_MASK}\nout = x * kept / (1 - p)\ndx = dout * kept / (1 - p)\n",),
        "test": (f"{_MASK}\nout = x.copy()\ndx = dout.copy()\n",),
    },
    kind="dropout_param['mode']",
)

_MISCONCEPTIONS = """
dropout_forward, out (train)
  not scaled
    = x * kept
    Kept units are scaled by 1/(1 - p) in train mode. [~keras8069 ~mcn866]
  scaled by 1/p
    = x * kept / p
    p drops: the kept units, a share of 1 - p, are divided by 1 - p. [theanets123 ~dlordinal]
  multiplied by 1 - p
    = x * kept * (1 - p)
    Divide by 1 - p, do not multiply. [~convnetjs106]
  multiplied by p
    = x * kept * p
    Divide by 1 - p. [~s2s7]
  scale fixed at 2
    = x * kept / 0.5
    The scale comes from p; 0.5 is only right at p = 0.5. [retain1]
  keeps with probability p
    = x * ~kept / (1 - p)
    Keeps with probability p and scales by 1/(1 - p): two readings of p in one line. [~dluid125
      kbr3]
  scaled by the share kept
    = x * kept / kept.mean()
    Scale by the probability 1 - p, not by the share that happened to be kept.
  one mask for all examples
    = x * kept[:1] / (1 - p)
    Every example has a mask of its own: draw with x's whole shape. [~af40]
  whole examples dropped
    = x * kept[:, :1] / (1 - p)
    Every entry has a draw of its own; yours drops whole examples.
  dropped part subtracted
    = x - x * ~kept / (1 - p)
    A dropped unit is 0.
  not masked
    = x
    The masked array is computed and not returned. [cogni2]
  scaled twice
    = np.where(kept, x, 0) / (1 - p) ** 2
    The mask is scaled already: you divide by 1 - p twice. [~d2l1000]
  draws for a mask
    = x * (uniform - p) * (uniform > p)
    The mask holds 0 and 1: compare the draws with p, do not use them. [~af40]
dropout_forward, p
  p keeps (convention)
    = 1 - p
    plant: dropout_param = {**dropout_param, 'p': 1 - dropout_param['p']}
    p is read as the probability of keeping; the contract's p drops. [light1 i3d58 electra61]
dropout_forward, out (test)
  scaled by 1 - p
    = x * (1 - p)
    Inverted dropout scales in train mode; test mode is the identity. [convnetjs106 keras8069
      mcn866]
  scaled by p
    = x * p
    Test mode is the identity. [convnetjs106]
  dropped
    = x * kept / (1 - p)
    Nothing is dropped in test mode. [~af40]
  zeros
    = np.zeros_like(x)
    Test mode returns x. [~aidot732]
dropout_forward, seed
  seed ignored
    = None
    shows: the same seed gives another mask
    plant: dropout_param = {**dropout_param, 'seed': None}
    The same seed must give the same mask. [~aidot732]
dropout_forward, rng
  global seed (robustness)
    = np.random.seed(0)
    shows: touches the global random state
    plant: np.random.seed(dropout_param.get('seed'))
    np.random.seed changes the generator of the whole program; use a Generator of your own.
dropout_backward, dx (train)
  not scaled
    = dout * kept
    The mask in the backward pass carries the same 1/(1 - p). [~keras8069]
  no mask
    = dout
    Dropped units get no gradient. [~voodoo19]
  mask drawn again
    = dout * other_kept / (1 - p)
    Use the forward's mask from the cache; a new draw is another function. [~xlearn12 chainer2071]
  scaled twice
    = dout * kept / (1 - p) ** 2
    The mask is scaled already. [~d2l1000]
  scaled by 1/p
    = dout * kept / p
    The scale is 1/(1 - p), as in the forward pass. [~theanets123]
  multiplied by 1 - p
    = dout * kept * (1 - p)
    The backward pass multiplies by the same factor as the forward pass.
  mask inverted
    = dout * ~kept / (1 - p)
    only of a right forward
    The mask is upside down. [~dluid125]
  mask from out/x
    = np.where(x == 0, dout, dout * out / np.where(x == 0, 1, x))
    out/x tells nothing where x is 0: take the mask. [kaldi3890]
  x included
    = dout * x * kept / (1 - p)
    The derivative of x * mask is the mask.
dropout_backward, dx (test)
  masked
    = dout * kept / (1 - p)
    In test mode the layer is the identity, and so is its backward pass.
  scaled by 1 - p
    = dout * (1 - p)
    In test mode dx = dout. [~convnetjs106]
"""

DROPOUT = LayerSpec(
    name="dropout",
    forward="dropout_forward",
    backward="dropout_backward",
    cases=_cases,
    differentiable=("x",),
    inputs={"dropout": "x: (N, D), dropout_param: {'p': 0.375, 'mode': 'train', 'seed': 12}"},
    reference=Reference(forward=dropout.forward, vjp=_vjp, given=_given),
    readings=(DROP, KEEP),
    ways=_WAYS,
    misconceptions=Misconceptions("dropout", _MISCONCEPTIONS),
    hints=HINTS,
)
