"""What a value is that is not what its name promises: other adjoints, parts, multiples, sums."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations

import numpy as np

from properties.diagnosis.relations import constant_origin, ratio_of

from ..values import Array
from .adjoints import agree, squeezed
from .findings import Candidate, Finding, Slot
from .gather import Evidence

__all__ = ["Explaining"]


class Explaining:
    """The part of `Judge` that looks for what a value is."""

    __slots__ = ()

    evidence: Evidence
    candidates: list[Candidate]
    forward_values: list[tuple[str, tuple[Array, ...]]]

    def _value(self, values: tuple[Array, ...], index: Sequence[int], name: str) -> str | None:
        matches = [
            label
            for label, known in self.forward_values
            if all(
                squeezed(known[k].shape) == squeezed(v.shape)
                and known[k].dtype.kind == v.dtype.kind
                and np.allclose(known[k].reshape(v.shape), v, rtol=1e-10, atol=1e-12)
                for v, k in zip(values, index, strict=True)
            )
        ]
        if name in matches:
            return name
        return matches[0] if matches else None

    def _other(
        self, slot: Slot, values: tuple[Array, ...], index: Sequence[int], right: object
    ) -> Finding | None:
        """What a value is that is not what its name promises."""
        assert callable(right)
        shape = squeezed(values[0].shape)
        for one in self.candidates:
            if squeezed(one.adjoints[index[0]].value.shape) == shape and right(one):
                found = self._as(slot, one)
                # One and the same number everywhere is no evidence.
                return replace(found, meaning="value") if _constant_everywhere(values) else found
        value = self._value(values, index, slot.name)
        if value:
            return Finding(slot, "value", value, f"the forward's {value}")
        upstream = [np.asarray(self.evidence.cases[k].dout, dtype=float) for k in index]
        if values[0].size > 1 and all(
            u.shape == v.shape and np.array_equal(u, v)
            for u, v in zip(upstream, values, strict=True)
        ):
            return Finding(slot, "adjoint", "the output", "the upstream derivative")
        return self._sum_of_parts(slot, values, index) or self._changed(slot, values, index)

    def _as(self, slot: Slot, one: Candidate) -> Finding:
        if one.kind == "way":
            label, _, node = one.label.rpartition(" through ")
            return Finding(
                slot,
                "part",
                label,
                f"the part of the adjoint of {label} that goes through {node} in line {one.line}",
            )
        if one.kind not in ("use", "read"):
            return Finding(slot, "adjoint", one.label, f"the adjoint of {one.label}")
        return Finding(
            slot,
            "part",
            one.label,
            f"the part of the adjoint of {one.label} that goes through line {one.line}",
        )

    def _sum_of_parts(
        self, slot: Slot, values: tuple[Array, ...], index: Sequence[int]
    ) -> Finding | None:
        """A sum of several uses of one name is part of its adjoint."""
        groups: dict[str, list[Candidate]] = {}
        for one in self.candidates:
            if one.kind == "use" and squeezed(one.adjoints[index[0]].value.shape) == squeezed(
                values[0].shape
            ):
                groups.setdefault(one.label, []).append(one)
        for label, parts in groups.items():
            for many in (2, 3):
                for some in combinations(parts[:6], many):
                    sums = [
                        sum((p.adjoints[k] for p in some[1:]), some[0].adjoints[k]) for k in index
                    ]
                    if all(agree(v, s) for v, s in zip(values, sums, strict=True)):
                        lines = ", ".join(str(p.line) for p in some)
                        return Finding(
                            slot,
                            "part",
                            label,
                            f"the part of the adjoint of {label} through lines {lines}",
                        )
        return None

    def _changed(
        self, slot: Slot, values: tuple[Array, ...], index: Sequence[int]
    ) -> Finding | None:
        """A multiple of an adjoint, its transpose, or what becomes one when it is summed."""
        sizes = [self.evidence.cases[k].sizes for k in index]
        for one in self.candidates:
            wanted = [one.adjoints[k] for k in index]
            if one.kind in ("use", "read", "way") and wanted[0].value.size < 2:
                continue
            if (
                all(
                    squeezed(v.shape) == squeezed(w.value.shape)
                    for v, w in zip(values, wanted, strict=True)
                )
                and wanted[0].value.size > 1
            ):
                ratios = [
                    ratio_of(v.reshape(w.value.shape), w.value, float(w.error.max()))
                    for v, w in zip(values, wanted, strict=True)
                ]
                if all(r is not None for r in ratios):
                    origin = constant_origin([r for r in ratios if r is not None], sizes)
                    if origin not in (None, "0"):
                        return Finding(
                            slot, "scaled", one.label, f"{origin} × the adjoint of {one.label}"
                        )
            if all(
                v.ndim == 2
                and v.T.shape == w.value.shape
                and v.shape != v.T.shape
                and agree(v.T, w)
                for v, w in zip(values, wanted, strict=True)
            ):
                return Finding(slot, "scaled", one.label, f"the adjoint of {one.label}, transposed")
            if all(
                v.size == w.value.size
                and v.shape != w.value.shape
                and v.size > 1
                and agree(v.reshape(w.value.shape), w)
                for v, w in zip(values, wanted, strict=True)
            ):
                return Finding(
                    slot, "adjoint", one.label, f"the adjoint of {one.label}, in another shape"
                )
        return self._factor(slot, values, index) or self._summed(slot, values, index)

    def _factor(
        self, slot: Slot, values: tuple[Array, ...], index: Sequence[int]
    ) -> Finding | None:
        """An adjoint times or divided by a value of the forward, or a local derivative."""
        known = [
            (label, [v[k] for k in index])
            for label, v in self.forward_values
            if v[0].dtype.kind == "f" and v[0].size > 1
        ]
        shape = values[0].shape
        nodes = [
            c
            for c in self.candidates
            if c.kind in ("assign", "leaf", "input") and values[0].size > 1
        ]
        with np.errstate(all="ignore"):
            for one in nodes:
                if one.adjoints[index[0]].value.shape != shape:
                    continue
                for label, arrays in known:
                    # Two axes may be equally long in one case and not in the next.
                    if not all(
                        _fits(a.shape, v.shape) and one.adjoints[k].value.shape == v.shape
                        for k, a, v in zip(index, arrays, values, strict=True)
                    ):
                        continue
                    for word, made in (
                        (
                            "×",
                            [one.adjoints[k].value * a for k, a in zip(index, arrays, strict=True)],
                        ),
                        (
                            "÷",
                            [one.adjoints[k].value / a for k, a in zip(index, arrays, strict=True)],
                        ),
                    ):
                        origin = self._constant(values, made, index)
                        if origin is not None:
                            times = "" if origin == "1" else f"{origin} × "
                            return Finding(
                                slot,
                                "factor",
                                one.label,
                                f"{times}the adjoint of {one.label} {word} {label}",
                            )
            outer = [
                (
                    "the output",
                    [np.asarray(self.evidence.cases[k].dout, dtype=float) for k in index],
                )
            ]
            outer += [(c.label, [c.adjoints[k].value for k in index]) for c in nodes]
            for above, upstream in outer:
                if upstream[0].shape != shape or not np.all(upstream[0]):
                    continue
                made = [v * u for v, u in zip(values, upstream, strict=True)]
                for one in nodes:
                    if one.label != above and all(
                        m.shape == one.adjoints[k].value.shape and agree(m, one.adjoints[k])
                        for m, k in zip(made, index, strict=True)
                    ):
                        return Finding(
                            slot,
                            "factor",
                            one.label,
                            f"the derivative of {above} by {one.label}, entry by entry",
                        )
        return None

    def _constant(
        self, values: Sequence[Array], made: Sequence[Array], index: Sequence[int]
    ) -> str | None:
        """Return "1" for equal values, the name of a constant ratio, or None."""
        if all(_near(v, m) for v, m in zip(values, made, strict=True)):
            return "1"
        if values[0].size < 3 or any(
            v.shape != m.shape or not np.all(np.isfinite(m))
            for v, m in zip(values, made, strict=True)
        ):
            return None
        ratios = [ratio_of(v, m) for v, m in zip(values, made, strict=True)]
        if any(r is None for r in ratios):
            return None
        origin = constant_origin(
            [r for r in ratios if r is not None], [self.evidence.cases[k].sizes for k in index]
        )
        return None if origin == "0" else origin

    def _summed(
        self, slot: Slot, values: tuple[Array, ...], index: Sequence[int]
    ) -> Finding | None:
        """What becomes an adjoint when it is summed over an axis."""
        for one in self.candidates:
            wanted = [one.adjoints[k] for k in index]
            for axis in range(values[0].ndim):
                if all(
                    v.ndim > axis
                    and v.shape[axis] > 1
                    and agree(v.sum(axis), w)
                    and w.value.size > 0
                    and np.any(w.value)
                    for v, w in zip(values, wanted, strict=True)
                ):
                    return Finding(
                        slot,
                        "summed",
                        one.label,
                        f"becomes the adjoint of {one.label} when it is summed over axis {axis}",
                    )
        return None


def _constant_everywhere(values: Sequence[Array]) -> bool:
    first = values[0].flat[0]
    return len(values) > 1 and all(np.all(v == first) for v in values)


def _fits(inner: tuple[int, ...], outer: tuple[int, ...]) -> bool:
    try:
        return np.broadcast_shapes(inner, outer) == outer
    except ValueError:
        return False


def _near(a: Array, b: Array) -> bool:
    size = float(np.max(np.abs(a), initial=0.0))
    return a.shape == b.shape and bool(np.all(np.abs(a - b) <= 1e-8 * size + 1e-12))
