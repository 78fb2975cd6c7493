"""What a value is that is not what its name promises: other adjoints, parts, multiples, sums."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import combinations

import numpy as np

from ...diagnosis.relations import constant_origin, ratio_of
from ..values import Array
from .adjoints import Adjoint, agree, squeezed
from .candidates import Candidates
from .findings import Candidate, Finding, Slot
from .gather import Evidence

__all__ = ["Explainer"]

Values = tuple[Array, ...]
Index = Sequence[int]


class Explainer:
    """Looks for what a value is among the candidates."""

    def __init__(self, evidence: Evidence, candidates: Candidates) -> None:
        self._evidence, self._candidates = evidence, candidates
        self._tables: dict[tuple[int, int, int], tuple[list[Candidate], Array]] = {}

    def _alike(self, value: Array, case: int) -> list[Candidate]:
        """Candidates of which a value is perhaps a multiple, all at once: there are thousands."""
        every = self._candidates.every
        key = (len(every), value.size, case)
        if key not in self._tables:
            mine = [c for c in every if c.adjoints[case].value.size == value.size]
            rows = np.array([c.adjoints[case].value.ravel() for c in mine]).reshape(
                len(mine), value.size
            )
            lengths = np.linalg.norm(rows, axis=1, keepdims=True)
            self._tables[key] = mine, rows / np.where(lengths > 0, lengths, 1.0)
        mine, table = self._tables[key]
        length = float(np.linalg.norm(value))
        if not mine or not np.isfinite(length) or length == 0:
            return []
        near = np.abs(table @ (np.ravel(value) / length)) > 1 - 1e-8
        return [mine[int(k)] for k in np.flatnonzero(near)]

    def value(self, values: Values, index: Index, name: str) -> str | None:
        """Return the value of the forward that a value repeats, first of all that of its name."""
        matches = [
            label
            for label, known in self._candidates.values
            if all(
                squeezed(known[k].shape) == squeezed(v.shape)
                and known[k].dtype.kind == v.dtype.kind
                and np.allclose(known[k].reshape(v.shape), v, rtol=1e-10, atol=1e-12)
                for v, k in zip(values, index, strict=True)
            )
        ]
        return name if name in matches else next(iter(matches), None)

    def other(
        self, slot: Slot, values: Values, index: Index, right: Callable[[Candidate], bool]
    ) -> Finding | None:
        """What a value is that is not what its name promises; `right` tells its candidates."""
        shape = squeezed(values[0].shape)
        for one in self._alike(values[0], index[0]):
            if squeezed(one.adjoints[index[0]].value.shape) == shape and right(one):
                found = self._as(slot, one)
                # One and the same number everywhere is no evidence.
                return replace(found, meaning="value") if _constant_everywhere(values) else found
        name = self.value(values, index, slot.name)
        if name:
            return Finding(slot, "value", name, f"the forward's {name}")
        douts = [self._upstream(k) for k in index]
        if values[0].size > 1 and all(
            any(u.shape == v.shape and np.array_equal(u, v) for u in several)
            for several, v in zip(douts, values, strict=True)
        ):
            return Finding(slot, "adjoint", "the output", "the upstream derivative")
        for look in (self._sum_of_parts, self._changed, self.factor, self._summed):
            made = look(slot, values, index)
            if made is not None:
                return made
        return None

    def _upstream(self, case: int) -> list[Array]:
        dout = self._evidence.cases[case].dout
        several = dout if isinstance(dout, (tuple, list)) else (dout,)
        return [np.asarray(one, dtype=float) for one in several]

    def _adjoints(
        self, kinds: Sequence[str], index: Index
    ) -> Iterator[tuple[Candidate, list[Adjoint]]]:
        for one in self._candidates.every:
            if not kinds or one.kind in kinds:
                yield one, [one.adjoints[k] for k in index]

    def _sum_of_parts(self, slot: Slot, values: Values, index: Index) -> Finding | None:
        """A sum of several uses of one name is part of its adjoint."""
        groups: dict[str, list[Candidate]] = {}
        for one, adjoints in self._adjoints(("use",), index):
            if squeezed(adjoints[0].value.shape) == squeezed(values[0].shape):
                groups.setdefault(one.label, []).append(one)
        for label, parts in groups.items():
            for some in [some for many in (2, 3) for some in combinations(parts[:6], many)]:
                if any(len({p.adjoints[k].value.shape for p in some}) > 1 for k in index):
                    continue  # uses in different layouts: their parts do not add up
                sums = [sum((p.adjoints[k] for p in some[1:]), some[0].adjoints[k]) for k in index]
                if all(agree(v, s) for v, s in zip(values, sums, strict=True)):
                    lines = ", ".join(str(p.line) for p in some)
                    said = f"the part of the adjoint of {label} through lines {lines}"
                    return Finding(slot, "part", label, said)
        return None

    def _changed(self, slot: Slot, values: Values, index: Index) -> Finding | None:
        """A multiple of an adjoint, its transpose, or the same in another shape."""
        alike = self._alike(values[0], index[0])
        if values[0].ndim == 2:
            alike = [*alike, *self._alike(values[0].T, index[0])]
        for one in alike:
            wanted = [one.adjoints[k] for k in index]
            if one.kind in ("use", "read", "way") and wanted[0].value.size < 2:
                continue
            pairs = list(zip(values, wanted, strict=True))
            adjoint = f"the adjoint of {one.label}"
            origin = self._multiple(pairs, index)
            if origin is not None:
                return Finding(slot, "scaled", one.label, f"{origin} × {adjoint}")
            if all(
                v.ndim == 2 and v.T.shape == w.value.shape != v.shape and agree(v.T, w)
                for v, w in pairs
            ):
                return Finding(slot, "scaled", one.label, f"{adjoint}, transposed")
            if all(
                v.size == w.value.size > 1
                and v.shape != w.value.shape
                and agree(v.reshape(w.value.shape), w)
                for v, w in pairs
            ):
                return Finding(slot, "adjoint", one.label, f"{adjoint}, in another shape")
        return None

    def _multiple(self, pairs: Sequence[tuple[Array, Adjoint]], index: Index) -> str | None:
        if pairs[0][1].value.size < 2 or any(
            squeezed(v.shape) != squeezed(w.value.shape) for v, w in pairs
        ):
            return None
        ratios = [
            ratio_of(v.reshape(w.value.shape), w.value, float(w.error.max())) for v, w in pairs
        ]
        known = [r for r in ratios if r is not None]
        if len(known) < len(ratios):
            return None
        origin = constant_origin(known, [self._evidence.cases[k].sizes for k in index])
        return None if origin == "0" else origin

    def factor(self, slot: Slot, values: Values, index: Index) -> Finding | None:
        """An adjoint times or divided by a value of the forward, or a local derivative."""
        if values[0].size < 2 or self._evidence.session.budget.over():
            return None
        nodes = [
            (one, [a.value for a in wanted])
            for one, wanted in self._adjoints(("assign", "leaf", "input"), index)
            if all(a.value.shape == v.shape for a, v in zip(wanted, values, strict=True))
        ]
        known = self._fitting(values, index)
        table = np.array([np.ravel(arrays[0]) for _, arrays in known])
        with np.errstate(all="ignore"):
            for one, adjoints in nodes if known else ():
                for word, k in _proportional(table, np.ravel(values[0]), np.ravel(adjoints[0])):
                    label, arrays = known[k]
                    pairs = zip(adjoints, arrays, strict=True)
                    made = [w * a if word == "×" else w / a for w, a in pairs]
                    origin = self._constant(values, made, index)
                    if origin is not None:
                        times = "" if origin == "1" else f"{origin} × "
                        said = f"{times}the adjoint of {one.label} {word} {_as_factor(label)}"
                        return Finding(slot, "factor", one.label, said)
            return self._local(slot, values, index, nodes)

    def _fitting(self, values: Values, index: Index) -> list[tuple[str, list[Array]]]:
        """Values of the forward that broadcast to the shape of a value, in every case.

        Two axes may be equally long in one case and not in the next.
        """
        found = []
        for label, every in self._candidates.values:
            if every[0].dtype.kind == "f" and every[0].size > 1:
                arrays = [every[k] for k in index]
                if all(_fits(a.shape, v.shape) for a, v in zip(arrays, values, strict=True)):
                    pairs = zip(arrays, values, strict=True)
                    found.append((label, [np.broadcast_to(a, v.shape) for a, v in pairs]))
        return found

    def _local(
        self,
        slot: Slot,
        values: Values,
        index: Index,
        nodes: Sequence[tuple[Candidate, list[Array]]],
    ) -> Finding | None:
        """The derivative of one value by another, entry by entry: what a chain rule multiplies."""
        above = [("the output", [np.asarray(d[0]) for d in map(self._upstream, index)])]
        above += [(one.label, adjoints) for one, adjoints in nodes]
        table = np.array([np.ravel(adjoints[0]) for _, adjoints in nodes])
        for label, upstream in above if nodes else ():
            if upstream[0].shape != values[0].shape or not np.all(upstream[0]):
                continue
            made = [v * u for v, u in zip(values, upstream, strict=True) if v.shape == u.shape]
            size = np.max(np.abs(made[0]), initial=0.0)
            near = np.max(np.abs(table - np.ravel(made[0])), axis=1) <= 1e-4 * size
            for one, _ in (nodes[int(k)] for k in np.flatnonzero(near)):
                if (
                    one.label != label
                    and len(made) == len(values)
                    and all(agree(m, one.adjoints[k]) for m, k in zip(made, index, strict=True))
                ):
                    said = f"the derivative of {label} by {one.label}, entry by entry"
                    return Finding(slot, "local", one.label, said)
        return None

    def _constant(self, values: Sequence[Array], made: Sequence[Array], index: Index) -> str | None:
        """Return "1" for equal values, the name of a constant ratio, or None."""
        if all(_near(v, m) for v, m in zip(values, made, strict=True)):
            return "1"
        if values[0].size < 3 or any(
            v.shape != m.shape or not np.all(np.isfinite(m))
            for v, m in zip(values, made, strict=True)
        ):
            return None
        ratios = [ratio_of(v, m) for v, m in zip(values, made, strict=True)]
        known = [r for r in ratios if r is not None]
        if len(known) < len(ratios):
            return None
        origin = constant_origin(known, [self._evidence.cases[k].sizes for k in index])
        return None if origin == "0" else origin

    def _summed(self, slot: Slot, values: Values, index: Index) -> Finding | None:
        """What becomes an adjoint when it is summed over an axis."""
        for axis in range(values[0].ndim):
            for one in self._alike(values[0].sum(axis), index[0]):
                wanted = [one.adjoints[k] for k in index]
                if all(
                    v.ndim > axis
                    and v.shape[axis] > 1
                    and np.any(w.value)
                    and agree(v.sum(axis), w)
                    for v, w in zip(values, wanted, strict=True)
                ):
                    said = f"becomes the adjoint of {one.label} when it is summed over axis {axis}"
                    return Finding(slot, "summed", one.label, said)
        return None

    def _as(self, slot: Slot, one: Candidate) -> Finding:
        adjoint, where = f"the adjoint of {one.label}", self._evidence.say(one.line)
        if one.kind == "way":
            label, _, node = one.label.rpartition(" through ")
            said = f"the part of the adjoint of {label} that goes through {node} in {where}"
            return Finding(slot, "part", label, said)
        if one.kind in ("use", "read"):
            said = f"the part of {adjoint} that goes through {where}"
            return Finding(slot, "part", one.label, said)
        return Finding(slot, "adjoint", one.label, adjoint)


def _as_factor(label: str) -> str:
    """An expression as it stands behind a sign of multiplication or division.

    >>> [_as_factor("var + 0.001"), _as_factor("a / b"), _as_factor("np.exp(x + 1)")]
    ['(var + 0.001)', '(a / b)', 'np.exp(x + 1)']
    """
    try:
        node = ast.parse(label, mode="eval").body
    except SyntaxError:  # it has a name that is no Python, such as one with a turn of a loop
        return label
    loose = (ast.BinOp, ast.UnaryOp, ast.BoolOp, ast.Compare, ast.IfExp, ast.Lambda)
    return f"({label})" if isinstance(node, loose) else label


def _constant_everywhere(values: Sequence[Array]) -> bool:
    first = values[0].flat[0]
    return len(values) > 1 and all(np.all(v == first) for v in values)


def _proportional(table: Array, value: Array, adjoint: Array) -> Iterator[tuple[str, int]]:
    """Rows of a table of which a value is perhaps a multiple, times or divided into an adjoint."""
    told = adjoint != 0
    if not np.any(told) or np.any(value[~told]):
        return
    rows = table[:, told]
    rows = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    for word, quotient in (("×", value[told] / adjoint[told]), ("÷", adjoint[told] / value[told])):
        size = float(np.linalg.norm(quotient))
        if np.isfinite(size) and size > 0:
            alike = np.abs(rows @ (quotient / size))
            yield from ((word, int(k)) for k in np.flatnonzero(alike > 1 - 1e-9))


def _fits(inner: tuple[int, ...], outer: tuple[int, ...]) -> bool:
    try:
        return np.broadcast_shapes(inner, outer) == outer
    except ValueError:
        return False


def _near(a: Array, b: Array) -> bool:
    size = float(np.max(np.abs(a), initial=0.0))
    return a.shape == b.shape and bool(np.all(np.abs(a - b) <= 1e-8 * size + 1e-12))
