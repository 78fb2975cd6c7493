"""The page of the speed figures, made from one run."""

from __future__ import annotations

from collections.abc import Sequence

from .speed_race import Race, table

_WHAT = (
    "Forward and backward in float32, all contenders in one run, in turns, with the same number of "
    "threads. The smallest time counts, the median stands in brackets. *plain* is the formula as "
    "it is written on paper; *products* are the bare matrix products, which no layer made of numpy "
    "can do without; *torch* is torch on the CPU. The bar is the most that is wanted, as a "
    "multiple of one of them."
)


def page(races: Sequence[Race], *, command: str, settings: str, memory: str = "") -> str:
    """The page, as Markdown.

    Parameters
    ----------
    command, settings
        What was run, and on what.
    memory
        The lines on the peak memory, where it was measured.
    """
    parts = [
        "# Speed",
        f"Made by `{command}`; do not edit.",
        _WHAT,
        f"{settings}.",
        table(list(races)),
        *_above(races),
    ]
    if memory:
        parts += ["## Memory", "\n".join(f"- {line}" for line in memory.splitlines())]
    return "\n\n".join(parts) + "\n"


def _above(races: Sequence[Race]) -> list[str]:
    """What is slower than its bar, and how much of that numpy's matrix products take alone."""
    lines = []
    for race in races:
        ratio = race.to_bar
        if ratio is None or race.bar is None or ratio <= race.bar[0]:
            continue
        line = f"- {race.name}, {race.shape}: {ratio:.2f} × {race.bar[1]}, wanted {race.bar[0]}."
        products, rival = race.best("products"), race.best(race.bar[1])
        if products and rival and race.bar[1] != "products":
            line += f" The matrix products alone take {products / rival:.2f} × {race.bar[1]}."
        lines.append(line)
    judged = [race for race in races if race.to_bar is not None]
    if not judged:
        return []
    head = f"## Above the bar\n\n{len(lines)} of {len(judged)}"
    return [head + ("." if not lines else ":"), *(["\n".join(lines)] if lines else [])]
