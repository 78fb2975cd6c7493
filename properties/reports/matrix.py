"""The matrix layers × properties that every report shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from ..record.schema import CLASSES, Function, Record, Shown

_ORDER = ("error", "fail", "noted", "inconclusive", "missing", "skipped", "pass", "none")


@dataclass(frozen=True, kw_only=True)
class Column:
    """One property: its name, its class and what it demands."""

    name: str
    cls: str
    title: str


@dataclass(frozen=True, kw_only=True)
class Matrix:
    """Rows are layers, columns are properties, ordered by class and then as in the record.

    ``layer`` has the status of every layer, missing ones included, which are no rows.
    """

    rows: tuple[str, ...]
    columns: tuple[Column, ...]
    cells: Mapping[tuple[str, Column], Shown]
    layer: Mapping[str, Shown]

    def cell(self, row: str, column: Column) -> Shown:
        """Status of one property over all functions of a layer; ``none`` if it does not apply."""
        return self.cells.get((row, column), "none")

    def parts(self) -> tuple[Matrix, ...]:
        """The matrices of rows that share columns: nets have none of the properties of layers."""
        groups: list[tuple[list[str], set[Column]]] = []
        for row in self.rows:
            columns = {column for of_row, column in self.cells if of_row == row}
            near = [g for g in groups if g[1] & columns or not g[1] | columns]
            rows = [*(r for g in near for r in g[0]), row]
            columns = columns.union(*(g[1] for g in near))
            groups = [g for g in groups if g not in near] + [(rows, columns)]
        groups.sort(key=lambda group: min(map(self.rows.index, group[0])))
        return tuple(
            replace(
                self,
                rows=tuple(row for row in self.rows if row in rows),
                columns=tuple(column for column in self.columns if column in columns),
            )
            for rows, columns in groups
        )


def matrix(record: Record) -> Matrix:
    """Collect the matrix of a record."""
    found: dict[tuple[str, Column], list[Shown]] = {}
    columns: dict[Column, None] = {}
    for function in record.functions:
        for prop in function.properties:
            column = Column(name=prop.name, cls=prop.cls, title=prop.title)
            columns[column] = None
            found.setdefault((function.layer, column), []).append(prop.shown)
    layers = {
        layer: layer_status([f for f in record.functions if f.layer == layer])
        for layer in record.layers
    }
    # Layers that a target has not at all are named beside the matrix, not in it.
    there = tuple(layer for layer, status in layers.items() if status != "missing")
    return Matrix(
        rows=there or record.layers,
        columns=tuple(sorted(columns, key=lambda c: CLASSES.index(c.cls))),
        cells={key: worst(statuses) for key, statuses in found.items()},
        layer=layers,
    )


def layer_status(functions: Sequence[Function]) -> Shown:
    """The worst status of a layer's functions.

    A backward that is missing leaves its layer unfinished. Nets and rules (``module.name``)
    stand for themselves: of these the missing ones say nothing of the others.
    """
    alone = all("." in function.name for function in functions)
    there = [f for f in functions if f.status != "missing"] if alone else functions
    return worst([f.status for f in there or functions])


def worst(statuses: Sequence[Shown]) -> Shown:
    """The most alarming of some statuses; ``none`` when there are none.

    >>> worst(["pass", "inconclusive", "fail"])
    'fail'
    """
    return min(statuses, key=_ORDER.index, default="none")
