"""What a function gives, by its signature and what it returns: a value, gradients, both."""

from __future__ import annotations

import ast

from . import names
from .source import VAR_POSITIONAL, Function

_FLAGS = names.vocabulary("deriv derivative derivate grad gradient prime derivation d_flag back")


def flag_of(function: Function) -> str:
    """The parameter that asks a function for its derivative: ``deriv=False``; "" without one."""
    likely = (p for p in function.parameters if p.name.lower() in _FLAGS and p.has_default)
    return next((p.name for p in likely if p.default in (False, 0)), "")


def is_local(function: Function, other: Function) -> bool:
    """Whether a derivative takes no upstream derivative and no cache: f'(x)."""
    own = [p.name for p in function.parameters if p.required]
    theirs = [p.name for p in other.parameters if p.required]
    if not own or len(own) > len(theirs) or names.adds_windows(function.name):
        return False
    if any(name in names.UPSTREAM or name in names.CACHES for name in own):
        return False
    return len(own) == len(theirs) or set(own) <= set(theirs)


def gives_gradients(function: Function) -> bool:
    """Whether everything that a function returns is called a gradient: ``return {"dw": …}``."""
    returned = (node.value for node in function.walk() if isinstance(node, ast.Return))
    value = next((one for one in returned if one is not None), None)
    if isinstance(value, ast.Dict):
        keys = [k.value for k in value.keys if isinstance(k, ast.Constant)]
    elif isinstance(value, ast.Tuple):
        keys = [part.id if isinstance(part, ast.Name) else "" for part in value.elts]
    else:
        return False
    return bool(keys) and all(isinstance(k, str) and names.gradient_of(k) for k in keys)


def joint_value(function: Function) -> int | None:
    """Where the value stands in a function that returns a value and its gradients, else None."""
    if _is_joint(function):
        return 0
    returns = [r for r in function.returns() if len(r) == 2]
    if returns and not names.uses_gradients(function.name):
        first, last = returns[-1]
        value = last in ("J", "L", "E") or bool(set(names.words(last)) & names.VALUE)
        if value and names.is_gradient(first) and not names.gradient_of(last):
            return 1
    return None


def is_nested(function: Function) -> bool:
    """Whether a cost returns its value, and in one tuple a product or a sum for each argument.

    ``return loss.mean(), (2 * (n - p) * m, -2 * (a - p) * m, 2 * (a - n) * m)``: no name says that
    these are its gradients.
    """
    words = set(names.words(function.name))
    if not words & names.VALUE or words & names.FORWARD or names.is_backward(function.name):
        return False
    values = [node.value for node in function.walk() if isinstance(node, ast.Return)]
    if not values or not isinstance(values[-1], ast.Tuple) or len(values[-1].elts) != 2:
        return False
    value, rest = values[-1].elts
    plain = not isinstance(value, (ast.Tuple, ast.List)) and isinstance(rest, (ast.Tuple, ast.List))
    parts = rest.elts if plain and isinstance(rest, (ast.Tuple, ast.List)) else []
    needed = [p for p in function.parameters if p.required and p.name != "self"]
    return len(parts) == len(needed) > 1 and all(
        isinstance(part.operand if isinstance(part, ast.UnaryOp) else part, ast.BinOp)
        for part in parts
    )


def _is_joint(function: Function) -> bool:
    """Whether a function returns a value and then its gradients."""
    returns = [r for r in function.returns() if len(r) > 1]
    if not returns or any(p.kind == VAR_POSITIONAL for p in function.parameters):
        return False
    plain = names.words(function.name)
    last = returns[-1]
    first = last[0]
    told = {*plain, *names.words(first)}  # forward_backward_prop may return cost, grad
    if names.is_backward(function.name) and not told & (names.VALUE | {"value", "and", "with"}):
        return False
    if first and names.is_gradient(first) and first.lower() not in ("data_loss", "d", "dist"):
        return False
    made = [part for part in last[1:] if part and part not in function.names]
    inside = function.returned_inside().values()
    if inside and all(_is_gradient_here(part, function) for part in inside):
        return True
    if any(_is_gradient_here(part, function) for part in made) or _propagates(function):
        return True
    return "grad" in function.name.lower() and ("and" in plain or "with" in plain)


def _propagates(function: Function) -> bool:
    """Whether a loss and what is made of a gradient are returned: ``loss, ds @ y, ds.T @ x``."""
    values = [node.value for node in function.walk() if isinstance(node, ast.Return)]
    for value in values:
        if not isinstance(value, ast.Tuple) or not value.elts:
            continue
        first, *rest = value.elts
        if not isinstance(first, ast.Name) or not set(names.words(first.id)) & names.VALUE:
            continue
        made = [
            _is_product_or_call(part)
            and any(
                _is_gradient_here(leaf.id, function)
                for leaf in ast.walk(part)
                if isinstance(leaf, ast.Name) and leaf.id not in function.names
            )
            for part in rest
        ]
        if made and all(made):
            return True
    return False


def _is_product_or_call(part: ast.expr) -> bool:
    """Whether a returned value may be a gradient; ``np.sum(grad)`` and ``norm(grad)`` are none."""
    if isinstance(part, ast.Call) and isinstance(part.func, ast.Name):
        return not names.uses_gradients(part.func.id)
    return isinstance(part, ast.BinOp) and isinstance(part.op, ast.MatMult)


def _is_gradient_here(name: str, function: Function) -> bool:
    """Whether a returned name is a gradient: of what the function has, or by a word for it.

    ``d2``, ``decoded`` and ``density`` begin with a d as well.
    """
    if not names.is_gradient(name):
        return False
    bases = names.gradient_of(name)
    if not bases or "grad" in name.lower():
        return True
    known: set[str] = {parameter.name for parameter in function.parameters}
    for node in function.walk():
        if isinstance(node, ast.Name):
            known.add(node.id)
        elif isinstance(node, ast.Attribute):
            known.add(node.attr)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            known.add(node.value)
    begins = any(
        len(b) > 1 and p.name.lower().startswith(b) for b in bases for p in function.parameters
    )
    return begins or any(names.same(name, one) for one in known if one != name)
