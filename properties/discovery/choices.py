"""Arguments that choose between ways to compute: all ways are judged that the code goes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from . import names
from .calling import Plan
from .gradients import items_of
from .hints import hints
from .inputs import Wanted
from .ladder import Unclear
from .pairs import Pairing
from .reading import leaves_of
from .session import Session
from .trying import Failed, make_example, see

_MODES = frozenset(["train", "test", "eval", "inference", "predict", "training", "evaluation"])
_MOST = 6
Specs = Mapping[str, Wanted]


def with_choices(
    session: Session, pairing: Pairing, plan: Plan, reading: str, specs: Specs, *, least: int = 1
) -> Specs:
    """Inputs in which an argument takes every text or flag that forward and backward can do with.

    Modes of training and testing stay as they are: a backward belongs to training.
    """
    found = dict(specs)
    for path, default, options in _offered(pairing, specs):
        usual = [default, *(one for one in options if one != default)][:_MOST]
        going = [
            one
            for one in usual
            if _goes(session, pairing, plan, reading, {**found, path: _constant(one)}, least)
        ]
        if len(going) > 1 and default in going:
            found[path] = Wanted("choice", constant=tuple(going))
    return found


def _constant(value: Any) -> Wanted:
    return Wanted("constant", constant=value)


def _offered(pairing: Pairing, specs: Specs) -> Iterator[tuple[str, Any, Sequence[Any]]]:
    """Arguments that are compared with texts, and flags that have to be given."""
    functions = [pairing.forward, pairing.judged]
    owner = pairing.owner
    made = owner.methods.get("__init__") if owner is not None else None
    if owner is not None:
        functions += [m for m in owner.methods.values() if m not in functions]
    told = [("init", p) for p in (made.parameters if made is not None else ())]
    told += [("arg", p) for p in pairing.forward.parameters if p.name != pairing.flag]
    known = hints(functions, [parameter.name for _, parameter in told])
    for kind, parameter in told:
        path, hint = f"{kind}/{parameter.name}", known[parameter.name]
        one = specs.get(path)
        given = one.constant if one is not None and one.kind == "constant" else parameter.default
        low = parameter.name.lower()
        if isinstance(given, str) and hint.options and not set(hint.options) & _MODES:
            yield path, given, list(dict.fromkeys(hint.options))
        elif isinstance(given, bool) and one is not None and low not in names.TRAINING:
            yield path, given, [False, True]


def _goes(
    session: Session, pairing: Pairing, plan: Plan, reading: str, specs: Specs, least: int
) -> bool:
    """Whether forward and backward run, and give gradients that can be read as before."""
    try:
        example = make_example(session, pairing, specs, 0, 3, least=least)
        seen = see(session, pairing, example, plan, seed=3)
    except (Failed, Unclear):
        return False
    leaves = leaves_of([seen], plan, reading)
    return bool(leaves) and bool(items_of(pairing, plan, [seen]))
