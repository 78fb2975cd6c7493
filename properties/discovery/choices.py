"""Arguments that choose between ways to compute: all ways are judged that the code goes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from . import names
from .calling import Plan, passing
from .gradients import items_of
from .hint import Hint
from .hints import hints
from .inputs import NUMBERS, Wanted
from .ladder import Unclear
from .pairs import Pairing
from .reading import leaves_of
from .session import Session
from .source import Parameter
from .trying import Failed, make_example, see

_MODES = frozenset(["train", "test", "eval", "inference", "predict", "training", "evaluation"])
_MOST = 6
Specs = Mapping[str, Wanted]


def with_choices(
    session: Session, pairing: Pairing, plan: Plan, reading: str, specs: Specs, *, least: int = 1
) -> tuple[Specs, Plan]:
    """Inputs in which an argument takes every text or flag that forward and backward can do with.

    Modes of training and testing stay as they are: a backward belongs to training. The plan gives
    the backward the same text. What is compared with 0 and 1, or -1 and 1, is one of them.
    """
    found = dict(specs)

    def goes(plan: Plan, changed: Mapping[str, Wanted]) -> bool:
        return _goes(session, pairing, plan, reading, {**found, **changed}, least)

    known = _known(pairing)
    for path, default, options in _offered(pairing, specs, known):
        told = passing(plan, pairing, path)
        if told is None:
            continue
        usual = [default, *(one for one in options if one != default)][:_MOST]
        going = [one for one in usual if goes(told, {path: Wanted("constant", constant=one)})]
        if len(going) > 1 and default in going:
            found[path], plan = Wanted("choice", constant=tuple(going)), told
    for path, hint in known.items():
        one = found.get(path)
        if hint.labelled and one is not None and one.kind in NUMBERS:
            exact = replace(one, kind=hint.labelled)
            if one.axes and goes(plan, {path: exact}):
                found[path] = exact
    return found, plan


def parameters_of(pairing: Pairing) -> dict[str, Parameter]:
    """What the constructor and the forward take, by path."""
    made = pairing.owner.methods.get("__init__") if pairing.owner is not None else None
    told = {f"init/{p.name}": p for p in (made.parameters if made is not None else ())}
    plain = (p for p in pairing.forward.parameters if p.name != pairing.flag)
    return told | {f"arg/{p.name}": p for p in plain}


def _known(pairing: Pairing) -> dict[str, Hint]:
    functions = [pairing.forward, pairing.judged]
    if pairing.owner is not None:
        functions += [m for m in pairing.owner.methods.values() if m not in functions]
    parameters = parameters_of(pairing)
    found = hints(functions, [parameter.name for parameter in parameters.values()])
    return {path: found[parameter.name] for path, parameter in parameters.items()}


def _offered(
    pairing: Pairing, specs: Specs, known: Mapping[str, Hint]
) -> Iterator[tuple[str, Any, Sequence[Any]]]:
    """Arguments that are compared with texts, and flags that have to be given."""
    for path, parameter in parameters_of(pairing).items():
        hint, one = known[path], specs.get(path)
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
