"""The declaration of a layer: all that the generic properties need to know of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from functools import cached_property
from typing import Any, Literal

from hypothesis.strategies import SearchStrategy

from reference.precision import Precision

from ..implementation import Implementation
from .account import Account
from .case import Case
from .composition import Composition, Inlined
from .hints import Hints, options
from .misconception import Misconception
from .reference import Bounds, Reference, ReferenceFunction
from .same import SameAs
from .ways import Ways

__all__ = [
    "Bounds",
    "Kinks",
    "LayerSpec",
    "ObjectSpec",
    "Precision",
    "Purpose",
    "Reading",
    "Reference",
    "ReferenceFunction",
]


class Purpose(Enum):
    """What the examples of a strategy are for."""

    ORDINARY = "values that the contract covers, in every family"
    SMOOTH = "well scaled and away from kinks, where a numerical derivative can be believed"
    INTEGER = "small integers and powers of two, on which float64 makes no rounding error"
    KINK = "exactly at a kink, where only one-sided derivatives exist"
    EXTREME = "finite values of any magnitude, offsets far above the spread"
    EMPTY = "a batch of no examples"


@dataclass(frozen=True, kw_only=True)
class Kinks:
    """Where a layer has one-sided derivatives only, and what may be chosen there.

    ``how`` is ``elementwise`` where an entry of the one input moves the same entry of the output
    alone, else ``entrywise``: entries are moved one by one, under upstream derivatives of one
    sign, for which a maximum, a hinge or a ReLU of an affine map is convex. ``other`` is what to
    say, as a convention, of a gradient that is not the one-sided derivative of smaller size; empty
    where that is no common choice.
    """

    how: Literal["elementwise", "entrywise"]
    other: str = ""


@dataclass(frozen=True, kw_only=True)
class Reading:
    """One way to understand the contract.

    ``send`` turns a case of ours into the case that an implementation of this reading expects;
    ``value`` replaces the reference's outputs when the reading changes them, ``reference`` outputs
    and gradients, ``adds_up`` whether the value is a sum or a mean over examples.
    ``formulas`` says how
    the formulas of misconceptions are to be read beside it, ``known`` which of their quantities are
    others, and ``renamed`` which misconception one is under this reading.
    """

    name: str
    sentence: str
    send: Callable[[Case], Case] = lambda case: case
    value: ReferenceFunction | None = None
    reference: Reference | None = None
    adds_up: int | None = None
    formulas: str = ""
    known: Callable[[Case], Mapping[str, Any]] = lambda case: {}
    renamed: Mapping[str, str] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, kw_only=True)
class LayerSpec:
    """One row of the matrix.

    Parameters
    ----------
    name
        Name of the row, unique.
    forward, backward
        Contract names. ``backward`` is None where the forward returns value and gradients.
    cases
        ``cases(purpose)`` is the strategy of the examples for that purpose, or None where the
        layer has none (softmax has no kinks).
    differentiable
        The arguments that have a gradient, in the order in which they are returned.
    layer
        What ``--only`` calls it; by default the name.
    value
        Name of the first output: ``out`` or ``loss``.
    outputs
        Names of all outputs before the cache, where there are several, each with an upstream
        derivative of its own; by default ``value`` alone.
    reference
        What is true; None when nobody wrote it, then the numerical derivatives judge.
    batched
        Arguments with one row for each example, when examples do not influence each other;
        empty when they do (batchnorm).
    adds_up
        Whether the value itself is a sum over examples (1) or a mean (-1), or per example (0).
    kinks
        How the layer is differentiated at its kinks, if it has any; then it needs cases for
        ``Purpose.KINK``.
    readings
        Other consistent readings of the contract; the first that fits is used and named.
    ways
        The right computation as text; of a composed layer, by default, that of its parts.
    composition
        The rows that the layer is made of, and how it calls them.
    misconceptions
        Named wrong formulas of its functions.
    laws
        Further properties that are true of the row, by name, with the arguments each is about:
        ``linear`` (the output in each of them, where the other differentiable ones are zero),
        ``conserved`` (its gradient adds up to that of the output in each image), ``masked``
        (what the mask hides has no part), ``blind`` (nor has, for a query, what is hidden from it),
        ``rest`` (nor has what no whole window reaches), ``border`` (what lies in the zeros around
        alone counts too), ``winners`` (who has the gradient where all tie), ``shifts`` (an image
        that is moved moves the output), ``permuted`` (so do positions in another order), ``causal``
        (the past does not depend on it), ``shift`` (a number added to a row of it changes nothing).
    same_as
        Other functions that give the same.
    hints
        Particulars that the diagnosis needs.
    inputs
        What the arguments look like, in the notation of ``notation``, by the name of each variant:
        a few plain cases for what follows a computation step by step. Empty: ``cases`` gives them.
    shares_forward
        Whether another row answers for the forward, and this one for another backward of it.
    """

    name: str
    forward: str
    backward: str | None
    cases: Callable[[Purpose], SearchStrategy[Case] | None]
    differentiable: tuple[str, ...]
    layer: str = ""
    value: str = "out"
    outputs: tuple[str, ...] = ()
    reference: Reference | None = None
    batched: tuple[str, ...] = ()
    adds_up: int = 0
    kinks: Kinks | None = None
    readings: tuple[Reading, ...] = ()
    inputs: Mapping[str, str] = field(default_factory=dict, hash=False)
    ways: Ways | None = None
    composition: Composition[LayerSpec] | None = None
    misconceptions: Sequence[Misconception] = ()
    laws: Mapping[str, str] = field(default_factory=dict, hash=False)
    same_as: SameAs | None = field(default=None, hash=False, compare=False, repr=False)
    hints: Hints = Hints()  # noqa: RUF009 - frozen
    shares_forward: bool = False

    def __post_init__(self) -> None:
        if not self.layer:
            object.__setattr__(self, "layer", self.name)
        if self.outputs:
            object.__setattr__(self, "value", self.outputs[0])
        else:
            object.__setattr__(self, "outputs", (self.value,))
        if self.ways is None and self.composition is not None:
            object.__setattr__(self, "ways", Inlined(self.composition))
        if self.reference is not None:
            object.__setattr__(self, "reference", self._named(self.reference))
        readings = tuple(
            r if r.reference is None else replace(r, reference=self._named(r.reference))
            for r in self.readings
        )
        object.__setattr__(self, "readings", readings)

    def _named(self, reference: Reference) -> Reference:
        return replace(reference, outputs=self.outputs, differentiable=self.differentiable)

    def kind_of(self, case: Case) -> str:
        """The kind of call that a case makes: its mode, or what the ways tell apart."""
        if self.ways is not None and self.ways.kind:
            return self.ways.kind_of(case.args)
        return str(options(case).get("mode", ""))

    @cached_property
    def purposes(self) -> frozenset[Purpose]:
        """The purposes that the row has cases for."""
        return frozenset(p for p in Purpose if self.cases(p) is not None)

    @property
    def parts(self) -> tuple[LayerSpec, ...]:
        """The rows that this one is made of."""
        return () if self.composition is None else self.composition.parts

    @property
    def functions(self) -> tuple[str, ...]:
        """Contract names of the functions that this row calls."""
        return (self.forward,) if self.backward is None else (self.forward, self.backward)

    @property
    def judged(self) -> tuple[str, ...]:
        """Those that it answers for."""
        return self.functions[1:] if self.shares_forward else self.functions

    @property
    def judge_of_gradients(self) -> str:
        """The function that answers for the gradients."""
        return self.backward or self.forward


@dataclass(frozen=True, kw_only=True)
class ObjectSpec(LayerSpec):
    """A row that is no forward and backward: a net, an update rule, a solver.

    ``forward`` is its one contract name. Properties of layers do not apply to it; those that do
    ask for its class (``check(rows=…)``), and get the probe that ``probe`` makes once a run.
    ``method``, such as ``loss(X, y)``, returns value and gradients, where there is one;
    ``inputs`` then describe its arguments and those of the constructor.
    ``account`` is its computation step by step, for the diagnosis; ``borrows`` are functions that
    it may call.
    """

    probe: Callable[[Any, Implementation], Any]
    method: str = ""
    account: Account | None = field(default=None, hash=False, compare=False, repr=False)
    borrows: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.layer:
            object.__setattr__(self, "layer", self.forward.rpartition(".")[0])
