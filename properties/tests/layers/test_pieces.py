"""The later layers as many people write them: right code is right, each slip is seen."""

from __future__ import annotations

from pathlib import Path

import pytest

from properties.layers import ALL
from properties.tests.discovery.pieces import Piece, read
from properties.tests.judging import record_of
from properties.tests.slow import mostly_slow

PIECES = read(str(Path(__file__).with_name("pieces.txt")))
FAST = tuple(piece for piece in PIECES if piece.name in ("rnn_inline_bptt", "pool_all_winners"))


def _statuses(source: str, folder: Path) -> dict[str, str]:
    path = folder / "layers.py"
    path.write_text(source, encoding="utf-8")
    rows = (row.layer for row in ALL if all(f"def {name}(" in source for name in row.functions))
    functions = record_of(path, only=",".join(rows), shrink=False)["functions"]
    return {f["name"]: f["status"] for f in functions if f["status"] != "missing"}


@pytest.mark.parametrize("piece", mostly_slow(PIECES, fast=FAST), ids=lambda piece: piece.name)
def test_right_code_is_right(piece: Piece, tmp_path: Path) -> None:
    found = _statuses(piece.source, tmp_path)
    assert found
    assert set(found.values()) == {"pass"}, found


@pytest.mark.parametrize("piece", mostly_slow(PIECES, fast=FAST), ids=lambda piece: piece.name)
def test_wrong_code_is_wrong(piece: Piece, tmp_path: Path) -> None:
    # Two changes of each piece.
    for index in {0, len(piece.name) % len(piece.changes)}:
        found = _statuses(piece.changed(index), tmp_path)
        assert {"fail", "error"} & set(found.values()), (piece.changes[index], found)
