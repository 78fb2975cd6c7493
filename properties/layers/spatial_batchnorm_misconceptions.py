"""Spatial batchnorm: which axes, and how the channels become columns and images again."""

from __future__ import annotations

TEXT = """
spatial_batchnorm_forward, out (train)
  reshaped without a transpose
    = (gamma * (x.reshape(n, C) - x.reshape(n, C).mean(0)) / np.sqrt(x.reshape(n, C).var(0) + eps)
      + beta).reshape(x.shape)
    reshape(-1, C) mixes the channels: transpose them to the end first. [~fastai]
  reshaped back without a transpose
    = rows.reshape(x.shape)
    The rows are (N, H, W, C): reshape to that, then transpose the channels back. [~fastai
      ~pointflow14]
  transposed after the statistics alone
    = (gamma * (x.reshape(n, C) - x.reshape(n, C).mean(0)) / np.sqrt(x.reshape(n, C).var(0) + eps)
      + beta).reshape(N, H, W, C).transpose(0, 3, 1, 2)
    reshape(-1, C) mixes the channels: transpose x's to the end first, as they are brought back
      afterwards. [~fastai]
  height and width exchanged
    = out.transpose(0, 3, 2, 1).reshape(N, H, W, C).transpose(0, 3, 1, 2)
    Move the channels to the end and leave the other axes in their order: transpose(0, 2, 3, 1).
      [~fastembed682]
  statistics of each pixel
    = scale * (x - x.mean(0)) / np.sqrt(x.var(0) + eps) + shift
    Statistics run over N, H and W: one mean for a channel, not for each pixel. [~seld8]
  instance normalisation
    = scale * (x - x.mean((2, 3), keepdims=True)) / np.sqrt(x.var((2, 3), keepdims=True) + eps) +
      shift
    Statistics run over the examples as well, axes 0, 2 and 3; yours is instance normalisation.
  over the channels
    = scale * (x - x.mean(1, keepdims=True)) / np.sqrt(x.var(1, keepdims=True) + eps) + shift
    Each channel has statistics of its own: axis 1 is the one that stays. [~stochdepth1 ~keras1921]
  layer normalisation
    = scale * (x - x.mean((1, 2, 3), keepdims=True)) / np.sqrt(x.var((1, 2, 3), keepdims=True) +
      eps) + shift
    Statistics run over axes 0, 2 and 3; over an example it is layer normalisation.
  one statistic for all
    = scale * (x - x.mean()) / np.sqrt(x.var() + eps) + shift
    One mean and variance for each channel: axis=(0, 2, 3).
  eps outside the root
    = scale * xmu / (np.sqrt(var) + eps)[:, None, None] + shift
    eps is added to the variance, under the root. [~group1]
  eps missing
    = scale * xmu / np.sqrt(var)[:, None, None] + shift
    eps is missing: constant channels divide by zero. [~ncnn311]
  eps fixed at 1e-5
    = scale * xmu / np.sqrt(var + 1e-5)[:, None, None] + shift
    eps comes from bn_param; do not write 1e-5 into the formula. [~darknet17]
  root missing
    = scale * xmu / (var + eps)[:, None, None] + shift
    The square root is missing: divide by the standard deviation. [~tf48039]
  corrected variance
    = scale * xmu / np.sqrt(var * n / max(n - 1, 1) + eps)[:, None, None] + shift
    Normalise by the variance that divides by N H W, not by one less. [~torch60528]
  mean not subtracted
    = scale * x / root + shift
    The mean is not subtracted.
  gamma missing
    = xhat + shift
    gamma is missing. [~mcn280]
  beta missing
    = scale * xhat
    beta is missing. [~mcn280]
  running statistics in train mode
    = scale * (x - running_mean[:, None, None]) / np.sqrt(running_var + eps)[:, None, None] + shift
    Train mode uses the batch's statistics, not the running ones. [~torchedup]
spatial_batchnorm_forward, out (test)
  batch statistics
    = scale * (x - mu[:, None, None]) / np.sqrt(var + eps)[:, None, None] + shift
    Test mode uses running statistics, not those of the batch. [~vaegan1]
  eps missing
    = scale * (x - running_mean[:, None, None]) / np.sqrt(running_var)[:, None, None] + shift
    eps is needed in test mode as well. [~chainer2214]
  eps outside the root
    = scale * (x - running_mean[:, None, None]) / (np.sqrt(running_var) + eps)[:, None, None] +
      shift
    eps is added under the root, in test mode as well. [~ncnn311]
  root missing
    = scale * (x - running_mean[:, None, None]) / (running_var + eps)[:, None, None] + shift
    The square root is missing in test mode. [~tf48039]
  gamma missing
    = normal + shift
    gamma is missing in test mode. [~mcn280]
  beta missing
    = scale * normal
    beta is missing in test mode. [~mcn280]
  identity
    = x
    Test mode still normalises, by the running statistics.
spatial_batchnorm_forward, running_mean (train)
  momentum swapped
    = (1 - momentum) * running_mean + momentum * mu
    momentum weighs the history, 1 - momentum the batch. [jermmy17 d2l2213 ~cs180 ~paddle51120]
  not written back
    = running_mean
    The new average never reaches bn_param: write running_mean back.
  history dropped
    = mu
    Average with the history, do not replace it. [~torch15298]
  momentum fixed at 0.9
    = 0.9 * running_mean + 0.1 * mu
    momentum comes from bn_param; do not write 0.9 into the formula.
  updated twice
    = momentum * running_mean + (1 - momentum) * new_mean
    The average is updated twice in one call.
  summed over the pixels
    = momentum * running_mean + (1 - momentum) * mu * H * W
    The mean is over N, H and W: divide by all of them.
  started at zero
    = momentum * np.zeros(C) + (1 - momentum) * mu
    running_mean is taken from bn_param when it is there; yours starts at zero in every call.
spatial_batchnorm_forward, running_var (train)
  momentum swapped
    = (1 - momentum) * running_var + momentum * var
    momentum weighs the history, 1 - momentum the batch. [jermmy17 d2l2213 ~cs180 ~paddle51120]
  not written back
    = running_var
    The new average never reaches bn_param: write running_var back.
  deviation averaged
    = momentum * running_var + (1 - momentum) * std
    Average the variance, not the standard deviation. [~torchnn567]
  eps averaged
    = momentum * running_var + (1 - momentum) * (var + eps)
    eps belongs into the division, not into the average.
  corrected variance
    = momentum * running_var + (1 - momentum) * var * n / max(n - 1, 1)
    This course averages the variance that divides by N H W. [~torch106366]
  mean averaged
    = momentum * running_var + (1 - momentum) * mu
    You average the batch's mean into running_var.
  variances of the pixels averaged
    = momentum * running_var + (1 - momentum) * x.var(0).mean((1, 2))
    The mean of the pixels' variances is not the channel's variance: their means differ as well.
spatial_batchnorm_backward, dx
  reshaped without a transpose
    = (gamma / std / n * (n * dout.reshape(n, C) - dbeta - Xhat * dgamma)).reshape(x.shape)
    reshape(-1, C) mixes the channels: transpose dout's to the end first. [~fastai]
  reshaped back without a transpose
    = dX.reshape(x.shape)
    The rows are (N, H, W, C): reshape to that, then transpose the channels back. [~fastai]
  direct path only
    = dxhat / root
    Mean and variance depend on x as well: two more paths lead from x to the output.
      [~mlpack1923 ~bnmatrix]
  variance path missing
    = (dxhat - dmeans) / root
    The path through the variance is missing. [~caffe3878]
  gamma twice in the variance path
    = (dxhat - dmeans - scale * xhat * moments) / root
    gamma is in dxhat already: dgamma is the sum of dout * xhat, without gamma.
  mean path missing
    = (dxhat - xhat * moments) / root
    The path through the mean is missing. [~mlpack2474]
  divided by N alone
    = (dxhat - dmeans * H * W - xhat * moments * H * W) / root
    The statistics are means over N, H and W: divide by all of them, not by N.
  divided by N H alone
    = (dxhat - dmeans * W - xhat * moments * W) / root
    The statistics are means over N, H and W: divide by all of them, N * H * W.
  divided by N W alone
    = (dxhat - dmeans * H - xhat * moments * H) / root
    The statistics are means over N, H and W: divide by all of them, N * H * W.
  divided by H W alone
    = (dxhat - dmeans * N - xhat * moments * N) / root
    The statistics are means over N, H and W: divide by all of them, N * H * W.
  means over the examples alone
    = (dxhat - dxhat.mean(0) - xhat * (dxhat * xhat).mean(0)) / root
    The means run over N, H and W, as the statistics do.
  means over the pixels alone
    = (dxhat - dxhat.mean((2, 3), keepdims=True) - xhat * (dxhat * xhat).mean((2, 3),
      keepdims=True)) / root
    The means run over the examples as well, as the statistics do.
  gamma missing
    = (dout - dout.mean((0, 2, 3), keepdims=True) - xhat * (dout * xhat).mean((0, 2, 3),
      keepdims=True)) / root
    gamma is missing: xhat is scaled by it before dout arrives. [~knet288]
  gamma twice
    = scale * (dxhat - dmeans - xhat * moments) / root
    gamma is used twice: in dxhat and in the last line.
  half missing in dvar
    = (dxhat - dmeans - 2 * xhat * moments) / root
    The derivative of the root has a factor 1/2 in dvar. [~mlpack1327]
  sign of dvar
    = (dxhat - dmeans + xhat * moments) / root
    dvar has a minus sign: (var + eps)**-0.5 falls when var grows. [~mlpack1327]
  sign of dmu
    = (dxhat + dmeans - xhat * moments) / root
    dmu has a minus sign: x - mu.
  variance for deviation
    = (dxhat - dmeans - xhat * moments) / (var + eps)[:, None, None]
    Divide by the standard deviation, not by the variance. [~tf48039]
  eps missing
    = (dxhat - dmeans - xhat * moments) / np.sqrt(var)[:, None, None]
    Divide by the same root as the forward pass, with eps. [~chainer2214]
  test mode formula
    = dxhat / np.sqrt(running_var + eps)[:, None, None]
    That is the derivative of test mode; in train mode the statistics depend on x.
spatial_batchnorm_backward, dgamma
  averaged
    = (dout * xhat).mean((0, 2, 3))
    Sum over examples and pixels, do not average. [~wjb7]
  averaged over the pixels
    = (dout * xhat).mean((2, 3)).sum(0)
    Sum over the pixels as well, do not average.
  summed over the examples alone
    = (dout * xhat).sum(0)
    gamma[c] is shared by all pixels: sum over axes 0, 2 and 3. [~mlpack3679]
  last example only
    = (dout * xhat)[-1].sum((1, 2))
    dgamma adds up all examples: += in the loop, not =. [~mlpack3679]
  x for xhat
    = (dout * x).sum((0, 2, 3))
    gamma multiplies xhat, not x. [~torch2330]
  not divided by the deviation
    = (dout * xmu).sum((0, 2, 3))
    gamma multiplies xhat: divide by the standard deviation. [~knet288]
  gamma included
    = (dxhat * xhat).sum((0, 2, 3))
    gamma itself is not part of its own gradient: dout * xhat.
  dbeta returned
    = dbeta
    That is dbeta; dgamma weighs with xhat. [~oneflow6149]
spatial_batchnorm_backward, dbeta
  averaged
    = dout.mean((0, 2, 3))
    Sum over examples and pixels, do not average. [~kvfrans5]
  averaged over the pixels
    = dout.mean((2, 3)).sum(0)
    Sum over the pixels as well, do not average.
  summed over the examples alone
    = dout.sum(0)
    beta[c] is shared by all pixels: sum over axes 0, 2 and 3. [~mlpack3679]
  last example only
    = dout[-1].sum((1, 2))
    dbeta adds up all examples: += in the loop, not =. [~mlpack3679]
  gamma included
    = dxhat.sum((0, 2, 3))
    beta is added after gamma: its gradient has no gamma.
  dgamma returned
    = dgamma
    That is dgamma. [~oneflow6149]
"""
