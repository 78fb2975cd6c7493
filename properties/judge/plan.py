"""What is to be judged, as cells that can be sent anywhere: a row and a purpose."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from ..spec.row import LayerSpec, Purpose
from .property import Property


@dataclass(frozen=True, kw_only=True)
class Cell:
    """The properties of one purpose on one row, by name: they are asked about the same cases."""

    row: str
    purpose: Purpose
    properties: tuple[str, ...]


def everything(declared: Property, row: LayerSpec) -> bool:
    """Plan every property that concerns a row."""
    return True


def plan(
    rows: Sequence[LayerSpec],
    properties: Iterable[Property],
    *,
    wanted: Callable[[Property, LayerSpec], bool] = everything,
) -> tuple[Cell, ...]:
    """The cells of rows and properties, row by row.

    Parameters
    ----------
    rows
        What is judged.
    properties
        What may be asked; those that say nothing of a row are left out of its cells.
    wanted
        Which pairs are asked for.
    """
    known = list(properties)
    cells = []
    for row in rows:
        mine = [p for p in known if p.concerns(row) and wanted(p, row)]
        for purpose in Purpose:
            names = tuple(p.name for p in mine if p.purpose is purpose)
            if names:
                cells.append(Cell(row=row.name, purpose=purpose, properties=names))
    return tuple(cells)
