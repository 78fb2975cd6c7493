"""The steps of a net, and what people write in the place of one.

Names that a formula sees: W, b, gamma, beta, k and last of its layer; h, a, z, r, gate, mask of the
way forward; dh, dr, dz, d of the way back; scores, p, data, squares, N, y, reg of the loss.
"""

from __future__ import annotations

from functools import partial

from ..spec.misconception import Misconceptions

STEPS = {
    "a": "h @ W + b",
    "batch": "(a.mean(axis=0), a.var(axis=0))",
    "own": "training",
    "updates": "training",
    "kept": "0.9 * old + 0.1 * new",
    "tested": "running",
    "std": "np.sqrt(var + 1e-5)",
    "z": "gamma * xhat + beta",
    "gate": "z > 0.0",
    "r": "np.where(gate, z, 0.0)",
    "drops": "training",
    "scale": "1.0 / keep",
    "top": "h @ W + b",
    "p": "e / e.sum(axis=1, keepdims=True)",
    "data": "-np.log(p[rows, y]).mean()",
    "square": "(W * W).sum()",
    "penalty": "0.5 * reg * squares",
    "loss": "data + penalty",
    "ds": "(p - onehot) / N",
    "dr": "dh * mask",
    "dz": "dr * gate",
    "scales": "((dn * xhat).sum(axis=0), dn.sum(axis=0))",
    "da": "gamma / std * (dn - dn.mean(axis=0) - xhat * (dn * xhat).mean(axis=0))",
    "dW": "h.T @ d",
    "decay": "reg * W",
    "db": "d.sum(axis=0)",
    "decay_b": "0.0 * b",
    "decay_gamma": "0.0 * gamma",
    "decay_beta": "0.0 * beta",
    "dx": "d @ W.T",
    "labels": "scores.argmax(axis=1)",
    "update": "w - rate * dw",
    "next_rate": "rate * decayed if t % each == 0 else rate",
}

MISCONCEPTIONS = partial(
    Misconceptions,
    "net",
    """
net, own
  batchnorm stays in train mode
    = True
    In test mode batchnorm still normalises by the batch: bn_param['mode'] must be set to 'test'.
      bn_param[mode] = mode makes another key and leaves 'mode' as it was.
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
    running = momentum * running + (1 - momentum) * batch: the two weights are swapped.
net, batch
  variance of a sample
    = (a.mean(axis=0), a.var(axis=0, ddof=1))
    Batchnorm's variance is divided by N, not by N - 1: no ddof.
net, std
  eps beside the root
    = np.sqrt(var) + 1e-5
    eps is added to the variance, inside the root.
  no eps
    = np.sqrt(var)
    eps is added to the variance, inside the root.
  no root
    = var + 1e-5
    Divide by the root of the variance.
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
    A normalised layer is scaled by gamma and shifted by beta.
  beta not added
    = gamma * xhat
    A normalised layer is shifted by beta.
net, scales
  gradients of gamma and beta swapped
    = (dn.sum(axis=0), (dn * xhat).sum(axis=0))
    batchnorm_backward returns dx, dgamma, dbeta, in this order.
net, da
  batchnorm left out of the way back
    = dn
    The way back goes through batchnorm too: between ReLU and affine.
  path through the variance missing
    = gamma / std * (dn - dn.mean(axis=0))
    The variance depends on the batch too: its path is missing in batchnorm's dx.
  path through the mean missing
    = gamma / std * (dn - xhat * (dn * xhat).mean(axis=0))
    The mean depends on the batch too: its path is missing in batchnorm's dx.
  standard deviation left out of the way back
    = gamma * (dn - dn.mean(axis=0) - xhat * (dn * xhat).mean(axis=0))
    The derivative of xhat has a factor 1 / std.
  gamma left out of the way back
    = (dn - dn.mean(axis=0) - xhat * (dn * xhat).mean(axis=0)) / std
    The derivative goes through gamma: multiply by it before xhat.
  batch statistics taken as constants
    = gamma * dn / std
    Mean and variance depend on the batch: their paths are missing in batchnorm's dx.
net, dz
  mask taken before the bias
    = dr * (h @ W > 0)
    The mask of the ReLU is that of its own input, x W + b: it is taken before the bias.
  mask taken before batchnorm
    = dr * (a > 0)
    The mask of the ReLU is that of its own input, which is the output of batchnorm.
  ReLU left out of the way back
    = dr
    The way back goes through the ReLU: multiply by its mask.
  mask of the upstream derivative
    = dr * (dr > 0)
    The ReLU's mask is where its input is positive, not where the derivative is.
  multiplied by its input
    = dr * z
    The derivative of the ReLU is 1 where its input is positive, not the input itself.
  multiplied by the activation
    = dr * r
    The derivative of the ReLU is 1 where its input is positive, not the activation itself.
  mask upside down
    = dr * ~gate
    The ReLU lets through where its input is positive.
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
    A ReLU is zero below zero, not 0.01 x.
  absolute value
    = np.abs(z)
    A ReLU is max(0, x), not |x|.
net, top
  ReLU on the scores, both ways
    = np.maximum(h @ W + b, 0.0); ds = (p - onehot) / N * (scores > 0)
    The last layer is affine alone: its scores go into the softmax as they are.
  ReLU on the scores
    = np.maximum(h @ W + b, 0.0)
    The last layer is affine alone: its scores go into the softmax as they are.
net, ds
  ReLU's mask on the derivative of the scores
    = (p - onehot) / N * (scores > 0)
    There is no ReLU behind the last layer: the derivative of the scores has no mask.
net, a
  hidden bias not added
    = h @ W
    A hidden layer is x W + b: its bias is missing.
net, top
  last bias not added
    = h @ W
    The scores are x W + b: the last bias is missing.
net, a
  no bias is added
    = h @ W; top = h @ W
    Each layer is x W + b: biases are missing.
net, db
  mean for the biases
    = d.mean(axis=0)
    The gradient of a bias is a sum over the batch; the mean is in the loss already.
  mean for a hidden bias
    = d.sum(axis=0) if last else d.mean(axis=0)
    The gradient of a bias is a sum over the batch; the mean is in the loss already.
  mean for the last bias
    = d.mean(axis=0) if last else d.sum(axis=0)
    The gradient of a bias is a sum over the batch; the mean is in the loss already.
  sum over everything
    = d.sum()
    The gradient of a bias is a sum over the batch alone, axis 0.
  biases without a gradient
    = 0.0 * d.sum(axis=0)
    The gradient of a bias is the sum of the derivatives over the batch.
  last example alone
    = d[-1]
    The gradient of a bias is a sum over the whole batch: += where = stands.
  last example alone, of the last bias
    = d[-1] if last else d.sum(axis=0)
    The gradient of a bias is a sum over the whole batch: += where = stands.
  first example alone
    = d[0]
    The gradient of a bias is a sum over the whole batch.
net, dW
  averaged twice
    = h.T @ d / N
    The mean over the batch is taken in the derivative of the scores: divide by N once.
  hidden weights averaged twice
    = h.T @ d if last else h.T @ d / N
    The mean over the batch is taken in the derivative of the scores: divide by N once.
  last weights averaged twice
    = h.T @ d / N if last else h.T @ d
    The mean over the batch is taken in the derivative of the scores: divide by N once.
  all averaged twice
    = h.T @ d / N; db = d.sum(axis=0) / N
    The mean over the batch is taken in the derivative of the scores: divide by N once.
  sign of the weights' gradient
    = -(h.T @ d)
    The gradient of a weight has the wrong sign.
  input of the layer without its ReLU
    = before.T @ d
    The gradient of a weight is its layer's input times the derivative of its output: that input is
      the activation, behind the ReLU.
net, ds
  not averaged
    = p - onehot
    The loss is a mean over the batch: divide the derivative of the scores by N.
  divided by N C
    = (p - onehot) / onehot.size
    The mean is over the examples alone: divide by N, not by the size of the scores.
  logarithm in the place of the probability
    = (np.log(p) - onehot) / N
    The derivative of the scores is p minus one at the label, not log p.
  one not averaged at the label
    = p / N - onehot
    The one at the label is divided by N like all else.
net, data
  sum for the mean, both ways
    = -np.log(p[rows, y]).sum(); ds = p - onehot
    The loss is a mean over the batch: divide by N, in the loss and its derivative.
  divided by N C in the loss
    = -np.log(p[rows, y]).sum() / onehot.size
    The mean is over the examples alone: divide by N, not by the size of the scores.
  divided by N C, both ways
    = -np.log(p[rows, y]).sum() / onehot.size; ds = (p - onehot) / onehot.size
    The mean is over the examples alone: divide by N, not by the size of the scores.
  sum for the mean in the loss
    = -np.log(p[rows, y]).sum()
    The loss is a mean over the batch: divide by N.
  averaged twice in the loss
    = -np.log(p[rows, y]).mean() / N
    The mean over the batch is taken twice in the loss.
  sign of the loss
    = np.log(p[rows, y]).mean()
    Cross-entropy is minus log p.
net, ds
  sign of the scores' derivative
    = (onehot - p) / N
    The derivative of the scores is p minus one at the label, not the other way round.
  one not taken off at the label
    = p / N
    The derivative of the scores is p minus one at the label.
net, p
  softmax over the whole batch
    = e / e.sum()
    The probabilities of each example add up to one: sum over axis 1, keepdims=True.
net, data
  logarithm to the base two
    = -np.log2(p[rows, y]).mean()
    Nats, not bits: np.log, not np.log2.
net, penalty
  no half, both ways
    = reg * squares; decay = 2.0 * reg * W
    The regularisation is 0.5 * reg * sum(W²), its gradient reg * W: the half is missing.
  no half in the last term
    = 0.5 * reg * sum(each[:-1]) + reg * each[-1]
    The regularisation is 0.5 * reg * sum(W²) in every layer.
  no half in the first term
    = 0.5 * reg * sum(each[1:]) + reg * each[0]
    The regularisation is 0.5 * reg * sum(W²) in every layer.
  factor on the first term alone
    = 0.5 * reg * each[0] + sum(each[1:])
    0.5 * reg belongs to the squares of every layer: put their sum in brackets.
  no half in the loss
    = reg * squares
    The regularisation is 0.5 * reg * sum(W²): the half is missing in the loss.
  no regularisation
    = 0.0; decay = 0.0 * W
    Loss and gradients have a part of the regularisation: 0.5 * reg * sum(W²) and reg * W.
  regularisation missing in the loss
    = 0.0
    0.5 * reg * sum(W²) belongs to the loss too.
net, decay
  regularisation missing in the gradients
    = 0.0 * W
    The regularisation has a gradient: add reg * W to that of each weight.
  twice the regularisation in the gradients
    = 2.0 * reg * W
    The gradient of 0.5 * reg * sum(W²) is reg * W.
  twice the regularisation in the last gradient
    = 2.0 * reg * W if last else reg * W
    The gradient of 0.5 * reg * sum(W²) is reg * W, in each layer.
  twice the regularisation in the first gradient
    = 2.0 * reg * W if k == 1 else reg * W
    The gradient of 0.5 * reg * sum(W²) is reg * W, in each layer.
  half the regularisation in the gradients
    = 0.5 * reg * W
    The gradient of 0.5 * reg * sum(W²) is reg * W: the square brings a 2.
  last layer's weights not regularised in the gradients
    = 0.0 * W if last else reg * W
    The last layer's weights are regularised too: add reg * W to their gradient.
net, square
  last layer's weights not regularised
    = 0.0 if last else (W * W).sum(); decay = 0.0 * W if last else reg * W
    The last layer's weights are regularised too: in the loss and in their gradient.
  last layer's weights not regularised in the loss
    = 0.0 if last else (W * W).sum()
    The last layer's weights are regularised too: add their squares to the loss.
  last layer's weights alone regularised in the loss
    = (W * W).sum() if last else 0.0
    The weights of every layer are regularised: add up their squares over all layers.
net, decay
  first layer's weights not regularised in the gradients
    = 0.0 * W if k == 1 else reg * W
    The first layer's weights are regularised too: add reg * W to their gradient.
net, square
  first layer's weights not regularised in the loss
    = 0.0 if k == 1 else (W * W).sum()
    The first layer's weights are regularised too: add their squares to the loss.
net, decay
  last layer's weights alone regularised in the gradients
    = reg * W if last else 0.0 * W
    The weights of every layer are regularised: add reg * W to the gradient of each.
net, square
  norm not squared
    = np.sqrt((W * W).sum())
    The regularisation is that of the squared norm, sum(W²): there is a root too many.
  weights not squared
    = W.sum()
    The regularisation is that of the squared norm: square the weights before the sum.
  square of the sum
    = W.sum() ** 2
    The regularisation is the sum of the squares, not the square of the sum.
  absolute weights
    = np.abs(W).sum()
    The regularisation is L2: squares.
  mean of the squares
    = (W * W).mean()
    The regularisation is a sum over the weights, not their mean.
  all parameters regularised
    = (W * W).sum() + (b * b).sum()
      + (0.0 if gamma is None else (gamma * gamma + beta * beta).sum()); decay_b = reg * b;
      decay_gamma = reg * gamma; decay_beta = reg * beta
    The regularisation is of the weights alone: biases, gamma and beta are not in it.
  biases regularised
    = (W * W).sum() + (b * b).sum(); decay_b = reg * b
    The regularisation is of the weights alone: biases are not in it.
  biases regularised in the loss
    = (W * W).sum() + (b * b).sum()
    The regularisation is of the weights alone: biases are not in it.
net, decay_b
  biases regularised in the gradients
    = reg * b
    The regularisation is of the weights alone: biases are not in it.
net, penalty
  regularisation averaged over the batch
    = 0.5 * reg * squares / N; decay = reg * W / N
    The regularisation does not depend on the batch: it is not divided by N.
  regularisation averaged in the loss
    = 0.5 * reg * squares / N
    The regularisation does not depend on the batch: it is not divided by N.
net, decay
  regularisation averaged in the gradients
    = reg * W / N
    The regularisation does not depend on the batch: it is not divided by N.
net, loss
  data loss overwritten
    = penalty
    The regularisation is added to the loss of the data: += where = stands.
net, penalty
  regularisation taken off
    = -0.5 * reg * squares
    The regularisation is added to the loss, not taken off.
net, decay
  sum of the weights
    = reg * W.sum()
    The gradient of the regularisation is reg * W, entry by entry.
  sign of the regularisation's gradient
    = -reg * W
    The regularisation's gradient is added, not taken off.
  gradient of the regularisation alone
    = reg * W; dW = 0.0 * W
    The regularisation is added to the gradient: += where = stands.
net, drops
  dropout stays on in test mode
    = True
    In test mode no unit is dropped: dropout_param['mode'] must be set to 'test'.
      dropout_param[mode] = mode makes another key and leaves 'mode' as it was.
net, scale
  kept units not scaled
    = 1.0
    Inverted dropout divides the units that it keeps by the probability to keep one.
  scaled by the other probability
    = 1.0 / (1.0 - keep)
    Units that are kept are divided by the probability to keep one, not to drop one.
net, dr
  dropout left out of the way back
    = dh
    The way back goes through dropout: multiply by the mask of the way forward.
  kept units not scaled on the way back
    = dh * (mask > 0)
    The mask of the way back is that of the way forward, scale included.
  the first layer's mask for all
    = dh * masks[0]
    Each layer has a mask of its own: keep a cache for each.
  the last layer's mask for all
    = dh * masks[-1]
    Each layer has a mask of its own: keep a cache for each.
net, update
  uphill
    = w + rate * dw
    Gradient descent goes against the gradient: minus.
  no learning rate
    = w - dw
    A step is the learning rate times the gradient.
net, next_rate
  decay in every iteration
    = rate * decayed
    The learning rate decays once an epoch, not in every iteration.
  no decay
    = rate
    The learning rate decays once an epoch.
net, labels
  lowest score
    = scores.argmin(axis=1)
    A label is that of the highest score.
  over the examples
    = scores.argmax(axis=0)
    The highest score of each example is along axis 1.
net, dropout
  dropout never called
    shows: there is no dropout
    The net takes the option and never calls dropout_forward in training.
net, grads
  a parameter without a gradient
    shows: the dict of gradients has no
    Each entry of params is updated by its gradient: one that no layer uses does not belong there,
      one that a layer uses needs a gradient in grads.
net, params
  parameters made otherwise
    shows: params[
    The constructor makes weights (fan in, fan out), biases and beta of zeros, gamma of ones.
  parameters are missing
    shows: params has no
    The constructor makes W and b of every layer, gamma and beta of those that are normalised.
  a test pass changes the parameters
    shows: loss(X) changes
    A pass only reads the parameters; the solver changes them.
  a training pass changes the parameters
    shows: loss(X, y) changes
    A pass only reads the parameters; the solver changes them.
""",
)
