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
        self._unchecked = folder / ".unchecked"
        folder.mkdir(parents=True, exist_ok=True)
        self._results.mkdir(mode=0o700, exist_ok=True)

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

    @property
    def unchecked(self) -> tuple[str, ...]:
        """Results after which no canary was judged: the command was ended before, for one."""
        with contextlib.suppress(OSError):
            return tuple(self._unchecked.read_text(encoding="ascii").split())
        return ()

    def check(self, *, good: bool) -> None:
        """Say what the last canaries were like: results are trusted from now on, or forgotten."""
        for key in () if good else self.unchecked:
            self._file(key).unlink(missing_ok=True)
        self._unchecked.unlink(missing_ok=True)

    def get(self, key: str) -> Result | None:
        """A result that says something; None where there is none, or none that can be read."""
        try:
            result = msgspec.json.decode(self._file(key).read_bytes(), type=Result)
        except (OSError, msgspec.DecodeError, ValueError):
            return None
        return result if result.final else None

    def put(self, key: str, result: Result) -> None:
        """Keep a result, until the canaries say otherwise."""
        with self._unchecked.open("a", encoding="ascii") as stream:
            stream.write(f"{key}\n")
        write_whole(self._file(key), msgspec.json.encode(result).decode("utf-8"))

    def _file(self, key: str) -> Path:
        return self._results / f"{key}.json"
