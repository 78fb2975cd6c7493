"""Defaults that are judged with another value too: a derivative that forgot one is right at it."""

from __future__ import annotations

import ast
from collections.abc import Container, Mapping
from typing import Any

from . import names
from .calling import Plan, passing
from .choices import parameters_of
from .inputs import Wanted
from .pairs import Pairing

Specs = Mapping[str, Wanted]

_MOST = 4
_SMALLEST = 1e-4
"""Smaller numbers keep a division or a logarithm from zero."""
_LARGEST = 5
"""Whole numbers that are larger are sizes."""
_SETTINGS = names.vocabulary(
    """eps epsilon tol tolerance rtol atol seed rng random state lr learning momentum beta1 beta2
    iter iters iteration iterations epoch epochs step steps axis axes dim dims verbose verbosity
    jobs batch digits decimals precision"""
)
"""Words of arguments that no derivative has to follow."""
_MANNERS = names.vocabulary(
    """train training trainable test testing eval evaluation inference infer predict deterministic
    mode inplace place copy out output outputs verbose debug plot show check checks return returns
    with full cache cached store save print reset stateful init initialize random shuffle pretrained
    freeze frozen lazy new compute requires first last final top hidden fused combined hard"""
)
"""Words of flags that change what is given back or kept, not what is computed."""


def varied(
    pairing: Pairing, plan: Plan, specs: Specs, declared: Container[str]
) -> tuple[dict[str, tuple[Any, Any]], tuple[str, ...]]:
    """Defaults and other values by path, and the names of what stays at its default alone.

    An argument stays that the backward cannot know, or that it may call otherwise.
    """
    found: dict[str, tuple[Any, Any]] = {}
    alone = []
    static = pairing.forward.static and pairing.judged.static
    for path, parameter in parameters_of(pairing).items():
        if path in specs or parameter.name in declared or not parameter.has_default:
            continue
        if path.startswith("init/") and (static or _unread(pairing, parameter.name)):
            continue
        other = another(parameter.name, parameter.default)
        if other is None:
            continue
        if len(found) < _MOST and passing(plan, pairing, path) is not None:
            found[path] = (parameter.default, other)
        else:
            alone.append(parameter.name)
    return found, tuple(alone)


def _unread(pairing: Pairing, name: str) -> bool:
    """Whether the forward reads nothing that the constructor keeps of an argument.

    The strength of a penalty belongs to a loss that stands elsewhere.
    """
    made = pairing.owner.methods.get("__init__") if pairing.owner is not None else None
    kept = {
        target.attr
        for node in (made.walk() if made is not None else ())
        if isinstance(node, ast.Assign) and _reads(node.value, name)
        for target in node.targets
        if isinstance(target, ast.Attribute)
    }
    below = (pairing.forward, *pairing.helpers)
    attributes = (node for f in below for node in f.walk() if isinstance(node, ast.Attribute))
    return bool(kept) and kept.isdisjoint(node.attr for node in attributes)


def _reads(value: ast.expr, name: str) -> bool:
    return any(isinstance(node, ast.Name) and node.id == name for node in ast.walk(value))


def another(name: str, default: Any) -> Any:
    """Another value for an argument, on the same side of 0 and 1; None where it is none to vary.

    >>> [another("beta", 1.0), another("slope", 0.01), another("reg", 0.0), another("gamma", -2.0)]
    [0.7, 0.015, 0.3, -2.4]
    >>> [another("stride", 1), another("hidden", 64), another("eps", 0.1), another("bias", True)]
    [2, None, None, False]
    """
    words = {name.lower(), *names.words(name)}
    if isinstance(default, bool):
        return None if words & (_MANNERS | names.BACKWARD | names.TRAINING) else not default
    if not isinstance(default, (int, float)) or words & (_SETTINGS | (names.RATES - {"alpha"})):
        return None
    if isinstance(default, int):
        return default + 1 if 0 <= default <= _LARGEST else None
    size = abs(default)
    if size == 0.0:
        return 0.3
    if not _SMALLEST <= size < float("inf"):
        return None
    if size > 1.0:
        other = 1.0 + 1.4 * (size - 1.0)
    else:
        other = 1.5 * size if size <= 0.6 else 0.7 * size
    return float(f"{other if default > 0.0 else -other:.3g}")
