"""The false alarms as a table by row, made from the runs that were counted."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from properties.layers import ALL

Run = Mapping[str, Any]  # a line that false_alarms saves

# The rows of the first homeworks; all others are of the later ones.
FIRST = frozenset(
    (
        "affine",
        "relu",
        "batchnorm",
        "dropout",
        "svm",
        "softmax",
        "affine_relu",
        "affine_batchnorm_relu",
        "layernorm",
        "autoencoder",
        "gplvm",
        "log_determinant_term",
        "trace_term",
        "neural_net.TwoLayerNet",
        "fc_net.TwoLayerNet",
        "fc_net.FullyConnectedNet",
        "optim.sgd",
        "optim.sgd_momentum",
        "optim.sgd_nesterov_momentum",
        "optim.rmsprop",
        "optim.adam",
        "solver.Solver",
    )
)
LATER = tuple(row.name for row in ALL if row.name not in FIRST)
_ORDER = {row.name: place for place, row in enumerate(ALL)}


@dataclass(kw_only=True)
class Tally:
    """What came out of one row."""

    properties: set[str] = field(default_factory=set)
    examples: int = 0
    inconclusive: int = 0
    alarms: int = 0

    def add(self, other: Tally) -> None:
        """Count another in."""
        self.properties |= other.properties
        self.examples += other.examples
        self.inconclusive += other.inconclusive
        self.alarms += other.alarms

    @property
    def cells(self) -> str:
        """The numbers as cells of a table."""
        return f"{self.examples:,} | {self.inconclusive:,} | {self.alarms}"


def by_row(runs: Iterable[Run]) -> dict[str, Tally]:
    """Tallies of the rows, in the order of the contract.

    Raises
    ------
    ValueError
        A run was saved without its counts by row.
    """
    found: dict[str, Tally] = defaultdict(Tally)
    for run in runs:
        if "by_cell" not in run:
            raise ValueError(
                f"the run over {run['target']} with seed {run['seed']} was saved without its "
                "counts by row: run it again with --save"
            )
        for cell, (examples, inconclusive, alarms) in run["by_cell"].items():
            row, _, name = cell.partition(":")
            found[row].add(
                Tally(
                    properties={name}, examples=examples, inconclusive=inconclusive, alarms=alarms
                )
            )
    return dict(sorted(found.items(), key=lambda item: _ORDER.get(item[0], len(_ORDER))))


def table(runs: Iterable[Run]) -> str:
    """The rows as a table, and their sums."""
    rows = by_row(runs)
    lines = ["| row | properties | examples | inconclusive | false alarms |"]
    lines += ["|---|--:|--:|--:|--:|"]
    lines += [f"| {name} | {len(one.properties)} | {one.cells} |" for name, one in rows.items()]
    for title, wanted in (
        ("rows of the later homeworks", set(rows) - FIRST),
        ("all rows", set(rows)),
    ):
        whole = Tally()
        for name in wanted:
            whole.add(rows[name])
        lines.append(f"| **{title}: {len(wanted)}** | | {whole.cells} |")
    return "\n".join(lines)


def page(runs: Sequence[Run], commands: Sequence[str]) -> str:
    """The page, as Markdown."""
    targets = Counter[str]()
    for run in runs:
        targets[run["target"]] += run["examples"]
    missing = [row.name for row in ALL if row.name not in by_row(runs)]
    told = " and ".join(f"`{command}`" for command in commands)
    judged = "; ".join(f"{name}, {many:,} examples" for name, many in targets.items())
    parts = [
        "# False alarms",
        f"Made by {told}; do not edit. Right implementations are held against every correctness "
        "property. Each example is drawn from its own seed by the suite's strategies, without "
        "Hypothesis' search, and shared out over the cells (a property on a row) by the weight of "
        "the property. A false alarm is an example on which a right function is called wrong; an "
        "inconclusive one was judged by an oracle that could not tell.",
        f"Judged: {judged}.",
        table(runs),
    ]
    if missing:
        parts.append(f"Not in this count: {', '.join(missing)}.")
    return "\n\n".join(parts) + "\n"
