"""Autograders to upload: scripts, points, and the suite itself, pinned.

The suite goes along as its own source with the exact versions of what it needs, so that an
upload grades at the end of a term as it did at the start.
"""

from __future__ import annotations

import io
import shlex
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path, PurePosixPath

from ..reports.panels import TEMPLATES
from .values import Options, suite_version

_ROOMS = Path(__file__).resolve().parents[2]
_NEEDS = (
    *("numpy", "scipy", "hypothesis", "rich", "click", "jinja2"),
    *("platformdirs", "msgspec", "pytest"),
)
_FILES = TEMPLATES / "autograder"
_LEFT_OUT = {"tests", "benchmarks", "__pycache__"}
_EXECUTABLE = 0o755
SERVICES = ("gradescope", "prairielearn", "classroom")


@dataclass(frozen=True, kw_only=True)
class File:
    """A file of an autograder; ``mode`` as chmod has it."""

    data: bytes
    mode: int = 0o644


def autograder(service: str, options: Options, points: str) -> dict[str, File]:
    """The files of an autograder by path.

    Parameters
    ----------
    service
        One of SERVICES.
    points
        The TOML of points; empty, every function gives one.
    """
    return _MAKERS[service](options, points)


def write_autograder(files: Mapping[str, File], out: Path) -> None:
    """Write an archive, when ``out`` ends in .zip, or a folder.

    Raises
    ------
    OSError
        It cannot be written, or the folder is there and holds something.
    """
    if out.suffix == ".zip":
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, file in sorted(files.items()):
                info = zipfile.ZipInfo(name)  # without a date: the same files, the same archive
                info.external_attr = (0o100000 | file.mode) << 16
                info.compress_type = zipfile.ZIP_DEFLATED
                archive.writestr(info, file.data)
        out.write_bytes(stream.getvalue())
        return
    out.mkdir(parents=True, exist_ok=True)
    if any(out.iterdir()):
        raise FileExistsError(f"{out} holds something; name a folder that is new or empty")
    for name, file in files.items():
        path = out / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(file.data)
        path.chmod(file.mode)


def _gradescope(options: Options, points: str) -> dict[str, File]:
    """Unpacked in /autograder/source, set-up and run script beside each other."""
    root = "${NNDL_ROOT:-}/autograder"
    paths = {
        "suite": f"{root}/source/suite",
        "submission": f"{root}/submission",
        "results": f"{root}/results/results.json",
    }
    return {
        **_suite("suite", options, points),
        "setup.sh": _script("setup.sh", options, **paths),
        "run_autograder": _script("run.sh", options, form="gradescope", **paths),
    }


def _prairielearn(options: Options, points: str) -> dict[str, File]:
    """An image with the suite in /nndl, and a question's info.json that names it."""
    root = "${NNDL_ROOT:-}"
    paths = {
        "suite": f"{root}/nndl",
        "submission": f"{root}/grade/student",
        "results": f"{root}/grade/results/results.json",
    }
    return {
        **_suite("nndl", options, points),
        "nndl/setup.sh": _script("setup.sh", options, **paths),
        "nndl/run.sh": _script("run.sh", options, form="prairielearn", **paths),
        "nndl/Dockerfile": _template("Dockerfile"),
        "info.json": _template("info.json"),
    }


def _classroom(options: Options, points: str) -> dict[str, File]:
    """What goes into the repository of the assignment, a workflow among it."""
    home = ".github/nndl"
    paths = {
        "suite": f"$PWD/{home}",
        "submission": ".",
        "results": "${RUNNER_TEMP:-.}/nndl-result",
    }
    return {
        **_suite(home, options, points),
        f"{home}/setup.sh": _script("setup.sh", options, **paths),
        f"{home}/run.sh": _script("run.sh", options, form="classroom", **paths),
        ".github/workflows/classroom.yml": _template("classroom.yml"),
    }


_MAKERS: dict[str, Callable[[Options, str], dict[str, File]]] = {
    "gradescope": _gradescope,
    "prairielearn": _prairielearn,
    "classroom": _classroom,
}


def _suite(home: str, options: Options, points: str) -> dict[str, File]:
    """The suite, the versions of what it needs, the points, the rows of the teacher."""
    files = {f"{home}/{name}": File(data=data) for name, data in _sources()}
    files[f"{home}/requirements.txt"] = _text("".join(f"{line}\n" for line in _pinned()))
    files[f"{home}/version.txt"] = _text(suite_version() + "\n")
    files[f"{home}/points.toml"] = _text(points)
    if options.specs:
        files[f"{home}/specs.py"] = _text(options.specs)
    return files


def _sources() -> Iterator[tuple[str, bytes]]:
    for room in ("properties", "reference"):
        for file in sorted((_ROOMS / room).rglob("*")):
            path = file.relative_to(_ROOMS)
            if file.is_file() and not _LEFT_OUT & set(path.parts):
                yield PurePosixPath(path).as_posix(), file.read_bytes()


def _pinned() -> Iterator[str]:
    for name in _NEEDS:
        try:
            yield f"{name}=={version(name)}"
        except PackageNotFoundError:
            yield name


def _script(template: str, options: Options, **values: str) -> File:
    """A script with its paths and the arguments of ``nndl check``."""
    arguments = ["--profile", options.profile, "--seed", "random"]
    arguments += ["--isolation", options.isolation, "--memory", str(options.memory)]
    named = {"only": options.only, "require": options.require, "allow": options.allowed}
    for name, value in named.items():
        arguments += [f"--{name}", ",".join(value)] if value else []
    arguments += ["--strict"] if options.strict else []
    arguments += ["--dropout-p", options.dropout_p] if options.dropout_p else []
    arguments += ["--timeout", f"{options.timeout:g}"] if options.timeout else []
    line = shlex.join(arguments) + (' --specs "$suite/specs.py"' if options.specs else "")
    text = (_FILES / template).read_text(encoding="utf-8")
    for key, put in {"arguments": line, **values}.items():
        text = text.replace(f"@{key}@", put)
    return File(data=text.encode("utf-8"), mode=_EXECUTABLE)


def _template(name: str) -> File:
    return File(data=(_FILES / name).read_bytes())


def _text(text: str) -> File:
    return File(data=text.encode("utf-8"))
