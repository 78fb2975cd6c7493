"""An affine layer at every time step: x (N, T, D), w (D, M), b (M,)."""

from __future__ import annotations

from hypothesis import strategies as st

from reference import temporal

from ..spec.case import Case
from ..spec.hints import Hints
from ..spec.misconception import Misconceptions
from ..spec.row import LayerSpec, Purpose, Reference
from ..spec.values import SIDES, Values, batch_sizes, values
from ..spec.ways import Ways, sizes


def _make(v: Values, n: int, t: int, d: int, m: int) -> Case:
    args = {"x": v.array((n, t, d)), "w": v.tame((d, m)), "b": v.array((m,))}
    return Case(args=args, dout=v.upstream((n, t, m)), family=v.family)


def _cases(purpose: Purpose) -> st.SearchStrategy[Case] | None:
    if purpose is Purpose.KINK:
        return None
    return st.builds(_make, values(purpose), batch_sizes(purpose), SIDES, SIDES, SIDES)


_WAYS = Ways(
    arguments="x, w, b",
    given=sizes(x="N T", w="D M"),
    texts={
        "": (
            """
X = x.reshape(N * T, D)
flat = dout.reshape(N * T, M)
out = (X @ w).reshape(N, T, M) + b
dx = (flat @ w.T).reshape(N, T, D)
dw = X.T @ flat
db = flat.sum(0)
""",
            """
out = x @ w + b
dx = dout @ w.T
dw = np.einsum('ntd,ntm->dm', x, dout)
db = dout.sum((0, 1))
""",
        )
    },
)

_MISCONCEPTIONS = """
temporal_affine_forward, out
  bias missing
    = x @ w
    The bias is in the signature and must be added at every time step. [~dsbias]
  bias at the last step alone
    = x @ w + b * (np.arange(T)[:, None] == T - 1)
    Add b at every time step.
  bias for every step
    = x @ w + b * T
    Add b once to each row; do not sum it over time. [~rasbt5]
  time and examples exchanged
    = (x.transpose(1, 0, 2).reshape(N * T, D) @ w).reshape(N, T, M) + b
    Flatten and unflatten in one order: (N, T, D) to (N T, D) and back. [~fastai]
  time reversed
    = x[:, ::-1] @ w + b
    Time step t of out belongs to time step t of x.
  last step repeated
    = np.broadcast_to(x[:, -1:] @ w + b, (N, T, M))
    Each time step has an input of its own.
  averaged over time
    = np.broadcast_to(x.mean(1, keepdims=True) @ w + b, (N, T, M))
    Each time step is mapped on its own; do not average.
temporal_affine_backward, dx
  divided by N
    = dx / N
    The mean over the batch belongs to the loss; a layer sums. [~mxnet2427 ~d2l1000]
  divided by T
    = dx / T
    There is no mean over time in a layer.
  time and examples exchanged
    = (flat @ w.T).reshape(T, N, D).transpose(1, 0, 2)
    Flatten and unflatten in one order: (N T, D) is (N, T, D). [~fastai]
  time reversed
    = dx[:, ::-1]
    Time step t of dx belongs to time step t of dout.
  added up over time
    = np.cumsum(dx[:, ::-1], 1)[:, ::-1]
    Nothing flows from one time step to another here: this layer is no recurrence.
  w reshaped for transposed
    = dout @ w.reshape(M, D)
    w.reshape(M, D) has the shape of w.T and not its entries: use w.T. [~linnb]
  inverse for transpose
    = dout @ np.linalg.pinv(w)
    Going back through a product needs the transpose, not the inverse. [~fastai]
temporal_affine_backward, dw
  divided by N
    = dw / N
    The mean over the batch belongs to the loss; a layer sums. [~mxnet2427 ~d2l1000]
  divided by T
    = dw / T
    w is used at every time step: sum over them, do not average.
  divided by N T
    = dw / (N * T)
    Sum over examples and time steps, do not average. [~d2l1000]
  last step only
    = x[:, -1].T @ dout[:, -1]
    dw adds up all time steps: += in the loop, not =. [~mlpack3679]
  last example only
    = x[-1].T @ dout[-1]
    dw adds up all examples: += in the loop, not =. [~mlpack3679]
  x reshaped for transposed
    = X.reshape(D, N * T) @ flat
    reshape(D, N T) is not the transpose of reshape(N T, D). [~fastai]
  product of sums
    = np.einsum('nd,nm->dm', x.mean(1), dout.sum(1))
    Multiply at each time step, then add up; the product of sums is something else.
  transposed
    = dw.T
    dw has w's shape (D, M): x^T dout, not its transpose. [~linnb]
  weight decay
    = dw + w
    Weight decay belongs to the net's loss, not to the layer. [~pan231n]
temporal_affine_backward, db
  averaged
    = dout.mean((0, 1))
    Sum over examples and time steps, do not average. [~kvfrans5 ~dengfy1]
  divided by N
    = dout.sum((0, 1)) / N
    Sum over the examples; the mean is the loss's. [dengfy1 nnetnp1 ~kvfrans5]
  divided by T
    = dout.mean(1).sum(0)
    b is added at every time step: sum over them.
  summed over the examples alone
    = dout.sum(0)
    b is shared by all time steps as well: sum over axes 0 and 1. [aidot234 ~mlpack3679 ~nntr1202]
  summed over time alone
    = dout.sum(1)
    b is shared by all examples as well: sum over axes 0 and 1. [~mlpack3679]
  last step only
    = dout[:, -1].sum(0)
    db adds up all time steps: += in the loop, not =. [~mlpack3679]
  summed to a scalar
    = np.sum(dout)
    One number for all features: sum over axes 0 and 1 only. [~rasbt5]
"""

TEMPORAL_AFFINE = LayerSpec(
    name="temporal_affine",
    forward="temporal_affine_forward",
    backward="temporal_affine_backward",
    cases=_cases,
    differentiable=("x", "w", "b"),
    inputs={"temporal_affine": "x: (N, T, D), w: (D, M), b: (M,)"},
    reference=Reference(forward=temporal.affine_forward, vjp=temporal.affine_vjp),
    batched=("x",),
    laws={"linear": "x w"},
    ways=_WAYS,
    misconceptions=Misconceptions("temporal_affine", _MISCONCEPTIONS),
    hints=Hints(factors=("w", "b", "x", "dout")),
)
