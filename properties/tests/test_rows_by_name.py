"""No room that serves every row knows one of them by name."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from properties.layers import ALL

ROOMS = Path(__file__).resolve().parents[1]
NAMES = sorted(
    {name for row in ALL for name in (row.name, row.layer, *row.functions)}, key=len, reverse=True
)
NAMED = re.compile(rf"(?<![\w.-])({'|'.join(map(re.escape, NAMES))})(?!\w)")


def test_a_name_is_found_where_it_stands() -> None:
    assert NAMED.search('if row.name == "batchnorm":')
    assert NAMED.search("only(softmax)")
    assert not NAMED.search("rows of optimum")


@pytest.mark.parametrize("room", ["record", "reports"])
def test_no_row_is_known_by_name(room: str) -> None:
    for path in sorted((ROOMS / room).rglob("*")):
        if path.suffix in (".py", ".html", ".js", ".css", ".json"):
            for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), start=1):
                assert not NAMED.search(line), f"{path.name}:{number}: {line.strip()}"
