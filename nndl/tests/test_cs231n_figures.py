# mypy: ignore-errors
"""Published figures of CS231n's assignments, at inputs that anyone can make."""

import numpy as np
import pytest

from nndl import layers

CONVOLUTION = [
    [
        [[-0.08759809, -0.10987781], [-0.18387192, -0.2109216]],
        [[0.21027089, 0.21661097], [0.22847626, 0.23004637]],
        [[0.50813986, 0.54309974], [0.64082444, 0.67101435]],
    ],
    [
        [[-0.98053589, -1.03143541], [-1.19128892, -1.24695841]],
        [[0.69108355, 0.66880383], [0.59480972, 0.56776003]],
        [[2.36270298, 2.36904306], [2.38090835, 2.38247847]],
    ],
]
POOLING = [
    [
        [[-0.26315789, -0.24842105], [-0.20421053, -0.18947368]],
        [[-0.14526316, -0.13052632], [-0.08631579, -0.07157895]],
        [[-0.02736842, -0.01263158], [0.03157895, 0.04631579]],
    ],
    [
        [[0.09052632, 0.10526316], [0.14947368, 0.16421053]],
        [[0.20842105, 0.22315789], [0.26736842, 0.28210526]],
        [[0.32631579, 0.34105263], [0.38526316, 0.4]],
    ],
]
RNN_STEP = [
    [-0.58172089, -0.50182032, -0.41232771, -0.31410098],
    [0.66854692, 0.79562378, 0.87755553, 0.92795967],
    [0.97934501, 0.99144213, 0.99646691, 0.99854353],
]
LSTM_STEP_H = [
    [0.24635157, 0.28610883, 0.32240467, 0.35525807, 0.38474904],
    [0.49223563, 0.55611431, 0.61507696, 0.66844003, 0.7159181],
    [0.56735664, 0.66310127, 0.74419266, 0.80889665, 0.858299],
]
LSTM_STEP_C = [
    [0.32986176, 0.39145139, 0.451556, 0.51014116, 0.56717407],
    [0.66382255, 0.76674007, 0.87195994, 0.97902709, 1.08751345],
    [0.74192008, 0.90592151, 1.07717006, 1.25120233, 1.42395676],
]
LSTM = [
    [
        [0.01764008, 0.01823233, 0.01882671, 0.0194232],
        [0.11287491, 0.12146228, 0.13018446, 0.13902939],
        [0.31358768, 0.33338627, 0.35304453, 0.37250975],
    ],
    [
        [0.45767879, 0.4761092, 0.4936887, 0.51041945],
        [0.6704845, 0.69350089, 0.71486014, 0.7346449],
        [0.81733511, 0.83677871, 0.85403753, 0.86935314],
    ],
]


def line(start, stop, *shape):
    return np.linspace(start, stop, int(np.prod(shape))).reshape(shape)


@pytest.mark.parametrize("path", ["naive", "fast"])
def test_convolution_and_pooling(path):
    x, w, b = line(-0.1, 0.5, 2, 3, 4, 4), line(-0.2, 0.3, 3, 3, 4, 4), line(-0.1, 0.2, 3)
    forward = getattr(layers, f"conv_forward_{path}")
    out, _ = forward(x, w, b, {"stride": 2, "pad": 1})
    np.testing.assert_allclose(out, CONVOLUTION, atol=6e-9)
    forward = getattr(layers, f"max_pool_forward_{path}")
    pool_param = {"pool_height": 2, "pool_width": 2, "stride": 2}
    out, _ = forward(line(-0.3, 0.4, 2, 3, 4, 4), pool_param)
    np.testing.assert_allclose(out, POOLING, atol=6e-9)


def test_recurrent_steps():
    x, h = line(-0.4, 0.7, 3, 10), line(-0.2, 0.5, 3, 4)
    Wx, Wh, b = line(-0.1, 0.9, 10, 4), line(-0.3, 0.7, 4, 4), line(-0.2, 0.4, 4)
    np.testing.assert_allclose(layers.rnn_step_forward(x, h, Wx, Wh, b)[0], RNN_STEP, atol=6e-9)
    x, h, c = line(-0.4, 1.2, 3, 4), line(-0.3, 0.7, 3, 5), line(-0.4, 0.9, 3, 5)
    Wx, Wh, b = line(-2.1, 1.3, 4, 20), line(-0.7, 2.2, 5, 20), line(0.3, 0.7, 20)
    next_h, next_c, _ = layers.lstm_step_forward(x, h, c, Wx, Wh, b)
    np.testing.assert_allclose(next_h, LSTM_STEP_H, atol=6e-9)
    np.testing.assert_allclose(next_c, LSTM_STEP_C, atol=6e-9)


def test_lstm():
    x, h0 = line(-0.4, 0.6, 2, 3, 5), line(-0.4, 0.8, 2, 4)
    Wx, Wh, b = line(-0.2, 0.9, 5, 16), line(-0.3, 0.6, 4, 16), line(0.2, 0.7, 16)
    np.testing.assert_allclose(layers.lstm_forward(x, h0, Wx, Wh, b)[0], LSTM, atol=6e-9)
