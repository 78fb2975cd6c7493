"""How a function is called: its arguments, and where each argument of a backward comes from."""

from __future__ import annotations

import ast
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from .names import promised, same_name

__all__ = ["Signature", "backward_sources", "cache_is_last", "rate_of", "signature_of"]

_UPSTREAM = {
    "dout", "grad_output", "grad_out", "output_gradient", "output_error", "upstream", "g", "dy",
    "dY", "dz", "dL", "d_out", "delta", "grad", "gradient", "dloss", "upstream_grad", "dvalues",
    "dupstream", "error",
}  # fmt: skip
_CACHES = {"cache", "ctx", "saved", "context", "tape", "memo", "store", "state", "caches"}
_FLAGS = {"derivative", "deriv", "derive", "prime", "grad", "gradient", "backward", "diff"}
_RATES = ("learning_rate", "lr", "rate", "eta", "step_size", "alpha")
_OUTPUTS = ("out", "output", "y", "value")


@dataclass(frozen=True, slots=True)
class Signature:
    """The arguments of a function, without ``self``.

    defaults : those that may be left out, with the source of their default.
    open : whether it takes any keyword. known : whether there is a source to read it from.
    """

    positional: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    defaults: Mapping[str, str] | None = None
    open: bool = False
    known: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """All named arguments."""
        return (*self.positional, *self.keywords)

    @property
    def required(self) -> tuple[str, ...]:
        """Those that must be given."""
        return tuple(name for name in self.names if name not in (self.defaults or {}))


def signature_of(node: ast.FunctionDef) -> Signature:
    """Read the signature of a definition."""
    own = node.args
    names = [a.arg for a in [*own.posonlyargs, *own.args]]
    defaults = dict(
        zip(names[len(names) - len(own.defaults) :], map(ast.unparse, own.defaults), strict=True)
    )
    for argument, default in zip(own.kwonlyargs, own.kw_defaults, strict=True):
        if default is not None:
            defaults[argument.arg] = ast.unparse(default)
    return Signature(
        tuple(n for n in names if n not in ("self", "cls")),
        tuple(a.arg for a in own.kwonlyargs),
        defaults,
        own.kwarg is not None,
        known=True,
    )


def signature_of_fields(node: ast.ClassDef) -> Signature | None:
    """Read what a dataclass is made with; None of any other class.

    >>> [made] = ast.parse("@dataclass\\nclass A:\\n    n: int\\n    g: list = field()").body
    >>> signature_of_fields(made).names, signature_of_fields(made).required
    (('n', 'g'), ('n',))
    """
    decorated = [ast.unparse(d).partition("(")[0] for d in node.decorator_list]
    if not {"dataclass", "dataclasses.dataclass"} & set(decorated):
        return None
    fields = {
        one.target.id: ast.unparse(one.value) if one.value is not None else ""
        for one in node.body
        if isinstance(one, ast.AnnAssign)
        and isinstance(one.target, ast.Name)
        and "ClassVar" not in ast.unparse(one.annotation)
        and "init=False" not in (ast.unparse(one.value) if one.value is not None else "")
    }
    defaults = {name: default for name, default in fields.items() if default}
    return Signature(tuple(fields), (), defaults, known=True)


def rate_of(names: Sequence[str]) -> str:
    """Return the learning rate among the arguments that only a backward takes, "" for none."""
    return next((name for name in _RATES if name in names), "")


def backward_sources(
    own: Signature, given: Collection[str], returned: Sequence[str], locals_: Collection[str]
) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """Say where each argument of a backward comes from, and which outputs have an upstream.

    Parameters
    ----------
    given : arguments of the forward, and what else ``--inputs`` names.
    returned : the source of each part that the forward returns.
    locals_ : names that the forward, or a helper of it, binds.

    Returns
    -------
    sources : ``*dout``, ``*dout:1``, ``*cache``, ``*cache:0``, ``*out``, ``@name`` for a local of
        the forward, ``=True`` for a flag, or an argument by its name.
    outputs : places of the outputs among what the forward returns.
    """
    if not own.known:
        return ("*dout", "*cache"), (0,)
    names = list(own.positional)
    upstreams = [name for name in names if _is_upstream(name, given, returned)]
    plain = [n for n in names if n not in given and n not in locals_ and n not in _CACHES]
    if not upstreams and plain and plain[0] == names[0] and plain[0] not in _FLAGS:
        upstreams = [names[0]]  # whatever it is called, what comes first is the upstream
    found: list[str] = []
    for name in names:
        optional = name in (own.defaults or {})
        if name in upstreams:
            number = upstreams.index(name)
            found.append(f"*dout:{number}" if number else "*dout")
        elif name in _CACHES:
            found.append("*cache")
        elif name in given:
            found.append(name)
        elif optional and name.lower() in _FLAGS:
            found.append("=True")
        elif optional:
            break
        elif name in locals_:
            found.append(f"@{name}")
        elif name in _OUTPUTS:
            found.append("*out")
        else:
            found.append("*cache")
    many = found.count("*cache")
    if many > 1:  # the parts of the cache one by one
        parts = iter(range(many))
        found = [f"*cache:{next(parts)}" if one == "*cache" else one for one in found]
    return tuple(found), _outputs(upstreams, returned)


def _is_upstream(name: str, given: Collection[str], returned: Sequence[str]) -> bool:
    if name in given:
        return False
    return name in _UPSTREAM or any(same_name(p, r) for p in promised(name) for r in returned)


def _outputs(upstreams: Sequence[str], returned: Sequence[str]) -> tuple[int, ...]:
    """Which parts of what a forward returns have an upstream: told by name, else the first."""
    if len(upstreams) < 2:
        return (0,)
    told = [
        next((k for k, r in enumerate(returned) if same_name(p, r)), None)
        for name in upstreams
        for p in promised(name)[:1]
    ]
    if len(told) == len(upstreams) and None not in told and len(set(told)) == len(told):
        return tuple(k for k in told if k is not None)
    return tuple(range(len(upstreams)))


def cache_is_last(returned: Sequence[str], outputs: Sequence[int]) -> bool:
    """Whether what a forward returns last is the cache, and what stands before it is not."""
    return len(returned) > len(outputs) + 1 and (
        returned[-1] in _CACHES or returned[-1].startswith("(")
    )
