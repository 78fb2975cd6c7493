"""What the command says of every net, rule and solver of the homework zoo, beside the truth.

``python -m properties.tests.nets.measure [PROFILE [PATH …]]`` prints the table.
"""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from properties.commands.gather import gather, nodes
from properties.commands.job import Job
from properties.implementation import resolve_target
from properties.judge.suite import by_row
from properties.record.build import build
from properties.record.schema import plain
from properties.spec.demands import Demands
from properties.tests.homework import zoo

LAYERS = "neural_net,fc_net,optim,solver"


@dataclass(frozen=True, kw_only=True)
class Line:
    """One function of one variant: what is true, what was said."""

    variant: str
    function: str
    right: bool
    status: str
    detail: str
    arguments: frozenset[str]
    wanted: frozenset[str]
    absent: tuple[str, ...]

    @property
    def outcome(self) -> str:
        """``hit``, ``miss`` or ``false alarm`` for wrong ones, ``pass`` for right ones."""
        bad = self.status in ("fail", "error")
        if self.right:
            return "false alarm" if self.status != "pass" else "pass"
        return "hit" if bad else "miss"

    @property
    def named(self) -> bool:
        """Whether one of the arguments that are wrong was named, or it raises where it should."""
        raises = "raises" in self.wanted and (self.status == "error" or "raises" in self.detail)
        return bool(self.arguments & self.wanted) or raises


def record(target: Path, profile: str = "quick", only: str = LAYERS) -> dict[str, Any]:
    """The record of the suite on one target, without pytest in between."""
    demands = Demands(profile=profile)
    suite = Job(target=str(target), demands=demands, only=frozenset(only.split(","))).suite()
    try:
        for cells in by_row(suite.planned):
            suite.judge(cells)
        found = resolve_target(str(target))
        return plain(build(gather(suite, found), found, demands, planned=nodes(suite)))
    finally:
        suite.close()


def lines(entry: dict[str, Any], made: dict[str, Any]) -> list[Line]:
    """A line for each function that the truth table speaks about."""
    by_name = {function["name"]: function for function in made["functions"]}
    found = []
    for name in entry["right"] + entry["wrong"]:
        function = by_name.get(name)
        if function is None:
            continue
        failed = [
            p
            for p in function["properties"]
            if p["status"] == "fail" and p["class"] == "correctness"
        ]
        about = [f for f in entry["findings"] if f["function"] == name]
        required = [f for f in about if f["kind"] != "correctness" and f.get("must", True)]
        found.append(
            Line(
                variant=entry["path"],
                function=name,
                right=name in entry["right"],
                status=function["status"],
                detail=function["detail"],
                arguments=frozenset(_plain(p.get("argument", "")) for p in failed),
                wanted=frozenset(f["argument"] for f in about if f["kind"] == "correctness"),
                absent=tuple(
                    f["why"]
                    for f in required
                    if not any(said.startswith(f["kind"]) for said in function["findings"])
                ),
            )
        )
    return found


def _plain(argument: str) -> str:
    """``dW1`` is the gradient of W1."""
    return argument[1:] if argument[:1] == "d" and argument[1:2].isalpha() else argument


def main() -> None:
    """Print the table, and how often the command was right."""
    profile = sys.argv[1] if len(sys.argv) > 1 else "quick"
    chosen = set(sys.argv[2:])
    everything: list[Line] = []
    for entry in zoo.table("nets"):
        if chosen and entry["path"] not in chosen:
            continue
        started = time.perf_counter()
        made = record(entry["folder"] / entry["target"], profile)
        took = time.perf_counter() - started
        print(f"{entry['path']} ({took:.1f} s)")
        for line in lines(entry, made):
            everything.append(line)
            named = "" if line.right or line.named else f" NOT NAMED {sorted(line.wanted)}"
            absent = f" ABSENT {line.absent}" if line.absent else ""
            said = ", ".join(sorted(line.arguments)) or line.status
            mark = line.outcome if line.outcome in ("pass", "hit") else line.outcome.upper()
            print(f"  {line.function:28} {mark:6} {said}{named}{absent}")
            if not line.right or line.outcome != "pass":
                print(f"      {line.detail[:150]}")
    count = {
        o: sum(line.outcome == o for line in everything)
        for o in ("hit", "miss", "false alarm", "pass")
    }
    print(", ".join(f"{number} {outcome}" for outcome, number in count.items()))


if __name__ == "__main__":
    main()
