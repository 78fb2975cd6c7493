import numpy as np

from .tape import Var, gradients


def affine_forward(x, w, b):
    vx, vw, vb = Var(x), Var(w), Var(b)
    out = vx.reshape(len(x), -1) @ vw + vb
    return out.v, (out, (vx, vw, vb))


def relu_forward(x):
    vx = Var(x)
    out = vx.relu()
    return out.v, (out, (vx,))


def batchnorm_forward(x, gamma, beta, bn_param):
    eps, rho = bn_param.get('eps', 1e-5), bn_param.get('momentum', 0.9)
    vx, vg, vb = Var(x), Var(gamma), Var(beta)
    old = {k: bn_param.get(k, np.zeros(x.shape[1], x.dtype)) for k in ('running_mean', 'running_var')}
    if bn_param['mode'] == 'train':
        mu = vx.mean0()
        centred = vx - mu
        var = (centred * centred).mean0()
        bn_param['running_mean'] = rho * old['running_mean'] + (1 - rho) * mu.v
        bn_param['running_var'] = rho * old['running_var'] + (1 - rho) * var.v
    elif bn_param['mode'] == 'test':
        centred, var = vx - old['running_mean'], Var(old['running_var'])
    else:
        raise ValueError(bn_param['mode'])
    out = vg * (centred * (var + eps).power(-0.5)) + vb
    return out.v, (out, (vx, vg, vb))


def affine_backward(dout, cache):
    return gradients(cache[0], dout, cache[1])


def relu_backward(dout, cache):
    return gradients(cache[0], dout, cache[1])[0]


batchnorm_backward = affine_backward


def softmax_loss(x, y):
    vx = Var(x)
    loss = (vx.logsumexp() - vx.pick(y)).total() * (1.0 / len(y))
    return float(loss.v), gradients(loss, 1.0, [vx])[0]
