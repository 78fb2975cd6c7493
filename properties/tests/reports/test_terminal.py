"""The terminal report fits, survives without colour, and says where to look."""

from __future__ import annotations

import io
from typing import Any

import pytest
from rich.cells import cell_len
from rich.console import Console

from properties.layers import ALL
from properties.record.schema import Record
from properties.record.text import clean
from properties.reports.notebook import NotebookReport
from properties.reports.terminal import render_terminal
from properties.reports.text import fold_code

from . import samples


def shown(record: Record, *, width: int = 100, **options: Any) -> str:
    stream = io.StringIO()
    console = Console(file=stream, width=width, force_terminal=False, color_system=None)
    render_terminal(record, console, **options)
    return stream.getvalue()


@pytest.mark.parametrize("name", samples.ALL)
@pytest.mark.parametrize("width", [40, 80, 100, 200])
def test_it_fits(name: str, width: int) -> None:
    record = samples.small(name, (20, 20))
    text = shown(record, width=width, table=True, grid=True, script=True)
    limit = min(width, 100)
    # Lines of a script that cannot be broken stay as they are: names, and what is not Python.
    scripts = {
        line
        for function in record.functions
        for prop in function.properties
        for line in fold_code(prop.script, limit).split("\n")
    }
    wide = [line for line in text.split("\n") if cell_len(line) > limit]
    assert [line for line in wide if line not in scripts] == []


def test_a_failure_says_where_and_why() -> None:
    text = shown(samples.one())
    for part in (
        "✘ batchnorm_backward",
        "dx[0, 0] is 0.9051513929, wanted -0.03771464137",
        "Likely cause (97%): The derivative of the root has a factor 1/2 in dvar.",
        "dx: 2 of 2 entries wrong",
        "got",
        "wanted",
        "difference",
        "-0.9429*",
        "--only batchnorm --seed 0 --profile quick --script",
        "It printed:",
        "One-sided slopes at the kink: left 0, right 1, got 2",
        "! convention, 1 finding:",
        "  dropout_forward: p is",
        "missing: gplvm_log_likelihood",
        "FAIL: 2 of 9 wrong: relu_backward, batchnorm_backward",
    ):
        assert part in text


def test_the_script_can_be_pasted() -> None:
    assert "import numpy as np" not in shown(samples.one())
    text = shown(samples.one(), script=True)
    start = text.index("import numpy as np", text.index("✘ batchnorm_backward"))
    script = text[start : text.index("Also failing:", start)]
    compile(script, "pasted", "exec")


def test_the_table_is_shown_on_request() -> None:
    record = samples.one()
    assert "analytical" not in shown(record)
    assert "argument  ratio  difference" in shown(record, table=True)


def test_colour_changes_no_character() -> None:
    record = samples.one()
    stream = io.StringIO()
    console = Console(file=stream, width=100, force_terminal=True, color_system="standard")
    render_terminal(record, console)
    coloured = stream.getvalue()
    assert "\x1b[" in coloured
    assert clean(coloured) == shown(record)


def test_an_ascii_stream_gets_ascii() -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")
    render_terminal(samples.one(), Console(file=stream, width=100))
    stream.flush()
    text = raw.getvalue().decode("ascii")
    assert "X batchnorm" in text
    assert "+ affine" in text


def test_nothing_hostile_reaches_a_terminal_or_a_runner() -> None:
    text = shown(samples.hostile(), every=True)
    assert not any(ord(c) < 32 and c != "\n" for c in text)
    assert not any(line.lstrip().startswith("::") for line in text.split("\n"))


def test_all_bundled_rows_pass_on_one_screen() -> None:
    names = list(dict.fromkeys(row.layer for row in ALL))
    lines = shown(samples.all_right(names), width=80).rstrip("\n").split("\n")
    assert len(names) > 40
    assert len(lines) <= 39  # and the line before: Checking …
    assert max(map(cell_len, lines)) <= 80
    for name in names:
        assert any(f"✔ {name} " in line for line in lines)


def test_the_matrix_is_shown_on_request() -> None:
    record = samples.passing()
    assert "does not apply" not in shown(record)
    assert "does not apply" in shown(record, grid=True)


def test_many_failures_stay_short() -> None:
    text = shown(samples.many(200, (20, 20)))
    assert text.count("\n") < 900
    assert "more wrong functions" in text


def test_an_empty_record_says_so() -> None:
    assert "nothing was checked" in shown(samples.empty())


def test_the_notebook_report_is_text_elsewhere() -> None:
    result = NotebookReport(samples.one())
    assert not result
    assert repr(result) == shown(samples.one()).rstrip("\n")
    assert NotebookReport(samples.passing())
