"""Word embedding: out[n, t] = W[x[n, t]]; a word that occurs again adds to its row."""

from __future__ import annotations

from hypothesis import strategies as st

from reference import embedding

from ..spec.case import Case
from ..spec.hints import Hints
from ..spec.misconception import Misconceptions
from ..spec.row import LayerSpec, Purpose, Reference
from ..spec.values import SIDES, Values, batch_sizes, values
from ..spec.ways import Ways, sizes


def _make(v: Values, n: int, t: int, words: int, d: int) -> Case:
    some = v.rng.permutation(words)[: 1 + int(v.rng.integers(words))]  # the others are absent
    args = {"x": v.rng.choice(some, (n, t)), "W": v.array((words, d))}
    return Case(args=args, dout=v.upstream((n, t, d)), family=v.family)


def _cases(purpose: Purpose) -> st.SearchStrategy[Case] | None:
    if purpose is Purpose.KINK:
        return None
    words = st.sampled_from((1, 2, 3, 5, 8))
    return st.builds(_make, values(purpose), batch_sizes(purpose), SIDES, words, SIDES)


_WAYS = Ways(
    arguments="x, W",
    given=sizes(x="N T", W="V D"),
    texts={
        "": (
            """
out = W[x]
hot = np.eye(V)[x.reshape(N * T)]
rows = dout.reshape(N * T, D)
dW = hot.T @ rows
""",
            """
out = np.take(W, x, axis=0)
onehot = 1.0 * (x[:, :, None] == np.arange(V))
dW = np.einsum('ntv,ntd->vd', onehot, dout)
""",
        )
    },
)

_MISCONCEPTIONS = """
word_embedding_forward, out
  words counted from one
    = W[x - 1]
    Words count from 0: row x of W, not x - 1.
  summed over time
    = W[x].sum(1)
    Each word keeps a vector of its own: out is (N, T, D), no bag of words.
  averaged over time
    = np.broadcast_to(W[x].mean(1, keepdims=True), (N, T, D))
    Each word keeps a vector of its own; do not average over time.
  first word repeated
    = np.broadcast_to(W[x[:, :1]], (N, T, D))
    Every time step has a word of its own.
  time reversed
    = W[x[:, ::-1]]
    out[n, t] belongs to word x[n, t]: keep the order of time.
  scaled by the root of D
    = W[x] * np.sqrt(D)
    Looking a row up scales nothing.
  one-hot rows returned
    = np.eye(V)[x]
    Multiply the one-hot rows by W, or index W with x.
word_embedding_backward, dW
  repeated words overwritten
    = rows[N * T - 1 - hot[::-1].argmax(0)] * hot.any(0)[:, None]
    dW[x] += dout adds once for each word: use np.add.at, which adds for every time it occurs.
      [autograd39 autograd136 pytensor2242 mxnet9172 ~zerohero57]
  averaged over occurrences
    = dW / np.maximum(hot.sum(0), 1)[:, None]
    A word that occurs k times adds k gradients up; do not average. [~vqvae4]
  rows of the words used alone
    = dW[:x.max() + 1]
    dW has a row for every word of W, used or not: take its shape from W, not from x.
  every row gets all
    = np.broadcast_to(dout.sum((0, 1)), W.shape)
    Row v gets the gradients of the places where word v stands, no others.
  divided by N
    = dW / N
    The mean over the batch belongs to the loss; a layer sums. [~mxnet2427 ~d2l1000]
  divided by N T
    = dW / (N * T)
    Sum over examples and time; the mean belongs to the loss. [~d2l1000]
  last example only
    = np.einsum('tv,td->vd', onehot[-1], dout[-1])
    dW adds up all examples: += in the loop, not =. [~mlpack3679]
  last time step only
    = np.einsum('nv,nd->vd', onehot[:, -1], dout[:, -1])
    dW adds up all time steps: += in the loop, not =. [~mlpack3679]
  words counted from one
    = np.roll(dW, -1, 0)
    Words count from 0: the gradient of word x goes to row x.
  word zero left out
    = np.where(np.arange(V)[:, None] == 0, 0, dW)
    Word 0 is a word like any other here; the mask of the loss takes care of padding.
  weight decay
    = dW + W
    Weight decay belongs to the net's loss, not to the layer. [~pan231n]
  times W
    = dW * W
    The gradient of a copy is dout itself; W has no part in it.
"""

WORD_EMBEDDING = LayerSpec(
    name="word_embedding",
    forward="word_embedding_forward",
    backward="word_embedding_backward",
    cases=_cases,
    differentiable=("W",),
    inputs={"word_embedding": "x: integers(2, 3), W: (6, 4)"},
    reference=Reference(forward=embedding.forward, vjp=embedding.vjp),
    batched=("x",),
    laws={"linear": "W"},
    ways=_WAYS,
    misconceptions=Misconceptions("word_embedding", _MISCONCEPTIONS),
    hints=Hints(factors=("W", "dout")),
)
