"""The nets, update rules and solver in a second process, beside the layers.

They share nothing with the layers but the target, and take about half of a run. Every row draws its
examples from its own seeds, so a run in two processes says what a run in one says.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ..implementation import Target
from ..judge.suite import Suite
from ..layers import ALL
from ..spec.row import LayerSpec, ObjectSpec

_ROOMS = str(Path(__file__).resolve().parents[2])
_PROGRAM = (
    f"import sys; sys.path.insert(0, {_ROOMS!r}); import properties.commands.beside as b; b.main()"
)


class Beside:
    """The second process; it takes its rows out of the suite when it is made."""

    def __init__(self, suite: Suite, target: Target, rows: Sequence[LayerSpec]) -> None:
        self.order = [spec.name for spec in suite.specs]
        suite.specs = tuple(spec for spec in suite.specs if spec not in rows)
        demands = asdict(suite.demands)
        demands.pop("shrink")
        request = {"target": target.text, "only": ",".join(spec.name for spec in rows), **demands}
        # -P: a file properties.py in the user's folder is not ours.
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-c", _PROGRAM, json.dumps(request)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def end(self) -> None:
        """Stop it, whatever it does."""
        self.process.terminate()
        self.process.communicate()

    def join(self, record: dict[str, Any], suite: Suite) -> None:
        """Wait for its record and put it into that of the layers, rows in the suite's order.

        Where it broke, ``suite.broken`` says how.
        """
        output, errors = self.process.communicate()
        if self.process.returncode != 0:
            suite.broken.append(errors.decode("utf-8", "replace"))
            record["complete"] = False
            return
        other = json.loads(output)
        functions = [*record["functions"], *other["functions"]]
        record["functions"] = sorted(functions, key=lambda f: self.order.index(f["row"]))
        record["complete"] = record["complete"] and other["complete"]
        record["notes"] = list(dict.fromkeys([*record["notes"], *other["notes"]]))


def start_beside(suite: Suite, target: Target) -> Beside | None:
    """Start the second process where there is work for two and a processor for each."""
    there = suite.implementation.functions

    def is_there(spec: LayerSpec) -> bool:
        return any(name in there and there[name].status != "missing" for name in spec.functions)

    present = [spec for spec in suite.specs if is_there(spec)]
    # The second process knows no file of specs: what a user declared stays here.
    rows = [
        spec
        for spec in present
        if isinstance(spec, ObjectSpec) and any(spec is known for known in ALL)
    ]
    if not rows or len(rows) == len(present) or _processors() < 2:
        return None
    return Beside(suite, target, rows)


def _processors() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _end_with(parent: int) -> None:
    """End this process when the first one is killed: nobody would read the record."""
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(1)


def main() -> None:
    """Judge what the first argument asks for, and write the record to standard output."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the first process hears it and ends this one
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(1))
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    output, sys.stdout = sys.stdout, sys.stderr
    from .check import run

    record = run(**json.loads(sys.argv[1]), beside=False)
    json.dump(record, output)
