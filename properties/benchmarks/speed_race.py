"""Contenders that do the same work in turns, and the table of their times."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

Run = Callable[[], object]


@dataclass(frozen=True, kw_only=True)
class Race:
    """One line of the table: runs that do the same work.

    ``bar`` is the limit and the name of the contender that it is a multiple of.
    """

    name: str
    shape: str
    runs: Mapping[str, Run]
    bar: tuple[float, str] | None = None
    times: dict[str, list[float]] = field(default_factory=dict)

    def turn(self, clock: Callable[[], float]) -> None:
        """Time each contender once, another one first each time: the next finds warm caches."""
        order = list(self.runs)
        first = len(self.times.get(order[0], ())) % len(order)
        for contender in order[first:] + order[:first]:
            run = self.runs[contender]
            start = clock()
            run()
            self.times.setdefault(contender, []).append(clock() - start)

    def best(self, contender: str) -> float | None:
        """Return the smallest time in seconds, None for a contender that is not here."""
        return min(self.times[contender]) if contender in self.times else None

    @property
    def to_bar(self) -> float | None:
        """Return nndl's time as a multiple of that which the bar names, None where one lacks."""
        ours, other = self.best("nndl"), self.best(self.bar[1]) if self.bar else None
        return None if ours is None or other is None else ours / other


def torch_layer(torch: Any, layer: Callable[..., Any], dout: Any, *arrays: Any) -> dict[str, Run]:
    """Return a run of torch's forward and backward, nothing when torch is not here."""
    if torch is None:
        return {}
    inputs = [torch.from_numpy(array.copy()).requires_grad_() for array in arrays]
    upstream = torch.from_numpy(dout.copy())

    def run() -> object:
        return torch.autograd.grad(layer(torch.nn.functional, *inputs), inputs, upstream)

    return {"torch": run}


def table(races: list[Race]) -> str:
    """Return the results as a markdown table; times are the smallest, medians in brackets."""
    lines = [
        "| forward and backward | shape | nndl µs | plain µs | products µs | torch µs | to plain "
        "| to products | to torch | bar |",
        "| --- | --- | --: | --: | --: | --: | --: | --: | --: | --- |",
    ]
    for race in races:
        ours = race.best("nndl")
        cells = [race.name, race.shape]
        for contender in ("nndl", "plain", "products", "torch"):
            best = race.best(contender)
            middle = float(np.median(race.times.get(contender, [0.0])))
            cells.append("" if best is None else f"{best * 1e6:.0f} ({middle * 1e6:.0f})")
        for contender in ("plain", "products", "torch"):
            best = race.best(contender)
            cells.append("" if best is None or ours is None else f"{ours / best:.2f}")
        cells.append("" if race.bar is None else f"{race.bar[0]} × {race.bar[1]}")
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)
