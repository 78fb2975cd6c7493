"""Frames over a pair of pipes, with blocking reads and writes."""

from __future__ import annotations

import io
import os

from .wire import PREFIX, ProtocolError

_JOIN_BELOW = 1 << 18
_FIRST_READ = 1 << 16


class Closed(Exception):
    """The other side is gone."""


class Channel:
    """One request at a time, one reply for each.

    Parameters
    ----------
    read_fd, write_fd : int
        Ends of two pipes; they stay open when the channel is dropped.
    limit : int
        Longest frame in bytes that is accepted.
    """

    def __init__(self, read_fd: int, write_fd: int, limit: int) -> None:
        self._reader = io.FileIO(read_fd, "rb", closefd=False)
        self._write_fd = write_fd
        self._limit = limit
        self._buffer = bytearray(_FIRST_READ)
        self._view = memoryview(self._buffer)

    def send(self, buffers: list[bytes | memoryview]) -> None:
        """Write a frame; small ones in a single write."""
        if sum(len(part) for part in buffers) < _JOIN_BELOW:
            buffers = [b"".join(buffers)]
        try:
            for part in buffers:
                view = memoryview(part)
                while len(view):
                    view = view[os.write(self._write_fd, view) :]
        except OSError as error:
            raise Closed(str(error)) from None

    def receive(self) -> tuple[bytearray, int, int]:
        """Wait for a frame; give what follows its prefix, the header's length and the number.

        Raises
        ------
        Closed
            The other side is gone.
        ProtocolError
            What came is no frame, or longer than the limit.
        """
        have = self._fill(self._view, PREFIX.size)
        length, header_length, sequence = PREFIX.unpack_from(self._buffer)
        if length > self._limit:
            raise ProtocolError(
                f"a frame of {length} bytes, more than the limit of {self._limit} bytes"
            )
        got = have - PREFIX.size
        if got > length:
            raise ProtocolError("more bytes than the frame announced")
        if got == length:
            return self._buffer[PREFIX.size : have], header_length, sequence
        rest = bytearray(length)
        rest[:got] = self._view[PREFIX.size : have]
        self._fill(memoryview(rest)[got:], length - got)
        return rest, header_length, sequence

    def _fill(self, view: memoryview, least: int) -> int:
        have = 0
        while have < least:
            try:
                count = self._reader.readinto(view[have:])
            except OSError as error:
                raise Closed(str(error)) from None
            if not count:
                raise Closed("end of file")
            have += count
        return have
