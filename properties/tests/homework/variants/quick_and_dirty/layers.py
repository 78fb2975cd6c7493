import numpy as np
import matplotlib.pyplot as plt
from numpy import *
def affine_forward(x, w, b):
    out = dot(x.reshape(x.shape[0],-1), w) + b; cache = (x, w, b)
    return out, cache
def affine_backward(dout, cache):
    x, w, b = cache
    return dot(dout, w.T).reshape(x.shape), dot(x.reshape(x.shape[0],-1).T, dout), dout.sum(0)
def relu_forward(x): return maximum(x,0), x
def relu_backward(dout, cache): return dout*(cache>0)
def dropout_forward(x, dropout_param):
    p, mode = dropout_param['p'], dropout_param['mode']
    if 'seed' in dropout_param: np.random.seed(dropout_param['seed'])
    if mode == 'train':
        mask = (np.random.rand(*x.shape) > p) / (1 - p)
        out = x * mask
    else:
        mask = None
        out = x * (1 - p)
    return out, (dropout_param, mask)
def dropout_backward(dout, cache):
    dropout_param, mask = cache
    if dropout_param['mode'] == 'train': return dout * mask
    return dout
def svm_loss(x, y):
    N = len(y)
    m = maximum(0, x - x[arange(N), y][:, None] + 1); m[arange(N), y] = 0
    loss = m.sum()/N
    dx = (m > 0)*1.0
    dx[arange(N), y] -= dx.sum(1)
    return loss, dx
def softmax_loss(x, y):
    N = len(y)
    s = exp(x - x.max())
    s = s / s.sum(1)[:, None]
    loss = -log(s[arange(N), y]).mean()
    s[arange(N), y] -= 1
    return loss, s/N
