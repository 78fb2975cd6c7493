"""Lengths that have to fit each other: letters that become equal, longer, sums or products."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Container, Iterator, Sequence
from dataclasses import replace

from ..spec.lengths import Axis, letters_of
from .inputs import NUMBERS, Wanted
from .letters import Lengths, Specs, all_letters, exchange, renamed

_KERNEL = "size|kernel|filter|^k|pool|stride|width|window"
_LAYER = "input|hidden|output|layer|vocab|batch|embed|num|^n_"


def equal(
    specs: Specs, numbers: Lengths, a: int, b: int, cost: float = 0.02
) -> Iterator[tuple[float, Specs]]:
    """Make two lengths the same, in every way in which their letters allow it."""
    for one, other in ((a, b), (b, a)):
        for letter in numbers.plain(one):
            for more, expression in numbers.expressions(other):
                if letter not in letters_of(expression):
                    yield cost + more, exchange(specs, {letter: expression})
    if numbers.plain(a) or numbers.plain(b):
        return
    common = math.gcd(a, b)  # channels times the window of a filter, which is a constant
    pairs = itertools.product(numbers.plain(a // common), numbers.plain(b // common))
    for mine, theirs in pairs if common > 1 else ():
        yield cost + 0.02, exchange(specs, {mine: theirs})
    for more, left in numbers.expressions(a):
        for extra, right in numbers.expressions(b):
            first, second = set(letters_of(left)), set(letters_of(right))
            if len(first - second) == 1 and len(second - first) == 1:
                change = {(first - second).pop(): (second - first).pop()}
                if renamed(left, change) == renamed(right, {}):
                    yield cost + more + extra, exchange(specs, change)
            terms, others = str(left).split(" + "), str(right).split(" + ")
            plain = all(t.isidentifier() for t in (*terms, *others))
            if plain and len(terms) == len(others) == 2 and not first & second:
                for order in (others, others[::-1]):
                    both = dict(zip(terms, order, strict=True))
                    yield cost + more + extra, exchange(specs, both)


def broadcast(
    specs: Specs, numbers: Lengths, first: list[int], second: list[int], *, columns: bool
) -> Iterator[tuple[float, Specs]]:
    """Make two shapes broadcast; `columns` says whether examples stand in columns."""
    short, long = sorted((first, second), key=len)
    if len(short) < len(long) and short:
        # A bias of one axis beside a table: along its rows, or as a column.
        for letter in numbers.plain(short[-1]) if len(short) == 1 else ():
            if len(long) != 2:
                continue
            for more, row in numbers.expressions(long[0]):

                def column(one: Wanted, row: Axis = row, letter: str = letter) -> Wanted:
                    return replace(one, axes=(row, 1)) if one.axes == (letter,) else one

                cost = (0.01 if columns else 0.5) + more
                yield cost, {name: one.mapped(column) for name, one in specs.items()}
    for a, b in zip(reversed(first), reversed(second), strict=False):
        if a == b or 1 in (a, b):
            continue
        for letter in numbers.plain(a + b) if abs(a - b) == 1 else ():  # two halves of it
            yield 0.03, exchange(specs, {letter: f"2 * {letter}"})
        beside = columns and len(short) == 1 < len(long)
        yield from equal(specs, numbers, a, b, 0.3 if beside else 0.02)
        for letter in _either(numbers, a, b):
            yield 1.3, exchange(specs, {letter: 1})
        return
    if len(first) == len(second):
        for a, b in zip(first, second, strict=True):
            for letter in _either(numbers, a, b) if a != b else ():
                yield 1.0, exchange(specs, {letter: 1})


def _either(numbers: Lengths, a: int, b: int) -> list[str]:
    return list(dict.fromkeys((*numbers.plain(a), *numbers.plain(b))))


def gates(specs: Specs, numbers: Lengths, lengths: Sequence[int]) -> Iterator[tuple[float, Specs]]:
    """Slices of an axis that is too short: gates lie beside each other along it."""
    if all(numbers.plain(n) for n in lengths if n > 1):
        return
    wide = [
        axis
        for name, one in specs.items()
        for axis in one.axes[-1:]
        if name.rpartition("/")[2][:1].lower() in "wub" and isinstance(axis, str)
    ]
    for long in dict.fromkeys(a for a in wide if a.isidentifier()):
        for letter in all_letters(specs):
            for count in (4, 3, 2) if letter != long else ():
                yield 0.125 + 0.01 * count, exchange(specs, {long: f"{count} * {letter}"})


def bound(specs: Specs, numbers: Lengths, size: int) -> Iterator[tuple[float, Specs]]:
    """Labels lie below the length of an axis that they index.

    A bound that is the length of another axis was a guess: to take that for the new one as well
    would make a table of examples and classes square.
    """
    axes = {str(a) for one in specs.values() for a in one.axes[one.kind == "labels" :]}
    for name, one in specs.items():
        if one.kind == "labels" and one.axes:
            below = one.axes[0]
            fixed = not any(numbers.fits(size, letter) for letter in numbers.plain(size))
            if fixed and isinstance(below, str):
                yield 0.01, {**specs, name: replace(one, axes=(size, *one.axes[1:]))}
            for more, expression in numbers.expressions(size):
                more += 0.1 if fixed else 0.0
                if isinstance(below, str) and below not in letters_of(expression):
                    shared = below in axes
                    if below.isidentifier():
                        yield (0.1 if shared else 0.02) + more, exchange(specs, {below: expression})
                    new = replace(one, axes=(expression, *one.axes[1:]))
                    yield (0.02 if shared else 0.1) + more, {**specs, name: new}


def windows(specs: Specs) -> Iterator[tuple[float, Specs]]:
    """Axes are multiples of the length of a window."""
    found = [
        one.axes[0]
        for name, one in specs.items()
        if one.kind == "length"
        and re.search(_KERNEL, name.rpartition("/")[2])
        and not re.search(_LAYER, name.rpartition("/")[2])
    ]
    for one, window in itertools.product(specs.values(), found):
        free = _plain_axes(one)
        for some in (free[-1:], free):
            change = {a: f"{a} * {window}" for a in some if a != window}
            yield 0.04 + 0.01 * len(some), exchange(specs, change)


def divided(specs: Specs, numbers: Lengths, shape: Sequence[int]) -> Iterator[tuple[float, Specs]]:
    """An axis that is taken apart, ``C // groups`` beside ``groups``, and left a rest."""
    arrays = {axis for one in specs.values() if one.kind in NUMBERS for axis in one.axes}
    axes = {x: n for x, n in numbers.all.items() if x in arrays}
    free = [(x, n) for x, n in axes.items() if n not in shape]
    for (letter, n), (a, b) in itertools.product(free, itertools.pairwise(shape)):
        for whole, part in ((a, b), (b, a)):
            if whole in axes.values():
                continue  # an axis of its own
            if whole > 1 and n // whole == part and n % whole:
                for more, count in numbers.expressions(whole)[:1]:
                    if letter not in letters_of(count):
                        yield 0.01 + more, exchange(specs, {letter: f"{count} * {letter}"})


def grouped(specs: Specs, numbers: Lengths, shape: Sequence[int]) -> Iterator[tuple[float, Specs]]:
    """An axis is a multiple of a number of groups, as in ``x.reshape(n, groups, -1)``."""
    arrays = [one for one in specs.values() if one.kind in NUMBERS]
    own = {axis for one in arrays for axis in one.axes}
    lengths = [a for one in specs.values() if one.kind == "length" for a in one.axes]
    for count in (letter for n in shape for letter in numbers.plain(n) if letter not in own):
        wide = [a for a in lengths if a != count and count in letters_of(a)]
        for one in arrays:
            for place, axis in enumerate((*one.axes[1:], *one.axes[:1])):
                if isinstance(axis, str) and axis.isidentifier() and axis not in lengths:
                    new = wide[0] if wide else f"{count} * {axis}"
                    yield 0.03 + 0.02 * place, exchange(specs, {axis: new})


def parts(specs: Specs) -> Iterator[tuple[float, Specs]]:
    """An axis falls into two, three or four equal parts."""
    for one in specs.values():
        for place, axis in enumerate(reversed(_plain_axes(one))):
            for count in (2, 3, 4):
                yield 0.1 + 0.01 * (count + 4 * place), exchange(specs, {axis: f"{count} * {axis}"})


def _plain_axes(one: Wanted) -> list[str]:
    """The letters of the last two axes of an array."""
    axes = one.axes[-2:] if one.kind in NUMBERS else ()
    return [a for a in axes if isinstance(a, str) and a.isidentifier()]


def merge_any(specs: Specs) -> Iterator[tuple[float, Specs]]:
    """Some two lengths have to be equal; the message does not say which."""
    letters = [(name, letter) for name, one in specs.items() for letter in one.letters()]
    for (name, a), (other, b) in itertools.combinations(letters, 2):
        if name != other and a != b:
            yield 0.13, exchange(specs, {b: a})


def flat(
    specs: Specs, numbers: Lengths, shape: Sequence[int], names: list[str]
) -> Iterator[tuple[float, Specs]]:
    """A vector of all parameters, whose slices become tables and vectors."""
    known = [numbers.expressions(n) for n in shape if n > 0]
    if len(shape) != 2 or len(known) != 2 or not all(known):
        return
    (_, a), (_, b) = known[0][0], known[1][0]
    rest = ("", f" + {a}", f" + {b}", f" + {a} + {b}")
    for name in names or list(specs):
        one = specs[name]
        if one.kind != "normal" or len(one.axes) != 1:
            continue
        for more, (times, beside) in enumerate(itertools.product((1, 2), rest)):
            table = f"{a} * {b}" if times == 1 else f"{times} * {a} * {b}"
            yield 0.3 + 0.02 * more, {**specs, name: replace(one, axes=(table + beside,))}


def next_part(
    specs: Specs, numbers: Lengths, have: int, shape: Sequence[int], names: list[str]
) -> Iterator[tuple[float, Specs]]:
    """A vector of parameters that ends before a further table or vector is taken from it."""
    known = [numbers.expressions(n) for n in shape if n != 1]
    if not known or not all(known):
        return
    part = ""
    for options in known:
        part = product(part, str(options[0][1])) if part else str(options[0][1])
    for name in names:
        one = specs[name]
        rows = [axis for axis in one.axes if axis != 1]
        if one.kind != "normal" or len(rows) != 1:
            continue
        fresh = isinstance(rows[0], str) and rows[0].isidentifier()
        if have and not (fresh and numbers.plain(have) == [rows[0]]):
            continue
        new = part if have else f"{rows[0]} + {part}"
        axes = tuple(new if axis == rows[0] else axis for axis in one.axes)
        yield 0.03, {**specs, name: replace(one, axes=axes)}


def product(one: str, other: str) -> str:
    """Multiply two lengths that may be sums.

    >>> product("H", "D + 1")
    'H * D + H'
    """
    pairs = itertools.product(one.split(" + "), other.split(" + "))
    terms = [a if b == "1" else b if a == "1" else f"{a} * {b}" for a, b in pairs]
    return " + ".join(terms)


def as_far_as(
    specs: Specs, numbers: Lengths, index: int, size: int, direct: Container[str]
) -> Iterator[tuple[float, Specs]]:
    """A vector of parameters whose last entry is read after its parts, as ``p[3 * n]``."""
    for name, one in specs.items():
        axis = one.axes[0] if len(one.axes) == 1 else None
        if name not in direct or one.kind != "normal" or axis not in numbers.plain(size):
            continue
        for more, last in numbers.expressions(index):
            if isinstance(last, str) and last != axis and axis not in letters_of(last):
                yield 0.05 + more, {**specs, name: replace(one, axes=(f"{last} + 1",))}


def longer(
    specs: Specs, numbers: Lengths, size: int, direct: Container[str]
) -> Iterator[tuple[float, Specs]]:
    """An axis is as long as another one, over which the code runs; `direct` ones are likelier."""
    for letter in numbers.plain(size):
        for name, one in specs.items():
            axes = one.axes[:2] if one.kind != "labels" else one.axes[1:2]
            for place, axis in enumerate(axes):
                if isinstance(axis, str) and axis.isidentifier() and axis != letter:
                    near = 0.0 if name in direct else 0.02
                    yield 0.14 + near + 0.03 * place, exchange(specs, {letter: axis})


def larger(specs: Specs) -> Iterator[tuple[float, Specs]]:
    """One array is at least as large as another: an image and a kernel."""
    wide = [(n, one) for n, one in specs.items() if one.kind == "normal" and one.axes]
    for name, one in wide:
        for other, kernel in wide:
            if other == name:
                continue
            change = {
                a: f"{a} + {b}"
                for a, b in zip(one.axes[:-3:-1], kernel.axes[:-3:-1], strict=False)
                if isinstance(a, str) and a.isidentifier() and a not in letters_of(b)
            }
            if change:
                yield 0.1, exchange(specs, change)
    for _, one in wide:  # the kernel is kept in the object, as long as a default says
        free = [a for a in one.axes if isinstance(a, str) and a.isidentifier()]
        if len(one.axes) == len(free) == 4:
            yield 0.12, exchange(specs, {a: f"{a} + 4" for a in free[2:]})
            yield 0.14, exchange(specs, {a: f"{a} + 4" for a in free[1:]})
        for other, kernel in specs.items():
            if kernel.kind != "length" or not isinstance(kernel.axes[0], str):
                continue
            b = kernel.axes[0]
            change = {
                a: f"{a} + {b}"
                for a in one.axes[-2:]
                if isinstance(a, str) and a.isidentifier() and a != b
            }
            if change and re.search(_KERNEL, other.rpartition("/")[2]):
                yield 0.1, exchange(specs, change)
                for letter, longer in change.items() if len(change) > 1 else ():
                    yield 0.12, exchange(specs, {letter: longer})
