"""The terminal report fits, survives without colour, and says where to look."""

from __future__ import annotations

import io
from typing import Any

import pytest
from rich.cells import cell_len
from rich.console import Console

from properties.reports import render_terminal
from properties.reports.notebook import NotebookReport
from properties.reports.text import clean

from . import samples


def shown(record: dict[str, Any], *, width: int = 100, **options: Any) -> str:
    stream = io.StringIO()
    console = Console(file=stream, width=width, force_terminal=False, color_system=None)
    render_terminal(record, console, **options)
    return stream.getvalue()


@pytest.mark.parametrize("name", samples.ALL)
@pytest.mark.parametrize("width", [40, 80, 100, 200])
def test_it_fits(name: str, width: int) -> None:
    record = samples.ALL[name]() if name != "many" else samples.many_failures(200, (20, 20))
    text = shown(record, width=width, table=True)
    ours = text
    if name == "hostile":  # a script that is not Python cannot be broken
        script = clean(samples.HOSTILE).split("\n")
        ours = "\n".join(line for line in text.split("\n") if line not in script)
    limit = min(width, 100)
    wide = [line for line in ours.split("\n") if cell_len(line) > limit]
    if width < 80:  # names of functions in a script cannot be broken
        wide = [line for line in wide if not line.lstrip().startswith(("from ", "out, ", "dx, "))]
        wide = [line for line in wide if "import" not in line and "print(" not in line]
    assert wide == []


def test_a_failure_says_where_and_why() -> None:
    text = shown(samples.one_failure())
    for part in (
        "✘ batchnorm_backward",
        "the path through the variance is missing",
        "Likely cause (97%): the derivative of the square root lost its factor ½.",
        "dx: 3 of 6 entries wrong",
        "got",
        "wanted",
        "difference",
        "-0.792*",
        "import numpy as np",
        "nndl check homework --only batchnorm --seed 1",
        "! dropout_forward: convention",
        "missing: gplvm_log_likelihood",
        "FAIL: 1 of 16 wrong: batchnorm_backward",
    ):
        assert part in text


def test_the_script_can_be_pasted() -> None:
    text = shown(samples.one_failure())
    start = text.index("import numpy as np")
    script = text[start : text.index("Also failing:", start)]
    compile(script, "pasted", "exec")


def test_the_table_is_shown_on_request() -> None:
    record = samples.one_failure()
    assert "analytical" not in shown(record)
    assert "argument   ratio  difference  analytical  numerical" in shown(record, table=True)


def test_colour_changes_no_character() -> None:
    record = samples.one_failure()
    stream = io.StringIO()
    console = Console(file=stream, width=100, force_terminal=True, color_system="standard")
    render_terminal(record, console)
    coloured = stream.getvalue()
    assert "\x1b[" in coloured
    assert clean(coloured) == shown(record)


def test_an_ascii_stream_gets_ascii() -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")
    render_terminal(samples.one_failure(), Console(file=stream, width=100))
    stream.flush()
    text = raw.getvalue().decode("ascii")
    assert "X batchnorm" in text
    assert "+ affine" in text


def test_nothing_hostile_reaches_a_terminal_or_a_runner() -> None:
    text = shown(samples.hostile_record(), every=True)
    assert not any(ord(c) < 32 and c != "\n" for c in text)
    assert not any(line.lstrip().startswith("::") for line in text.split("\n"))


def test_many_failures_stay_short() -> None:
    text = shown(samples.many_failures(200, (20, 20)))
    assert text.count("\n") < 900
    assert "more wrong functions" in text


def test_an_empty_record_says_so() -> None:
    assert "nothing was checked" in shown(samples.empty_record())


def test_the_notebook_report_is_text_elsewhere() -> None:
    result = NotebookReport(samples.one_failure())
    assert not result
    assert repr(result) == shown(samples.one_failure()).rstrip("\n")
    assert NotebookReport(samples.passing_record())
