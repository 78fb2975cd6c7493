"""Text that is safe to show."""

from __future__ import annotations

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from properties.record.text import clean, one_line
from properties.reports.text import apart, fold_code, no_command, number

from .samples import HOSTILE


@given(st.text())
def test_clean_text_moves_no_cursor(text: str) -> None:
    cleaned = clean(text)
    assert not any(ord(c) < 32 and c not in "\n\t" for c in cleaned)
    assert "\x1b" not in cleaned
    assert "\u202e" not in cleaned
    assert clean(cleaned) == cleaned


def test_escape_sequences_go_as_a_whole() -> None:
    assert clean("\x1b[2J\x1b[1;31mred\x1b[0m\x1b]0;title\x07!") == "red!"


def test_text_is_cut_with_a_sign() -> None:
    assert clean("x" * 100, limit=10) == "x" * 10 + " […]"
    assert one_line("a\n\n b  c" + "d" * 400, limit=8) == "a b cdd…"


@pytest.mark.parametrize("line", HOSTILE.splitlines())
def test_no_line_is_a_command(line: str) -> None:
    assert not no_command(line).lstrip().startswith("::")
    assert "##[" not in no_command("##[error]" + line)


def test_long_lines_are_folded_and_stay_the_same_program() -> None:
    source = "x = [" + ", ".join(f"({k}, 'a, b', {k}.5)" for k in range(60)) + "]\ny = f(x, 1)"
    folded = fold_code(source, 60)
    assert max(map(len, folded.split("\n"))) <= 60
    assert ast.dump(ast.parse(folded)) == ast.dump(ast.parse(source))


@pytest.mark.parametrize("source", ["x = " + "'" + "a, " * 80 + "'", "((( " + "a, " * 80, HOSTILE])
def test_what_cannot_be_folded_stays(source: str) -> None:
    assert fold_code(source, 60) == source


@given(st.floats(), st.floats())
def test_different_numbers_look_different(got: float, wanted: float) -> None:
    if got != wanted and not (got != got and wanted != wanted):
        assert apart(got, wanted)[0] != apart(got, wanted)[1]
    assert len(number(got)) <= 12
