"""Which functions the text of a target defines; nothing of it runs."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping

from .child.importing import ROOT
from .child.source import read_source
from .child.survey import definitions, mentions, modules_of
from .target import Target

_ONE_BY_ONE = frozenset({"stride", "strides", "pad", "padding", "size", "kernel_size", "pool_size"})


def defined_names(target: Target, names: Mapping[str, int]) -> frozenset[str]:
    """Those of some names that a module of the target binds at its top level.

    A function of the name that takes other arguments is another one.

    Parameters
    ----------
    target : Target
        From `resolve_target`.
    names : mapping of str to int
        Plain names, without a module, and how many arguments each takes, of which the last holds
        the options.
    """
    if not names:
        return frozenset()
    words = re.compile(rb"\b(" + b"|".join(re.escape(n).encode() for n in names) + rb")\b")
    found: set[str] = set()
    for module in modules_of(target.layout(), ROOT):
        if not mentions(module.path, words):
            continue
        try:
            tree = read_source(module.path).tree
        except (OSError, SyntaxError):
            continue
        bound = {name: place for name, place in definitions(tree).items() if name in names}
        functions = [f for f in ast.walk(tree) if isinstance(f, ast.FunctionDef)]
        others = {
            f.name
            for f in functions
            if f.name in bound
            and bound[f.name].line <= f.lineno <= bound[f.name].end_line
            and not _takes(f.args, names[f.name])
        }
        found |= bound.keys() - others
    return frozenset(found)


def _takes(arguments: ast.arguments, count: int) -> bool:
    """Whether so many arguments can be given, the last a dict of options."""
    taken = [*arguments.posonlyargs, *arguments.args]
    needed = len(taken) - len(arguments.defaults)
    if arguments.vararg is not None:
        return needed <= count
    if {one.arg for one in taken} & _ONE_BY_ONE or not needed <= count <= len(taken):
        return False
    return needed == count or "param" in taken[count - 1].arg
