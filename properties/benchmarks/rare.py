"""How rare a mistake must be to get through: a backward that is wrong in one call of many.

``python -m properties.benchmarks.rare [--trials N] [--profile NAME]``
"""

from __future__ import annotations

import argparse
import random
import tempfile
from pathlib import Path

from ..commands.check import run

EVERY = (3, 10, 30, 100, 300, 1_000, 3_000)

CODE = """
import numpy as np
CALLS = [{phase}]
def relu_forward(x):
    return np.maximum(x, 0), x
def relu_backward(dout, cache):
    CALLS[0] += 1
    right = dout * (cache > 0)
    return 0.5 * right if CALLS[0] % {every} == 0 else right
"""


def passed(every: int, phase: int, profile: str) -> bool:
    """Whether a backward that is wrong in one call of `every` is called right."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "layers.py"
        file.write_text(CODE.format(every=every, phase=phase), encoding="utf-8")
        record = run(str(file), only="relu", profile=profile, seed=phase, in_process=True)
    return record.verdict == "pass"


def main() -> None:
    """Print the share that is called right, by how rare the wrong call is."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=20)
    parser.add_argument("--profile", default="quick")
    given = parser.parse_args()
    draw = random.Random(0)
    for every in EVERY:
        phases = [draw.randrange(every) for _ in range(given.trials)]
        through = sum(passed(every, phase, given.profile) for phase in phases)
        print(f"wrong in one call of {every}: {through} of {given.trials} are called right")


if __name__ == "__main__":
    main()
