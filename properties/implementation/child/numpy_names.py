"""Names that numpy has removed and that code in use still mentions."""

from __future__ import annotations

import ast
import builtins
import functools
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np


def _asscalar(a: Any) -> Any:
    return a.item()


def _alltrue(*args: Any, **kwargs: Any) -> Any:
    return np.all(*args, **kwargs)


def _sometrue(*args: Any, **kwargs: Any) -> Any:
    return np.any(*args, **kwargs)


def _replacements() -> dict[str, Any]:
    numpy: Any = np
    return {
        "int": builtins.int,
        "float": builtins.float,
        "bool": builtins.bool,
        "object": builtins.object,
        "str": builtins.str,
        "complex": builtins.complex,
        "long": builtins.int,
        "unicode": builtins.str,
        "float_": np.float64,
        "complex_": np.complex128,
        "int0": np.intp,
        "uint0": np.uintp,
        "bool8": np.bool_,
        "unicode_": np.str_,
        "string_": np.bytes_,
        "Inf": np.inf,
        "Infinity": np.inf,
        "infty": np.inf,
        "PINF": np.inf,
        "NINF": -np.inf,
        "NaN": np.nan,
        "NAN": np.nan,
        "PZERO": 0.0,
        "NZERO": -0.0,
        "product": np.prod,
        "cumproduct": np.cumprod,
        "alltrue": _alltrue,
        "sometrue": _sometrue,
        "row_stack": np.vstack,
        "in1d": np.isin,
        "trapz": getattr(numpy, "trapezoid", None),
        "asscalar": _asscalar,
        "round_": np.round,
        "msort": functools.partial(np.sort, axis=0),
        "asfarray": functools.partial(np.asarray, dtype=np.float64),
        "mat": np.asmatrix,
        "rank": np.ndim,
        "find_common_type": lambda arrays, scalars: np.result_type(*arrays, *scalars),
    }


def put_back(nodes: Iterable[ast.AST]) -> list[str]:
    """Define the removed numpy names that the nodes of a tree use; give them for the report.

    Only names that this numpy lacks are touched, and only those that the code mentions.
    """
    names = set()
    newshape = False
    for node in nodes:
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            if node.value.id in {"np", "numpy"}:
                names.add(node.attr)
        elif isinstance(node, ast.ImportFrom) and node.module == "numpy":
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.keyword) and node.arg == "newshape":
            newshape = True
    replacements = _replacements()
    notes = []
    for name in sorted(names & replacements.keys()):
        if name not in np.__dict__ and replacements[name] is not None:
            setattr(np, name, replacements[name])
            notes.append(f"numpy.{name}, which numpy {np.__version__} no longer has, was put back")
    if newshape and _reshape_lacks_newshape():
        np.reshape = _reshape(np.reshape)
        notes.append(f"numpy.reshape(newshape=), which numpy {np.__version__} lacks, was put back")
    return notes


def _reshape_lacks_newshape() -> bool:
    try:
        np.reshape(np.zeros(1), newshape=(1,))  # type: ignore[call-overload]
    except TypeError:
        return True
    return False


def _reshape(original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def reshape(a: Any, *args: Any, **kwargs: Any) -> Any:
        if "newshape" in kwargs:
            kwargs["shape"] = kwargs.pop("newshape")
        return original(a, *args, **kwargs)

    return reshape
