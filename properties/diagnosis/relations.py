"""Generic relations between a wrong value and the right one.

Pure functions over several cases. A case is a pair (got, wanted) with the lengths of its named
axes and, where they are known, named arrays that occur in the computation. A relation is reported
only when it explains every case; with one case alone many relations hold by accident, so callers
should give two or more of unequal shapes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import permutations
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Pairing", "Relation", "constant_origin", "relate", "relations"]

Array = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Pairing:
    """One case: the wrong value, the right one, and what is known of its surroundings.

    sizes : lengths of named axes, such as {"N": 5, "D": 3}.
    named : arrays of the computation by name, candidates for a missing or superfluous factor.
    terms : arrays of which one may be missing from a sum, such as the adjoint along one path.
    previous : earlier values of the same variable, and other values it may have been confused with.
    masks : boolean arrays by name.
    tolerance : absolute tolerance of an entry; scalar or array.
    """

    got: Array
    wanted: Array
    sizes: Mapping[str, int] = field(default_factory=dict)
    named: Mapping[str, Array] = field(default_factory=dict)
    terms: Mapping[str, Array] = field(default_factory=dict)
    previous: Mapping[str, Array] = field(default_factory=dict)
    masks: Mapping[str, Array] = field(default_factory=dict)
    tolerance: float | Array = 0.0


@dataclass(frozen=True, slots=True)
class Relation:
    """What a wrong value has to do with the right one.

    name : short and stable, such as "ratio", "transpose", "missing term".
    sentence : for a person; `evidence` says on how many entries and cases it holds.
    confidence : 0 to 1, higher for relations that hold by accident less often.
    ratio : got / wanted where it is one number in all cases.
    """

    name: str
    sentence: str
    evidence: str
    confidence: float
    ratio: float | None = None


Finder = Callable[[Sequence[Pairing]], Iterator[Relation]]


def relate(cases: Sequence[Pairing]) -> Relation | None:
    """Return the most telling relation that explains all cases, or None."""
    return next(iter(relations(cases)), None)


def relations(cases: Sequence[Pairing]) -> list[Relation]:
    """Return every relation that explains all cases, the most telling first."""
    cases = [_as_float(case) for case in cases]
    if not cases or all(_same(c.got, c.wanted, c) for c in cases):
        return []
    found: list[Relation] = []
    with np.errstate(all="ignore"):
        for finder in _FINDERS:
            found += list(finder(cases))
    return sorted(found, key=lambda one: -one.confidence)


# helpers ----------------------------------------------------------------------------------------
def _as_float(case: Pairing) -> Pairing:
    return Pairing(
        np.asarray(case.got, dtype=float),
        np.asarray(case.wanted, dtype=float),
        case.sizes,
        case.named,
        case.terms,
        case.previous,
        case.masks,
        case.tolerance,
    )


def _close(a: Array, b: Array, case: Pairing) -> NDArray[np.bool_]:
    size = max(float(np.max(np.abs(b), initial=0.0)), float(np.max(np.abs(a), initial=0.0)))
    slack = np.max(case.tolerance) if np.size(case.tolerance) else 0.0
    close: NDArray[np.bool_] = np.abs(a - b) <= 4 * slack + 1e-8 * size
    return close


def _same(a: Array, b: Array, case: Pairing) -> bool:
    return a.shape == b.shape and bool(np.all(_close(a, b, case)))


def _everywhere(cases: Sequence[Pairing]) -> str:
    entries = sum(case.wanted.size for case in cases)
    word = "case" if len(cases) == 1 else "cases"
    return f"holds for all {entries} entries of {len(cases)} {word}"


def _number(value: float) -> str:
    return f"{value:.4g}"


# ratios -----------------------------------------------------------------------------------------
_PLAIN = {
    "2": 2.0,
    "½": 0.5,
    "3": 3.0,
    "⅓": 1 / 3,
    "4": 4.0,
    "¼": 0.25,
    "10": 10.0,
    "0.1": 0.1,
    "1.5": 1.5,
    "0": 0.0,
}


def _origins(sizes: Mapping[str, int]) -> dict[str, float]:
    """Numbers that a factor may come from, by name; the simple ones first."""
    found: dict[str, float] = {}
    for name, n in sizes.items():
        if n > 0:
            found[name] = float(n)
            found[f"1/{name}"] = 1.0 / n
    for name, n in sizes.items():
        if n > 0:
            found[f"2·{name}"], found[f"2/{name}"] = 2.0 * n, 2.0 / n
            found[f"{name}/2"], found[f"1/(2·{name})"] = n / 2.0, 0.5 / n
            found[f"{name}²"], found[f"1/{name}²"] = float(n * n), 1.0 / (n * n)
            if n > 1:
                found[f"{name}/({name} − 1)"] = n / (n - 1.0)
                found[f"({name} − 1)/{name}"] = (n - 1.0) / n
                found[f"{name} − 1"], found[f"1/({name} − 1)"] = n - 1.0, 1.0 / (n - 1.0)
            found[f"{name} + 1"] = n + 1.0
    names = [name for name, n in sizes.items() if n > 0]
    for a, b in permutations(names, 2):
        found[f"{a}/{b}"] = sizes[a] / sizes[b]
        if a < b:
            found[f"{a}·{b}"] = float(sizes[a] * sizes[b])
            found[f"1/({a}·{b})"] = 1.0 / (sizes[a] * sizes[b])
    return found


def constant_origin(ratios: Sequence[float], sizes: Sequence[Mapping[str, int]]) -> str | None:
    """Name the number that a ratio is in every case: "2", "−½", "N", "1/N", "N·D", or None.

    >>> constant_origin([5.0, 4.0], [{"N": 5, "D": 3}, {"N": 4, "D": 6}])
    'N'
    """
    if not ratios or not all(np.isfinite(ratios)):
        return None

    def equal(values: Sequence[float]) -> bool:
        return all(
            abs(r - v) <= 1e-7 * max(abs(v), 1e-3) for r, v in zip(ratios, values, strict=True)
        )

    for sign, mark in ((1.0, ""), (-1.0, "−")):
        if sign < 0 and equal([-1.0] * len(ratios)):
            return "−1"
        for name, value in _PLAIN.items():
            if equal([sign * value] * len(ratios)):
                return mark + name
        tables = [_origins(one) for one in sizes]
        common = [name for name in tables[0] if all(name in table for table in tables)]
        for name in common:
            if equal([sign * table[name] for table in tables]):
                return mark + name
    return None


def ratio_of(got: Array, wanted: Array, tolerance: float = 0.0) -> float | None:
    """Return the constant got / wanted, None when there is none or too little to tell."""
    if got.shape != wanted.shape or not np.all(np.isfinite(got)):
        return None
    scale = float(np.vdot(wanted, wanted))
    if scale == 0.0:
        return None
    ratio = float(np.vdot(wanted, got)) / scale
    size = max(float(np.max(np.abs(got))), abs(ratio) * float(np.max(np.abs(wanted))))
    if np.all(np.abs(got - ratio * wanted) <= 1e-8 * size + 4 * tolerance * max(1.0, abs(ratio))):
        return ratio
    return None


def _ratio(cases: Sequence[Pairing]) -> Iterator[Relation]:
    ratios = [ratio_of(c.got, c.wanted, float(np.max(c.tolerance))) for c in cases]
    known = [r for r in ratios if r is not None]
    if len(known) < len(ratios):
        return
    entries = sum(case.wanted.size for case in cases)
    constant = all(abs(r - known[0]) <= 1e-7 * abs(known[0]) for r in known)
    if abs(known[0]) < 1e-9 and constant:
        yield Relation("zero", "it is zero everywhere", _everywhere(cases), 0.99, 0.0)
        return
    if entries < 2 and not constant:
        return
    origin = constant_origin(known, [c.sizes for c in cases])
    if constant and abs(known[0] + 1) < 1e-7:
        yield Relation(
            "sign", "the sign is reversed: −1 × the right value", _everywhere(cases), 0.99, -1.0
        )
    elif origin is not None:
        number = f"{known[0]:.3f}" if constant else origin
        where = "" if constant and origin.lstrip("−") in _PLAIN else f" (the factor is {origin})"
        yield Relation(
            "ratio",
            f"{number} × the right value{where}",
            _everywhere(cases),
            0.98,
            known[0] if constant else None,
        )
    elif constant and len(cases) > 1:
        yield Relation(
            "ratio", f"{_number(known[0])} × the right value", _everywhere(cases), 0.9, known[0]
        )


def _power_names(case: Pairing) -> Iterator[tuple[str, Array]]:
    for name, array in case.named.items():
        value = np.asarray(array, dtype=float)
        if value.size == 0 or not np.all(np.isfinite(value)):
            continue
        yield name, value
        yield f"{name}²", value**2


def _factor(cases: Sequence[Pairing]) -> Iterator[Relation]:
    """Entrywise ratio equal to a named array: a factor is missing or one too many."""
    if any(c.got.shape != c.wanted.shape for c in cases):
        return
    tables = [dict(_power_names(case)) for case in cases]
    for name in tables[0]:
        if not all(name in table for table in tables):
            continue
        missing = extra = inverse = True
        for case, table in zip(cases, tables, strict=True):
            array = table[name]
            if np.ptp(array) < 1e-9 * np.max(np.abs(array)) and array.size < 2 and len(cases) < 2:
                missing = extra = inverse = False
                break
            try:
                if np.broadcast_shapes(array.shape, case.got.shape) != case.got.shape:
                    raise ValueError
            except ValueError:
                missing = extra = inverse = False
                break
            missing = missing and _same(case.got * array, case.wanted, case)
            extra = extra and _same(case.wanted * array, case.got, case)
            inverse = inverse and _same(case.got, case.wanted * array**2, case)
        evidence = _everywhere(cases)
        if missing:
            yield Relation("factor missing", f"the factor {name} is missing", evidence, 0.93)
        elif extra:
            yield Relation(
                "factor extra", f"it is multiplied by {name} once too often", evidence, 0.93
            )
        elif inverse:
            yield Relation(
                "factor inverted", f"it is multiplied by {name} instead of divided", evidence, 0.9
            )


def _axis_ratio(cases: Sequence[Pairing]) -> Iterator[Relation]:
    """The ratio depends on one axis only."""
    if any(c.got.shape != c.wanted.shape or c.got.ndim != 2 for c in cases):
        return
    if any(ratio_of(c.got, c.wanted) is not None for c in cases):
        return
    for axis, word in ((0, "column"), (1, "row")):
        if all(
            c.got.shape[axis] > 1
            and all(
                ratio_of(np.take(c.got, k, 1 - axis), np.take(c.wanted, k, 1 - axis)) is not None
                for k in range(c.got.shape[1 - axis])
            )
            for c in cases
        ):
            yield Relation(
                "ratio per " + word,
                f"each {word} is a different multiple of the right one: a factor that "
                f"has one value per {word} is missing or superfluous",
                _everywhere(cases),
                0.6,
            )
            return


# shapes and order -------------------------------------------------------------------------------
def _transpose(cases: Sequence[Pairing]) -> Iterator[Relation]:
    if all(c.got.ndim == 2 and _same(c.got.T, c.wanted, c) for c in cases):
        yield Relation(
            "transpose", "it is the transpose of the right value", _everywhere(cases), 0.98
        )


def _kept(cases: Sequence[Pairing]) -> Iterator[Relation]:
    for axis in range(max(c.got.ndim for c in cases)):
        if all(
            c.got.ndim == c.wanted.ndim + 1
            and axis < c.got.ndim
            and _same(c.got.sum(axis), c.wanted, c)
            for c in cases
        ):
            yield Relation(
                "sum missing", f"the sum over axis {axis} is missing", _everywhere(cases), 0.97
            )
            return
    if all(
        c.got.shape != c.wanted.shape
        and c.got.size == c.wanted.size
        and _same(c.got.reshape(c.wanted.shape), c.wanted, c)
        for c in cases
    ):
        squeezed = all(_squeeze(c.got.shape) == _squeeze(c.wanted.shape) for c in cases)
        what = "keepdims" if squeezed else "reshape"
        yield Relation(
            what,
            f"the values are right, the shape is {cases[0].got.shape} instead of "
            f"{cases[0].wanted.shape}",
            _everywhere(cases),
            0.95,
        )


def _squeeze(shape: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(n for n in shape if n != 1)


def _summed(cases: Sequence[Pairing]) -> Iterator[Relation]:
    """A sum too many, over all axes, or over another axis than wanted."""
    if all(c.got.ndim < c.wanted.ndim for c in cases):
        for axis in range(cases[0].wanted.ndim):
            if all(axis < c.wanted.ndim and _same(c.got, c.wanted.sum(axis), c) for c in cases):
                yield Relation(
                    "sum extra",
                    f"it is summed over axis {axis}, which should stay",
                    _everywhere(cases),
                    0.97,
                )
                return
    if all(
        c.got.size == 1
        and c.wanted.size > 1
        and _same(c.got.reshape(()), np.asarray(c.wanted.sum()), c)
        for c in cases
    ):
        yield Relation("sum extra", "it is summed over all axes", _everywhere(cases), 0.96)
    elif all(
        c.got.shape != c.wanted.shape
        and c.wanted.size > 1
        and c.got.size > 1
        and _same(np.asarray(c.got.sum()), np.asarray(c.wanted.sum()), c)
        and abs(float(c.wanted.sum())) > 1e-9
        for c in cases
    ):
        yield Relation("wrong axis", "it is summed over the wrong axis", _everywhere(cases), 0.9)
    elif all(c.got.shape == c.wanted.shape and c.got.ndim >= 1 for c in cases):
        for axis in range(cases[0].wanted.ndim):
            if all(
                axis < c.got.ndim
                and c.got.shape[axis] > 1
                and _same(c.got, np.broadcast_to(c.wanted.sum(axis, keepdims=True), c.got.shape), c)
                for c in cases
            ):
                yield Relation(
                    "sum extra",
                    f"every entry holds the sum over axis {axis}",
                    _everywhere(cases),
                    0.95,
                )
            if all(
                axis < c.got.ndim
                and c.got.shape[axis] > 1
                and _same(
                    c.got, np.broadcast_to(c.wanted.mean(axis, keepdims=True), c.got.shape), c
                )
                for c in cases
            ):
                yield Relation(
                    "mean extra",
                    f"every entry holds the mean over axis {axis}",
                    _everywhere(cases),
                    0.95,
                )


def _permuted(cases: Sequence[Pairing]) -> Iterator[Relation]:
    if any(c.got.shape != c.wanted.shape or c.got.ndim == 0 or c.got.size < 2 for c in cases):
        return
    for axis in range(min(c.got.ndim for c in cases)):
        if all(_same(np.flip(c.got, axis), c.wanted, c) for c in cases):
            yield Relation(
                "permutation", f"axis {axis} is in reverse order", _everywhere(cases), 0.96
            )
            return
        if all(_same(_by_rows(c.got, axis), _by_rows(c.wanted, axis), c) for c in cases):
            yield Relation(
                "permutation",
                f"the values are right but permuted along axis {axis}",
                _everywhere(cases),
                0.93,
            )
            return


def _by_rows(a: Array, axis: int) -> Array:
    moved = np.moveaxis(a, axis, 0)
    order = np.argsort(np.round(moved.reshape(moved.shape[0], -1)[:, 0], 7), kind="stable")
    return moved[order]


# sums of paths ----------------------------------------------------------------------------------
def _terms(cases: Sequence[Pairing]) -> Iterator[Relation]:
    """One additive path is missing, doubled, or has the wrong sign."""
    if any(c.got.shape != c.wanted.shape for c in cases):
        return
    factors = (
        (1.0, "missing term", "{} is missing", 0.96),
        (-1.0, "extra term", "{} is added once too often", 0.92),
        (2.0, "term's sign", "{} has the wrong sign", 0.95),
    )
    for name in cases[0].terms:
        if not all(name in c.terms for c in cases):
            continue
        for factor, short, text, confidence in factors:
            if all(_term_explains(c, factor, name) for c in cases):
                yield Relation(
                    short,
                    "right up to one path: " + text.format(name),
                    _everywhere(cases),
                    confidence,
                )
        ratios = [_term_ratio(c, name) for c in cases]
        known = [r for r in ratios if r is not None]
        if len(known) == len(cases):
            origin = constant_origin([1.0 - r for r in known], [c.sizes for c in cases])
            if origin is not None and origin not in ("0", "2", "−1"):
                yield Relation(
                    "term's factor",
                    f"right up to one path: {name} has the factor {origin} too much",
                    _everywhere(cases),
                    0.9,
                )


def _term_explains(case: Pairing, factor: float, name: str) -> bool:
    term = np.asarray(case.terms[name], dtype=float)
    if term.shape != case.wanted.shape or not np.any(np.abs(term) > 1e-9):
        return False
    return _same(case.wanted - factor * term, case.got, case)


def _term_ratio(case: Pairing, name: str) -> float | None:
    term = np.asarray(case.terms[name], dtype=float)
    if term.shape != case.wanted.shape or term.size < 2:
        return None
    return ratio_of(case.wanted - case.got, term)


# places -----------------------------------------------------------------------------------------
def _masked(cases: Sequence[Pairing]) -> Iterator[Relation]:
    """Right where a mask holds, wrong elsewhere."""
    if any(c.got.shape != c.wanted.shape for c in cases):
        return
    good = [_close(c.got, c.wanted, c) for c in cases]
    share = sum(int(g.sum()) for g in good), sum(g.size for g in good)
    if not 0 < share[0] < share[1]:
        return
    held = f"{share[0]} of {share[1]} entries are right in {len(cases)} cases"
    for name in cases[0].masks:
        if all(name in c.masks and np.shape(c.masks[name]) == c.wanted.shape for c in cases):
            masks = [np.asarray(c.masks[name], dtype=bool) for c in cases]
            if all(
                np.array_equal(g, m) or ((np.all(g[m]) and not np.all(g)) and not np.any(g[~m]))
                for g, m in zip(good, masks, strict=True)
            ):
                yield Relation("mask", f"right only where {name}", held, 0.92)
                return
            if all(np.array_equal(g, ~m) for g, m in zip(good, masks, strict=True)):
                yield Relation("mask", f"wrong only where {name}", held, 0.92)
                return
    if all(np.all(g | (c.wanted == 0)) for g, c in zip(good, cases, strict=True)):
        yield Relation(
            "mask",
            "wrong only where the right value is zero: a mask is missing or too wide",
            held,
            0.85,
        )
    elif all(np.all(g | (c.got == 0)) for g, c in zip(good, cases, strict=True)):
        yield Relation("mask", "wrong only where it is zero: a mask is too narrow", held, 0.85)
    else:
        yield from _one_line(cases, good, held)


def _one_line(
    cases: Sequence[Pairing], good: Sequence[NDArray[np.bool_]], held: str
) -> Iterator[Relation]:
    if any(c.wanted.ndim == 0 for c in cases):
        return
    for axis in range(min(c.wanted.ndim for c in cases)):
        lines = [
            np.flatnonzero(~np.all(np.moveaxis(g, axis, 0).reshape(g.shape[axis], -1), axis=1))
            for g in good
        ]
        for end, word in ((0, "first"), (-1, "last")):
            if all(
                len(one) == 1 and one[0] == range(g.shape[axis])[end] and g.shape[axis] > 1
                for one, g in zip(lines, good, strict=True)
            ):
                yield Relation(
                    "one line", f"only the {word} entry along axis {axis} is wrong", held, 0.85
                )
                return


def _offset(cases: Sequence[Pairing]) -> Iterator[Relation]:
    if all(
        c.got.shape == c.wanted.shape
        and c.got.size > 1
        and np.ptp(c.got - c.wanted) <= 1e-8 * (np.max(np.abs(c.wanted)) + 1e-30)
        for c in cases
    ):
        shift = [float(np.mean(c.got - c.wanted)) for c in cases]
        if all(abs(s - shift[0]) < 1e-7 for s in shift):
            yield Relation(
                "offset", f"{_number(shift[0])} is added to every entry", _everywhere(cases), 0.9
            )


def _other(cases: Sequence[Pairing]) -> Iterator[Relation]:
    """It is the right value of something else: an earlier value, another argument."""
    for name in cases[0].previous:
        if all(
            name in c.previous and _same(c.got, np.asarray(c.previous[name], dtype=float), c)
            for c in cases
        ):
            yield Relation("other value", f"it holds {name}", _everywhere(cases), 0.94)
            return


def _magnitude(cases: Sequence[Pairing]) -> Iterator[Relation]:
    if any(c.got.shape != c.wanted.shape for c in cases):
        return
    if all(np.all(_close(np.abs(c.got), np.abs(c.wanted), c)) for c in cases):
        yield Relation(
            "some signs", "the magnitudes are right, some signs are not", _everywhere(cases), 0.8
        )
    elif all(
        np.all(np.abs(c.got - c.wanted) <= 1e-6 * np.max(np.abs(c.wanted), initial=0.0))
        for c in cases
    ):
        yield Relation(
            "float32", "it differs by the rounding of float32 only", _everywhere(cases), 0.7
        )


_FINDERS: tuple[Finder, ...] = (
    _ratio,
    _transpose,
    _kept,
    _summed,
    _terms,
    _factor,
    _permuted,
    _masked,
    _offset,
    _other,
    _magnitude,
    _axis_ratio,
)
