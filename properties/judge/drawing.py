"""Cases drawn from a row's strategies: the same ones for the same seed."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from hypothesis import HealthCheck, Phase, Verbosity, given, seed, settings
from hypothesis import strategies as st

from ..spec.case import Case
from ..spec.row import LayerSpec, Purpose

Drawn = tuple[Case, int]
"""A case, and the seed of what a property draws itself."""


def search(
    strategy: st.SearchStrategy[Case],
    look: Callable[[Drawn], None],
    *,
    count: int,
    number: int,
    shrink: bool,
) -> None:
    """Show cases to ``look``, one after the other.

    With ``shrink``, what ``look`` raises is made small: in the end the error of the smallest case
    is raised. Up to the first error the cases are the same as without.
    """

    @seed(number)
    @settings(
        max_examples=count,
        database=None,
        deadline=None,
        phases=(Phase.generate, Phase.shrink) if shrink else (Phase.generate,),
        suppress_health_check=list(HealthCheck),
        report_multiple_bugs=False,
        print_blob=False,
        verbosity=Verbosity.quiet,
    )
    @given(st.tuples(strategy, st.integers(0, 2**20)))
    def example(drawn: Drawn) -> None:
        look(drawn)

    example()


@lru_cache(maxsize=512)
def draw(row: LayerSpec, purpose: Purpose, count: int, number: int) -> tuple[Drawn, ...]:
    """The cases of a row for a purpose.

    They do not depend on what is judged, so one process draws them once for all that it judges.
    """
    strategy = row.cases(purpose)
    found: list[Drawn] = []
    if strategy is not None:
        search(strategy, found.append, count=count, number=number, shrink=False)
    return tuple(found)


def sample_cases(row: LayerSpec, purpose: Purpose, count: int, number: int = 0) -> list[Case]:
    """A fixed sample of a row's cases, outside any property."""
    return [case for case, _ in draw(row, purpose, count, number)]
