# mypy: ignore-errors
"""The composed layers of images, ThreeLayerConvNet, CaptioningRNN, and linear classifiers."""

import importlib

import numpy as np
import pytest

from nndl import conv_layer_utils
from nndl.classifiers.linear_svm import svm_loss_naive, svm_loss_vectorized
from nndl.classifiers.rnn import CaptioningRNN
from nndl.classifiers.softmax import softmax_loss_naive, softmax_loss_vectorized
from nndl.cnn import ThreeLayerConvNet
from nndl.layers import softmax_loss
from nndl.solver import Solver

from .agreement import assert_backward, assert_dtype_is_kept
from .numerical import numerical_gradient

CONV, POOL = {"stride": 1, "pad": 1}, {"pool_height": 2, "pool_width": 2, "stride": 2}
BATCHNORM = {"mode": "train", "eps": 0.1}
COMPOSED = {
    "conv_relu": (CONV,),
    "conv_relu_pool": (CONV, POOL),
    "conv_bn_relu": (CONV, BATCHNORM),
}


@pytest.fixture
def rng():
    return np.random.default_rng(37)


@pytest.mark.parametrize("name", COMPOSED)
def test_composed_layers(name, rng):
    forward = getattr(conv_layer_utils, f"{name}_forward")
    backward = getattr(conv_layer_utils, f"{name}_backward")
    arrays = [rng.normal(size=s) for s in [(2, 3, 4, 6), (2, 3, 3, 3), (2,)]]
    if name == "conv_bn_relu":
        arrays += [rng.normal(size=2), rng.normal(size=2)]

    def fresh(*arguments):  # running statistics do not pile up
        return forward(*(dict(a) if isinstance(a, dict) else a for a in arguments))

    arguments = [*arrays, *COMPOSED[name]]
    wrt = range(len(arrays))
    assert_backward(fresh, backward, arguments, wrt=wrt, h=1e-5, rtol=1e-6, atol=1e-7)
    assert_dtype_is_kept(fresh, backward, arguments)


def small_net(**how):
    np.random.seed(3)
    how = {"dtype": np.float64, "weight_scale": 0.5, **how}
    return ThreeLayerConvNet((2, 4, 6), 3, 3, 5, 4, **how)


@pytest.mark.parametrize("use_batchnorm", [False, True])
@pytest.mark.parametrize("reg", [0.0, 0.7])
def test_conv_net_gradients(use_batchnorm, reg, rng):
    net = small_net(use_batchnorm=use_batchnorm, reg=reg)
    X, y = rng.normal(size=(3, 2, 4, 6)), np.array([0, 3, 1])
    _, grads = net.loss(X, y)
    assert set(grads) == set(net.params)
    for name, param in net.params.items():

        def loss(value, name=name):
            kept, net.params[name] = net.params[name], value
            try:
                return np.array(net.loss(X, y)[0])
            finally:
                net.params[name] = kept

        numerical = numerical_gradient(loss, param, np.array(1.0), 1e-5)
        np.testing.assert_allclose(grads[name], numerical, rtol=1e-5, atol=1e-7, err_msg=name)


def test_conv_net_scores_loss_and_shapes(rng):
    net = ThreeLayerConvNet(reg=0.5)
    assert {name: p.shape for name, p in net.params.items()} == {
        "W1": (32, 3, 7, 7),
        "b1": (32,),
        "W2": (32 * 16 * 16, 100),
        "b2": (100,),
        "W3": (100, 10),
        "b3": (10,),
    }
    assert {p.dtype for p in net.params.values()} == {np.dtype(np.float32)}
    X, y = rng.normal(size=(2, 3, 32, 32)), np.array([1, 7])
    scores = net.loss(X)
    assert scores.shape == (2, 10)
    loss, grads = net.loss(X, y)
    assert {g.dtype for g in grads.values()} == {np.dtype(np.float32)}
    weights = sum(float(np.sum(net.params[f"W{i}"].astype(float) ** 2)) for i in (1, 2, 3))
    np.testing.assert_allclose(loss, softmax_loss(scores, y)[0] + 0.25 * weights, rtol=1e-5)


def test_conv_net_overfits_and_keeps_its_best_statistics():
    rng = np.random.default_rng(0)
    y = rng.integers(4, size=20)
    X = rng.normal(size=(20, 2, 4, 6)) + y[:, None, None, None]
    data = {"X_train": X, "y_train": y, "X_val": X, "y_val": y}
    net = small_net(use_batchnorm=True, weight_scale=0.1)
    solver = Solver(
        net, data, update_rule="adam", optim_config={"learning_rate": 1e-2}, num_epochs=60,
        batch_size=10, verbose=False, seed=0,
    )  # fmt: skip
    solver.train()
    assert solver.best_val_acc > 0.9
    assert solver.check_accuracy(X, y) == solver.best_val_acc
    state = net.buffers()
    assert set(state) == {f"running_{of}{i}" for of in ("mean", "var") for i in (1, 2)}
    net.loss(X, y)
    net.load_buffers(state)
    np.testing.assert_array_equal(net.bn_params[0]["running_mean"], state["running_mean1"])


WORDS = {"<NULL>": 0, "cat": 1, "dog": 2, "<START>": 3, "<END>": 4}


def captioner(cell_type, **how):
    np.random.seed(5)
    how = {"dtype": np.float64, **how}
    return CaptioningRNN(WORDS, 4, 3, 2, cell_type=cell_type, **how)


@pytest.mark.parametrize("cell_type", ["rnn", "lstm"])
def test_captioning_gradients(cell_type, rng):
    net = captioner(cell_type)
    features = rng.normal(size=(2, 4))
    captions = np.array([[3, 1, 2, 4], [3, 2, 4, 0]])
    _, grads = net.loss(features, captions)
    assert set(grads) == set(net.params)
    for name, param in net.params.items():

        def loss(value, name=name):
            kept, net.params[name] = net.params[name], value
            try:
                return np.array(net.loss(features, captions)[0])
            finally:
                net.params[name] = kept

        numerical = numerical_gradient(loss, param, np.array(1.0))
        np.testing.assert_allclose(grads[name], numerical, rtol=1e-7, atol=1e-9, err_msg=name)


def test_null_words_do_not_count(rng):
    net = captioner("rnn")
    features = rng.normal(size=(1, 4))
    loss, _ = net.loss(features, [[3, 1, 4]])
    padded, _ = net.loss(features, [[3, 1, 4, 0, 0]])
    np.testing.assert_allclose(padded, loss)


@pytest.mark.parametrize("cell_type", ["rnn", "lstm"])
def test_a_caption_is_learned_and_sampled(cell_type):
    net = captioner(cell_type, dtype=np.float32)
    features, captions = np.eye(4, dtype=np.float32)[:2], np.array([[3, 1, 4, 0], [3, 2, 1, 4]])
    for _ in range(1000):
        loss, grads = net.loss(features, captions)
        for name in net.params:
            net.params[name] -= np.float32(0.3) * grads[name]
    assert loss.dtype == np.float32
    assert loss < 0.1
    np.testing.assert_array_equal(net.sample(features, 4), [[1, 4, 0, 0], [2, 1, 4, 0]])


@pytest.mark.parametrize(
    ("naive", "vectorized"),
    [(svm_loss_naive, svm_loss_vectorized), (softmax_loss_naive, softmax_loss_vectorized)],
)
def test_linear_classifiers(naive, vectorized, rng):
    W, X, y = rng.normal(size=(4, 3)), rng.normal(size=(6, 4)), rng.integers(3, size=6)
    for reg in (0.0, 0.3):
        loss, dW = vectorized(W, X, y, reg)
        slow, slow_dW = naive(W, X, y, reg)
        np.testing.assert_allclose(loss, slow, rtol=1e-13)
        np.testing.assert_allclose(dW, slow_dW, rtol=1e-12, atol=1e-14)
        numerical = numerical_gradient(
            lambda v, reg=reg: np.array(vectorized(v, X, y, reg)[0]), W, np.array(1.0), 1e-4
        )
        np.testing.assert_allclose(dW, numerical, rtol=1e-7, atol=1e-9)
        for results in (naive, vectorized):
            loss, dW = results(np.float32(W), np.float32(X), y, reg)
            assert np.asarray(loss).dtype == dW.dtype == np.float32
    for function in (naive, vectorized):
        loss, dW = function(W, X[:0], y[:0], 0.0)
        assert loss == 0
        assert not dW.any()


@pytest.mark.parametrize(
    ("module", "names"),
    [
        ("layers", "layernorm_forward conv_forward_naive lstm_forward sdpa_forward gelu_backward"),
        (
            "layers",
            "batchnorm_backward_alt mse_loss spatial_groupnorm_forward temporal_softmax_loss",
        ),
        ("conv_layers", "conv_backward_naive max_pool_forward_fast spatial_batchnorm_backward"),
        ("fast_layers", "conv_forward_fast max_pool_backward_fast"),
        ("conv_layer_utils", "conv_relu_pool_backward conv_bn_relu_forward"),
        ("rnn_layers", "rnn_step_forward lstm_backward word_embedding_forward"),
        ("activations", "sigmoid_forward softmax_backward leaky_relu_forward"),
        ("attention", "sdpa_backward attention_forward"),
        ("losses", "bce_with_logits_loss huber_loss softmax_loss"),
        ("cnn", "ThreeLayerConvNet"),
        ("classifiers", "CaptioningRNN svm_loss_naive softmax_loss_vectorized"),
        ("classifiers.cnn", "ThreeLayerConvNet"),
        ("classifiers.fc_net", "FullyConnectedNet TwoLayerNet"),
        ("classifiers.neural_net", "TwoLayerNet"),
        ("classifiers.rnn", "CaptioningRNN"),
        ("classifiers.linear_svm", "svm_loss_vectorized"),
        ("classifiers.softmax", "softmax_loss_naive"),
    ],
)
def test_where_the_courses_import_from(module, names):
    found = importlib.import_module(f"nndl.{module}")
    for name in names.split():
        assert callable(getattr(found, name))
        assert name in found.__all__


X, y, W = np.ones((2, 2, 4, 6)), np.zeros(2, int), np.ones((4, 3))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: ThreeLayerConvNet(filter_size=4), "filter_size must be odd.*got 4"),
        (lambda: ThreeLayerConvNet((3, 32)), r"input_dim must be three integers.*got \(3, 32\)"),
        (lambda: ThreeLayerConvNet((3, 1, 8)), r"input_dim\[1\] must be an integer >= 2, got 1"),
        (lambda: ThreeLayerConvNet(num_filters=0), "num_filters must be an integer >= 1"),
        (lambda: ThreeLayerConvNet(dtype=int), "dtype must be a floating one, got int64"),
        (lambda: small_net().loss(X[:, :1]), r"X must have shape \(N, \*\(2, 4, 6\)\)"),
        (lambda: small_net().loss(X, y + 4), r"labels in \[0, 4\)"),
        (lambda: captioner("gru"), "cell_type must be 'rnn' or 'lstm', got 'gru'"),
        (lambda: CaptioningRNN({"cat": 0}), "holds '<NULL>'"),
        (lambda: CaptioningRNN({"<NULL>": 1}), "number its words"),
        (lambda: captioner("rnn").loss(np.ones((2, 3)), [[3, 1]] * 2), r"features must .*\(N, 4\)"),
        (
            lambda: captioner("rnn").loss(np.ones((2, 4)), [[3, 1]]),
            r"captions must have shape \(2,",
        ),
        (lambda: captioner("rnn").loss(np.ones((1, 4)), [[3]]), "T >= 1"),
        (lambda: captioner("rnn").loss(np.ones((1, 4)), [[3, 5]]), r"words in \[0, 5\), got the"),
        (lambda: CaptioningRNN({"<NULL>": 0}).sample(np.ones((1, 512))), "must hold '<START>'"),
        (lambda: svm_loss_naive(W, np.ones((2, 3)), y, 0.0), r"X must have shape \(N, 4\)"),
        (lambda: svm_loss_vectorized(W, np.ones((2, 4)), y + 3, 0.0), r"labels in \[0, 3\)"),
        (lambda: softmax_loss_naive(W, np.ones((2, 4)), y[:1], 0.0), r"y must have shape \(2,\)"),
        (lambda: softmax_loss_vectorized(W, np.ones((2, 4)), y, -1), "reg must be .* >= 0"),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(ValueError, match=message):
        call()
