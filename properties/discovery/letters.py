"""Letters that stand for lengths: exchanged, counted, and told from the numbers in a message."""

from __future__ import annotations

import ast
import itertools
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from ..spec.lengths import Axis, length
from .inputs import Wanted, shown

Specs = Mapping[str, Wanted]
"""What the arguments look like, by name."""


def all_letters(specs: Specs) -> list[str]:
    """Give all letters, those that are only bounds of labels last."""
    axes = [letter for one in specs.values() if one.kind != "labels" for letter in one.letters()]
    bounds = [letter for one in specs.values() for letter in one.letters()]
    return list(dict.fromkeys([*axes, *bounds]))


def renamed(axis: Axis, change: Mapping[str, str]) -> list[str]:
    """The terms of a length, in order, with letters exchanged."""
    return sorted(change.get(term, term) for term in str(axis).split())


def exchange(specs: Specs, change: Mapping[Any, Axis]) -> Specs:
    plain = {str(key): value for key, value in change.items()}
    return {name: one.renamed(plain) for name, one in specs.items()}


def ones(specs: Specs) -> int:
    """How many axes have the length one, along which nothing can be seen."""
    return sum(axis == 1 for one in specs.values() for axis in one.axes)


def canonical(specs: Specs) -> str:
    order = {letter: f"l{i}" for i, letter in enumerate(all_letters(specs))}
    return shown(exchange(specs, order)) + repr(list(specs))


def pretty(specs: Specs) -> Specs:
    """Give the letters their usual names, in the order in which they come."""
    letters = all_letters(specs)
    plain = [*"NDMHCKPQRSTUVABEFG", *(f"{c}{i}" for i in range(1, 9) for c in "NDMH")]
    usual = iter([c for c in plain if c not in letters])
    told = exchange(specs, {old: next(usual) for old in letters if re.fullmatch(r"s\d+", old)})

    def multiplied_out(one: Wanted) -> Wanted:
        return replace(one, axes=tuple(map(simplest, one.axes)))

    return {name: one.mapped(multiplied_out) for name, one in told.items()}


def simplest(axis: Axis) -> Axis:
    """Multiply out a length that repairs have nested.

    >>> simplest("2 * (2 * (2 * N))"), simplest("3 * (N * D + 1)"), simplest("N - 1")
    ('8 * N', '3 * D * N + 3', 'N - 1')
    """
    if not isinstance(axis, str) or "(" not in axis:
        return axis
    try:
        terms = _terms(ast.parse(axis, mode="eval").body)
    except (SyntaxError, ValueError):
        return axis
    text = ""
    for names, count in terms.items():
        factors = [str(abs(count)), *names] if abs(count) != 1 or not names else [*names]
        sign = ("-" if count < 0 else "") if not text else (" - " if count < 0 else " + ")
        text += sign + " * ".join(factors) if count else ""
    return text or axis


def _terms(node: ast.expr) -> dict[tuple[str, ...], int]:
    """A polynomial with whole coefficients, by its monomials."""
    if isinstance(node, ast.Name):
        return {(node.id,): 1}
    if isinstance(node, ast.Constant) and isinstance(node.value, int):
        return {(): node.value}
    if not isinstance(node, ast.BinOp):
        raise ValueError("no sum of products")
    left, right = _terms(node.left), _terms(node.right)
    if isinstance(node.op, ast.Mult):
        found: dict[tuple[str, ...], int] = {}
        for (a, m), (b, n) in itertools.product(left.items(), right.items()):
            both = tuple(sorted((*a, *b)))
            found[both] = found.get(both, 0) + m * n
        return found
    if isinstance(node.op, (ast.Add, ast.Sub)):
        sign = 1 if isinstance(node.op, ast.Add) else -1
        return {k: left.get(k, 0) + sign * right.get(k, 0) for k in {**left, **right}}
    raise ValueError("no sum of products")


def numbers_in(text: str) -> list[int]:
    return [int(part) for part in text.split(",") if part.strip()]


class Lengths:
    """Which letters the lengths in a message stand for."""

    def __init__(
        self,
        specs: Specs,
        sizes: Mapping[str, int],
        message: str,
        again: Callable[[], tuple[str, dict[str, int]]],
    ) -> None:
        self._specs, self._sizes, self._message, self._again = specs, sizes, message, again
        self._other: tuple[dict[int, int], dict[str, int]] | None = None

    def fits(self, number: int, axis: Axis) -> bool:
        """Whether an expression holds with other lengths too."""
        if self._other is None:
            message, sizes = self._again()
            mine = [int(n) for n in re.findall(r"\d+", self._message)]
            theirs = [int(n) for n in re.findall(r"\d+", message)]
            same = re.sub(r"\d+", "#", self._message) == re.sub(r"\d+", "#", message)
            self._other = (dict(zip(mine, theirs, strict=True)) if same else {}), sizes
        numbers, sizes = self._other
        return number not in numbers or length(axis, sizes) == numbers[number]

    def plain(self, number: int) -> list[str]:
        """Letters of exactly this length."""
        return [letter for letter, n in self._sizes.items() if n == number and number != 1]

    @property
    def all(self) -> Mapping[str, int]:
        """Every letter with its length."""
        return self._sizes

    def axes_of(self, size: int) -> list[int]:
        return [n for n in self._sizes.values() if size % n == 0]

    def expressions(self, number: int) -> list[tuple[float, Axis]]:
        """Letters, multiples, sums and products that give this length, with their cost."""
        found: list[tuple[float, Axis]] = [(0.0, letter) for letter in self.plain(number)]
        if not number:
            return []
        if found or number == 1:
            return found or [(0.4, 1)]
        letters = list(self._sizes.items())
        for a, x in letters:
            for b, y in letters:
                if a < b and x + y == number:
                    together = any({a, b} <= set(one.letters()) for one in self._specs.values())
                    found.append((0.03 if together else 0.02, f"{a} + {b}"))
                if a < b and x * y == number:
                    found.append((0.02, f"{a} * {b}"))
            found += [(0.02, f"{k} * {a}") for k in (2, 3, 4) if k * x == number]
            for k in (1, 2):
                if x + k == number:
                    found.append((0.1, f"{a} + {k}"))
                if x - k == number and x - k > 0:
                    found.append((0.15, f"{a} - {k}"))
        for (a, x), (b, y), (c, z) in itertools.combinations(letters, 3):
            if x * y * z == number:
                found.append((0.05, f"{a} * {b} * {c}"))
        found = [one for one in found if self.fits(number, one[1])]
        if not found and number and self.fits(number, number):
            found.append((0.02, number))  # a length that the code itself has
        return found
