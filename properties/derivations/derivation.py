r"""Derivations on paper: a list of lines, each a claim about one node, checked line by line.

>>> slip = Derivation(
...     name="slip", title="The trace term", inputs="Y: (4, 2), K: spd(4)",
...     nodes=(Node("Kinv", "inv(K)"), Node("L", "-0.5 * trace(Kinv @ Y @ Y.T)")),
...     claims=(Claim("Kinv", "-0.5 * Y @ Y.T"), Claim("K", "-0.5 * Y @ Y.T")),
...     symbols={"Kinv": "K^{-1}"})
>>> for result in slip.check():
...     print(result.claim.of, result.status, result.cause)
Kinv right None
K wrong it holds the adjoint of Kinv
>>> print(slip.formula(slip.claims[0]))
\frac{\partial L}{\partial K^{-1}} = -\tfrac{1}{2}\, Y\, Y^T
"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..diagnosis.relations import Pairing, Relation, relations
from ..spec.draws import upstream
from ..spec.lengths import length
from ..spec.notation import parse_inputs
from ..steps.evidence.adjoints import STEPS, Adjoint, agree, jacobian, step_scale
from ..steps.values import Array, Status, StepsError
from .latex import Printer

__all__ = ["Claim", "Derivation", "Node", "Result"]

_FUNCTIONS: dict[str, Any] = {
    "np": np,
    "inv": np.linalg.inv,
    "det": np.linalg.det,
    "trace": np.trace,
    "log": np.log,
    "exp": np.exp,
    "sqrt": np.sqrt,
    "outer": np.outer,
    "eye": np.eye,
    "ones": np.ones,
    "zeros": np.zeros,
    "maximum": np.maximum,
    "arange": np.arange,
    "diag": np.diag,
    "logdet": lambda a: np.linalg.slogdet(a)[1],
    "len": len,
    "abs": abs,
    "where": np.where,
    "sigmoid": lambda a: 1 / (1 + np.exp(-a)),
}
_SEEDS = (0, 1, 2)


@dataclass(frozen=True, slots=True)
class Node:
    """A value of the forward: a name and a short Python expression over earlier names."""

    name: str
    expression: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class Claim:
    """A line of the derivation: the adjoint of `of` is `expression`.

    through : name of the one node through which the path goes, "" for all paths together.
    In the expression ``dNAME`` is the right adjoint of NAME, so that every line is judged by
    itself; ``dout`` is the upstream derivative.
    """

    of: str
    expression: str
    through: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Result:
    """What the check found of one claim."""

    claim: Claim
    status: Status
    cause: str | None
    evidence: str
    got: Array | None = None
    wanted: Array | None = None


@dataclass(frozen=True, slots=True)
class Derivation:
    """Nodes of a computation, the last of them the output, and claims about their adjoints.

    inputs : as for ``--inputs``; `text` and `closing` are prose for the page.
    symbols, axes : how names and sums are printed, see `latex.Printer`.
    source : who has derived it, or defined it, in print.
    lengths : shapes by name, for inputs that are given by numbers: ``"(N, D)"``.
    rows : names of further layers that it holds for.
    """

    name: str
    title: str
    inputs: str
    nodes: tuple[Node, ...]
    claims: tuple[Claim, ...]
    text: str = ""
    closing: str = ""
    constants: tuple[Node, ...] = ()
    symbols: Mapping[str, str] = field(default_factory=dict)
    axes: tuple[str, ...] = ("n", "d")
    source: str = ""
    lengths: Mapping[str, str] = field(default_factory=dict)
    rows: tuple[str, ...] = ()

    def formula(self, line: Node | Claim) -> str:
        """Return a line in LaTeX, printed from the expression that is checked."""
        paper = _Paper(self, 0)
        names = {*paper.inputs, *paper.values}
        printer = Printer(self.symbols, paper.shape, self.axes, names)
        right, indices = printer.formula(line.expression), printer.indices(line.expression)
        if isinstance(line, Node):
            name = _with(indices, printer.name(line.name))
            return name if name == right else f"{name} = {right}"
        left = rf"\frac{{\partial L}}{{\partial {_with(indices, printer.name(line.of))}}}"
        if line.through:
            left = rf"\left.{left}\right|_{{{printer.name(line.through)}}}"
        return f"{left} = {right}"

    @property
    def arguments(self) -> tuple[str, ...]:
        """Names of the inputs."""
        return tuple(parse_inputs(self.inputs).entries)

    def shapes(self) -> dict[str, str]:
        """Return the shape of every array, in the letters of the inputs, as ``(N, D)``.

        >>> Derivation(name="", title="", inputs="x: (N, 2 * D)", claims=(),
        ...            nodes=(Node("out", "x.sum(0)"),)).shapes()
        {'x': '(N, 2D)', 'out': '(2D,)'}
        """
        paper, inputs = _Paper(self, 0), parse_inputs(self.inputs)
        sizes = inputs.sizes()
        axes = [axis for entry in inputs.entries.values() for axis in entry.axes]
        letters = {1: "1"}
        for axis in sorted((a for a in axes if isinstance(a, str)), key=len):
            letters.setdefault(length(axis, sizes), axis.replace(" * ", ""))
        found = {}
        for name, value in paper.values.items():
            shape = np.shape(value)
            if name in self.lengths:
                found[name] = self.lengths[name]
            elif shape and all(side in letters for side in shape):
                sides = ", ".join(letters[side] for side in shape)
                found[name] = f"({sides},)" if len(shape) == 1 else f"({sides})"
        return found

    def check(self) -> list[Result]:
        """Judge every claim on several cases, in the order in which they stand.

        Raises
        ------
        StepsError
            An expression cannot be evaluated, or a claim is about a name that is not there.
        """
        cases = [_Paper(self, seed) for seed in _SEEDS]
        known = {*cases[0].values, *cases[0].inputs}
        for claim in self.claims:
            if claim.of not in known or (claim.through and claim.through not in known):
                raise StepsError(
                    f"{self.name}: a claim about {claim.of!r}"
                    + (f" through {claim.through!r}" if claim.through else "")
                    + f"; there are {', '.join(sorted(known))}"
                )
        # A case on a kink has no derivative there; it is drawn again.
        smooth = [case for case in cases if case.smooth()]
        for seed in range(len(_SEEDS), 20):
            if len(smooth) == len(_SEEDS):
                break
            other = _Paper(self, seed)
            smooth += [other] if other.smooth() else []
        return [_judged(claim, smooth or cases) for claim in self.claims]

    @property
    def right(self) -> bool:
        """Whether every line is right."""
        return all(result.status == "right" for result in self.check())


class _Paper:
    """One case of a derivation: values, and adjoints when they are asked for."""

    def __init__(self, derivation: Derivation, seed: int) -> None:
        self.derivation = derivation
        inputs = parse_inputs(derivation.inputs)
        self.inputs = inputs.draw(inputs.sizes(), seed)
        for node in derivation.constants:
            self.inputs[node.name] = self._value(node, self.inputs)
        self.values = self.evaluate()
        out = np.asarray(self.values[derivation.nodes[-1].name], dtype=float)
        self.dout = np.asarray(upstream(seed, out.shape))
        self._adjoints: dict[tuple[str, str], Adjoint] = {}

    def _value(self, node: Node | Claim, names: Mapping[str, Any]) -> Any:
        try:
            return eval(node.expression, dict(_FUNCTIONS), dict(names))
        except Exception as error:
            what = node.name if isinstance(node, Node) else node.of
            raise StepsError(
                f"{self.derivation.name}: {what}: {node.expression!r} cannot be evaluated: {error}"
            ) from error

    def shape(self, node: ast.expr) -> tuple[int, ...] | None:
        """Return the shape of a subexpression's value; an adjoint has that of its node."""
        names = {**self.inputs, **self.values, "dout": self.dout}
        names |= {f"d{name}": np.zeros(np.shape(value)) for name, value in names.items()}
        names["dout"] = self.dout
        try:
            with np.errstate(all="ignore"):
                value = eval(ast.unparse(node), dict(_FUNCTIONS), names)
                return tuple(np.shape(value))
        except Exception:
            return None

    def evaluate(
        self, name: str = "", shift: Array | None = None, through: str = ""
    ) -> dict[str, Any]:
        """Evaluate all nodes, with one value shifted everywhere or in one node's expression."""
        names = dict(self.inputs)
        if name in names and not through:
            names[name] = names[name] + shift
        for node in self.derivation.nodes:
            seen = names
            if through == node.name and name in names:
                seen = {**names, name: names[name] + shift}
            names[node.name] = self._value(node, seen)
            if node.name == name and not through:
                names[name] = names[name] + shift
        return names

    def adjoint(self, name: str, through: str = "") -> Adjoint:
        """Measure the adjoint of a name, along all paths or through one node."""
        if (name, through) not in self._adjoints:
            value = np.asarray(self.values[name], dtype=float)
            scale, last = step_scale(value), self.derivation.nodes[-1].name
            rows = np.array(
                [
                    [
                        [
                            np.ravel(
                                self.evaluate(
                                    name, (sign * step * scale * unit).reshape(value.shape), through
                                )[last]
                            )
                            for sign in (1.0, -1.0)
                        ]
                        for step in STEPS
                    ]
                    for unit in np.eye(value.size)
                ]
            )
            self._adjoints[(name, through)] = jacobian(rows, value.shape, scale).adjoint(self.dout)
        return self._adjoints[(name, through)]

    def smooth(self) -> bool:
        """Whether every adjoint that the derivation needs is known well."""
        derivation = self.derivation
        asked = {(c.of, c.through) for c in derivation.claims}
        asked |= {
            (n.name, "")
            for n in derivation.nodes
            if any(f"d{n.name}" in _names(c.expression) for c in derivation.claims)
        }
        return all(self.adjoint(*one).known for one in asked)

    def claimed(self, claim: Claim) -> Array:
        """Evaluate a claim with the right adjoints of the names that it uses."""
        names: dict[str, Any] = {**self.values, "dout": self.dout}
        for name in [*self.inputs, *(n.name for n in self.derivation.nodes)]:
            if f"d{name}" in _names(claim.expression) and name != claim.of:
                names[f"d{name}"] = self.adjoint(name).value
        value = self._value(claim, names)
        return np.asarray(value, dtype=float)


def _names(expression: str) -> set[str]:
    return {node.id for node in ast.walk(ast.parse(expression)) if isinstance(node, ast.Name)}


def _with(indices: str, name: str) -> str:
    return f"{{{name}}}_{{{indices}}}" if indices else name


def _judged(claim: Claim, cases: Sequence[_Paper]) -> Result:
    got = [case.claimed(claim) for case in cases]
    wanted = [case.adjoint(claim.of, claim.through) for case in cases]
    if not all(w.known for w in wanted):
        return Result(claim, "not judged", None, "the numerical adjoint is not known well enough")
    loose = [
        Adjoint(w.value, w.error + 1e-9 * np.max(np.abs(w.value), initial=1e-3)) for w in wanted
    ]
    entries = sum(g.size for g in got)
    said = f"holds for all {entries} entries of {len(cases)} cases"
    if all(g.shape == w.value.shape and agree(g, w) for g, w in zip(got, loose, strict=True)):
        return Result(claim, "right", None, said, got[0], wanted[0].value)
    relation = _cause(claim, cases, got, wanted)
    return Result(
        claim,
        "wrong",
        None if relation is None else relation.sentence,
        "" if relation is None else relation.evidence,
        got[0],
        wanted[0].value,
    )


def _cause(
    claim: Claim, cases: Sequence[_Paper], got: Sequence[Array], wanted: Sequence[Adjoint]
) -> Relation | None:
    """Find what the claimed value is instead: first of all the adjoint of another node."""
    pairs = []
    for case, value, right in zip(cases, got, wanted, strict=True):
        nodes = [n.name for n in case.derivation.nodes[:-1]]
        floats = [n for n, v in case.inputs.items() if np.asarray(v).dtype.kind == "f"]
        others = {
            f"the adjoint of {n}": case.adjoint(n).value for n in [*nodes, *floats] if n != claim.of
        }
        sizes = {
            f"the size of axis {k} of {n}": length
            for n in floats
            for k, length in enumerate(np.shape(case.inputs[n]))
            if length > 1
        }
        terms = {}
        for node in case.derivation.nodes:
            part = case.adjoint(claim.of, node.name).value if claim.of in node.expression else None
            if part is not None and part.shape == right.value.shape and np.any(part):
                terms[f"the path through {node.name}"] = part
        arrays = {
            n: np.asarray(v, dtype=float)
            for n, v in case.values.items()
            if np.asarray(v).dtype.kind == "f" and n != case.derivation.nodes[-1].name
        }
        pairs.append(
            Pairing(
                value,
                right.value,
                sizes=sizes,
                named=arrays,
                terms=terms,
                previous=others,
                tolerance=float(np.max(right.error, initial=0.0)),
            )
        )
    found = relations(pairs)
    named = [one for one in found if one.name == "other value"]
    return next(iter([*named, *found]), None)
