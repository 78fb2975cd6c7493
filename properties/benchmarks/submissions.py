"""A class that is made up: right, wrong, hostile, hanging and empty, in every form.

``python -m properties.benchmarks.submissions FOLDER --count 1000 --seed 0`` writes one. Wrong ones
have up to three misconceptions of the catalogue in right code of one of three styles.
"""

from __future__ import annotations

import argparse
import json
import random
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from properties.benchmarks.plants import STYLES, functions_of
from properties.layers import ALL, MISCONCEPTIONS
from properties.spec.misconception import Misconception
from properties.spec.row import LayerSpec

FIRST_COURSE = (
    *("affine", "relu", "batchnorm", "dropout", "svm", "softmax"),
    *("affine_relu", "affine_batchnorm_relu", "autoencoder", "gplvm"),
)
_HEAD = "from types import SimpleNamespace\n\nimport numpy as np\n\n\n"
_KINDS = {"right": 30, "wrong": 45, "hostile": 8, "hanging": 2, "empty": 5, "refused": 2, "part": 8}
_FORMS = ("file", "folder", "package", "zip", "notebook")
HOSTILE = {
    "leaves": "import os\nos._exit(0)\n",
    "leaves later": "import os, atexit\natexit.register(os._exit, 0)\nraise SystemExit(0)\n",
    "ends its parent": "import os\nos.kill(os.getppid(), 9)\n",
    "forges": "print('::error::forged')\nprint('{\"verdict\": \"pass\"}', flush=True)\n",
    "eats memory": "import numpy as np\nhoard = [np.ones(2**27) for _ in range(200)]\n",
    "eats it bit by bit": "import numpy as np\nhoard = [np.ones(2**17) for _ in range(20_000)]\n",
    "answers too much": "def relu_forward(x):\n    return np.ones(2**23), x\n",
    "starts processes": "import subprocess\nsubprocess.Popen(['sleep', '600'])\n",
    "recurses": "def deep(n):\n    return deep(n + 1)\n\n\ndeep(0)\n",
    "writes": "open('../nndl-was-here', 'w').write('x')\n",
    "reads": "import os\nSECRET = open(os.path.expanduser('~/.ssh/id_rsa')).read()\n",
}
HANGING = "def relu_forward(x):\n    while True:\n        pass\n"


@dataclass(frozen=True, kw_only=True)
class Made:
    """A submission: its name in the folder, what it is, and its code."""

    name: str
    kind: str
    code: str


def make_class(folder: Path, count: int, *, seed: int = 0, hanging: bool = True) -> list[Made]:
    """Write a class into a folder; the same seed gives the same one."""
    rng = random.Random(seed)
    folder.mkdir(parents=True, exist_ok=True)
    kinds = [kind for kind in _KINDS if hanging or kind != "hanging"]
    weights = [_KINDS[kind] for kind in kinds]
    made = []
    for number in range(count):
        kind = rng.choices(kinds, weights)[0]
        form = rng.choice(_FORMS)
        name = f"student{number:05}"
        if kind == "refused":
            name, code = f"{name}.zip", ""
            with zipfile.ZipFile(folder / name, "w") as archive:
                archive.writestr(f"../{number}.py", "x = 1\n")
        else:
            code = _code(kind, rng)
            name = _write(folder, name, form, code)
        made.append(Made(name=name, kind=kind, code=code))
    return made


def _code(kind: str, rng: random.Random) -> str:
    style = rng.choice(STYLES)
    # A number that nobody else has: no two submissions are the same, and none is judged for free.
    head = f'"""Homework {rng.random()}."""\n\n{_HEAD}'
    if kind == "empty":
        return rng.choice(["", "x = 1\n", "def affine_forward(x, w, b:\n"])
    wrong: dict[str, Misconception] = {}
    for _ in range(rng.randint(1, 3) if kind == "wrong" else 0):
        chosen = rng.choice(_catalogue())
        wrong[chosen.layer] = chosen
    rows = list(_rows())
    if kind == "part":
        rows = rng.sample(rows, rng.randint(1, len(rows) - 1))
    parts = [functions_of(row, style, wrong.get(row.name)) for row in rows]
    if kind == "hostile":
        parts.append(rng.choice(list(HOSTILE.values())))
    if kind == "hanging":
        parts.append(HANGING)
    return head + "\n\n".join(parts)


@cache
def _rows() -> Sequence[LayerSpec]:
    return [row for row in ALL if row.layer in FIRST_COURSE and row.ways is not None]


@cache
def _catalogue() -> list[Misconception]:
    names = {row.name for row in _rows()}
    return [one for one in MISCONCEPTIONS if one.layer in names]


def _write(folder: Path, name: str, form: str, code: str) -> str:
    if form == "file":
        (folder / f"{name}.py").write_text(code, encoding="utf-8")
        return f"{name}.py"
    if form == "notebook":
        cells = [{"cell_type": "code", "metadata": {}, "outputs": [], "source": code}]
        text = json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})
        (folder / f"{name}.ipynb").write_text(text, encoding="utf-8")
        return f"{name}.ipynb"
    if form == "zip":
        with zipfile.ZipFile(folder / f"{name}.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("homework/nndl/layers.py", code)
            archive.writestr("homework/nndl/__init__.py", "")
        return f"{name}.zip"
    inner = folder / name / ("nndl" if form == "package" else "")
    inner.mkdir(parents=True)
    (inner / "layers.py").write_text(code, encoding="utf-8")
    if form == "package":
        (inner / "__init__.py").write_text("", encoding="utf-8")
    return name


def main() -> None:
    """Write a class."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    made = make_class(options.folder, options.count, seed=options.seed)
    kinds = [one.kind for one in made]
    print(", ".join(f"{kinds.count(kind)} {kind}" for kind in dict.fromkeys(kinds)))


if __name__ == "__main__":
    main()
