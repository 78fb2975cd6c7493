"""What a property is, and the decorator that turns one into a pytest test."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from ..spec.case import Case
from ..spec.row import LayerSpec, ObjectSpec, Purpose
from .asking import Questions
from .mismatch import Kind

Judges = Literal["forward", "backward", "both"]
# The first argument is a Probe, of the class that goes with the property's rows.
Body = Callable[[Any, Case, np.random.Generator], Questions[None]]


@dataclass(frozen=True, kw_only=True)
class Property:
    """One column of the matrix.

    ``body`` gets a case of the purpose and a generator for what it draws itself. It is a coroutine:
    it yields calls of the code under test and is resumed with what became of them. It returns for a
    right example, raises Mismatch for a wrong one, Inconclusive where it cannot tell of an
    example, and Unsuitable where it has nothing to say. ``weight`` is the share of the profile's
    examples that it is worth. An ``oracle`` knows what is true of a value or a gradient: a
    function is right only where one of those that judge it could tell. One that ``convicts`` is of
    another class and can meet a wrong value all the same, which is a matter of correctness.
    """

    name: str
    kind: Kind
    purpose: Purpose
    judges: Judges
    body: Body
    applies: Callable[[LayerSpec], bool]
    weight: float = 1.0
    rows: type[LayerSpec] = LayerSpec
    oracle: bool = False
    convicts: bool = False

    def __reduce__(self) -> tuple[Any, ...]:
        return named, (self.name,)  # its body is a function that pickle cannot find

    @property
    def counts(self) -> bool:
        """Whether what it finds can fail a run that is not strict."""
        return self.kind is not Kind.ROBUSTNESS or self.convicts

    @property
    def title(self) -> str:
        """First line of the docstring."""
        return (self.body.__doc__ or self.name).strip().splitlines()[0]

    def concerns(self, spec: LayerSpec) -> bool:
        """Whether the property says something of a layer."""
        if isinstance(spec, ObjectSpec) != issubclass(self.rows, ObjectSpec):
            return False
        return (
            isinstance(spec, self.rows)
            and self.purpose in spec.purposes
            and set(self.functions(spec)) <= set(spec.judged)
            and self.applies(spec)
        )

    def functions(self, spec: LayerSpec) -> tuple[str, ...]:
        """The functions that it judges, of a layer."""
        if self.judges == "both":
            return spec.judged
        return (spec.forward,) if self.judges == "forward" else (spec.judge_of_gradients,)


_DECLARED: dict[str, Property] = {}


def named(name: str) -> Property:
    """The property of a name; raises KeyError where its module has not been imported."""
    return _DECLARED[name]


def always(spec: LayerSpec) -> bool:
    """Apply to every layer that has cases for the purpose."""
    return True


def has_reference(spec: LayerSpec) -> bool:
    """Apply where a reference was written."""
    return spec.reference is not None


def has_backward(spec: LayerSpec) -> bool:
    """Apply where the backward is a function of its own."""
    return spec.backward is not None


def obeys(law: str) -> Callable[[LayerSpec], bool]:
    """Apply to the rows that declare a law."""
    return lambda spec: law in spec.laws


def only(*names: str) -> Callable[[LayerSpec], bool]:
    """Apply to these layers alone."""
    return lambda spec: spec.name in names


def check(
    kind: Kind,
    judges: Judges,
    *,
    purpose: Purpose = Purpose.ORDINARY,
    applies: Callable[[LayerSpec], bool] = always,
    weight: float = 1.0,
    rows: type[LayerSpec] = LayerSpec,
    oracle: bool = False,
    convicts: bool = False,
) -> Callable[[Body], Callable[[Any], None]]:
    """Make a pytest test of a property; the plugin parametrises it over the specs.

    The test asks for the fixture ``cell``: one property on one layer.
    """

    def decorate(body: Body) -> Callable[[Any], None]:
        if not inspect.isgeneratorfunction(body):
            raise TypeError(f"{body.__name__} is no coroutine: it must yield what it asks for")
        name = body.__name__.removeprefix("test_")
        declared = Property(
            name=name,
            kind=kind,
            purpose=purpose,
            judges=judges,
            body=body,
            applies=applies,
            weight=weight,
            rows=rows,
            oracle=oracle,
            convicts=convicts,
        )

        if name in _DECLARED and _DECLARED[name].body.__module__ != body.__module__:
            raise ValueError(f"two properties are called {name!r}; their names must differ")
        _DECLARED[name] = declared

        def test(nndl_cell: Any) -> None:
            nndl_cell.judge()

        test.__name__ = body.__name__
        test.__doc__ = body.__doc__
        test.__module__ = body.__module__
        test.declared = declared  # type: ignore[attr-defined]
        return test

    return decorate
