import numpy as np


def affine_forward(x, w, b):
  N = x.shape[0]
  out = x.reshape(N, -1).dot(w) + b
  cache = (x, w, b)
  return out, cache


def affine_backward(dout, cache):
  x, w, b = cache
  dx = dout.dot(w.T).reshape(x.shape)
  dw = x.reshape(x.shape[0], -1).T.dot(dout)
  db = dout.sum(axis=0)
  return dx, dw, db


def relu_forward(x):
  out = np.maximum(0, x)
  return out, x


def relu_backward(dout, cache):
  x = cache
  dx = dout.copy()
  dx[x <= 0] = 0
  return dx


def softmax_loss(x, y):
  probs = np.exp(x - np.max(x, axis=1, keepdims=True))
  probs /= np.sum(probs, axis=1, keepdims=True)
  N = x.shape[0]
  loss = -np.sum(np.log(probs[xrange(N), y])) / N
  dx = probs.copy()
  dx[xrange(N), y] -= 1
  dx /= N
  return loss, dx


if __name__ == '__main__':
  x = np.random.randn(4, 3)
  print 'relu:', relu_forward(x)[0]
  print 'loss %f' % softmax_loss(x, np.array([0, 1, 2, 0]))[0]
