"""An output of another shape is told once; no other property breaks on it."""

from __future__ import annotations

from pathlib import Path

from properties.benchmarks.power import spec_of
from properties.checks import all_properties
from properties.implementation import open_implementation, resolve_target
from properties.judge.plan import plan
from properties.judge.suite import Suite
from properties.spec.demands import Demands

EXCHANGED = """
import numpy as np

def conv_forward_naive(x, w, b, conv_param):
    s, p = conv_param['stride'], conv_param['pad']
    xp = np.pad(x, ((0, 0), (0, 0), (p, p), (p, p)))
    seen = np.lib.stride_tricks.sliding_window_view(xp, w.shape[2:], (2, 3))[:, :, ::s, ::s]
    return np.einsum('ncpqij,fcij->nfqp', seen, w) + b[:, None, None], None

def conv_backward_naive(dout, cache):
    return dout, dout, dout
"""


def test_height_and_width_exchanged_break_no_shift(tmp_path: Path) -> None:
    path = tmp_path / "layers.py"
    path.write_text(EXCHANGED, encoding="utf-8")
    spec, target = spec_of("conv"), resolve_target(str(path))
    asked = [one for one in all_properties() if one.name == "shift_equivariant"]
    suite = Suite(
        open_implementation=lambda: open_implementation(
            target, names=list(spec.functions), in_process=True
        ),
        specs=(spec,),
        demands=Demands(profile="quick"),
    )
    for cell in plan((spec,), asked):
        suite.judge([cell])
    assert not suite.broken
    suite.close()
