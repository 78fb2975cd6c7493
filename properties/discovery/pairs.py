"""What belongs together: a value and what gives its derivative."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field

from . import names
from .source import Class, Function, Parameter


@dataclass(frozen=True, slots=True, eq=False)
class Pairing:
    """A forward and what gives its derivative.

    Attributes
    ----------
    forward : Function
    backward : Function or None
        None when the forward returns value and gradients together.
    kind : str
        ``pair``, ``local`` (a derivative f'), ``joint`` (value and gradients), ``flag`` (one
        function with a flag), ``second`` (the Jacobian of a gradient).
    owner : Class or None
        The class whose object is made, for methods.
    flag : str
        Name of the flag.
    then : Function or None
        A cost of the forward's first output, whose derivative the backward is.
    value : int
        Where the value stands among what a joint function returns.
    gradients : tuple of str
        The inputs whose gradients are returned, in order, where somebody says so.
    helpers : tuple of Function
        What the forward calls of its own.
    warm : bool
        Whether the object makes its parameters with its first input, so that it gets one before.
    unsure : str
        What a misfit needs to convict where no name says that they belong together: ``some``,
        that some entries are right, ``entries``, that most are, ``another``, that another gradient
        is; ``nothing`` convicts.
    slope : Function or None
        A method that gives the upstream derivative of the output and the labels, of a cost that is
        nowhere written.
    handed : bool
        Whether the forward returns the backward beside its value.
    supplied : mapping
        Arguments that are given an object, as a text that stands for it, or a seed.
    """

    forward: Function
    backward: Function | None
    kind: str
    owner: Class | None = None
    flag: str = ""
    then: Function | None = None
    value: int = 0
    gradients: tuple[str, ...] = ()
    helpers: tuple[Function, ...] = ()
    warm: bool = False
    unsure: str = ""
    slope: Function | None = None
    handed: bool = False
    supplied: Mapping[str, str | int] = field(default_factory=dict)

    @property
    def arrays(self) -> tuple[str, ...]:
        """Arrays of the module that the forward reads, below it those that have a gradient."""
        below = {a for f in self.helpers if f.module == self.forward.module for a in f.arrays}
        below -= set(self.forward.arrays)
        given = {n.id for n in self.judged.walk() if isinstance(n, ast.Name)} if below else set()
        named = [n for n in given if names.is_gradient(n)]
        derived = (a for a in sorted(below) if any(names.same(n, a) for n in named))
        return (*self.forward.arrays, *derived)

    @property
    def output(self) -> str:
        """What a cost after the forward calls the forward's output."""
        own = [p.name for p in self.then.parameters if p.required] if self.then else []
        rest = [name for name in own if name.lower() not in names.TARGETS]
        return next((n for n in rest if n not in self.forward.names), rest[0] if rest else "")

    @property
    def labels(self) -> tuple[Parameter, ...]:
        """What a cost after the forward is given beside its output and the forward's inputs."""
        after = self.then or self.slope
        known = [p for p in after.parameters if p.required] if after is not None else []
        if self.then is None:
            return tuple(p for p in known if p.name.lower() in names.TARGETS)
        return tuple(p for p in known if p.name not in (self.output, *self.forward.names))

    @property
    def judged(self) -> Function:
        """The function that answers for the gradients."""
        return self.backward or self.forward

    @property
    def name(self) -> str:
        """What the row is called."""
        place = f"{self.owner.name}." if self.owner is not None else ""
        return place + self.judged.name

    @property
    def label(self) -> str:
        """Both functions, in words."""
        place = f"{self.owner.name}." if self.owner is not None else ""
        if self.backward is None:
            return f"{place}{self.forward.name} (value and gradient)"
        if self.handed:
            return f"{place}{self.forward.name}.{self.backward.name} of {place}{self.forward.name}"
        if self.kind == "flag":
            return f"{place}{self.forward.name} ({self.flag}=True)"
        of = f"{self.then.name} after " if self.then is not None else ""
        return f"{place}{self.backward.name} of {of}{place}{self.forward.name}"


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """Something that gives derivatives, and the pairings that it may belong to, likeliest first."""

    function: Function
    owner: Class | None
    pairings: tuple[Pairing, ...]
    reason: str = ""
    place: str = ""

    @property
    def name(self) -> str:
        """Its name, with its class, and its module where that is needed."""
        return f"{self.place}.{self.plain}" if self.place else self.plain

    @property
    def plain(self) -> str:
        """Its name, with its class."""
        return f"{self.owner.name}.{self.function.name}" if self.owner else self.function.name

    def answers_to(self, name: str) -> bool:
        """Whether a user's word means it: it, its function, its class, or what it derives."""
        owner = f"{self.owner.name}." if self.owner else ""
        own = {self.name, self.plain, self.function.name, owner.rstrip(".")}
        own |= {owner + pairing.forward.name for pairing in self.pairings[:1]}
        return bool(name) and name in own
