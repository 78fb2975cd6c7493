"""What a hostile child can put on its pipes: each is refused, and does harm where nobody looks."""

from __future__ import annotations

import json
import os
import resource
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from properties.commands.check import check as check_command
from properties.discovery.targets import opened
from properties.implementation import (
    Call,
    Limits,
    NotStarted,
    TargetError,
    replies,
    resolve_target,
)
from properties.implementation.child import channel, source, wire
from properties.implementation.child.values import FIELDS
from properties.implementation.child.wire import PREFIX, ProtocolError
from properties.implementation.client import InChildProcess
from properties.implementation.replies import Reply, read_loaded

from ..slow import slow

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="pipes of POSIX")

DATA = bytes(64)


def outcome(*outputs: Any, status: Any = "ok", **extras: Any) -> Any:
    return ["done", [[status, list(outputs), extras]]]


VIEW = ["a", "<f8", [8], 0, 0]
REFUSED: dict[str, Any] = {
    "no list": {"done": []},
    "another word": ["loaded", []],
    "too few outcomes": ["done", []],
    "too many outcomes": ["done", [["ok", [], {}]] * 2],
    "an outcome that is a text": ["done", ["ok"]],
    "a status that only the judge gives": outcome(status="timeout"),
    "a status that is a list": outcome(status=["ok"]),
    "outputs that are a text": ["done", [["ok", "abc", {}]]],
    "fields that are a list": ["done", [["ok", [], []]]],
    "an unknown field": outcome(verdict="pass"),
    "a message that is a tree": outcome(message=[[[]]]),
    "a truth value that is a number": outcome(rng_touched=1),
    "warnings without end": outcome(warnings=["w"] * 5_000),
    "a blame of its own": outcome(blame="the judge"),
    "arguments without names": outcome(args_after=[[[], 1]]),
    "bytes that are sent twice": outcome(VIEW, VIEW),
    "a copy of each array": outcome(["a", "<f8", [8], 0, 1]),
    "an array beyond its frame": outcome(["a", "<f8", [9], 0, 0]),
    "an array before its frame": outcome(["a", "<f8", [1], -8, 0]),
    "a shape of negative length": outcome(["a", "<f8", [-1], 0, 0]),
    "a shape that is a number": outcome(["a", "<f8", 8, 0, 0]),
    "objects in an array": outcome(["a", "|O8", [8], 0, 0]),
    "a dtype that is a list": outcome(["a", ["<f8"], [8], 0, 0]),
    "an array of too few parts": outcome(["a"]),
    "an unknown tag": outcome(["y", "float64"]),
    "strides of its own": outcome(["w", "<f8", [8], 0, 64, 0, [0], 1]),
    "a container that is a text": outcome(["l", "abc"]),
    "a dict in the header": outcome({"a": 1}),
    "a dict with a list for a key": outcome(["d", [[["l", []], 1]]]),
    "an integer of ten thousand bits": outcome(1 << 10_000),
    "keys that all hash alike": outcome(["d", [[n * (2**61 - 1), 0] for n in range(1, 40)]]),
    "keys that are pairs": outcome(["d", [[["t", [n, 1]], 0] for n in range(40)]]),
    "keys that are complex": outcome(["d", [[["c", 1.0, n], 0] for n in range(40)]]),
    "a handle without a number": outcome(["h", "1", "Net"]),
}


def nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = ["l", [value]]
    return value


@pytest.mark.parametrize("reply", [*REFUSED.values(), outcome(nested(100))], ids=[*REFUSED, "deep"])
def test_a_reply_of_another_form_is_refused(reply: Any) -> None:
    with pytest.raises(ProtocolError):
        Reply(memoryview(bytearray(DATA)), 0).outcomes(reply, 1)


def test_an_honest_reply_is_read() -> None:
    reply = outcome(VIEW, ["t", [1, "a", None]], message="m", changed=[0, "w"], rng_touched=True)
    [read] = Reply(memoryview(bytearray(DATA)), 3).outcomes(reply, 1)
    assert read.outputs[0].shape == (8,)
    assert read.outputs[1] == (1, "a", None)
    assert (read.message, read.changed, read.rng_touched) == ("m", (0, "w"), True)


def test_many_views_of_the_same_bytes_cost_memory_without_the_budget() -> None:
    data = memoryview(bytearray(1 << 20))
    nodes = [["a", "<f8", [1 << 17], 0, 1]] * 50
    with pytest.raises(ProtocolError):
        Reply(data, 0).outcomes(outcome(*nodes), 1)
    trusting = wire.Arrays(data, trusted=True)  # as it was: 50 copies of all bytes
    assert sum(trusting(node).nbytes for node in nodes) == 50 << 20


INFO: dict[str, Any] = {
    **dict.fromkeys(FIELDS, ""),
    "name": "relu_forward",
    "status": "present",
    "line": 3,
    "notes": [],
}


@pytest.mark.parametrize(
    "change",
    [
        {"name": "another"},
        {"status": "right"},
        {"status": ["present"]},
        {"line": -1},
        {"line": 1.5},
        {"line": True},
        {"notes": "abc"},
        {"source": {"a": 1}},
        {"blame": "judge"},
    ],
    ids=str,
)
def test_a_function_of_another_form_is_refused(change: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "layers.py").write_text("x = 1\n")
    target = resolve_target(str(tmp_path / "layers.py"))
    honest = ["loaded", [list(INFO.values())], []]
    read_loaded(honest, ["relu_forward"], target)
    with pytest.raises(ProtocolError):
        read_loaded(["loaded", [list({**INFO, **change}.values())], []], ["relu_forward"], target)


def test_a_file_outside_the_target_is_not_named(tmp_path: Path) -> None:
    (tmp_path / "layers.py").write_text("x = 1\n")
    target = resolve_target(str(tmp_path / "layers.py"))
    for file in ("/etc/passwd", str(tmp_path / ".." / "secret.py"), "layers.py\0"):
        told = list({**INFO, "file": file}.values())
        [info], _ = read_loaded(["loaded", [told], []], ["relu_forward"], target)
        assert (info.file, info.line) == ("", 0)
    told = list({**INFO, "file": str(tmp_path / "layers.py")}.values())
    [info], _ = read_loaded(["loaded", [told], []], ["relu_forward"], target)
    assert info.line == 3


def received(frame: bytes, **limits: int) -> tuple[bytearray, int, int]:
    """What the judge makes of bytes on its pipe."""
    reader, writer = os.pipe()
    try:
        os.write(writer, frame)
        os.close(writer)
        return channel.Channel(reader, -1, limits["limit"], limits.get("header")).receive()
    finally:
        os.close(reader)


def test_a_frame_of_gigabytes_is_refused_before_memory_is_taken() -> None:
    with pytest.raises(ProtocolError, match="more than the limit"):
        received(PREFIX.pack(1 << 40, 16, 1), limit=1 << 28)


def test_a_header_of_sixty_megabytes_is_refused() -> None:
    with pytest.raises(ProtocolError, match="header"):
        received(PREFIX.pack(60 << 20, 60 << 20, 1), limit=1 << 28, header=16 << 20)
    with pytest.raises(channel.Closed):  # as it was: it would have been read, and parsed
        received(PREFIX.pack(60 << 20, 60 << 20, 1), limit=1 << 28, header=1 << 28)


def test_what_is_announced_takes_no_memory_before_it_comes() -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(channel.Closed):
        received(PREFIX.pack(200 << 20, 16, 1), limit=1 << 28, header=16 << 20)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000


@pytest.mark.parametrize("header", ["[" * 100_000, "nan,", '{"a":', "1" * 10_000, "\x00" * 16])
def test_a_header_that_is_no_json_is_refused(header: str) -> None:
    with pytest.raises(ProtocolError):
        wire.parse(bytearray(header.encode()), len(header))
    with pytest.raises(ProtocolError):
        wire.parse(bytearray(4), 5)


FORGING = """
import os, struct, json, time
import numpy as np
def honest(x): return x * 2
def forges(x):
    HOW
    return x
def innocent(x): return x + 1
"""
PIPES = """
    for fd in range(3, 64):
        try: os.write(fd, DATA)
        except OSError: pass
"""


def settled(tmp_path: Path, how: str) -> list[str]:
    file = tmp_path / "layers.py"
    file.write_text(FORGING.replace("    HOW\n", how))
    limits = Limits(call_seconds=1.0)
    names = ["honest", "forges", "innocent"]
    with InChildProcess(resolve_target(str(file)), names, limits) as implementation:
        x = 1.5
        return [o.status for o in implementation.run([Call(name, (x,)) for name in names])]


def forged(expression: str) -> str:
    return PIPES.replace("DATA", expression)


PASSING = json.dumps(["done", [["ok", [3.0], {}]] * 3]).encode()


@slow
@pytest.mark.parametrize(
    "how",
    [
        forged(f"struct.pack('<QII', {len(PASSING)}, {len(PASSING)}, 999) + {PASSING!r}"),
        forged("b'\\xff' * 64"),
        forged("struct.pack('<QII', 1 << 50, 16, 2)"),
        forged("struct.pack('<QII', 8, 1 << 31, 2) + b'[1,2,3] '"),
        forged("struct.pack('<IQ244s', 2, 2, b'') * 8") + "    os._exit(0)\n",
        forged("struct.pack('<IQ244s', 2, 1 << 60, b'') * 8") + "    os._exit(0)\n",
    ],
    ids=["another reply", "noise", "gigabytes", "a long header", "blames another", "no such call"],
)
def test_forged_bytes_blame_their_author_alone(tmp_path: Path, how: str) -> None:
    assert settled(tmp_path, how) == ["ok", "crashed", "ok"]


@pytest.mark.parametrize(
    "how",
    ["import builtins; builtins.len = lambda *a: 0", "sys.modules['_suite_child.wire']._dumps = 0"],
)
def test_code_that_breaks_its_own_loading_is_not_the_fault_of_the_machine(
    how: str, tmp_path: Path
) -> None:
    file = tmp_path / "layers.py"
    file.write_text(f"import sys\ndef one(x): return x\n{how}\n")
    with pytest.raises(TargetError) as caught:  # the machine's would be judged again, for ever
        InChildProcess(resolve_target(str(file)), ["one"], Limits())
    assert not isinstance(caught.value, NotStarted)


SURVEY = """
import importlib
import numpy as np
def relu_forward(x): return np.maximum(x, 0), x
def relu_backward(dout, cache): return dout * (cache > 1)
class Cube:
    def forward(self, x): self.x = x; return x**3
    def backward(self, grad): return grad * self.x
place = importlib.import_module("_suite_child.tracing.survey")
found = place.survey
def forged(*given):
    told = found(*given)
    HOW
    return told
place.survey = forged
"""


@pytest.mark.parametrize(
    "how",
    ["told = None", "told[0].pop('source')", "told[0]['functions'][0]['line'] = float('inf')"],
)
def test_a_forged_survey_does_not_end_the_judge(how: str, tmp_path: Path) -> None:
    file, record = tmp_path / "layers.py", tmp_path / "record.json"
    file.write_text(SURVEY.replace("HOW", how))
    options = ["--profile", "quick", "--no-steps", "--json", str(record)]
    answer = CliRunner().invoke(check_command, [str(file), *options])
    assert answer.exit_code == 1, answer.output
    assert "it broke the protocol" in " ".join(answer.output.split())
    assert json.loads(record.read_text())["verdict"] == "fail"


def test_what_is_found_stands_in_the_target_or_nowhere(tmp_path: Path) -> None:
    file = tmp_path / "layers.py"
    file.write_text(
        SURVEY.replace("HOW", "told[0]['classes'][0]['methods'][0]['file'] = '/etc/passwd'")
    )
    with opened(resolve_target(str(file))) as session:
        survey = session.survey()
    first, second = survey.classes[0].methods.values()
    assert (first.file, second.file) == ("", str(file))


@slow
def test_a_heartbeat_does_not_stretch_the_time(tmp_path: Path) -> None:
    how = """
    import gc
    [progress] = [o for o in gc.get_objects() if type(o).__name__ == "Progress"]
    while True:
        time.sleep(0.1)
        progress.call(1)
"""
    assert settled(tmp_path, how) == ["ok", "timeout", "ok"]


def test_a_module_of_megabytes_is_not_parsed_in_the_judge(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "layers.py"
    file.write_text("a\n" * 200_000)
    parsed: list[str] = []

    def parse(text: str, path: str) -> Any:
        parsed.append(path)
        raise SyntaxError("stopped")

    monkeypatch.setattr(source, "_parse", parse)
    with pytest.raises(SyntaxError, match="larger than 250 kB"):
        source.read_source(str(file))
    assert not parsed
    monkeypatch.setattr(source, "MAX_BYTES", 5_000_000)  # as it was
    with pytest.raises(SyntaxError, match="stopped"):
        source.read_source(str(file))
    assert parsed


@pytest.mark.parametrize("check", [replies._text, replies._texts])
def test_texts_are_texts(check: Callable[..., Any]) -> None:
    with pytest.raises(ProtocolError):
        check(1, 10) if check is replies._text else check(1)
