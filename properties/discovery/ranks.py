"""What else the ranks of inputs may be that the code accepts as they are."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator
from dataclasses import replace

from .beginnings import Beginnings
from .inputs import LABELS, NUMBERS
from .letters import Specs
from .names import TARGETS, is_bias

_WEIGHT = re.compile(r"(w|theta|beta|coefs?|weights?)\d?$")
_DATA = re.compile(r"(xs?|x_?\w+|inputs?|input_data|data|features?|phi)$")


class Ranks:
    """Other ranks for inputs, each with what it costs; nothing that somebody told is changed.

    Parameters
    ----------
    beginnings
        First guesses and letters.
    told
        Arguments that somebody declares or that the target's own calls give.
    """

    def __init__(self, beginnings: Beginnings, told: Container[str] = ()) -> None:
        self._beginnings, self._told = beginnings, told

    def untold(self, specs: Specs) -> list[str]:
        """Arguments of which neither code nor documentation says how many axes they have."""
        hints = {name: self._beginnings.hint(name) for name in specs if name.startswith("arg/")}
        return [n for n, hint in hints.items() if hint.shape is None and not hint.ranks]

    def guessed(self, specs: Specs) -> list[str]:
        """Arguments, no biases, of which nothing but the name says how many axes they have."""
        return [n for n in self.untold(specs) if not self.is_bias(n)]

    def is_bias(self, name: str) -> bool:
        """Whether an argument is added to every example, by its name and its use."""
        return is_bias(name.rpartition("/")[2]) and not self._beginnings.hint(name).factor

    def is_free(self, name: str) -> bool:
        """Whether nothing says that an argument has two axes."""
        hint = self._beginnings.hint(name)
        return hint.shape is None and hint.at_least < 2 and 2 not in hint.ranks

    def with_summed_biases(self, specs: Specs) -> Specs:
        """One number for a bias that is added to ``X @ w``, one number for each example.

        With an axis of its own, of the length of the batch, a gradient that nobody summed over
        the examples would be right.
        """
        plain = {n: n.rpartition("/")[2].lower() for n in specs}
        weights = {
            specs[n].axes for n in specs if _WEIGHT.match(plain[n]) and len(specs[n].axes) == 1
        }
        batches = {
            one.axes[:1]
            for n, one in specs.items()
            if _DATA.match(plain[n]) and len(one.axes) == 2 and one.axes[1:] in weights
        }
        changed = {
            n: replace(one, axes=())
            for n, one in specs.items()
            if one.kind == "normal" and one.axes in batches - weights and self._is_added(n)
        }
        return {**specs, **changed} if changed else specs

    def is_batch(self, name: str, specs: Specs) -> bool:
        """Whether an argument is a table ``X`` that is multiplied by a vector of weights.

        With one row alone a sum over the rows that was forgotten would not show.
        """
        plain = name.rpartition("/")[2]
        weights = [n for n in specs if _WEIGHT.match(n.rpartition("/")[2].lower())]
        last = specs[name].axes[1:]
        return plain[:1] == "X" and any(specs[n].axes == last for n in weights)

    def with_plain_biases(self, specs: Specs) -> Specs:
        """One axis for biases that were made tables for the sake of one that is none any more."""
        changed = {
            n: replace(one, axes=(self._beginnings.letter(),))
            for n, one in specs.items()
            if one.kind == "normal" and len(one.axes) == 2 and self._is_added(n)
        }
        return {**specs, **changed}

    def with_single_biases(self, specs: Specs) -> Specs:
        """One number for each bias, as it is added to a product of two vectors."""
        single = [n for n, one in specs.items() if one.kind == "normal" and self._is_added(n)]
        return {**specs, **{n: replace(specs[n], axes=()) for n in single}}

    def _is_added(self, name: str) -> bool:
        hint = self._beginnings.hint(name)
        untold = name not in self._told and hint.shape is None and not hint.ranks
        return untold and self.is_bias(name) and not hint.subtracted

    def one_number_each(self, specs: Specs) -> bool:
        """Whether a cost is one of regression: by its labels, or by the name of its parameters."""
        for name in specs:
            plain, hint = name.rpartition("/")[2].lower(), self._beginnings.hint(name)
            labels = plain in TARGETS and hint.shape is not None and len(hint.shape) == 1
            if labels or re.match(r"(theta|beta|coefs?)$", plain):
                return True
        return False

    def all_alike(self, specs: Specs) -> Iterator[tuple[float, Specs]]:
        """Tables in the place of several vectors; one shape for all of which nothing is said.

        With one table among several vectors none fits.
        """
        guessed, letter = self.guessed(specs), self._beginnings.letter
        tables = {
            name: replace(one, axes=(letter(), letter()))
            for name, one in specs.items()
            if one.kind == "normal" and len(one.axes) == 1 and name in guessed
        }
        if len(tables) > 1:
            yield 0.0, {**specs, **tables}
        shape = (letter(), letter())
        arrays = [n for n in guessed if specs[n].kind in NUMBERS]
        if len({len(specs[name].axes) for name in arrays}) > 1:
            yield 0.0, {**specs, **{name: replace(specs[name], axes=shape) for name in arrays}}

    def weights_as_vectors(self, specs: Specs) -> Iterator[tuple[float, Specs]]:
        """One number for each example: weights and labels may be vectors where tables work too."""
        fewer, weights = {}, 0
        for name, one in specs.items():
            plain = name.rpartition("/")[2].lower()
            weight = _WEIGHT.match(plain) is not None
            free = self._beginnings.hint(name).shape is None and one.kind == "normal"
            if free and len(one.axes) == 2 and (weight or plain in TARGETS):
                fewer[name] = replace(one, axes=one.axes[:1])
            weights += weight and (name in fewer or len(one.axes) == 1)
        if not weights or not fewer:
            return
        scalars = {
            name: replace(one, axes=())
            for name, one in specs.items()
            if is_bias(name.rpartition("/")[2])
            and one.kind == "normal"
            and self._beginnings.hint(name).shape is None
        }
        yield 0.1, {**specs, **fewer, **scalars}
        yield 0.12, {**specs, **fewer}

    def lower(self, specs: Specs) -> Iterator[tuple[float, Specs]]:
        """One axis less for one input: a number for a vector, a vector for a table."""
        for name, one in specs.items():
            hint = self._beginnings.hint(name)
            plain = one.kind in (*NUMBERS, *LABELS) and hint.shape is None
            if plain and len(one.axes) == 1 and is_bias(name.rpartition("/")[2]):
                yield 0.0, {**specs, name: replace(one, axes=())}
            if one.kind == "labels" and len(one.axes) == 2:
                yield 0.0, {**specs, name: replace(one, axes=one.axes[:1])}
            if plain and len(one.axes) == 2 and self.is_free(name):
                yield 0.0, {**specs, name: replace(one, axes=(self._beginnings.letter(),))}
