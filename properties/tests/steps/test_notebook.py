"""In a notebook: the magic, the call, the table, and nothing unescaped in it."""

from __future__ import annotations

import importlib
import importlib.util
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from properties.commands.steps_notebook import View, steps, steps_magic
from properties.commands.surroundings import gather_names
from properties.steps import StepsError
from properties.steps.values import Case, Mistake, Report, Step

HAS_IPYTHON = importlib.util.find_spec("IPython") is not None
HAS_JUPYTER = all(importlib.util.find_spec(n) for n in ("nbformat", "nbclient", "ipykernel"))

CELL = """
def relu_forward(x):
    return np.maximum(x, 0), x

def relu_backward(dout, cache):
    gate = cache > 0
    dx = 2 * dout * gate
    return dx
"""


class Cells(HTMLParser):
    """The tags and the text of a page; fails on tags that are not closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.titles: list[str] = []
        self.text = ""
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.open.append(tag)
        self.tags.append(tag)
        self.titles += [value or "" for name, value in attributes if name == "title"]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def shown(view: object) -> Cells:
    assert isinstance(view, View)
    return Cells(view._repr_html_())


# without a notebook -------------------------------------------------------------------------
def test_a_cell_is_judged_and_lines_count_from_the_magic() -> None:
    view = steps_magic("relu", CELL)
    page = shown(view)
    assert not view
    assert isinstance(view, View)
    assert view.report.first_wrong is not None
    assert view.report.first_wrong.line == 8, "the magic is line 1"
    assert "line 8: dx is the first wrong step: 2.000 × the right value" in page.text
    assert "dx = 2 * dout * gate" in page.text
    assert any(title.startswith("should be") for title in page.titles), "the heat map"
    assert "line 8" in repr(view)


def test_any_two_functions_with_inputs() -> None:
    view = steps_magic("relu_forward relu_backward x: (N, D)", CELL.replace("2 * dout", "dout"))
    assert view
    assert "right" in shown(view).text


@pytest.mark.parametrize(
    ("line", "cell", "said"),
    [
        ("", CELL, "give a layer"),
        ("x: (3, 2)", CELL, "name the functions before"),
        ("nothing", CELL, "no declared layer"),
        ("relu", "def relu_forward(x:\n", "does not parse"),
        ("f g x: (2, 3)", CELL, "the cell has no f"),
    ],
)
def test_mistakes_in_the_magic_are_said(
    line: str, cell: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert steps_magic(line, cell) is None
    assert said in capsys.readouterr().err


SCALE = 3.0


def helper(x: Any) -> Any:
    return SCALE * x


def my_forward(x: Any) -> Any:
    return helper(np.tanh(x)), x


def my_backward(dout: Any, cache: Any) -> Any:
    t = np.tanh(cache)
    dt = SCALE * dout
    return dt * (1 - t)


def test_functions_that_are_defined_already() -> None:
    view = steps(my_forward, my_backward, inputs="x: (N, D)")
    assert not view
    first = view.report.first_wrong
    assert first is not None
    assert first.cause.startswith("it would be right")
    assert first.line == my_backward.__code__.co_firstlineno + 3
    assert view.report.notes == ()


def gate_forward(x: Any) -> Any:
    return np.maximum(x, 0), x


def gate_backward(dout: Any, cache: Any) -> Any:
    return dout * (cache > 0)


def test_a_layer_under_other_names() -> None:
    assert steps(gate_forward, gate_backward, layer="relu")
    with pytest.raises(StepsError, match="relu"):
        steps(gate_forward, gate_backward, layer="fc_net")
    with pytest.raises(StepsError, match="give it"):
        steps(gate_forward, layer="relu")
    with pytest.raises(StepsError, match="no source"):
        steps(eval("lambda x: x"), inputs="x: (2, 3)")


def test_what_a_cell_needs_of_the_notebook() -> None:
    space = {
        "np": np,
        "exp": np.exp,
        "scale": 2.5,
        "names": ["a", "b"],
        "weights": np.array([[1.0, 2.0]]),
        "helper": helper,
        "open_file": open,
        "odd": object(),
    }
    around = gather_names(
        {"np", "exp", "scale", "names", "weights", "helper", "odd", "len"}, set(), space
    )
    namespace: dict[str, Any] = {}
    exec("\n".join(around.values), namespace)
    assert namespace["np"] is np
    assert namespace["exp"] is np.exp
    assert namespace["scale"] == 2.5
    assert namespace["names"] == ["a", "b"]
    assert np.array_equal(namespace["weights"], space["weights"])  # type: ignore[arg-type]
    assert around.missing == ["odd"]


# nothing of the code under test gets into the page as a tag -----------------------------------
EVIL = "<script>alert('x')</script>\"'&"


def test_everything_is_escaped() -> None:
    wrong = np.array([[1.0, np.nan], [np.inf, 2.0]])
    step = Step(1, EVIL, EVIL, "wrong", EVIL, (2, 2), None, EVIL, wrong, np.ones((2, 2)))
    report = Report(
        EVIL,
        EVIL,
        EVIL,
        EVIL,
        EVIL,
        ((1, EVIL),),
        (step,),
        (Mistake(1, EVIL, EVIL, EVIL),),
        EVIL,
        Case({}, 1.0, {EVIL: 3}),
        (EVIL,),
    )
    page = shown(View(report))
    allowed = {"p", "b", "table", "thead", "tbody", "tr", "th", "td", "code", "div", "ul", "li"}
    assert set(page.tags) <= allowed
    assert page.text.count("alert") >= 8


# in a notebook ------------------------------------------------------------------------------
@pytest.mark.skipif(not HAS_IPYTHON, reason="needs IPython")
def test_in_ipython() -> None:
    shell = importlib.import_module("IPython.testing.globalipapp").start_ipython()
    shell.run_cell("%load_ext properties.commands.steps_notebook")
    shell.run_cell("import numpy as np\nGAIN = 2\ndef gated(d, g):\n    return GAIN * d * g")
    cell = "%%steps relu\n" + CELL.replace("2 * dout * gate", "gated(dout, gate)")
    result = shell.run_cell(cell)
    assert "line 8: dx is the first wrong step" in shown(result.result).text
    assert "relu_backward" in shell.user_ns, "the cell is run in the notebook as well"


NOTEBOOK = [
    "import sys\nsys.path.insert(0, {root!r})\nimport numpy as np",
    "%load_ext properties.commands.steps_notebook",
    "%%steps relu\n" + CELL,
    "from properties.commands.steps_notebook import steps\n"
    "steps(relu_forward, relu_backward, layer='relu')",
]


@pytest.mark.skipif(not HAS_JUPYTER, reason="needs nbformat, nbclient and ipykernel")
def test_a_notebook_is_executed(tmp_path: Path) -> None:
    nbformat = importlib.import_module("nbformat")
    client = importlib.import_module("nbclient").NotebookClient
    root = str(Path(__file__).parents[3])
    made = nbformat.v4.new_notebook()
    made.cells = [
        nbformat.v4.new_code_cell(text.replace("{root!r}", repr(root))) for text in NOTEBOOK
    ]
    client(
        made, timeout=120, kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}}
    ).execute()
    for cell, line in ((made.cells[2], 8), (made.cells[3], 8)):
        [html] = [output.data["text/html"] for output in cell.outputs if "data" in output]
        page = Cells(html)
        assert f"line {line}: dx is the first wrong step" in page.text
        assert any(title.startswith("should be") for title in page.titles)
