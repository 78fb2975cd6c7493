"""Batchnorm: statistics, eps, test mode, running averages, and the three paths back."""

from __future__ import annotations

FORWARD = """
batchnorm_forward, out (train)
  eps outside the root
    = gamma * xmu / (np.sqrt(var) + eps) + beta
    eps is added to the variance, under the root. [group1 darknet17 ncnn311]
  eps as a floor
    = gamma * xmu / np.sqrt(np.maximum(var, eps)) + beta
    The variance is var + eps, not max(var, eps). [sync38]
  eps squared
    = gamma * xmu / np.sqrt(var + eps ** 2) + beta
    eps itself is added to the variance, not its square. [~keras8726]
  root missing
    = gamma * xmu / (var + eps) + beta
    The square root is missing: divide by the standard deviation. [tf48039]
  corrected variance
    = gamma * xmu / np.sqrt(var * N / max(N - 1, 1) + eps) + beta
    Normalise by the 1/N variance, not by 1/(N - 1). [~torch60528 ~makemore22]
  mean not subtracted
    = gamma * (x / std) + beta
    The mean is not subtracted.
  gamma missing
    = xhat + beta
    gamma is missing. [~mcn280]
  beta missing
    = gamma * xhat
    beta is missing. [~mcn280]
  gamma and beta missing
    = xhat
    Scale by gamma and shift by beta. [mcn280]
  beta inside gamma
    = gamma * (xhat + beta)
    Scale first, shift last: gamma * xhat + beta.
  layer normalisation
    = gamma * (x - x.mean(1, keepdims=True)) / np.sqrt(x.var(1, keepdims=True) + eps) + beta
    Statistics run over the batch (axis 0); over axis 1 it is layer normalisation.
  one statistic for all
    = gamma * (x - x.mean()) / np.sqrt(x.var() + eps) + beta
    One mean and variance for each feature: axis=0.
  sum of squares
    = gamma * xmu / np.sqrt((xmu ** 2).sum(0) + eps) + beta
    The variance is the mean of squares: divide by N.
  second moment for variance
    = gamma * xmu / np.sqrt((x ** 2).mean(0) + eps) + beta
    The variance needs centred values: (x - mu)**2. [~ttcancel]
  mean absolute deviation
    = gamma * xmu / np.sqrt(np.abs(xmu).mean(0) ** 2 + eps) + beta
    Mean absolute deviation is not the standard deviation.
  running statistics in train mode
    = gamma * (x - running_mean) / np.sqrt(running_var + eps) + beta
    Train mode uses the batch's statistics, not the running ones. [~torchedup]
  updated statistics in train mode
    = gamma * (x - new_mean) / np.sqrt(new_var + eps) + beta
    Train mode uses the batch's own statistics; the updated averages are for test mode. [~torchedup]
  eps missing
    = gamma * xmu / np.sqrt(var) + beta
    eps is missing: constant columns divide by zero. [ncnn311 torchedup]
  eps fixed at 1e-5
    = gamma * xmu / np.sqrt(var + 1e-5) + beta
    eps comes from bn_param; do not write 1e-5 into the formula. [~darknet17]
  one-pass variance (robustness)
    = gamma * (x - mu) / np.sqrt(np.maximum((x**2).mean(0) - mu**2, 0) + eps) + beta
    E[x^2] - E[x]^2 loses its digits when the mean is much larger than the spread. [ttcancel
      flax1491 objax182 tf3290]
batchnorm_forward, out (test)
  batch statistics
    = gamma * xmu / std + beta
    Test mode uses running statistics, not those of the batch. [vaegan1 mcn280 torchedup]
  batch deviation
    = gamma * (x - running_mean) / std + beta
    Both mean and variance come from the running statistics in test mode. [~vaegan1]
  eps missing
    = gamma * (x - running_mean) / np.sqrt(running_var) + beta
    eps is needed in test mode as well. [chainer2214]
  root missing
    = gamma * (x - running_mean) / (running_var + eps) + beta
    The square root is missing in test mode. [tf48039]
  eps outside the root
    = gamma * (x - running_mean) / (np.sqrt(running_var) + eps) + beta
    eps is added under the root, in test mode as well. [ncnn311]
  gamma and beta missing
    = (x - running_mean) / np.sqrt(running_var + eps)
    Scale by gamma and shift by beta in test mode, too. [~mcn280]
  beta missing
    = gamma * (x - running_mean) / np.sqrt(running_var + eps)
    beta is missing in test mode. [~mcn280]
  gamma missing
    = (x - running_mean) / np.sqrt(running_var + eps) + beta
    gamma is missing in test mode. [~mcn280]
  corrected variance
    = gamma * (x - running_mean) / np.sqrt(running_var * N / max(N - 1, 1) + eps) + beta
    The running variance is used as it stands; no N/(N - 1) in test mode. [~torch60528]
  multiplied by variance
    = gamma * (x - running_mean) * running_var + beta
    Divide by the root of running_var + eps; it is a variance, not an inverse deviation.
      [~torchnn567]
  identity
    = x
    Test mode still normalises, by the running statistics.
batchnorm_forward, running_mean (train)
  momentum swapped
    = (1 - momentum) * running_mean + momentum * mu
    momentum weighs the history, 1 - momentum the batch. [cs180 torch15298]
  not written back
    = running_mean
    The new average never reaches bn_param: the skeleton's last lines write running_mean back.
  history dropped
    = mu
    Average with the history, do not replace it. [~torch15298]
  momentum fixed at 0.9
    = 0.9 * running_mean + 0.1 * mu
    momentum comes from bn_param; do not write 0.9 into the formula.
  batch weighed by one
    = momentum * running_mean + mu
    The batch has the weight 1 - momentum. [~cs180]
  updated twice
    = momentum * running_mean + (1 - momentum) * new_mean
    The average is updated twice in one call.
  mean of the output
    = momentum * running_mean + (1 - momentum) * out.mean(0)
    Average the input's statistics, not the output's.
  plain average
    = (running_mean + mu) / 2
    The weights are momentum and 1 - momentum.
  started at zero
    = momentum * np.zeros(D) + (1 - momentum) * mu
    running_mean is taken from bn_param when it is there; yours starts at zero in every call.
  kept dimension (convention)
    = (momentum * running_mean + (1 - momentum) * mu)[None]
    running_mean has the shape (D,); yours is (1, D).
batchnorm_forward, running_var (train)
  momentum swapped
    = (1 - momentum) * running_var + momentum * var
    momentum weighs the history, 1 - momentum the batch. [cs180 torchedup]
  not written back
    = running_var
    The new average never reaches bn_param: the skeleton's last lines write running_var back.
  deviation averaged
    = momentum * running_var + (1 - momentum) * np.sqrt(var + eps)
    Average the variance, not the standard deviation. [~torchnn567]
  eps averaged
    = momentum * running_var + (1 - momentum) * (var + eps)
    eps belongs into the division, not into the average.
  corrected variance
    = momentum * running_var + (1 - momentum) * var * N / max(N - 1, 1)
    This course averages the 1/N variance; torch is the one that averages 1/(N - 1). [torch106366
      torch60528 arena415]
  inverse deviation averaged
    = momentum * running_var + (1 - momentum) / std
    Average the variance, not the inverse standard deviation. [torchnn567]
  continues the mean
    = momentum * running_mean + (1 - momentum) * var
    running_var continues running_var, not running_mean.
  mean averaged
    = momentum * running_var + (1 - momentum) * mu
    You average the batch's mean into running_var.
  around the running mean
    = momentum * running_var + (1 - momentum) * ((x - new_mean) ** 2).mean(0)
    The variance is taken around the batch's mean, not around the running mean.
"""

BACKWARD = """
batchnorm_backward, dx
  direct path only
    = dxhat / std
    Mean and variance depend on x as well: two more paths lead from x to the output. [~mlpack1923
      ~bnmatrix ~caffe3878]
  variance path missing
    = dxhat / std - (dxhat / std).mean(0)
    The path through the variance is missing. [~caffe3878]
  mean path missing
    = dxhat / std + dvar * 2 * xmu / N
    The path through the mean is missing. [~mlpack2474 ~caffe3878]
  half missing in dvar
    = dxhat / std + 2 * dvar * 2 * xmu / N - (dxhat / std).mean(0)
    The derivative of the root has a factor 1/2 in dvar. [~mlpack1327]
  sign of dvar
    = dxhat / std - dvar * 2 * xmu / N - (dxhat / std).mean(0)
    dvar has a minus sign: (var + eps)**-0.5 falls when var grows. [mlpack1327]
  two missing in dvar
    = dxhat / std + dvar * xmu / N - (dxhat / std).mean(0)
    d(x - mu)^2 has a factor 2. [~ng10]
  1/N missing in dvar
    = dxhat / std + dvar * 2 * xmu - (dxhat / std).mean(0)
    The variance is a mean: its derivative has 1/N. [~mxnet1053]
  1/N missing in dmu
    = dxhat / std + dvar * 2 * xmu / N - (dxhat / std).sum(0)
    The mean's derivative is 1/N. [mlpack1327]
  sign of dmu
    = dxhat / std + dvar * 2 * xmu / N + (dxhat / std).mean(0)
    dmu has a minus sign: x - mu.
  gamma missing
    = (dout - dout.mean(0) - xhat * (dout * xhat).mean(0)) / std
    gamma is missing: xhat is scaled by it before dout arrives. [knet288]
  gamma twice in the variance path
    = (dxhat - dxhat.mean(0) - gamma * xhat * (dxhat * xhat).mean(0)) / std
    gamma is in dxhat already: dgamma is the sum of dout * xhat, without gamma.
  gamma twice
    = gamma * (dxhat - dxhat.mean(0) - xhat * (dxhat * xhat).mean(0)) / std
    gamma is used twice: in dxhat and in the last line.
  power of dvar
    = dxhat / std + -0.5 * (dxhat * xmu).sum(0) / std * 2 * xmu / N - (dxhat / std).mean(0)
    The power in dvar is -3/2. [~mlpack1327]
  output for xhat
    = (dxhat - dxhat.mean(0) - out * (dxhat * out).mean(0)) / std
    The short formula takes xhat, not the layer's output: gamma and beta are in the way.
      [~caffe4110]
  eps missing
    = (dxhat - dxhat.mean(0) - xhat * (dxhat * xhat).mean(0)) / np.sqrt(var)
    Divide by the same root as the forward pass, with eps. [~chainer2214]
  eps fixed at 1e-5
    = (dxhat - dxhat.mean(0) - xhat * (dxhat * xhat).mean(0)) / np.sqrt(var + 1e-5)
    Keep eps in the cache; the backward pass must use the forward's. [~darknet1723]
  variance for deviation
    = (dxhat - dxhat.mean(0) - xhat * (dxhat * xhat).mean(0)) / (var + eps)
    Divide by the standard deviation, not by the variance. [~tf48039]
  1/N missing
    = N * dxhat / std - (dxhat / std).sum(0) - xhat * (dxhat * xhat).sum(0) / std
    The factor 1/N of the short formula is missing. [~mxnet1053]
  means over features
    = (dxhat - dxhat.mean(1, keepdims=True) - xhat * (dxhat * xhat).mean(1, keepdims=True)) / std
    The means run over the batch, axis 0.
  mean path not divided by the deviation
    = (dxhat - xhat * (dxhat * xhat).mean(0)) / std - dxhat.mean(0)
    The mean's path is divided by the standard deviation as well. [~caffe3912]
  mean path twice
    = (dxhat - dxhat.mean(0) - xhat * (dxhat * xhat).mean(0)) / std + (xhat * (dxhat *
      xhat).mean(0)).mean(0) + dxhat.mean(0)
    A term is counted twice: the variance's share of the mean's path is zero by itself. [~mxnet1053
      ~darknet29]
  test mode formula
    = gamma * dout / np.sqrt(running_var + eps)
    That is the derivative of test mode; in train mode the statistics depend on x.
batchnorm_backward, dgamma
  averaged
    = (dout * xhat).mean(0)
    Sum over the batch, do not average. [wjb7]
  not summed
    = dout * xhat
    gamma is shared by the batch: sum over axis 0. [~mlpack3679]
  x for xhat
    = (dout * x).sum(0)
    gamma multiplies xhat, not x. [~torch2330]
  not divided by the deviation
    = (dout * xmu).sum(0)
    gamma multiplies xhat: divide by the standard deviation. [~knet288]
  output for xhat
    = (dout * out).sum(0)
    gamma multiplies xhat, not the output. [~caffe4110]
  gamma included
    = (dxhat * xhat).sum(0)
    gamma itself is not part of its own gradient: dout * xhat.
  dbeta returned
    = dout.sum(0)
    That is dbeta; dgamma weighs with xhat.
  summed to a scalar
    = np.sum(dout * xhat)
    One number for all features: sum over axis 0 only. [~rasbt5]
  kept dimension (convention)
    = (dout * xhat).sum(0, keepdims=True)
    dgamma has the shape of gamma, (D,); yours is (1, D).
batchnorm_backward, dbeta
  averaged
    = dout.mean(0)
    Sum over the batch, do not average. [~kvfrans5 ~wjb7]
  not summed
    = dout
    beta is shared by the batch: sum over axis 0. [~mlpack3679]
  gamma included
    = (dout * gamma).sum(0)
    beta is added after gamma: its gradient has no gamma.
  input summed
    = x.sum(0)
    dbeta sums the upstream derivative, not the input. [torch2330]
  dgamma returned
    = (dout * xhat).sum(0)
    That is dgamma.
batchnorm_backward, dout
  dout overwritten (robustness)
    = dout * gamma
    dxhat = dout; dxhat *= gamma changes the caller's dout, and dgamma after it. [~torch1029]
"""
