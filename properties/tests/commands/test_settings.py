"""``[tool.nndl]``: what a project says of itself, and what is said of mistakes in it."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from properties.commands.check import check
from properties.commands.settings import SettingsError, settings_of

CODE = """
import numpy as np


def scale(x, by):
    return x * by


def gain(x, by):
    return x * x * by


def slope(dout, x, by):
    return 2 * dout * x * by, dout * x * x


def cube(x):
    return x ** 3


def cube_prime(x):
    return 2 * x ** 2
"""


def run(folder: Path, settings: str, *options: str) -> Result:
    (folder / "own.py").write_text(CODE, encoding="utf-8")
    (folder / "nndl.toml").write_text(settings, encoding="utf-8")
    return CliRunner().invoke(check, [str(folder / "own.py"), "--profile", "quick", *options])


def test_a_project_says_inputs_roles_and_what_is_skipped(tmp_path: Path) -> None:
    result = run(
        tmp_path,
        """
[skip]
cube_prime = "a slip that the course plants"
[inputs]
slope = "x: (N, D), by: positive(N, D)"
[roles.slope]
forward = "gain"
gradients = ["x", "by"]
""",
    )
    told = " ".join(result.output.split())
    assert "slope of gain, inputs x: (N, D), by: positive(N, D) (from [tool.nndl]): right" in told
    assert "cube_prime: not judged: skipped, as the project says: a slip that the course" in told
    assert result.exit_code == 0, result.output


def test_options_go_before_settings(tmp_path: Path) -> None:
    result = run(tmp_path, '[inputs]\n"*" = "x: (N,)"\n', "--inputs", "x: (3, N)")
    assert "inputs x: (3, N) (from --inputs): wrong" in " ".join(result.output.split())


def test_target_and_profile_have_defaults(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run(tmp_path, "")
    (tmp_path / "nndl.toml").unlink()
    text = '[tool.nndl]\ntarget = "own.py"\nprofile = "quick"\n'
    (tmp_path / "pyproject.toml").write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(check, [])
    assert "cube_prime" in result.output
    assert "profile quick" in " ".join(result.output.split())


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("profle = 'quick'", ["nndl.toml", "profle", "wanted one of target, profile"]),
        ("profile = 'fast'", ["profile", "fast", "quick, standard"]),
        ("[inputs]\nf = 3", ["inputs", "str", "int"]),
        ("[inputs]\nf = 'x (3,)'", ["inputs.f", "NAME: VALUE"]),
        ("[roles.f]\nbackward = 'g'", ["roles", "backward", "forward, gradients"]),
        ("[inputs", ["no TOML"]),
        ("a = " + "[" * 100_000, ["no TOML", "recursion"]),
        ("#" * (1 << 21), ["larger than"]),
    ],
)
def test_mistakes_name_the_file_the_key_and_what_was_wanted(
    tmp_path: Path, text: str, words: list[str]
) -> None:
    (tmp_path / "nndl.toml").write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError) as caught:
        settings_of(tmp_path, "auto")
    for word in words:
        assert word in str(caught.value)
    assert run(tmp_path, text).exit_code == 2


def test_names_that_nothing_has_are_said(tmp_path: Path) -> None:
    result = run(tmp_path, '[skip]\ncube_prim = "misspelt"\n')
    assert "names cube_prim, and no derivative of that name" in " ".join(result.output.split())


def test_files_of_others_are_no_settings(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.other]\nx = 1\n", encoding="utf-8")
    assert settings_of(tmp_path, "auto").table.target is None
    for text in ("tool = 5", "[tool]\nnndl = 5", "\udcff"):
        (tmp_path / "pyproject.toml").write_bytes(text.encode("utf-8", "surrogateescape"))
        if "nndl" in text:
            with pytest.raises(SettingsError):
                settings_of(tmp_path, "auto")
        else:
            assert settings_of(tmp_path, "auto").file is None


def test_a_key_of_a_stranger_writes_no_command(tmp_path: Path) -> None:
    result = run(tmp_path, '"\\u001b[31m::error::x\\n::error::y" = 1\n')
    assert result.exit_code == 2
    assert not any(line.startswith("::") for line in result.output.splitlines())
    assert "\x1b" not in result.output


def test_what_a_stranger_says_is_not_read(tmp_path: Path) -> None:
    skip = '[skip]\ncube_prime = "it is wrong"\nslope = "so is this"\n'
    assert run(tmp_path, skip, "--isolation", "none").exit_code == 2  # nothing is left
    alone = run(tmp_path, skip, "--isolation", "require")
    assert alone.exit_code == 1, alone.output
    assert "nndl.toml is not read under --isolation require" in " ".join(alone.output.split())
    secret = tmp_path / "secret"
    secret.write_text("token_of_the_teacher = 1\n", encoding="utf-8")
    (tmp_path / "nndl.toml").unlink()
    (tmp_path / "nndl.toml").symlink_to(secret)
    options = [str(tmp_path / "own.py"), "--profile", "quick", "--isolation", "require"]
    assert "token_of_the_teacher" not in CliRunner().invoke(check, options).output


def test_a_file_that_takes_long_to_read_is_not_opened(tmp_path: Path) -> None:
    (tmp_path / "nndl.toml").write_text(".".join(["a"] * 50_000) + " = 1\n", encoding="utf-8")
    settings = settings_of(tmp_path, "require")
    assert settings.unread == tmp_path / "nndl.toml"
    assert settings.file is None
