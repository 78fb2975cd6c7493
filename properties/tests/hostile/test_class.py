"""A class of odd submissions through ``nndl grade``: none wrong is right, and nothing escapes."""

from __future__ import annotations

import csv
import json
import os
import sys
import zipfile
from pathlib import Path

import pytest

from properties.tests.command_line import nndl
from properties.tests.slow import slow

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="names of POSIX")

WRONG = """
import numpy as np
def relu_forward(x):
    return np.maximum(x, 0), x
def relu_backward(dout, cache):
    return 0.5 * dout * (cache > 0)
"""
RIGHT = WRONG.replace("0.5 * ", "")
PATCH = "import sys\nfor name in list(sys.modules): print(name)\nraise SystemExit(0)\n"
BESIDE = {
    "conftest.py": PATCH,
    "sitecustomize.py": PATCH,
    "usercustomize.py": PATCH,
    "numpy.py": "raise SystemExit(0)\n",
    "json.py": PATCH,
    "properties.py": PATCH,
    "reference/__init__.py": "def vjp(*given): raise SystemExit(0)\n",
    "x.pth": "import os; os._exit(0)\n",
    "pyproject.toml": '[tool.nndl]\nprofile = "quick"\n[tool.nndl.skip]\nrelu_backward = "no"\n',
    "nndl.toml": '[skip]\nrelu_backward = "it is right"\n',
    "specs.py": "from properties.spec.row import LayerSpec\nSPECS = []\n",
    "evil.npy": "\x93NUMPY\x01\x00v\x00{'descr': '|O', 'fortran_order': False, 'shape': (1,), }",
    "evil.pkl": "cos\nsystem\n(S'touch escaped'\ntR.",
    "record.json": '{"verdict": "pass"}',
    "layers.py": WRONG,
}
NOTE = (
    "\n# nndl: skip\n# nndl: relu_backward is right\n# type: ignore\n# notebook cell 99999999999\n"
)
CODE = {
    "comments": WRONG + NOTE,
    "many functions": WRONG + "".join(f"def f{n}(x): return x\n" for n in range(2_000)),
    "lambdas": WRONG + "deep = " + "lambda: " * 80 + "0\n",
    "sums": WRONG + "total = " + " + ".join(["1"] * 2_000) + "\n",
    "a number": WRONG + "huge = 0x" + "f" * 100_000 + "\n",
    "a text": WRONG + f"text = {'x' * (3 << 20)!r}\n",
    "finalizers": WRONG + "class D:\n    def __del__(self): raise SystemExit(0)\nkept = D()\n",
    "hooks": WRONG
    + "import atexit, os, signal, sys, threading\natexit.register(os._exit, 0)\n"
    + "os.register_at_fork(before=lambda: os._exit(0))\n"
    + "for n in range(1, 60):\n    try: signal.signal(n, signal.SIG_IGN)\n"
    + "    except OSError: pass\n"
    + "sys.excepthook = sys.unraisablehook = threading.excepthook = lambda *a: os._exit(0)\n",
    "watched": WRONG + "import sys\nsys.setprofile(lambda *given: None)\n",
    "right": RIGHT,
}
NAMES = (
    "<img src=x onerror=alert(1)>",
    "=HYPERLINK(1)",
    "@SUM(1)",
    "ann\u202eyp.bob",
    "a" * 250,
    "::error::a",
    "\x1b[2Jann",
    "ann\nbob",
    "Zoe\u0308",
    "Zo\u00eb",
    "-rf",
    "$(touch escaped)",
)


def notebook(**more: object) -> str:
    """A notebook of odd parts with the wrong code in it."""
    cells = [
        {"cell_type": "raw", "metadata": {}, "source": RIGHT},
        {"cell_type": "markdown", "metadata": {}, "source": [RIGHT]},
        {
            "cell_type": "code",
            "metadata": {"nndl": {"skip": ["relu_backward"]}},
            "outputs": [{"output_type": "stream", "name": "stdout", "text": "x" * (2 << 20)}],
            "source": [line + "\n" for line in WRONG.split("\n")],
        },
        {"cell_type": "code", "source": "%%bash\ntouch escaped"},
        {"cell_type": "code", "source": "!touch escaped"},
    ]
    return json.dumps({"cells": cells, "metadata": more, "nbformat": 4, "nbformat_minor": 5})


def lay_out(home: Path) -> None:
    """Write the class."""
    home.mkdir()
    for name, code in CODE.items():
        (home / f"{name}.py").write_text(code, encoding="utf-8")
    for name in NAMES:
        (home / f"{name}.py").write_text(WRONG, encoding="utf-8")  # the same: judged once
    for name, text in BESIDE.items():
        file = home / "beside" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="latin-1")
    deep: object = 1
    for _ in range(400):
        deep = [deep]
    (home / "cells.ipynb").write_text(notebook(deep=deep), encoding="utf-8")
    (home / "none.ipynb").write_text('{"cells": [[], 1, null]}', encoding="utf-8")
    siblings = home / "siblings"
    siblings.mkdir()
    (siblings / "layers.py").write_text(WRONG, encoding="utf-8")
    os.symlink(home / "right.py", siblings / "other.py")
    os.mkfifo(siblings / "pipe.py")
    os.mkfifo(home / "pipe.py")
    (siblings / "__init__.py").write_text(
        "import importlib.util, pathlib\n"
        "for file in pathlib.Path(__file__).parents[1].rglob('*.py'):\n"
        "    spec = importlib.util.spec_from_file_location('layers', file)\n"
        "    spec.loader.exec_module(importlib.util.module_from_spec(spec))\n",
        encoding="utf-8",
    )
    with zipfile.ZipFile(home / "twice.zip", "w") as archive:
        for name in ("Layers.py", "layers.py", "LAYERS.PY"):
            archive.writestr(name, WRONG)


@slow
def test_no_odd_submission_is_right_and_none_escapes(tmp_path: Path) -> None:
    home, out = tmp_path / "class", tmp_path / "out"
    lay_out(home)
    before = sorted(str(path) for path in home.rglob("*"))
    options = ["--profile", "quick", "--only", "relu", "--require", "relu", "--timeout", "30"]
    done = nndl("grade", str(home), "--out", str(out), *options, "--isolation", "require")
    assert done.code in (0, 1), done.out + done.err
    with (out / "grades.csv").open(encoding="utf-8", newline="") as stream:
        rows = {row["submission"]: row for row in csv.DictReader(stream)}
    assert len(rows) == len(CODE) + len(NAMES) + 6
    right = [name for name, row in rows.items() if row["state"] == "right"]
    assert right == ["right"], {name: row["state"] for name, row in rows.items()}
    assert not [name for name, row in rows.items() if row["state"] == "lost"]
    assert sorted(str(path) for path in home.rglob("*")) == before
    assert not list(tmp_path.rglob("escaped"))
    assert all(row["student"][0] not in "=+-@" for row in rows.values())
    for page in (out / "class.html", *(out / "students").glob("*.html")):
        text = page.read_text(encoding="utf-8")
        assert "<img src=x" not in text
        assert "\u202e" not in text
        assert "\x1b" not in text
    for line in (done.out + done.err).splitlines():
        assert not line.lstrip().startswith("::")
        assert "\x1b" not in line
