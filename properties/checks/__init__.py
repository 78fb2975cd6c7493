"""The properties, one module each: a file is a column of the matrix, ``-k batchnorm`` a row."""

from __future__ import annotations

import importlib
from pathlib import Path

from ..judge.property import Property

FOLDER = Path(__file__).parent


def all_properties() -> list[Property]:
    """Every property, in the order of its module and its place there."""
    found: list[Property] = []
    for path in sorted(FOLDER.glob("test_*.py")):
        module = importlib.import_module(f"{__name__}.{path.stem}")
        declared = (getattr(value, "declared", None) for value in vars(module).values())
        found += [one for one in declared if isinstance(one, Property)]
    return found
