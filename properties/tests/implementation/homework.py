"""Folders with homework in them."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from pathlib import Path


class Writer:
    """Writes files below a folder and gives the folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __call__(self, files: Mapping[str, str | bytes]) -> Path:
        for name, content in files.items():
            path = self._folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if isinstance(content, str):
                content = textwrap.dedent(content).encode()
            path.write_bytes(content)
        return self._folder
