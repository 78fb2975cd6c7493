"""Files that are written whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

_STREAMS = ("/dev/", "/proc/")  # what a shell opened: a name that must not be put elsewhere


def write_whole(file: str | Path, text: str) -> None:
    """Write a text file whole or not at all, in UTF-8; a lone surrogate becomes its escape.

    The text goes to a new file in the same folder, which then takes the name. A pipe or a device
    takes the text as it is.

    Raises
    ------
    OSError
        It cannot be written; the file is then what it was before.
    """
    given = Path(file).absolute()
    data = text.encode("utf-8", "backslashreplace")
    if str(given).startswith(_STREAMS) or (given.exists() and not given.is_file()):
        given.write_bytes(data)
        return
    path = Path(os.path.realpath(given))
    part = path.with_name(f".nndl-{os.getpid()}.part")
    part.unlink(missing_ok=True)
    try:
        with part.open("xb") as stream:
            if path.exists():
                os.chmod(part, path.stat().st_mode & 0o777)
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(part, path)
        if path.read_bytes() != data:
            raise OSError(f"{path} does not hold what was written to it")
    except BaseException:
        part.unlink(missing_ok=True)
        raise
