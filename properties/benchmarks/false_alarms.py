"""Count false alarms: hold right implementations against every correctness property.

``python -m properties.benchmarks.false_alarms --examples 1000000 --seed 1`` judges the bundled
package, ``--zoo`` every homework variant as far as its truth table calls it right, TARGETs what you
point it at (and take to be right). An alarm is printed with the command that repeats it. At the end
stands a table by row, and ``--page docs/false-alarms.md`` writes it. ``--later`` takes the rows of
the later homeworks alone; runs in several pieces are saved and put together:

    python -m properties.benchmarks.false_alarms --examples 500000 --seed 1 --save runs.jsonl
    python -m properties.benchmarks.false_alarms --examples 500000 --seed 2 --save runs.jsonl
    python -m properties.benchmarks.false_alarms --total runs.jsonl --page docs/false-alarms.md
"""

from __future__ import annotations

import argparse
import contextlib
import json
import sys
import time
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Any

from properties.benchmarks.false_alarms_page import LATER, page, table
from properties.benchmarks.sampling import Sampled, cells, held, opened
from properties.judge.mismatch import Fault, Inconclusive, Kind, Mismatch
from properties.spec.case import Case

_SHOWN = 5  # alarms printed of one cell; all are counted
_STOP = 50  # a cell with so many alarms has told enough


@dataclass(kw_only=True)
class Alarm:
    """One example on which a right function was called wrong."""

    target: str
    cell: str
    number: int
    function: str
    sentence: str
    family: str


@dataclass(kw_only=True)
class Count:
    """What came out of one target."""

    target: str
    seed: int
    examples: int = 0
    inconclusive: Counter[str] = field(default_factory=Counter)  # by cell
    others: int = 0
    alarms: list[Alarm] = field(default_factory=list)
    notes: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    by_cell: Counter[str] = field(default_factory=Counter)
    asked: str = ""  # the options that choose what is judged

    def line(self) -> dict[str, Any]:
        """What is saved of it; of each cell examples, inconclusive ones, alarms."""
        alarms = Counter(alarm.cell for alarm in self.alarms)
        return {
            "target": self.target,
            "seed": self.seed,
            "asked": self.asked,
            "examples": self.examples,
            "alarms": len(self.alarms),
            "inconclusive": self.inconclusive.total(),
            "seconds": round(self.seconds, 1),
            "by_cell": {
                cell: [examples, self.inconclusive[cell], alarms[cell]]
                for cell, examples in self.by_cell.items()
            },
        }


def run(
    target: str,
    *,
    examples: int,
    seed: int,
    start: int = 0,
    right: frozenset[str] | None = None,
    only: Collection[str] = (),
    kinds: Sequence[Kind] = (Kind.CORRECTNESS,),
    in_process: bool = False,
) -> Count:
    """Judge ``examples`` examples, shared out over the cells by the weight of their property.

    Parameters
    ----------
    target
        What ``nndl check`` takes, or ``bundled``.
    start
        Number of the first example of each cell.
    in_process
        Without the child process: faster, for code that one trusts.
    right
        Functions that are known to be right; None when all are. What is said of others is not an
        alarm, and cells that judge none of them are left out.
    only
        Cells, as ``layer:property``, or layers; none are all.
    """
    count = Count(target=target, seed=seed)
    begun = time.perf_counter()
    with contextlib.ExitStack() as stack:
        if in_process:
            suite, implementation = held(target)
            stack.enter_context(implementation.in_place())
        else:
            suite = opened(target)
        stack.callback(suite.close)
        chosen = [
            cell
            for cell in sorted(cells(suite, kinds=kinds), key=_place)
            if (right is None or right & set(cell.functions))
            and (not only or not {cell.name, cell.probe.spec.name}.isdisjoint(only))
        ]
        total = sum(cell.declared.weight for cell in chosen)
        sizes = {c.name: max(1, round(examples * c.declared.weight / total)) for c in chosen}
        for _, together in groupby(chosen, key=_place):
            _run_cells(list(together), sizes, start, count, right, kinds)
    count.seconds = time.perf_counter() - begun
    return count


def _place(cell: Sampled) -> tuple[str, str]:
    return cell.probe.spec.name, cell.purpose


def _run_cells(
    together: Sequence[Sampled],
    sizes: Mapping[str, int],
    start: int,
    count: Count,
    right: frozenset[str] | None,
    kinds: Sequence[Kind],
) -> None:
    """Ask the properties of one purpose on one row about the same cases."""
    probe = together[0].probe
    probe.notes.clear()
    alarms: Counter[str] = Counter()
    for number in range(max(sizes[cell.name] for cell in together)):
        asked = [c for c in together if number < sizes[c.name] and alarms[c.name] < _STOP]
        if not asked:
            break
        drawn = asked[0].draw(count.seed, start + number)
        for cell in asked:
            alarm = _ask(cell, drawn, start + number, count, right, kinds)
            if alarm is not None:
                alarms[cell.name] += 1
                count.alarms.append(alarm)
        probe.forget()
    for (function, _, sentence), times in probe.notes.items():
        count.notes[f"{function}: {sentence}"] += times


def _ask(
    cell: Sampled,
    drawn: tuple[Case, int],
    number: int,
    count: Count,
    right: frozenset[str] | None,
    kinds: Sequence[Kind],
) -> Alarm | None:
    count.examples += 1
    count.by_cell[cell.name] += 1
    try:
        cell.judge(drawn)
    except Inconclusive:
        count.inconclusive[cell.name] += 1
    except (Mismatch, Fault) as found:
        function, sentence, kind = _said(found, cell)
        if (right is not None and function not in right) or kind not in kinds:
            count.others += 1
            return None
        return Alarm(
            target=count.target,
            cell=cell.name,
            number=number,
            function=function,
            sentence=sentence,
            family=drawn[0].family,
        )
    return None


def _said(found: Mismatch | Fault, cell: Sampled) -> tuple[str, str, Kind]:
    if isinstance(found, Fault):
        return found.function, f"{found.status}: {found.message}", cell.declared.kind
    said = found.disagreement
    sentence = f"{said.sentence} ({said.oracle})"
    if said.tolerance is not None and said.index is not None:
        with contextlib.suppress(IndexError, TypeError):
            sentence += f", tolerance {said.tolerance[said.index]:.3g}"
    return said.function, sentence, said.kind or cell.declared.kind


def show(count: Count, *, notes: bool = False) -> None:
    """Print one target's summary."""
    shown: Counter[str] = Counter()
    for alarm in count.alarms:
        shown[alarm.cell] += 1
        if shown[alarm.cell] > _SHOWN:
            continue
        print(f"  {alarm.function}: {alarm.sentence} [{alarm.family}]")
        print(
            f"    again: python -m properties.benchmarks.false_alarms --seed {count.seed} "
            f"--only {alarm.cell} --start {alarm.number} --examples 1 '{alarm.target}'"
        )
    print(
        f"{count.target}: {count.examples:,} examples in {len(count.by_cell)} cells, "
        f"{len(count.alarms)} false alarms, {count.inconclusive.total():,} inconclusive, "
        f"{count.others:,} about functions that are wrong, {count.seconds:.0f} s",
        flush=True,
    )
    for sentence, times in count.notes.most_common() if notes else ():
        print(f"    note {times:,} times: {sentence}")


def variants() -> Iterator[tuple[str, frozenset[str], bool]]:
    """The homework zoo: target, the functions that are right, whether all of them are."""
    from properties.tests.homework.zoo import table

    for entry in table("variants"):
        whole = not entry["wrong"] and not entry["ambiguous"] and not entry["missing"]
        right = frozenset(entry["right"])
        yield str(Path(entry["folder"]) / entry["target"]), right, whole


def save(count: Count, file: str) -> None:
    """Add a run to a file of runs, one JSON object a line."""
    with Path(file).open("a", encoding="utf-8") as stream:
        stream.write(json.dumps(count.line()) + "\n")


def saved(file: str) -> list[dict[str, Any]]:
    """The runs of a file."""
    return [json.loads(line) for line in Path(file).read_text(encoding="utf-8").splitlines()]


def add_up(runs: Sequence[Mapping[str, Any]]) -> None:
    """Print the totals of runs, by target and by row."""
    examples: Counter[str] = Counter()
    alarms: Counter[str] = Counter()
    for line in runs:
        examples[line["target"]] += line["examples"]
        alarms[line["target"]] += line["alarms"]
    for target, number in examples.items():
        print(f"{number:>12,} examples  {alarms[target]:>4} false alarms  {target}")
    print(f"{examples.total():>12,} examples  {alarms.total():>4} false alarms\n")
    print(table(runs))


def write_page(runs: Sequence[Mapping[str, Any]], file: str) -> None:
    """Write the page of runs, with the commands that made them."""
    command = "python -m properties.benchmarks.false_alarms"
    commands = dict.fromkeys(f"{command} {run['asked']}" for run in runs)
    Path(file).write_text(page(runs, list(commands)), encoding="utf-8")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run from the command line; 1 when there was an alarm."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("targets", nargs="*", metavar="TARGET")
    parser.add_argument("--examples", type=int, default=10_000, help="for each target")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--start", type=int, default=0, help="first example of each cell")
    parser.add_argument("--only", default="", metavar="LAYER[:PROPERTY],…")
    parser.add_argument("--later", action="store_true", help="the rows of the later homeworks")
    parser.add_argument("--zoo", action="store_true", help="every right function of the zoo")
    parser.add_argument("--whole", action="store_true", help="of the zoo, wholly right ones only")
    parser.add_argument("--robustness", action="store_true", help="robustness properties too")
    parser.add_argument("--in-process", action="store_true", help="faster, for trusted code")
    parser.add_argument("--notes", action="store_true", help="show what was noted of right ones")
    parser.add_argument("--save", metavar="FILE", help="add the counts to a file")
    parser.add_argument("--total", metavar="FILE", help="add up a file of counts, and stop")
    parser.add_argument("--page", metavar="FILE", help="write the table by row as Markdown")
    chosen = parser.parse_args(arguments)
    if chosen.total:
        runs = saved(chosen.total)
        add_up(runs)
        if chosen.page:
            write_page(runs, chosen.page)
        return 0
    only = [*chosen.only.split(",")] if chosen.only else [*(LATER if chosen.later else ())]
    everything: list[tuple[str, frozenset[str] | None]] = [(t, None) for t in chosen.targets]
    if chosen.zoo or chosen.whole:
        everything += [(t, right) for t, right, whole in variants() if whole or not chosen.whole]
    kinds = (Kind.CORRECTNESS, Kind.ROBUSTNESS) if chosen.robustness else (Kind.CORRECTNESS,)
    counts = []
    for target, right in everything or [("bundled", None)]:
        count = run(
            target,
            examples=chosen.examples,
            seed=chosen.seed,
            start=chosen.start,
            right=right,
            only=only,
            kinds=kinds,
            in_process=chosen.in_process,
        )
        count.asked = _asked(chosen)
        show(count, notes=chosen.notes)
        if chosen.save:
            save(count, chosen.save)
        counts.append(count)
    runs = [count.line() for count in counts]
    print("\n" + table(runs))
    if chosen.page:
        write_page(runs, chosen.page)
    return 1 if any(count.alarms for count in counts) else 0


def _asked(chosen: argparse.Namespace) -> str:
    """The options that choose what is judged, as they are given to the command."""
    said = [f"--examples {chosen.examples}", f"--seed {chosen.seed}"]
    said += [f"--start {chosen.start}"] if chosen.start else []
    said += [f"--only {chosen.only}"] if chosen.only else []
    for option in ("later", "zoo", "whole", "robustness"):
        said += [f"--{option}"] if getattr(chosen, option) else []
    return " ".join([*said, *chosen.targets])


if __name__ == "__main__":
    sys.exit(main())
