"""Which gradient belongs to which input: by name, order, shape and value.

A gradient that cannot be located is never right. A scalar multiple of an adjoint is not the
adjoint.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from . import names

Array = Any
RIGHT, WRONG, UNCLEAR = "right", "wrong", "unclear"
_CANCELLED = 1e-12
"""Of the largest gradient: what is left where terms cancel."""


@dataclass(frozen=True, slots=True, eq=False)
class Item:
    """A number that may be a gradient, in every case.

    Attributes
    ----------
    source : str
        ``returned``, ``attribute``, ``step`` (a change of a parameter over the rate), ``written``.
    path : str
        Where it was found.
    name : str
        What the code calls it; "" when it has no name.
    values : tuple
        One array for each case.
    """

    source: str
    path: str
    name: str
    values: tuple[Array, ...]

    @property
    def shown(self) -> str:
        """How to speak of it."""
        if self.source == "step":
            return f"the step of {self.name}"
        if self.source == "returned" and not self.name:
            return f"returned value {self.path}" if self.path else "the returned value"
        return self.name


@dataclass(frozen=True, slots=True, eq=False)
class Leaf:
    """An input and its true gradient, with a bound, in every case.

    `also` is the attribute in which the object keeps an argument of its constructor.
    """

    path: str
    wanted: tuple[Array, ...]
    bounds: tuple[Array, ...]
    also: str = ""

    @property
    def name(self) -> str:
        """What the code calls it."""
        parts = [part for part in self.path.split("/")[1:] if not part.isdigit()]
        return parts[-1] if parts else self.path

    @property
    def shown(self) -> str:
        """How to speak of it."""
        return self.path.partition("/")[2].replace("/", ".")


@dataclass(frozen=True, slots=True, eq=False)
class Match:
    """A gradient, the input that it belongs to, and what is said of it."""

    item: Item
    leaf: Leaf | None
    status: str
    case: int = 0
    named: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Fit:
    """How well the gradients fit under one way to read the code."""

    matches: tuple[Match, ...]
    missing: tuple[str, ...] = ()

    def count(self, status: str) -> int:
        """How many gradients have a status."""
        return sum(match.status == status for match in self.matches)

    @property
    def clean(self) -> bool:
        """Whether all gradients are located and right."""
        return self.count(RIGHT) > 0 and self.count(RIGHT) == len(self.matches)


def allowed(wanted: Array, bound: Array) -> Array:
    """What an entry may be off: four times its bound, and a little of the largest entry."""
    scale = float(np.abs(wanted).max(initial=0.0))
    return np.asarray(4.0 * bound + 1e-14 * scale + 1e-300)


def compare(got: Array, wanted: Array, bound: Array) -> str:
    """Compare entry by entry; between right and surely wrong lies what decides nothing."""
    got = np.asarray(got, dtype=float)
    if got.size != wanted.size or np.squeeze(got).shape != np.squeeze(wanted).shape:
        return WRONG
    off = np.abs(got.reshape(wanted.shape) - wanted)
    scale = float(np.abs(wanted).max(initial=0.0))
    slack = allowed(wanted, bound)
    if not np.isfinite(got).all():
        return WRONG
    if np.all(off <= slack):
        return RIGHT
    # Right code of many styles stays below 1.6 times the bound.
    if np.any((off > 20.0 * slack) & (off > 1e-12 * scale)):
        return WRONG
    return UNCLEAR


def status(item: Item, leaf: Leaf, scale: Sequence[float] | None = None) -> tuple[str, int]:
    """What an item is as the gradient of a leaf, and the case that says so."""
    worst, where = RIGHT, 0
    for case, (got, wanted, bound) in enumerate(
        zip(item.values, leaf.wanted, leaf.bounds, strict=True)
    ):
        factor = 1.0 if scale is None else scale[case]
        one = compare(got, wanted * factor, bound * abs(factor))
        if one == WRONG:
            return WRONG, case
        if one == UNCLEAR and worst == RIGHT:
            worst, where = UNCLEAR, case
    return worst, where


def locate(
    items: Sequence[Item],
    leaves: Sequence[Leaf],
    *,
    first: str = "",
    between: frozenset[str] = frozenset(),
) -> Fit:
    """Match gradients to inputs.

    Parameters
    ----------
    items
        What the backward gave, returned values first.
    leaves
        Inputs whose gradient is not zero everywhere.
    first
        Path of the input whose gradient a single returned value most likely is.
    between
        Names of values that the forward computes on its way.
    """
    matching = _Matching(items, leaves, first, between)
    unnamed = matching.by_name()
    matching.by_shape(matching.by_value(unnamed))
    return matching.fit()


class _Matching:
    """Gradients given to inputs in three rounds: by name, by value, by shape."""

    def __init__(
        self, items: Sequence[Item], leaves: Sequence[Leaf], first: str, between: frozenset[str]
    ) -> None:
        self._items, self._leaves, self._first, self._between = items, leaves, first, between
        self._matches: list[Match] = []
        self._taken: set[str] = set()
        others = [leaf for leaf in leaves if leaf.name.lower() not in names.TARGETS]
        others = others or [leaf for leaf in leaves if leaf.name.lower() == "y"]
        # Nobody derives with respect to labels, but where the name of the function says so.
        likely = [leaf for leaf in leaves if leaf in others or leaf.path == first]
        self._inputs = likely if len(items) <= len(others) else list(leaves)
        self._returned = [item for item in items if item.source == "returned"]
        self._arguments = [leaf for leaf in leaves if leaf.path.startswith("arg/")]
        one_each = len(self._returned) == len(self._arguments)
        self._positional = one_each and all(i.path.isdigit() for i in self._returned)

    def by_name(self) -> list[Item]:
        """Match those with the name of an input; gives the others."""
        rest = []
        listed = _in_one_list(self._items, self._leaves)
        for item in self._items:
            named = [leaf for leaf in self._leaves if _named(item, leaf)]
            named = [listed[item.path]] if item.path in listed else named
            if not named and item.source == "attribute":
                own = _INPUT & set(names.gradient_of(item.name))
                named = [leaf for leaf in self._leaves if own and leaf.path == self._first]
            if not named:
                rest.append(item)
                continue
            free = [leaf for leaf in named if leaf.path not in self._taken] or named
            ranked = sorted(free, key=lambda leaf: status(item, leaf)[0] != RIGHT)
            self._give(item, ranked[0], named=True)
        return rest

    def by_value(self, items: Sequence[Item]) -> list[Item]:
        """Match those that are right for an input; gives the others that can be a gradient."""
        rest = []
        for item in items:
            equal = [leaf for leaf in self._free() if status(item, leaf)[0] == RIGHT]
            if equal:
                self._give(item, self._preferred(equal))
            elif item.source in ("returned", "written") or _in_holder(item):
                rest.append(item)
        return rest

    def by_shape(self, items: Sequence[Item]) -> None:
        """Match wrong ones by shape, or with no input; leaves out what is no input's gradient."""
        again = [leaf for leaf in self._leaves if leaf.path in self._taken]
        for item in items:
            free = self._free()
            shaped = [leaf for leaf in free if _same_shape(item, leaf)]
            twice = any(status(item, leaf)[0] == RIGHT for leaf in again)
            if not shaped and twice and not (self._positional and free):
                continue  # the same gradient given twice
            if not self._positional and self._is_on_the_way(item, shaped):
                continue
            if shaped:
                self._give(item, self._preferred(shaped))
            elif len(items) == 1 and len(free) == 1:
                self._give(item, free[0])
            elif _is_felt(item, self._leaves):  # else of an input without influence
                self._matches.append(Match(item, None, WRONG, 0))

    def fit(self) -> Fit:
        """What was matched."""
        matches = self._matches
        if self._positional:
            pairs = zip(self._returned, self._arguments, strict=True)
            places = {item.path: leaf for item, leaf in pairs}
            matches = [_in_its_place(match, places) for match in matches]
        missing = tuple(leaf.shown for leaf in self._leaves if leaf.path not in self._taken)
        return Fit(tuple(matches), missing=missing)

    def _free(self) -> list[Leaf]:
        return [leaf for leaf in self._inputs if leaf.path not in self._taken]

    def _preferred(self, leaves: Sequence[Leaf]) -> Leaf:
        return next((leaf for leaf in leaves if leaf.path == self._first), leaves[0])

    def _give(self, item: Item, leaf: Leaf, *, named: bool = False) -> None:
        said, case = status(item, leaf)
        self._taken.add(leaf.path)
        self._matches.append(Match(item, leaf, said, case, named=named))

    def _is_on_the_way(self, item: Item, shaped: Sequence[Leaf]) -> bool:
        """Whether it is the gradient of a value between the inputs and the output."""
        inner = {n for n in self._between if n.lower() in names.gradient_of(item.name)}
        if inner and (any(map(item.name.endswith, inner)) or np.ndim(item.values[0])):
            return True
        return not shaped and is_between(item.name, self._between)


def _in_one_list(items: Sequence[Item], leaves: Sequence[Leaf]) -> dict[str, Leaf]:
    """The parameters of one list in whose places gradients of their shapes are returned.

    One of them may have no influence, and so be no leaf.
    """
    returned = {i.path: i for i in items if i.source == "returned" and i.path.isdigit()}
    holders = {leaf.path.rpartition("/")[0] for leaf in leaves if leaf.path.count("/") == 2}
    places = {leaf.path.rpartition("/")[2]: leaf for leaf in leaves if leaf.path.count("/") == 2}
    if len(holders) != 1 or len(places) < 2 or not places.keys() <= returned.keys():
        return {}
    fits = all(_same_shape(returned[place], leaf) for place, leaf in places.items())
    return places if fits and len(returned) <= len(places) + 1 else {}


def _is_felt(item: Item, leaves: Sequence[Leaf]) -> bool:
    """Whether a gradient is more than what rounding leaves of zero beside the others.

    That of a bias before a normalisation is the sum of what cancels.
    """
    for case, value in enumerate(item.values):
        others = (float(np.abs(leaf.wanted[case]).max(initial=0.0)) for leaf in leaves)
        felt = np.abs(np.asarray(value, dtype=float)) > _CANCELLED * max(others, default=0.0)
        if not np.isfinite(value).all() or np.any(felt):
            return True
    return False


def is_between(name: str, between: frozenset[str]) -> bool:
    """Whether a gradient is of one of the values that a loop over layers gives a name, as dA2."""
    plain = name.rstrip("0123456789_")
    return plain != name and any(n.lower() in names.gradient_of(plain) for n in between)


def _in_its_place(match: Match, places: Mapping[str, Leaf]) -> Match:
    """Gradients without names that are returned in the places of other inputs of their shape.

    Values alone would call ``return dout * a, dout * b`` right for a product a b.
    """
    if match.named or match.status != RIGHT or match.item.source != "returned":
        return match
    own = places[match.item.path]
    if match.leaf is None or own.path == match.leaf.path or not _same_shape(match.item, own):
        return match
    said, case = status(match.item, own)
    return replace(match, leaf=own, status=said, case=case)


def _same_shape(item: Item, leaf: Leaf) -> bool:
    return all(
        np.squeeze(got).shape == np.squeeze(wanted).shape
        for got, wanted in zip(item.values, leaf.wanted, strict=True)
    )


_INPUT = frozenset(
    ["input", "inputs", "x", "in", "input_data", "prev", "a_prev", "x_in", "inp", "data"]
)
_HOLDER = re.compile(r"_?d?(grads?|gradients?|params_?grads?|d_?params)$")


def _named(item: Item, leaf: Leaf) -> bool:
    """Whether the code's own name of a gradient says that it belongs to a leaf."""
    return _names_path(item, leaf.path, leaf.name) or (
        bool(leaf.also) and _names_path(item, leaf.also, leaf.also.rpartition("/")[2])
    )


def _names_path(item: Item, path: str, name: str) -> bool:
    if item.source == "step":
        return path == f"self/{item.path}"
    if not item.name:
        return False
    numbers = [part for part in item.path.split("/") if part.isdigit()]
    place = [part for part in path.split("/") if part.isdigit()]
    nested = item.source == "attribute" or len(numbers) > 1
    if place and numbers and nested and numbers[-1] != place[-1]:
        return False
    if names.same(item.name, name):
        return bool(place) == bool(numbers and nested) or not place
    holder = path.split("/")
    if (
        len(holder) > 2  # of a tensor, not an argument that is called data
        and holder[-1] in ("value", "data", "val", "array")
        and item.path.split("/")[:-1] == holder[1:-1]
    ):
        return item.name.lower() in ("grad", "gradient", "g", "diff")
    if item.source == "attribute" and "/" in item.path and len(holder) > 2:
        container, last = item.path.split("/")[-2:]
        return last == holder[-1] and _HOLDER.match(container.lower()) is not None
    return False


def _in_holder(item: Item) -> bool:
    """Whether an attribute lies among the gradients of an object."""
    return any(_HOLDER.match(part.lower()) for part in item.path.split("/")[:-1])


def shape_is_off(match: Match) -> bool:
    """Whether a gradient has the shape of no input, or another one than its own."""
    return match.leaf is None or not _same_shape(match.item, match.leaf)
