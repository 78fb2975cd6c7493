"""A stream that stands for standard output while code under test runs."""

from __future__ import annotations

import io

LIMIT = 20_000


class Printed(io.TextIOBase):
    """Keeps the first characters that are written to it and counts the rest.

    Examples
    --------
    >>> stream = Printed(limit=5)
    >>> stream.write("too long")
    8
    >>> stream.take()
    'too l... (8 characters)'
    """

    encoding = "utf-8"

    def __init__(self, limit: int = LIMIT) -> None:
        super().__init__()
        self.size = 0
        self._limit = limit
        self._kept: list[str] = []

    def write(self, text: str) -> int:
        """Keep what fits."""
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        room = self._limit - self.size
        if room > 0:
            self._kept.append(text[:room])
        self.size += len(text)
        return len(text)

    def take(self) -> str:
        """Give what was kept, and forget it."""
        text = "".join(self._kept)
        if self.size > self._limit:
            text += f"... ({self.size} characters)"
        self.size = 0
        self._kept = []
        return text

    def writable(self) -> bool:
        """Say yes."""
        return True

    def isatty(self) -> bool:
        """Say no: nobody is watching."""
        return False

    def close(self) -> None:
        """Stay open: code under test has closed standard output before."""

    @property
    def buffer(self) -> _Bytes:
        """Take bytes as well."""
        return _Bytes(self)


class _Bytes:
    def __init__(self, text: Printed) -> None:
        self._text = text

    def write(self, data: bytes) -> int:
        self._text.write(bytes(data).decode("utf-8", "replace"))
        return len(data)

    def flush(self) -> None:
        pass
