"""Losses of a weight matrix: lost means, lost regularisation, and the hinge's true class."""

from __future__ import annotations

_LOSS = """
  not divided by N
    = data * N + penalty
    The loss is a mean over examples: divide by N. [~jax3113]
  regularisation missing
    = data
    The regularisation is missing: reg times the sum of the squared weights.
  regularisation divided by N
    = data + penalty / N
    The mean is over the examples; the regularisation is added after it.
  regularisation for every example
    = data + N * penalty
    Add the regularisation once, after the loop over the examples.
  norm not squared
    = data + reg * np.sqrt((W ** 2).sum())
    The weights are squared; there is no root. [~haiku178]
  absolute weights
    = data + reg * np.abs(W).sum()
    Square the weights; the sum of their sizes is another regulariser.
  squared sum of the weights
    = data + reg * W.sum() ** 2
    Square each weight, then add.
  regularisation subtracted
    = data - penalty
    The regularisation is added. [~deeppy17 ~nnet4]"""

_GRADIENT = """
  not divided by N
    = X.T @ ds * N + 2 * reg * W
    The loss is divided by N, so its gradient is, too. [~so6527 ~mlfs135]
  regularisation missing
    = X.T @ ds
    The gradient of the regularisation is missing: 2 reg W.
  regularisation halved
    = X.T @ ds + reg * W
    The derivative of a square has a factor 2: where the loss has reg times the squares without a
      half, its gradient is 2 reg W. [jing3 neuromatch423]
  regularisation doubled
    = X.T @ ds + 4 * reg * W
    Where the loss has half of reg times the squares, its gradient is reg W, without the 2. [cs89]
  regularisation divided by N
    = X.T @ ds + 2 * reg * W / N
    The mean is over the examples; the regularisation is added after it.
  regularisation of the squares
    = X.T @ ds + reg * W ** 2
    The derivative of reg times the squares is 2 reg W. [scratch5]
  regularisation in the wrong place
    = (X.T @ ds + penalty)
    A number is added to every entry: the gradient of the regularisation is 2 reg W. [jplay10]
  last example alone
    = X[-1:].T @ ds[-1:] + 2 * reg * W
    dW adds up all examples: += in the loop, not =. [~mlpack3679]
  sign reversed
    = -(X.T @ ds) + 2 * reg * W
    The gradient points uphill; the sign is the loss's. [~newbedev]"""

SVM = f"""
NAME, loss{_LOSS}
  true class counted
    = data + 1 + penalty
    The true class is not counted: its margin is always 1. [light9]
  margin missing
    = np.where(wrong, np.maximum(0, x - correct), 0).sum() / N + penalty
    The margin of 1 is missing. [~mlpack1648]
  sign of the margin
    = np.where(wrong, np.maximum(0, correct - x + 1), 0).sum() / N + penalty
    Sign: the wrong score minus the true score. [~mlpack1648]
  squared hinge
    = (hinge ** 2).sum() / N + penalty
    That is the squared hinge. [~chainer546]
  not clipped at zero
    = np.where(wrong, m0, 0).sum() / N + penalty
    Satisfied margins count as 0, not as negative. [~nyu832]
NAME, dW{_GRADIENT}
  true class missing
    = X.T @ counted / N + 2 * reg * W
    The true class's score stands in every margin: its column loses x once for each violated margin.
      [mantasu9 newbedev]
  true class counted once
    = X.T @ (counted - onehot) / N + 2 * reg * W
    The true class gets minus the NUMBER of violated margins, not -1. [mantasu9]
  true class once where any margin is violated
    = X.T @ (counted - onehot * counted.any(1)[:, None]) / N + 2 * reg * W
    The true class gets minus the NUMBER of violated margins, not -1. [mantasu9]
  sign of the true class
    = X.T @ (counted + onehot * counted.sum(1)[:, None]) / N + 2 * reg * W
    The true class's score enters with a minus sign. [~mantasu9]
  true class counted
    = X.T @ ((m0 > 0) - onehot * counted.sum(1)[:, None]) / N + 2 * reg * W
    The true class's own margin is counted: with -= its 1 stays in the gradient. [~bruce5]
  margin for its step
    = X.T @ (hinge - onehot * hinge.sum(1)[:, None]) / N + 2 * reg * W
    The derivative of the hinge is 1 where it is positive, not its value.
"""

SOFTMAX = f"""
NAME, loss{_LOSS}
  logarithm missing
    = -(onehot * probs).sum() / N + penalty
    The logarithm is missing.
  all classes summed
    = -logp.sum() / N + penalty
    Only the true class's log probability counts. [~so4166]
  log of the sum missing
    = -(onehot * x).sum() / N + penalty
    The log of the sum of exponentials is missing. [~jay]
  normalised over the batch
    = -np.log((onehot * np.exp(x0) / np.exp(x0).sum(0)).sum(1)).mean() + penalty
    Each row is normalised over its classes: sum over axis 1. [nri25 lattice5]
  bits
    = data / np.log(2) + penalty
    Nats, not bits: np.log, not np.log2. [~libfm21]
NAME, dW{_GRADIENT}
  label not subtracted
    = X.T @ probs / N + 2 * reg * W
    Subtract 1 at the true class. [~so4166]
  true class only
    = X.T @ np.where(wrong, 0, probs - 1) / N + 2 * reg * W
    All classes get a gradient, not the true one alone. [~so4166]
  true class zero
    = X.T @ np.where(wrong, probs, 0) / N + 2 * reg * W
    The true class gets p - 1, not 0. [~so4166]
  not normalised
    = X.T @ (np.exp(x0) - onehot) / N + 2 * reg * W
    Use the normalised probabilities.
  softmax derivative twice
    = X.T @ ((probs - onehot) * probs * (1 - probs)) / N + 2 * reg * W
    p - 1 has the softmax's derivative in it already.
"""
