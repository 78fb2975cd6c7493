"""Where the later layers have no single answer, none at all, or refuse what they are given."""

from __future__ import annotations

import numpy as np
import pytest

from reference import attention, convolution, embedding, groupnorm, pooling, regression
from reference import convolution_composed as composed


def test_a_hidden_query_is_unknown_and_alone() -> None:
    rng = np.random.default_rng(0)
    q, k, v = rng.standard_normal((3, 2, 3, 2))
    mask = np.ones((2, 3, 3), dtype=bool)
    mask[0, 1] = False
    out = attention.sdpa(q, k, v, mask)
    assert np.isinf(out.error[0, 1]).all()
    assert np.isfinite(out.error[0, [0, 2]]).all()
    assert np.isfinite(out.error[1]).all()
    dq, dk, dv = attention.sdpa_vjp(np.ones((2, 3, 2)), q, k, v, mask)
    for found in (dk, dv):
        assert np.isinf(found.error[0]).all()
        assert np.isfinite(found.error[1]).all()
    assert np.isfinite(dq.error[0, [0, 2]]).all()


def test_what_the_mask_hides_has_no_gradient() -> None:
    rng = np.random.default_rng(1)
    q, k, v = rng.standard_normal((3, 1, 2, 2))
    mask = np.array([[[True, False], [True, False]]])
    _, dk, dv = attention.sdpa_vjp(np.ones((1, 2, 2)), q, k, v, mask)
    for found in (dk, dv):
        assert not found.value[0, 1].any()
        assert (found.error[0, 1] < 1e-300).all()


def test_ties_in_shared_windows_add_up_to_intervals() -> None:
    x = np.array([[[[1.0, 1.0, 0.0, 1.0]]]])
    dx = pooling.vjp([[[[2.0, 4.0, 8.0]]]], x, pool_height=1, pool_width=2, stride=1)
    np.testing.assert_allclose(dx.value, [[[[1.0, 5.0, 0.0, 8.0]]]])
    np.testing.assert_allclose(dx.error, [[[[1.0, 1.0, 0.0, 0.0]]]], atol=1e-14)


def test_a_window_that_is_off_hands_nothing_on() -> None:
    x, w, b = -np.ones((1, 1, 2, 2)), np.ones((1, 1, 1, 1)), np.zeros(1)
    dout = np.ones((1, 1, 1, 1))
    for gradient in composed.conv_relu_pool_vjp(
        dout, x, w, b, {}, {"pool_height": 2, "pool_width": 2, "stride": 2}
    ):
        assert not gradient.value.any()
        assert (gradient.error < 1e-300).all()


def test_what_no_window_covers_has_no_gradient() -> None:
    x = np.arange(5.0).reshape(1, 1, 1, 5)
    dx = pooling.vjp(np.ones((1, 1, 1, 2)), x, pool_height=1, pool_width=2, stride=2)
    assert dx.value.ravel().tolist() == [0.0, 1.0, 0.0, 1.0, 0.0]
    assert not dx.error.any()


def test_an_absent_word_has_no_gradient_and_a_single_one_is_exact() -> None:
    dW = embedding.vjp(np.full((1, 2, 1), 0.1), np.array([[0, 2]]), np.zeros((3, 1)))
    assert dW.value.ravel().tolist() == [0.1, 0.0, 0.1]
    assert not dW.error.any()


def test_huber_is_smooth_where_its_parts_meet() -> None:
    x, y = np.array([0.5, 0.5 + 1e-17]), np.zeros(2)
    slopes = regression.huber_gradient(x, y, delta=0.5)
    assert slopes.value.tolist() == [0.25, 0.25]
    assert (slopes.error < 1e-15).all()


def test_what_does_not_fit_is_refused() -> None:
    one = np.ones(4)
    with pytest.raises(ValueError, match="G is 3 and x has 4 channels"):
        groupnorm.forward(np.ones((1, 4, 1, 1)), one, one, 3)
    with pytest.raises(ValueError, match="window of 2 at stride 2 does not fit"):
        convolution.forward(np.ones((1, 1, 3, 2)), np.ones((1, 1, 2, 2)), [0.0], stride=2)
    w = np.ones((4, 4))
    with pytest.raises(ValueError, match="n_heads is 3 and x has 4 columns"):
        attention.attention(np.ones((1, 1, 4)), w, w, w, w, 3)
    with pytest.raises(IndexError):
        embedding.forward(np.array([[3]]), np.ones((3, 1)))
