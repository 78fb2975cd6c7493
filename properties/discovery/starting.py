"""What is tried first with a pairing: inputs as they are told, as calls give them, as code says."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from properties.implementation.child.tracing.recording import calls_its_own

from . import names
from .columns import in_columns
from .gates import with_gates
from .hint import Hint
from .hints import hints
from .inputs import Wanted
from .layered import unfilled
from .learning import Learner
from .letters import ones
from .losses import is_number
from .multiples import as_multiples
from .pairs import Pairing
from .recorded import inputs_of
from .session import Session
from .shared import as_shared
from .source import (
    KEYWORD_ONLY,
    PLAIN,
    POSITIONAL_ONLY,
    VAR_POSITIONAL,
    Function,
    Parameter,
    Survey,
)
from .trying import request_for


@dataclass(frozen=True, slots=True, eq=False)
class Start:
    """How a search for inputs begins.

    Attributes
    ----------
    pairing : Pairing
        What it is about.
    learner : Learner
        Searches on from there.
    inputs : list of (cost, mapping)
        The inputs to begin with.
    source : str
        Where they come from.
    called : mapping
        Inputs as the target's own calls give them; empty where there are none.
    told_ones : int
        How many lengths are said to be one.
    """

    pairing: Pairing
    learner: Learner
    inputs: list[tuple[float, Mapping[str, Wanted]]]
    source: str
    called: Mapping[str, Wanted]
    told_ones: int


class Starting:
    """Finds out how to begin.

    Parameters
    ----------
    declared, told_by
        What is said of inputs, by name, and where.
    """

    def __init__(
        self,
        session: Session,
        survey: Survey,
        declared: Mapping[str, Wanted],
        told_by: str,
        seed: int,
    ) -> None:
        self._session, self._survey = session, survey
        self._declared, self._told_by, self._seed = declared, told_by, seed

    def of(self, pairing: Pairing) -> Start | str:
        """What to try first with a pairing, or why nothing can be tried."""
        forward, owner = pairing.forward, pairing.owner
        functions = [forward, *([pairing.backward] if pairing.backward else [])]
        constructor = owner.methods.get("__init__") if owner is not None else None
        made = owner is not None and not (forward.static and pairing.judged.static)
        init = list(constructor.parameters) if made and constructor is not None else []
        if owner is not None:
            functions += [m for m in owner.methods.values() if m not in functions]
        else:  # what others say of the same arguments, and the value of those of its gradient
            key, second = names.key(forward.name), pairing.kind == "second"
            functions += [
                f
                for f in self._survey.functions
                if f not in functions
                and ((second and names.key(f.name) == key) or _same_arguments(f, forward))
            ]
        args = [p for p in forward.parameters if p.name != pairing.flag]
        if pairing.then is not None:
            functions.append(pairing.then)
        args += [p for p in pairing.labels if p.name not in {one.name for one in args}]
        if any(p.kind == VAR_POSITIONAL for p in args) and not any(p.kind == PLAIN for p in args):
            return f"{forward.name} takes any number of arguments (*{args[0].name})"
        empty = "" if self._declared else unfilled(pairing)
        if empty:
            return empty
        of_init = _given(init, {*self._declared, *pairing.supplied})
        of_args = _given(args, self._declared)
        wanted = [p.name for p in (*of_init, *of_args)]
        doc = owner.doc if owner else ""
        if owner and doc.startswith(f"{owner.name}("):  # a dataclass gives itself its signature
            doc = ""
        found = hints(functions, wanted, doc, helpers=pairing.helpers)
        for parameter in (*of_init, *of_args):
            given = {*pairing.supplied, *self._declared}
            if found[parameter.name].called and parameter.name not in given:
                children = [k.name for k in self._survey.classes if owner and owner.name in k.bases]
                if children:
                    return f"{parameter.name} is a function; {', '.join(children)} stand for it"
                return f"its argument {parameter.name} is a function"
        keyed = {f"init/{p.name}": found[p.name] for p in of_init}
        keyed |= {f"arg/{p.name}": found[p.name] for p in of_args}
        both = [p.name for p in of_init if f"arg/{p.name}" in keyed]
        if both:  # the length ``h`` of a constructor is another thing than the state ``h``
            own = [f for f in functions if f is constructor]
            rest = [f for f in functions if f is not constructor]
            keyed |= {f"init/{n}": one for n, one in hints(own, both, doc).items()}
            of_rest = hints(rest, both, doc, helpers=pairing.helpers)
            keyed |= {f"arg/{n}": one for n, one in of_rest.items()}
        called = self._called_with(pairing, list(keyed))
        given = {*pairing.supplied, *self._declared}
        told = {*called, *(n for n in keyed if n.partition("/")[2] in given)}
        learner = Learner(
            lambda values: self._attempt(pairing, values),
            functions,
            keyed,
            columns=in_columns([*functions, *pairing.helpers]),
            scalar=is_number(pairing),
            gradient=pairing.kind == "second",
            told=told,
            seed=self._seed,
            clock=lambda: self._session.spent,
        )
        return self._start(pairing, learner, keyed, called, functions)

    def _attempt(self, pairing: Pairing, values: Mapping[str, Any]) -> Mapping[str, Any]:
        request = request_for(pairing, values)
        reply = self._session.trial({**request, "mode": "run", "brief": True})
        if "error" in reply:
            return reply
        if not reply["finite"]:
            return {"trouble": "it gives values that are not finite"}
        return reply if reply["numbers"] else {"trouble": "it gives no number"}

    def _called_with(self, pairing: Pairing, wanted: list[str]) -> dict[str, Wanted]:
        """Inputs as the target's own calls give them; none where it makes no such calls."""
        text = "".join("\n".join(lines) for lines in self._survey.sources.values())
        if "__main__" not in text and not text.startswith("# cell") and not self._calls_itself():
            return {}
        owner = pairing.owner.name if pairing.owner is not None else ""
        names_ = [f.name for f in self._survey.functions] + [k.name for k in self._survey.classes]
        calls = self._session.recorded(names_)
        parts = [("arg", calls.of(pairing.forward, owner))]
        if pairing.owner is not None and "__init__" in pairing.owner.methods:
            parts.append(("init", calls.of(pairing.owner.methods["__init__"], owner)))
        if pairing.then is not None:
            parts.append(("arg", calls.of(pairing.then)))
        return inputs_of(parts, wanted)

    def _calls_itself(self) -> bool:
        return any(calls_its_own(tree) for tree in self._survey.trees.values())

    def _start(
        self,
        pairing: Pairing,
        learner: Learner,
        keyed: Mapping[str, Hint],
        called: Mapping[str, Wanted],
        functions: Sequence[Function],
    ) -> Start:
        start: dict[str, Wanted] = {}
        source, as_called = "the code", dict[str, Wanted]()
        for name, hint in keyed.items():
            plain = name.partition("/")[2]
            if plain in self._declared:
                start[name] = self._declared.get(name, self._declared[plain])
                source = self._told_by
                continue
            if plain in pairing.supplied:
                start[name] = Wanted("constant", constant=pairing.supplied[plain])
                continue
            if hint.shape is not None and source == "the code":
                source = hint.source
            start[name] = learner.start(plain, hint)
            if start[name].kind in ("dict", "list") and hint.said is not None:
                source = "the docstring"
        told_ones = ones(start)
        told = {letter for one in start.values() for letter in one.letters()}
        for name, one in start.items():  # a shape that is told in terms of another argument
            plain = name.partition("/")[2]
            if plain in told and one.kind == "length":
                start[name] = replace(one, axes=(plain,))
        free = [
            n
            for n, hint in keyed.items()
            if hint.shape is None and n.partition("/")[2] not in self._declared
        ]
        start = dict(with_gates(pairing.forward, start, free))
        starts: list[tuple[float, Mapping[str, Wanted]]] = [(0.0, start)]
        divided = as_multiples(start, functions)
        if divided != start:
            starts = [(0.0, divided), (0.2, start)]
        given = {*self._declared, *pairing.supplied}
        fresh = {n: one for n, one in called.items() if n.partition("/")[2] not in given}
        for name, one in fresh.items():  # whole numbers in a call are labels where they index
            label = name.rpartition("/")[2].lower() in names.TARGETS
            if one.kind == "labels" and not label and not _indexes(keyed[name]):
                fresh[name] = replace(one, kind="normal", axes=one.axes[1:])
        if fresh and any(n.startswith("arg/") for n in fresh):
            as_called = {**start, **fresh}
            first, second = (0.2, 0.0) if source != "the code" else (0.0, 0.3)
            starts = [(first, as_called), (second, start)]
        starts += [(-0.2, one) for one in _as_curve(pairing, start, keyed)]
        shared = [] if pairing.supplied else self._shared(keyed)
        if shared and source == "the code" and not fresh:
            starts, source = [(0.4 + cost, one) for cost, one in starts], "its argument names"
        starts += [((0.1 if source == "its argument names" else 0.2), one) for one in shared]
        for name, one in start.items():
            others = keyed[name].options[1:4] if one.kind == "constant" else []
            starts += [(0.5, {**start, name: replace(one, constant=text)}) for text in others]
        return Start(pairing, learner, starts, source, as_called, told_ones)

    def _shared(self, keyed: Mapping[str, Hint]) -> list[Mapping[str, Wanted]]:
        """What the contract's functions with the same arguments take."""
        plain = {name.partition("/")[2]: name for name in keyed}
        told = [name for name in plain if name in self._declared]
        if told or any(name.startswith("init/") for name in keyed):
            return []
        return [{plain[n]: one for n, one in wanted.items()} for wanted in as_shared(list(plain))]


def _same_arguments(one: Function, other: Function) -> bool:
    """Whether two functions of a module take the same arguments, several of them."""
    return len(one.names) > 1 and one.names == other.names and one.module == other.module


def _as_curve(
    pairing: Pairing, start: Mapping[str, Wanted], hints_: Mapping[str, Hint]
) -> list[Mapping[str, Wanted]]:
    """Places and one number for each parameter, as ``curve_fit`` gives them to a model."""
    first, *rest = start or [""]
    jacobian = {"jac", "jacobian"} & set(names.words(pairing.judged.name))
    local = pairing.kind == "local" and pairing.forward.names == pairing.judged.names
    told = [n for n, hint in hints_.items() if hint.shape is not None or hint.ranks]
    plain = all(one.kind == "normal" for one in start.values())
    if not (jacobian and local and plain and len(rest) > 1 and told in ([], [first])):
        return []
    places = start[first] if told else Wanted("normal", ("N",))
    return [{first: places, **{name: Wanted("normal") for name in rest}}]


def _indexes(hint: Hint) -> bool:
    """Whether the code, or what is said of it, takes an argument for labels."""
    return bool({"label", "labels"} & set(hint.kinds))


def _given(parameters: Sequence[Parameter], declared: Container[str]) -> list[Parameter]:
    """Parameters that get a value: required or declared ones, and labels that may be left out."""
    found = []
    for parameter in parameters:
        any_number = parameter.kind == VAR_POSITIONAL and parameter.name in declared
        if parameter.kind not in (POSITIONAL_ONLY, PLAIN, KEYWORD_ONLY) and not any_number:
            continue
        label = parameter.name.lower() in names.TARGETS
        wanted = parameter.required or parameter.name in declared
        if wanted or (parameter.default is None and label):
            found.append(parameter)
    return found
