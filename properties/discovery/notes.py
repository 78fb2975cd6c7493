"""What is said of inputs with which code is right where with others it is wrong."""

from __future__ import annotations

from collections.abc import Mapping

from .hypotheses import is_target
from .inputs import Wanted

_VECTORS_ALONE = "right for vectors (N,) alone: for tables (N, D) it is not the derivative"


def note_of(specs: Mapping[str, Wanted], before: Mapping[str, Wanted]) -> str:
    """What is said of inputs that took the place of others; "" where that is nothing."""
    if _are_rows_of(specs, before):
        return _VECTORS_ALONE
    masks = [n for n in made_of(specs, before, "bits") if not is_target(n)]
    forms = made_of(specs, before, "symmetric")
    if masks:
        return f"right where {_plain(masks)} holds zeros and ones alone"
    return f"right where {_plain(forms)} is symmetric" if forms else ""


def _plain(paths: list[str]) -> str:
    return ", ".join(n.partition("/")[2] for n in paths)


def made_of(specs: Mapping[str, Wanted], before: Mapping[str, Wanted], kind: str) -> list[str]:
    """Inputs of a kind where others held numbers."""
    return [
        n
        for n, one in specs.items()
        if one.kind == kind and n in before and before[n].kind == "normal"
    ]


def _are_rows_of(specs: Mapping[str, Wanted], before: Mapping[str, Wanted]) -> bool:
    """Whether inputs are vectors where others were tables."""
    fewer = [n for n, one in specs.items() if n in before and one.axes != before[n].axes]
    return bool(fewer) and all(len(specs[n].axes) < len(before[n].axes) == 2 for n in fewer)
