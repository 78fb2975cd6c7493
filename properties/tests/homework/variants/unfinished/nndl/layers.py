import numpy as np
import pdb


def affine_forward(x, w, b):
  out = None
  # ================================================================ #
  # YOUR CODE HERE:
  #   Calculate the output of the forward pass.  Notice the dimensions
  #   of w are D x M, which is the transpose of what we did in earlier
  #   assignments.
  # ================================================================ #
  x_reshaped = x.reshape((x.shape[0], w.shape[0]))
  out = x_reshaped.dot(w) + b
  # ================================================================ #
  # END YOUR CODE HERE
  # ================================================================ #
  cache = (x, w, b)
  return out, cache


def affine_backward(dout, cache):
  x, w, b = cache
  dx, dw, db = None, None, None
  # YOUR CODE HERE
  x_reshaped = x.reshape((x.shape[0], w.shape[0]))
  db = np.sum(dout, axis=0)
  dw = x_reshaped.T.dot(dout)
  dx = dout.dot(w.T).reshape(x.shape)
  return dx, dw, db


def relu_forward(x):
  # f = lambda x: x * (x > 0)
  out = np.maximum(np.zeros_like(x), x)
  cache = x
  return out, cache


def relu_backward(dout, cache):
  x = cache
  dx = (x > 0) * dout
  return dx


def batchnorm_forward(x, gamma, beta, bn_param):
  mode = bn_param['mode']
  out, cache = None, None
  if mode == 'train':
    # ================================================================ #
    # YOUR CODE HERE:
    # ================================================================ #
    pass
  elif mode == 'test':
    pass
  else:
    raise ValueError('Invalid forward batchnorm mode "%s"' % mode)
  return out, cache


def batchnorm_backward(dout, cache):
  dx, dgamma, dbeta = None, None, None
  # ================================================================ #
  # YOUR CODE HERE:
  # ================================================================ #

  return dx, dgamma, dbeta


def dropout_forward(x, dropout_param):
  raise NotImplementedError


def dropout_backward(dout, cache):
  raise NotImplementedError('TODO')


def svm_loss(x, y):
  """ Given by the course. """
  N = x.shape[0]
  correct_class_scores = x[np.arange(N), y]
  margins = np.maximum(0, x - correct_class_scores[:, np.newaxis] + 1.0)
  margins[np.arange(N), y] = 0
  loss = np.sum(margins) / N
  num_pos = np.sum(margins > 0, axis=1)
  dx = np.zeros_like(x)
  dx[margins > 0] = 1
  dx[np.arange(N), y] -= num_pos
  dx /= N
  return loss, dx


def softmax_loss(x, y):
  loss = 0.0
  dx = np.zeros_like(x)
  # TODO
  return None
