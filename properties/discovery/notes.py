"""What is said of inputs with which code is right where with others it is wrong."""

from __future__ import annotations

import ast
from collections.abc import Mapping

from .hypotheses import Hypothesis, is_target
from .inputs import Wanted
from .letters import renamed
from .pairs import Pairing
from .source import Function

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


def hides_rows(pairing: Pairing, note: str) -> bool:
    """Whether code that is right for vectors alone says itself that it is made for tables.

    It keeps the axis that it reduces, ``x.mean(-1, keepdims=True)``, forward and backward.
    """
    pair = (pairing.forward, pairing.judged)
    return note == _VECTORS_ALONE and all(_keeps_an_axis(one) for one in pair)


def _keeps_an_axis(function: Function) -> bool:
    calls = [node for node in function.walk() if isinstance(node, ast.Call)]
    return any(
        keyword.arg == "keepdims" and isinstance(keyword.value, ast.Constant)
        for call in calls
        for keyword in call.keywords
        if any(ast.unparse(a) == "-1" for a in (*call.args, *(k.value for k in call.keywords)))
    )


def hides_lengths(one: Hypothesis, before: Hypothesis) -> bool:
    """Whether lengths of arrays are equal in what fits, and different in what runs and does not.

    A loss that is divided by the number of classes is right where there are as many examples.
    """
    same = one.pairing == before.pairing and one.plan == before.plan
    return same and one.reading == before.reading and _merges(one.specs, before.specs)


def _merges(specs: Mapping[str, Wanted], before: Mapping[str, Wanted]) -> bool:
    """Whether inputs are others with some letters taken for one, that of an axis among them."""
    change: dict[str, str] = {}
    arrays: set[str] = set()
    for name, one in before.items():
        now = specs.get(name)
        if now is None or (one.kind, len(one.axes), one.parts) != (now.kind, len(now.axes), ()):
            return False
        for old, new in zip(one.axes, now.axes, strict=True):
            if not (str(old).isidentifier() and str(new).isidentifier()):
                if renamed(old, change) != renamed(new, {}):
                    return False
            elif change.setdefault(str(old), str(new)) != str(new):
                return False
            elif one.kind != "length":
                arrays.add(str(old))
    joined = [old for old, new in change.items() if list(change.values()).count(new) > 1]
    return len(specs) == len(before) and not arrays.isdisjoint(joined)


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


def hides_a_gradient(specs: Mapping[str, Wanted], before: Hypothesis) -> bool:
    """Whether a gradient by its name belongs to an input that is now a mask, which has none.

    Of a label that is no reason: the ``dy`` of a loss is that of the prediction.
    """
    masks = [n for n in made_of(specs, before.specs, "bits") if not is_target(n)]
    named = {m.leaf.path for m in before.fit.matches if m.leaf is not None and m.named}
    return any(mask in named for mask in masks)
