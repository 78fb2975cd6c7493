# mypy: ignore-errors
"""Recurrent layers, embedding and the temporal layers."""

import numpy as np
import pytest

from nndl.layers import affine_backward, affine_forward, softmax_loss
from nndl.rnn_layers import (
    lstm_backward,
    lstm_forward,
    lstm_step_backward,
    lstm_step_forward,
    rnn_backward,
    rnn_forward,
    rnn_step_backward,
    rnn_step_forward,
    temporal_affine_backward,
    temporal_affine_forward,
    temporal_softmax_loss,
    word_embedding_backward,
    word_embedding_forward,
)

from .agreement import assert_arguments_are_kept, assert_backward, assert_dtype_is_kept
from .numerical import numerical_gradient

N, T, D, H = 2, 3, 4, 3


@pytest.fixture
def rng():
    return np.random.default_rng(23)


def weights(rng, blocks, inputs=D):
    return [rng.normal(size=s) for s in [(inputs, blocks * H), (H, blocks * H), (blocks * H,)]]


def everything(forward, backward, arguments, **how):
    assert_backward(forward, backward, arguments, **how)
    assert_dtype_is_kept(forward, backward, arguments)
    assert_arguments_are_kept(forward, backward, arguments)


def test_rnn_step(rng):
    x, h = rng.normal(size=(N, D)), rng.normal(size=(N, H))
    Wx, Wh, b = weights(rng, 1)
    np.testing.assert_allclose(rnn_step_forward(x, h, Wx, Wh, b)[0], np.tanh(x @ Wx + h @ Wh + b))
    everything(rnn_step_forward, rnn_step_backward, [x, h, Wx, Wh, b])


def test_lstm_step(rng):
    x, h, c = rng.normal(size=(N, D)), rng.normal(size=(N, H)), rng.normal(size=(N, H))
    Wx, Wh, b = weights(rng, 4)
    next_h, next_c, _ = lstm_step_forward(x, h, c, Wx, Wh, b)
    i, f, o, g = np.split(x @ Wx + h @ Wh + b, 4, axis=1)
    i, f, o, g = 1 / (1 + np.exp(-i)), 1 / (1 + np.exp(-f)), 1 / (1 + np.exp(-o)), np.tanh(g)
    np.testing.assert_allclose(next_c, f * c + i * g)
    np.testing.assert_allclose(next_h, o * np.tanh(f * c + i * g))
    everything(lstm_step_forward, lstm_step_backward, [x, h, c, Wx, Wh, b])


SEQUENCES = {
    "rnn": (rnn_forward, rnn_backward, 1),
    "lstm": (lstm_forward, lstm_backward, 4),
}


@pytest.mark.parametrize("steps", [1, T])
@pytest.mark.parametrize("name", SEQUENCES)
def test_sequences(name, steps, rng):
    forward, backward, blocks = SEQUENCES[name]
    arguments = [rng.normal(size=(N, steps, D)), rng.normal(size=(N, H)), *weights(rng, blocks)]
    everything(forward, backward, arguments, rtol=1e-7)


def test_sequences_are_folds_of_their_steps(rng):
    x, h0 = rng.normal(size=(N, T, D)), rng.normal(size=(N, H))
    Wx, Wh, b = weights(rng, 1)
    h, state = rnn_forward(x, h0, Wx, Wh, b)[0], h0
    for t in range(T):
        state, _ = rnn_step_forward(x[:, t], state, Wx, Wh, b)
        np.testing.assert_allclose(h[:, t], state, rtol=1e-13)
    Wx, Wh, b = weights(rng, 4)
    h, state, c = lstm_forward(x, h0, Wx, Wh, b)[0], h0, np.zeros_like(h0)
    for t in range(T):
        state, c, _ = lstm_step_forward(x[:, t], state, c, Wx, Wh, b)
        np.testing.assert_allclose(h[:, t], state, rtol=1e-13)


@pytest.mark.parametrize("name", SEQUENCES)
def test_the_future_does_not_reach_back(name, rng):
    forward, backward, blocks = SEQUENCES[name]
    x, h0, parameters = rng.normal(size=(N, T, D)), rng.normal(size=(N, H)), weights(rng, blocks)
    h, cache = forward(x, h0, *parameters)
    dh = np.zeros_like(h)
    dh[:, 1] = rng.normal(size=(N, H))  # an upstream at one step alone
    dx = backward(dh, cache)[0]
    assert dx[:, :2].all()
    assert not dx[:, 2:].any()


def test_embedding(rng):
    W = rng.normal(size=(5, D))
    x = np.array([[0, 3, 3], [4, 0, 3]])  # repeated and absent words
    out, cache = word_embedding_forward(x, W)
    np.testing.assert_array_equal(out, W[x])
    dout = rng.normal(size=out.shape)
    dW = word_embedding_backward(dout, cache)
    one_hot = np.eye(5)[x.ravel()]
    np.testing.assert_allclose(dW, one_hot.T @ dout.reshape(6, D), rtol=1e-13)
    assert not dW[[1, 2]].any()
    assert word_embedding_backward(np.float32(dout), cache).dtype == np.float32
    assert_arguments_are_kept(word_embedding_forward, word_embedding_backward, [x, W])


def test_temporal_affine_is_affine_of_the_rows(rng):
    x, w, b = rng.normal(size=(N, T, D)), rng.normal(size=(D, 5)), rng.normal(size=5)
    out, cache = temporal_affine_forward(x, w, b)
    rows, rows_cache = affine_forward(x.reshape(N * T, D), w, b)
    np.testing.assert_allclose(out.reshape(N * T, 5), rows, rtol=1e-13)
    dout = rng.normal(size=out.shape)
    for got, wanted in zip(
        temporal_affine_backward(dout, cache),
        affine_backward(dout.reshape(N * T, 5), rows_cache),
        strict=True,
    ):
        np.testing.assert_allclose(got.reshape(wanted.shape), wanted, rtol=1e-12, atol=1e-14)
    everything(temporal_affine_forward, temporal_affine_backward, [x, w, b], h=1.0)


@pytest.mark.parametrize("dtype", [bool, float, int])
def test_temporal_softmax(dtype, rng, capsys):
    x, y = 3 * rng.normal(size=(N, T, 5)), rng.integers(5, size=(N, T))
    mask = np.array([[1, 0, 1], [0, 1, 1]]).astype(dtype)
    loss, dx = temporal_softmax_loss(x, y, mask)
    kept = mask.astype(bool)
    wanted, _ = softmax_loss(x[kept], y[kept])
    np.testing.assert_allclose(loss, wanted * kept.sum() / N)  # N divides, not the kept steps
    assert not dx[~kept].any()
    numerical = numerical_gradient(
        lambda v: np.array(temporal_softmax_loss(v, y, mask)[0]), x, np.array(1.0)
    )
    np.testing.assert_allclose(dx, numerical, rtol=1e-8, atol=1e-10)
    loss, dx = temporal_softmax_loss(x.astype(np.float32), y, mask)
    assert loss.dtype == dx.dtype == np.float32
    assert capsys.readouterr().out == ""
    temporal_softmax_loss(x, y, mask, verbose=True)
    assert "(2, 3, 5)" in capsys.readouterr().out


def test_nothing():
    loss, dx = temporal_softmax_loss(np.ones((0, 2, 3)), np.ones((0, 2), int), np.ones((0, 2)))
    assert loss == 0
    assert dx.shape == (0, 2, 3)
    out, cache = word_embedding_forward(np.ones((0, 2), int), np.ones((3, 4)))
    assert out.shape == (0, 2, 4)
    assert not word_embedding_backward(out, cache).any()
    arguments = [np.ones((0, 2, D)), np.ones((0, H)), *weights(np.random.default_rng(0), 4)]
    h, cache = lstm_forward(*arguments)
    assert [g.shape for g in lstm_backward(h, cache)] == [a.shape for a in arguments]


x, h, W = np.ones((N, T, D)), np.ones((N, H)), np.ones((5, D))
wx, wh, bias = np.ones((D, 4 * H)), np.ones((H, 4 * H)), np.ones(4 * H)
words, steps = np.ones((N, T), int), np.ones((N, T))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: rnn_step_forward(x[:, 0], h, wx, wh, bias), r"Wx must have shape \(4, 3\)"),
        (lambda: rnn_forward(x, h[:1], wx, wh, bias), r"h0 must have shape \(2, H\)"),
        (lambda: rnn_forward(x[:, :0], h, wx[:, :H], wh[:, :H], bias[:H]), "one time step"),
        (lambda: lstm_step_forward(x, h, h, wx, wh, bias), r"x must have shape \(N, D\)"),
        (lambda: lstm_step_forward(x[:, 0], h, h, wx[:, 1:], wh, bias), r"Wx .* \(4, 12\)"),
        (lambda: lstm_forward(x, h, wx, wh[1:], bias), r"Wh must have shape \(3, 12\)"),
        (lambda: lstm_forward(x, h, wx, wh, bias[1:]), r"b must have shape \(12,\)"),
        (lambda: lstm_forward(x[:, :0], h, wx, wh, bias), "one time step"),
        (
            lambda: lstm_backward(x, lstm_forward(x, h, wx, wh, bias)[1]),
            r"dh must have shape \(2, 3, 3\)",
        ),
        (
            lambda: lstm_step_backward(h, h[:1], lstm_step_forward(x[:, 0], h, h, wx, wh, bias)[2]),
            r"dnext_c must have shape \(2, 3\)",
        ),
        (lambda: word_embedding_forward(words + 4, W), r"words in \[0, 5\), got the word 5"),
        (lambda: word_embedding_forward(words - 2, W), "got the word -1"),
        (lambda: word_embedding_forward(steps, W), "x must hold integers, got dtype float64"),
        (lambda: word_embedding_forward(words[0], W), r"x must have shape \(N, T\)"),
        (lambda: temporal_affine_forward(x, W, bias), r"w must have shape \(4, M\)"),
        (lambda: temporal_softmax_loss(x, words[:1], steps), r"y must have shape \(2, 3\)"),
        (lambda: temporal_softmax_loss(x, words + 3, steps), r"labels in \[0, 4\)"),
        (lambda: temporal_softmax_loss(x, words, steps[:1]), r"mask must have shape \(2, 3\)"),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(ValueError, match=message):
        call()
