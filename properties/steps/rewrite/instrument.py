"""Rewrite a module so that every value of the chosen functions passes through a probe.

``mu = x.mean(0)`` becomes ``mu = _nndl_p(7, _nndl_p(6, x).mean(0))``: probe 7 is the node `mu`,
probe 6 is this one use of `x`. The rewritten module computes the same as before, and is ordinary
text that runs wherever the original runs.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from ...implementation.child.tracing import handed, supplied
from .probes import Probe, Statement
from .rewriter import CHOICE, PROBE, Rewriter

__all__ = ["Instrumented", "Probe", "Statement", "instrument"]

_HEADER = "_nndl_header"
RUNTIME = "_nndl_steps_runtime"


@dataclass(slots=True)
class Instrumented:
    """The rewritten module and the tables that say what every probe is."""

    text: str
    probes: dict[int, Probe]
    statements: dict[int, Statement]
    locals: dict[str, frozenset[str]]
    not_followed: list[str] = field(default_factory=list)


def functions_of(tree: ast.Module) -> dict[str, ast.FunctionDef]:
    """Functions and methods by name, and those inside them, the last definition winning."""
    found = _outer_functions(tree)
    inner = {
        f"{name}.{node.name}": node
        for name, outer in found.items()
        for node in outer.body
        if isinstance(node, ast.FunctionDef)
    }
    return {**inner, **found}


def _outer_functions(tree: ast.Module) -> dict[str, ast.FunctionDef]:
    found: dict[str, ast.FunctionDef] = {}
    blocks: list[ast.stmt] = []
    for node in tree.body:
        blocks += (
            [n for n in ast.walk(node) if isinstance(n, (ast.FunctionDef, ast.ClassDef))]
            if isinstance(node, (ast.If, ast.Try, ast.With))
            else [node]
        )
    for node in blocks:
        if isinstance(node, ast.FunctionDef):
            found[node.name] = node
        elif isinstance(node, ast.ClassDef):
            for part in node.body:
                if isinstance(part, ast.FunctionDef):
                    found[f"{node.name}.{part.name}"] = part
        elif (
            isinstance(node, ast.Assign)
            and isinstance(node.value, ast.Lambda)
            and isinstance(node.targets[0], ast.Name)
        ):
            found[node.targets[0].id] = _from_lambda(node, node.targets[0].id)
    return found


def _from_lambda(node: ast.Assign, name: str) -> ast.FunctionDef:
    value = node.value
    assert isinstance(value, ast.Lambda)
    body = ast.copy_location(ast.Return(value=value.body), node)
    made = ast.parse(f"def {name}(): pass").body[0]
    assert isinstance(made, ast.FunctionDef)
    made.args, made.body = value.args, [body]
    return ast.fix_missing_locations(ast.copy_location(made, node))


def _callees(function: ast.FunctionDef, owner: str) -> Iterator[str]:
    for node in ast.walk(function):
        if isinstance(node, ast.Call):
            if isinstance(node.func, ast.Name):
                yield node.func.id
            elif (
                isinstance(node.func, ast.Attribute)
                and owner
                and isinstance(node.func.value, ast.Name)
                and node.func.value.id in ("self", owner)
            ):
                yield f"{owner}.{node.func.attr}"


def reachable(tree: ast.Module, names: Sequence[str], *, depth: int = 2) -> tuple[str, ...]:
    """Return `names` and the functions of the same module that they call, `depth` levels down."""
    functions = functions_of(tree)
    found = list(dict.fromkeys(name for name in names if name in functions))
    layer = list(found)
    for _ in range(depth):
        following: list[str] = []
        for name in layer:
            owner = name.rpartition(".")[0]
            for callee in _callees(functions[name], owner):
                if callee in functions and callee not in found:
                    found.append(callee)
                    following.append(callee)
        layer = following
    return tuple(found)


def instrument(
    source: str | ast.Module,
    names: Sequence[str],
    *,
    first: int = 0,
    alternatives: Mapping[int, Sequence[ast.stmt]] | None = None,
    depth: int = 2,
) -> Instrumented:
    """Rewrite the functions `names` of a module, and the helpers of the same module they call.

    Parameters
    ----------
    source : text of the module, or its syntax tree, which is changed.
    names : functions ("f") and methods ("Class.f").
    first : number of the first probe, so that two modules can share one table.
    alternatives : other statements to be tried in place of a numbered one; which of them runs is
        chosen at run time.
    depth : how many levels of helpers are followed.

    Raises
    ------
    SyntaxError
        The text is no Python of this version.
    """
    tree = ast.parse(source) if isinstance(source, str) else source
    functions = functions_of(tree)
    wanted = reachable(tree, names, depth=depth)
    maker = Rewriter(first, alternatives or {})
    for name in wanted:
        node = functions[name]
        if any(isinstance(n, (ast.Yield, ast.YieldFrom, ast.Await)) for n in ast.walk(node)):
            maker.complaints.append(f"{name} is a generator and is not followed")
            continue
        maker.function(node, name)
        _put_back(tree, name, node)
    return Instrumented(
        _with_header(tree), maker.probes, maker.statements, maker.locals, maker.complaints
    )


def _put_back(tree: ast.Module, name: str, node: ast.FunctionDef) -> None:
    """Replace a lambda by the function that was made of it."""
    for position, old in enumerate(tree.body):
        if (
            isinstance(old, ast.Assign)
            and isinstance(old.value, ast.Lambda)
            and isinstance(old.targets[0], ast.Name)
            and old.targets[0].id == name
        ):
            tree.body[position] = node


@cache
def _runtime_texts() -> list[str]:
    shared = [Path(module.__file__ or "") for module in (handed, supplied)]
    names = ("runtime.py", "running.py", "jobs.py", "serving.py")
    own = [Path(__file__).with_name(name) for name in names]
    return [file.read_text(encoding="utf-8") for file in (*shared, *own)]


def runtime_header() -> str:
    """Return the lines that put the runtime into the process and `probe` into a module."""
    return (
        f"import sys as _nndl_sys, types as _nndl_types\n"
        f"if {RUNTIME!r} not in _nndl_sys.modules:\n"
        f"    _nndl_m = _nndl_types.ModuleType({RUNTIME!r})\n"
        f"    for _nndl_t in {_runtime_texts()!r}:\n"
        f"        exec(compile(_nndl_t, 'steps runtime', 'exec'), _nndl_m.__dict__)\n"
        f"    _nndl_sys.modules[{RUNTIME!r}] = _nndl_m\n"
        f"_nndl_m = _nndl_sys.modules[{RUNTIME!r}]\n"
        f"{PROBE} = _nndl_m.probe\n"
        f"{CHOICE} = _nndl_m.choice\n"
    )


def _with_header(tree: ast.Module) -> str:
    position = 0
    for node in tree.body:
        docstring = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        future = isinstance(node, ast.ImportFrom) and node.module == "__future__"
        if not (docstring or future):
            break
        position += 1
    # The header is long and always the same: it goes in as text, not through the unparser.
    tree.body[position:position] = ast.parse(_HEADER).body
    text = ast.unparse(ast.fix_missing_locations(tree))
    return text.replace(f"{_HEADER}\n", runtime_header(), 1)
