"""Frames over a pair of pipes, with blocking reads and writes."""

from __future__ import annotations

import io
import os
import select
import time

from .wire import PREFIX, ProtocolError

_JOIN_BELOW = 1 << 18
_FIRST_READ = 1 << 16
_ROOM = 1 << 20


class Closed(Exception):
    """The other side is gone."""


class Channel:
    """One request at a time, one reply for each.

    Parameters
    ----------
    read_fd, write_fd : int
        Ends of two pipes; they stay open when the channel is dropped.
    limit, header_limit : int
        Longest frame and longest header in bytes that are accepted.
    """

    def __init__(
        self, read_fd: int, write_fd: int, limit: int, header_limit: int | None = None
    ) -> None:
        self._reader = io.FileIO(read_fd, "rb", closefd=False)
        self._write_fd = write_fd
        self._limit = limit
        self._header_limit = limit if header_limit is None else header_limit
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
        if header_length > self._header_limit:
            raise ProtocolError(
                f"a header of {header_length} bytes, more than the limit of "
                f"{self._header_limit} bytes"
            )
        got = have - PREFIX.size
        if got > length:
            raise ProtocolError("more bytes than the frame announced")
        if got == length:
            return self._buffer[PREFIX.size : have], header_length, sequence
        rest = bytearray(min(length, _ROOM))
        rest[:got] = self._view[PREFIX.size : have]
        while True:  # memory for what has come, not for what was announced
            self._fill(memoryview(rest)[got:], len(rest) - got)
            got = len(rest)
            if got == length:
                return rest, header_length, sequence
            rest.extend(bytes(min(length - got, got)))

    def wait_for_end(self, seconds: float) -> bool:
        """Whether every process that could write to us is gone, some seconds from now at most."""
        end = time.monotonic() + seconds
        while os.name != "nt" and (left := end - time.monotonic()) > 0:
            try:
                if not select.select([self._reader], [], [], left)[0]:
                    return False
                if not self._reader.read(_FIRST_READ):
                    return True
            except (OSError, ValueError):
                return True
        return False

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
