"""The files of a submission, read under limits: folders, single files, zips.

Nothing of a zip is written by its own names: its members are read into memory, one by one, and
each must have a plain path inside the archive. Links are never followed.
"""

from __future__ import annotations

import os
import stat
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import BinaryIO, NoReturn

from ..record.text import one_line, plain_text
from .values import CODE, Contents

_MEMBER = b"PK\1\2"  # begins each entry of an archive's list
_INSTALLED = {"node_modules", "venv", "env", "site-packages"}
_SKIPPED = {"__MACOSX", "__pycache__"} | _INSTALLED


class Refused(Exception):
    """A submission is not read; the message says why, and what would be."""


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What a submission may be.

    ``entries`` counts files, folders, links and members of archives, ``bytes`` all that is kept. A
    file above ``file_bytes`` that is no code is left out, and said to be. ``ratio`` is the most
    that a member of an archive may grow.
    """

    entries: int = 5_000
    bytes: int = 100 << 20
    file_bytes: int = 8 << 20
    ratio: int = 200


def read(sources: Sequence[tuple[str, Path]], limits: Limits | None = None) -> Contents:
    """Read what somebody handed in.

    Parameters
    ----------
    sources
        Each a name, as the student gave it, and where it lies: a file, a folder or a zip.

    Raises
    ------
    Refused
        It is beyond a limit, has a path that leads out, or cannot be read.
    """
    reader = _Reader(limits or Limits())
    for name, path in sources:
        if path.is_symlink():
            reader.notes.append(f"{one_line(name, limit=80)} is a link: left out")
        elif path.is_dir():
            reader.folder(path)
        else:
            reader.file(name, path)
    return Contents(files=reader.files, notes=tuple(reader.notes))


class _Reader:
    def __init__(self, limits: Limits) -> None:
        self.files: dict[str, bytes] = {}
        self.notes: list[str] = []
        self._limits = limits
        self._folders: set[str] = set()
        self._entries = 0
        self._bytes = 0

    def folder(self, path: Path) -> None:
        """Take a folder; a zip in it is unpacked beside the rest."""
        try:
            for file in self._walk(path):
                self.file(file.relative_to(path).as_posix(), file)
        except OSError as error:
            raise Refused(f"a folder in it cannot be read: {error.strerror}") from error

    def _walk(self, top: Path) -> Iterator[Path]:
        waiting = self._inside(top)  # a stack of its own: folders may be nested beyond Python's
        while waiting:
            entry = waiting.pop()
            path = Path(entry.path)
            name = one_line(path.relative_to(top).as_posix(), limit=80)
            if _skipped(PurePosixPath(entry.name)):
                self._note_skipped(name)
            elif entry.is_symlink():
                self._count()
                self.notes.append(f"{name} is a link: left out")
            elif entry.is_dir(follow_symlinks=False):
                self._count()
                waiting += self._inside(path)
            else:
                yield path

    def _inside(self, folder: Path) -> list[os.DirEntry[str]]:
        """What is in a folder, the first by name at the end."""
        with os.scandir(folder) as entries:
            found = list(islice(entries, self._limits.entries + 1))
        if len(found) > self._limits.entries:
            self._too_many()
        return sorted(found, key=lambda entry: entry.name, reverse=True)

    def _note_skipped(self, name: str) -> None:
        for number, part in enumerate(parts := name.split("/")):
            note = f"{'/'.join(parts[: number + 1])} is left out: by its name, installed packages"
            if part in _INSTALLED and note not in self.notes:
                self.notes.append(note)

    def file(self, name: str, path: Path) -> None:
        """Take one file, or the members of a zip."""
        self._count()
        try:
            # A pipe would block on opening, and a device has no end.
            number = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | _NO_FOLLOW)
        except OSError as error:
            raise Refused(f"{one_line(name)} cannot be read: {error.strerror}") from error
        with os.fdopen(number, "rb") as stream:
            about = os.fstat(number)
            if not stat.S_ISREG(about.st_mode):
                self.notes.append(f"{one_line(name, limit=80)} is no regular file: left out")
                return
            if name.lower().endswith(".zip"):
                self._zip(name, stream)
            else:
                self._take(_plain(name), stream, about.st_size)

    def _count(self) -> None:
        self._entries += 1
        if self._entries > self._limits.entries:
            self._too_many()

    def _too_many(self) -> NoReturn:
        raise Refused(
            f"it has more than {self._limits.entries:,} files and folders; hand in the code alone"
        )

    def _take(self, name: str, stream: BinaryIO, size: int) -> None:
        code = name.lower().endswith(CODE)
        most = self._limits.bytes - self._bytes if code else self._limits.file_bytes
        if size > most and not code:
            self.notes.append(f"{one_line(name, limit=80)} has {size:,} bytes: left out")
            return
        data = stream.read(max(0, min(most, self._limits.bytes - self._bytes)) + 1)
        self._bytes += len(data)
        if self._bytes > self._limits.bytes or len(data) > most:
            raise Refused(f"it has more than {self._limits.bytes:,} bytes; wanted the code alone")
        name = plain_text(name)
        if name in self.files:
            raise Refused(f"two files are called {one_line(name)}")
        if name in self._folders or any(above in self.files for above in _above(name)):
            raise Refused(f"{one_line(name)} is a file and a folder in it")
        self._folders.update(_above(name))
        self.files[name] = data

    def _zip(self, name: str, stream: BinaryIO) -> None:
        size = os.fstat(stream.fileno()).st_size
        if size > self._limits.bytes:
            raise Refused(f"{one_line(name)} has {size:,} bytes; wanted the code alone")
        # The list of its members is read whole: 46 bytes there are a thousand here.
        if _entries(stream) > 20 * self._limits.entries:
            self._too_many()
        try:
            with zipfile.ZipFile(stream) as archive:
                members = archive.infolist()
                if len(members) > self._limits.entries:
                    raise Refused(f"{one_line(name)} has {len(members):,} members")
                for member in members:
                    self._member(archive, member, size)
        except Refused:
            raise
        except Exception as error:  # each way of packing has errors of its own
            raise Refused(f"{one_line(name)} is no zip that can be unpacked: {error}") from error

    def _member(self, archive: zipfile.ZipFile, member: zipfile.ZipInfo, whole: int) -> None:
        self._count()
        path = _plain(member.filename)
        if _skipped(PurePosixPath(path)):
            self._note_skipped(one_line(path, limit=200))
            return
        if member.is_dir():
            return
        kind = stat.S_IFMT(member.external_attr >> 16)
        if kind not in (0, stat.S_IFREG):
            raise Refused(f"{one_line(path)} in the zip is a link or a device")
        if member.flag_bits & 1:
            raise Refused("the zip has a password")
        # A member cannot be larger than its archive, whatever it says.
        size, packed = member.file_size, max(min(member.compress_size, whole), 1)
        if size > 1 << 20 and size / packed > self._limits.ratio:
            raise Refused(f"{one_line(path)} in the zip grows by {size // packed:,} times")
        with archive.open(member) as stream:
            self._take(path, _Bounded(stream, size), size)


class _Bounded(BytesIO):
    """A member read no further than its header promised."""

    def __init__(self, stream: object, size: int) -> None:
        super().__init__()
        self._stream, self._size = stream, size

    def read(self, size: int | None = -1, /) -> bytes:
        wanted = self._size if size is None or size < 0 else min(size, self._size)
        data: bytes = self._stream.read(wanted)  # type: ignore[attr-defined]
        return data


def _entries(stream: BinaryIO) -> int:
    """How many members an archive can list at most, of archives in it as well."""
    found, before = 0, b""
    while part := stream.read(1 << 20):
        found += (before + part).count(_MEMBER)
        before = part[-len(_MEMBER) + 1 :]
    stream.seek(0)
    return found


_NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0)


def _skipped(path: PurePosixPath) -> bool:
    return any(part in _SKIPPED or part.startswith(".") for part in path.parts)


def _above(name: str) -> list[str]:
    """The folders of a path.

    >>> _above("a/b/c.py")
    ['a/b', 'a']
    """
    return [parent.as_posix() for parent in PurePosixPath(name).parents][:-1]


def _plain(name: str) -> str:
    """A path inside the archive, or nothing is read."""
    path = name.replace("\\", "/")
    parts = [part for part in path.split("/") if part not in ("", ".")]
    outside = path.startswith("/") or ".." in parts or (len(path) > 1 and path[1] == ":")
    odd = any(ord(c) < 32 for c in path) or len(path) > 1000
    odd = odd or any(len(os.fsencode(plain_text(part))) > 255 for part in parts)
    if outside or odd or not parts:
        raise Refused(f"{one_line(name, limit=80)!r} is no path inside the submission")
    return "/".join(parts)
