"""Run the command as a user does: in a process of its own, in some folder."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
START = (
    f"import sys; sys.path[0] = {str(ROOT)!r}; "  # not the folder it is run in, as in a script
    "from properties.commands.cli import main; main()"
)


@dataclass(frozen=True)
class Answer:
    """What a run of the command gave."""

    code: int
    out: str
    err: str

    @property
    def record(self) -> dict[str, Any]:
        """The record that ``--json -`` wrote."""
        record: dict[str, Any] = json.loads(self.out)
        return record

    def statuses(self) -> dict[str, str]:
        """Status of each function."""
        return {f["name"]: f["status"] for f in self.record["functions"]}


def nndl(*args: str, cwd: Path | None = None) -> Answer:
    """Run ``nndl`` with some arguments."""
    done = subprocess.run(
        [sys.executable, "-c", START, *args],
        capture_output=True,
        text=True,
        cwd=cwd or ROOT,
        check=False,
        timeout=300,
    )
    return Answer(done.returncode, done.stdout, done.stderr)


def check(*args: str, cwd: Path | None = None) -> Answer:
    """Run ``nndl check`` at the quick profile, the record on standard output."""
    return nndl("check", "--profile", "quick", "--json", "-", *args, cwd=cwd)
