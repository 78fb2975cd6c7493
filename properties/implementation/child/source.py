"""Reading a source file as it is: encodings, line ends, tabs, Python 2."""

from __future__ import annotations

import ast
import errno
import io
import os
import stat
import tokenize
from dataclasses import dataclass
from functools import lru_cache

from .cells import Cells, joined
from .python2 import converted, modernised, uses_old_names

MAX_BYTES = 250_000  # parsed, a file takes a thousand times its size; the child may take more
MAX_NOTEBOOK = 20_000_000  # pictures among the results make them large


def take_more() -> None:
    """Parse larger files; for the child, whose memory and time are limited."""
    global MAX_BYTES, MAX_NOTEBOOK
    MAX_BYTES, MAX_NOTEBOOK = 5_000_000, 50_000_000


@dataclass(frozen=True, slots=True)
class Source:
    """A file that could be parsed.

    ``text`` has the line numbers of the file; ``notes`` say what had to be done to it.
    """

    path: str
    text: str
    tree: ast.Module
    notes: tuple[str, ...]


def regular(path: str, flags: int) -> int:
    """Open a file that is one, as an ``opener``: of a pipe nobody may ever write to the other end.

    Raises
    ------
    OSError
        It cannot be opened, or is a pipe or a device.
    """
    number = os.open(path, flags | getattr(os, "O_NONBLOCK", 0))
    if not stat.S_ISREG(os.fstat(number).st_mode):
        os.close(number)
        raise OSError(errno.EINVAL, "it is no regular file", path)
    return number


def read_text(path: str) -> tuple[str, list[str]]:
    """Read a file in the encoding that it declares, else UTF-8, else Latin-1."""
    notebook = path.endswith(".ipynb")
    with open(path, "rb", opener=regular) as file:
        data = file.read((MAX_NOTEBOOK if notebook else MAX_BYTES) + 1)
    if notebook and len(data) <= MAX_NOTEBOOK:
        text = joined(data)
        if len(text) <= MAX_BYTES:
            return text, []
    if len(data) > MAX_BYTES:
        raise SyntaxError(f"the code is larger than {MAX_BYTES // 1_000} kB")
    notes = []
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        text = data.decode("utf-16", "replace")
        notes.append("the file is UTF-16")
    else:
        try:
            encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
            text = data.decode(encoding)
        except (SyntaxError, UnicodeDecodeError, LookupError):
            text = data.decode("latin-1")
            notes.append("the file is neither UTF-8 nor in the encoding it declares")
    return text.lstrip("\ufeff").replace("\r\n", "\n").replace("\r", "\n").replace("\0", ""), notes


def read_source(path: str) -> Source:
    """Read and parse a file, converting what only Python 2 understands.

    Raises
    ------
    SyntaxError
        When no reading of the file parses; the message is that of the original text.
    """
    text, notes = read_text(path)
    try:
        tree = _parse(text, path)
    except SyntaxError as error:
        first = error
    else:
        old = uses_old_names(tree, text)
        notes = [*notes, "written for Python 2; converted"] if old else notes
        tree, more = modernised(tree, text, python2=old)
        return Source(path, text, tree, (*notes, *more))
    expanded = text.expandtabs(8)
    for candidate, note in (
        (expanded, "tabs and spaces are mixed"),
        (converted(expanded), "written for Python 2; converted"),
    ):
        try:
            tree = _parse(candidate, path)
        except SyntaxError:
            continue
        python2 = candidate is not expanded
        tree, more = modernised(tree, candidate, python2=python2)
        return Source(path, candidate, tree, (*notes, note, *more))
    raise first


def cells_of(path: str) -> Cells:
    """Find the cells of a notebook; of another file, and of what cannot be read, there are none."""
    if not path.endswith(".ipynb"):
        return Cells()
    try:
        return _cells(path, os.stat(path).st_mtime_ns)
    except (OSError, SyntaxError):
        return Cells()


@lru_cache(maxsize=8)
def _cells(path: str, written: int) -> Cells:
    return Cells.of(read_text(path)[0].split("\n"))


class Sources:
    """The files of a target, each read and parsed once."""

    def __init__(self) -> None:
        self._known: dict[str, Source | SyntaxError | OSError] = {}

    def read(self, path: str) -> Source | SyntaxError | OSError:
        """Give what `read_source` gives, or what it raises."""
        known = self._known.get(path)
        if known is None:
            try:
                known = read_source(path)
            except (SyntaxError, OSError) as error:
                known = error
            self._known[path] = known
        return known


def _parse(text: str, path: str) -> ast.Module:
    try:
        return ast.parse(text, path)
    except (RecursionError, MemoryError, ValueError) as error:
        raise SyntaxError(f"the file cannot be parsed ({type(error).__name__})") from None
