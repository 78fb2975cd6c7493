"""Which tier holds, what it leaves working, and what is said where there is none."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from properties.commands.check import check
from properties.implementation import (
    Call,
    Limits,
    NotIsolated,
    bubblewrap,
    isolation,
    resolve_target,
)
from properties.implementation.child.confine import seccomp
from properties.implementation.child.confine.system import _MACHINES
from properties.implementation.client import InChildProcess
from properties.implementation.isolation import CHOICES, Tier, choose

from .attack import forced

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="tiers of Linux")
TIERS: tuple[Tier, ...] = ("bubblewrap", "landlock")

HONEST = """
import sys, threading
import numpy as np
import scipy.special
import matplotlib.pyplot as plt
import IPython

def product(x):
    return x @ x
def special(x):
    return scipy.special.erf(x)
def threads(x):
    found = []
    workers = [threading.Thread(target=found.append, args=(i,)) for i in range(4)]
    for worker in workers: worker.start()
    for worker in workers: worker.join()
    return float(len(found))
def saves(x):
    np.save("mine.npy", x)
    return np.load("mine.npy")
def path(x):
    return __file__
"""
NAMES = ["product", "special", "threads", "saves"]


@pytest.mark.parametrize("tier", TIERS)
def test_honest_code_works_as_before(tier: Tier, tmp_path: Path) -> None:
    file = tmp_path / "layers.py"
    file.write_text(HONEST)
    x = np.ones((300, 300))
    with forced(tier) as asked:
        limits = Limits(isolation=asked)
        with InChildProcess(resolve_target(str(file)), NAMES, limits) as implementation:
            outcomes = implementation.run([Call(name, (x,)) for name in NAMES])
            notes = implementation.functions["product"].notes
    assert [o.status for o in outcomes] == ["ok"] * 4, outcomes
    assert outcomes[0].outputs[0][0, 0] == 300
    assert outcomes[2].outputs[0] == 4
    np.testing.assert_array_equal(outcomes[3].outputs[0], x)
    assert not any("matplotlib" in note for note in notes)
    assert sorted(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize("tier", TIERS)
@pytest.mark.skipif(os.geteuid() != 0, reason="for root alone")
def test_root_reads_the_files_of_others(tier: Tier, tmp_path: Path) -> None:
    file = tmp_path / "layers.py"
    file.write_text("def one(x): return 1.0\n")
    os.chown(file, 1234, 1234)
    file.chmod(0o600)
    with (
        forced(tier) as asked,
        InChildProcess(resolve_target(str(file)), ["one"], Limits(isolation=asked)) as opened,
    ):
        [outcome] = opened.run([Call("one", (1.0,))])
    assert outcome.outputs == (1.0,)


def test_a_machine_without_a_tier_refuses(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "layers.py"
    file.write_text("def relu_forward(x): return x, x\n")
    monkeypatch.setattr(isolation, "_best", lambda: ("limits", "no bubblewrap"))
    assert choose("auto") == choose("none") == "limits"
    with pytest.raises(NotIsolated, match=r"nndl\[sandbox\]"):
        choose("require")
    answer = CliRunner().invoke(check, [str(file), "--isolation", "require"])
    assert answer.exit_code == 2
    assert "Install bubblewrap" in answer.output


def test_every_choice_has_a_tier() -> None:
    for asked in CHOICES:
        assert isolation.held(choose(asked)).words


@pytest.mark.parametrize("name", _MACHINES)
def test_the_filter_jumps_to_its_own_lines(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seccomp, "machine", lambda: _MACHINES[name])
    lines = seccomp.program(77)
    for place, (_, yes, no, _) in enumerate(lines[:-1]):
        assert max(yes, no) < 256
        assert place + 1 + max(yes, no) < len(lines)
    assert verdict_of(lines, name, 0) == "allow" if name == "x86_64" else True
    here = _MACHINES[name]
    assert all(verdict_of(lines, name, number) == "refuse" for number in here.refused)
    assert verdict_of(lines, name, here.clone, 0x3D0F00) == "allow"
    assert verdict_of(lines, name, here.clone, 17) == "refuse"
    assert verdict_of(lines, name, here.tgkill, 77) == "allow"
    assert verdict_of(lines, name, here.tgkill, 78) == "refuse"
    assert verdict_of(lines, name, here.prlimit, 0, 7, 0) == "allow"
    assert verdict_of(lines, name, here.prlimit, 0, 7, 1 << 40) == "refuse"
    assert verdict_of(lines, name, here.prlimit, 5, 7, 0) == "refuse"
    assert verdict_of(lines, name, 435) == "absent"
    assert verdict_of(lines, name, 425) == "absent"
    assert verdict_of(lines, name, 437) == "absent"  # openat2, whose flags nobody can see here
    assert verdict_of(lines, name, 0x40000000) == "refuse"
    assert verdict_of(lines, name, here.fcntl, 3, 1) == "allow"
    assert {verdict_of(lines, name, here.fcntl, 3, c) for c in (8, 1024, 1026)} == {"refuse"}
    assert {verdict_of(lines, name, here.ioctl, 3, c) for c in (0x5401, 0x5450)} == {"allow"}
    for marks in (0x40086602, 0x40806685, 0x5412):  # flags, a seal, a key press
        assert verdict_of(lines, name, here.ioctl, 3, marks) == "unsupported"
    assert verdict_of(lines, name, here.socketpair, 1, 1 | 0o2000000) == "allow"
    for family, kind in ((1, 2), (1, 5), (16, 1), (1, 3)):
        assert verdict_of(lines, name, here.socketpair, family, kind) == "refuse"
    for number, place in here.opens:
        for flags, wanted in (
            (0, "allow"),
            (0o1001, "allow"),
            (0o1000, "refuse"),
            (0o1003, "refuse"),
        ):
            arguments = [0] * place + [flags]
            assert verdict_of(lines, name, number, *arguments) == wanted


_SAID = {
    0x7FFF0000: "allow",
    0x00050001: "refuse",
    0x00050026: "absent",
    0x0005005F: "unsupported",
}


def verdict_of(lines: list[seccomp.Instruction], name: str, number: int, *arguments: int) -> str:
    """Run the filter as the kernel does."""
    words = {0: number, 4: _MACHINES[name].audit}
    for place, argument in enumerate(arguments):
        words[16 + 8 * place], words[20 + 8 * place] = argument & 0xFFFFFFFF, argument >> 32
    place, held = 0, 0
    while True:
        code, yes, no, operand = lines[place]
        place += 1
        if code == 0x20:
            held = words.get(operand, 0)
        elif code == 0x54:
            held &= operand
        elif code == 0x06:
            return _SAID[operand]
        else:
            met = {0x15: held == operand, 0x35: held >= operand, 0x45: bool(held & operand)}[code]
            place += yes if met else no


def test_a_tier_that_does_not_start_gives_way(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "layers.py"
    file.write_text("def one(x): return 1.0\n")
    monkeypatch.setattr(isolation, "_given_up", {})
    monkeypatch.setattr(bubblewrap, "why_not", lambda: "")
    monkeypatch.setattr(bubblewrap, "command", lambda *given: ["/bin/false"])
    isolation._best.cache_clear()
    try:
        with InChildProcess(resolve_target(str(file)), ["one"], Limits()) as opened:
            [outcome] = opened.run([Call("one", (1.0,))])
        assert outcome.outputs == (1.0,)
        assert choose("auto") != "bubblewrap"
    finally:
        isolation._best.cache_clear()


def test_code_under_test_cannot_lower_its_tier(tmp_path: Path) -> None:
    if choose("auto") == "limits":
        pytest.skip("no tier here")
    before = choose("auto")
    file = tmp_path / "layers.py"
    file.write_text("import os\nos._exit(1)\ndef one(x): return 1.0\n")
    with InChildProcess(resolve_target(str(file)), ["one"], Limits()):
        assert choose("auto") == before
