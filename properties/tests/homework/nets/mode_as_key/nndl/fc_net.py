import numpy as np

from .layers import *
from .layer_utils import *


class TwoLayerNet(object):
  def __init__(self, input_dim=3*32*32, hidden_dims=100, num_classes=10,
               dropout=0, weight_scale=1e-3, reg=0.0):
    self.params = {}
    self.reg = reg
    self.params['W1'] = np.random.normal(0, weight_scale, (input_dim, hidden_dims))
    self.params['b1'] = np.zeros(hidden_dims)
    self.params['W2'] = np.random.normal(0, weight_scale, (hidden_dims, num_classes))
    self.params['b2'] = np.zeros(num_classes)

  def loss(self, X, y=None):
    W1, b1 = self.params['W1'], self.params['b1']
    W2, b2 = self.params['W2'], self.params['b2']
    h, h_cache = affine_relu_forward(X, W1, b1)
    scores, cache = affine_forward(h, W2, b2)
    if y is None:
      return scores

    loss, dscores = softmax_loss(scores, y)
    loss += 0.5 * self.reg * (np.sum(W1 * W1) + np.sum(W2 * W2))

    grads = {}
    dh, grads['W2'], grads['b2'] = affine_backward(dscores, cache)
    _, grads['W1'], grads['b1'] = affine_relu_backward(dh, h_cache)
    grads['W1'] += self.reg * W1
    grads['W2'] += self.reg * W2
    return loss, grads


class FullyConnectedNet(object):
  """
  {affine - [batch norm] - relu - [dropout]} x (L - 1) - affine - softmax
  """

  def __init__(self, hidden_dims, input_dim=3*32*32, num_classes=10,
               dropout=0, use_batchnorm=False, reg=0.0,
               weight_scale=1e-2, dtype=np.float32, seed=None):
    self.use_batchnorm = use_batchnorm
    self.use_dropout = dropout > 0
    self.reg = reg
    self.num_layers = 1 + len(hidden_dims)
    self.dtype = dtype
    self.params = {}

    dims = [input_dim] + list(hidden_dims) + [num_classes]
    for i in np.arange(self.num_layers):
      self.params['W' + str(i + 1)] = np.random.normal(0, weight_scale, (dims[i], dims[i + 1]))
      self.params['b' + str(i + 1)] = np.zeros(dims[i + 1])
      if self.use_batchnorm and i < self.num_layers - 1:
        self.params['gamma' + str(i + 1)] = np.ones(dims[i + 1])
        self.params['beta' + str(i + 1)] = np.zeros(dims[i + 1])

    self.dropout_param = {}
    if self.use_dropout:
      self.dropout_param = {'mode': 'train', 'p': dropout}
      if seed is not None:
        self.dropout_param['seed'] = seed

    self.bn_params = []
    if self.use_batchnorm:
      self.bn_params = [{'mode': 'train'} for i in np.arange(self.num_layers - 1)]

    for k, v in self.params.items():
      self.params[k] = v.astype(dtype)

  def loss(self, X, y=None):
    X = X.astype(self.dtype)
    mode = 'test' if y is None else 'train'

    # Set train/test mode for batchnorm params and dropout param since they
    # behave differently during training and testing.
    if self.dropout_param is not None:
      self.dropout_param['mode'] = mode
    if self.use_batchnorm:
      for bn_param in self.bn_params:
        bn_param[mode] = mode

    caches = []
    drop_caches = []
    h = X
    for i in np.arange(1, self.num_layers):
      W, b = self.params['W' + str(i)], self.params['b' + str(i)]
      if self.use_batchnorm:
        gamma, beta = self.params['gamma' + str(i)], self.params['beta' + str(i)]
        h, cache = affine_batchnorm_relu_forward(h, W, b, gamma, beta, self.bn_params[i - 1])
      else:
        h, cache = affine_relu_forward(h, W, b)
      caches.append(cache)
      if self.use_dropout:
        h, drop_cache = dropout_forward(h, self.dropout_param)
        drop_caches.append(drop_cache)
    last = str(self.num_layers)
    scores, cache = affine_forward(h, self.params['W' + last], self.params['b' + last])

    if mode == 'test':
      return scores

    loss, dout = softmax_loss(scores, y)
    grads = {}
    dout, grads['W' + last], grads['b' + last] = affine_backward(dout, cache)
    for i in np.arange(self.num_layers - 1, 0, -1):
      if self.use_dropout:
        dout = dropout_backward(dout, drop_caches[i - 1])
      if self.use_batchnorm:
        dout, dw, db, dgamma, dbeta = affine_batchnorm_relu_backward(dout, caches[i - 1])
        grads['gamma' + str(i)] = dgamma
        grads['beta' + str(i)] = dbeta
      else:
        dout, dw, db = affine_relu_backward(dout, caches[i - 1])
      grads['W' + str(i)], grads['b' + str(i)] = dw, db

    for i in np.arange(1, self.num_layers + 1):
      W = self.params['W' + str(i)]
      loss += 0.5 * self.reg * np.sum(W * W)
      grads['W' + str(i)] += self.reg * W
    return loss, grads
