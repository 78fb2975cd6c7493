"""Threads without end, which no limit of the kernel holds for root; time without a processor."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from properties.implementation import Limits, resolve_target
from properties.implementation.child.values import Call
from properties.implementation.client import InChildProcess
from properties.implementation.isolation import Isolation

THREADS = """
import threading, time
def forward(x):
    threading.stack_size(32768)
    over, end = threading.Event(), time.monotonic() + 3
    while time.monotonic() < end:
        threading.Thread(target=over.wait, daemon=True).start()
    return x
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("isolation", ["auto", "none"])
def test_a_child_with_too_many_threads_is_ended(tmp_path: Path, isolation: Isolation) -> None:
    (tmp_path / "layers.py").write_text(THREADS)
    target = resolve_target(str(tmp_path / "layers.py"))
    limits = Limits(isolation=isolation, call_seconds=10.0)
    with InChildProcess(target, ["forward"], limits) as implementation:
        [outcome] = implementation.run([Call("forward", (1.0,))])
    assert outcome.status != "ok"
    assert isolation == "auto" or "threads" in outcome.message
