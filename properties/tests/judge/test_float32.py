"""What counts as a result that was computed in float32."""

from __future__ import annotations

import numpy as np

from properties.judge.compare import looks_like_float32
from reference import losses
from reference.bounded import Bounded
from reference.precision import FLOAT32

X, Y = np.array([[126.0, 0.0]]), np.array([1])


def bound32() -> Bounded:
    """In float32 exp(-126) vanishes: nothing is known of a plain cross-entropy."""
    found = losses.softmax(X, Y, precision=FLOAT32)
    assert np.isinf(found.error)
    return found


def test_a_clipped_logarithm_is_no_rounding() -> None:
    truth = losses.softmax(X, Y)
    assert not looks_like_float32(np.asarray(27.6), truth, bound32(), single=False)


def test_what_float32_leaves_of_it_is() -> None:
    truth = losses.softmax(X, Y)
    short = np.asarray(np.float32(truth.value) * (1.0 + 2.0**-22))
    assert looks_like_float32(np.asarray(np.inf), truth, bound32(), single=False)
    assert looks_like_float32(short, truth, bound32(), single=False)
