"""Run a notebook that is kept as text, and write it with its results.

``python docs/notebooks/execute.py docs/notebooks/two_layer_net.py`` writes the page of the
documentation, ``two_layer_net.md`` and its pictures, beside it; a second argument that ends in
``.ipynb`` gives a notebook instead.

The text is jupytext's percent format: ``# %%`` starts a cell of code, ``# %% [markdown]`` one of
prose in comments. Cells run in this process, one after the other, in the current folder. It needs
matplotlib; neither Jupyter nor a kernel.
"""

from __future__ import annotations

import ast
import base64
import contextlib
import io
import json
import linecache
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_MARKER = re.compile(r"^# %%(.*)$")


@dataclass(frozen=True)
class Cell:
    """A cell of prose (Markdown, without its comment signs) or of code."""

    prose: bool
    text: str
    line: int


def cells(source: str) -> Iterator[Cell]:
    """Split a percent script.

    Examples
    --------
    >>> [(cell.prose, cell.text) for cell in cells("# %% [markdown]\\n# # Title\\n\\n# %%\\nx = 1")]
    [(True, '# Title'), (False, 'x = 1')]
    """
    lines = source.splitlines()
    starts = [i for i, line in enumerate(lines) if _MARKER.match(line)]
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        body = lines[start + 1 : end]
        prose = "[markdown]" in lines[start]
        if prose:
            body = [line.removeprefix("#").removeprefix(" ") for line in body]
        text = "\n".join(body).strip("\n")
        blank = next((i for i, line in enumerate(body) if line), 0)
        yield Cell(prose, text, start + 2 + blank)


def execute(script: Path) -> dict[str, Any]:
    """Run every cell, and return the notebook with its outputs in the ``.ipynb`` format.

    An exception of a cell ends the run.
    """
    import matplotlib

    matplotlib.use("Agg")
    namespace: dict[str, Any] = {"__name__": "__main__"}
    result = []
    count = 0
    for number, cell in enumerate(cells(script.read_text(encoding="utf-8"))):
        common = {"id": f"cell-{number}", "metadata": {}, "source": cell.text}
        if cell.prose:
            result.append({"cell_type": "markdown", **common})
            continue
        count += 1
        outputs = _run(cell, f"<{script.name}, line {cell.line}>", namespace, count)
        result.append(
            {"cell_type": "code", "execution_count": count, "outputs": outputs, **common}
        )
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    metadata = {"kernelspec": kernel, "language_info": {"name": "python"}}
    return {"cells": result, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


def _run(cell: Cell, name: str, namespace: dict[str, Any], count: int) -> list[dict[str, Any]]:
    """Run one cell; as in Jupyter, an expression at its end is shown."""
    # Tracebacks quote the cell, and inspect finds the source of its functions.
    linecache.cache[name] = (len(cell.text), None, cell.text.splitlines(keepends=True), name)
    tree = ast.parse(cell.text, name)
    shown = None
    if tree.body and isinstance(tree.body[-1], ast.Expr):
        shown = ast.Expression(tree.body.pop().value)  # type: ignore[attr-defined]
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(tree, name, "exec"), namespace)
        value = eval(compile(shown, name, "eval"), namespace) if shown is not None else None
    outputs: list[dict[str, Any]] = []
    if printed.getvalue():
        outputs.append({"output_type": "stream", "name": "stdout", "text": printed.getvalue()})
    outputs += _figures()
    if value is not None:
        data = {"text/plain": repr(value)}
        if hasattr(value, "_repr_html_"):
            data["text/html"] = value._repr_html_()
        outputs.append(
            {
                "output_type": "execute_result",
                "execution_count": count,
                "data": data,
                "metadata": {},
            }
        )
    return outputs


def _figures() -> Iterator[dict[str, Any]]:
    """Give the figures that a cell has drawn, and close them."""
    import matplotlib.pyplot as plt

    for number in plt.get_fignums():
        file = io.BytesIO()
        plt.figure(number).savefig(file, format="png", dpi=80, bbox_inches="tight")
        data = {"image/png": base64.b64encode(file.getvalue()).decode("ascii")}
        yield {"output_type": "display_data", "data": data, "metadata": {}}
    plt.close("all")


def page(notebook: dict[str, Any], stem: str) -> tuple[str, dict[str, bytes]]:
    """Return a Markdown page and its pictures, by the name that the page calls them."""
    parts: list[str] = []
    pictures: dict[str, bytes] = {}
    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown":
            parts.append(cell["source"])
            continue
        parts.append(f"```python\n{cell['source']}\n```")
        for output in cell["outputs"]:
            data = output.get("data", {})
            if "image/png" in data:
                name = f"{stem}-{len(pictures) + 1}.png"
                pictures[name] = base64.b64decode(data["image/png"])
                parts.append(f"![What the cell above draws]({name})")
            else:
                text = output.get("text") or data["text/plain"]
                parts.append(f"```text\n{text.rstrip()}\n```")
    return "\n\n".join(parts) + "\n", pictures


def main(arguments: list[str]) -> None:
    """Run ``SCRIPT`` and write ``RESULT``, by default a page beside it."""
    if len(arguments) not in (1, 2):
        sys.exit("usage: python execute.py SCRIPT.py [RESULT.md or RESULT.ipynb]")
    script = Path(arguments[0])
    target = Path(arguments[1]) if len(arguments) == 2 else script.with_suffix(".md")
    notebook = execute(script)
    if target.suffix == ".ipynb":
        text, pictures = json.dumps(notebook, indent=1, ensure_ascii=False) + "\n", {}
    else:
        text, pictures = page(notebook, target.stem)
    target.write_text(text, encoding="utf-8")
    for name, picture in pictures.items():
        target.with_name(name).write_bytes(picture)
    print(f"{target}: {len(notebook['cells'])} cells")


if __name__ == "__main__":
    main(sys.argv[1:])
