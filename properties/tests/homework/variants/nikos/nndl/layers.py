import numpy as np


def affine_forward(x, w, b):
  """
  Inputs:
  - x: A numpy array containing input data, of shape (N, d_1, ..., d_k)
  - w: A numpy array of weights, of shape (D, M)
  - b: A numpy array of biases, of shape (M,)
  """
  N = x.shape[0]
  D = w.shape[0]
  x_vec = x.reshape((N, D))
  out = np.dot(x_vec, w) + b
  cache = (x, w, b)
  return out, cache


def affine_backward(dout, cache):
  x, w, b = cache
  # dL/dx = dL/dout * w^T
  dx = np.dot(dout, w.T)
  dw = np.dot(x.reshape(x.shape[0], -1).T, dout)
  db = np.dot(dout.T, np.ones(dout.shape[0]))
  return dx, dw, db


def relu_forward(x):
  relu = lambda t: t * (t > 0)
  out = relu(x)
  cache = x
  return out, cache


def relu_backward(dout, cache):
  x = cache
  dx = dout * (dout > 0)
  return dx


def svm_loss(x, y):
  N = x.shape[0]
  correct = x[np.arange(N), y]
  margins = np.maximum(0, x - correct.reshape(N, 1) + 1)
  # the true class gives max(0, 0 + 1) = 1 for each example, so take it off again
  loss = np.sum(margins) / N - 1
  ind = (margins > 0).astype(x.dtype)
  # sum over all classes, minus the true one
  ind[np.arange(N), y] -= np.sum(ind, axis=1)
  dx = ind / N
  return loss, dx


def softmax_loss(x, y):
  probs = np.exp(x - np.max(x, axis=1, keepdims=True))
  probs /= np.sum(probs, axis=1, keepdims=True)
  N = x.shape[0]
  loss = -np.sum(np.log(probs[np.arange(N), y])) / N
  dx = probs
  dx[np.arange(N), y] -= 1
  return loss, dx
