"""Scaled dot-product attention: out = softmax(q kᵀ / √d) v, with a mask that is true where seen."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st

from reference import attention

from ..spec.case import Case
from ..spec.hints import Circumstance, Hints
from ..spec.misconception import Misconceptions
from ..spec.row import LayerSpec, Purpose, Reference
from ..spec.values import Values, batch_sizes, values
from ..spec.ways import Ways, sizes

# Queries, keys, width of queries and keys, width of values: unequal, so that axes show.
_SIZES = st.sampled_from(
    ((2, 3, 4, 5), (1, 1, 1, 1), (3, 2, 1, 2), (4, 3, 2, 1), (2, 5, 3, 4), (3, 3, 2, 4))
)


def _make(v: Values, n: int, sizes: tuple[int, int, int, int]) -> Case:
    t, s, d, e = sizes
    mask: Any = None
    if v.choice(0, 1, 1):
        mask = v.rng.random((t, s)) < 0.6
        mask[np.arange(t), v.rng.integers(0, s, t)] = True  # a query that sees nothing has no value
    args = {"q": v.array((n, t, d)), "k": v.tame((n, s, d)), "v": v.array((n, s, e)), "mask": mask}
    return Case(args=args, dout=v.upstream((n, t, e)), family=v.family)


def _cases(purpose: Purpose) -> st.SearchStrategy[Case] | None:
    if purpose in (Purpose.KINK, Purpose.INTEGER):
        return None
    return st.builds(_make, values(purpose, smooth=("normal",)), batch_sizes(purpose), _SIZES)


_WEIGHTS = """
e = np.exp(masked - masked.max(-1, keepdims=True))
p = e / e.sum(-1, keepdims=True)
out = p @ v
dv = p.swapaxes(-1, -2) @ dout
dp = dout @ v.swapaxes(-1, -2)
ds = p * (dp - (dp * p).sum(-1, keepdims=True))
"""

_WAYS = Ways(
    arguments="q, k, v, mask",
    given=sizes(q="N T", k="_ S")
    + """
d = q.shape[2]
hidden = np.zeros((T, S), bool) if mask is None else ~mask
""",
    texts={
        "": (
            """
s = q @ k.swapaxes(-1, -2) / np.sqrt(d)
masked = np.where(hidden, -np.inf, s)
"""
            + _WEIGHTS
            + """
dq = ds @ k / np.sqrt(d)
dk = ds.swapaxes(-1, -2) @ q / np.sqrt(d)
""",
            """
scaled = q * d ** -0.5
s = np.einsum('ntd,nsd->nts', scaled, k)
masked = np.where(hidden, -1e300, s)
"""
            + _WEIGHTS
            + """
dq = np.einsum('nts,nsd->ntd', ds, k) * d ** -0.5
dk = np.einsum('nts,ntd->nsd', ds, scaled)
""",
        )
    },
)

_MISCONCEPTIONS = """
sdpa_forward, out
  not scaled
    = np.exp(masked * np.sqrt(d) - (masked * np.sqrt(d)).max(-1, keepdims=True)) /
      np.exp(masked * np.sqrt(d) - (masked * np.sqrt(d)).max(-1, keepdims=True)).sum(-1,
      keepdims=True) @ v
    The scores are divided by the root of d. [minf69]
  scaled by d
    = np.exp((masked - masked.max(-1, keepdims=True)) / np.sqrt(d)) / np.exp((masked -
      masked.max(-1, keepdims=True)) / np.sqrt(d)).sum(-1, keepdims=True) @ v
    The scores are divided by the root of d, not by d. [cntkx10 ntk4a3]
  softmax over the queries
    = np.exp(np.where(hidden, -1e9, s)) / np.exp(np.where(hidden, -1e9, s)).sum(-2, keepdims=True) @
      v
    The softmax runs over the keys, the last axis. [labml282 nermin1]
  normalised over the queries
    = (e / e.sum(-2, keepdims=True)) @ v
    The weights of a query add up to one: sum over the keys, the last axis. [~labml282]
  mask the wrong way round
    = np.exp(np.where(hidden, s, -1e9)) / np.exp(np.where(hidden, s, -1e9)).sum(-1, keepdims=True) @
      v
    The mask is true where a query sees a key. [xtrans160 halonet4 torchtext92 gemap1]
  mask ignored
    = np.exp(s) / np.exp(s).sum(-1, keepdims=True) @ v
    The mask is not used. [~decision30]
  hidden scores set to zero
    = np.exp(np.where(hidden, 0, s)) / np.exp(np.where(hidden, 0, s)).sum(-1, keepdims=True) @ v
    A score of 0 still has weight: hidden scores become minus infinity. [goodfeat1 gluonts1401
      ~hyun10]
  weights masked after the softmax
    = np.where(hidden, 0, np.exp(s) / np.exp(s).sum(-1, keepdims=True)) @ v
    Mask before the softmax, or the weights do not add up to one. [timm2236 memcomp2 ~pointer88]
  not normalised
    = e @ v
    The weights of a query add up to one.
sdpa_backward, dq
  not scaled
    = ds @ k
    The scores were divided by the root of d: so is their gradient. [~minf69]
  softmax as if diagonal
    = (p * (1 - p) * dp) @ k / np.sqrt(d)
    The softmax couples all keys: ds = p * (dp - sum(dp * p)). [~nd4j440 ~axon12]
  sum missing
    = (p * dp) @ k / np.sqrt(d)
    The sum over the keys is missing: ds = p * (dp - sum(dp * p)). [~odyssey2134]
  weights missing
    = (dp - (dp * p).sum(-1, keepdims=True)) @ k / np.sqrt(d)
    The factor p is missing.
  sum over the queries
    = (p * (dp - (dp * p).sum(-2, keepdims=True))) @ k / np.sqrt(d)
    The sum runs over the keys, the last axis.
  scaled by d
    = ds @ k / d
    The scores are divided by the root of d, not by d. [~cntkx10]
sdpa_backward, dk
  not scaled
    = ds.swapaxes(-1, -2) @ q
    The scores were divided by the root of d: so is their gradient. [~minf69]
  softmax as if diagonal
    = (p * (1 - p) * dp).swapaxes(-1, -2) @ q / np.sqrt(d)
    The softmax couples all keys: ds = p * (dp - sum(dp * p)). [~nd4j440 ~axon12]
  sum missing
    = (p * dp).swapaxes(-1, -2) @ q / np.sqrt(d)
    The sum over the keys is missing: ds = p * (dp - sum(dp * p)). [~odyssey2134]
  weights for gradient
    = p.swapaxes(-1, -2) @ q / np.sqrt(d)
    The gradient of the scores is ds, not p.
sdpa_backward, dv
  gradient of the scores
    = ds.swapaxes(-1, -2) @ dout
    The values are weighed by p.
  scaled
    = p.swapaxes(-1, -2) @ dout / np.sqrt(d)
    The values are not scaled.
  averaged
    = p.swapaxes(-1, -2) @ dout / N
    No average in a layer. [~d2l1000]
  scores for weights
    = np.where(hidden, 0, s).swapaxes(-1, -2) @ dout
    The values are weighed by p, not by the scores.
"""

SDPA = LayerSpec(
    name="sdpa",
    forward="sdpa_forward",
    backward="sdpa_backward",
    cases=_cases,
    differentiable=("q", "k", "v"),
    inputs={"sdpa": "q: (2, T, D), k: (2, S, D), v: (2, S, E), mask: None"},
    reference=Reference(forward=attention.sdpa, vjp=attention.sdpa_vjp),
    batched=("q", "k", "v"),
    laws={"permuted": "k v mask", "blind": "k v mask"},
    ways=_WAYS,
    misconceptions=Misconceptions("sdpa", _MISCONCEPTIONS),
    hints=Hints(
        circumstances=(
            Circumstance(
                name="a mask that hides keys",
                holds=lambda case: case.args["mask"] is not None and not case.args["mask"].all(),
                look="hidden scores become minus infinity before the softmax.",
            ),
        )
    ),
)
