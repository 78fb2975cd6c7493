import numpy as np
import matplotlib.pyplot as plt


class TwoLayerNet(object):
  """
  A two-layer fully-connected neural network. W1 is (H, D), W2 is (C, H).
  """

  def __init__(self, input_size, hidden_size, output_size, std=1e-4):
    self.params = {}
    self.params['W1'] = std * np.random.randn(hidden_size, input_size)
    self.params['b1'] = np.zeros(hidden_size)
    self.params['W2'] = std * np.random.randn(output_size, hidden_size)
    self.params['b2'] = np.zeros(output_size)

  def loss(self, X, y=None, reg=0.0):
    W1, b1 = self.params['W1'], self.params['b1']
    W2, b2 = self.params['W2'], self.params['b2']
    N, D = X.shape

    # Compute the forward pass
    h1 = np.dot(X, W1.T) + b1
    h1_relu = h1 * (h1 > 0)
    scores = np.dot(h1_relu, W2.T) + b2
    if y is None:
      return scores

    # Compute the loss
    scores = scores - np.max(scores, axis=1, keepdims=True)
    exp_scores = np.exp(scores)
    probs = exp_scores / np.sum(exp_scores, axis=1, keepdims=True)
    softmax_loss = np.mean(-np.log(probs[np.arange(N), y]))
    loss = softmax_loss + 0.5 * reg * (np.sum(W1 ** 2) + np.sum(W2 ** 2))

    # Backward pass
    grads = {}
    dscores = probs
    dscores[np.arange(N), y] -= 1
    dscores /= N
    grads['W2'] = np.dot(dscores.T, h1_relu) + reg * W2
    grads['b2'] = np.sum(dscores, axis=0)
    dh1 = np.dot(dscores, W2) * (h1 > 0)
    grads['W1'] = np.dot(dh1.T, X) + reg * W1
    grads['b1'] = np.sum(dh1, axis=0)
    return loss, grads

  def train(self, X, y, X_val, y_val,
            learning_rate=1e-3, learning_rate_decay=0.95,
            reg=1e-5, num_iters=100,
            batch_size=200, verbose=False):
    num_train = X.shape[0]
    iterations_per_epoch = max(num_train / batch_size, 1)

    loss_history = []
    train_acc_history = []
    val_acc_history = []

    for it in np.arange(num_iters):
      index = np.random.choice(num_train, batch_size)
      X_batch = X[index]
      y_batch = y[index]

      loss, grads = self.loss(X_batch, y=y_batch, reg=reg)
      loss_history.append(loss)

      for key in self.params:
        self.params[key] -= learning_rate * grads[key]

      if verbose and it % 100 == 0:
        print('iteration {} / {}: loss {}'.format(it, num_iters, loss))

      if it % iterations_per_epoch == 0:
        train_acc_history.append((self.predict(X_batch) == y_batch).mean())
        val_acc_history.append((self.predict(X_val) == y_val).mean())
        learning_rate *= learning_rate_decay

    return {
      'loss_history': loss_history,
      'train_acc_history': train_acc_history,
      'val_acc_history': val_acc_history,
    }

  def predict(self, X):
    return np.argmax(self.loss(X), axis=1)
