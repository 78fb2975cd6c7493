"""One small change in one line of the right computation that gives what was got.

The catalogue knows the mistakes that have a name. For any other, the right computation is changed
in one place after the other: a term or factor left out, a sum for a mean, another axis, a value in
the place of another of its shape, operands exchanged. A change that gives the wrong value in every
entry of every case says where to look, whoever made it.
"""

from __future__ import annotations

import ast
import textwrap
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from ..edits import Edit, Scope, edits
from ..spec.case import Array
from ..spec.observation import Observation
from ..spec.row import LayerSpec
from ..spec.ways import Program, Values, Ways, compiled, value_of
from .agreement import explains
from .factors import constant_origin, origin_value, ratio_of
from .finding import ENOUGH, SIMPLE

# What a slip makes of a right line: signs and factors of single names come out as relations.
SLIPS = frozenset(
    (
        *("+ to -", "+ to *", "- to +", "* to /", "* to +", "/ to *", "/ to //", "@ to *"),
        *("swap operands of @", "swap operands of -", "transposed operands", "lost brackets"),
        *("drop term", "drop factor", "drop term before a minus", "drop numerator", "drop power"),
        *("size for square", "> to >=", "> to <", "> to <=", "constant", "constant + 1"),
        *("constant - 1", "axis flipped", "axis dropped", "axis and keepdims", "drop reduction"),
        *("sum to mean", "mean to sum", "var to sum", "var to mean", "var to std", "max to sum"),
        *("root of a sum", "ddof added", "one row alone", "divided by a size"),
        *("operands exchanged", "another logarithm", "drop call", "closed too early"),
        *("rows for columns", "whole columns", "drop sign", "transpose", "drop transpose"),
        *("wrong variable", "function of a variable", "a part alone", "another value"),
        "names exchanged",
    )
)
_ALTERNATIVES = 4  # changes of one way of writing that may explain it


@dataclass(frozen=True)
class Slip:
    """A change of a line that explains every case, times ``factor`` where it is not empty.

    ``in_forward`` says that the value of the layer depends on the line; ``rank`` is that of the
    change.
    """

    line: str
    said: str
    factor: str
    in_forward: bool
    rank: int


def slips(
    row: LayerSpec, seen: Sequence[Observation], argument: str, source: str = ""
) -> list[Slip]:
    """The first changes in each way of writing that explain what was got.

    With a factor only where no change does alone; none where nothing does.

    Parameters
    ----------
    source
        Text of the function: the way of writing that is nearest to it comes first.
    """
    if row.ways is None or row.hints.drawn is not None:
        return []  # what is drawn at random is no right computation
    cases = [o for o in seen if argument in o.truth and np.isfinite(o.got[argument]).all()]
    wrong = [o for o in cases if o.is_wrong(argument)]
    if len(wrong) < ENOUGH or 2 * len(cases) < len(seen):
        return []
    pilot = min(wrong, key=lambda o: _ease(o, argument))
    glance = _Glance(pilot, argument)
    found: dict[int, list[Slip]] = {}
    multiples: list[_Trial] = []
    for trial, got in _trials(row.ways, pilot, argument, source):
        mine = found.get(id(trial.program), [])
        if len(mine) == _ALTERNATIVES:
            continue
        ratio = glance.ratio(got)
        if ratio is None:
            continue
        if explains(pilot, argument, got):
            if trial.explains_all(cases, argument):
                found[id(trial.program)] = [*mine, trial.slip("", row.value)]
        elif not (found or isinstance(trial.change.old, ast.Constant)) and glance.is_simple(ratio):
            multiples.append(trial)
    if not found:
        for trial in sorted(multiples, key=lambda trial: _rank(trial.change)):
            if factor := trial.factor(cases, argument):
                return [trial.slip(factor, row.value)]
    every = [one for ways in found.values() for one in sorted(ways, key=lambda one: one.rank)]
    return list({(one.line, one.said): one for one in every}.values())


class _Glance:
    """A first look at two entries, which almost every change fails."""

    def __init__(self, o: Observation, argument: str) -> None:
        self._got = np.asarray(o.got[argument], dtype=np.float64).ravel()
        order = np.argsort(np.abs(self._got))
        self._places = (int(order[-1]), int(order[len(order) // 2]))
        known = [n for n in o.quantities.sizes.values() if n > 1]
        self._simple = (2.0, 0.5, -1.0, *known, *(1.0 / n for n in known))

    def ratio(self, value: Array) -> float | None:
        """What was got over a value, where the two entries agree on it."""
        if value.size != self._got.size:
            return None
        flat = value.ravel()
        first, second = self._places
        a, b = float(flat[first]), float(flat[second])
        if a == 0.0:
            return 1.0 if self._got[first] == 0.0 else None
        ratio = float(self._got[first]) / a
        off = abs(float(self._got[second]) - ratio * b)
        return ratio if off <= 1e-6 * abs(float(self._got[first])) else None

    def is_simple(self, ratio: float) -> bool:
        """Whether a ratio is a small number or a size."""
        return any(abs(ratio - simple) <= 1e-6 * abs(simple) for simple in self._simple)


def _ease(o: Observation, argument: str) -> tuple[bool, int, int]:
    """Small is easy to search on: something to see, unequal sides, few entries."""
    known = list(o.quantities.sizes.values())
    alike = len(known) - len(set(known)) + known.count(1)
    return not o.got[argument].any(), alike, o.case.size


@dataclass(frozen=True)
class _Trial:
    """One change of one line."""

    ways: Ways
    program: Program
    place: int
    change: Edit
    name: str

    def value(self, o: Observation) -> Array:
        """What the changed computation gives for a case; raises what numpy raises."""
        values = self.program.run(self.ways.start(o.quantities))
        return _rerun(self.program, self.place, self.change, values, self.name)

    def explains_all(self, cases: Sequence[Observation], argument: str) -> bool:
        """Whether it gives what was got; a few cases may divide by zero in the change alone."""
        undefined = 0
        for o in cases:
            try:
                value = self.value(o)
            except Exception:  # shapes that do not fit
                return False
            if not explains(o, argument, value):
                undefined += 1
                if np.isfinite(value).any() or 5 * undefined > 2 * len(cases):
                    return False
        return True

    def factor(self, cases: Sequence[Observation], argument: str) -> str:
        """The number that separates every case from the changed computation."""
        values, telling = [], []
        for o in cases:
            try:
                value = self.value(o)
            except Exception:  # as above
                return ""
            if value.any() or o.got[argument].any():  # else: zero times anything
                values.append(value)
                telling.append(o)
        ratios = [ratio_of(o.got[argument], v) for o, v in zip(telling, values, strict=True)]
        if len(telling) < ENOUGH or not all(ratios):
            return ""
        name = constant_origin([r for r in ratios if r], [o.quantities.sizes for o in telling])
        if name not in SIMPLE or not all(
            explains(o, argument, origin_value(name, o.quantities.sizes) * value)
            for o, value in zip(telling, values, strict=True)
        ):
            return ""
        return name

    def slip(self, factor: str, value: str) -> Slip:
        line = self.program.lines[self.place]
        forward = line.target in self.program.behind(value)
        return Slip(line.text, self.change.words, factor, forward, _rank(self.change))


def _trials(
    ways: Ways, pilot: Observation, argument: str, source: str
) -> Iterator[tuple[_Trial, Array]]:
    """Every change with what it gives for the pilot; the last lines first."""
    name, start = ways.line_of(argument), ways.start(pilot.quantities)
    with np.errstate(all="ignore"):
        for program in _nearest_first(ways.programs(pilot.when), source, name):
            try:
                values = program.run(start)
            except Exception:  # a case that has not all quantities
                continue
            if name not in values:
                continue
            behind, right = program.behind(name), np.asarray(values[name])
            for place in reversed(range(len(program.lines))):
                if program.lines[place].target not in behind:
                    continue
                scope = Scope.of(_before(program, place, values, start))
                for change in edits(program.lines[place].expression, scope, among=SLIPS):
                    try:
                        got = _rerun(program, place, change, values, name)
                    except Exception:  # a change that numpy refuses
                        continue
                    if not np.array_equal(got, right):
                        yield _Trial(ways, program, place, change, name), got


def _nearest_first(ways: Sequence[Program], source: str, name: str) -> list[Program]:
    """Ways of writing by how many operations they do not share with a text."""
    try:
        mine = _operations(ast.parse(textwrap.dedent(source)))
    except SyntaxError:
        return list(ways)

    def distance(program: Program) -> int:
        theirs = Counter[str]()
        behind = program.behind(name)
        for line in program.lines:
            if line.target not in behind:
                continue
            theirs += _operations(line.expression) + Counter(["Assign"])
        return ((mine - theirs) + (theirs - mine)).total()

    return sorted(ways, key=distance) if mine else list(ways)


def _operations(tree: ast.AST) -> Counter[str]:
    found = Counter[str]()
    for node in ast.walk(tree):
        if isinstance(node, (ast.BinOp, ast.AugAssign)):
            found[type(node.op).__name__] += 1
        elif isinstance(node, (ast.Attribute, ast.Assign)):
            found[getattr(node, "attr", "Assign")] += 1
    return found


def _before(program: Program, place: int, values: Values, start: Values) -> Values:
    """What a line can read."""
    later = {line.target for line in program.lines[place:]}
    before = {
        name: value
        for name, value in values.items()
        if name not in later and isinstance(value, (np.ndarray, np.number, int, float))
    }
    # Of two names of one value, as in n = N, one is offered: a line's own.
    own = [name for name in before if name not in start]
    once: dict[int, str] = {}
    for name in (*own, *before):
        once.setdefault(id(before[name]), name)
    offered = set(once.values())
    return {name: value for name, value in before.items() if name in offered}


def _rank(edit: Edit) -> int:
    """How seldom it is made: another name, a part left out, anything else."""
    if edit.operator == "wrong variable":
        return 0
    return 1 if edit.without is not None else 2


def _rerun(program: Program, place: int, change: Edit, values: Values, name: str) -> Array:
    found = dict(values)
    with np.errstate(all="ignore"):
        found[program.lines[place].target] = value_of(compiled(change.tree), found)
        for line in program.between(place, name):
            found[line.target] = value_of(line.code, found)
    return np.asarray(found[name], dtype=np.float64)
