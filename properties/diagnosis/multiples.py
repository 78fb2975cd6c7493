"""Relations in which a factor is wrong: for all entries, for each line, or entry by entry."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from .factors import PLAIN, constant_origin, ratio_of
from .pairing import Array, Pairing, Relation, close, digits, everywhere, same


def ratio(cases: Sequence[Pairing]) -> Iterator[Relation]:
    """One number in every case, or one size."""
    some = [c for c in cases if c.got.any() or c.wanted.any()]  # zero is any multiple of zero
    cases = some if len(some) > 1 else cases
    ratios = [ratio_of(c.got, c.wanted, float(np.max(c.tolerance))) for c in cases]
    known = [r for r in ratios if r is not None]
    if len(known) < len(ratios):
        return
    entries = sum(case.wanted.size for case in cases)
    constant = all(abs(r - known[0]) <= 1e-7 * abs(known[0]) for r in known)
    if all(abs(r) < 1e-9 for r in known):
        yield Relation("zero", "it is zero everywhere", everywhere(cases), 0.99, 0.0)
        return
    if (entries < 2 and not constant) or (constant and abs(known[0] - 1.0) < 1e-6):
        return
    origin = constant_origin(known, [c.sizes for c in cases])
    if constant and abs(known[0] + 1) < 1e-7:
        yield Relation(
            "sign", "the sign is reversed: −1 × the right value", everywhere(cases), 0.99, -1.0
        )
    elif origin is not None:
        number = f"{known[0]:.3f}" if constant else origin
        where = (
            ""
            if constant and origin.lstrip("−") in PLAIN
            else f" (the factor is {origin}{_hint(origin)})"
        )
        yield Relation(
            "ratio",
            f"{number} × the right value{where}",
            everywhere(cases),
            0.98,
            known[0] if constant else None,
        )
    elif constant and len(cases) > 1:
        yield Relation(
            "ratio", f"{digits(known[0])} × the right value", everywhere(cases), 0.9, known[0]
        )


def _hint(origin: str) -> str:
    """What a size as a factor most often comes from."""
    above, _, below = origin.lstrip("−").partition("/")
    if above.isalpha() and not below:
        return f": divide by {above}, or a sum where a mean belongs"
    if above == "1" and below.isalpha():
        return f": divided by {below} once too often, or a mean where a sum belongs"
    if above.isalpha() and below.isalpha():
        return f": {above} in place of {below}, or divided by {below} in place of {above}"
    return ""


def _power_names(case: Pairing) -> Iterator[tuple[str, Array]]:
    for name, array in case.named.items():
        value = np.asarray(array, dtype=float)
        if value.size == 0 or not np.all(np.isfinite(value)):
            continue
        yield name, value
        yield f"{name}²", value**2


def factor(cases: Sequence[Pairing]) -> Iterator[Relation]:
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
            missing = missing and same(case.got * array, case.wanted, case)
            extra = extra and same(case.wanted * array, case.got, case)
            inverse = inverse and same(case.got, case.wanted * array**2, case)
        evidence = everywhere(cases)
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


def added(cases: Sequence[Pairing]) -> Iterator[Relation]:
    """A multiple of a named array is added."""
    if any(c.got.shape != c.wanted.shape for c in cases):
        return
    for name in cases[0].named:
        arrays = [np.asarray(c.named[name], float) for c in cases if name in c.named]
        if len(arrays) < len(cases) or any(
            a.shape != c.wanted.shape for a, c in zip(arrays, cases, strict=True)
        ):
            continue
        pairs = [
            (ratio_of(c.got - c.wanted, a), c)
            for c, a in zip(cases, arrays, strict=True)
            if a.any()
        ]
        known = [r for r, _ in pairs if r]
        if len(known) < max(2, len(pairs)) or sum(c.got.size for _, c in pairs) < 4:
            continue
        constant = max(known) - min(known) <= 1e-7 * abs(known[0])
        if constant and abs(known[0] - 1.0) <= 1e-7:
            what = name
        elif origin := constant_origin(known, [c.sizes for _, c in pairs]):
            what = f"{origin} × {name}"
        elif constant:
            what = f"{digits(known[0])} × {name}"
        else:
            continue
        yield Relation("added", f"{what} is added to the right value", everywhere(cases), 0.92)
        return


def axis_ratio(cases: Sequence[Pairing]) -> Iterator[Relation]:
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
                everywhere(cases),
                0.6,
            )
            return


def magnitude(cases: Sequence[Pairing]) -> Iterator[Relation]:
    if any(c.got.shape != c.wanted.shape for c in cases):
        return
    if all(np.all(close(np.abs(c.got), np.abs(c.wanted), c)) for c in cases):
        yield Relation(
            "some signs", "the magnitudes are right, some signs are not", everywhere(cases), 0.8
        )
    elif all(
        np.all(np.abs(c.got - c.wanted) <= 1e-6 * np.max(np.abs(c.wanted), initial=0.0))
        for c in cases
    ):
        yield Relation(
            "float32", "it differs by the rounding of float32 only", everywhere(cases), 0.7
        )
