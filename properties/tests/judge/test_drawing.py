"""Cases from strategies: the same for the same seed, each once, and the smallest like one."""

from __future__ import annotations

from itertools import islice

import pytest
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable

from properties.judge.drawing import draws, make_small, search

PAIRS = st.tuples(st.sampled_from((3, 1, 2)), st.integers(0, 2**20))


class Wrong(Exception):
    """What a search is to make small."""


def test_the_same_seed_draws_the_same_cases_from_the_simplest_on() -> None:
    first = list(islice(draws(PAIRS, 7), 20))
    assert first == list(islice(draws(PAIRS, 7), 20))
    assert first[0][0] == (3, 0)
    assert not {case for case, _ in first[1:]} & {c for c, _ in islice(draws(PAIRS, 8), 1, 20)}
    assert len({number for _, number in first}) == 20


def test_no_case_is_drawn_twice() -> None:
    assert sorted(case for case, _ in draws(st.integers(0, 3), 0)) == [0, 1, 2, 3]
    assert [case for case, _ in draws(st.just("one"), 0)] == ["one"]


def test_a_strategy_without_cases_is_told() -> None:
    with pytest.raises(Unsatisfiable, match="no case in 200"):
        next(draws(st.integers(0, 9).filter(lambda n: n > 9), 0))


@pytest.mark.parametrize("seed", range(3))
def test_what_fails_is_made_small_under_its_own_number(seed: int) -> None:
    seen: list[tuple[tuple[int, int], int]] = []

    def look(drawn: tuple[tuple[int, int], int]) -> None:
        (size, value), _ = drawn
        if size == 2 and value >= 1000:
            seen.append(drawn)
            raise Wrong

    for _ in range(2):
        with pytest.raises(Wrong):
            search(PAIRS, look, count=100, number=seed, shrink=True)
        assert seen[-1][0] == (2, 1000)
        assert len({number for _, number in seen}) == 1
    assert seen[: len(seen) // 2] == seen[len(seen) // 2 :]


def test_what_does_not_fail_is_not_made_small() -> None:
    [(_, number)] = islice(draws(PAIRS, 0), 1)
    make_small(PAIRS, lambda drawn: None, number)
