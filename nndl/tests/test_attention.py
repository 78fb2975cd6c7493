# mypy: ignore-errors
"""Attention, one head and several."""

import numpy as np
import pytest

from nndl.attention import (
    attention_backward,
    attention_forward,
    sdpa_backward,
    sdpa_forward,
)

from .agreement import assert_arguments_are_kept, assert_backward, assert_dtype_is_kept

MASK = np.array([[True, False, True, False], [False, True, True, True], [True, True, True, True]])


@pytest.fixture
def rng():
    return np.random.default_rng(29)


def draw(rng, *shapes):
    return [rng.normal(size=shape) for shape in shapes]


def softmax(scores):
    e = np.exp(scores)
    return e / e.sum(axis=-1, keepdims=True)


@pytest.mark.parametrize("mask", [None, MASK, MASK[:1]])
@pytest.mark.parametrize("leading", [(), (2,), (2, 3)])
def test_sdpa(leading, mask, rng):
    q, k, v = draw(rng, (*leading, 3, 5), (*leading, 4, 5), (*leading, 4, 2))
    scores = np.einsum("...td,...sd->...ts", q, k) / np.sqrt(5)
    wanted = softmax(scores if mask is None else np.where(mask, scores, -np.inf)) @ v
    np.testing.assert_allclose(sdpa_forward(q, k, v, mask)[0], wanted, rtol=1e-12)
    arguments = [q, k, v, mask]
    assert_backward(sdpa_forward, sdpa_backward, arguments, wrt=(0, 1, 2))
    assert_dtype_is_kept(sdpa_forward, sdpa_backward, arguments)
    assert_arguments_are_kept(sdpa_forward, sdpa_backward, arguments)


def test_what_the_mask_hides_has_no_influence_and_no_gradient(rng):
    q, k, v = draw(rng, (3, 5), (4, 5), (4, 2))
    hidden = MASK.copy()
    hidden[:, 3] = False
    out, cache = sdpa_forward(q, k, v, hidden)
    _, dk, dv = sdpa_backward(np.ones_like(out), cache)
    assert not dk[3].any()
    assert not dv[3].any()
    k[3], v[3] = 1e3, -1e3
    np.testing.assert_array_equal(sdpa_forward(q, k, v, hidden)[0], out)


def test_a_query_that_attends_to_nothing_gives_zero(rng):
    q, k, v = draw(rng, (3, 5), (4, 5), (4, 2))
    hidden = MASK.copy()
    hidden[1] = False
    out, cache = sdpa_forward(q, k, v, hidden)
    dq, _, _ = sdpa_backward(np.ones_like(out), cache)
    assert not out[1].any()
    assert not dq[1].any()
    assert dq[0].any()


def test_large_scores_do_not_overflow():
    q = np.array([[1e3], [-1e3]])
    with np.errstate(all="raise", under="ignore"):
        out, _ = sdpa_forward(q, q, np.array([[1.0], [2.0]]))
    np.testing.assert_allclose(out, [[1], [2]])


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize(("n_heads", "T"), [(1, 3), (2, 4), (3, 1), (6, 2)])
def test_attention(n_heads, T, causal, rng):
    arguments = [*draw(rng, (2, T, 6), *[(6, 6)] * 4), n_heads, causal]
    assert_backward(attention_forward, attention_backward, arguments, wrt=range(5), rtol=1e-7)
    assert_dtype_is_kept(attention_forward, attention_backward, arguments)
    assert_arguments_are_kept(attention_forward, attention_backward, arguments)


def test_heads_are_blocks_of_columns(rng):
    x, Wq, Wk, Wv, Wo = draw(rng, (2, 4, 6), *[(6, 6)] * 4)
    heads = []
    for block in (slice(0, 3), slice(3, 6)):
        q, k, v = x @ Wq[:, block], x @ Wk[:, block], x @ Wv[:, block]
        heads.append(softmax(q @ k.transpose(0, 2, 1) / np.sqrt(3)) @ v)
    wanted = np.concatenate(heads, axis=2) @ Wo
    np.testing.assert_allclose(attention_forward(x, Wq, Wk, Wv, Wo, 2)[0], wanted, rtol=1e-11)


def test_without_a_mask_time_steps_may_be_permuted_and_with_one_the_future_is_unseen(rng):
    x, *weights = draw(rng, (2, 5, 4), *[(4, 4)] * 4)
    order = rng.permutation(5)
    out, _ = attention_forward(x, *weights, 2)
    permuted, _ = attention_forward(x[:, order], *weights, 2)
    np.testing.assert_allclose(permuted, out[:, order], rtol=1e-11, atol=1e-13)
    out, _ = attention_forward(x, *weights, 2, causal=True)
    x[:, 3:] = 7
    moved, _ = attention_forward(x, *weights, 2, causal=True)
    np.testing.assert_allclose(moved[:, :3], out[:, :3], rtol=1e-12)
    assert not np.allclose(moved[:, 3:], out[:, 3:])


def test_nothing():
    q = np.ones((0, 3, 2))
    out, cache = sdpa_forward(q, q, q)
    assert out.shape == (0, 3, 2)
    assert [g.shape for g in sdpa_backward(out, cache)] == [(0, 3, 2)] * 3
    arguments = [np.ones((0, 3, 4)), *[np.ones((4, 4))] * 4]
    out, cache = attention_forward(*arguments, 2)
    assert [g.shape for g in attention_backward(out, cache)] == [a.shape for a in arguments]


q, k, x, w = np.ones((2, 3, 5)), np.ones((2, 4, 5)), np.ones((2, 3, 6)), np.ones((6, 6))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: sdpa_forward(q, k[..., 1:], k), r"k must have shape \(..., S, 5\)"),
        (lambda: sdpa_forward(q, k, k[:, 1:]), r"v must have shape \(..., 4, e\)"),
        (lambda: sdpa_forward(q, k[:1], k), r"k must have the leading axes \(2,\) of q"),
        (lambda: sdpa_forward(q, k, k, MASK.T), r"mask must broadcast to \(2, 3, 4\), got .*4, 3"),
        (lambda: sdpa_forward(q, k, k, MASK * 1.0), "mask must hold truth values, got dtype float"),
        (lambda: sdpa_forward(q[..., :0], k[..., :0], k), "q must have at least one feature"),
        (lambda: sdpa_forward(q[0, 0], k, k), r"q must have shape \(..., T, d\)"),
        (lambda: sdpa_backward(q[:1], sdpa_forward(q, k, k)[1]), r"dout must have shape \(2, 3"),
        (lambda: attention_forward(x, w, w, w, w, 4), "n_heads must divide D = 6, got 4"),
        (lambda: attention_forward(x, w, w, w, w, 0), "n_heads must be an integer >= 1"),
        (lambda: attention_forward(x, w, w[1:], w, w, 2), r"Wk must have shape \(6, 6\)"),
        (lambda: attention_forward(x[0], w, w, w, w, 2), r"x must have shape \(N, T, D\)"),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(ValueError, match=message):
        call()
