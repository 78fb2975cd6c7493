"""Slips in right homework, one at a time, and the cause that should be named.

An entry: the function that is wrong, its file, what stands there, what is put there, the name of
the cause. Where two causes say the same of the numbers, both are right.
"""

from __future__ import annotations

import shutil
import tomllib
from dataclasses import dataclass
from pathlib import Path

_NETS = Path(__file__).parents[1] / "homework" / "nets"
_BASES = {
    "course_style": _NETS / "course_style" / "nndl",
    "all_in_one": _NETS / "all_in_one",
    "by_hand": _NETS / "by_hand" / "nndl",
}

FC, TWO = "fc_net.FullyConnectedNet", "fc_net.TwoLayerNet"
MONO, SOLVER = "neural_net.TwoLayerNet", "solver.Solver"


@dataclass(frozen=True, kw_only=True)
class Slip:
    """One change of the right homework."""

    name: str
    function: str
    file: str
    before: str
    after: str
    causes: tuple[str, ...]
    base: str = "course_style"

    def plant(self, folder: Path) -> None:
        """Write the homework with this slip into a folder, as its package nndl."""
        shutil.copytree(_BASES[self.base], folder / "nndl")
        file = folder / "nndl" / self.file
        text = file.read_text(encoding="utf-8")
        if self.before not in text:
            raise ValueError(f"{self.name}: the right homework has no {self.before!r}")
        file.write_text(text.replace(self.before, self.after), encoding="utf-8")


_TABLE = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
SLIPS = tuple(Slip(**{**slip, "causes": tuple(slip["causes"])}) for slip in _TABLE["slip"])
