"""Which returned array should be the gradient of which input, and under which names it goes."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np
from scipy.optimize import linear_sum_assignment

from ..names import promised, same_input, same_name
from ..values import Array
from .adjoints import Adjoint, agree, squeezed
from .candidates import Candidates
from .findings import Candidate
from .gather import Evidence, Trace

__all__ = ["Located"]

_SHORT = {"w": ("weight", "weights"), "b": ("bias", "biases")}
_PARAMETERS = ("params", "parameters")
_GRADIENTS = ("grad", "gradient", "g", "d", "delta")


class Located:
    """Pairs what a backward returns with inputs.

    By name where a name tells; by position where a row fixes the order; else in the order of the
    inputs, by shapes and values. What is paired with nothing is never right.

    Attributes
    ----------
    inputs : the input of a returned array by its place.
    others : returned arrays that are the adjoint of another value of the forward, by place.
    lost : places of arrays that ought to be gradients and belong to no input.
    texts : the source of each returned array, where it is known.
    """

    def __init__(self, evidence: Evidence, candidates: Candidates) -> None:
        self.evidence, self._candidates = evidence, candidates
        self._trace = evidence.traces[0]
        places = list(self._trace.gradients)
        texts = return_texts(evidence)
        self.returned_texts = texts
        handed = [place for place in places if not place.startswith("self.")]
        self.texts = dict(zip(handed, texts, strict=True)) if len(texts) == len(handed) else {}
        leaves = self._with_gradient(evidence.cases[0].leaves())
        self._leaf = {one.name: one for one in candidates.every if one.kind == "leaf"}
        tops = evidence.subject.leaves
        known = bool(evidence.subject.targets) or not any(v.ndim for v in leaves.values())
        every = [n for n, v in leaves.items() if v.ndim or known or n in evidence.cases[0].params]
        self._arrays = sorted(every, key=lambda n: _order(n, tops))
        self.inputs = self._paired(places, leaves)
        self.others: dict[str, Candidate] = {}
        self.lost: list[str] = []
        for place in places:
            if place not in self.inputs and not self._stacked(place):
                self._look_elsewhere(place)
        self._accept()
        self.names = dict(self._names())

    def _with_gradient(self, leaves: dict[str, Array]) -> dict[str, Array]:
        """The inputs that are known to have a gradient, or all of them."""
        targets = self.evidence.subject.targets
        known = {n: v for n, v in leaves.items() if any(same_input(n, t) for t in targets)}
        if any(not any(same_input(n, t) for n in known) for t in targets):
            # A parameter that has another name there: W is params[0].
            params = self.evidence.cases[0].params
            known = {n: v for n, v in leaves.items() if n in known or n in params}
        return known or leaves

    # pairing --------------------------------------------------------------------------------
    def _paired(self, places: Sequence[str], leaves: Mapping[str, Array]) -> dict[str, str]:
        named: dict[str, str] = {}
        for place in places:
            match = _leaf_of(place, self.texts.get(place, place), leaves)
            if match is not None and match not in named.values():
                named[place] = match
        subject = self.evidence.subject
        by_key = any("'" in place for place in places)
        in_order = subject.declared and not self.evidence.cases[0].params and not by_key
        if in_order and len(self._arrays) >= len(places):
            return dict(zip(places, self._arrays, strict=False))
        rest = [place for place in places if place not in named and self._may_be(place, named)]
        left = [name for name in self._arrays if name not in named.values()]
        return {**named, **self._by_shape(rest, left)}

    def _may_be(self, place: str, named: Mapping[str, str]) -> bool:
        """Whether an array is a gradient: a loss may return anything beside its gradients."""
        if not self._candidates.joint or not named:
            return self._is_no_value(place)
        return bool(promised(self.texts.get(place, ""))) and self._is_no_value(place)

    def _is_no_value(self, place: str) -> bool:
        """Whether an array is not a value of the forward, such as probabilities."""
        got = self._trace.gradients[place]
        return not self._candidates.joint or not any(
            known[0].shape == got.shape and np.array_equal(known[0], got)
            for name, known in self._candidates.values
            if name.isidentifier() and np.any(known[0])
        )

    def _by_shape(self, places: Sequence[str], arrays: Sequence[str]) -> dict[str, str]:
        """Pair arrays with inputs where the shapes agree, in the order of both if possible.

        Of several such pairings the one counts in which most gradients are right: what cannot be
        told apart is not called wrong.
        """
        gradients = [trace.gradients for trace in self.evidence.traces]
        known = [name for name in arrays if name in self._leaf]

        def fits(place: str, name: str) -> bool:
            return all(
                place in found
                and squeezed(found[place].shape)
                == squeezed(self._leaf[name].adjoints[k].value.shape)
                for k, found in enumerate(gradients)
            )

        def right(place: str, name: str) -> bool:
            return all(
                agree(found[place], self._leaf[name].adjoints[k])
                for k, found in enumerate(gradients)
            )

        score = np.array(
            [[fits(p, a) and 1 + right(p, a) for a in known] for p in places], dtype=float
        ).reshape(len(places), len(known))
        late = np.abs(np.subtract.outer(np.arange(len(places)), np.arange(len(known))))
        rows, columns = linear_sum_assignment(late / 1_000 - score)
        pairs = zip(rows, columns, strict=True)
        best = {places[int(i)]: known[int(j)] for i, j in pairs if score[i, j]}
        if len(best) < len(places) == len(arrays):
            rest = iter([a for a in arrays if a not in best.values()])
            best |= {place: next(rest) for place in places if place not in best}
        return best

    def _accept(self) -> None:
        """Take what is right by a convention as it is: means over the examples (1/m), say."""
        traces = self.evidence.traces
        for place, leaf in self.inputs.items():
            one = self._leaf.get(leaf)
            known = any(same_input(leaf, name) for name in self.evidence.subject.accepted)
            if (
                one is None
                or "," in leaf
                or not known
                or not all(place in t.gradients for t in traces)
            ):
                continue
            got = [np.asarray(t.gradients[place], dtype=float) for t in traces]
            if not all(agree(g, a) for g, a in zip(got, one.adjoints, strict=True)):
                taken = tuple(Adjoint(g, np.zeros_like(g)) for g in got)
                label = f"{one.label} by a convention"
                self._leaf[leaf] = replace(one, label=label, adjoints=taken)

    def _stacked(self, place: str) -> bool:
        """Whether an array has the derivatives by all arguments, which are of one shape."""
        if self._in_columns(place):
            return True
        every = [self._leaf[name] for name in self._arrays if name in self._leaf]
        shapes = {one.adjoints[0].value.shape for one in every}
        whole = {(len(every), *shape) for shape in shapes}
        if len(every) < 2 or self.inputs or {self._trace.gradients[place].shape} != whole:
            return False
        adjoints = tuple(
            Adjoint(np.array([a.value for a in case]), np.array([a.error for a in case]))
            for case in zip(*(one.adjoints for one in every), strict=True)
        )
        name = ",".join(one.name for one in every)
        self._leaf[name] = replace(every[0], label=name, name=name, adjoints=adjoints)
        self.inputs[place] = name
        return True

    def _in_columns(self, place: str) -> bool:
        """Whether an array is the Jacobian by several inputs, whose columns stand side by side."""
        evidence, pair = self.evidence, self.evidence.subject.pair
        names = [n for n in self._arrays if n in self._leaf]
        if pair.backward is None or pair.takes_upstream or pair.reading or self.inputs or not names:
            return False
        adjoints = []
        for trace, table in zip(evidence.traces, evidence.jacobians, strict=True):
            every = [table[self._leaf[name].place] for name in names]
            value = np.concatenate([one.value for one in every]).T
            error = np.concatenate([one.error for one in every]).T
            shape = (*trace.out.shape, value.shape[-1])
            if not trace.out.ndim or place not in trace.gradients:
                return False
            if trace.gradients[place].shape != shape:
                return False
            adjoints.append(Adjoint(value.reshape(shape), error.reshape(shape)))
        whole = ",".join(names)
        one = self._leaf[names[0]]
        self._leaf[whole] = replace(
            one, label=whole, name=whole, adjoints=tuple(adjoints), partial=False
        )
        self.inputs[place] = whole
        return True

    def _look_elsewhere(self, place: str) -> None:
        """What belongs to no input may be the gradient of another value of the forward."""
        gradients = [trace.gradients.get(place) for trace in self.evidence.traces]
        got = self._trace.gradients[place]
        for one in self._candidates.every:
            if one.kind in ("assign", "input", "loop") and all(
                g is not None and agree(g, a) for g, a in zip(gradients, one.adjoints, strict=True)
            ):
                self.others[place] = one
                return
        named = bool(promised(self.texts.get(place, place)))
        beside = self._candidates.joint and not named
        if got.dtype.kind == "f" and not beside and self._is_no_value(place):
            self.lost.append(place)

    # judging --------------------------------------------------------------------------------
    def judged(self, traces: Sequence[Trace | None]) -> list[tuple[str, str, bool | None]]:
        """Judge the returned gradients of some runs: (place, input, right)."""
        good = [(k, t) for k, t in enumerate(traces) if t is not None]
        found: list[tuple[str, str, bool | None]] = []
        for place, leaf in self.inputs.items() if good else ():
            one = self._leaf.get(leaf)
            if one is None or not all(place in t.gradients for _, t in good):
                found.append((place, leaf, None))
                continue
            right = all(agree(t.gradients[place], one.adjoints[k]) for k, t in good)
            # A diagonal that is not that of the Jacobian may be another local derivative.
            found.append((place, leaf, right or (None if one.partial else False)))
        return found

    def right_leaf(self, leaf: str) -> Candidate | None:
        """Return the input with its adjoints, None when they are not known."""
        return self._leaf.get(leaf)

    # names ----------------------------------------------------------------------------------
    def _names(self) -> Iterator[tuple[str, str]]:
        """Variables that are returned as they are, with the input whose gradient they should be."""
        for place, text in self.texts.items():
            if text.isidentifier() and place in self.inputs:
                yield text, self.inputs[place]
        several = len(self.returned_texts) > 1
        for place, leaf in self.inputs.items():
            for number, text in enumerate(self.returned_texts):  # parts of a list
                whole = f"[{number}]" if several else ""
                if place.startswith(f"{whole}["):
                    yield text + place.removeprefix(whole), leaf
            if place.startswith("self.") and place != f"self.{leaf}":  # that is a step
                yield place, leaf
            key = place.strip("[]'\"")
            for text in self.returned_texts:
                if text.isidentifier():
                    yield f"{text}['{key}']", leaf
                for literal in (text, *self._literals(text)):
                    for name in _values_of_dict(literal, key):
                        yield name, leaf

    def _literals(self, name: str) -> Iterator[str]:
        """The dicts that are assigned to a variable of the judged function and not changed."""
        every = self.evidence.statements.values()
        if sum(name in statement.writes for statement in every) > 1:
            return
        for statement in every:
            node = statement.node
            if (
                isinstance(node, ast.Assign)
                and isinstance(node.value, ast.Dict)
                and ast.unparse(node.targets[0]) == name
            ):
                yield ast.unparse(node.value)


def _order(name: str, tops: Sequence[str]) -> int:
    top = name.partition("[")[0]
    return tops.index(top) if top in tops else len(tops)


def _leaf_of(place: str, text: str, leaves: Mapping[str, Array]) -> str | None:
    """Return the input that the name of a returned array tells, None when it tells none."""
    bare = place.removeprefix("self.")
    if bare in leaves:
        return bare  # of a step that was taken
    index = re.match(r"^\w+(\[\d+\])$", bare)
    if place.startswith("self.") and index is not None:
        same = [leaf for leaf in leaves if leaf in [f"{p}{index.group(1)}" for p in _PARAMETERS]]
        if same:
            return same[0]
    holder, _, last = bare.rpartition(".")
    if holder and (last.lower() in _GRADIENTS or promised(last)):
        beside = [leaf for leaf in leaves if leaf.rpartition(".")[0] == holder]
        if len(beside) == 1:
            return beside[0]  # W.grad stands beside W.value
    names = promised(place) + promised(text) + promised("g" + place)
    for name in names:
        match = next((leaf for leaf in leaves if leaf == name or same_name(leaf, name)), None)
        if match is not None:
            return match
    key = place.strip("[]'\"")
    if key in leaves:
        return key
    short = [leaf for name in names for leaf in leaves if leaf in _SHORT.get(name.lower(), ())]
    if len(short) == 1:
        return short[0]
    # "dmu / n": the one name in it that promises an input.
    inside = {
        leaf
        for part in _names_in(text)
        for name in promised(part)
        for leaf in leaves
        if leaf == name or same_name(leaf, name)
    }
    return inside.pop() if len(inside) == 1 else None


def _names_in(text: str) -> list[str]:
    try:
        tree = ast.parse(text, mode="eval")
    except SyntaxError:
        return []
    return [n.id for n in ast.walk(tree) if isinstance(n, ast.Name)]


def _values_of_dict(text: str, key: str) -> Iterator[str]:
    try:
        node = ast.parse(text, mode="eval").body
    except SyntaxError:
        return
    if isinstance(node, ast.Dict):
        for name, value in zip(node.keys, node.values, strict=True):
            if isinstance(name, ast.Constant) and name.value == key and isinstance(value, ast.Name):
                yield value.id


def return_texts(evidence: Evidence) -> list[str]:
    """Return the source of each returned gradient; the parts of a tuple one by one."""
    pair = evidence.subject.pair
    probes = [
        p for p in evidence.probes.values() if p.kind == "return" and p.function == pair.judged.name
    ]
    passed = {event.place[1] for event in evidence.traces[0].events}
    taken = {p.statement for p in probes if p.number in passed}
    texts = [p.text for p in probes if p.statement in taken or not taken]
    if pair.backward is None and len(texts) > 1:
        texts = [text for k, text in enumerate(texts) if k not in pair.outputs]
    return [part for text in texts for part in _parts(text)]


def _parts(text: str) -> list[str]:
    try:
        node = ast.parse(text, mode="eval").body
    except SyntaxError:
        return [text]
    if isinstance(node, (ast.Tuple, ast.List)):
        return [part for one in node.elts for part in _parts(ast.unparse(one))]
    return [text]
