"""The constant between two arrays, and the number of the computation that it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import permutations

import numpy as np

from .pairing import Array

PLAIN = {
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
        for name, value in PLAIN.items():
            if equal([sign * value] * len(ratios)):
                return mark + name
        tables = [_origins(one) for one in sizes]
        common = [name for name in tables[0] if all(name in table for table in tables)]
        for name in common:
            if equal([sign * table[name] for table in tables]):
                return mark + name
    return None


def origin_value(name: str, sizes: Mapping[str, int]) -> float:
    """The number of a name that ``constant_origin`` gave, for the sizes of one case."""
    sign = -1.0 if name.startswith("−") else 1.0
    plain = name.removeprefix("−")
    if plain == "1":
        return sign
    return sign * (PLAIN[plain] if plain in PLAIN else _origins(sizes)[plain])


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
