"""Convolution: flipped filters, lost borders, strides, overlaps, and layouts of the matrices."""

from __future__ import annotations

TEXT = """
conv_forward_naive, out
  filter flipped
    = np.einsum('ncpqij,fcij->nfpq', patches, w[:, :, ::-1, ::-1]) + b[:, None, None]
    Layers correlate: the filter is laid on the image as it is, not turned by half a turn. [nnlib208
      ~tf11864 ~sourcex72]
  bias missing
    = np.einsum('ncpqij,fcij->nfpq', patches, w)
    b[f] is added to every pixel of map f. [~dsbias]
  bias for every channel
    = np.einsum('ncpqij,fcij->nfpq', patches, w) + C * b[:, None, None]
    Add b once, after the sum over the channels. [~rasbt5]
  bias for every weight
    = np.einsum('ncpqij,fcij->nfpq', patches, w) + C * HH * WW * b[:, None, None]
    Add b once, after the sum over the window: np.sum(window * w) + b. [kulbear45 ~rasbt5]
  bias averaged
    = np.einsum('ncpqij,fcij->nfpq', patches, w) + b.mean()
    b has one entry for each filter; do not average it. [~rasbt5 ~onnx2c7]
  last channel only
    = np.einsum('npqij,fij->nfpq', patches[:, -1], w[:, -1]) + b[:, None, None]
    Sum over all channels: += in the loop, not =. [~mlpack3679]
  averaged over the channels
    = np.einsum('ncpqij,fcij->nfpq', patches, w) / C + b[:, None, None]
    Sum over the channels, do not average.
  averaged over the window
    = np.einsum('ncpqij,fcij->nfpq', patches, w) / (HH * WW) + b[:, None, None]
    A filter sums over its window; there is no average.
  border repeated
    = np.einsum('ncpqij,fcij->nfpq', np.lib.stride_tricks.sliding_window_view(np.pad(x, ((0, 0),
      (0, 0), (pad, pad), (pad, pad)), 'edge'), (HH, WW), (2, 3))[:, :, ::stride, ::stride], w) +
      b[:, None, None]
    Pad with zeros, not with the pixels of the border.
  padded before alone
    = np.einsum('ncpqij,fcij->nfpq', np.lib.stride_tricks.sliding_window_view(np.pad(x, ((0, 0),
      (0, 0), (2 * pad, 0), (2 * pad, 0))), (HH, WW), (2, 3))[:, :, ::stride, ::stride], w) +
      b[:, None, None]
    pad zeros stand on each side, not all of them before the image.
  padded after alone
    = np.einsum('ncpqij,fcij->nfpq', np.lib.stride_tricks.sliding_window_view(np.pad(x, ((0, 0),
      (0, 0), (0, 2 * pad), (0, 2 * pad))), (HH, WW), (2, 3))[:, :, ::stride, ::stride], w) +
      b[:, None, None]
    The first window begins in the border: take windows of the padded image, from its corner.
  stride ignored
    = np.einsum('ncpqij,fcij->nfpq', windows[:, :, :H2, :W2], w) + b[:, None, None]
    Window p starts at p * stride, not at p. [~enggen7]
  reshaped without a transpose
    = flat.reshape(N, F, H2, W2)
    The rows of the product are pixels and its columns filters: reshape to (N, H', W', F), then
      transpose. [~fastai ~cnnnumpy2]
  examples mixed
    = flat.T.reshape(F, H2, W2, N).transpose(3, 0, 1, 2)
    Reshape in the order in which the windows were laid out: examples first or last, as there.
      [~fastai]
  reshaped without a transpose, examples last
    = flat.reshape(N, H2, W2, F).transpose(3, 1, 2, 0).reshape(N, F, H2, W2)
    The columns of the product are pixels of all examples: reshape to (F, H', W', N) in the order
      of the patches, then transpose. [~fastai]
  examples last in the product alone
    = flat.reshape(N, H2, W2, F).transpose(3, 1, 2, 0).reshape(F, N, H2, W2).transpose(1, 0, 2, 3)
    Reshape in the order in which the windows were laid out: where the examples are last there,
      reshape(F, H', W', N). [~fastai]
  filter transposed
    = np.einsum('ncpqij,fcij->nfpq', patches, w.swapaxes(2, 3).reshape(w.shape)) +
      b[:, None, None]
    Row i of a window meets row i of the filter: the filter is not transposed.
  height and width exchanged
    = out.transpose(0, 1, 3, 2)
    out is (N, F, H', W'): move the filters to axis 1 and leave the others in their order,
      transpose(0, 3, 1, 2).
  channels last in the patches
    = (xp[:, :, i, j].transpose(0, 2, 3, 4, 5, 1).reshape(N * H2 * W2, C * HH * WW) @ filters.T +
      b).reshape(N, H2, W2, F).transpose(0, 3, 1, 2)
    Rows of patches and of filters must be flattened in one order: channel, row, column.
  weights divided by their sum
    = np.einsum('ncpqij,fcij->nfpq', patches, w / np.abs(w).sum((1, 2, 3), keepdims=True)) +
      b[:, None, None]
    Filters are used as they are, not normalised.
conv_backward_naive, dx
  border cropped with -pad
    = dxp[:, :, pad:-pad, pad:-pad]
    At pad = 0 the slice pad:-pad is empty: crop with pad:pad + H. [~biformer3 ~mlab11]
  border not cropped
    = dxp
    dx has the shape of x: cut the padded border off. [spdz1206]
  cropped from the corner
    = dxp[:, :, :H, :W]
    The image starts at pad in the padded gradient, not at 0.
  cropped at the far side
    = dxp[:, :, 2 * pad:, 2 * pad:]
    The image starts at pad in the padded gradient and ends at pad + H.
  filter turned
    = np.einsum('ncpqij,pih,qjw->nchw', dpatches[..., ::-1, ::-1], rows, columns)[:, :, pad:H + pad,
      pad:W + pad]
    Each window hands dout * w back as w lies there, not turned; a filter that slides over dout is
      turned by half a turn: w[:, :, ::-1, ::-1]. [npml27 caffe5812 cacu4]
  filter turned in rows alone
    = np.einsum('nfhwij,fcij->nchw', above, w[:, :, ::-1])[:, :, pad:H + pad, pad:W + pad]
    Half a turn reverses both axes of the filter. [~npml27]
  overlaps overwritten
    = np.einsum('ncpqij,pih,qjw->nchw', dpatches, rows * (np.arange(H2)[:, None, None] ==
      np.minimum(np.arange(H + 2 * pad) // stride, H2 - 1)), columns * (np.arange(W2)[:, None, None]
      == np.minimum(np.arange(W + 2 * pad) // stride, W2 - 1)))[:, :, pad:H + pad, pad:W + pad]
    A pixel lies in several windows: += in the loop, not =. [~mlpack3679 ~cmd2058 ~rocm750]
  windows and filters overwritten
    = np.einsum('npq,cij,pih,qjw->nchw', dout[:, -1], w[-1], rows * (np.arange(H2)[:, None, None] ==
      np.minimum(np.arange(H + 2 * pad) // stride, H2 - 1)), columns * (np.arange(W2)[:, None, None]
      == np.minimum(np.arange(W + 2 * pad) // stride, W2 - 1)))[:, :, pad:H + pad, pad:W + pad]
    A pixel lies in several windows, and every filter hands a part back: += in the loop, not =.
      [~mlpack3679 ~cmd2058]
  overlaps overwritten by offset
    = np.einsum('ncpqij,pih,qjw->nchw', dpatches, rows * (np.arange(H2)[:, None, None] ==
      np.maximum(-((HH - 1 - np.arange(H + 2 * pad)) // stride), 0)), columns * (np.arange(W2)[:,
      None, None] == np.maximum(-((WW - 1 - np.arange(W + 2 * pad)) // stride), 0)))[:, :, pad:H +
      pad, pad:W + pad]
    A pixel lies in several windows: += in the loop over the offsets, not =. [~mlpack3679]
  dout reshaped without a transpose
    = np.einsum('ncpqij,pih,qjw->nchw', (dout.reshape(N * H2 * W2, F) @ filters).reshape(N, H2, W2,
      C, HH, WW).transpose(0, 3, 1, 2, 4, 5), rows, columns)[:, :, pad:H + pad, pad:W + pad]
    The rows of the matrix are pixels and its columns filters: transpose dout to (N, H', W', F)
      before the reshape. [~fastai]
  filters first without a transpose
    = np.einsum('fnpq,fcij,pih,qjw->nchw', dout.reshape(F, N, H2, W2), w, rows, columns)[:, :,
      pad:H + pad, pad:W + pad]
    Bring the filters to the front before the reshape: dout.transpose(1, 0, 2, 3).reshape(F, -1).
      [~fastai]
  filters first without a transpose, examples last
    = np.einsum('fpqn,fcij,pih,qjw->nchw', dout.reshape(F, H2, W2, N), w, rows, columns)[:, :,
      pad:H + pad, pad:W + pad]
    Bring dout's axes into the order of the patches before the reshape: where the examples are last
      there, dout.transpose(1, 2, 3, 0).reshape(F, -1). [~fastai]
  examples in another place than in the patches
    = np.einsum('fpqn,fcij,pih,qjw->nchw', dout.transpose(1, 0, 2, 3).reshape(F, H2, W2, N), w,
      rows, columns)[:, :, pad:H + pad, pad:W + pad]
    Bring dout's axes into the order of the patches before the reshape: where the examples are last
      there, dout.transpose(1, 2, 3, 0).reshape(F, -1). [~fastai]
  channels last in the patches
    = np.einsum('ncpqij,pih,qjw->nchw', (dflat @ filters).reshape(N, H2, W2, HH, WW, C).transpose(0,
      5, 1, 2, 3, 4), rows, columns)[:, :, pad:H + pad, pad:W + pad]
    Rows of patches and of filters must be flattened in one order: channel, row, column.
  rows and columns of the window exchanged
    = np.einsum('ncpqij,pih,qjw->nchw', (dflat @ filters).reshape(N, H2, W2, C, WW, HH).transpose(0,
      3, 1, 2, 5, 4), rows, columns)[:, :, pad:H + pad, pad:W + pad]
    Rows of patches and of filters must be flattened in one order: channel, row, column.
  overlaps averaged
    = (dxp / np.maximum(np.einsum('pih,qjw->hw', rows, columns), 1))[:, :, pad:H + pad, pad:W + pad]
    What several windows hand back to a pixel is added, not averaged.
  stride ignored
    = np.einsum('ncpqij,pih,qjw->nchw', dpatches, 1.0 * (np.arange(H2)[:, None, None] +
      np.arange(HH)[:, None] == np.arange(H + 2 * pad)), 1.0 * (np.arange(W2)[:, None, None] +
      np.arange(WW)[:, None] == np.arange(W + 2 * pad)))[:, :, pad:H + pad, pad:W + pad]
    Window p starts at p * stride: that is where its gradient belongs. [enggen7 kulbear34]
  last filter only
    = np.einsum('npq,cij,pih,qjw->nchw', dout[:, -1], w[-1], rows, columns)[:, :, pad:H + pad,
      pad:W + pad]
    Every filter hands a part back: sum over f, += and not =. [~mlpack3679]
  averaged over the filters
    = dx / F
    Sum over the filters, do not average.
  divided by N
    = dx / N
    The mean over the batch belongs to the loss; a layer sums. [~mxnet2427 ~d2l1000]
  sum of the weights
    = np.einsum('nfpq,fcij,pih,qjw->nchw', dout, np.broadcast_to(w.mean((2, 3), keepdims=True),
      w.shape), rows, columns)[:, :, pad:H + pad, pad:W + pad]
    Each pixel of a window has a weight of its own; do not average them.
conv_backward_naive, dw
  divided by N
    = dw / N
    The mean over the batch belongs to the loss; a layer sums. [mxnet2427 ctensor3 ~d2l1000]
  averaged over the places
    = dw / (H2 * W2)
    A weight is used at every place: sum over them, do not average. [ctensor3]
  last example only
    = np.einsum('fpq,cpqij->fcij', dout[-1], patches[-1])
    dw adds up all examples: += in the loop, not =. [~mlpack3679]
  last place only
    = np.einsum('nf,ncij->fcij', dout[:, :, -1, -1], patches[:, :, -1, -1])
    dw adds up all places: += in the loop, not =. [~mlpack3679]
  last place of the last example
    = np.einsum('f,cij->fcij', dout[-1, :, -1, -1], patches[-1, :, -1, -1])
    dw adds up all examples and places: += in the loop, not =. [~mlpack3679]
  x not padded
    = np.einsum('nfpq,ncpqij->fcij', dout, np.lib.stride_tricks.sliding_window_view(np.pad(x,
      ((0, 0), (0, 0), (0, 2 * pad), (0, 2 * pad))), (HH, WW), (2, 3))[:, :, ::stride, ::stride])
    The windows are those of the padded image: keep it in the cache, or pad again.
  stride ignored
    = np.einsum('nfpq,ncpqij->fcij', dout, windows[:, :, :H2, :W2])
    Window p starts at p * stride, in the backward pass too. [enggen7 kulbear34]
  turned by half a turn
    = dw[:, :, ::-1, ::-1]
    dw lies as w does: no flip. [~npml27]
  dout reshaped without a transpose
    = (dout.reshape(N * H2 * W2, F).T @ cols).reshape(w.shape)
    The rows of the matrix are pixels and its columns filters: transpose dout to (N, H', W', F)
      before the reshape. [~fastai]
  filters first without a transpose
    = (dout.reshape(F, N * H2 * W2) @ cols).reshape(w.shape)
    Bring the filters to the front before the reshape: dout.transpose(1, 0, 2, 3).reshape(F, -1).
      [~fastai]
  filters first without a transpose, examples last
    = (dout.reshape(F, H2, W2, N).transpose(0, 3, 1, 2).reshape(F, N * H2 * W2) @ cols
      ).reshape(w.shape)
    Bring dout's axes into the order of the patches before the reshape: where the examples are last
      there, dout.transpose(1, 2, 3, 0).reshape(F, -1). [~fastai]
  examples in another place than in the patches
    = (dout.transpose(1, 0, 2, 3).reshape(F, H2, W2, N).transpose(0, 3, 1, 2).reshape(F,
      N * H2 * W2) @ cols).reshape(w.shape)
    Bring dout's axes into the order of the patches before the reshape: where the examples are last
      there, dout.transpose(1, 2, 3, 0).reshape(F, -1). [~fastai]
  reshaped without a transpose
    = (cols.T @ dflat).reshape(w.shape)
    The product has the filters as its columns: transpose it before it is reshaped to w. [~fastai]
  product of sums
    = np.einsum('nf,ncij->fcij', dout.sum((2, 3)), patches.mean((2, 3)))
    Multiply at each place, then add up; the product of sums is something else.
  channels summed
    = np.broadcast_to(dw.mean(1, keepdims=True), w.shape)
    Each channel of the filter meets its own channel of the image.
  weight decay
    = dw + w
    Weight decay belongs to the net's loss, not to the layer. [~pan231n]
  doubled
    = 2 * dw
    A product with w gives no factor 2. [~ng10]
conv_backward_naive, db
  averaged
    = dout.mean((0, 2, 3))
    Sum over examples and pixels, do not average. [~kvfrans5 ~dengfy1]
  divided by N
    = dout.sum((0, 2, 3)) / N
    Sum over the examples; the mean is the loss's. [dengfy1 nnetnp1 ~kvfrans5]
  averaged over the pixels
    = dout.mean((2, 3)).sum(0)
    b is added to every pixel: sum over them, do not average. [~ctensor3]
  summed over the examples alone
    = dout.sum(0)
    b[f] is shared by all pixels of map f as well: sum over axes 0, 2 and 3. [~mlpack3679
      ~cruise800]
  pixels of one example
    = dout[-1].sum((1, 2))
    db adds up all examples: += in the loop, not =. [~mlpack3679]
  last pixel only
    = dout[:, :, -1, -1].sum(0)
    db adds up all pixels: += in the loop, not =. [~mlpack3679]
  last pixel of the last example
    = dout[-1, :, -1, -1]
    db adds up all examples and pixels: += in the loop, not =. [~mlpack3679]
  dout reshaped without a transpose
    = dout.reshape(N * H2 * W2, F).sum(0)
    Axis 1 of dout runs over the filters: sum over axes 0, 2 and 3. [~fastai]
  summed over the filters
    = dout.sum((1, 2, 3))
    Axis 1 runs over the filters: sum over the other three. [~dl4j364]
  summed to a scalar
    = np.sum(dout)
    One number for all filters: sum over axes 0, 2 and 3 only. [~rasbt5]
  summed dw
    = dw.sum((1, 2, 3))
    db is the sum of dout; the image has no part in it. [~nlp62]
  kept dimensions (convention)
    = dout.sum((0, 2, 3), keepdims=True)
    db has the shape of b, (F,); yours is (1, F, 1, 1). [~dsbias]
"""
