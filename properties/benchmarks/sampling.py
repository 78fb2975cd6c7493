"""Examples of the suite without Hypothesis' search: what the measurements draw and run.

Hypothesis remembers every example that it has drawn, to shrink and not to repeat; a million
examples need neither. Each is drawn from its own seed instead, so that it can be drawn again alone.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from hypothesis import strategies as st
from hypothesis.control import BuildContext
from hypothesis.internal.conjecture.data import ConjectureData
from hypothesis.internal.conjecture.providers import HypothesisProvider

from properties.benchmarks.held import Held
from properties.checks import all_properties
from properties.commands.job import Job
from properties.implementation import Limits, resolve_target
from properties.judge.asking import now
from properties.judge.mismatch import Kind
from properties.judge.property import Property
from properties.judge.subjects.functions import Probe
from properties.judge.suite import Suite, needed
from properties.spec.case import Case
from properties.spec.demands import Demands
from properties.spec.row import LayerSpec, ObjectSpec

T = TypeVar("T")


class _WithoutConstants(HypothesisProvider):
    """Leaves out the numbers that Hypothesis reads in the modules that are imported.

    With them a seed draws other cases where another module was imported before.
    """

    def _maybe_draw_constant(self, *_: Any, **__: Any) -> None:
        return None


def draw(strategy: st.SearchStrategy[T], seed: str) -> T:
    """One example of a strategy, the same for the same seed."""
    data = ConjectureData(random=random.Random(seed), provider=_WithoutConstants)
    with BuildContext(data, is_final=False, wrapped_test=draw):
        drawn: T = data.draw(strategy)
    return drawn


@dataclass(frozen=True, kw_only=True)
class Sampled:
    """One property on one layer of one implementation, ready to be asked example by example."""

    declared: Property
    probe: Probe
    strategy: st.SearchStrategy[tuple[Case, int]]

    @property
    def name(self) -> str:
        """``layer:property``."""
        return f"{self.probe.spec.name}:{self.declared.name}"

    @property
    def purpose(self) -> str:
        """What its cases are for."""
        return self.declared.purpose.name

    @property
    def functions(self) -> tuple[str, ...]:
        """The functions that it judges."""
        return self.declared.functions(self.probe.spec)

    def draw(self, seed: int, number: int) -> tuple[Case, int]:
        """Example ``number`` of a run with ``seed``: the case, and the seed of the body's rng.

        The same for all properties of a purpose.
        """
        return draw(self.strategy, f"{seed}:{self.probe.spec.name}:{self.purpose}:{number}")

    def judge(self, drawn: tuple[Case, int]) -> None:
        """Ask the property; raises Mismatch, Fault or Inconclusive as it does.

        The run of the case is kept for the next property, until ``probe.forget()``.
        """
        case, number = drawn
        rng = np.random.Generator(np.random.SFC64(number))
        self.probe.blames = self.functions[0]
        now(self.probe.implementation, self.declared.body(self.probe, case, rng))


def opened(target: str, *, in_process: bool = False, only: Sequence[str] = ()) -> Suite:
    """A suite over a target, with no examples judged yet."""
    job = Job(target=target, demands=Demands(), in_process=in_process, only=frozenset(only))
    return job.suite()


def held(target: str) -> tuple[Suite, Held]:
    """A suite over a target in this process, to be used within ``with held.in_place():``."""
    suite = opened(target)
    names = [name for spec in suite.specs for name in spec.functions]
    implementation = Held(resolve_target(target), names, Limits())
    suite.open_implementation = lambda: implementation
    return suite, implementation


def cells(
    suite: Suite,
    *,
    kinds: Sequence[Kind] = (Kind.CORRECTNESS,),
    wanted: Callable[[LayerSpec, Property], bool] = lambda spec, declared: True,
) -> Iterator[Sampled]:
    """Every property of the wanted kinds on every layer that the implementation has."""
    for spec in suite.specs:
        faults = suite.subject(spec.name).faults
        for declared in all_properties():
            if declared.kind not in kinds or not declared.concerns(spec):
                continue
            if any(f in faults for f in needed(declared, spec)):
                continue
            cases = spec.cases(declared.purpose)
            if cases is None or not wanted(spec, declared):
                continue
            yield Sampled(
                declared=declared,
                probe=make_probe(suite, spec),
                strategy=st.tuples(cases, st.integers(0, 2**20)),
            )


def layers(suite: Suite) -> list[LayerSpec]:
    """The rows that are layers: a forward, and gradients."""
    return [spec for spec in suite.specs if not isinstance(spec, ObjectSpec)]


def make_probe(suite: Suite, spec: LayerSpec) -> Probe:
    """A probe as the suite makes it, under the reading that the suite found."""
    probe: Probe = suite.probe_of(spec)
    probe.notes = {}
    return probe
