"""What is believed of the layers in a net: affine and ReLU, batch normalisation, dropout."""

from __future__ import annotations

LAYERS = """
net, dz
  mask taken before the bias
    = dr * (h @ W > 0)
    The mask of the ReLU is that of its own input, x W + b: it is taken before the bias.
  mask taken before batchnorm
    = dr * (a > 0)
    The mask of the ReLU is that of its own input, which is the output of batchnorm.
  ReLU left out of the way back
    = dr
    The way back goes through the ReLU: multiply by its mask. [~grok50 ~jiexun1]
  ReLU of the first layer left out of the way back
    = dr if k == 1 else dr * gate
    The way back goes through the first ReLU too: multiply by its mask. [~grok50]
  ReLU of the second layer left out of the way back
    = dr if k == 2 else dr * gate
    The way back goes through the second ReLU too: multiply by its mask. [~grok50]
  mask of the upstream derivative
    = dr * (dr > 0)
    The ReLU's mask is where its input is positive, not where the derivative is. [exacity127]
  multiplied by its input
    = dr * z
    The derivative of the ReLU is 1 where its input is positive, not the input itself. [~coursrelu]
  multiplied by the activation
    = dr * r
    The derivative of the ReLU is 1 where its input is positive, not the activation itself.
      [~coursrelu]
  mask upside down
    = dr * ~gate
    The ReLU lets through where its input is positive. [~dgs1]
net, gate
  no ReLU at all
    = np.ones(z.shape, dtype=bool)
    Between two affine layers stands a ReLU, in both directions.
  both masks taken before the bias
    = h @ W > 0
    A ReLU looks at its own input, x W + b: the mask is taken before the bias.
  both masks taken before batchnorm
    = a > 0
    A ReLU looks at its own input, which is the output of batchnorm.
net, r
  ReLU left out of the way forward
    = z
    A hidden layer ends in a ReLU.
  leaky
    = np.where(gate, z, 0.01 * z)
    A ReLU is zero below zero, not 0.01 x. [~zig5]
  absolute value
    = np.abs(z)
    A ReLU is max(0, x), not |x|.
net, top
  ReLU on the scores, both ways
    = np.maximum(h @ W + b, 0.0); ds = (p - onehot) / N * (scores > 0)
    The last layer is affine alone: its scores go into the softmax as they are. [~cges1 ~tflearn562
      ~nvidia468]
  ReLU on the scores
    = np.maximum(h @ W + b, 0.0)
    The last layer is affine alone: its scores go into the softmax as they are. [~cges1 ~tflearn562
      ~nvidia468]
  activation not passed on to the last layer
    = before @ W + b
    The last layer's input is the activation, behind the ReLU, not what comes before it.
  activation passed on to no layer
    = before @ W + b; a = before @ W + b
    A layer's input is the activation of the one below, behind the ReLU.
  last bias not added
    = h @ W
    The scores are x W + b: the last bias is missing. [~dsbias]
net, a
  hidden bias not added
    = h @ W
    A hidden layer is x W + b: its bias is missing. [~dsbias]
  no bias is added
    = h @ W; top = h @ W
    Each layer is x W + b: biases are missing. [~dsbias]
net, db
  mean for the biases
    = d.mean(axis=0)
    The gradient of a bias is a sum over the batch; the mean is in the loss already. [kvfrans5
      dengfy1]
  mean for a hidden bias
    = d.sum(axis=0) if last else d.mean(axis=0)
    The gradient of a bias is a sum over the batch; the mean is in the loss already. [~kvfrans5]
  mean for the last bias
    = d.mean(axis=0) if last else d.sum(axis=0)
    The gradient of a bias is a sum over the batch; the mean is in the loss already. [~kvfrans5]
  mean for the first bias
    = d.mean(axis=0) if k == 1 else d.sum(axis=0)
    The gradient of a bias is a sum over the batch; the mean is in the loss already. [~kvfrans5]
  hidden bias before the ReLU
    = d.sum(axis=0) if last else dr.sum(axis=0)
    A hidden bias stands before the ReLU: sum the derivative behind its mask.
  sum over everything
    = d.sum()
    The gradient of a bias is a sum over the batch alone, axis 0. [~rasbt5]
  biases without a gradient
    = 0.0 * d.sum(axis=0)
    The gradient of a bias is the sum of the derivatives over the batch.
  last example alone
    = d[-1]
    The gradient of a bias is a sum over the whole batch: += where = stands. [~mlpack3679]
  last example alone, of the last bias
    = d[-1] if last else d.sum(axis=0)
    The gradient of a bias is a sum over the whole batch: += where = stands. [~mlpack3679]
  first example alone
    = d[0]
    The gradient of a bias is a sum over the whole batch.
net, dW
  averaged twice
    = h.T @ d / N
    The mean over the batch is taken in the derivative of the scores: divide by N once. [~mxnet2427
      ~d2l1000]
  hidden weights averaged twice
    = h.T @ d if last else h.T @ d / N
    The mean over the batch is taken in the derivative of the scores: divide by N once. [~mxnet2427
      ~d2l1000]
  last weights averaged twice
    = h.T @ d / N if last else h.T @ d
    The mean over the batch is taken in the derivative of the scores: divide by N once. [~mxnet2427
      ~d2l1000]
  all averaged twice
    = h.T @ d / N; db = d.sum(axis=0) / N
    The mean over the batch is taken in the derivative of the scores: divide by N once. [~mxnet2427
      ~d2l1000]
  sign of the weights' gradient
    = -(h.T @ d)
    The gradient of a weight has the wrong sign.
  input of the layer without its ReLU
    = before.T @ d
    The gradient of a weight is its layer's input times the derivative of its output: that input is
      the activation, behind the ReLU.
"""

NORMALISATION = """
net, own
  batchnorm stays in train mode
    = True
    In test mode batchnorm still normalises by the batch: bn_param['mode'] must be set to 'test'.
      bn_param[mode] = mode makes another key and leaves 'mode' as it was. [~vaegan1]
  train and test mode swapped
    = not training; updates = not training
    Batchnorm's modes are the wrong way round: 'train' when there are labels, 'test' else.
  batchnorm stays in test mode
    = False; updates = False
    In training batchnorm must normalise by the batch: its mode is never 'train'.
  never in test mode
    = True; drops = True
    The net does not tell its layers that it is tested: their 'mode' stays 'train'.
net, updates
  statistics updated in test mode
    = True
    A test pass must leave the running statistics alone: they move with the test batch.
  statistics updated in test mode, before they are used
    = True; tested = updated
    A test pass must leave the running statistics alone: they move with the test batch.
  running statistics lost
    = False
    The running statistics of a training pass are gone in the test pass: keep one bn_param for each
      layer, made in the constructor.
net, kept
  momentum on the wrong side
    = 0.1 * old + 0.9 * new
    running = momentum * running + (1 - momentum) * batch: the two weights are swapped. [jermmy17
      d2l2213]
net, batch
  variance of a sample
    = (a.mean(axis=0), a.var(axis=0, ddof=1))
    Batchnorm's variance is divided by N, not by N - 1: no ddof. [~torch60528 ~annot119]
net, std
  eps beside the root
    = np.sqrt(var) + 1e-5
    eps is added to the variance, inside the root. [~bert30 ~group1]
  no eps
    = np.sqrt(var)
    eps is added to the variance, inside the root. [~ncnn311]
  no root
    = var + 1e-5
    Divide by the root of the variance. [~tf48039]
  another eps
    = np.sqrt(var + 1e-8)
    eps is 1e-5 where bn_param has none.
  another, larger eps
    = np.sqrt(var + 1e-3)
    eps is 1e-5 where bn_param has none.
net, z
  batchnorm not called
    = a; scales = (None, None); da = dn
    There are gamma and beta, and no layer is normalised by them.
  gamma and beta not applied
    = xhat; da = (dn - dn.mean(axis=0) - xhat * (dn * xhat).mean(axis=0)) / std
    A normalised layer is scaled by gamma and shifted by beta. [~mcn280]
  beta not added
    = gamma * xhat
    A normalised layer is shifted by beta. [~mcn280]
net, scales
  gradients of gamma and beta swapped
    = (dn.sum(axis=0), (dn * xhat).sum(axis=0))
    batchnorm_backward returns dx, dgamma, dbeta, in this order. [~oneflow6149]
net, da
  batchnorm left out of the way back
    = dn
    The way back goes through batchnorm too: between ReLU and affine. [~odyssey]
  path through the variance missing
    = gamma / std * (dn - dn.mean(axis=0))
    The variance depends on the batch too: its path is missing in batchnorm's dx. [~caffe3878]
  path through the mean missing
    = gamma / std * (dn - xhat * (dn * xhat).mean(axis=0))
    The mean depends on the batch too: its path is missing in batchnorm's dx. [~mlpack2474]
  standard deviation left out of the way back
    = gamma * (dn - dn.mean(axis=0) - xhat * (dn * xhat).mean(axis=0))
    The derivative of xhat has a factor 1 / std.
  gamma left out of the way back
    = (dn - dn.mean(axis=0) - xhat * (dn * xhat).mean(axis=0)) / std
    The derivative goes through gamma: multiply by it before xhat. [~knet288]
  batch statistics taken as constants
    = gamma * dn / std
    Mean and variance depend on the batch: their paths are missing in batchnorm's dx. [~mlpack1923
      ~bnmatrix]
"""

DROPOUT = """
net, drops
  dropout stays on in test mode
    = True
    In test mode no unit is dropped: dropout_param['mode'] must be set to 'test'.
      dropout_param[mode] = mode makes another key and leaves 'mode' as it was. [~af40]
net, scale
  kept units not scaled
    = 1.0
    Inverted dropout divides the units that it keeps by the probability to keep one. [~keras8069
      ~mcn866]
  scaled by the other probability
    = 1.0 / (1.0 - keep)
    Units that are kept are divided by the probability to keep one, not to drop one. [~theanets123
      ~dlordinal]
net, dr
  dropout left out of the way back
    = dh
    The way back goes through dropout: multiply by the mask of the way forward. [~voodoo19]
  kept units not scaled on the way back
    = dh * (mask > 0)
    The mask of the way back is that of the way forward, scale included. [~keras8069]
  the first layer's mask for all
    = dh * masks[0]
    Each layer has a mask of its own: keep a cache for each.
  the last layer's mask for all
    = dh * masks[-1]
    Each layer has a mask of its own: keep a cache for each.
net, dropout
  dropout never called
    shows: there is no dropout
    The net takes the option and never calls dropout_forward in training.
"""
