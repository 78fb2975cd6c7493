"""Which names the text of a target defines; nothing of it runs."""

from __future__ import annotations

import re
from collections.abc import Iterable

from .child.importing import ROOT
from .child.source import read_source
from .child.survey import definitions, mentions, modules_of
from .target import Target


def defined_names(target: Target, names: Iterable[str]) -> frozenset[str]:
    """Those of some names that a module of the target binds at its top level.

    Parameters
    ----------
    target : Target
        From `resolve_target`.
    names : iterable of str
        Plain names, without a module.
    """
    wanted = frozenset(names)
    if not wanted:
        return frozenset()
    words = re.compile(rb"\b(" + b"|".join(re.escape(n).encode() for n in wanted) + rb")\b")
    found: set[str] = set()
    for module in modules_of(target.layout(), ROOT):
        if mentions(module.path, words):
            try:
                found |= wanted & definitions(read_source(module.path).tree).keys()
            except (OSError, SyntaxError):
                continue
    return frozenset(found)
