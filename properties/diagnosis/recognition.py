"""Which declared layer a code is that nobody declared: its forward gives the reference's numbers.

Names are not asked: a row is recognised when, under some layout, what the code's forward gave in
every example is what the row's reference gives. Then the reference and its bounds can judge the
gradients, and the row's misconceptions name what is wrong with them.
"""

from __future__ import annotations

import ast
import inspect
import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from reference.bounded import SAFETY, Bounded
from reference.precision import Precision

from ..discovery import names
from ..discovery.found import Result
from ..discovery.locating import WRONG
from ..discovery.trying import Seen
from ..spec.case import Case
from ..spec.observation import Observation
from ..spec.row import LayerSpec, ObjectSpec
from .diagnose import diagnose
from .finding import Diagnosis
from .layouts import LAYOUTS, Gates, Layout, gates
from .observation import fresh_cases, quantities_of

Array = Any
_MOST = 4
"""Examples that are compared."""
_MOST_PERMUTED = 3
_CLOSE = 1e-9
_READINGS = ("product", "sum", "mean", "entries")


@dataclass(frozen=True)
class Recognised:
    """A declared layer that a code is, and how its arrays become the declaration's.

    Attributes
    ----------
    row : LayerSpec
    paths : tuple of str
        The code's inputs in the order of the row's differentiable arguments.
    options : mapping
        The reference's other arguments, for each example.
    """

    row: LayerSpec
    layout: Layout
    gates: Gates
    stacked: Sequence[bool]
    paths: tuple[str, ...]
    ones: tuple[tuple[int, ...], ...]
    options: tuple[Mapping[str, Any], ...]

    @property
    def words(self) -> str:
        """How to speak of it: "batchnorm over columns"."""
        return " ".join(w for w in (self.row.name, self.layout.words, self.gates.words) if w)

    def turned(self, values: Sequence[Array]) -> list[Array]:
        """Inputs, or their gradients, as the declaration has them."""
        found = self.layout.inputs(values, self.ones)
        pairs = zip(found, self.stacked, strict=True)
        return [self.gates(a) if stacked else a for a, stacked in pairs]


def recognise(result: Result, rows: Sequence[LayerSpec]) -> Recognised | None:
    """Find the row whose reference gives what the code's forward gave; None when none does.

    Parameters
    ----------
    result
        The verdict, with what was seen.
    rows
        The declarations.
    """
    seen = result.seen[:_MOST]
    if len(seen) < 2 or result.found.reading not in _READINGS:
        return None
    with np.errstate(all="ignore"):
        for row in rows:
            if isinstance(row, ObjectSpec) or row.reference is None or row.reference.given:
                continue
            if (row.backward is None) == (result.found.reading in ("product", "entries")):
                continue
            if len(row.outputs) != len(result.found.plan.outputs):
                continue
            for paths in _assignments(row, seen):
                found = _as(row, paths, seen, result)
                if found is not None:
                    return found
    return None


def _assignments(row: LayerSpec, seen: Sequence[Seen]) -> Iterator[tuple[str, ...]]:
    """Ways to give the code's inputs to the row's arguments, by name first."""
    truth = seen[0].truth
    moving = [
        p for p in truth.leaves if any(np.any(t[..., truth.columns(p)]) for t in _tangents(seen[0]))
    ]
    labels = [p for p in moving if p.rpartition("/")[2].lower() in names.TARGETS]
    inputs = [p for p in moving if p not in labels] if row.backward is None else moving
    wanted = row.differentiable
    if len(inputs) != len(wanted):
        return
    named = []
    for argument in wanted:
        equal = [p for p in inputs if names.same(p.rpartition("/")[2], argument) and p not in named]
        named += equal[:1]
    if len(named) == len(wanted):
        yield tuple(named)
    if len(wanted) <= _MOST_PERMUTED:
        yield from (p for p in itertools.permutations(inputs) if list(p) != named)
    elif inputs != named:
        yield tuple(inputs)


def _tangents(one: Seen) -> list[Array]:
    return [jacobian for _, jacobian, _ in one.truth.outputs.values()]


def _as(
    row: LayerSpec, paths: tuple[str, ...], seen: Sequence[Seen], result: Result
) -> Recognised | None:
    """The row under one assignment and any layout."""
    ones = tuple(_ones(path, seen) for path in paths)
    for layout in LAYOUTS:
        first = seen[0]
        inputs = layout.inputs([first.example.leaves[p] for p in paths], ones)
        outputs = [layout.output(first.truth.outputs[p][0]) for p in result.found.plan.outputs]
        for order, stacked in gates(inputs, outputs[0]):
            plain = Recognised(row, layout, order, stacked, paths, ones, ())
            for chosen in _options(row, first, result):
                if not _gives(plain, first, result, chosen(first)):
                    continue
                if all(_gives(plain, one, result, chosen(one)) for one in seen):
                    return replace(plain, options=tuple(chosen(one) or {} for one in seen))
    return None


def _ones(path: str, seen: Sequence[Seen]) -> tuple[int, ...]:
    """Axes of an input that have the length one in every example."""
    shapes = [one.truth.leaves[path] for one in seen]
    rank = len(shapes[0])
    found = tuple(i for i in range(rank) if all(shape[i] == 1 for shape in shapes))
    return found if len(found) < rank else ()


def _gives(plain: Recognised, one: Seen, result: Result, options: Mapping[str, Any] | None) -> bool:
    """Whether the reference gives the outputs of an example."""
    if options is None:
        return False
    reference = plain.row.reference
    assert reference is not None
    try:
        case = _case(plain, one, options)
        wanted = reference.value(case, None, Precision())
    except Exception:  # shapes that do not fit this row
        return False
    for name, path in zip(plain.row.outputs, result.found.plan.outputs, strict=True):
        got = plain.layout.output(one.truth.outputs[path][0])
        true = np.asarray(wanted[name].value)
        scale = float(np.abs(true).max(initial=0.0))
        if got.shape != true.shape or not np.all(np.abs(got - true) <= _CLOSE * scale):
            return False
    return True


def _case(plain: Recognised, one: Seen, options: Mapping[str, Any]) -> Case:
    """An example as a case of the row, its options beside its arguments."""
    arrays = plain.turned([one.example.leaves[p] for p in plain.paths])
    named = dict(zip(plain.row.differentiable, arrays, strict=True))
    if plain.row.backward is None:
        return Case(args={**named, **options})
    given = list(one.upstream)
    if not given:  # the derivative of every entry
        given = [np.ones(value.shape) for value, _, _ in one.truth.outputs.values()]
    dout, *others = (plain.layout.output(np.asarray(d, dtype=float)) for d in given)
    rest = dict(zip((f"d{name}" for name in plain.row.outputs[1:]), others, strict=False))
    return Case(args={**named, **options}, dout=dout, douts=rest)


# the reference's other arguments


class _Chosen:
    """Constants, and the one argument that differs from example to example: labels."""

    def __init__(self, constants: Mapping[str, Any], labels: str = "", path: str = "") -> None:
        self._constants, self._labels, self._path = constants, labels, path

    def __call__(self, one: Seen) -> Mapping[str, Any] | None:
        if not self._labels:
            return self._constants
        value = one.example.values.get(self._path)
        return None if value is None else {**self._constants, self._labels: _labels(value)}


def _labels(value: Any) -> Any:
    """Integers for one-hot rows; anything else as it is."""
    array = np.asarray(value)
    one_hot = array.ndim == 2 and array.dtype.kind == "f" and array.shape[1] > 1
    if one_hot and np.isin(array, (0.0, 1.0)).all() and np.all(array.sum(1) == 1.0):
        return array.argmax(1)
    return array


def _options(row: LayerSpec, one: Seen, result: Result) -> Iterator[_Chosen]:
    """What the reference may take beside the inputs: defaults, and numbers that the code holds."""
    assert row.reference is not None
    parameters = inspect.signature(row.reference.forward).parameters
    free = [n for n in parameters if n not in (*row.differentiable, "precision")]
    held = _constants(result)
    choices: list[list[tuple[str, Any]]] = []
    labels = ""
    for name in free:
        default = parameters[name].default
        if default is inspect.Parameter.empty and name != "mode" and name in ("y", "Y", "mask"):
            labels = name
            continue
        values = [] if default is inspect.Parameter.empty else [default]
        if name == "mode":
            values = ["train"]
        elif isinstance(default, float):
            values += [v for v in held if isinstance(v, float) and 0.0 <= v <= 2.0]
        elif default is inspect.Parameter.empty or isinstance(default, int):
            values += [v for v in held if isinstance(v, int)]
        choices.append([(name, v) for v in dict.fromkeys(values)][:6])
    for constants in itertools.islice(itertools.product(*choices), 60):
        plain = {name: value for name, value in constants if value is not None}
        if not labels:
            yield _Chosen(plain)
            continue
        for path, value in one.example.values.items():
            if np.ndim(value):
                yield _Chosen(plain, labels, path)


def _constants(result: Result) -> list[Any]:
    """Numbers that stand in the code of the forward, and small ones that stand for nothing."""
    found: list[Any] = [1, 2, 0, 3]
    pairing = result.found.pairing
    functions = [pairing.forward, pairing.judged]
    if pairing.owner is not None:
        functions += [m for m in pairing.owner.methods.values() if m.name == "__init__"]
    for function in functions:
        found += [p.default for p in function.parameters if type(p.default) in (int, float)]
        if function.node is not None:
            nodes = (n for n in ast.walk(function.node) if isinstance(n, ast.Constant))
            found += [node.value for node in nodes if type(node.value) in (int, float)]
    return list(dict.fromkeys(found))


# causes


def with_cause(result: Result, rows: Sequence[LayerSpec]) -> Result:
    """A verdict with the layer that its code is, and the causes of what is wrong with it.

    Where the reference finds a gradient right that was called wrong, the two ways to know it
    disagree, and the function is not judged.
    """
    known = recognise(result, rows)
    if known is None:
        return result
    observations = [_observation(known, i, result) for i in range(len(known.options))]
    causes: dict[str, Diagnosis] = {}
    for wrong in result.wrong:
        argument = _argument(known, wrong.argument, result)
        if argument is None:
            continue
        told = [o for o in observations if argument in o.truth]  # got lacks what has another size
        if told and all(argument in o.got and _is_right(o, argument) for o in told):
            reason = f"its own derivative and the reference of {known.words} disagree"
            return replace(result, status="not judged", wrong=(), reason=reason)
        cause = diagnose(known.row, observations, known.row.judge_of_gradients, argument)
        if cause is not None:
            evidence = f"as {known.words}, {cause.evidence}"
            causes[wrong.argument] = replace(cause, evidence=evidence)
    return replace(result, extra={**result.extra, "layer": known.words, "causes": causes})


def _argument(known: Recognised, shown: str, result: Result) -> str | None:
    """The row's name of a gradient that is wrong in ordinary examples, not at ties alone."""
    for match in result.matches:
        if match.status != WRONG:
            continue
        if match.item.shown == shown and match.leaf is not None and match.leaf.path in known.paths:
            return f"d{known.row.differentiable[known.paths.index(match.leaf.path)]}"
    return None


def _is_right(o: Observation, argument: str) -> bool:
    got, truth = o.got[argument], o.truth[argument]
    if got.shape != np.shape(truth.value):
        return False
    return bool(np.all(np.abs(got - truth.value) <= SAFETY * truth.error))


def _observation(known: Recognised, index: int, result: Result) -> Observation:
    """What was seen in one example, in the words of the row."""
    one, row = result.seen[index], known.row
    case = _written(known, _case(known, one, known.options[index]))
    got: dict[str, Array] = {}
    for name, path in zip(row.outputs, result.found.plan.outputs, strict=True):
        got[name] = known.layout.output(one.truth.outputs[path][0])
    by_path = {m.leaf.path: m for m in result.matches if m.leaf is not None}
    values = [np.asarray(one.example.leaves[p], dtype=float) for p in known.paths]
    for i, path in enumerate(known.paths):
        match = by_path.get(path)
        if match is None or np.size(match.item.values[index]) != values[i].size:
            continue
        gradient = np.reshape(match.item.values[index], values[i].shape)
        got[f"d{row.differentiable[i]}"] = known.turned(
            [gradient if j == i else v for j, v in enumerate(values)]
        )[i]
    assert row.reference is not None
    flat = _case(known, one, known.options[index])
    truth: dict[str, Bounded] = dict(row.reference.value(flat, None, Precision()))
    gradients = row.reference.gradients(flat, None, Precision())
    truth |= {f"d{name}": g for name, g in gradients.items()}
    return Observation(
        row=row.name,
        case=case,
        when=row.kind_of(case),
        got=got,
        truth=truth,
        quantities=quantities_of(row, case, None),  # type: ignore[arg-type]
    )


def _written(known: Recognised, case: Case) -> Case:
    """A case with the arguments that the row's own functions take, options in their dicts."""
    template = next(
        (c for c in fresh_cases(known.row) if known.row.kind_of(c) in ("train", "")), None
    )
    if template is None:
        return case
    args: dict[str, Any] = {}
    for name, value in template.args.items():
        if name in case.args:
            args[name] = case.args[name]
        elif isinstance(value, Mapping):
            keys = {*value, *(k for k in case.args if k not in known.row.differentiable)}
            args[name] = {k: case.args[k] for k in keys if k in case.args}
        else:
            args[name] = value
    return replace(case, args=args)
