"""The step debugger in a notebook: a cell magic, and a call that shows a table.

>>> %load_ext nndl_suite                                  # doctest: +SKIP

Then, as the first line of a cell that defines a forward and a backward:

>>> %%steps batchnorm                                     # doctest: +SKIP
... def batchnorm_forward(x, gamma, beta, bn_param): ...
... def batchnorm_backward(dout, cache): ...

or for any two functions ``%%steps F G x: (N, D), w: (D, M)``, for a file or folder
``%steps TARGET LAYER``, and for functions that are defined already ``steps(F, G, layer="relu")``.
The cell is also run in the notebook, as it would be without the magic. What is judged runs in a
process of its own, with limits of time and memory; it gets the modules, numbers, arrays and
functions of the notebook that it uses.
"""

from __future__ import annotations

import ast
import inspect
import io
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from rich.console import Console

from ..layers import EVERY
from ..steps.debugger import debug
from ..steps.printer import render
from ..steps.subjects import rows_named
from ..steps.table import to_html
from ..steps.values import Report, StepsError
from .job import hypothesis_elsewhere
from .surroundings import defined_in, gather_names, used_in

__all__ = ["View", "load_ipython_extension", "steps", "to_html"]

Function = Callable[..., Any]
_REST = "notebook_names"


class View:
    """A report that a notebook shows as a table; true when every returned gradient is right."""

    def __init__(self, report: Report) -> None:
        self.report = report

    def __bool__(self) -> bool:
        return self.report.outcome == "right"

    def _repr_html_(self) -> str:
        return to_html(self.report)

    def __repr__(self) -> str:
        text = io.StringIO()
        console = Console(
            file=text, width=100, highlight=False, force_jupyter=False, force_terminal=False
        )
        render(self.report, console)
        return text.getvalue().rstrip()


# functions that are defined already ---------------------------------------------------------
def steps(
    forward: Function,
    backward: Function | None = None,
    *,
    layer: str | None = None,
    inputs: str | None = None,
    seed: int = 0,
) -> View:
    """Judge functions of the notebook line by line.

    Parameters
    ----------
    forward, backward : functions; `backward` is left out when `forward` returns both the value
        and the gradient.
    layer : the layer of the contract that they are, whatever their names.
    inputs : for other functions, what the arguments of `forward` look like: ``"x: (N, D)"``.

    Raises
    ------
    StepsError
        A function has no source, or `layer` or `inputs` cannot be used.

    Examples
    --------
    >>> steps(my_forward, my_backward, inputs="x: (4, 3)")         # doctest: +SKIP
    """
    functions = [forward] if backward is None else [forward, backward]
    return View(judge_functions(functions, layer=layer, inputs=inputs, seed=seed))


def judge_functions(functions: Sequence[Function], **asked: Any) -> Report:
    """Judge a forward and its backward, or a function that gives both; raises StepsError."""
    forward, backward = functions[0], functions[1] if len(functions) > 1 else None
    return _judge(
        _text_of(functions),
        forward.__globals__,
        forward=forward.__name__,
        backward=None if backward is None else backward.__name__,
        **asked,
    )


def _text_of(functions: Sequence[Function]) -> str:
    """Write the functions at the lines that they have in their cell or file."""
    lines: list[str] = []
    place = ""
    for function in functions:
        try:
            source, first = inspect.getsourcelines(function)
            file = inspect.getsourcefile(function) or ""
        except (OSError, TypeError) as error:
            raise StepsError(
                f"{getattr(function, '__name__', function)!r} has no source that can be read: "
                f"{error}"
            ) from error
        indent = len(source[0]) - len(source[0].lstrip())
        block = [line[indent:].rstrip("\n") for line in source]
        start = first - 1 if not place or file == place else len(lines) + 1
        place = place or file
        lines += [""] * (start + len(block) - len(lines))
        lines[start : start + len(block)] = block
    return "\n".join(lines) + "\n"


# cells --------------------------------------------------------------------------------------
def steps_magic(line: str, cell: str | None = None) -> View | None:
    """Judge the functions of a cell: ``%%steps LAYER`` or ``%%steps F G x: (4, 3), …``."""
    try:
        if cell is None:
            target, _, rest = line.strip().partition(" ")
            return View(debug(target or None, **_asked(rest)))
        # Lines count as in the notebook, where the magic is the first one.
        text, asked, shell = f"\n{cell}", _asked(line), _shell()
        if shell is not None and not _run(shell, text):
            return None
        return View(_judge(text, {} if shell is None else shell.user_ns, **asked))
    except StepsError as error:
        print(f"steps: {error}", file=sys.stderr)
        return None


def _asked(line: str) -> dict[str, Any]:
    """Read what stands behind the magic: a layer, or functions and their inputs."""
    words = line.split()
    names: list[str] = []
    for word in words:
        if not word.replace(".", "_").isidentifier() or len(names) == 2:
            break
        names.append(word)
    inputs = " ".join(words[len(names) :]).strip().strip("'\"")
    if not inputs:
        if len(names) != 1:
            raise StepsError(
                "give a layer, as in '%%steps batchnorm', or the functions and what the first "
                "one's arguments look like, as in '%%steps forward backward x: (N, D)'"
            )
        return {"layer": names[0]}
    if not names:
        raise StepsError("name the functions before their inputs: '%%steps f g x: (N, D)'")
    backward = names[1] if len(names) > 1 else None
    return {"forward": names[0], "backward": backward, "inputs": inputs}


def _shell() -> Any:
    """The running IPython, None outside of one."""
    module = sys.modules.get("IPython")
    return None if module is None else module.get_ipython()


def _run(shell: Any, text: str) -> bool:
    """Run a cell in the notebook; False when it raises, which the notebook shows."""
    # IPython takes empty lines away from the beginning; lines have to keep their numbers.
    empty = len(text) - len(text.lstrip("\n"))
    text = "\n" * empty + shell.transform_cell(text).lstrip("\n")
    try:
        name = shell.compile.cache(text, shell.execution_count)
        exec(shell.compile(text, name, "exec"), shell.user_ns)
    except Exception:
        shell.showtraceback()
        return False
    return True


def _judge(text: str, namespace: Mapping[str, Any], **asked: Any) -> Report:
    """Write a text and what it needs to a folder, and judge that in a process of its own.

    What comes from the rest of the notebook is a module that the first line imports, when that
    line is free, so that all lines keep their numbers. A forward of another cell goes to the end.
    """
    try:
        tree = ast.parse(text)
    except SyntaxError as error:
        raise StepsError(f"the cell does not parse, line {error.lineno}: {error.msg}") from error
    judged = _judged_names(asked)
    around = gather_names(used_in(tree) | judged, defined_in(tree), namespace)
    last = [around.definitions.pop(name) for name in sorted(judged) if name in around.definitions]
    with tempfile.TemporaryDirectory(prefix="steps-cell-") as folder:
        path = Path(folder) / "cell.py"
        rest = [*around.values, *around.definitions.values(), ""]
        path.with_name(f"{_REST}.py").write_text("\n".join(rest), encoding="utf-8")
        imports = f"from {_REST} import *"
        free = not text.split("\n", 1)[0].strip()
        whole = [imports + text] if free else [text, imports]
        path.write_text("\n".join([*whole, "", *last, ""]), encoding="utf-8")
        try:
            with hypothesis_elsewhere():
                report = debug(str(path), **asked)
        except StepsError as error:
            raise StepsError(str(error).replace(str(path), "the cell")) from error
    notes = report.notes
    if around.missing:
        notes += (f"not taken over from the notebook: {', '.join(around.missing)}",)
    return replace(report, target="notebook", file="cell", notes=notes)


def _judged_names(asked: Mapping[str, Any]) -> set[str]:
    """Names of the functions that are judged, wherever they are defined."""
    functions = [asked.get("forward"), asked.get("backward")]
    rows = rows_named(EVERY, str(asked.get("layer")))
    if rows and not any(functions):
        functions = [name.rpartition(".")[2] for name in rows[0][0].functions]
    return {name for name in functions if name}


def load_ipython_extension(shell: Any) -> None:
    """Register ``%steps`` and ``%%steps``."""
    shell.register_magic_function(steps_magic, magic_kind="line_cell", magic_name="steps")
