# mypy: ignore-errors
"""The notebooks run, and every figure in their prose is one that the run has printed."""

import importlib.util
import json
import os
import re
import resource
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = ROOT / "docs" / "notebooks"
pytestmark = pytest.mark.xdist_group("notebooks")  # each is run once, by one worker
NAMES = ("two_layer_net", "modular_nets", "images_and_sequences")


def _execute():
    """Import the script that runs notebooks; it is in no package."""
    spec = importlib.util.spec_from_file_location("execute_notebook", NOTEBOOKS / "execute.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # where dataclass looks for it
    spec.loader.exec_module(module)
    return module


EXECUTE = _execute()

# `Code`, formulas and links are no figures; nor is the 10 of CIFAR-10 or the 1 of W1.
_NO_FIGURES = re.compile(r"`[^`]*`|\$[^$]*\$|\]\([^)]*\)")
_FIGURE = re.compile(r"(?<![\w.,-])(\d+)(?:\.(\d+))?(?:e([-+]?\d+))?(?![\w])(\s?%)?")


def figures(text):
    """Return (as written, value, unit of the last digit, whether a percentage) of each figure."""
    found = []
    for match in _FIGURE.finditer(_NO_FIGURES.sub(" ", text)):
        whole, decimals, exponent, percent = match.groups()
        written = f"{whole}.{decimals or '0'}e{exponent or 0}"
        unit = 10.0 ** (int(exponent or 0) - len(decimals or ""))
        found.append((match.group(), float(written), unit, bool(percent)))
    return found


def unsupported(prose, printed):
    """Return the figures in `prose` that are no rounding of a figure in `printed`."""
    given = figures(printed)
    return [
        written
        for written, value, unit, percent in figures(prose)
        if not any(
            percent == other_percent
            and other_unit <= unit * 1.001
            and abs(value - other) <= 0.501 * (unit + other_unit * (other_unit < unit))
            for _, other, other_unit, other_percent in given
        )
    ]


def printed_by(cell):
    """Return what a cell has printed or shown as text."""
    texts = []
    for output in cell.get("outputs", []):
        texts.append(output.get("text", ""))
        texts.append(output.get("data", {}).get("text/plain", ""))
    return "\n".join(texts)


@pytest.fixture(
    scope="module", params=[pytest.param(name, marks=pytest.mark.slow) for name in NAMES]
)
def notebook(request, tmp_path_factory):
    pytest.importorskip("sklearn", reason="the notebooks train on scikit-learn's digits")
    pytest.importorskip("matplotlib", reason="the notebooks draw with matplotlib")
    folder = tmp_path_factory.mktemp(request.param)
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "PYTHONWARNINGS": "error::RuntimeWarning",  # numpy's overflows and invalid values
        "OPENBLAS_NUM_THREADS": "1",
        "MPLCONFIGDIR": str(folder),
    }
    script = NOTEBOOKS / f"{request.param}.py"
    command = [sys.executable, str(NOTEBOOKS / "execute.py"), str(script), "done.ipynb"]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=600
    )
    assert done.returncode == 0, done.stderr[-3000:]
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    # Processor time, since a busy machine takes longer by the clock; a reader waits under a minute.
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 60
    return json.loads((folder / "done.ipynb").read_text(encoding="utf-8"))


def test_every_figure_in_the_prose_is_from_the_run(notebook):
    """Those of a paragraph are printed by the cells between it and the heading above it."""
    printed, count = "", 0
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            printed += printed_by(cell) + "\n"
            continue
        if re.search(r"^#+ ", cell["source"], flags=re.MULTILINE):
            printed = ""
        wrong = unsupported(cell["source"], printed)
        assert not wrong, f"{wrong} in:\n{cell['source']}\n\nprinted:\n{printed}"
        count += len(figures(cell["source"]))
    assert count >= 10


def test_it_ends_with_a_verdict_of_pass(notebook):
    last = notebook["cells"][-1]
    assert last["source"].rstrip().endswith("assert report")
    assert "verdict: pass" in printed_by(last)


def test_it_shows_pictures_and_a_report(notebook):
    kinds = [
        kind
        for cell in notebook["cells"]
        for output in cell.get("outputs", [])
        for kind in output.get("data", {})
    ]
    assert kinds.count("image/png") >= 2
    assert "text/html" in kinds


def test_it_is_a_valid_notebook(notebook):
    nbformat = pytest.importorskip("nbformat", reason="nbformat knows the format")
    nbformat.validate(notebook)


@pytest.mark.parametrize(
    ("prose", "printed", "wrong"),
    [
        ("The loss is 2.303.", "loss 2.302585", []),
        ("The loss is 2.30.", "loss 2.302585", []),
        ("The loss is 2.31.", "loss 2.302585", ["2.31"]),
        ("97 % of them", "accuracy 97.2%", []),
        ("97 % of them", "accuracy 95.6%", ["97 %"]),
        ("97 % of them", "97 of them", ["97 %"]),
        ("a deviation of 0.000096", "std 9.6e-05", []),
        ("a deviation of 0.0001", "std 9.6e-05", []),
        ("twice 0.25", "rate 0", ["0.25"]),
        ("17 epochs", "18", ["17"]),
        ("CIFAR-10 with `reg=0.25` and W1, $x^2$, [link](page-3.md)", "", []),
    ],
)
def test_a_figure_that_was_not_printed_is_found(prose, printed, wrong):
    assert unsupported(prose, printed) == wrong


def test_notebooks_are_complete():
    found = {path.stem for path in NOTEBOOKS.glob("*.py")} - {"execute"}
    assert found == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_the_page_is_that_of_the_script(name):
    """Whoever changes a notebook runs ``python docs/notebooks/execute.py`` on it again."""
    text = (NOTEBOOKS / f"{name}.md").read_text(encoding="utf-8")
    position = 0
    for cell in EXECUTE.cells((NOTEBOOKS / f"{name}.py").read_text(encoding="utf-8")):
        wanted = cell.text if cell.prose else f"```python\n{cell.text}\n```"
        assert wanted in text[position:], f"not in the page, or out of order:\n{wanted}"
        position = text.index(wanted, position) + len(wanted)
    for picture in re.findall(r"^!\[.*\]\((.*)\)$", text, flags=re.MULTILINE):
        assert (NOTEBOOKS / picture).read_bytes().startswith(b"\x89PNG")


def test_cells_are_split_with_the_line_where_they_begin():
    source = "# %% [markdown]\n# # Title\n#\n# text\n\n# %%\n\nx = 1\n"
    prose, code = EXECUTE.cells(source)
    assert (prose.prose, prose.text, prose.line) == (True, "# Title\n\ntext", 2)
    assert (code.prose, code.text, code.line) == (False, "x = 1", 8)


def test_a_cell_that_raises_ends_the_run(tmp_path):
    pytest.importorskip("matplotlib", reason="the notebooks draw with matplotlib")
    script = tmp_path / "broken.py"
    script.write_text("# %%\nx = 1\n\n# %%\nassert x == 2, 'planted'\n", encoding="utf-8")
    with pytest.raises(AssertionError, match="planted"):
        EXECUTE.execute(script)


def test_the_end_of_a_cell_and_its_figures_are_shown(tmp_path):
    pytest.importorskip("matplotlib", reason="the notebooks draw with matplotlib")
    script = tmp_path / "shown.py"
    script.write_text(
        "# %%\nimport matplotlib.pyplot as plt\nplt.plot([1, 2])\nprint('said')\n'last'\n",
        encoding="utf-8",
    )
    notebook = EXECUTE.execute(script)
    text, pictures = EXECUTE.page(notebook, "shown")
    assert [output["output_type"] for output in notebook["cells"][0]["outputs"]] == [
        "stream",
        "display_data",
        "execute_result",
    ]
    assert "```text\nsaid\n```\n\n![What the cell above draws](shown-1.png)" in text
    assert text.endswith("```text\n'last'\n```\n")
    assert pictures["shown-1.png"].startswith(b"\x89PNG")
