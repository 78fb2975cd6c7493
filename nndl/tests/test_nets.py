# mypy: ignore-errors
"""The nets: published figures 1, 6 and 8, the two-way switch, dtypes and bad input."""

import warnings

import numpy as np
import pytest

from nndl import fc_net, layers, neural_net
from nndl.gradient_check import eval_numerical_gradient, rel_error

TOY_SCORES = [
    [-1.07260209, 0.05083871, -0.87253915],
    [-2.02778743, -0.10832494, -1.52641362],
    [-0.74225908, 0.15259725, -0.39578548],
    [-0.38172726, 0.10835902, -0.17328274],
    [-0.64417314, -0.18886813, -0.41106892],
]


def toy():
    np.random.seed(0)
    net = neural_net.TwoLayerNet(4, 10, 3, std=1e-1)
    np.random.seed(1)
    return net, 10 * np.random.randn(5, 4), np.array([0, 1, 2, 2, 1])


def largest_error(net, loss, grads, h=1e-5):
    """Return the largest relative error of gradients against central differences."""
    errors = {
        name: rel_error(
            eval_numerical_gradient(lambda _: loss(), param, verbose=False, h=h), grads[name]
        )
        for name, param in net.params.items()
    }
    return max(errors.values())


def test_figure_1_toy_net():
    net, X, y = toy()
    assert np.abs(net.loss(X) - TOY_SCORES).sum() < 1e-7
    loss, grads = net.loss(X, y, reg=0.05)
    assert abs(loss - 1.071696123862817) < 1e-12
    assert largest_error(net, lambda: net.loss(X, y, reg=0.05)[0], grads) < 1e-8


def test_figure_1_toy_training():
    _, X, y = toy()
    np.random.seed(0)
    net = neural_net.TwoLayerNet(4, 10, 3, std=1e-1)
    history = net.train(X, y, X, y, learning_rate=1e-1, reg=5e-6, num_iters=100)
    assert abs(history["loss_history"][-1] - 0.014497864587765) < 1e-12
    assert len(history["loss_history"]) == 100
    assert (net.predict(X) == y).all()


def test_monolithic_log_and_history(capsys):
    _, X, y = toy()
    X, y = np.repeat(X, 4, axis=0), np.repeat(y, 4)
    net = neural_net.TwoLayerNet(4, 10, 3)
    history = net.train(X, y, X, y, num_iters=101, batch_size=5, verbose=True)
    lines = capsys.readouterr().out.splitlines()
    assert lines[1] == f"iteration 100 / 101: loss {history['loss_history'][100]}"
    assert len(history["train_acc_history"]) == len(history["val_acc_history"]) == 26


def test_a_rate_that_is_far_too_high_ends_without_a_warning_of_the_softmax():
    with warnings.catch_warnings():
        warnings.filterwarnings("error", module=r"nndl\.layers\.cross_entropy")
        loss, _dx = layers.softmax_loss(np.array([[np.inf, 0.0], [np.nan, 1.0]]), np.array([0, 1]))
    assert not np.isfinite(loss)
    _, X, y = toy()
    net = neural_net.TwoLayerNet(4, 10, 3)
    with warnings.catch_warnings():
        warnings.filterwarnings("error", module=r"nndl\.layers\.cross_entropy")
        warnings.filterwarnings("ignore", module=r"nndl\.neural_net")
        net.train(X, y, X, y, learning_rate=1e200, num_iters=10)


def test_parameters_keep_their_dtype():
    net, X, y = toy()
    net.params = {name: param.astype(np.float32) for name, param in net.params.items()}
    net.train(X, y, X, y, num_iters=3, learning_rate=np.float64(0.1), reg=np.float64(0.1))
    assert {param.dtype for param in net.params.values()} == {np.dtype(np.float32)}
    net = fc_net.FullyConnectedNet([5], 4, 3, reg=np.float64(0.1), use_batchnorm=True, dropout=0.5)
    loss, grads = net.loss(X, y)
    assert {grads[name].dtype for name in net.params} == {np.dtype(np.float32)} == {loss.dtype}


FIGURE_6_SCORES = [
    [11.53165108, 12.2917344, 13.05181771, 13.81190102, 14.57198434, 15.33206765, 16.09215096],
    [12.05769098, 12.74614105, 13.43459113, 14.1230412, 14.81149128, 15.49994135, 16.18839143],
    [12.58373087, 13.20054771, 13.81736455, 14.43418138, 15.05099822, 15.66781506, 16.2846319],
]


def test_figure_6_modular_two_layer_net():
    N, D, H, C = 3, 5, 50, 7
    net = fc_net.TwoLayerNet(input_dim=D, hidden_dims=H, num_classes=C, weight_scale=1e-2)
    assert abs(net.params["W1"].std() - 1e-2) < 1e-3
    net.params["W1"] = np.linspace(-0.7, 0.3, D * H).reshape(D, H)
    net.params["b1"] = np.linspace(-0.1, 0.9, H)
    net.params["W2"] = np.linspace(-0.3, 0.4, H * C).reshape(H, C)
    net.params["b2"] = np.linspace(-0.9, 0.1, C)
    X = np.linspace(-5.5, 4.5, N * D).reshape(D, N).T
    y = np.array([0, 5, 1])
    assert np.abs(net.loss(X) - FIGURE_6_SCORES).sum() < 1e-6
    assert abs(net.loss(X, y)[0] - 3.4702243556) < 1e-10
    net.reg = 1.0
    assert abs(net.loss(X, y)[0] - 26.5948426952) < 1e-10
    for net.reg in (0.0, 0.7):
        assert largest_error(net, lambda: net.loss(X, y)[0], net.loss(X, y)[1]) < 1e-6


@pytest.mark.parametrize(("reg", "first_loss"), [(0, 2.30), (3.14, 6.98)])
def test_figure_8_gradients(reg, first_loss):
    # The seed matters: the error is 4e-11 at any, but some draws have gradients below 1e-6.
    np.random.seed(3)
    X, y = np.random.randn(2, 15), np.random.randint(10, size=2)
    net = fc_net.FullyConnectedNet([20, 30], 15, 10, reg=reg, weight_scale=5e-2, dtype=np.float64)
    loss, grads = net.loss(X, y)
    assert abs(loss - first_loss) < 0.25
    assert largest_error(net, lambda: net.loss(X, y)[0], grads) < 1e-5


@pytest.mark.parametrize("depth", [1, 3])
def test_gradients_with_batchnorm_and_dropout(depth):
    np.random.seed(1)
    X, y = np.random.randn(6, 2, 4), np.random.randint(3, size=6)
    net = fc_net.FullyConnectedNet(
        [7] * depth, 8, 3, 0.3, True, reg=0.5, weight_scale=0.5, dtype=np.float64, seed=4
    )
    for name, param in net.params.items():
        net.params[name] = param + 0.1 * np.random.randn(*param.shape)
    loss, grads = net.loss(X, y)
    assert set(grads) == set(net.params)
    assert net.loss(X, y)[0] == loss
    for name, param in net.params.items():
        numerical = eval_numerical_gradient(lambda _: net.loss(X, y)[0], param, verbose=False)
        np.testing.assert_allclose(grads[name], numerical, atol=1e-7, err_msg=name)


def test_two_way_switch():
    np.random.seed(2)
    X, y = np.random.randn(6, 8), np.random.randint(3, size=6)
    net = fc_net.FullyConnectedNet([7, 7], 8, 3, dropout=0.5, use_batchnorm=True)
    net.loss(X, y)
    before = net.buffers()
    scores = net.loss(X)
    np.testing.assert_array_equal(scores, net.loss(X))
    np.testing.assert_allclose(scores[:2], net.loss(X[:2]), rtol=1e-5)
    np.testing.assert_equal(net.buffers(), before)
    assert net.loss(X, y)[0] != net.loss(X, y)[0]
    assert not np.array_equal(net.buffers()["running_mean1"], before["running_mean1"])
    plain = fc_net.FullyConnectedNet([7, 7], 8, 3, reg=0)
    loss = layers.softmax_loss(plain.loss(X), y)[0]
    assert loss == plain.loss(X, y)[0]


def test_masks_differ_between_layers_and_repeat_with_the_global_seed():
    X, y = np.ones((5, 8)), np.zeros(5, int)
    losses = []
    for _ in range(2):
        np.random.seed(3)
        net = fc_net.FullyConnectedNet([9, 9], 8, 3, dropout=0.5, weight_scale=1)
        losses.append([net.loss(X, y)[0] for _ in range(3)])
    assert losses[0] == losses[1]
    assert len(set(losses[0])) == 3
    ones = np.ones((5, 9))
    masks = [
        layers.dropout_forward(ones, {"mode": "train", "p": 0.5, "seed": net._mask_seed(i)})[0]
        for i in (1, 2)
    ]
    assert not np.array_equal(*masks)


def test_loss_changes_no_parameter():
    np.random.seed(3)
    net = fc_net.FullyConnectedNet([5], 4, 3, reg=1, dropout=0.5, use_batchnorm=True)
    before = {name: (param, param.copy()) for name, param in net.params.items()}
    net.loss(np.ones((3, 4)), np.zeros(3, int))
    net.loss(np.ones((3, 4)))
    for name, (param, copy) in before.items():
        assert net.params[name] is param
        np.testing.assert_array_equal(param, copy)


def test_star_imports_give_the_public_names_only():
    for module, names in [
        ("fc_net", {"FullyConnectedNet", "TwoLayerNet"}),
        ("neural_net", {"TwoLayerNet"}),
        ("optim", {"adam", "rmsprop", "sgd", "sgd_momentum", "sgd_nesterov_momentum"}),
    ]:
        space = {}
        exec(f"from nndl.{module} import *", space)
        assert set(space) - {"__builtins__"} == names


toy_net, X, y = toy()
modular = fc_net.FullyConnectedNet([5], 4, 3)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: neural_net.TwoLayerNet(0, 1, 1), "input_size must be an integer >= 1, got 0"),
        (lambda: neural_net.TwoLayerNet(1, 1.5, 1), "hidden_size must be an integer"),
        (lambda: toy_net.loss(X.T), r"X must have shape \(N, 4\), got \(4, 5\)"),
        (lambda: toy_net.loss(X, y[:2]), "y must have shape"),
        (lambda: toy_net.loss(X, y, reg=-1), "reg must be"),
        (lambda: toy_net.train(X, y, X.T, y), r"X_val must have shape \(N, 4\)"),
        (lambda: toy_net.train(X, y, X, y[1:]), r"y_val must have shape"),
        (lambda: toy_net.train(X, y, X, y, batch_size=0), "batch_size must be"),
        (lambda: toy_net.train(X[:0], y[:0], X, y), "X must hold at least one example"),
        (lambda: fc_net.FullyConnectedNet([5, 0]), r"hidden_dims\[1\] must be an integer >= 1"),
        (lambda: fc_net.FullyConnectedNet(5), "hidden_dims must be a sequence of integers, got 5"),
        (lambda: fc_net.FullyConnectedNet([5], dropout=1), r"dropout must be .*\[0, 1\)"),
        (lambda: fc_net.FullyConnectedNet([5], dtype=int), "dtype must be a floating one"),
        (lambda: fc_net.FullyConnectedNet([5], weight_scale="a"), "weight_scale must be a number"),
        (lambda: fc_net.TwoLayerNet(hidden_dims=[5]), "hidden_dims must be an integer"),
        (lambda: modular.loss(np.ones((2, 3))), r"X must have shape \(N, d_1.*= 4, got \(2, 3\)"),
        (lambda: modular.loss(X, y + 2), r"y must hold labels in \[0, 3\)"),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(ValueError, match=message):
        call()
