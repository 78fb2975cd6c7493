from nndl.ops import Linear, ReLU

# one of each is enough
_relu = ReLU()


def affine_forward(x, w, b):
    layer = Linear()
    return layer.forward(x, w, b), layer


def affine_backward(dout, cache):
    return cache.backward(dout)


def relu_forward(x):
    return _relu.forward(x), _relu


def relu_backward(dout, cache):
    return cache.backward(dout)
