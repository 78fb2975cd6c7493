"""Cases drawn from a row's strategies: the same ones for the same seed, and the smallest like one.

The search that Hypothesis makes for a test costs two times what drawing does. It pays where there
is something to find: a case is drawn from bytes, as for a fuzzer, and the search starts at those
of the case that failed.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any, TypeVar

from hypothesis import HealthCheck, Phase, Verbosity, given, seed, settings
from hypothesis import strategies as st
from hypothesis.database import ExampleDatabase, InMemoryExampleDatabase
from hypothesis.errors import Unsatisfiable

from ..spec.case import Case
from ..spec.row import LayerSpec, Purpose

T = TypeVar("T")
Drawn = tuple[Case, int]
"""A case, and its number: the seed of its bytes, and of what a property draws itself."""

_BYTES = 8192  # of one case; Hypothesis itself takes no more
_OF_ONE_SEED = 2**20  # numbers
_IN_VAIN = 200  # cases drawn again, or refused, before there are no others


def draws(strategy: st.SearchStrategy[T], number: int) -> Iterator[tuple[T, int]]:
    """Cases from the simplest on, each once, until there are no others.

    Raises
    ------
    Unsatisfiable
        There is none at all.
    """
    last: list[T] = []
    draw = _test(strategy, last.append).hypothesis.fuzz_one_input
    known: set[bytes] = set()
    vain = 0
    for one in itertools.count(number % 2**32 * _OF_ONE_SEED):
        used = draw(_bytes(one))
        vain += 1
        if used is not None and used not in known:
            known.add(used)
            vain = 0
            yield last[-1], one
        last.clear()
        if vain == _IN_VAIN:
            break
    if not known:
        raise Unsatisfiable(f"no case in {_IN_VAIN} that the strategy {strategy!r} lets pass")


def search(
    strategy: st.SearchStrategy[T],
    look: Callable[[tuple[T, int]], None],
    *,
    count: int,
    number: int,
    shrink: bool,
) -> None:
    """Show cases to ``look``, one after the other, until it raises an error.

    With ``shrink``, that of the smallest case is raised.
    """
    for drawn in itertools.islice(draws(strategy, number), count):
        try:
            look(drawn)
        except Exception:
            if not shrink:
                raise
            make_small(strategy, look, drawn[1])


def make_small(
    strategy: st.SearchStrategy[T], look: Callable[[tuple[T, int]], None], number: int
) -> None:
    """Raise the error that ``look`` raises of the smallest case like the one of a number.

    Nothing is raised where that one does not fail.
    """
    memory = InMemoryExampleDatabase()
    test = _test(strategy, lambda case: look((case, number)), database=memory)
    try:
        test.hypothesis.fuzz_one_input(_bytes(number))
    except Exception:  # Hypothesis has kept the case, and begins there
        test()


def _test(
    strategy: st.SearchStrategy[T],
    look: Callable[[T], None],
    database: ExampleDatabase | None = None,
) -> Any:
    @settings(
        database=database,
        deadline=None,
        phases=(Phase.reuse, Phase.shrink),
        suppress_health_check=list(HealthCheck),
        report_multiple_bugs=False,
        print_blob=False,
        verbosity=Verbosity.quiet,
    )
    @seed(0)  # below the settings: above, it would take the database away
    @given(strategy)
    def test(case: T) -> None:
        look(case)

    return test


def _bytes(number: int) -> bytes:
    if number % _OF_ONE_SEED == 0:
        return bytes(_BYTES)  # each choice at its simplest
    return random.Random(number).randbytes(_BYTES)


class _Pool:
    """The cases of a row for a purpose and a seed, as many as were asked for so far."""

    def __init__(self, strategy: st.SearchStrategy[Case], number: int) -> None:
        self._drawn: list[Drawn] = []
        self._more = draws(strategy, number)

    def first(self, count: int) -> tuple[Drawn, ...]:
        self._drawn += itertools.islice(self._more, max(0, count - len(self._drawn)))
        return tuple(self._drawn[:count])


@lru_cache(maxsize=512)
def _pool(row: LayerSpec, purpose: Purpose, number: int) -> _Pool | None:
    strategy = row.cases(purpose)
    return None if strategy is None else _Pool(strategy, number)


def draw(row: LayerSpec, purpose: Purpose, count: int, number: int) -> tuple[Drawn, ...]:
    """The cases of a row for a purpose.

    They do not depend on what is judged, so one process draws them once for all that it judges.
    """
    pool = _pool(row, purpose, number)
    return () if pool is None else pool.first(count)


def sample_cases(row: LayerSpec, purpose: Purpose, count: int, number: int = 0) -> list[Case]:
    """A fixed sample of a row's cases, outside any property."""
    return [case for case, _ in draw(row, purpose, count, number)]
