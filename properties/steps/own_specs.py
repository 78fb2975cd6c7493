"""Layers of a user's own specs: their cases are drawn by the spec's strategy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from hypothesis.strategies import SearchStrategy

from properties.judge.drawing import sample_cases
from properties.spec.case import Case as SpecCase
from properties.spec.reading import SpecsError, read_specs
from properties.spec.row import LayerSpec, ObjectSpec, Purpose

from .pairing import Subject, signature, unread
from .source import Project
from .values import Case, NoSource, Pair, Place, StepsError

__all__ = ["load_specs", "spec_subject", "specs_for"]

_POOL, _TOLD, _MOST_ENTRIES = 150, 3, 60


def load_specs(path: str | None) -> tuple[LayerSpec, ...]:
    """Read the file of ``--specs``; no file is no specs.

    Raises
    ------
    StepsError
        The file cannot be read, or defines no spec.
    """
    if path is None:
        return ()
    try:
        return tuple(spec for spec in read_specs(path) if not isinstance(spec, ObjectSpec))
    except SpecsError as error:
        raise StepsError(str(error)) from error


def specs_for(specs: Sequence[LayerSpec], name: str) -> LayerSpec | None:
    """Find a spec by its own name, its layer's or one of its functions'."""
    return next((s for s in specs if name in (s.name, s.layer, *s.functions)), None)


def spec_subject(project: Project, spec: LayerSpec, *, sourceless: bool = False) -> Subject:
    """Return the subject for a spec.

    Its smooth cases are used, because they are those on which a numerical derivative can be
    believed. Three of them are judged: with no axis of length one and no two equal axes, where the
    strategy has such.

    Raises
    ------
    StepsError
        The target does not have the functions, or the spec has no cases.
    """
    forward = _place(project, spec.forward, sourceless)
    backward = None if spec.backward is None else _place(project, spec.backward, sourceless)
    strategy = _strategy(spec)
    own = signature(project, forward)
    pool = _pool(spec)
    arguments = list(pool[0].args)
    names = dict(zip(arguments, own, strict=False))

    def to_case(drawn: SpecCase, seed: int = 0) -> Case:
        values = {names.get(name, name): value for name, value in drawn.args.items()}
        return Case(values, 1.0, _lengths(drawn, names), seed=seed)

    told = _telling(pool)

    def draw(sizes: Mapping[str, int], seed: int) -> Case:
        fitting = [one for one in told if _lengths(one, names) == dict(sizes)] or pool
        return to_case(fitting[seed % len(fitting)], seed)

    mine = tuple(names.get(name, name) for name in arguments)
    pair = Pair(
        spec.name,
        forward,
        backward,
        "joint" if backward is None else "pair",
        mine,
        (),
        ("*dout", "*cache"),
    )
    sizes = list({str(s): s for s in (_lengths(one, names) for one in told)}.values())[:_TOLD]
    sizes += [sizes[0]] * (_TOLD - len(sizes))
    leaves = tuple(names.get(name, name) for name in spec.differentiable)
    return Subject(
        pair,
        draw,
        tuple(sizes),
        sizes[0],
        spec.value == "loss",
        leaves,
        strategy.map(to_case),
        by_contract=True,
    )


def _place(project: Project, name: str, sourceless: bool) -> Place:
    module, _, plain = name.rpartition(".")
    place = project.find(plain, module=module or None)
    if place is None and not sourceless:
        raise NoSource(f"{project.label} has no function {name!r}")
    return place or unread(project, name)


def _purpose(spec: LayerSpec) -> Purpose:
    return Purpose.SMOOTH if spec.cases(Purpose.SMOOTH) is not None else Purpose.ORDINARY


def _strategy(spec: LayerSpec) -> SearchStrategy[SpecCase]:
    strategy = spec.cases(_purpose(spec))
    if strategy is None:
        raise StepsError(
            f"--specs: {spec.name} has cases neither for Purpose.SMOOTH nor for Purpose.ORDINARY; "
            f"let its `cases` return a strategy for one of them"
        )
    return strategy


def _pool(spec: LayerSpec) -> list[SpecCase]:
    """Sample a spec's cases, all of them with the same numbers of axes."""
    try:
        drawn = sample_cases(spec, _purpose(spec), _POOL)
    except Exception as error:
        raise StepsError(
            f"--specs: the cases of {spec.name} cannot be drawn: {type(error).__name__}: {error}"
        ) from error
    if not drawn:
        raise StepsError(f"--specs: {spec.name} draws no cases")
    best = _telling(drawn)[0]
    return [one for one in drawn if _axes(one) == _axes(best)]


def _axes(case: SpecCase) -> tuple[int, ...]:
    return tuple(np.ndim(value) for value in case.args.values())


def _telling(cases: Sequence[SpecCase]) -> list[SpecCase]:
    """Order cases: those first in which a wrong axis shows, and that are not large."""

    def dull(case: SpecCase) -> tuple[bool, int, int]:
        lengths = [n for array in _arrays(case).values() for n in array.shape]
        entries = sum(array.size for array in _arrays(case).values())
        equal = sum(len(a.shape) - len(set(a.shape)) for a in _arrays(case).values())
        return entries > _MOST_ENTRIES, sum(n <= 1 for n in lengths) + equal, abs(entries - 20)

    return sorted(cases, key=dull)


def _arrays(case: SpecCase) -> dict[str, np.ndarray[Any, Any]]:
    return {name: v for name, v in case.args.items() if isinstance(v, np.ndarray)}


def _lengths(case: SpecCase, names: Mapping[str, str]) -> dict[str, int]:
    """Name the axes as Python does; an axis as long as an earlier one keeps its own name."""
    return {
        f"{names.get(name, name)}.shape[{axis}]": length
        for name, array in _arrays(case).items()
        for axis, length in enumerate(array.shape)
    }
