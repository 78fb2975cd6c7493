"""What is graded and what comes of it, as values that any process can read."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Literal

import msgspec

from ..implementation.isolation import Isolation
from ..record.schema import SCHEMA, Record, Target

_ROOMS = Path(__file__).resolve().parents[2]
CODE = (".py", ".ipynb")

# judged: there is a record. unusable: nothing in it can be judged, which is the student's to
# mend. refused: it was not even read. timeout and lost say nothing of the code.
Status = Literal["judged", "unusable", "refused", "timeout", "lost"]


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """How every submission of a batch is judged.

    ``isolation`` is what is asked for, ``allowed`` what isolated code may import beside numpy and
    scipy. ``specs`` is the text of a file with rows of the teacher's own. ``timeout`` is in
    seconds, for one submission; ``memory`` in MiB, for its code: with what the judges take, so many
    as there are workers must fit into the machine.
    """

    profile: str = "standard"
    seed: int = 0
    strict: bool = False
    dropout_p: str | None = None
    only: tuple[str, ...] = ()
    require: tuple[str, ...] = ()
    specs: str = ""
    isolation: Isolation = "auto"
    allowed: tuple[str, ...] = ()
    timeout: float | None = None
    memory: int = 512


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """What a batch asks of its workers: the options, and on what a judge must prove itself.

    ``rows`` are judged of a package that is right, so that the judge is known to be right about
    all that the batch can hold; empty, all that the options ask for.
    """

    options: Options
    rows: tuple[str, ...] = ()


class Contents(msgspec.Struct, frozen=True, kw_only=True):
    """The files of one submission; ``notes`` say what of it was left out."""

    files: dict[str, bytes]
    notes: tuple[str, ...] = ()


NOTHING = Record(
    schema=SCHEMA,
    target=Target(kind="folder", path="submission"),
    profile="quick",
    seed=0,
    strict=False,
    verdict="error",
    complete=False,
    functions=(),
    notes=(),
    versions={},
    elapsed=0.0,
)
"""The record of a run in which nothing was judged."""


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """What came of one submission; ``seconds`` by the clock, ``cpu`` of all its processes."""

    status: Status
    reason: str = ""
    record: Record | None = None
    notes: tuple[str, ...] = ()
    seconds: float = 0.0
    cpu: float = 0.0

    @property
    def final(self) -> bool:
        """Whether judging it again would say the same."""
        whole = self.record is not None and self.record.complete
        return whole if self.status == "judged" else self.status != "lost"


@cache
def suite_version() -> str:
    """The version of the suite, with a digest of its own source: a change makes it another."""
    try:
        number = version("nndl")
    except PackageNotFoundError:
        number = "0"
    digest = hashlib.sha256()
    for room in ("properties", "reference"):
        for file in sorted((_ROOMS / room).rglob("*.py")):
            if not {"tests", "benchmarks"} & set(file.relative_to(_ROOMS).parts):
                digest.update(file.relative_to(_ROOMS).as_posix().encode() + b"\0")
                digest.update(file.read_bytes() + b"\0")
    return f"{number}+{digest.hexdigest()[:16]}"


def key_of(contents: Contents, options: Options) -> str:
    """The name under which a result is kept: the same code, suite and options have the same."""
    digest = hashlib.sha256(suite_version().encode() + b"\0" + msgspec.json.encode(options))
    for name, data in sorted(contents.files.items()):
        digest.update(f"\0{len(data)} {name}\0".encode("utf-8", "surrogatepass") + data)
    return digest.hexdigest()[:40]
