"""What is believed of a net's loss and training: cross-entropy, the L2 term, descent."""

from __future__ import annotations

LOSS = """
net, ds
  ReLU's mask on the derivative of the scores
    = (p - onehot) / N * (scores > 0)
    There is no ReLU behind the last layer: the derivative of the scores has no mask.
  not averaged
    = p - onehot
    The loss is a mean over the batch: divide the derivative of the scores by N. [~so6527 ~mlfs135]
  divided by N C
    = (p - onehot) / onehot.size
    The mean is over the examples alone: divide by N, not by the size of the scores. [~jax1023
      ~simd1]
  logarithm in the place of the probability
    = (np.log(p) - onehot) / N
    The derivative of the scores is p minus one at the label, not log p.
  one not averaged at the label
    = p / N - onehot
    The one at the label is divided by N like all else.
  sign of the scores' derivative
    = (onehot - p) / N
    The derivative of the scores is p minus one at the label, not the other way round. [~so4166]
  one not taken off at the label
    = p / N
    The derivative of the scores is p minus one at the label. [~so4166]
net, data
  sum for the mean, both ways
    = -np.log(p[rows, y]).sum(); ds = p - onehot
    The loss is a mean over the batch: divide by N, in the loss and its derivative. [~jax3113]
  divided by N C in the loss
    = -np.log(p[rows, y]).sum() / onehot.size
    The mean is over the examples alone: divide by N, not by the size of the scores. [~jax1023]
  divided by N C, both ways
    = -np.log(p[rows, y]).sum() / onehot.size; ds = (p - onehot) / onehot.size
    The mean is over the examples alone: divide by N, not by the size of the scores. [~jax1023]
  sum for the mean in the loss
    = -np.log(p[rows, y]).sum()
    The loss is a mean over the batch: divide by N. [~jax3113]
  averaged twice in the loss
    = -np.log(p[rows, y]).mean() / N
    The mean over the batch is taken twice in the loss. [~d2l1000]
  sign of the loss
    = np.log(p[rows, y]).mean()
    Cross-entropy is minus log p. [cs244]
  logarithm to the base two
    = -np.log2(p[rows, y]).mean()
    Nats, not bits: np.log, not np.log2. [~libfm21]
net, p
  softmax over the whole batch
    = e / e.sum()
    The probabilities of each example add up to one: sum over axis 1, keepdims=True. [nd4j44
      utensor171]
"""

REGULARISATION = """
net, penalty
  no half, both ways
    = reg * squares; decay = 2.0 * reg * W
    The regularisation is 0.5 * reg * sum(W²), its gradient reg * W: the half is missing. [~cs89]
  no half in the last term
    = 0.5 * reg * sum(each[:-1]) + reg * each[-1]
    The regularisation is 0.5 * reg * sum(W²) in every layer. [~cs89]
  no half in the first term
    = 0.5 * reg * sum(each[1:]) + reg * each[0]
    The regularisation is 0.5 * reg * sum(W²) in every layer. [~cs89]
  factor on the first term alone
    = 0.5 * reg * each[0] + sum(each[1:])
    0.5 * reg belongs to the squares of every layer: put their sum in brackets.
  no half in the loss
    = reg * squares
    The regularisation is 0.5 * reg * sum(W²): the half is missing in the loss. [~cs89]
  no regularisation
    = 0.0; decay = 0.0 * W
    Loss and gradients have a part of the regularisation: 0.5 * reg * sum(W²) and reg * W.
  regularisation missing in the loss
    = 0.0
    0.5 * reg * sum(W²) belongs to the loss too.
  regularisation averaged over the batch
    = 0.5 * reg * squares / N; decay = reg * W / N
    The regularisation does not depend on the batch: it is not divided by N.
  regularisation averaged in the loss
    = 0.5 * reg * squares / N
    The regularisation does not depend on the batch: it is not divided by N.
  regularisation taken off
    = -0.5 * reg * squares
    The regularisation is added to the loss, not taken off. [~deeppy17 ~nnet4]
net, decay
  regularisation missing in the gradients
    = 0.0 * W
    The regularisation has a gradient: add reg * W to that of each weight.
  twice the regularisation in the gradients
    = 2.0 * reg * W
    The gradient of 0.5 * reg * sum(W²) is reg * W. [~cs89]
  twice the regularisation in the last gradient
    = 2.0 * reg * W if last else reg * W
    The gradient of 0.5 * reg * sum(W²) is reg * W, in each layer. [~cs89]
  twice the regularisation in the first gradient
    = 2.0 * reg * W if k == 1 else reg * W
    The gradient of 0.5 * reg * sum(W²) is reg * W, in each layer. [~cs89]
  half the regularisation in the gradients
    = 0.5 * reg * W
    The gradient of 0.5 * reg * sum(W²) is reg * W: the square brings a 2. [jing3 neuromatch423]
  last layer's weights not regularised in the gradients
    = 0.0 * W if last else reg * W
    The last layer's weights are regularised too: add reg * W to their gradient.
  first layer's weights not regularised in the gradients
    = 0.0 * W if k == 1 else reg * W
    The first layer's weights are regularised too: add reg * W to their gradient.
  last layer's weights alone regularised in the gradients
    = reg * W if last else 0.0 * W
    The weights of every layer are regularised: add reg * W to the gradient of each.
  regularisation averaged in the gradients
    = reg * W / N
    The regularisation does not depend on the batch: it is not divided by N.
  sum of the weights
    = reg * W.sum()
    The gradient of the regularisation is reg * W, entry by entry.
  sign of the regularisation's gradient
    = -reg * W
    The regularisation's gradient is added, not taken off. [deeppy17 nnet4]
  gradient of the regularisation alone
    = reg * W; dW = 0.0 * W
    The regularisation is added to the gradient: += where = stands.
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
  first layer's weights not regularised in the loss
    = 0.0 if k == 1 else (W * W).sum()
    The first layer's weights are regularised too: add their squares to the loss.
  norm not squared
    = np.sqrt((W * W).sum())
    The regularisation is that of the squared norm, sum(W²): there is a root too many. [haiku178]
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
  all parameters regularised in the loss
    = (W * W).sum() + (b * b).sum()
      + (0.0 if gamma is None else (gamma * gamma + beta * beta).sum())
    The regularisation is of the weights alone: biases, gamma and beta are not in it.
  first bias regularised in the loss
    = (W * W).sum() + ((b * b).sum() if k == 1 else 0.0)
    The regularisation is of the weights alone: biases are not in it.
  first layer's weights alone regularised in the loss
    = (W * W).sum() if k == 1 else 0.0
    The weights of every layer are regularised: add the squares of each to the loss.
net, decay_gamma
  gamma regularised in the gradients
    = reg * gamma
    The regularisation is of the weights alone: gamma is not in it.
net, decay_b
  biases regularised in the gradients
    = reg * b
    The regularisation is of the weights alone: biases are not in it.
  last bias regularised in the gradients
    = reg * b if last else 0.0 * b
    The regularisation is of the weights alone: biases are not in it.
net, loss
  data loss overwritten
    = penalty
    The regularisation is added to the loss of the data: += where = stands.
"""

TRAINING = """
net, update
  uphill
    = w + rate * dw
    Gradient descent goes against the gradient: minus. [torch1871 udacity14]
  no learning rate
    = w - dw
    A step is the learning rate times the gradient. [aima285]
  weights alone are trained
    = w if name[0] == 'b' else w - rate * dw
    Every parameter takes a step: the biases too.
  W1 is not trained
    = w if name == 'W1' else w - rate * dw
    Every parameter takes a step: W1 too.
  b1 is not trained
    = w if name == 'b1' else w - rate * dw
    Every parameter takes a step: b1 too.
  W2 is not trained
    = w if name == 'W2' else w - rate * dw
    Every parameter takes a step: W2 too.
  b2 is not trained
    = w if name == 'b2' else w - rate * dw
    Every parameter takes a step: b2 too.
net, training_reg
  trained without the regularisation
    = 0.0
    Training passes reg on to the loss: self.loss(X_batch, y_batch, reg).
net, next_rate
  decay in every iteration
    = rate * decayed
    The learning rate decays once an epoch, not in every iteration. [~pygoturn16]
  no decay
    = rate
    The learning rate decays once an epoch. [~trades11]
  one minus the decay
    = rate * (1.0 - decayed) if t % each == 0 else rate
    The learning rate is multiplied by learning_rate_decay itself.
  divided by the decay
    = rate / decayed if t % each == 0 else rate
    The learning rate is multiplied by learning_rate_decay, not divided by it.
net, batches
  labels of other examples
    shows: the first loss of train is that of no batch
    Examples and labels of a minibatch are taken by the same indices, batch_size of them.
net, labels
  lowest score
    = scores.argmin(axis=1)
    A label is that of the highest score.
  over the examples
    = scores.argmax(axis=0)
    The highest score of each example is along axis 1.
net, grads
  a parameter without a gradient
    shows: the dict of gradients has no
    Each entry of params is updated by its gradient: one that no layer uses does not belong there,
      one that a layer uses needs a gradient in grads.
net, params
  weights of one sign
    shows: weights of one sign
    Weights are weight_scale * np.random.randn(fan in, fan out): those of rand are all positive,
      and zeros are the same for all units. [packt10]
  weight_scale is no variance
    shows: weights grow
    weight_scale is the standard deviation of the weights: it multiplies np.random.randn as it is,
      neither squared nor under a root. [~mlpack3651]
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
"""
