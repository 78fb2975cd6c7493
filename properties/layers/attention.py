"""Multi-head self-attention: heads of neighbouring columns, joined again and multiplied by Wo."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from reference import attention

from ..spec.case import Case
from ..spec.hints import Circumstance, Hints
from ..spec.misconception import Misconceptions
from ..spec.row import LayerSpec, Purpose, Reference
from ..spec.values import Values, batch_sizes, values
from ..spec.ways import Ways, sizes

# Time steps, heads, width of a head: T differs from the width, or axes could be exchanged unseen.
_SIZES = st.sampled_from(((3, 2, 2), (2, 1, 3), (1, 2, 1), (4, 3, 1), (2, 2, 3), (5, 1, 2)))
_WEIGHTS = ("Wq", "Wk", "Wv", "Wo")


def _make(v: Values, n: int, sizes: tuple[int, int, int]) -> Case:
    t, heads, width = sizes
    d = heads * width
    args: dict[str, Any] = {
        "x": v.array((n, t, d)),
        **{name: v.tame((d, d)) * 0.5 for name in _WEIGHTS},
    }
    args |= {"n_heads": heads, "causal": bool(v.choice(0, 1))}
    return Case(args=args, dout=v.upstream((n, t, d)), family=v.family)


def _cases(purpose: Purpose) -> st.SearchStrategy[Case] | None:
    if purpose in (Purpose.KINK, Purpose.INTEGER):
        return None
    return st.builds(_make, values(purpose, smooth=("normal",)), batch_sizes(purpose), _SIZES)


_WAYS = Ways(
    arguments="x, Wq, Wk, Wv, Wo, n_heads, causal",
    given=sizes(x="N T D")
    + """
h = n_heads
w = D // n_heads
hidden = np.triu(np.ones((T, T), bool), 1) if causal else np.zeros((T, T), bool)
X = x.reshape(N * T, D)
""",
    texts={
        "": (
            """
Q = (x @ Wq).reshape(N, T, h, w).transpose(0, 2, 1, 3)
K = (x @ Wk).reshape(N, T, h, w).transpose(0, 2, 1, 3)
V = (x @ Wv).reshape(N, T, h, w).transpose(0, 2, 1, 3)
s = Q @ K.swapaxes(-1, -2) / np.sqrt(w)
masked = np.where(hidden, -np.inf, s)
e = np.exp(masked - masked.max(-1, keepdims=True))
p = e / e.sum(-1, keepdims=True)
heads = p @ V
joined = heads.transpose(0, 2, 1, 3).reshape(N, T, D)
out = joined @ Wo
dWo = joined.reshape(N * T, D).T @ dout.reshape(N * T, D)
dheads = (dout @ Wo.T).reshape(N, T, h, w).transpose(0, 2, 1, 3)
dV = p.swapaxes(-1, -2) @ dheads
dp = dheads @ V.swapaxes(-1, -2)
ds = p * (dp - (dp * p).sum(-1, keepdims=True))
dQ = ds @ K / np.sqrt(w)
dK = ds.swapaxes(-1, -2) @ Q / np.sqrt(w)
dq = dQ.transpose(0, 2, 1, 3).reshape(N, T, D)
dk = dK.transpose(0, 2, 1, 3).reshape(N, T, D)
dv = dV.transpose(0, 2, 1, 3).reshape(N, T, D)
dx = dq @ Wq.T + dk @ Wk.T + dv @ Wv.T
dWq = X.T @ dq.reshape(N * T, D)
dWk = X.T @ dk.reshape(N * T, D)
dWv = X.T @ dv.reshape(N * T, D)
""",
        )
    },
)

_MISCONCEPTIONS = """
attention_forward, out
  output weights missing
    = joined
    The joined heads are multiplied by Wo. [kyubyong117 translob4 d2l439]
  scaled by the model's width
    = (lambda z: (z / z.sum(-1, keepdims=True) @ V).transpose(0, 2, 1, 3).reshape(N, T, D) @ Wo)(
      np.exp((masked - masked.max(-1, keepdims=True)) * np.sqrt(w / D)))
    The scores are divided by the root of a head's width, not of D. [vit65 nglecture6 jadore42
      dfdx171 vitcifar11]
  not scaled
    = (lambda z: (z / z.sum(-1, keepdims=True) @ V).transpose(0, 2, 1, 3).reshape(N, T, D) @ Wo)(
      np.exp((masked - masked.max(-1, keepdims=True)) * np.sqrt(w)))
    The scores are divided by the root of a head's width. [minf69]
  heads joined without moving the axes
    = heads.reshape(N, T, D) @ Wo
    Bring the heads next to their columns before they are joined: transpose(0, 2, 1, 3). [jsbaan6
      jadore7 chtext10]
  mask ignored
    = (lambda z: (z / z.sum(-1, keepdims=True) @ V).transpose(0, 2, 1, 3).reshape(N, T, D) @ Wo)(
      np.exp(s - s.max(-1, keepdims=True)))
    With causal, a step does not see later ones. [~decision30]
  sees one step ahead
    = (lambda z: (z / z.sum(-1, keepdims=True) @ V).transpose(0, 2, 1, 3).reshape(N, T, D) @
      Wo)(np.exp(s - s.max(-1, keepdims=True)) * (~hidden | np.eye(T, k=1, dtype=bool)))
    With causal, step t sees steps up to t: hide what lies above the diagonal, np.triu(ones, 1).
      [~tlens284]
  earlier steps hidden
    = (lambda z: (z / z.sum(-1, keepdims=True) @ V).transpose(0, 2, 1, 3).reshape(N, T, D) @
      Wo)(np.exp(s - s.max(-1, keepdims=True)) * ~hidden.T)
    With causal, a step sees the earlier ones, not the later ones: the mask is transposed.
      [~nanogpt170]
  softmax over the queries
    = (lambda z: (z / np.maximum(z.sum(-2, keepdims=True), 1e-300) @ V).transpose(0, 2, 1,
      3).reshape(N, T, D) @ Wo)(np.exp(masked - s.max(-2, keepdims=True)))
    The weights of a query add up to 1 over the keys: the last axis. [labml282 nermin1]
  heads cut without moving the axes
    = (lambda q, k, v: (lambda z: (z / z.sum(-1, keepdims=True) @ v).transpose(0, 2, 1,
      3).reshape(N, T, D) @ Wo)(np.exp(np.where(hidden, -np.inf, q @ k.swapaxes(-1, -2) /
      np.sqrt(w)))))((x @ Wq).reshape(N, h, T, w), (x @ Wk).reshape(N, h, T, w), (x @ Wv).reshape(N,
      h, T, w))
    Cut the columns into heads first, reshape(N, T, h, w), then move the axis. [fuxi30 hyun15]
  interleaved heads
    = (lambda q, k, v: (lambda z: (z / z.sum(-1, keepdims=True) @ v).transpose(0, 2, 3,
      1).reshape(N, T, D) @ Wo)(np.exp(np.where(hidden, -np.inf, q @ k.swapaxes(-1, -2) /
      np.sqrt(w)))))((x @ Wq).reshape(N, T, w, h).transpose(0, 3, 1, 2), (x @ Wk).reshape(N, T, w,
      h).transpose(0, 3, 1, 2), (x @ Wv).reshape(N, T, w, h).transpose(0, 3, 1, 2))
    A head is made of neighbouring columns: reshape(N, T, h, w), not (N, T, w, h).
  interleaved heads joined one after the other
    = (lambda q, k, v: (lambda z: (z / z.sum(-1, keepdims=True) @ v).transpose(0, 2, 1,
      3).reshape(N, T, D) @ Wo)(np.exp(np.where(hidden, -np.inf, q @ k.swapaxes(-1, -2) /
      np.sqrt(w)))))((x @ Wq).reshape(N, T, w, h).transpose(0, 3, 1, 2), (x @ Wk).reshape(N, T, w,
      h).transpose(0, 3, 1, 2), (x @ Wv).reshape(N, T, w, h).transpose(0, 3, 1, 2))
    A head is made of neighbouring columns: i * w to (i + 1) * w, not every h-th one.
  queries for keys
    = (lambda z: (np.exp(z) / np.exp(z).sum(-1, keepdims=True) @ V).transpose(0, 2, 1, 3).reshape(N,
      T, D) @ Wo)(np.where(hidden, -1e9, s.swapaxes(-1, -2)))
    The rows of the scores belong to the queries: Q Kᵀ.
attention_backward, dx
  path of the queries missing
    = dk @ Wk.T + dv @ Wv.T
    x comes three times: as queries, keys and values.
  path of the keys missing
    = dq @ Wq.T + dv @ Wv.T
    x comes three times: as queries, keys and values.
  path of the values missing
    = dq @ Wq.T + dk @ Wk.T
    x comes three times: as queries, keys and values.
  weights not transposed
    = dq @ Wq + dk @ Wk + dv @ Wv
    The weights are square, so a forgotten transpose does not raise: dq Wqᵀ.
  heads joined without moving the axes
    = dQ.reshape(N, T, D) @ Wq.T + dK.reshape(N, T, D) @ Wk.T + dV.reshape(N, T, D) @ Wv.T
    Bring the heads next to their columns before they are joined: transpose(0, 2, 1, 3). [~jsbaan6]
  diagonal of softmax's Jacobian
    = (lambda z: (z @ K / np.sqrt(w)).transpose(0, 2, 1, 3).reshape(N, T, D) @ Wq.T +
      (z.swapaxes(-1, -2) @ Q / np.sqrt(w)).transpose(0, 2, 1, 3).reshape(N, T, D) @ Wk.T)(p * (1 -
      p) * dp) + dv @ Wv.T
    Each weight depends on every score of its row: ds = p * (dp - (dp * p).sum(-1)). [~nd4j440
      ~axon12]
  row sum of softmax's Jacobian missing
    = (lambda z: (z @ K / np.sqrt(w)).transpose(0, 2, 1, 3).reshape(N, T, D) @ Wq.T +
      (z.swapaxes(-1, -2) @ Q / np.sqrt(w)).transpose(0, 2, 1, 3).reshape(N, T, D) @ Wk.T)(p * dp) +
      dv @ Wv.T
    Each weight depends on every score of its row: ds = p * (dp - (dp * p).sum(-1)). [~odyssey2134]
  scores not scaled
    = np.sqrt(w) * (dq @ Wq.T + dk @ Wk.T) + dv @ Wv.T
    The scores were divided by the root of a head's width: so is their gradient. [~minf69]
  divided by N
    = dx / N
    No average in a layer. [~d2l1000]
attention_backward, dWq
  heads joined without moving the axes
    = X.T @ dQ.reshape(N * T, D)
    Bring the heads next to their columns before they are joined: transpose(0, 2, 1, 3). [~jsbaan6]
  not scaled
    = X.T @ dq.reshape(N * T, D) * np.sqrt(w)
    The scores were divided by the root of a head's width: so is their gradient. [~minf69]
  transposed
    = dq.reshape(N * T, D).T @ X
    The weights are square, so the transpose does not raise: Xᵀ dq.
  keys for queries
    = X.T @ dk.reshape(N * T, D)
    That is the gradient of Wk.
attention_backward, dWk
  heads joined without moving the axes
    = X.T @ dK.reshape(N * T, D)
    Bring the heads next to their columns before they are joined: transpose(0, 2, 1, 3). [~jsbaan6]
  not scaled
    = X.T @ dk.reshape(N * T, D) * np.sqrt(w)
    The scores were divided by the root of a head's width: so is their gradient. [~minf69]
  transposed
    = dk.reshape(N * T, D).T @ X
    The weights are square, so the transpose does not raise: Xᵀ dk.
  queries for keys
    = X.T @ dq.reshape(N * T, D)
    That is the gradient of Wq.
attention_backward, dWv
  heads joined without moving the axes
    = X.T @ dV.reshape(N * T, D)
    Bring the heads next to their columns before they are joined: transpose(0, 2, 1, 3). [~jsbaan6]
  transposed
    = dv.reshape(N * T, D).T @ X
    The weights are square, so the transpose does not raise: Xᵀ dv.
  scaled
    = X.T @ dv.reshape(N * T, D) / np.sqrt(w)
    The values are not scaled.
attention_backward, dWo
  input for the joined heads
    = X.T @ dout.reshape(N * T, D)
    Wo multiplies the joined heads, not x.
  transposed
    = dout.reshape(N * T, D).T @ joined.reshape(N * T, D)
    The weights are square, so the transpose does not raise: joinedᵀ dout.
  heads not moved back
    = heads.reshape(N * T, D).T @ dout.reshape(N * T, D)
    Wo multiplies the joined heads: move their axis first.
"""

ATTENTION = LayerSpec(
    name="attention",
    forward="attention_forward",
    backward="attention_backward",
    cases=_cases,
    differentiable=("x", *_WEIGHTS),
    reference=Reference(forward=attention.attention, vjp=attention.attention_vjp),
    batched=("x",),
    laws={"causal": "x", "permuted": "x out"},
    ways=_WAYS,
    misconceptions=Misconceptions("attention", _MISCONCEPTIONS),
    hints=Hints(
        circumstances=(
            Circumstance(
                name="a causal mask",
                holds=lambda case: case.args["causal"],
                look="step t sees the steps up to t, itself among them, and no later one.",
            ),
            Circumstance(
                name="more than one head",
                holds=lambda case: case.args["n_heads"] > 1,
                look="look at how the columns are cut into heads, and at what each head is given.",
            ),
        )
    ),
)
