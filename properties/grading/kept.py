"""The folder of a batch: its seed, and every result by the hash of what it follows from."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Iterator
from pathlib import Path

import msgspec

from ..record.files import write_whole
from .values import Result


class InUse(Exception):
    """Another command writes into the folder."""


class Kept:
    """Results in a folder, each written whole or not at all."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._results = folder / "results"
        self._results.mkdir(parents=True, exist_ok=True)

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other commands out of the folder; a lock ends with the process that holds it.

        Raises
        ------
        InUse
            There is another.
        """
        import fcntl

        with (self.folder / ".lock").open("a") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                raise InUse(f"another nndl grade writes into {self.folder}") from error
            yield

    def seed(self) -> int:
        """The secret seed of the folder, drawn once."""
        file = self.folder / "seed"
        with contextlib.suppress(OSError, ValueError):
            return int(file.read_text(encoding="ascii"))
        seed = secrets.randbelow(1 << 31)
        write_whole(file, f"{seed}\n")
        os.chmod(file, 0o600)
        return seed

    def get(self, key: str) -> Result | None:
        """A result; None where there is none, or none that can be read."""
        try:
            return msgspec.json.decode(self._file(key).read_bytes(), type=Result)
        except (OSError, msgspec.DecodeError, ValueError):
            return None

    def put(self, key: str, result: Result) -> None:
        """Keep a result."""
        write_whole(self._file(key), msgspec.json.encode(result).decode("utf-8"))

    def drop(self, key: str) -> None:
        """Forget a result."""
        self._file(key).unlink(missing_ok=True)

    def _file(self, key: str) -> Path:
        return self._results / f"{key}.json"
