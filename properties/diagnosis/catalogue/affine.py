"""Affine layer: the bias, transposes, reshapes and the sum over the batch."""

from __future__ import annotations

from ...judge.mismatch import Kind
from ..misconception import Group, Misconception

_out = Group(layer="affine", function="affine_forward", argument="out")
_dx = Group(layer="affine", function="affine_backward", argument="dx")
_dw = Group(layer="affine", function="affine_backward", argument="dw")
_db = Group(layer="affine", function="affine_backward", argument="db")

MISCONCEPTIONS: tuple[Misconception, ...] = (
    _out(
        "bias missing",
        "X @ w",
        "The bias is in the signature and must be added to every row.",
        "~dsbias",
    ),
    _out(
        "bias times N",
        "X @ w + b * N",
        "Add b once to each row; do not sum it over the batch.",
        "~rasbt5",
    ),
    _out(
        "rows of the wrong reshape",
        "x.reshape(D, N).T @ w + b",
        ("reshape(D, N).T mixes the examples: flatten each example with reshape(N, -1)."),
        "~fastai",
    ),
    _out(
        "flattened in Fortran order",
        "x.reshape(N, -1, order='F') @ w + b",
        "w's rows follow C order: use reshape(N, -1), without order='F' and without swapped axes.",
    ),
    _out(
        "bias averaged",
        "X @ w + b.mean()",
        "b has one entry for each output feature; do not average it.",
        "~rasbt5",
    ),
    _out(
        "bias subtracted",
        "X @ w - b",
        "Look at the sign of the bias.",
    ),
    _dx(
        "left flat",
        "(dout @ w.T).reshape(N, -1)",
        "dx has the shape of x: reshape it back at the end.",
        "~fastai",
    ),
    _dx(
        "reshaped as a transpose",
        "(dout @ w.T).reshape(D, N).T.reshape(x.shape)",
        "A reshape is not a transpose: (N, D) goes back to x.shape directly.",
        "~fastai",
    ),
    _dx(
        "reshaped in Fortran order",
        "(dout @ w.T).reshape(x.shape, order='F')",
        "Reshape back in the order in which you flattened.",
    ),
    _dx(
        "divided by N",
        "(dout @ w.T).reshape(x.shape) / N",
        "The mean over the batch belongs to the loss; a layer sums.",
        "~mxnet2427",
        "~d2l1000",
    ),
    _dx(
        "inverse for transpose",
        "(dout @ np.linalg.pinv(w)).reshape(x.shape)",
        "Going back through a product needs the transpose, not the inverse.",
        "~fastai",
    ),
    _dx(
        "w reshaped for transposed",
        "(dout @ w.reshape(M, D)).reshape(x.shape)",
        "w.reshape(M, D) has the shape of w.T and not its entries: use w.T.",
        "~linnb",
    ),
    _dx(
        "sign reversed",
        "-(dout @ w.T).reshape(x.shape)",
        "The gradient has no minus sign; descent subtracts it later.",
    ),
    _dx(
        "sign of dout",
        "(np.sign(dout) @ w.T).reshape(x.shape)",
        "Use dout itself, not only its sign.",
    ),
    _dw(
        "divided by N",
        "X.T @ dout / N",
        "The mean over the batch belongs to the loss; a layer sums.",
        "mxnet2427",
        "~d2l1000",
    ),
    _dw(
        "x reshaped for transposed",
        "x.reshape(D, N) @ dout",
        "reshape(D, N) is not the transpose of reshape(N, D).",
        "~fastai",
    ),
    _dw(
        "flattened in Fortran order",
        "x.reshape(N, -1, order='F').T @ dout",
        "Flatten x in the backward pass as in the forward pass.",
    ),
    _dw(
        "weight decay",
        "X.T @ dout + w",
        "Weight decay belongs to the net's loss, not to the layer.",
        "~pan231n",
    ),
    _dw(
        "doubled",
        "2 * X.T @ dout",
        "A product with w gives no factor 2.",
        "ng10",
    ),
    _dw(
        "product of means",
        "X.mean(0)[:, None] * dout.sum(0)[None]",
        ("The mean of products is not the product of means: sum over examples after multiplying."),
    ),
    _dw(
        "last example only",
        "X[-1][:, None] * dout[-1][None]",
        "dw adds up all examples; += in the loop, not =.",
        "~mlpack3679",
    ),
    _dw(
        "transposed",
        "(dout.T @ X)",
        "dw has w's shape (D, M): x^T dout, not its transpose.",
        "~linnb",
    ),
    _db(
        "not summed",
        "dout",
        ("b is shared by all rows, so its gradient is the sum of dout over the batch."),
        "mlpack3679",
        "dsbias",
    ),
    _db(
        "averaged",
        "dout.mean(0)",
        "Sum over the batch, do not average: the 1/N is in dout already.",
        "kvfrans5",
    ),
    _db(
        "summed to a scalar",
        "np.sum(dout)",
        "One number for all features: sum over axis 0 only.",
        "rasbt5",
    ),
    _db(
        "summed over features",
        "dout.sum(1)",
        "Axis 1 runs over features; the batch is axis 0.",
        "dl4j364",
    ),
    _db(
        "averaged times four",
        "4 * dout.mean(0)",
        "db is the plain sum over the batch.",
        "ng10",
    ),
    _db(
        "summed dw",
        "(X.T @ dout).sum(0)",
        "db is the sum of dout over the batch; the input x has no part in it.",
        "nlp62",
    ),
    _db(
        "last example only",
        "dout[-1]",
        "db adds up all examples; += in the loop, not =.",
        "~mlpack3679",
    ),
    _db(
        "weight decay",
        "dout.sum(0) + b",
        "Biases are not regularised, and not in the layer.",
    ),
    _db(
        "kept dimension",
        "dout.sum(0, keepdims=True)",
        "db has the shape of b, (M,); yours is (1, M).",
        "~dsbias",
        kind=Kind.CONVENTION,
    ),
    _db(
        "squeezed",
        "np.squeeze(dout.sum(0, keepdims=True)) if M == 1 else dout.sum(0)[None]",
        ("np.squeeze makes a scalar of db when M = 1; sum over axis 0 without keepdims."),
    ),
)
