"""Relations of shape and order: transposes, sums over an axis, permutations."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

import numpy as np

from .pairing import Array, Pairing, Relation, everywhere, same


def transpose(cases: Sequence[Pairing]) -> Iterator[Relation]:
    if all(c.got.ndim == 2 and same(c.got.T, c.wanted, c) for c in cases):
        yield Relation(
            "transpose", "it is the transpose of the right value", everywhere(cases), 0.98
        )


def kept(cases: Sequence[Pairing]) -> Iterator[Relation]:
    for axis in range(max(c.got.ndim for c in cases)):
        if all(
            c.got.ndim == c.wanted.ndim + 1
            and axis < c.got.ndim
            and same(c.got.sum(axis), c.wanted, c)
            for c in cases
        ):
            yield Relation(
                "sum missing", f"the sum over axis {axis} is missing", everywhere(cases), 0.97
            )
            return
    if all(
        c.got.shape != c.wanted.shape
        and c.got.size == c.wanted.size
        and same(c.got.reshape(c.wanted.shape), c.wanted, c)
        for c in cases
    ):
        squeezed = all(_squeeze(c.got.shape) == _squeeze(c.wanted.shape) for c in cases)
        what = "keepdims" if squeezed else "reshape"
        yield Relation(
            what,
            f"the values are right, the shape is {cases[0].got.shape} instead of "
            f"{cases[0].wanted.shape}",
            everywhere(cases),
            0.95,
        )


def _squeeze(shape: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(n for n in shape if n != 1)


def summed(cases: Sequence[Pairing]) -> Iterator[Relation]:
    """A sum too many, over all axes, or over another axis than wanted."""
    if all(c.got.ndim < c.wanted.ndim for c in cases):
        for axis in range(cases[0].wanted.ndim):
            if all(axis < c.wanted.ndim and same(c.got, c.wanted.sum(axis), c) for c in cases):
                yield Relation(
                    "sum extra",
                    f"it is summed over axis {axis}, which should stay",
                    everywhere(cases),
                    0.97,
                )
                return
    if all(
        c.got.size == 1
        and c.wanted.size > 1
        and same(c.got.reshape(()), np.asarray(c.wanted.sum()), c)
        for c in cases
    ):
        yield Relation("sum extra", "it is summed over all axes", everywhere(cases), 0.96)
    elif all(
        c.got.shape != c.wanted.shape
        and c.wanted.size > 1
        and c.got.size > 1
        and same(np.asarray(c.got.sum()), np.asarray(c.wanted.sum()), c)
        and abs(float(c.wanted.sum())) > 1e-9
        for c in cases
    ):
        yield Relation("wrong axis", "it is summed over the wrong axis", everywhere(cases), 0.9)
    elif all(c.got.shape == c.wanted.shape and c.got.ndim >= 1 for c in cases):
        for axis, (name, over) in itertools.product(
            range(cases[0].wanted.ndim), (("sum", np.sum), ("mean", np.mean))
        ):
            if all(
                axis < c.got.ndim
                and c.got.shape[axis] > 1
                and same(
                    c.got, np.broadcast_to(over(c.wanted, axis, keepdims=True), c.got.shape), c
                )
                for c in cases
            ):
                sentence = f"every entry holds the {name} over axis {axis}"
                yield Relation(f"{name} extra", sentence, everywhere(cases), 0.95)


def permuted(cases: Sequence[Pairing]) -> Iterator[Relation]:
    if any(c.got.shape != c.wanted.shape or c.got.ndim == 0 or c.got.size < 2 for c in cases):
        return
    for axis in range(min(c.got.ndim for c in cases)):
        if all(same(np.flip(c.got, axis), c.wanted, c) for c in cases):
            yield Relation(
                "permutation", f"axis {axis} is in reverse order", everywhere(cases), 0.96
            )
            return
        if all(same(_by_rows(c.got, axis), _by_rows(c.wanted, axis), c) for c in cases):
            yield Relation(
                "permutation",
                f"the values are right but permuted along axis {axis}",
                everywhere(cases),
                0.93,
            )
            return


def _by_rows(a: Array, axis: int) -> Array:
    moved = np.moveaxis(a, axis, 0)
    order = np.argsort(np.round(moved.reshape(moved.shape[0], -1)[:, 0], 7), kind="stable")
    return moved[order]
