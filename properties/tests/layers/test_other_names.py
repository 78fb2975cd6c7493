"""Convolution and pooling under the names of their fast ways: the same contract, where defined."""

from __future__ import annotations

from pathlib import Path

import pytest

from properties.commands.job import Job
from properties.commands.notebook import check
from properties.layers import ALL, EVERY, OTHER_NAMES
from properties.spec.demands import Demands
from properties.steps.debugger import debug
from properties.tests.judging import entry_of, record_of
from properties.tests.slow import slow

CONV = """
import numpy as np
def _windows(x, w, conv_param):
    s, p = conv_param['stride'], conv_param['pad']
    xp = np.pad(x, ((0, 0), (0, 0), (p, p), (p, p)))
    view = np.lib.stride_tricks.sliding_window_view(xp, w.shape[2:], (2, 3))
    return xp, view[:, :, ::s, ::s]
def conv_forward_im2col(x, w, b, conv_param):
    _, patches = _windows(x, w, conv_param)
    out = np.einsum('ncpqij,fcij->nfpq', patches, w) + b[:, None, None]
    return out, (x, w, conv_param)
def conv_backward_im2col(dout, cache):
    x, w, conv_param = cache
    s, p = conv_param['stride'], conv_param['pad']
    xp, patches = _windows(x, w, conv_param)
    dw = np.einsum('nfpq,ncpqij->fcij', dout, patches)
    dxp = np.zeros(xp.shape)
    for i in range(dout.shape[2]):
        for j in range(dout.shape[3]):
            grown = np.einsum('nf,fcij->ncij', dout[:, :, i, j], w)
            dxp[:, :, i*s:i*s+w.shape[2], j*s:j*s+w.shape[3]] += grown
    dx = dxp[:, :, p:p+x.shape[2], p:p+x.shape[3]]
    return dx, dw, dout.sum((0, 2, 3))
"""
ROTATED = (
    CONV.replace("patches, w) + b", "patches, w[:, :, ::-1, ::-1]) + b")
    .replace("dout[:, :, i, j], w)", "dout[:, :, i, j], w[:, :, ::-1, ::-1])")
    .replace("dout, patches)", "dout, patches)[:, :, ::-1, ::-1]")
)
POOL = """
import numpy as np
def max_pool_forward_reshape(x, pool_param):
    N, C, H, W = x.shape
    k = pool_param['pool_height']
    assert k == pool_param['pool_width'] == pool_param['stride'], 'Invalid pool params'
    assert H % k == 0 and W % k == 0
    tiles = x.reshape(N, C, H // k, k, W // k, k)
    out = tiles.max(axis=3).max(axis=4)
    return out, (x, tiles, out)
def max_pool_backward_reshape(dout, cache):
    x, tiles, out = cache
    mask = tiles == out[:, :, :, None, :, None]
    dx = mask * dout[:, :, :, None, :, None] / mask.sum(axis=(3, 5), keepdims=True)
    return dx.reshape(x.shape)
"""
UNCOMPILED = """
import numpy as np
try:
    from im2col_cython import im2col_cython, col2im_cython
except ImportError:
    print('run python setup.py build_ext --inplace')
def conv_forward_im2col(x, w, b, conv_param):
    x_cols = im2col_cython(x, w.shape[2], w.shape[3], conv_param['pad'], conv_param['stride'])
    return w.reshape(len(w), -1) @ x_cols + b[:, None], (x, w, b, conv_param, x_cols)
def conv_backward_im2col(dout, cache):
    x, w, b, conv_param, x_cols = cache
    return col2im_cython(dout, x.shape), dout @ x_cols.T, dout.sum(axis=(0, 2, 3))
def max_pool_forward_cython(x, pool_param):
    return col2im_cython(x, pool_param), x
def max_pool_backward_cython(dout, cache):
    return col2im_cython(dout, cache)
"""


def _file(folder: Path, source: str) -> Path:
    path = folder / "fast_layers.py"
    path.write_text(source, encoding="utf-8")
    return path


def _asked(target: str, **options: object) -> set[str]:
    job = Job(target=target, demands=Demands(), **options)  # type: ignore[arg-type]
    return {row.name for row in job.asked(job.known_rows())}


def test_names_that_a_target_lacks_are_not_asked_for(tmp_path: Path) -> None:
    contract = {row.name for row in ALL}
    assert _asked("bundled") == contract
    assert _asked(str(_file(tmp_path, "# conv_forward_im2col\nx = 1\n"))) == contract
    assert _asked(str(tmp_path / "nowhere.py")) == contract


def test_names_that_a_target_has_are_asked_for(tmp_path: Path) -> None:
    assert _asked(str(_file(tmp_path, CONV))) - {row.name for row in ALL} == {"conv_im2col"}
    named = frozenset({"max_pool_forward_strides"})
    assert _asked("bundled", only=named) == {"max_pool_strides"}


@pytest.mark.parametrize("arguments", ["stride=1, pad=0", "stride", "conv_param, mode"])
def test_a_function_of_other_arguments_is_another(arguments: str, tmp_path: Path) -> None:
    source = CONV.replace(
        "forward_im2col(x, w, b, conv_param)", f"forward_im2col(x, w, b, {arguments})"
    )
    assert _asked(str(_file(tmp_path, source))) == {row.name for row in ALL}


@pytest.mark.parametrize("arguments", ["conv_params={}", "conv_param, verbose=False", "*options"])
def test_a_function_of_more_arguments_may_be_it(arguments: str, tmp_path: Path) -> None:
    source = CONV.replace(
        "forward_im2col(x, w, b, conv_param)", f"forward_im2col(x, w, b, {arguments})"
    )
    assert "conv_im2col" in _asked(str(_file(tmp_path, source)))


def test_each_has_names_of_its_own() -> None:
    names = [row.name for row in EVERY]
    assert len(set(names)) == len(names)
    assert all("_naive" not in row.misconceptions[0].function for row in OTHER_NAMES)


@pytest.mark.parametrize("source", [CONV, POOL])
def test_right_ones_are_right(source: str, tmp_path: Path) -> None:
    record = record_of(_file(tmp_path, source))
    assert {f["status"] for f in record["functions"] if f["status"] != "missing"} == {"pass"}
    assert sum(f["status"] == "pass" for f in record["functions"]) == 2


def test_what_forward_and_backward_share_is_wrong_and_named(tmp_path: Path) -> None:
    # For its own forward such a backward is right.
    record = record_of(_file(tmp_path, ROTATED), only="conv_im2col")
    forward = entry_of(record, "conv_forward_im2col")
    assert forward["status"] == "fail"
    causes = [p["diagnosis"]["sentence"] for p in forward["properties"] if p.get("diagnosis")]
    assert any("rotated" in cause or "turned" in cause for cause in causes), causes


def test_what_is_not_compiled_is_missing(tmp_path: Path) -> None:
    functions = record_of(_file(tmp_path, UNCOMPILED))["functions"]
    own = {f["name"]: f for f in functions if "im2col" in f["name"] or "cython" in f["name"]}
    assert len(own) == 4
    assert {f["status"] for f in own.values()} == {"missing"}
    assert "im2col_cython" in own["conv_forward_im2col"]["detail"]


def test_a_notebook_judges_them() -> None:
    space: dict[str, object] = {}
    exec(ROTATED, space)
    pair = [space[name] for name in ("conv_forward_im2col", "conv_backward_im2col")]
    assert "conv_forward_im2col" in str(check(*pair, profile="quick"))


@slow
def test_steps_name_the_line(tmp_path: Path) -> None:
    wrong = CONV.replace("dout.sum((0, 2, 3))", "dout.mean((0, 2, 3))")
    report = debug(str(_file(tmp_path, wrong)), layer="conv_im2col")
    assert report.outcome == "wrong"
    assert "dout.mean" in wrong.split("\n")[report.mistakes[0].line - 1]
