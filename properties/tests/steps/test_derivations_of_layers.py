"""What a page derives is the layer of its name: the reference says the same of its gradients."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest

from properties.derivations.derivation import Derivation, _Paper
from properties.derivations.pages import DERIVATIONS
from properties.layers import ALL
from properties.spec.case import Case
from properties.spec.row import LayerSpec
from properties.tests.slow import mostly_slow
from reference.precision import Precision

Values = Mapping[str, Any]
ROWS = {row.name: row for row in ALL if type(row) is LayerSpec}
BY_NAME = {one.name: one for one in DERIVATIONS if one.name in ROWS}
# The mask of dropout is the implementation's own choice: the reference reads it off a run.
ASKED = {name: one for name, one in BY_NAME.items() if name != "dropout"}
FAST = ("affine", "elu", "batchnorm", "rnn_step", "sdpa", "max_pool", "softmax", "huber")


def _normalised(v: Values) -> dict[str, Any]:
    flat = {name: np.ravel(v[name]) for name in ("gamma", "beta")}
    return {**flat, "bn_param": {"mode": "train", "eps": v["eps"]}}


def _filtered(v: Values) -> dict[str, Any]:
    return {"conv_param": {"stride": v["stride"], "pad": v["pad"]}}


def _pooled(v: Values, stride: int) -> dict[str, Any]:
    size = {"pool_height": v["height"], "pool_width": v["width"]}
    return {"pool_param": {**size, "stride": stride}}


def _grouped(v: Values) -> dict[str, Any]:
    N, G, K, P = v["x"].shape
    images = v["x"].reshape(N, G * K, P, 1)
    return {**_normalised(v), "x": images, "G": G, "gn_param": {"eps": v["eps"]}}


def _heads(v: Values) -> dict[str, Any]:
    D, A, B = v["Wq"].shape
    read = {name: v[name].reshape(D, A * B) for name in ("Wq", "Wk", "Wv")}
    mixed = v["Wo"].reshape(A * B, D)
    return {"x": v["x"][None], **read, "Wo": mixed, "n_heads": A, "causal": True}


def _sequence(v: Values) -> dict[str, Any]:
    return {"x": np.stack([v["x1"], v["x2"]], 1), "dh": np.stack([v["u1"], v["u2"]], 1)}


# How a page's values become the arguments of the layer, where they are not these already.
ARGUMENTS: Mapping[str, Callable[[Values], dict[str, Any]]] = {
    "batchnorm": _normalised,
    "affine_batchnorm_relu": _normalised,
    "spatial_batchnorm": _normalised,
    "spatial_groupnorm": _grouped,
    "layernorm": lambda v: {"ln_param": {"eps": v["eps"]}},
    "conv": _filtered,
    "conv_relu": _filtered,
    "conv_relu_pool": lambda v: _filtered(v) | _pooled(v, 2),
    "conv_bn_relu": lambda v: _normalised(v) | _filtered(v),
    "max_pool": lambda v: _pooled(v, v["stride"]),
    "sdpa": lambda v: {"mask": v["M"].astype(bool)},
    "attention": _heads,
    "rnn": _sequence,
    "lstm": _sequence,
}


def _case(derivation: Derivation, paper: _Paper) -> Case:
    values = paper.values
    args = dict(values)
    if derivation.name in ARGUMENTS:
        args |= ARGUMENTS[derivation.name](values)
    dout, douts = args.pop("dh", paper.dout), {}
    if derivation.name == "lstm_step":
        dout, douts = values["uh"], {"dnext_c": values["uc"]}
    if derivation.name in ("spatial_groupnorm", "attention"):  # the output is of the shape of x
        dout = np.reshape(dout, args["x"].shape)
    return Case(args=args, dout=dout if ROWS[derivation.name].backward else None, douts=douts)


def _derived(derivation: Derivation, paper: _Paper, name: str) -> Any:
    """The last claim about an input; of a sequence, that about each of its steps."""
    last = {claim.of: claim for claim in derivation.claims if not claim.through}
    if name in last:
        return paper.claimed(last[name])
    return np.stack([paper.claimed(last[f"{name}{step}"]) for step in (1, 2)], 1)


@pytest.mark.parametrize(
    "derivation",
    mostly_slow(list(ASKED.values()), fast=[ASKED[name] for name in FAST]),
    ids=list(ASKED),
)
def test_the_reference_derives_the_same(derivation: Derivation) -> None:
    row = ROWS[derivation.name]
    paper = next(case for case in (_Paper(derivation, k) for k in range(20)) if case.smooth())
    assert row.reference is not None
    wanted = row.reference.gradients(_case(derivation, paper), None, Precision())
    for name in row.differentiable:
        right = np.asarray(wanted[name].value)
        got = np.reshape(_derived(derivation, paper, name), right.shape)
        np.testing.assert_allclose(got, right, rtol=1e-6, atol=1e-8 * np.max(np.abs(right)) + 1e-9)
