"""What is judged as a row is not asked for again, and is still the forward of other functions."""

from __future__ import annotations

from pathlib import Path

from properties.commands.undeclared import Search, judge_undeclared
from properties.discovery.found import Result
from properties.implementation import resolve_target
from properties.spec.demands import Demands

SOURCE = """import numpy as np


def energy_loss(w, A):
    return 0.5 * w @ A @ A.T @ w


def energy_penalty(w, A):
    return np.sum(np.sin(A.T @ w))


def energy_gradient(w, A):
    return A @ (A.T @ w)
"""


def test_the_derivative_of_what_is_judged_elsewhere_is_judged(tmp_path: Path) -> None:
    file = tmp_path / "energies.py"
    file.write_text(SOURCE, encoding="utf-8")
    target = resolve_target(str(file))
    for known in ((), ("energy_loss",), (f"{target.path}::energy_loss",)):
        search = Search(target=target, demands=Demands(profile="quick"), known=frozenset(known))
        [found] = judge_undeclared(search).found
        assert isinstance(found, Result), found
        assert found.found.pairing.forward.name == "energy_loss"
        assert found.status == "right"
