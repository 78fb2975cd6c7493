"""Relations in which a part is wrong: some entries, one term of a sum, or which value it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from .factors import constant_origin, ratio_of
from .pairing import Array, Pairing, Relation, close, digits, everywhere, same


def terms(cases: Sequence[Pairing]) -> Iterator[Relation]:
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
                    everywhere(cases),
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
                    everywhere(cases),
                    0.9,
                )


def _term_explains(case: Pairing, factor: float, name: str) -> bool:
    term = np.asarray(case.terms[name], dtype=float)
    if term.shape != case.wanted.shape or not np.any(np.abs(term) > 1e-9):
        return False
    return same(case.wanted - factor * term, case.got, case)


def _term_ratio(case: Pairing, name: str) -> float | None:
    term = np.asarray(case.terms[name], dtype=float)
    if term.shape != case.wanted.shape or term.size < 2:
        return None
    return ratio_of(case.wanted - case.got, term)


def masked(cases: Sequence[Pairing]) -> Iterator[Relation]:
    """Right where a mask holds, wrong elsewhere."""
    if any(c.got.shape != c.wanted.shape for c in cases):
        return
    good = [close(c.got, c.wanted, c) for c in cases]
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
    mixed = [
        _is_mixed(c.wanted) or _is_mixed(c.got)
        for g, c in zip(good, cases, strict=True)
        if not g.all()
    ]
    if sum(mixed) < min(2, len(cases)):
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


def _is_mixed(array: Array) -> bool:
    """Zero in some places and not in others, as a mask makes it."""
    return bool((array == 0).any() and (array != 0).any())


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


def offset(cases: Sequence[Pairing]) -> Iterator[Relation]:
    if all(c.got.size == 1 for c in cases) and len(cases) < 3:
        return
    if all(
        c.got.shape == c.wanted.shape
        and c.got.size > 0
        and np.ptp(c.got - c.wanted) <= 1e-8 * (np.max(np.abs(c.wanted)) + 1e-30)
        for c in cases
    ):
        shift = [float(np.mean(c.got - c.wanted)) for c in cases]
        if all(abs(s - shift[0]) < 1e-7 * abs(shift[0]) for s in shift):
            yield Relation(
                "offset", f"{digits(shift[0])} is added to every entry", everywhere(cases), 0.9
            )


def other(cases: Sequence[Pairing]) -> Iterator[Relation]:
    """It is the right value of something else: an earlier value, another argument."""
    for name in cases[0].previous:
        if all(
            name in c.previous and same(c.got, np.asarray(c.previous[name], dtype=float), c)
            for c in cases
        ):
            yield Relation("other value", f"it holds {name}", everywhere(cases), 0.94)
            return
