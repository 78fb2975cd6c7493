"""One way to understand a candidate: how well it fits, and whether a misfit convicts."""

from __future__ import annotations

import itertools
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..spec.lengths import Axis
from . import names
from .calling import Plan
from .evidence import backed
from .inputs import Wanted
from .letters import ones
from .locating import RIGHT, WRONG, Fit, Leaf, Match, shape_is_off
from .losses import is_number
from .pairs import Pairing
from .recorded import any_number
from .starting import Start
from .trying import Seen

SURE = 1.0
"""Cost below which nothing essential was guessed."""
_STRANGE = 2.0
"""Cost from which on inputs are too odd to convict anybody."""


@dataclass(frozen=True, slots=True, eq=False)
class Hypothesis:
    """One way to understand a candidate, and how well it fits."""

    start: Start
    specs: Mapping[str, Wanted]
    plan: Plan
    reading: str
    fit: Fit
    cost: float
    least: int

    @property
    def pairing(self) -> Pairing:
        """The pairing that it is about."""
        return self.start.pairing

    @property
    def as_called(self) -> bool:
        """Whether inputs are those of the target's own calls."""
        called = self.start.called
        return bool(called) and all(
            n in called and one.kind == called[n].kind and len(one.axes) == len(called[n].axes)
            for n, one in self.specs.items()
        )

    @property
    def without_leaf(self) -> bool:
        """Whether an object keeps a gradient of what it did not have before its first input."""
        own = (m for m in self.fit.matches if m.leaf is None)
        return any(match.item.source == "attribute" for match in own)

    @property
    def rank(self) -> tuple[float, ...]:
        """Sort key: the best first."""
        right, wrong = self.fit.count(RIGHT), self.fit.count(WRONG)
        off = sum(shape_is_off(match) for match in self.fit.matches)
        square = sum(len(set(one.axes)) < len(one.axes) for one in self.specs.values())
        fits = -right + 0.25 * wrong + 0.5 * off
        odd = max(0, ones(self.specs) - self.start.told_ones)
        return (0.0 if self.fit.clean else 1.0, fits, self.cost + 0.2 * square + 0.1 * odd)


NO_NAME = "no name says that"


def unsure(best: Hypothesis, *, declared: bool) -> str:
    """Why a misfit is not enough to call the code wrong; "" when it is."""
    if not backed(best.fit, best.pairing.unsure):
        forward, told = best.pairing.forward.name, best.pairing.judged.name
        write = f"; if it is, call it {forward}_grad"
        return f"{NO_NAME} {told} is the derivative of {forward}{write}"
    if ones(best.specs) > best.start.told_ones and any(map(_over_one, best.fit.matches)):
        return "the shapes of what it returns fit no inputs that were found"
    if ones(best.specs) > best.start.told_ones and not _letters_of_examples(best.specs):
        return "the inputs that were found for it are not what it is likely made for"
    wrong = [match for match in best.fit.matches if match.status == WRONG]
    if wrong and all(m.leaf is None and m.item.source == "attribute" for m in wrong):
        told = ", ".join(match.item.shown for match in wrong)
        return f"it is not known which input {told} belongs to"
    if any(_spread(match) for match in best.fit.matches):
        return "the shapes of what it returns fit no inputs that were found"
    if any(shape_is_off(m) and not np.size(m.item.values[m.case]) for m in best.fit.matches):
        return "the shapes of what it returns fit no inputs that were found"
    vectors = [
        n for n in best.start.learner.ranks.guessed(best.specs) if len(best.specs[n].axes) == 1
    ]
    guessed = any(_of_guessed_length(match, best.specs) for match in best.fit.matches)
    guessed = guessed or (bool(vectors) and any(map(_has_fewer_axes, best.fit.matches)))
    if guessed and not declared:
        return "the shapes of what it returns fit no inputs that were found"
    if best.cost >= _STRANGE and not declared:
        return "the inputs that were found for it are not what it is likely made for"
    strangers = sum(m.leaf is None or shape_is_off(m) for m in best.fit.matches)
    if best.fit.count(RIGHT) and best.fit.count(WRONG):
        if len(best.fit.matches) > 2 and 2 * strangers > len(best.fit.matches) and not declared:
            return "the shapes of what it returns fit no inputs that were found"
        return ""
    strange = [m for m in best.fit.matches if m.leaf is not None and not m.named]
    inputs = [n for n in _arguments(best.specs) if not is_target(n)]
    usual = {first_input(best.specs, best.pairing), *(inputs if len(inputs) == 1 else ())}
    odd = any(m.leaf is not None and m.leaf.path not in usual for m in strange)
    own = any(m.leaf is not None and m.leaf.path.startswith("global/") for m in strange)
    if odd and (len(inputs) > 1 or own) and len(best.fit.matches) == 1:
        return "it is not known which input its gradient belongs to"
    if any(shape_is_off(match) for match in best.fit.matches):
        return "the shapes of what it returns fit no inputs that were found"
    if best.fit.count(WRONG) == 0:
        return "the examples decide nothing"
    if best.cost < SURE:
        return ""
    forward = best.pairing.forward.name
    return f"what it returns fits no reading of it as the derivative of {forward}"


def _letters_of_examples(specs: Mapping[str, Wanted]) -> bool:
    """Whether any length is free: with ones alone everything fits everything."""
    return any(isinstance(axis, str) for one in specs.values() for axis in one.axes) or any(
        one.parts for one in specs.values()
    )


def _of_guessed_length(match: Match, specs: Mapping[str, Wanted]) -> bool:
    """Whether a gradient is off in shape where a length was guessed, as ``D - 1`` of an input."""
    if match.leaf is None or not shape_is_off(match):
        return False
    one = specs.get(match.leaf.path)
    axes = one.axes if one is not None else ()
    return any(isinstance(axis, str) and not axis.isidentifier() for axis in axes)


def _over_one(match: Match) -> bool:
    """Whether a gradient is longer than an input, no bias, where that has the length one."""
    if match.leaf is None or names.is_bias(match.leaf.name):
        return False
    got, wanted = np.shape(match.item.values[0]), match.leaf.wanted[0].shape
    return len(got) == len(wanted) and any(a > b == 1 for a, b in zip(got, wanted, strict=True))


def _spread(match: Match) -> bool:
    """Whether a gradient has more axes than an input, no bias, which the code broadcasts.

    It may be right for an input of those axes.
    """
    if match.leaf is None or names.is_bias(match.leaf.name):
        return False
    got = np.squeeze(match.item.values[0]).shape
    wanted = np.squeeze(match.leaf.wanted[0]).shape
    if not wanted:  # a number for its name alone
        return bool(got) and match.leaf.name.lower() in names.SCALARS
    fewer = len(wanted) < len(got)
    return fewer and wanted in (got[: len(wanted)], got[-len(wanted) :])


def _has_fewer_axes(match: Match) -> bool:
    """Whether a gradient has fewer axes than an input, no bias: it may be right for tables."""
    if match.leaf is None or names.is_bias(match.leaf.name):
        return False
    got, wanted = match.item.values[0], match.leaf.wanted[0]
    return len(np.squeeze(got).shape) < len(np.squeeze(wanted).shape)


def apart(
    matches: Sequence[Match], leaves: Sequence[Leaf], seen: Sequence[Seen]
) -> list[tuple[str, str]]:
    """Pairs of letters that differ by as much as gradients are too long or too short.

    A gradient that fits no input may belong to any that has none.
    """
    taken = {match.leaf.path for match in matches if match.leaf is not None}
    free = [leaf for leaf in leaves if leaf.path not in taken]
    pairs: set[tuple[str, str]] = set()
    for match in matches:
        off = [match.leaf] if match.leaf is not None and shape_is_off(match) else []
        for leaf in free if match.leaf is None else off:
            pairs |= _differing(match, leaf, seen)
    return sorted(pairs)[:4]


def _differing(match: Match, leaf: Leaf, seen: Sequence[Seen]) -> set[tuple[str, str]]:
    every = set(itertools.combinations(sorted(seen[0].example.sizes), 2))
    fitting = set(every)
    for got, wanted, one in zip(match.item.values, leaf.wanted, seen, strict=True):
        mine, theirs, sizes = np.shape(got), wanted.shape, one.example.sizes
        away = {abs(a - b) for a, b in zip(mine, theirs, strict=False)} - {0}
        if len(mine) == len(theirs) and away:
            fitting &= {(a, b) for a, b in fitting if abs(sizes[a] - sizes[b]) in away}
    return fitting if fitting != every else set()


def as_summed(
    off: Sequence[Match], seen: Sequence[Seen], specs: Mapping[str, Wanted]
) -> list[dict[str, Wanted]]:
    """Biases whose lengths nothing else has, in the shapes that their gradients may have.

    A forward that takes one number of a bias at a time says nothing of its other axes.
    """
    changed: list[dict[str, Wanted]] = []
    sizes = [one.example.sizes for one in seen]
    for path, match in ((m.leaf.path, m) for m in off if m.leaf is not None):
        if path not in specs or not names.is_bias(path.rpartition("/")[2]):
            continue
        own, rest = specs[path], [one for name, one in specs.items() if name != path]
        shapes = [np.shape(value) for value in match.item.values]
        if {x for one in rest for x in one.letters()} & set(own.letters()):
            continue
        letters = sorted({str(x) for one in rest if one.kind == "normal" for x in one.axes})
        likely: list[list[Axis]] = [
            [1] if set(lengths) == {1} else [n for n in letters if _are(sizes, n, lengths)]
            for lengths in zip(*shapes, strict=True)
        ]
        if len(likely) == len(own.axes):
            found = itertools.islice(itertools.product(*likely), 4)
            changed += [{path: replace(own, axes=axes)} for axes in found]
    return changed


def _are(sizes: Sequence[Mapping[str, int]], letter: str, lengths: tuple[int, ...]) -> bool:
    return tuple(one.get(letter) for one in sizes) == lengths


def any_numbers(best: Hypothesis) -> Iterator[Mapping[str, Wanted]]:
    """Numbers that the target's own call gives plainly, as ``1.0``, in the place of constants."""
    free = {
        n: any_number(float(one.constant))
        for n, one in best.specs.items()
        if one.kind == "constant" and type(one.constant) in (int, float) and n in best.start.called
    }
    yield from [free] if free else []
    yield from ({n: one} for n, one in free.items() if len(free) > 1)


def other_axes(
    best: Hypothesis, untold: Container[str], sizes: Sequence[Mapping[str, int]]
) -> Iterator[Mapping[str, Wanted]]:
    """Inputs in which those with a wrong gradient have its axes, or one axis instead of two.

    More axes than before are those of a gradient that nobody summed, unless a number is as long
    as the last axis of a matrix, over which no sum was due.
    """
    wrong: dict[str, Match] = {}
    for match in best.fit.matches:
        if match.status == WRONG and match.leaf is not None and match.leaf.path in untold:
            wrong[match.leaf.path] = match
    specs = {n: one for n, one in best.specs.items() if n in wrong and one.kind == "normal"}
    told = {n: _axes_of(wrong[n], sizes) for n in specs}
    last = {(one.axes[-1],) for one in best.specs.values() if len(one.axes) > 1}
    changed = {
        n: replace(specs[n], axes=axes)
        for n, axes in told.items()
        if axes is not None
        and (len(axes) <= len(specs[n].axes) or (not specs[n].axes and axes in last))
    }
    if any(one != specs[n] for n, one in changed.items()):
        yield {**best.specs, **changed}
    yield from _longer(best)
    located = {m.leaf.path for m in best.fit.matches if m.leaf is not None}
    for name, one in best.specs.items():  # of what no gradient is given, it may be a number
        vector = one.kind in ("normal", "positive") and len(one.axes) == 1
        if vector and name in untold and name not in located:
            yield {**best.specs, name: replace(one, axes=())}
        table = one.kind in ("normal", "positive") and len(one.axes) == 2
        if table and name in untold and name not in located and is_target(name):
            yield {**best.specs, name: replace(one, axes=one.axes[:1])}
    for name, one in specs.items():
        fewer = (one.axes[:1], one.axes[1:]) if len(one.axes) == 2 else ()
        for axes in (axes for axes in fewer if axes != (1,)):  # where all is one, all fits
            yield {**best.specs, name: replace(one, axes=axes)}


def _longer(best: Hypothesis) -> Iterator[Mapping[str, Wanted]]:
    """Vectors of which the value reads some entries alone, with those that its Jacobian has."""
    hint = best.start.learner.hint
    for match in best.fit.matches:
        path = match.leaf.path if match.leaf is not None else ""
        axes = best.specs[path].axes if path in best.specs else ()
        columns = {np.shape(value)[-1:] for value in match.item.values}
        if len(axes) != 1 or not isinstance(axes[0], int) or len(columns) != 1:
            continue
        last = next(iter(columns))
        if hint(path).source == "the code" and hint(path).entries and last and last[0] > axes[0]:
            yield {**best.specs, path: replace(best.specs[path], axes=last)}


def _axes_of(match: Match, sizes: Sequence[Mapping[str, int]]) -> tuple[str, ...] | None:
    """The letters that stand for the lengths of a gradient in all cases; None without any."""
    shapes = [np.shape(value) for value in match.item.values]
    if len(shapes) != len(sizes) or len({len(shape) for shape in shapes}) != 1:
        return None
    axes = []
    for place in range(len(shapes[0])):
        lengths = [shape[place] for shape in shapes]
        fitting = [n for n in sizes[0] if [one[n] for one in sizes] == lengths]
        if len(fitting) != 1:
            return None
        axes.append(fitting[0])
    return tuple(axes)


def unsummed(off: Sequence[Match], seen: Sequence[Seen]) -> list[str]:
    """Letters along which several gradients are longer than their inputs, which are one there."""
    letters: set[str] | None = None
    for match in off:
        if match.leaf is None:
            return []
        found = set(seen[0].example.sizes)
        for got, wanted, one in zip(match.item.values, match.leaf.wanted, seen, strict=True):
            mine, theirs = np.shape(got), np.shape(wanted)
            if len(mine) != len(theirs):
                return []
            longer = {a for a, b in zip(mine, theirs, strict=True) if a != b and b == 1}
            found &= {n for n, length in one.example.sizes.items() if length in longer}
        letters = found if letters is None else letters & found
    return sorted(letters or ())


def is_target(name: str) -> bool:
    return name.rpartition("/")[2].lower() in names.TARGETS


def first_input(specs: Mapping[str, Wanted], pairing: Pairing) -> str:
    """The input that a single gradient most likely belongs to.

    The name of the backward may say so, as in ``rbf_grad_lengthscale``; else it is the first.
    """
    inputs = [name for name in specs if name.startswith("arg/")]
    if pairing.kind == "local" and names.is_of_time(pairing.forward.names):
        state = next((n for n in inputs[:2] if n != "arg/t"), "")
        if state and any(isinstance(axis, int) for axis in specs[state].axes):
            return state
    ending = pairing.judged.name.rpartition("_")[2]
    for name in inputs:
        plain = name.partition("/")[2]
        if ending in (plain, f"d{plain}", f"wrt{plain}") or ending.endswith(f"d{plain}"):
            return name
    if pairing.kind == "joint" or is_number(pairing):  # a cost is derived by its parameters
        told = [n for n in inputs if names.is_parameters(n.partition("/")[2])]
        if len(told) == 1:
            return told[0]
    likely = [name for name in inputs if not is_target(name)] or inputs
    return likely[0] if likely else ""


def _arguments(specs: Mapping[str, Wanted]) -> list[str]:
    """Names of the inputs that could have a gradient."""
    kinds = ("normal", "positive", "unit", "rows", "columns", "spd", "regular", "symmetric")
    return [n for n, one in specs.items() if one.kind in kinds]
