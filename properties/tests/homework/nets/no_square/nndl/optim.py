import numpy as np


def sgd(w, dw, config=None):
  if config is None: config = {}
  config.setdefault('learning_rate', 1e-2)

  next_w = w - config['learning_rate'] * dw
  return next_w, config


def sgd_momentum(w, dw, config=None):
  if config is None: config = {}
  config.setdefault('learning_rate', 1e-2)
  config.setdefault('momentum', 0.9)
  v = config.get('v', np.zeros_like(w))

  v = config['momentum'] * v - config['learning_rate'] * dw
  next_w = w + v

  config['v'] = v
  return next_w, config


def sgd_nesterov_momentum(w, dw, config=None):
  if config is None: config = {}
  config.setdefault('learning_rate', 1e-2)
  config.setdefault('momentum', 0.9)
  v = config.get('v', np.zeros_like(w))

  v_old = v
  v = config['momentum'] * v_old - config['learning_rate'] * dw
  next_w = w + v + config['momentum'] * (v - v_old)

  config['v'] = v
  return next_w, config


def rmsprop(w, dw, config=None):
  if config is None: config = {}
  config.setdefault('learning_rate', 1e-2)
  config.setdefault('decay_rate', 0.99)
  config.setdefault('epsilon', 1e-8)
  config.setdefault('a', np.zeros_like(w))

  config['a'] = config['decay_rate'] * config['a'] + (1 - config['decay_rate']) * np.abs(dw)
  next_w = w - config['learning_rate'] * dw / (np.sqrt(config['a']) + config['epsilon'])
  return next_w, config


def adam(w, dw, config=None):
  if config is None: config = {}
  config.setdefault('learning_rate', 1e-3)
  config.setdefault('beta1', 0.9)
  config.setdefault('beta2', 0.999)
  config.setdefault('epsilon', 1e-8)
  config.setdefault('v', np.zeros_like(w))
  config.setdefault('a', np.zeros_like(w))
  config.setdefault('t', 0)

  config['t'] += 1
  config['v'] = config['beta1'] * config['v'] + (1 - config['beta1']) * dw
  config['a'] = config['beta2'] * config['a'] + (1 - config['beta2']) * dw ** 2
  v_corrected = config['v'] / (1 - config['beta1'] ** config['t'])
  a_corrected = config['a'] / (1 - config['beta2'] ** config['t'])
  next_w = w - config['learning_rate'] * v_corrected / (np.sqrt(a_corrected) + config['epsilon'])
  return next_w, config
