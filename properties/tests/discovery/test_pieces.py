"""The open contract on code of many styles: right code is right, wrong code is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from properties.commands.undeclared import Search, judge_undeclared
from properties.discovery.found import NotJudged
from properties.implementation import resolve_target
from properties.spec.demands import Demands
from properties.tests.slow import mostly_slow

from .pieces import ASIDE, REAL, Piece, read, written

PIECES = read()
DEMANDS = Demands(profile="quick", shrink=False)


def statuses(folder: Path, source: str) -> dict[str, str]:
    """Judge a source; give the verdict on each function that was found."""
    target = resolve_target(str(written(source, folder)))
    undeclared = judge_undeclared(Search(target=target, demands=DEMANDS))
    return {
        one.name if isinstance(one, NotJudged) else one.found.name: (
            f"not judged: {one.reason}" if isinstance(one, NotJudged) else one.status
        )
        for one in undeclared.found
    }


@pytest.mark.parametrize(
    "piece", [*PIECES, *read(REAL), *read(ASIDE)], ids=lambda piece: piece.name
)
def test_every_change_is_one_of_its_source(piece: Piece) -> None:
    for index in range(len(piece.changes)):
        assert piece.changed(index) != piece.source


# Every third runs by default.
MARKED = mostly_slow(PIECES, fast=PIECES[::3])


@pytest.mark.parametrize("piece", MARKED, ids=lambda piece: piece.name)
def test_right_code_is_right(piece: Piece, tmp_path: Path) -> None:
    found = statuses(tmp_path, piece.source)
    assert found
    assert set(found.values()) == {"right"}, found


@pytest.mark.parametrize("piece", MARKED, ids=lambda piece: piece.name)
def test_wrong_code_is_wrong(piece: Piece, tmp_path: Path) -> None:
    # One change of each piece; the others are in the benchmark.
    index = len(piece.name) % len(piece.changes)
    found = statuses(tmp_path, piece.changed(index))
    assert "wrong" in found.values(), (piece.changes[index], found)
