"""Affine layer: out = flatten(x) w + b."""

from __future__ import annotations

from hypothesis import strategies as st

from reference import affine

from ..spec.case import Case
from ..spec.hints import Hints
from ..spec.misconception import Misconceptions
from ..spec.row import LayerSpec, Purpose, Reference
from ..spec.values import SIDES, TRAILING, Values, batch_sizes, values
from ..spec.ways import Ways, sizes


def make(v: Values, n: int, trailing: tuple[int, ...], m: int) -> Case:
    d = 1
    for side in trailing:
        d *= side
    args = {"x": v.array((n, *trailing)), "w": v.tame((d, m)), "b": v.array((m,))}
    return Case(args=args, dout=v.upstream((n, m)), family=v.family)


def cases(purpose: Purpose) -> st.SearchStrategy[Case] | None:
    if purpose is Purpose.KINK:
        return None
    return st.builds(make, values(purpose), batch_sizes(purpose), TRAILING, SIDES)


_WAYS = Ways(
    arguments="x, w, b",
    given=sizes(x="N", w="D M"),
    texts={
        "": (
            """
X = x.reshape(N, D)
out = X @ w + b
dx = (dout @ w.T).reshape(x.shape)
dw = X.T @ dout
db = dout.sum(0)
""",
        )
    },
)

_MISCONCEPTIONS = """
affine_forward, out
  bias missing
    = X @ w
    The bias is in the signature and must be added to every row. [~dsbias]
  bias times N
    = X @ w + b * N
    Add b once to each row; do not sum it over the batch. [~rasbt5]
  rows of the wrong reshape
    = x.reshape(D, N).T @ w + b
    reshape(D, N).T mixes the examples: flatten each example with reshape(N, -1). [~fastai]
  flattened in Fortran order
    = x.reshape(N, -1, order='F') @ w + b
    w's rows follow C order: use reshape(N, -1), without order='F' and without swapped axes.
  bias averaged
    = X @ w + b.mean()
    b has one entry for each output feature; do not average it. [~rasbt5]
  bias subtracted
    = X @ w - b
    Look at the sign of the bias.
affine_backward, dx
  left flat
    = (dout @ w.T).reshape(N, -1)
    dx has the shape of x: reshape it back at the end. [~fastai]
  reshaped as a transpose
    = (dout @ w.T).reshape(D, N).T.reshape(x.shape)
    A reshape is not a transpose: (N, D) goes back to x.shape directly. [~fastai]
  reshaped in Fortran order
    = (dout @ w.T).reshape(x.shape, order='F')
    Reshape back in the order in which you flattened.
  divided by N
    = (dout @ w.T).reshape(x.shape) / N
    The mean over the batch belongs to the loss; a layer sums. [~mxnet2427 ~d2l1000]
  inverse for transpose
    = (dout @ np.linalg.pinv(w)).reshape(x.shape)
    Going back through a product needs the transpose, not the inverse. [~fastai]
  w reshaped for transposed
    = (dout @ w.reshape(M, D)).reshape(x.shape)
    w.reshape(M, D) has the shape of w.T and not its entries: use w.T. [~linnb]
  sign reversed
    = -(dout @ w.T).reshape(x.shape)
    The gradient has no minus sign; descent subtracts it later.
  sign of dout
    = (np.sign(dout) @ w.T).reshape(x.shape)
    Use dout itself, not only its sign.
affine_backward, dw
  divided by N
    = X.T @ dout / N
    The mean over the batch belongs to the loss; a layer sums. [mxnet2427 ~d2l1000]
  x reshaped for transposed
    = x.reshape(D, N) @ dout
    reshape(D, N) is not the transpose of reshape(N, D). [~fastai]
  flattened in Fortran order
    = x.reshape(N, -1, order='F').T @ dout
    Flatten x in the backward pass as in the forward pass.
  weight decay
    = X.T @ dout + w
    Weight decay belongs to the net's loss, not to the layer. [~pan231n]
  doubled
    = 2 * X.T @ dout
    A product with w gives no factor 2. [ng10]
  product of means
    = X.mean(0)[:, None] * dout.sum(0)[None]
    The mean of products is not the product of means: sum over examples after multiplying.
  last example only
    = X[-1][:, None] * dout[-1][None]
    dw adds up all examples; += in the loop, not =. [~mlpack3679]
  transposed
    = (dout.T @ X)
    dw has w's shape (D, M): x^T dout, not its transpose. [~linnb]
affine_backward, db
  not summed
    = dout
    b is shared by all rows, so its gradient is the sum of dout over the batch. [mlpack3679 dsbias]
  averaged
    = dout.mean(0)
    Sum over the batch, do not average: the 1/N is in dout already. [kvfrans5]
  summed to a scalar
    = np.sum(dout)
    One number for all features: sum over axis 0 only. [rasbt5]
  summed over features
    = dout.sum(1)
    Axis 1 runs over features; the batch is axis 0. [dl4j364]
  averaged times four
    = 4 * dout.mean(0)
    db is the plain sum over the batch. [ng10]
  summed dw
    = (X.T @ dout).sum(0)
    db is the sum of dout over the batch; the input x has no part in it. [nlp62]
  last example only
    = dout[-1]
    db adds up all examples; += in the loop, not =. [~mlpack3679]
  weight decay
    = dout.sum(0) + b
    Biases are not regularised, and not in the layer.
  kept dimension (convention)
    = dout.sum(0, keepdims=True)
    db has the shape of b, (M,); yours is (1, M). [~dsbias]
  squeezed
    = np.squeeze(dout.sum(0, keepdims=True)) if M == 1 else dout.sum(0)[None]
    np.squeeze makes a scalar of db when M = 1; sum over axis 0 without keepdims.
"""

AFFINE = LayerSpec(
    name="affine",
    forward="affine_forward",
    backward="affine_backward",
    cases=cases,
    differentiable=("x", "w", "b"),
    inputs={"affine": "x: (N, d1, d2), w: (d1 * d2, M), b: (M,)"},
    reference=Reference(forward=affine.forward, vjp=affine.vjp),
    batched=("x",),
    ways=_WAYS,
    misconceptions=Misconceptions("affine", _MISCONCEPTIONS),
    hints=Hints(factors=("w", "b", "x", "dout")),
)
