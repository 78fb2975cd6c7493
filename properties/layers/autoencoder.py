"""Linear autoencoder with tied weights: L(W) = ½ ‖WᵀWx − x‖²."""

from __future__ import annotations

from hypothesis import strategies as st

from reference import autoencoder

from ..spec.case import Case
from ..spec.hints import Hints
from ..spec.misconception import Misconceptions
from ..spec.row import LayerSpec, Purpose, Reference
from ..spec.values import Values, batch_sizes, values
from ..spec.ways import Ways, sizes

_SIZES = st.sampled_from(((1, 2), (2, 3), (1, 4), (2, 5), (3, 4), (3, 7)))


def _make(v: Values, n: int | None, sizes: tuple[int, int]) -> Case:
    m, features = sizes
    shape = (features,) if n is None else (n, features)
    return Case(args={"W": v.array((m, features)), "x": v.array(shape)}, family=v.family)


def _cases(purpose: Purpose) -> st.SearchStrategy[Case] | None:
    if purpose in (Purpose.KINK, Purpose.EXTREME):
        return None
    batch = batch_sizes(purpose)
    if purpose is not Purpose.EMPTY:
        batch = st.one_of(st.none(), batch)
    return st.builds(_make, values(purpose), batch, _SIZES)


_WAYS = Ways(
    arguments="W, x",
    given=sizes(W="m n"),
    texts={
        "one example": (
            """
xv = x
h = W @ xv
xh = W.T @ h
a = xh - xv
loss = 0.5 * (a ** 2).sum()
dW = np.outer(W @ a, xv) + np.outer(h, a)
""",
        ),
        "batch": (
            """
XB = x
N = len(XB)
H = XB @ W.T
XH = H @ W
A = XH - XB
loss = 0.5 * (A ** 2).sum()
dW = (A @ W.T).T @ XB + H.T @ A
""",
        ),
    },
    kind="'batch' if x.ndim == 2 else 'one example'",
)

_MISCONCEPTIONS = """
autoencoder_loss, dW (one example)
  path through W transposed only
    = np.outer(h, a)
    Only the path through W^T: W is used twice, add both. [ae310 ae239]
  path through W only
    = np.outer(W @ a, xv)
    Only the path through W: W is used twice, add both. [ae310 ae239]
  doubled
    = 2 * (np.outer(h, a) + np.outer(W @ a, xv))
    The 1/2 of the loss cancels the 2 of the square. [~quickmat]
  path through W transposed doubled
    = 2 * np.outer(h, a)
    The two paths are different: doubling one is not adding the other. [~torchag165 ~ae452]
  path through W doubled
    = 2 * np.outer(W @ a, xv)
    The two paths are different: doubling one is not adding the other. [~ae452]
  averaged paths
    = (np.outer(h, a) + np.outer(W @ a, xv)) / 2
    Total derivative: add the paths, do not average them. [~ae239]
  difference of paths
    = np.outer(h, a) - np.outer(W @ a, xv)
    Both paths have the same sign.
  sign reversed
    = -(np.outer(h, a) + np.outer(W @ a, xv))
    The residual is W^T W x - x, not x - W^T W x.
  factors crossed
    = np.outer(W @ a, a) + np.outer(h, xv)
    The factors are crossed: W a x^T and W x a^T.
  decoder skipped
    = np.outer(h, a) + np.outer(h, xv)
    The path through W goes back through W^T first: W a.
  reconstruction for residual
    = np.outer(h, xh) + np.outer(W @ xh, xv)
    Send back the residual, not the reconstruction.
  wrong transposed path
    = np.outer(W @ a, xv) + np.outer(W @ a, xh)
    The path through W^T is W x a^T.
  paths multiplied
    = W @ (np.outer(a, xv) @ np.outer(xv, a))
    The two outer products are added, not multiplied. [~ae310]
  divided by n
    = (np.outer(h, a) + np.outer(W @ a, xv)) / n
    The loss is a sum over features, not a mean.
  x missing
    = 2 * W @ (W.T @ W - np.eye(n))
    x is missing: that is another loss. [~ae310]
  transposed
    = (np.outer(a, h) + np.outer(xv, W @ a))
    That is the derivative with respect to W^T; transpose it to W's shape. [ae310]
autoencoder_loss, loss (one example)
  half missing
    = (a ** 2).sum()
    The loss has a 1/2.
  root taken
    = 0.5 * np.sqrt((a ** 2).sum())
    The norm is squared. [~quickmat]
  averaged
    = 0.5 * (a ** 2).mean()
    Add up the features, do not average.
  sum before square
    = 0.5 * a.sum() ** 2
    Square first, then add.
  inverse for transpose
    = 0.5 * ((np.linalg.pinv(W) @ W @ xv - xv) ** 2).sum()
    The decoder is W^T, not W's inverse. [~morvan65]
autoencoder_loss, loss (batch)
  averaged
    = 0.5 * (A ** 2).sum() / len(XB)
    A batch adds up its losses; the contract has no mean. [~jax3113]
autoencoder_loss, dW (batch)
  path through W transposed only
    = H.T @ A
    Only the path through W^T. [~ae239]
  averaged
    = (H.T @ A + W @ A.T @ XB) / len(XB)
    A batch adds up its gradients. [~mxnet2427]
  sums multiplied
    = np.outer(H.sum(0), A.sum(0)) + np.outer(W @ A.sum(0), XB.sum(0))
    Sum the outer products over the batch, not their factors.
"""

AUTOENCODER = LayerSpec(
    name="autoencoder",
    forward="autoencoder_loss",
    backward=None,
    cases=_cases,
    differentiable=("W",),
    inputs={
        "autoencoder": "W: (m, m + n), x: (m + n,)",
        "autoencoder_batch": "W: (m, m + n), x: (N, m + n)",
    },
    value="loss",
    reference=Reference(forward=autoencoder.loss, vjp=autoencoder.gradient),
    adds_up=1,
    ways=_WAYS,
    misconceptions=Misconceptions("autoencoder", _MISCONCEPTIONS),
    hints=Hints(factors=("W",), examples="x"),
)
