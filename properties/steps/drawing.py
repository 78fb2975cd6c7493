"""How cases come about: from a text that describes inputs, or from a row that draws its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from hypothesis.strategies import SearchStrategy

from ..judge.drawing import sample_cases
from ..spec.case import Case as RowCase
from ..spec.notation import Inputs
from ..spec.row import LayerSpec, Purpose
from .values import Case, StepsError

__all__ = ["Drawing", "drawn", "sampled"]

Sizes = Mapping[str, int]
_CASES = 3
_POOL, _TOLD, _MOST_ENTRIES = 150, 3, 60


@dataclass(frozen=True, slots=True)
class Drawing:
    """How cases come about; `names` maps a row's arguments to the author's."""

    names: Mapping[str, str]
    draw: Callable[[Sizes, int], Case]
    sizes: tuple[Sizes, ...]
    least: Sizes
    strategy: SearchStrategy[Case] | None = None


def drawn(
    inputs: Inputs,
    given: Sequence[str],
    own: Sequence[str],
    *,
    exact: bool = False,
    fixed: Mapping[str, Any] | None = None,
) -> Drawing:
    """Draw the arguments that are `given` as values, the others for a constructor.

    exact : whether the code needs lengths as they are where they are all numbers.
    fixed : options that are not drawn: the branch in which something is wrong.
    """
    names = dict(zip(given, own, strict=False))
    init = [name for name in inputs.entries if name not in given]

    def draw(sizes: Sizes, seed: int) -> Case:
        drawn = {**inputs.draw(sizes, seed), **(fixed or {})}
        values = {names.get(name, name): drawn[name] for name in given}
        made = {name: _plain(drawn[name]) for name in init}
        return Case(values, 1.0, dict(sizes), init=made, seed=seed)

    sizes = tuple(inputs.sizes(number) for number in range(_CASES))
    if exact and all(name[1:].isdigit() for name in sizes[0]):
        return Drawing(names, draw, (sizes[0],) * _CASES, sizes[0])
    return Drawing(names, draw, sizes, inputs.least)


def _plain(value: object) -> object:
    """A list of whole numbers stays one for a constructor: the widths of a net."""
    whole = isinstance(value, np.ndarray) and value.ndim == 1 and np.all(value == np.rint(value))
    return [int(n) for n in value] if whole and isinstance(value, np.ndarray) else value


def sampled(row: LayerSpec, own: Sequence[str]) -> Drawing:
    """Return how the cases of a row are drawn; `own` are the names of the forward's arguments.

    Its smooth cases are used, because they are those on which a numerical derivative can be
    believed. Three of them are judged: with no axis of length one and no two equal axes, where the
    strategy has such.

    Raises
    ------
    StepsError
        The row has no cases.
    """
    purpose = Purpose.SMOOTH if row.cases(Purpose.SMOOTH) is not None else Purpose.ORDINARY
    strategy: SearchStrategy[RowCase] | None = row.cases(purpose)
    if strategy is None:
        raise StepsError(
            f"--specs: {row.name} has cases neither for Purpose.SMOOTH nor for Purpose.ORDINARY; "
            f"let its `cases` return a strategy for one of them"
        )
    try:
        drawn = sorted(sample_cases(row, purpose, _POOL), key=_dull)
    except Exception as error:
        raise StepsError(
            f"--specs: the cases of {row.name} cannot be drawn: {type(error).__name__}: {error}"
        ) from error
    if not drawn:
        raise StepsError(f"--specs: {row.name} draws no cases")
    pool = [one for one in drawn if _axes(one) == _axes(drawn[0])]
    names = dict(zip(pool[0].args, own, strict=False))
    names |= {name: name for name in pool[0].args if name not in names}

    def to_case(one: RowCase, seed: int = 0) -> Case:
        values = {names.get(name, name): value for name, value in one.args.items()}
        return Case(values, 1.0, _lengths(one, names), seed=seed)

    def draw(sizes: Mapping[str, int], seed: int) -> Case:
        fitting = [one for one in pool if _lengths(one, names) == dict(sizes)] or pool
        return to_case(fitting[seed % len(fitting)], seed)

    sizes = list({str(s): s for s in (_lengths(one, names) for one in pool)}.values())[:_TOLD]
    sizes += [sizes[0]] * (_TOLD - len(sizes))
    return Drawing(names, draw, tuple(sizes), sizes[0], strategy.map(to_case))


def _dull(case: RowCase) -> tuple[bool, int, int]:
    """Order cases: those first in which a wrong axis shows, and that are not large."""
    arrays = _arrays(case).values()
    lengths = [n for array in arrays for n in array.shape]
    entries = sum(array.size for array in arrays)
    equal = sum(len(a.shape) - len(set(a.shape)) for a in arrays)
    return entries > _MOST_ENTRIES, sum(n <= 1 for n in lengths) + equal, abs(entries - 20)


def _axes(case: RowCase) -> tuple[int, ...]:
    return tuple(np.ndim(value) for value in case.args.values())


def _arrays(case: RowCase) -> dict[str, np.ndarray[Any, Any]]:
    return {name: v for name, v in case.args.items() if isinstance(v, np.ndarray)}


def _lengths(case: RowCase, names: Mapping[str, str]) -> dict[str, int]:
    """Name the axes as Python does; an axis as long as an earlier one keeps its own name."""
    return {
        f"{names.get(name, name)}.shape[{axis}]": length
        for name, array in _arrays(case).items()
        for axis, length in enumerate(array.shape)
    }
