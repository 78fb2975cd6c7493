"""Group normalisation: which channels make a group, and the paths back through its statistics."""

from __future__ import annotations

TEXT = """
spatial_groupnorm_forward, out
  batch normalisation
    = scale * (x - x.mean((0, 2, 3), keepdims=True)) / np.sqrt(x.var((0, 2, 3), keepdims=True) +
      eps) + shift
    Statistics are those of one example's group; over the batch it is batch normalisation.
  one group
    = scale * (x - x.mean((1, 2, 3), keepdims=True)) / np.sqrt(x.var((1, 2, 3), keepdims=True) +
      eps) + shift
    The channels fall into G groups with statistics of their own; yours is layer normalisation.
      [brainpy765]
  each channel alone
    = scale * (x - x.mean((2, 3), keepdims=True)) / np.sqrt(x.var((2, 3), keepdims=True) + eps) +
      shift
    A group has C / G channels; yours is instance normalisation.
  groups interleaved
    = scale * ((x.reshape(N, C // G, G, H, W) - x.reshape(N, C // G, G, H, W).mean((1, 3, 4),
      keepdims=True)) / np.sqrt(x.reshape(N, C // G, G, H, W).var((1, 3, 4), keepdims=True) +
      eps)).reshape(x.shape) + shift
    A group is C / G neighbouring channels: reshape to (N, G, C // G, H, W). [~group1 ~ttmetal56202]
  G channels to a group
    = scale * ((x.reshape(N, C // G, G * H * W) - x.reshape(N, C // G, G * H * W).mean(2,
      keepdims=True)) / np.sqrt(x.reshape(N, C // G, G * H * W).var(2, keepdims=True) +
      eps)).reshape(x.shape) + shift
    G is the number of groups, not that of the channels in one.
  statistics over the batch too
    = scale * (xmu + mu - mu.mean(0)).reshape(x.shape) / np.repeat(np.sqrt(rows.var((0, 2)) + eps),
      C // G)[:, None, None] + shift
    Each example has statistics of its own: nothing is averaged over axis 0.
  statistics of each pixel
    = scale * ((groups - groups.mean(2, keepdims=True)) / np.sqrt(groups.var(2, keepdims=True) +
      eps)).reshape(x.shape) + shift
    Statistics run over the pixels of a group as well: axes 2, 3 and 4 of (N, G, C // G, H, W).
  reshaped back without a transpose
    = scale * hat.reshape(N * G, n).T.reshape(x.shape) + shift
    Where a group is a column, transpose before the reshape to (N, C, H, W). [~fastai ~addons751]
  mean not subtracted
    = scale * (rows / std).reshape(x.shape) + shift
    The mean is not subtracted.
  eps outside the root
    = scale * (xmu / (np.sqrt(var) + eps)).reshape(x.shape) + shift
    eps is added to the variance, under the root. [group1]
  eps missing
    = scale * (xmu / np.sqrt(var)).reshape(x.shape) + shift
    eps is missing: constant groups divide by zero. [~ncnn311]
  eps fixed at 1e-5
    = scale * (xmu / np.sqrt(var + 1e-5)).reshape(x.shape) + shift
    eps comes from gn_param; do not write 1e-5 into the formula. [~darknet17]
  root missing
    = scale * (xmu / (var + eps)).reshape(x.shape) + shift
    The square root is missing: divide by the standard deviation. [~tf48039]
  corrected variance
    = scale * (xmu / np.sqrt(var * n / max(n - 1, 1) + eps)).reshape(x.shape) + shift
    Normalise by the variance that divides by the group's size, not by one less. [~torch60528]
  gamma missing
    = xhat + shift
    gamma is missing. [~mcn280]
  beta missing
    = scale * xhat
    beta is missing. [~mcn280]
spatial_groupnorm_backward, dx
  direct path only
    = (g / std).reshape(x.shape)
    Mean and variance depend on x as well: two more paths lead from x to the output.
      [~mlpack1923 ~bnmatrix]
  variance path missing
    = ((g - dmeans) / std).reshape(x.shape)
    The path through the variance is missing. [~caffe3878]
  mean path missing
    = ((g - hat * moments) / std).reshape(x.shape)
    The path through the mean is missing. [~mlpack2474]
  gamma after the means
    = scale * ((dout.reshape(N, G, n) - dout.reshape(N, G, n).mean(2, keepdims=True) - hat *
      (dout.reshape(N, G, n) * hat).mean(2, keepdims=True)) / std).reshape(x.shape)
    gamma differs within a group: multiply dout by it before anything is averaged over the group.
  gamma missing
    = ((dout.reshape(N, G, n) - dout.reshape(N, G, n).mean(2, keepdims=True) - hat *
      (dout.reshape(N, G, n) * hat).mean(2, keepdims=True)) / std).reshape(x.shape)
    gamma is missing: xhat is scaled by it before dout arrives. [~knet288]
  divided by the pixels alone
    = ((g - dmeans * (C // G) - hat * moments * (C // G)) / std).reshape(x.shape)
    A mean of a group divides by C / G * H * W, not by H * W.
  divided by the whole example
    = ((g - dmeans / G - hat * moments / G) / std).reshape(x.shape)
    A mean of a group divides by C / G * H * W, not by C * H * W.
  divided by N H W
    = ((g - g.sum(2, keepdims=True) / (N * H * W) - hat * (g * hat).sum(2, keepdims=True) / (N * H
      * W)) / std).reshape(x.shape)
    The statistics are those of a group: divide by its size, the batch has no part in it.
  means not divided
    = ((g - dmeans * n - hat * moments * n) / std).reshape(x.shape)
    The two subtracted terms are means over the group: divide by its size. [~mxnet1053]
  reshaped back without a transpose
    = ((g - dmeans - hat * moments) / std).reshape(N * G, n).T.reshape(x.shape)
    Where a group is a column, transpose before the reshape to (N, C, H, W). [~fastai]
  means of each channel
    = ((dhat - dhat.mean((3, 4), keepdims=True) - centred / root * (dhat * centred /
      root).mean((3, 4), keepdims=True)) / root).reshape(x.shape)
    The statistics are those of a group: the means run over its channels too, not over the pixels of
      each channel.
  means over the whole example
    = (((dout * scale) - (dout * scale).mean((1, 2, 3), keepdims=True) - xhat * (dout * scale *
      xhat).mean((1, 2, 3), keepdims=True)) / np.repeat(std[:, :, 0], C // G, 1)[:, :, None, None])
    The means run over a group, as the statistics do, not over the whole example.
  half missing in dvar
    = ((g - dmeans - 2 * hat * moments) / std).reshape(x.shape)
    The derivative of the root has a factor 1/2 in dvar. [~mlpack1327]
  sign of dvar
    = ((g - dmeans + hat * moments) / std).reshape(x.shape)
    dvar has a minus sign: (var + eps)**-0.5 falls when var grows. [~mlpack1327]
  variance for deviation
    = ((g - dmeans - hat * moments) / (var + eps)).reshape(x.shape)
    Divide by the standard deviation, not by the variance. [~tf48039]
spatial_groupnorm_backward, dgamma
  averaged
    = (dout * xhat).mean((0, 2, 3)).reshape(gamma.shape)
    Sum over examples and pixels, do not average. [~wjb7]
  divided by N
    = dgamma / N
    Sum over the examples; the mean belongs to the loss. [~wjb7]
  summed over the examples alone
    = (dout * xhat).sum(0)
    gamma[c] is shared by all pixels: sum over axes 0, 2 and 3. [~mlpack3679]
  summed over the pixels alone
    = (dout * xhat).sum((2, 3))
    gamma[c] is shared by all examples: sum over axes 0, 2 and 3. [~mlpack3679]
  x for xhat
    = (dout * x).sum((0, 2, 3)).reshape(gamma.shape)
    gamma multiplies xhat, not x. [~torch2330]
  gamma included
    = dgamma * gamma
    gamma itself is not part of its own gradient: dout * xhat.
  summed over a group
    = np.repeat(dgamma.reshape(G, C // G).sum(1), C // G).reshape(gamma.shape)
    gamma has an entry for each channel, not for each group. [oneflow4848 mxnet17139]
  dbeta returned
    = dbeta
    That is dbeta; dgamma weighs with xhat. [~oneflow6149]
spatial_groupnorm_backward, dbeta
  averaged
    = dout.mean((0, 2, 3)).reshape(beta.shape)
    Sum over examples and pixels, do not average. [~kvfrans5]
  divided by N
    = dbeta / N
    Sum over the examples; the mean belongs to the loss. [~kvfrans5]
  summed over the examples alone
    = dout.sum(0)
    beta[c] is shared by all pixels: sum over axes 0, 2 and 3. [~mlpack3679]
  summed over the pixels alone
    = dout.sum((2, 3))
    beta[c] is shared by all examples: sum over axes 0, 2 and 3. [~mlpack3679]
  gamma included
    = (dout * scale).sum((0, 2, 3)).reshape(beta.shape)
    beta is added after gamma: its gradient has no gamma.
  summed over a group
    = np.repeat(dbeta.reshape(G, C // G).sum(1), C // G).reshape(beta.shape)
    beta has an entry for each channel, not for each group. [oneflow4848 mxnet17139]
  dgamma returned
    = dgamma
    That is dgamma. [~oneflow6149]
"""
