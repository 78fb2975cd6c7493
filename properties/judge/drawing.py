"""Cases drawn from a strategy, several at once: Hypothesis costs as much as judging them."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import HealthCheck, Phase, Verbosity, given, seed, settings
from hypothesis import strategies as st

from ..spec.case import Case
from ..spec.row import LayerSpec, Purpose

Drawn = tuple[Case, int]
"""A case, and the seed of what a property draws itself."""


def draw(
    strategy: st.SearchStrategy[Case],
    look: Callable[[list[Drawn]], None],
    *,
    count: int,
    at_once: int,
    number: int,
    shrink: bool = False,
) -> None:
    """Show ``count`` cases to ``look``, ``at_once`` at a time; the same ones for the same number.

    With ``shrink``, what ``look`` raises is made small: the error of the smallest cases found is
    raised in the end. Cases that come before the first error are the same as without.
    """
    cases = st.tuples(strategy, st.integers(0, 2**20))
    left = count

    @seed(number)
    @settings(
        max_examples=-(-count // at_once),
        database=None,
        deadline=None,
        phases=(Phase.generate, Phase.shrink) if shrink else (Phase.generate,),
        suppress_health_check=list(HealthCheck),
        report_multiple_bugs=False,
        print_blob=False,
        verbosity=Verbosity.quiet,
    )
    @given(st.tuples(*[cases] * at_once))
    def example(drawn: tuple[Drawn, ...]) -> None:
        nonlocal left
        shown = list(drawn) if shrink else list(drawn)[:left]
        left -= len(shown)
        if shown:
            look(shown)

    example()


def sample_cases(row: LayerSpec, purpose: Purpose, count: int, number: int = 0) -> list[Case]:
    """A fixed sample of a row's cases, outside any property."""
    strategy = row.cases(purpose)
    found: list[Case] = []
    if strategy is not None:
        draw(
            strategy,
            lambda drawn: found.extend(case for case, _ in drawn),
            count=count,
            at_once=1,
            number=number,
        )
    return found
