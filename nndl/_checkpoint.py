"""Checkpoints: arrays and JSON in one ``.npz`` file, written so that a crash loses nothing."""

from __future__ import annotations

import json
import os
import tempfile
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

FORMAT = "nndl.solver 1"


def write_checkpoint(
    path: str | os.PathLike[str], arrays: Mapping[str, NDArray[Any]], facts: Mapping[str, Any]
) -> None:
    """Write a checkpoint, or leave the old one as it was.

    The file is written in full under another name in the same folder and then renamed over the
    old one, which is atomic: whoever looks at `path` sees a whole checkpoint, old or new.
    """
    for key, array in arrays.items():
        if array.dtype.hasobject:
            raise ValueError(f"{key} must be an array of numbers, got dtype {array.dtype}")
    target = Path(path)
    text = json.dumps({"format": FORMAT, **facts})
    savez: Callable[..., None] = np.savez
    handle, name = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".tmp", dir=target.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            savez(file, **{"facts": np.array(text), **arrays})
            file.flush()
            os.fsync(file.fileno())
        os.replace(name, target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def read_checkpoint(
    path: str | os.PathLike[str],
) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    """Return the arrays and facts of a checkpoint. Nothing is unpickled.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file is no checkpoint of this format, or a damaged one.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        facts = json.loads(str(arrays.pop("facts")))
        if facts["format"] != FORMAT:
            raise ValueError(f"its format is {facts['format']!r}")
    except (ValueError, KeyError, TypeError, EOFError, AttributeError, zipfile.BadZipFile) as error:
        raise ValueError(
            f"{os.fspath(path)} must be a checkpoint of format {FORMAT!r}, but {error}"
        ) from error
    return arrays, facts
