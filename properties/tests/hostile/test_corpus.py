"""Every attack fails under the tiers that must hold it, and succeeds where only limits hold."""

from __future__ import annotations

import platform
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from properties.implementation.isolation import Tier
from properties.steps.debugger import debug
from properties.steps.rewrite.child import LIMITS

from ..slow import mostly_slow
from .attack import Attack, Crowd, scene
from .corpus import ALL, REFUSED_ELSEWHERE

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or platform.machine() != "x86_64",
    reason="the attacks are written for Linux on x86-64",
)
FAST = {"reads a secret", "ends a process by a system call"}
_QUICK = [a for a in ALL if a.name in FAST]


@pytest.fixture(scope="module")
def crowd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crowd]:
    attacks = Crowd(tmp_path_factory.mktemp("crowd"), ALL)
    yield attacks
    attacks.close()


@pytest.mark.parametrize("tier", ["bubblewrap", "landlock"])
@pytest.mark.parametrize("attack", mostly_slow(ALL, fast=_QUICK), ids=lambda a: a.name)
def test_is_held(attack: Attack, tier: Tier, crowd: Crowd, tmp_path: Path) -> None:
    if tier not in attack.holds:
        pytest.skip("documented as not held by this tier")
    with scene(tmp_path) as stage:
        outcome, succeeded = crowd.run(attack, tier, stage)
        assert not succeeded, outcome
        assert stage.files() == stage.before


@pytest.mark.parametrize("attack", mostly_slow(ALL, fast=_QUICK), ids=lambda a: a.name)
def test_succeeds_without_the_defence(attack: Attack, crowd: Crowd, tmp_path: Path) -> None:
    with scene(tmp_path) as stage:
        outcome, succeeded = crowd.run(attack, "limits", stage)
        if not succeeded and attack.name in REFUSED_ELSEWHERE:
            pytest.skip(f"this machine refuses it anyway: {outcome.message}")
        assert succeeded, outcome


def test_lines_are_followed_in_isolation(tmp_path: Path) -> None:
    file = tmp_path / "own.py"
    file.write_text(
        "import numpy as np\n"
        "def relu_forward(x):\n    return np.maximum(x, 0), x\n"
        "def relu_backward(dout, cache):\n    mask = cache >= 1\n    return dout * mask\n"
    )
    report = debug(str(file), "relu", limits=replace(LIMITS, isolation="require"), shrink=False)
    assert report.outcome == "wrong"
