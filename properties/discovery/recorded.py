"""Inputs from calls that the target makes itself: equal lengths share a letter."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..spec.lengths import Axis
from .inputs import Wanted
from .source import Function

Description = Sequence[Any]
_LETTERS = "NDMHCKPQRSTUVABEFG"


@dataclass(frozen=True, slots=True)
class Calls:
    """Calls that were recorded, by file and qualified name, with descriptions of the arguments."""

    known: Mapping[tuple[str, str], Sequence[Mapping[str, Description]]]

    def of(self, function: Function, owner: str = "") -> Sequence[Mapping[str, Description]]:
        """The calls of a function, or of a method of a class."""
        kind = owner or function.owner
        name = f"{kind}.{function.name}" if kind else function.name
        own = f"{function.owner}.{function.name}" if function.owner else function.name
        return self.known.get((function.file, name)) or self.known.get((function.file, own), ())


NONE = Calls({})


def read_calls(answer: Mapping[str, Any]) -> Calls:
    """Read what the child noted."""
    known = {}
    for file, name, calls in answer.get("calls", ()):
        found = [{str(n): d for n, d in call if d is not None} for call in calls]
        known[str(file), str(name)] = found
    return Calls(known)


def inputs_of(
    parts: Iterable[tuple[str, Sequence[Mapping[str, Description]]]], wanted: Sequence[str]
) -> dict[str, Wanted]:
    """Generalise calls of a constructor and of a forward.

    Parameters
    ----------
    parts
        ``init`` and ``arg``, with the calls.
    wanted
        What is asked for, as ``arg/x``; what the calls do not say of is left out.

    Examples
    --------
    >>> calls = [{"x": ["array", "f", [5, 3], [[], 0]], "w": ["array", "f", [3, 4], [[], 0]]}]
    >>> {n: one.axes for n, one in inputs_of([("arg", calls)], ["arg/x", "arg/w"]).items()}
    {'arg/x': ('N', 'D'), 'arg/w': ('D', 'M')}
    """
    firsts = {
        f"{part}/{n}": d for part, calls in parts for call in calls[:1] for n, d in call.items()
    }
    letters = _Letters(firsts.values())
    return {name: letters.wanted(firsts[name]) for name in wanted if name in firsts}


class _Letters:
    """A letter for every length that occurs in the arrays of a call."""

    def __init__(self, descriptions: Iterable[Description]) -> None:
        lengths: dict[int, None] = {}
        for one in descriptions:
            for shape in _shapes(one):
                lengths |= dict.fromkeys(int(n) for n in shape if n > 1)
        usual = [*_LETTERS, *(f"s{i}" for i in range(len(lengths)))]
        self._of: dict[int, str] = dict(zip(lengths, usual, strict=False))
        self._free = iter(usual[len(lengths) :])

    def _axis(self, length: int) -> Axis:
        found = self._of.get(int(length))
        return int(length) if found is None else found

    def wanted(self, one: Description) -> Wanted:
        """What an argument was, with letters for its lengths."""
        kind, value = one[0], one[1]
        if kind == "constant":
            return Wanted("constant", constant=value)
        if kind == "integer":
            value = int(value)
            if value in self._of and value > 1:
                return Wanted("length", (self._of[value],))
            return Wanted("constant", constant=value)
        if kind == "number":
            return Wanted("constant", constant=value) if value in (0.0, 1.0) else any_number(value)
        if kind == "array":
            return self._array(*one[1:])
        if kind == "dict":
            return Wanted("dict", parts=tuple((k, self.wanted(d)) for k, d in value if d))
        return self._list(value)

    def _array(self, kind: str, shape: Sequence[int], told: Sequence[Any]) -> Wanted:
        axes = tuple(self._axis(n) for n in shape)
        kinds, largest = told
        if kind == "b":
            return Wanted("mask", axes)
        if kind in "iu":
            above = sorted(n for n in self._of if n > largest and n not in shape)
            bound = self._of[above[0]] if above else next(self._free)
            return Wanted("labels", (bound, *axes))
        return Wanted(kinds[0] if kinds else "normal", axes)

    def _list(self, parts: Sequence[Description]) -> Wanted:
        known = [part for part in parts if part]
        if known and all(part[0] == "integer" and part[1] > 0 for part in known):
            if all(part[1] in self._of for part in known):
                return Wanted("sizes", tuple(self._of[part[1]] for part in known))
            largest = max(part[1] for part in known)
            above = sorted(n for n in self._of if n > largest)
            if above:
                return Wanted("labels", (self._of[above[0]], next(self._free)))
        if known and all(part[0] in ("integer", "number", "constant") for part in known):
            return Wanted("constant", constant=[part[1] for part in known])
        return Wanted("list", parts=tuple((i, self.wanted(d)) for i, d in enumerate(known)))


def any_number(value: float) -> Wanted:
    """A number of the kind that a call gives: a share, a positive one, or any."""
    return Wanted("unit" if 0.0 < value < 1.0 else "positive" if value > 0.0 else "normal")


def _shapes(one: Description | None) -> list[Sequence[int]]:
    if not one:
        return []
    if one[0] == "array":
        return [one[2]]
    if one[0] == "dict":
        return [shape for _, part in one[1] for shape in _shapes(part)]
    if one[0] == "list":
        own = [part[1] for part in one[1] if part and part[0] == "integer" and part[1] > 0]
        whole = len(own) == len(one[1])
        return [own] if whole and own else [s for part in one[1] for s in _shapes(part)]
    return []
