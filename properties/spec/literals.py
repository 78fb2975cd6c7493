"""Values as Python source text, with every digit."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

_BARE = ("array", "float32", "inf", "nan")  # what the repr of a value leaves unqualified


def with_imports(header: str, lines: Sequence[str]) -> str:
    """A script of these lines, below the imports that they need.

    >>> print(with_imports("import layers", ["x = np.array([nan])"]))
    import numpy as np
    import layers
    from numpy import nan
    <BLANKLINE>
    x = np.array([nan])
    <BLANKLINE>
    """
    code = "\n".join(line for line in lines if not line.startswith("#"))
    bare = [name for name in _BARE if re.search(rf"(?<![.\w'\"]){name}\b", code)]
    names = [f"from numpy import {', '.join(bare)}"] if bare else []
    return "\n".join(["import numpy as np", header, *names, "", *lines]) + "\n"


def literal(value: Any) -> str:
    """A Python expression for a value, with every digit."""
    if isinstance(value, np.ndarray):
        if value.size == 0:
            return f"np.zeros({value.shape}, np.{value.dtype})"
        dtype = "" if value.dtype in (np.float64, np.int64) else f", dtype=np.{value.dtype}"
        return f"np.array({value.tolist()!r}{dtype})"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key!r}: {literal(item)}" for key, item in value.items()) + "}"
    if isinstance(value, np.generic):
        return repr(value.item())
    return repr(value)
