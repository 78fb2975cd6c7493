"""What the name of a backward variable promises: dNAME is the adjoint of NAME."""

from __future__ import annotations

import re

__all__ = ["promised", "same_input", "same_name"]

_PATTERNS = (
    r"^\w*_?(?:wrt|by)_(?P<n>\w+)$",
    r"^nabla_?(?P<n>\w+)$",
    r"^d[Ll]oss_?d?_?(?P<n>\w+)$",
    r"^d[LJE]_?_?d_?(?P<n>\w+)$",
    r"^d_(?P<n>\w+)$",
    r"^d(?P<n>\w+)$",
    r"^grads?_(?P<n>\w+)$",
    r"^(?P<n>\w+?)_grads?$",
    r"^delta_?(?P<n>\w+)$",
    r"^(?P<n>\w+?)_?bar$",
    r"^g_(?P<n>\w+)$",
    r"^grad(?P<n>[A-Z]\w*)$",
    r"^(?P<n>\w+?)_delta$",
)
_KEYED = re.compile(r"""^\w+(?:\.\w+)*\[(?:f?['"])(?P<n>\w+)['"]\]$""")


_PARTS = re.compile(r"\w+")


def promised(name: str) -> tuple[str, ...]:
    """Return the names whose adjoint a variable may be, the likeliest first.

    >>> promised("dvar"), promised("grad_W"), promised("x_grad"), promised("t")
    (('var',), ('W',), ('x',), ())
    """
    keyed = _KEYED.match(name)
    if keyed:
        inner = keyed.group("n")
        return (inner, *promised(inner))
    plain = name.removeprefix("self.")
    found = []
    for pattern in _PATTERNS:
        match = re.match(pattern, plain)
        if match and match.group("n"):
            found.append(match.group("n"))
    return tuple(dict.fromkeys(found))


def same_name(a: str, b: str) -> bool:
    """Compare names without regard to case of the first letter and underscores.

    >>> same_name("x_hat", "xhat"), same_name("var", "std")
    (True, False)
    """
    return a == b or _plain(a) == _plain(b)


def same_input(a: str, b: str) -> bool:
    """Whether two places of an input are one: ``params['W1']``, ``params.W1`` and ``W1``.

    >>> same_input("params['W1']", "params.W1"), same_input("W1", "params.W1")
    (True, True)
    >>> same_input("ws[0]", "ws.0"), same_input("ws[0]", "ws.1")
    (True, False)
    """
    first, second = (_PARTS.findall(name.removeprefix("self.")) for name in (a, b))
    short = min(len(first), len(second))
    return bool(short) and first[-short:] == second[-short:]


def _plain(name: str) -> str:
    keyed = _KEYED.match(name)
    name = keyed.group("n") if keyed else name
    return name.removeprefix("self.").replace("_", "").lower()
