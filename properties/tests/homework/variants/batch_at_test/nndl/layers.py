import numpy as np


def batchnorm_forward(x, gamma, beta, bn_param):
  mode = bn_param['mode']
  eps = bn_param.get('eps', 1e-5)
  momentum = bn_param.get('momentum', 0.9)
  N, D = x.shape
  running_mean = bn_param.get('running_mean', np.zeros(D, dtype=x.dtype))
  running_var = bn_param.get('running_var', np.zeros(D, dtype=x.dtype))

  mean = np.mean(x, axis=0)
  var = np.var(x, axis=0)
  x_hat = (x - mean) / np.sqrt(var + eps)
  out = x_hat * gamma + beta
  cache = (x_hat, var, eps, gamma)
  if mode == 'train':
    running_mean = momentum * running_mean + (1 - momentum) * mean
    running_var = momentum * running_var + (1 - momentum) * var
  elif mode != 'test':
    raise ValueError('Invalid forward batchnorm mode "%s"' % mode)

  bn_param['running_mean'] = running_mean
  bn_param['running_var'] = running_var
  return out, cache


def batchnorm_backward(dout, cache):
  x_hat, var, eps, gamma = cache
  N = dout.shape[0]
  dx_hat = dout * gamma
  dx = 1.0 / N / np.sqrt(var + eps) * (N * dx_hat - np.sum(dx_hat, axis=0) - x_hat * np.sum(dx_hat * x_hat, axis=0))
  dgamma = np.sum(dout * x_hat, axis=0)
  dbeta = np.sum(dout, axis=0)
  return dx, dgamma, dbeta


def dropout_forward(x, dropout_param):
  p, mode = dropout_param['p'], dropout_param['mode']
  if 'seed' in dropout_param:
    np.random.seed(dropout_param['seed'])
  mask = None
  if mode == 'train':
    # one draw for a feature map: (N, D) inputs
    mask = (np.random.rand(x.shape[0], x.shape[1]) > p) / (1 - p)
    out = x * mask
  else:
    out = x
  return out, (dropout_param, mask)


def dropout_backward(dout, cache):
  dropout_param, mask = cache
  if dropout_param['mode'] == 'test':
    return dout
  return dout * mask
