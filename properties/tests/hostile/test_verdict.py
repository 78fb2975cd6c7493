"""Whole runs over wrong code that wants to be called right, or wants the run itself."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import pytest

from properties.commands.console import complain
from properties.implementation import Call, Limits, resolve_target
from properties.implementation.client import InChildProcess

from ..command_line import check
from ..slow import slow

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="limits of POSIX")

WRONG = """
import numpy as np, os, sys, time
def relu_forward(x):
    return np.maximum(x, 0), x
def relu_backward(dout, cache):
    return 0.5 * dout * (cache > 0)
"""
TRICKS = {
    "ends well when it is imported": "os._exit(0)",
    "leaves well when it is imported": "sys.exit(0)",
    "leaves well when it is called": "def relu_backward(dout, cache): os._exit(0)",
    "prints a verdict": "print('::set-output name=verdict::pass'); print('PASS: 2 right')",
    "makes comparisons true": "np.allclose = np.array_equal = lambda *a, **k: True",
    "makes arrays that are equal to all": """
class Right(np.ndarray):
    def __array_ufunc__(self, *a, **k): return True
    def __eq__(self, other): return True
def relu_backward(dout, cache): return np.zeros_like(dout).view(Right)
""",
    "returns nothing": "def relu_backward(dout, cache): return None",
    "is not there yet": "def relu_backward(dout, cache): raise NotImplementedError",
    "claims to be missing": "del relu_backward",
    "answers with a number without end": "def relu_backward(dout, cache): return 10 ** 10_000",
    "borrows the reference": "from reference.relu import vjp",
    "borrows the bundled layers": "from nndl.layers import relu_backward",
    "borrows by its path": """
sys.meta_path[:] = [f for f in sys.meta_path if 'TargetImports' not in type(f).__name__]
sys.path.insert(0, PROJECT)
sys.modules.pop('nndl', None); sys.modules.pop('nndl.layers', None)
from nndl.layers import relu_backward
""",
    "changes the child's own program": """
for name, module in list(sys.modules.items()):
    if name.startswith('_suite_child'):
        for key in ('FIELDS', 'MAX_DEPTH', '_dumps'):
            module.__dict__.pop(key, None)
""",
    "takes the executor over": """
import gc
for one in gc.get_objects():
    if type(one).__name__ == 'Executor': one.functions.clear()
""",
    "hangs in the last of many calls": """
COUNT = [0]
def relu_backward(dout, cache):
    COUNT[0] += 1
    if COUNT[0] > 5: time.sleep(1e6)
    return 0.5 * dout * (cache > 0)
""",
    "is a module of megabytes": "a = 1\n" * 700_000,
    "is nested without end": "x = " + "(" * 3_000 + ")" * 3_000,
}


@slow
@pytest.mark.parametrize("trick", TRICKS, ids=str)
def test_nothing_makes_wrong_code_right(trick: str, tmp_path: Path) -> None:
    project = str(Path(__file__).parents[3])
    folder = tmp_path / "nndl"
    folder.mkdir()
    (folder / "layers.py").write_text(WRONG + TRICKS[trick].replace("PROJECT", repr(project)))
    options = ("--only", "relu", "--require", "relu", "--no-steps")
    started = time.monotonic()
    answer = check(str(tmp_path), *options, "--isolation", "require", "--timeout", "25")
    assert answer.code in (1, 2), answer
    assert time.monotonic() - started < 120
    if answer.code == 1:
        assert answer.record["verdict"] != "pass"
        assert answer.record["isolation"] in ("bubblewrap", "landlock")


@slow
def test_slow_calls_end_with_the_clock_of_the_run(tmp_path: Path) -> None:
    file = tmp_path / "layers.py"
    slow_forward = "SLOW = relu_forward\ndef relu_forward(x): time.sleep(1); return SLOW(x)\n"
    file.write_text(WRONG + slow_forward)
    started = time.monotonic()
    answer = check(str(file), "--only", "relu", "--timeout", "6", "--no-steps")
    assert time.monotonic() - started < 40
    assert answer.code == 1
    assert "the time for the whole run is over" in json.dumps(answer.record)


def test_a_complaint_is_one_line_without_codes(capsys: pytest.CaptureFixture[str]) -> None:
    complain("check", "a\n::error::forged\x1b[2J")
    assert capsys.readouterr().err == "nndl check: a ::error::forged\n"


@slow
def test_a_folder_with_an_evil_name_writes_no_command(tmp_path: Path) -> None:
    folder = tmp_path / "a\n::error::forged\x1b[2J"
    folder.mkdir()
    (folder / "layers.py").write_text(WRONG)
    answer = check(str(folder), "--only", "relu", "--no-steps")
    for line in (answer.out + answer.err).splitlines():
        assert not line.lstrip().startswith("::")
        assert "\x1b" not in line


WRITES = """
import numpy as np
def writes(x):
    for number in range(200):
        with open(f"file{number}", "wb") as file: file.write(bytes(1 << 20))
    return x
"""


@slow
@pytest.mark.parametrize("isolation", ["auto", "none"])
def test_all_that_is_written_is_limited(isolation: str, tmp_path: Path) -> None:
    file = tmp_path / "layers.py"
    file.write_text(WRITES)
    for written, expected in ((8 << 20, {"raised", "timeout"}), (1 << 30, {"ok"})):
        limits = Limits(isolation=isolation, written_bytes=written)  # type: ignore[arg-type]
        with InChildProcess(resolve_target(str(file)), ["writes"], limits) as implementation:
            [outcome] = implementation.run([Call("writes", (1.0,))])
        assert outcome.status in expected, outcome
