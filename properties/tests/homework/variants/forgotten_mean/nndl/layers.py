import numpy as np


def batchnorm_forward(x, gamma, beta, bn_param):
  mode = bn_param['mode']
  eps = bn_param.get('eps', 1e-5)
  momentum = bn_param.get('momentum', 0.9)
  N, D = x.shape
  running_mean = bn_param.get('running_mean', np.zeros(D, dtype=x.dtype))
  running_var = bn_param.get('running_var', np.zeros(D, dtype=x.dtype))
  out, cache = None, None
  if mode == 'train':
    m = np.mean(x, axis=0)
    v = np.var(x, axis=0)
    xc = x - m
    istd = 1.0 / np.sqrt(v + eps)
    xn = xc * istd
    out = xn * gamma + beta
    running_mean = momentum * running_mean + (1.0 - momentum) * m
    running_var = momentum * running_var + (1.0 - momentum) * v
    cache = (xn, xc, istd, gamma)
  elif mode == 'test':
    out = gamma * (x - running_mean) / np.sqrt(running_var + eps) + beta
  else:
    raise ValueError('Invalid forward batchnorm mode "%s"' % mode)
  bn_param['running_mean'] = running_mean
  bn_param['running_var'] = running_var
  return out, cache


def batchnorm_backward(dout, cache):
  xn, xc, istd, gamma = cache
  N = xn.shape[0]
  dxn = gamma * dout
  dvar = np.sum(dxn * xc * -0.5 * istd ** 3, axis=0)
  dx = dxn * istd + dvar * 2 * xc / N
  dgamma = np.sum(xn * dout, axis=0)
  dbeta = np.sum(dout, axis=0)
  return dx, dgamma, dbeta


def dropout_forward(x, dropout_param):
  p, mode = dropout_param['p'], dropout_param['mode']
  if 'seed' in dropout_param:
    np.random.seed(dropout_param['seed'])
  mask = np.random.rand(*x.shape) < 1 - p
  if mode == 'train':
    out = x * mask / (1 - p)
  else:
    out, mask = x, None
  return out, (dropout_param, mask)


def dropout_backward(dout, cache):
  dropout_param, mask = cache
  p = dropout_param['p']
  if dropout_param['mode'] == 'test':
    return dout
  keep = np.random.rand(*dout.shape) < 1 - p
  return dout * keep / (1 - p)


def softmax_loss(x, y):
  N = x.shape[0]
  x = x - np.max(x, axis=1, keepdims=True)
  scores = np.exp(x)
  probs = scores / np.sum(scores, axis=1, keepdims=True)
  loss = np.sum(-np.log(probs[np.arange(N), y]))
  dx = probs
  dx[np.arange(N), y] -= 1
  return loss / N, dx / N
