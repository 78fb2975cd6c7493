"""Cross-entropy of the softmax of scores, in nats, mean over examples."""

from __future__ import annotations

from functools import partial

from hypothesis import strategies as st

from reference import losses

from ..spec.case import Case, Run
from ..spec.hints import Hints
from ..spec.misconception import Misconceptions
from ..spec.row import Bounds, LayerSpec, Precision, Purpose, Reading, Reference
from ..spec.ways import Ways
from .svm import LABELLED, labelled_cases


def _cases(purpose: Purpose) -> st.SearchStrategy[Case] | None:
    return None if purpose in (Purpose.KINK, Purpose.INTEGER) else labelled_cases(purpose)


def _guarded(guard: losses.Guard, case: Case, run: Run | None, precision: Precision) -> Bounds:
    x, y = case.args["x"], case.args["y"]
    return {"loss": losses.guarded_softmax(x, y, guard, precision=precision)}


_SIZES = (1e-8, 1e-10, 1e-9, 1e-7, 1e-6, 1e-5, 1e-12, 1e-15, 1e-16, 1e-20)
GUARDS = tuple(losses.Guard(eps=eps, kind=kind) for eps in _SIZES for kind in ("plus", "clip"))

_WAYS = Ways(
    arguments="x, y",
    given=LABELLED,
    texts={
        "": (
            """
n = N
x0 = x - x.max(1)[:, None]
logp = x0 - np.log(np.exp(x0).sum(1))[:, None]
nll = -(onehot * logp).sum(1)
loss = nll.sum() / n
dx = (np.exp(logp) - onehot) / n
""",
            """
n = N
label = y
x0 = x - x.max(1)[:, None]
total = np.log(np.exp(x0).sum(1))
loss = (total - x0[rows, label]).sum() / n
dx = (np.exp(x0 - total[:, None]) - np.eye(C)[label]) / n
""",
            """
n = N
label = y
x0 = x - x.max(1)[:, None]
e = np.exp(x0)
probs = e / e.sum(1)[:, None]
loss = -np.log(probs[rows, label]).sum() / n
dx = (probs - np.eye(C)[label]) / n
""",
        )
    },
)

_MISCONCEPTIONS = """
softmax_loss, loss
  not divided by N
    = nll.sum()
    The loss is a mean over examples: divide by N. [jax3113]
  divided by N C
    = -(onehot * logp).mean()
    np.mean over the whole table divides by N and by the number of classes. [jax1023]
  bits
    = nll.mean() / np.log(2)
    Nats, not bits: np.log, not np.log2.
  base ten
    = nll.mean() / np.log(10)
    np.log, not np.log10.
  logarithm missing
    = -probs[rows, y].mean()
    The logarithm is missing.
  all classes summed
    = -logp.sum() / N
    Only the true class's log probability counts. [~so4166]
  normalised over the batch
    = -np.log(np.exp(x0)[rows, y] / np.exp(x0).sum(0)[y]).mean()
    Each row is normalised over its classes: sum over axis 1. [nri25 lattice5]
  normalised over all
    = -np.log(np.exp(x0)[rows, y] / np.exp(x0).sum()).mean()
    Normalise each row on its own: axis=1, keepdims=True. [nd4j44 nntr430]
  log of the sum missing
    = -x[rows, y].mean()
    The log of the sum of exponentials is missing. [~jay]
  binary cross-entropies
    = nll.mean() - np.log1p(-np.where(wrong, probs, 0)).sum() / N
    That is a sum of binary cross-entropies; softmax counts the true class alone. [mlfs98 ~simd1]
  sign reversed
    = -nll.mean()
    Minus the log probability: the loss is never negative. [~roelants14]
  shift in one term
    = nll.mean() + x.max(1).mean()
    Subtract the maximum from the scores in both terms, the true score too. [~jay]
  log of p + 1e-8 (convention)
    = -np.log(probs[rows, y] + 1e-8).mean()
    log(p + 1e-8) is bounded by 18.4 and slightly off everywhere; log_softmax needs no epsilon.
      [~mlfs98]
  clipped probability (convention)
    = -np.log(np.clip(probs[rows, y], 1e-15, 1 - 1e-15)).mean()
    Clipping bounds the loss; log_softmax needs no clip. [mlfs98]
  not shifted (robustness)
    = -np.log(np.exp(x)[rows, y] / np.exp(x).sum(1)).mean()
    exp overflows for scores beyond 709: subtract the row's maximum first. [jay openillumi]
  shifted by the global maximum (robustness)
    = -np.log(np.exp(x - x.max())[rows, y] / np.exp(x - x.max()).sum(1)).mean()
    Subtract each row's own maximum: a row far below the largest underflows. [crysx7 openillumi]
  log of a probability (robustness)
    = -np.log(probs[rows, y]).mean()
    log of a probability that underflowed is -inf: use z_y - log(sum(exp(z))). [jay]
  zero times log zero (robustness)
    = -(onehot * np.log(probs)).sum() / N
    0 * log(0) is nan when a wrong class underflows: pick the true class by index. [jax1023]
softmax_loss, dx
  not divided by N
    = probs - onehot
    The loss is a mean: divide dx by N. [so6527 mlfs135]
  label not subtracted
    = probs / N
    Subtract 1 at the true class. [~so4166]
  sign reversed
    = (onehot - probs) / N
    The sign is the other way round: p - 1 at the true class. [~so4166]
  divided by N C
    = (probs - onehot) / (N * C)
    Divide by N alone. [jax1023 simd1]
  divided by N twice
    = (probs - onehot) / N ** 2
    Divide by N once. [d2l1000 fetch1580]
  true class only
    = np.where(wrong, 0, probs - 1) / N
    All classes get a gradient, not the true one alone. [~so4166]
  true class zero
    = np.where(wrong, probs, 0) / N
    The true class gets p - 1, not 0. [~so4166]
  derivative in the probability
    = -onehot / np.where(wrong, 1, probs) / N
    That is the derivative with respect to the probability; the softmax's own Jacobian is missing.
      [~mlfs98]
  diagonal of the Jacobian
    = probs * (1 - probs) / N
    Only the diagonal of softmax's Jacobian, and no labels.
  softmax derivative twice
    = (probs - onehot) * probs * (1 - probs) / N
    p - 1 has the softmax's derivative in it already.
  not normalised
    = (np.exp(x0) - onehot) / N
    Use the normalised probabilities.
  probability subtracted
    = (probs - probs[rows, y][:, None]) / N
    Subtract 1 at the true class only.
  normalised over the batch
    = (np.exp(x0) / np.exp(x0).sum(0) - onehot) / N
    Normalise over the classes, axis 1. [nri25 aeq1]
  labels off by one
    = (probs - np.roll(onehot, 1, 1)) / N
    Labels count from 0: index with y, not y + 1. [~so4166]
"""

SOFTMAX = LayerSpec(
    name="softmax",
    forward="softmax_loss",
    backward=None,
    cases=_cases,
    differentiable=("x",),
    inputs={"softmax": "x: (N, C), y: labels(C)"},
    value="loss",
    reference=Reference(forward=losses.softmax, vjp=losses.softmax_gradient),
    batched=("x", "y"),
    adds_up=-1,
    readings=(
        Reading(name="exact", sentence="log p"),
        *(
            Reading(
                name=f"{guard.kind} {guard.eps:g}",
                sentence=guard.sentence,
                value=partial(_guarded, guard),
            )
            for guard in GUARDS
        ),
    ),
    ways=_WAYS,
    misconceptions=Misconceptions("softmax", _MISCONCEPTIONS),
    hints=Hints(factors=("x",)),
)
