"""Gradients and derivatives whose names say nothing: a wrong one is not passed over."""

from __future__ import annotations

from pathlib import Path

import pytest

from .test_pieces import statuses


@pytest.mark.parametrize(("factor", "verdict"), [("", "right"), (" * 0.5", "wrong")])
def test_a_gradient_in_its_place_needs_no_name(tmp_path: Path, factor: str, verdict: str) -> None:
    source = f"""
import numpy as np


def spread_forward(x, mu, log_s, w):
    inv = np.exp(-log_s)
    r = (x - mu) * inv
    return w * (r ** 2).sum(1), (x, mu, log_s, w, r, inv)


def spread_backward(dout, cache):
    x, mu, log_s, w, r, inv = cache
    dr = 2 * r * (dout * w)[:, None]
    dx = dr * inv
    third = -(dr * r).sum(0){factor}
    return dx, -dx.sum(0), third, dout * (r ** 2).sum(1)
"""
    assert statuses(tmp_path, source) == {"spread_backward": verdict}


def test_a_derivative_is_known_by_what_it_takes(tmp_path: Path) -> None:
    source = """
import numpy as np


def cube(x):
    return x ** 3, x


def cube_bak(dout, cache):
    return dout * cache


def lonely(dout, cache):
    return dout * cache
"""
    found = statuses(tmp_path, source)
    assert found["cube_bak"] == "wrong"
    assert found["lonely"].startswith("not judged")


def test_what_only_unpacks_derives_nothing(tmp_path: Path) -> None:
    source = """
import numpy as np


def checked(dout, cache):
    x, gamma = cache
    if dout.shape != x.shape:
        raise ValueError("dout has another shape than x")
    return np.asarray(dout), x, gamma
"""
    assert statuses(tmp_path, source) == {}
