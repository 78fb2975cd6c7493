"""What the suite's own code cannot digest: odd results, odd texts, odd files."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import numpy as np
import pytest
from click.testing import CliRunner

from properties.commands import cli
from properties.commands.cli import main
from properties.record.arrays import encode
from properties.record.files import write_whole
from properties.tests.command_line import START
from properties.tests.slow import mostly_slow, slow

ODD: list[Any] = [
    np.array([1.0, np.inf], dtype=np.longdouble),
    np.longdouble("1e4000"),
    np.clongdouble(1 + 2j),
    np.array([1 + 2j, complex("nan")]),
    np.array([10**400, None, "\ud800", object()], dtype=object),
    np.zeros(3, dtype=[("a", float), ("b", int)]),
    np.zeros(2, dtype="V8"),
    np.array(["1970-01-01", "NaT"], dtype="datetime64[s]"),
    np.array(["a", "\udcff"]),
    np.array([b"\xff"]),
    np.array([2**64 - 1], dtype=np.uint64),
    np.array(3.0),
    np.zeros((0, 3)),
    np.ma.masked_array([1.0, 2.0], mask=[True, False]),
    np.full((200, 200), 10**400, dtype=object),
    np.full((200, 200), 1e308),
    np.zeros((200, 200), dtype=[("a", float)]),
    float("nan"),
    10**400,
    1 + 2j,
    {"\ud800": {1: [float("inf"), (object(),)]}},
    {1, 2},
]


@pytest.mark.parametrize("value", ODD, ids=lambda value: type(value).__name__)
def test_any_value_becomes_strict_json(value: Any) -> None:
    text = json.dumps(encode(value), allow_nan=False)
    assert "\\ud8" not in text.replace("\\\\", "")
    assert json.loads(text) == encode(value)


def test_a_longdouble_is_shown_as_its_number() -> None:
    assert encode(np.array([1.5, np.nan], dtype=np.longdouble))["data"] == [1.5, "nan"]


RELU = """
import numpy as np
def relu_forward(x):
    return np.maximum(x, 0), x
def relu_backward(dout, cache):
    print("seen \\ud800")
    dx = 2 * dout * (cache > 0)
    return RETURNED
"""


RETURNED = [
    "dx.astype(np.longdouble)",
    "dx.astype(object)",
    "dx + 0j",
    "np.asarray(dx.sum())",
    "np.ma.masked_array(dx, mask=dx > 0)",
    "np.zeros(dx.shape, dtype=[('a', float)])",
    "dx * 1e308",
    "np.datetime64('2000-01-01')",
    "np.full(dx.shape, 10**400, dtype=object)",
    "(_ for _ in ()).throw(ValueError('\\ud800'))",
    "{dx.size: '\\ud800'}",
]


@pytest.mark.parametrize(
    "returned", mostly_slow(RETURNED, fast=("dx.astype(np.longdouble)", "dx * 1e308"))
)
def test_an_odd_result_is_judged_and_recorded(returned: str, tmp_path: Path) -> None:
    file = tmp_path / "layers.py"
    file.write_text(RELU.replace("RETURNED", returned), encoding="utf-8")
    record = tmp_path / "record.json"
    arguments = ["check", str(file), "--only", "relu", "--profile", "quick", "--in-process"]
    run = CliRunner().invoke(main, [*arguments, "--json", str(record)])
    assert run.exit_code == 1, run.output
    text = record.read_bytes().decode("ascii")
    found = {f["name"]: f["status"] for f in json.loads(text)["functions"]}
    assert found["relu_backward"] in ("fail", "error")
    assert CliRunner().invoke(main, ["report", str(record)]).exit_code == 0


@pytest.mark.parametrize("name", ["check", "steps", "report"])
@pytest.mark.parametrize("error", [RuntimeError("planted"), RecursionError(), MemoryError()])
def test_an_exception_of_ours_is_exit_code_3(
    name: str, error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    @click.command()
    def broken() -> None:
        raise error

    monkeypatch.setattr(cli._Commands, "get_command", lambda self, ctx, wanted: broken)
    run = CliRunner().invoke(main, [name])
    assert run.exit_code == 3
    assert "the tool itself broke" in run.output
    assert type(error).__name__ in run.output


@slow
def test_a_reader_who_leaves_early_changes_no_verdict(tmp_path: Path) -> None:
    file = tmp_path / "layers.py"
    file.write_text(RELU.replace("RETURNED", "dx / 2").replace("print", "str"), encoding="utf-8")
    command = f"nndl check '{file}' --only relu --profile quick"
    for options, code in (("", 0), ("--json -", 3)):
        read, write = os.pipe()
        os.close(read)
        run = subprocess.run(
            [sys.executable, "-c", START, *shlex.split(f"{command} {options}")[1:]],
            stdout=write,
            stderr=subprocess.PIPE,
            check=False,
        )
        os.close(write)
        assert run.returncode == code, run.stderr


def test_a_record_is_written_whole_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "record.json"
    write_whole(file, "before\n")
    monkeypatch.setattr(os, "fsync", lambda number: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OSError, match="disk full"):
        write_whole(file, "after\n")
    assert file.read_text(encoding="utf-8") == "before\n"
    assert [path.name for path in tmp_path.iterdir()] == ["record.json"]


def test_a_link_and_a_pipe_stay_what_they_are(tmp_path: Path) -> None:
    real, link = tmp_path / "real.json", tmp_path / "link.json"
    real.write_text("", encoding="utf-8")
    real.chmod(0o640)
    link.symlink_to(real)
    write_whole(link, "lone \ud800\n")
    assert link.is_symlink()
    assert real.read_text(encoding="utf-8") == "lone \\ud800\n"
    assert real.stat().st_mode & 0o777 == 0o640
    write_whole(Path(os.devnull), "gone\n")
    assert not Path(os.devnull).is_file()


@pytest.mark.parametrize("option", ["--json", "--html", "--junit", "--gradescope"])
def test_a_folder_in_the_place_of_a_report_is_refused(option: str, tmp_path: Path) -> None:
    run = CliRunner().invoke(main, ["check", "bundled", option, str(tmp_path)])
    assert run.exit_code == 2
    assert "is a folder; name a file" in run.output


def test_a_name_that_is_no_text_is_refused_or_shown(tmp_path: Path) -> None:
    name = str(tmp_path / "no\udcff.py")
    for arguments in (["check", name], ["report", name], ["steps", name, "relu"]):
        run = CliRunner().invoke(main, arguments)
        assert run.exit_code == 2, (arguments, run.output, run.exception)
        assert "no\\udcff.py" in run.output


def test_a_file_whose_name_is_no_text_is_judged(tmp_path: Path) -> None:
    file = tmp_path / "my\udcff" / "layers.py"
    file.parent.mkdir()
    file.write_text(RELU.replace("RETURNED", "dx"), encoding="utf-8")
    arguments = ["check", str(file), "--only", "relu", "--profile", "quick", "--in-process"]
    run = CliRunner().invoke(main, [*arguments, "--json", str(tmp_path / "record.json")])
    assert run.exit_code == 1, run.output
    record = json.loads((tmp_path / "record.json").read_bytes().decode("ascii"))
    assert record["target"]["path"].endswith("my\\udcff/layers.py")
