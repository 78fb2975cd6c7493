"""What a user may name, and what is said when it cannot be used."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from properties.implementation import TargetError, open_implementation, resolve_target
from properties.implementation.child.source import read_source
from properties.implementation.child.survey import _python_files

from .homework import Writer

CODE = "def relu_forward(x):\n    return x * (x > 0), x\n"


@pytest.fixture(name="write")
def _write(tmp_path: Path) -> Writer:
    return Writer(tmp_path)


def test_homework_folder(write: Writer) -> None:
    folder = write({"hw/nndl/layers.py": CODE, "hw/notes.txt": "x"})
    target = resolve_target(str(folder / "hw"))
    assert (target.kind, target.root) == ("folder", folder / "hw" / "nndl")
    assert resolve_target(str(folder)).root == folder / "hw" / "nndl"


def test_code_that_lies_nearer_is_named(write: Writer) -> None:
    folder = write(
        {
            "hw/layers.py": CODE,
            "hw/nndl/layers.py": CODE,
            "all/mine/layers.py": CODE,
            "all/old/a/nndl/layers.py": CODE,
            "one/nndl/layers.py": CODE,
        }
    )
    assert "not layers.py, which lies nearer" in resolve_target(str(folder / "hw")).describe()
    target = resolve_target(str(folder / "all"))
    assert target.root == folder / "all" / "old" / "a" / "nndl"
    assert target.nearer == ("mine/",)
    assert resolve_target(str(folder / "one")).nearer == ()


def test_package_folder_of_any_name(write: Writer) -> None:
    folder = write({"my layers (2)/layers.py": CODE})
    target = resolve_target(str(folder / "my layers (2)"))
    assert target.kind == "package"


def test_file(write: Writer) -> None:
    folder = write({"answer-1.py": CODE})
    target = resolve_target(str(folder / "answer-1.py"))
    assert target.kind == "file"
    with open_implementation(target, names=["relu_forward"]) as implementation:
        assert implementation.functions["relu_forward"].status == "present"


def test_import_name(write: Writer, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write({"their/layers.py": CODE, "their/__init__.py": ""})
    monkeypatch.chdir(folder)
    assert resolve_target("their").root == folder / "their"
    target = resolve_target("their.layers")
    assert (target.kind, target.path) == ("import", folder / "their" / "layers.py")


def test_bundled() -> None:
    assert resolve_target("bundled").kind == "bundled"


def test_default(write: Writer, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write({"a/nndl/layers.py": CODE, "b/layers.py": CODE, "c/x.txt": ""})
    kinds = []
    for name in "abc":
        monkeypatch.chdir(folder / name)
        kinds.append(resolve_target(None).kind)
    assert kinds == ["folder", "file", "bundled"]


def test_no_other_code_passes_for_the_bundled_one(
    write: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(write({"setup.py": "", "gradients.py": CODE, "loss.ipynb": "{}"}))
    with pytest.raises(TargetError, match=r"gradients\.py, loss\.ipynb.*nndl check gradients\.py"):
        resolve_target(None)


@pytest.mark.parametrize(
    ("files", "name", "words"),
    [
        ({"ab.py": ""}, "quite_other.py", ["Beside it: ab.py"]),
        ({}, "no-such-folder", ["no-such-folder", "homework folder", "spelling"]),
        ({"e/a.txt": ""}, "e", ["a.txt", "no Python code"]),
        ({"e/hw.ipynb": "{}"}, "e", ["notebooks", "nndl check", "hw.ipynb"]),
        ({"hw.ipynb": "{}"}, "hw.ipynb", ["does not parse", "not a notebook"]),
        ({"a.zip": ""}, "a.zip", ["Unpack"]),
        ({"l.py": "def f(:\n"}, "l.py", ["does not parse", "line 1"]),
        ({"x/nndl/layers.py": "", "y/nndl/layers.py": ""}, ".", ["2 packages", "Name one"]),
    ],
)
def test_errors_name_what_came_and_what_to_do(
    write: Writer,
    monkeypatch: pytest.MonkeyPatch,
    files: dict[str, str],
    name: str,
    words: list[str],
) -> None:
    monkeypatch.chdir(write(files))
    with pytest.raises(TargetError) as caught:
        resolve_target(name)
    for word in words:
        assert word in str(caught.value)


@pytest.mark.parametrize("in_process", [False, True])
def test_no_contract_function_anywhere(write: Writer, in_process: bool) -> None:
    folder = write({"nndl/other.py": "x = 1\n"})
    with pytest.raises(TargetError, match="No function of the contract"):
        open_implementation(
            resolve_target(str(folder)), names=["relu_forward"], in_process=in_process
        )


def test_the_loader_does_not_run_code_to_resolve(write: Writer) -> None:
    mark = Path("ran.txt")
    folder = write({"nndl/layers.py": f"open({str(mark)!r}, 'w')\n", "nndl/__init__.py": "1/0\n"})
    resolve_target(str(folder))
    assert not mark.exists()


def test_a_refusal_names_the_next_command(write: Writer, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write({"layers.py": CODE, "a/nndl/layers.py": CODE, "b/nndl/layers.py": CODE})
    (folder / "books").mkdir()
    (folder / "books" / "one.ipynb").write_text("{}", encoding="utf-8")
    monkeypatch.chdir(folder)
    for name, command in (
        ("layer.py", "nndl check layers.py"),
        ("books", f"nndl check {folder / 'books' / 'one.ipynb'}"),
    ):
        with pytest.raises(TargetError, match=re.escape(command)):
            resolve_target(name)
    (folder / "layers.py").unlink()
    with pytest.raises(TargetError, match=re.escape(f"nndl check {folder / 'a' / 'nndl'}")):
        resolve_target(str(folder))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
@pytest.mark.timeout(20)
def test_a_pipe_in_the_place_of_a_file_does_not_stop_the_judge(tmp_path: Path) -> None:
    (tmp_path / "optim.py").write_text("def sgd(w, dw):\n    return w\n")
    os.mkfifo(tmp_path / "layers.py")
    assert resolve_target(str(tmp_path)).path == tmp_path
    with pytest.raises(OSError, match="no regular file"):
        read_source(str(tmp_path / "layers.py"))


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege")
def test_links_that_lead_to_themselves_are_passed_over(tmp_path: Path) -> None:
    (tmp_path / "layers.py").write_text("def relu_forward(x): return x, x\n", encoding="utf-8")
    for name in ("loop", "loop.py"):
        (tmp_path / name).symlink_to(name)
    assert [path for path, _ in _python_files(str(tmp_path))] == [str(tmp_path / "layers.py")]
    resolve_target(str(tmp_path))
