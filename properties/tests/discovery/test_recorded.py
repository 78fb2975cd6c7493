"""Inputs from calls that a target makes itself."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from properties.commands.check import check
from properties.discovery.recorded import inputs_of

NET = """
import numpy as np


def net_forward(x, params):
    hs = [x]
    for layer in params["layers"]:
        hs.append(np.tanh(hs[-1] @ layer["W"] + layer["b"]))
    return hs[-1] @ params["head"], hs


def net_backward(dout, params, hs):
    grads = {"layers": [None] * len(params["layers"]), "head": hs[-1].T @ dout}
    dh = dout @ params["head"].T
    for i in reversed(range(len(params["layers"]))):
        dz = dh * (1 - hs[i + 1] ** 2)
        grads["layers"][i] = {"W": hs[i].T @ dz, "b": dz.sum(0)}
        dh = dz @ params["layers"][i]["W"].T
    return dh, grads


def demo():
    rng = np.random.default_rng(0)
    params = {"layers": [{"W": rng.normal(size=(3, 4)), "b": np.zeros(4)},
                         {"W": rng.normal(size=(4, 5)), "b": np.zeros(5)}],
              "head": rng.normal(size=(5, 2))}
    out, hs = net_forward(rng.normal(size=(6, 3)), params)
    net_backward(out, params, hs)
"""
MAIN = '\n\nif __name__ == "__main__":\n    demo()\n    while True:\n        pass\n'
TOLD = "{'layers': [{'W': (D, M), 'b': (M,)}, {'W': (M, H), 'b': (H,)}], 'head': (H, C)}"


def said(folder: Path, source: str) -> str:
    file = folder / "net.py"
    file.write_text(source, encoding="utf-8")
    return " ".join(CliRunner().invoke(check, [str(file), "--profile", "quick"]).output.split())


@pytest.mark.parametrize("ending", [MAIN, "\n\ndemo()\n"], ids=["main", "top"])
def test_inputs_are_those_of_its_own_calls(tmp_path: Path, ending: str) -> None:
    told = said(tmp_path, NET + ending)
    assert f"inputs x: (N, D), params: {TOLD} (from calls that it makes itself): right" in told


def test_a_wrong_net_is_wrong_on_the_inputs_of_its_own_calls(tmp_path: Path) -> None:
    told = said(tmp_path, NET.replace("dz.sum(0)", "dz.mean(0)") + MAIN)
    assert "(from calls that it makes itself): wrong" in told


def test_equal_lengths_share_a_letter_and_integers_that_equal_one_are_lengths() -> None:
    init = [{"n_in": ["integer", 3], "kernel": ["integer", 9]}]
    args = [{"x": ["array", "f", [5, 3], [[], 0]], "y": ["array", "i", [5], [[], 2]]}]
    found = inputs_of(
        [("init", init), ("arg", args)], ["init/n_in", "init/kernel", "arg/x", "arg/y"]
    )
    assert found["init/n_in"].axes == ("D",)
    assert found["init/kernel"].constant == 9
    assert found["arg/x"].axes == ("N", "D")
    assert (found["arg/y"].kind, found["arg/y"].axes) == ("labels", ("D", "N"))


@pytest.mark.slow
def test_a_top_level_that_goes_on_for_ever_is_left_out_and_that_is_said(tmp_path: Path) -> None:
    pair = "def sq(x):\n    return x ** 2\n\n\ndef sq_grad(x):\n    return 2 * x\n"
    source = pair + "\n\nwhile True:\n    pass\n"
    told = said(tmp_path, source)
    assert "sq_grad of sq" in told
    assert "only its definitions were used" in told
