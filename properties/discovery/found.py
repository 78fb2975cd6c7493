"""What discovery hands to the judge, and what comes back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from properties.implementation.child.tracing.supplied import is_supplied

from .calling import Plan, passing
from .inputs import Wanted, shown
from .locating import Match
from .pairs import Candidate, Pairing
from .source import Class, Function
from .trying import Seen

Array = Any


@dataclass(frozen=True, slots=True, eq=False)
class NotJudged:
    """Something that looks like a derivative and cannot be judged.

    Attributes
    ----------
    name : str
        The function.
    reason : str
        Why.
    write : str
        The option or line that would make it judgeable; "" when there is none.
    at_fault : bool
        Whether it is wrong for that reason: it raises, whatever it is given.
    """

    name: str
    reason: str
    write: str = ""
    file: str = ""
    line: int = 0
    at_fault: bool = False

    def answers_to(self, name: str) -> bool:
        """Whether a user's word means it."""
        return name in (self.name, *self.name.split("."))

    def portable(self) -> NotJudged:
        """The same, as a value that can be pickled."""
        return self

    @property
    def sentence(self) -> str:
        """The one line that is shown."""
        advice = f"; say what it takes, as in {self.write}" if self.write else ""
        return f"{self.name}: not judged: {self.reason}{advice}"


def broke(name: str, error: Exception) -> NotJudged:
    """Say that the search itself failed; it is no verdict on the code."""
    told = f"{type(error).__name__}: {error}".replace("\n", " ")[:200]
    return NotJudged(name, f"the tool itself broke on it, please report this ({told})")


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """A row of the open contract: a value and its derivative, and how they are called.

    Attributes
    ----------
    pairing : Pairing
        Forward and backward.
    init, args : mapping
        What the constructor and the forward take.
    plan : Plan
        How the backward is called.
    reading : str
        ``product`` (with upstream derivatives), ``entries`` (the derivative of every entry),
        ``jacobian``, ``sum`` or ``mean``.
    source : str
        Where the inputs come from.
    least : int
        The smallest length that the code can do with.
    place : str
        Cell and line, when it stands in a notebook.
    note : str
        What is said of the inputs as a convention.
    varied : mapping
        Defaults that are judged with another value too: both, by path.
    alone : tuple of str
        Arguments that are judged at their default alone.
    away : str
        What is said of an argument that is not at its default here.
    """

    candidate: Candidate
    pairing: Pairing
    init: Mapping[str, Wanted]
    args: Mapping[str, Wanted]
    plan: Plan
    reading: str
    source: str = "the code"
    least: int = 1
    place: str = ""
    note: str = ""
    varied: Mapping[str, tuple[Any, Any]] = field(default_factory=dict)
    alone: tuple[str, ...] = ()
    away: str = ""

    @property
    def functions(self) -> tuple[str, str | None]:
        """Forward and backward by their whole names; a function inside another has both names."""
        pairing = self.pairing
        forward, backward = pairing.forward, pairing.backward
        owner = None if pairing.owner is None else pairing.owner.name
        value = f"{forward.owner if owner is None else owner}.{forward.name}".lstrip(".")
        if backward is None:
            return value, None
        inside = backward.owner if owner is None else owner
        return value, f"{value if pairing.handed else inside}.{backward.name}".lstrip(".")

    @property
    def name(self) -> str:
        """Name of the row."""
        return self.candidate.name

    @property
    def file(self) -> str:
        """The file of the function that is judged."""
        return self.pairing.judged.file

    @property
    def inputs(self) -> str:
        """The inferred inputs, as ``--inputs`` takes them."""
        return _shown({**self.init, **self.args})

    @property
    def drawn(self) -> str:
        """The same without the objects that are supplied."""
        both = {**self.init, **self.args}
        return _shown({n: one for n, one in both.items() if not is_supplied(one.constant)})

    @property
    def sentence(self) -> str:
        """The one line that is shown."""
        at = f" ({self.place})" if self.place else ""
        varied = {n.partition("/")[2]: Wanted("choice", constant=v) for n, v in self.varied.items()}
        inputs = ", ".join(filter(None, (self.inputs, shown(varied)))) or "none"
        alone = f"; {', '.join(self.alone)} at the default alone" if self.alone else ""
        return f"{self.pairing.label}{at}, inputs {inputs} (from {self.source}{alone})"

    def at(self, path: str) -> Found:
        """The row in which a default has its other value."""
        plan = passing(self.plan, self.pairing, path)
        assert plan is not None
        default, other = self.varied[path]
        place, _, name = path.partition("/")
        value = {path: Wanted("constant", constant=other)}
        varied = {n: v for n, v in self.varied.items() if n != path}
        away = f"; {name} is {other!r} here, right at the default {default!r} alone"
        made = replace(self, plan=plan, varied=varied, away=away)
        if place == "init":
            return replace(made, init={**self.init, **value})
        return replace(made, args={**self.args, **value})


@dataclass(frozen=True, slots=True, eq=False)
class Wrong:
    """A gradient that is wrong, with everything that shows it."""

    argument: str
    leaf: str
    sentence: str
    got: Array
    wanted: Array | None
    bound: Array | None
    values: Mapping[str, Any]
    upstream: tuple[Array, ...] = ()
    index: tuple[int, ...] | None = None


@dataclass(frozen=True, slots=True)
class Margin:
    """The worst entry of one gradient over all examples: how far off, and how much is allowed.

    Both are zero where the shapes differ.
    """

    gradient: str
    leaf: str
    status: str
    entries: int
    error: float
    allowed: float


@dataclass(frozen=True, slots=True, eq=False)
class Result:
    """The verdict on a row.

    Attributes
    ----------
    status : str
        ``right``, ``wrong``, ``error`` or ``not judged``.
    located : tuple of str
        The inputs that have a gradient, right or wrong.
    seen, matches
        The examples, and the gradients with their inputs.
    extra : mapping
        ``chance``: random numbers and state that the forward uses, which the judge sets back.
        ``layer``: the declared layer that the code was recognised as. ``causes``: why a gradient
        is wrong, by the name of the gradient. ``loaded``: what had to be done to the file.
    missing : tuple of str
        Inputs that have a derivative, of which no gradient was found.
    margins : tuple of Margin
        One for each gradient.
    unclear : tuple of str
        Why examples, or gradients, decide nothing.
    own : frozenset of str
        Which inputs are parameters that an object made itself.
    """

    found: Found
    status: str
    right: tuple[str, ...] = ()
    wrong: tuple[Wrong, ...] = ()
    notes: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    located: tuple[str, ...] = ()
    reason: str = ""
    oracle: str = ""
    examples: int = 0
    inconclusive: int = 0
    seen: tuple[Seen, ...] = ()
    matches: tuple[Match, ...] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)
    margins: tuple[Margin, ...] = ()
    unclear: tuple[str, ...] = ()
    own: frozenset[str] = frozenset()

    @property
    def accepted(self) -> frozenset[str]:
        """The inputs whose gradients are right, some of them by a convention."""
        return frozenset(self.located) - {wrong.leaf for wrong in self.wrong}

    def answers_to(self, name: str) -> bool:
        """Whether a user's word means it."""
        return self.found.candidate.answers_to(name)

    def portable(self) -> Result:
        """The same without syntax trees, as a value that can be pickled and is small."""
        found = self.found
        candidate = replace(found.candidate, function=_plain(found.candidate.function), pairings=())
        candidate = replace(candidate, owner=_bare(candidate.owner))
        pairing = replace(
            found.pairing,
            forward=_plain(found.pairing.forward),
            backward=found.pairing.backward and _plain(found.pairing.backward),
            then=found.pairing.then and _plain(found.pairing.then),
            owner=_bare(found.pairing.owner),
        )
        found = replace(found, candidate=candidate, pairing=pairing)
        return replace(self, found=found, seen=(), matches=())


def _shown(wanted: Mapping[str, Wanted]) -> str:
    return shown({name.partition("/")[2]: one for name, one in wanted.items()})


def _plain(function: Function) -> Function:
    return replace(function, node=None)


def _bare(kind: Class | None) -> Class | None:
    return None if kind is None else replace(kind, methods={})
