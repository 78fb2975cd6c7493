"""Max pooling: the largest entry of each window; at ties any winner may have the gradient."""

from __future__ import annotations

import math

from hypothesis import strategies as st

from reference import pooling

from ..spec.case import Case
from ..spec.misconception import Misconceptions
from ..spec.row import Kinks, LayerSpec, Purpose, Reference
from ..spec.values import Floats, Values, batch_sizes, values
from ..spec.ways import Ways, sizes
from .windows import CHANNELS, PLACES, STRIDES, WINDOWS, Geometry, Pair, pooling_hints, renamed


def apart(v: Values, shape: tuple[int, ...]) -> Floats:
    """Values of which no two are closer than a quarter: no step changes a winner."""
    size = math.prod(shape)
    return (v.rng.permutation(size).reshape(shape) - size // 2) / 4.0 + 0.125


def make(
    purpose: Purpose, v: Values, n: int, c: int, places: Pair, window: Pair, stride: int
) -> Case:
    geometry = Geometry(places, window, stride, pad=0)
    sides, _ = geometry.image()
    x = (apart if purpose is Purpose.SMOOTH else Values.array)(v, (n, c, *sides))
    args = {"x": x, "pool_param": geometry.pool_param()}
    return Case(args=args, dout=v.upstream((n, c, *places)), family=v.family)


def batch(purpose: Purpose) -> tuple[st.SearchStrategy[int], st.SearchStrategy[int]]:
    """Examples and channels: few at a kink, where the entries are moved one by one."""
    few = st.integers(1, 2)
    return (few, few) if purpose is Purpose.KINK else (batch_sizes(purpose), CHANNELS)


# A byte does not count their places.
_LONG = st.sampled_from(((4, 70), (70, 4)))


def _cases(purpose: Purpose) -> st.SearchStrategy[Case]:
    given = st.just(purpose)
    drawn = values(purpose)
    usual = st.builds(make, given, drawn, *batch(purpose), PLACES, WINDOWS, STRIDES)
    if purpose is not Purpose.ORDINARY:
        return usual
    one = st.just(1)
    return st.one_of(*[usual] * 15, st.builds(make, given, drawn, one, one, PLACES, _LONG, one))


_WINDOWS = """
each = np.lib.stride_tricks.sliding_window_view(x, (HH, WW), (2, 3))
windows = each[:, :, ::stride, ::stride]
out = windows.max((4, 5))
"""
_SCATTERED = """
rows = 1.0 * (stride * np.arange(H2)[:, None, None] + np.arange(HH)[:, None] == np.arange(H))
columns = 1.0 * (stride * np.arange(W2)[:, None, None] + np.arange(WW)[:, None] == np.arange(W))
dx = np.einsum('ncpq,ncpqij,pih,qjw->nchw', dout, share, rows, columns)
"""
_WINNER = """
flat = windows.reshape(N, C, H2, W2, HH * WW)
winner = flat.argmax(4)
"""

WAYS = Ways(
    arguments="x, pool_param",
    given=sizes(x="N C H W")
    + """
HH = pool_param['pool_height']
WW = pool_param['pool_width']
stride = pool_param['stride']
H2 = 1 + (H - HH) // stride
W2 = 1 + (W - WW) // stride
""",
    texts={
        "": (
            f"""{_WINDOWS}{_WINNER}
share = np.eye(HH * WW)[winner].reshape(N, C, H2, W2, HH, WW)
{_SCATTERED}""",
            f"""{_WINDOWS}
wins = windows == out[..., None, None]
share = wins / wins.sum((4, 5), keepdims=True)
{_SCATTERED}""",
            f"""{_WINDOWS}{_WINNER}
row = stride * np.arange(H2)[:, None] + winner // WW
column = stride * np.arange(W2) + winner % WW
place = (np.arange(N * C).reshape(N, C, 1, 1) * H + row) * W + column
dx = np.bincount(place.ravel(), dout.ravel(), N * C * H * W).reshape(x.shape)
""",
        )
    },
)

TEXT = """
max_pool_forward_naive, out
  average pooling
    = windows.mean((4, 5))
    That is average pooling; here the largest entry of each window is wanted.
  minimum
    = windows.min((4, 5))
    Take the largest entry, not the smallest.
  started at zero
    = np.maximum(out, 0)
    A maximum that starts at 0 hides windows that are negative everywhere: start at -inf. [tfjs4854
      onednn1677]
  largest size
    = np.abs(windows).max((4, 5))
    Take the largest entry, not the largest absolute value.
  stride ignored
    = each[:, :, :H2, :W2].max((4, 5))
    Window p starts at p * stride, not at p. [~enggen7]
  stride for the window
    = np.lib.stride_tricks.sliding_window_view(np.pad(x, ((0, 0), (0, 0), (0, stride), (0,
      stride)), 'constant', constant_values=-np.inf), (stride, stride), (2, 3))[:, :, ::stride,
      ::stride][:, :, :H2, :W2].max((4, 5))
    The window has the sides pool_height and pool_width; stride is only its step.
  height for width
    = np.lib.stride_tricks.sliding_window_view(np.pad(x, ((0, 0), (0, 0), (0, 0), (0, HH))),
      (HH, HH), (2, 3))[:, :, ::stride, ::stride][:, :, :H2, :W2].max((4, 5))
    The window is pool_width wide, not pool_height.
  maximum over the channels
    = np.broadcast_to(out.max(1, keepdims=True), out.shape)
    Each channel is pooled on its own.
  maximum over the examples
    = np.broadcast_to(out.max(0, keepdims=True), out.shape)
    Each example is pooled on its own.
  reshaped without a transpose
    = out.transpose(2, 3, 0, 1).reshape(N, C, H2, W2)
    Reshape in the order in which the windows were laid out, to (H', W', N, C), then transpose.
      [~fastai]
  index of the winner
    = 1.0 * winner
    That is where the largest entry lies; out is its value.
max_pool_backward_naive, dx
  average pooling
    = np.einsum('ncpq,pih,qjw->nchw', dout, rows, columns) / (HH * WW)
    That is average pooling's gradient: only the largest entry of a window gets dout.
  no gate
    = np.einsum('ncpq,pih,qjw->nchw', dout, rows, columns)
    Only the largest entry of a window gets dout, the others nothing.
  overlaps overwritten
    = np.bincount(np.unique(place), dout.ravel()[::-1][np.unique(place.ravel()[::-1],
      return_index=True)[1]], N * C * H * W).reshape(x.shape)
    An entry may win several windows that overlap: +=, not =. [cmd2058 rocm750 flux1197
      ~mlpack3679 ~ocannl512]
  windows overwritten
    = np.einsum('ncpq,ncpqij,pih,qjw->nchw', dout, share, rows * (np.arange(H2)[:, None, None] ==
      np.minimum(np.arange(H) // stride, H2 - 1)), columns * (np.arange(W2)[:, None, None] ==
      np.minimum(np.arange(W) // stride, W2 - 1)))
    Where windows overlap, a later one must not write over what an earlier one gave: +=, not =.
      [cmd2058 ~mlpack3679]
  overlaps overwritten by offset
    = np.einsum('ncpq,ncpqij,pih,qjw->nchw', dout, share, rows * (np.arange(H2)[:, None, None] ==
      np.maximum(-((HH - 1 - np.arange(H)) // stride), 0)), columns * (np.arange(W2)[:, None, None]
      == np.maximum(-((WW - 1 - np.arange(W)) // stride), 0)))
    An entry lies in several windows: += in the loop over the offsets, not =. [~mlpack3679]
  dout flattened in another order
    = np.einsum('ncpq,ncpqij,pih,qjw->nchw', dout.reshape(H2, W2, N, C).transpose(2, 3, 0, 1),
      share, rows, columns)
    Flatten dout in the order in which the windows were laid out: where the examples are last
      there, dout.transpose(2, 3, 0, 1).ravel(). [~fastai]
  upstream missing
    = np.einsum('ncpqij,pih,qjw->nchw', share, rows, columns)
    The upstream derivative is missing: the winner gets dout. [~smile528]
  value for gate
    = np.einsum('ncpq,ncpqij,pih,qjw->nchw', dout * out, share, rows, columns)
    The winner gets dout, not dout times its value. [~coursrelu]
  smallest entry
    = np.einsum('ncpq,ncpqij,pih,qjw->nchw', dout, np.eye(HH * WW)[flat.argmin(4)].reshape(N, C,
      H2, W2, HH, WW), rows, columns)
    The gradient goes to the largest entry of the window.
  first entry
    = np.einsum('ncpq,ncpqij,pih,qjw->nchw', dout, np.eye(HH * WW)[0 * winner].reshape(N, C, H2,
      W2, HH, WW), rows, columns)
    The gradient goes to the largest entry, wherever it lies in the window.
  stride ignored
    = np.einsum('ncpq,ncpqij,pih,qjw->nchw', dout, share, 1.0 * (np.arange(H2)[:, None, None] +
      np.arange(HH)[:, None] == np.arange(H)), 1.0 * (np.arange(W2)[:, None, None] +
      np.arange(WW)[:, None] == np.arange(W)))
    Window p starts at p * stride: that is where its gradient belongs. [~enggen7]
  row and column of the winner exchanged
    = np.einsum('ncpq,ncpqij,pih,qjw->nchw', dout, np.eye(HH * WW)[winner].reshape(N, C, H2, W2, WW,
      HH).swapaxes(4, 5), rows, columns)
    The index runs over rows first: row = index // pool_width, column = index % pool_width.
  transposed inside the window
    = np.bincount(((np.arange(N * C).reshape(N, C, 1, 1) * H + stride * np.arange(H2)[:, None] +
      winner % WW) * W + stride * np.arange(W2) + winner // WW).ravel(), dout.ravel(), N * C * H *
      W)[:N * C * H * W].reshape(x.shape)
    The index runs over rows first: row = index // pool_width, column = index % pool_width.
  window at its number
    = np.bincount(((np.arange(N * C).reshape(N, C, 1, 1) * H + np.arange(H2)[:, None] + winner //
      WW) * W + np.arange(W2) + winner % WW).ravel(), dout.ravel(), N * C * H * W).reshape(x.shape)
    Window p starts at p * stride: that is where its gradient belongs. [~enggen7]
  channels of one maximum
    = np.einsum('ncpq,ncpqij,pih,qjw->nchw', dout, 1.0 * (windows == windows.max((1, 4, 5),
      keepdims=True)), rows, columns)
    Each channel has a winner of its own: take the maximum over the window alone.
  winner of dout
    = np.where(np.einsum('pih,qjw->hw', rows, columns) > 0, dx * (dx > 0), 0)
    The gate looks at the forward input, not at dout. [~dgs1 ~exacity127]
  overlaps averaged
    = dx / np.maximum(np.einsum('pih,qjw->hw', rows, columns), 1)
    What several windows hand back to an entry is added, not averaged.
  divided by the window
    = dx / (HH * WW)
    The winner gets all of dout; there is no average.
  divided by N
    = dx / N
    The mean over the batch belongs to the loss. [~d2l1000]
"""

MAX_POOL = LayerSpec(
    name="max_pool",
    forward="max_pool_forward_naive",
    backward="max_pool_backward_naive",
    cases=_cases,
    differentiable=("x",),
    inputs={
        "max_pool": "x: (2, 3, 5, 6), pool_param: {'pool_height': 3, 'pool_width': 2, 'stride': 2}"
    },
    reference=Reference(forward=pooling.forward, vjp=pooling.vjp),
    batched=("x",),
    kinks=Kinks(how="entrywise"),
    laws={"conserved": "x", "rest": "x pool_param", "winners": "x pool_param"},
    ways=WAYS,
    misconceptions=Misconceptions("max_pool", TEXT),
    hints=pooling_hints(make),
)

MAX_POOL_FAST = renamed(MAX_POOL, "fast")
