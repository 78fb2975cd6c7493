"""The page of the proof of power, made from its record."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

Record = Mapping[str, Any]
_ENOUGH = 0.98


def summary(record: Record) -> str:
    """The figures in a few lines."""
    lines = [_settings(record), ""]
    for kind in ("correctness", "convention", "robustness"):
        mine = [r for r in record["results"] if r["kind"] == kind]
        if mine:
            lines.append(f"- {kind}: {_kills(mine)}")
    lines.append(f"- diagnosis: {_diagnoses(record['results'])}")
    if record["alarms"] is not None:
        lines.append(f"- false alarms on the right styles: {len(record['alarms'])}")
    return "\n".join(lines)


def _settings(record: Record) -> str:
    entries = len({r["key"] for r in record["results"]})
    return (
        f"{entries} misconceptions × {len(record['styles'])} styles "
        f"({', '.join(record['styles'])}) × {record['seeds']} seeds, profile "
        f"{record['profile']}, shrinking off: {len(record['results'])} of "
        f"{record['planned']} plants in {record['elapsed'] / 60:.1f} minutes."
    )


def _kills(results: Sequence[Record]) -> str:
    by_key: dict[str, list[Record]] = defaultdict(list)
    for one in results:
        by_key[one["key"]].append(one)
    sure = sum(
        sum(r["killed"] for r in group) >= _ENOUGH * sum(r["seeds"] for r in group)
        for group in by_key.values()
    )
    runs = sum(r["seeds"] for r in results)
    killed = sum(r["killed"] for r in results)
    return (
        f"{sure} of {len(by_key)} entries killed on at least 98 % of their runs; "
        f"{killed} of {runs} runs ({killed / runs:.2%})"
    )


def _diagnoses(results: Sequence[Record]) -> str:
    count = Counter(r["verdict"] for r in results if r["verdict"] not in ("", "no failure"))
    total = sum(count.values()) or 1
    right = count["right"] + count["equivalent"]
    return (
        f"of {total} failing plants, {right} ({right / total:.1%}) got the planted cause or an "
        f"equal formula, {count['relation']} ({count['relation'] / total:.1%}) a relation, "
        f"{count['none']} ({count['none'] / total:.1%}) none, "
        f"{count['wrong'] + count['mixed']} ({(count['wrong'] + count['mixed']) / total:.1%}) "
        f"another cause; the slowest took "
        f"{max((r['seconds_diagnosis'] for r in results), default=0):.2f} s"
    )


def page(record: Record) -> str:
    """The page, as Markdown."""
    results = record["results"]
    whole = [r for r in results if r["style"] in record["matrix"]]
    parts = [
        "# What the suite catches\n",
        "Made by `python -m properties.benchmarks.power`; do not edit. Every misconception of the "
        "catalogue is planted into right implementations of different style, and judged.\n",
        summary(record) + "\n",
        record.get("note", ""),
        _survivors(results),
        *([_properties(whole), _lonely(whole)] if whole else [_first(results)]),
        _unnamed(results),
        *([_matrix(record)] if whole else []),
    ]
    return "\n".join(parts)


def _first(results: Sequence[Record]) -> str:
    lines = [
        "## What killed first\n",
        "This run stopped each plant at its first kill, so it has no kill matrix.\n",
        "| property | plants | examples: median | largest |",
        "|---|---|---|---|",
    ]
    examples: dict[str, list[int]] = defaultdict(list)
    for r in results:
        for name, number in r["kills"].items():
            examples[name].append(number)
    for name, found in sorted(examples.items(), key=lambda item: -len(item[1])):
        numbers = sorted(found)
        lines.append(f"| {name} | {len(found)} | {numbers[len(found) // 2]} | {numbers[-1]} |")
    return "\n".join([*lines, ""])


def _survivors(results: Sequence[Record]) -> str:
    alive = [r for r in results if r["alive"] or r["note"]]
    lines = ["## Survivors\n"]
    if not alive:
        return "\n".join([*lines, "None.\n"])
    for r in alive:
        note = f" ({r['note']})" if r["note"] else ""
        lines.append(
            f"- {r['key']}, {r['kind']}, {r['style']}: alive on {len(r['alive'])} of "
            f"{r['seeds']} seeds{note}"
        )
    return "\n".join([*lines, ""])


def _killers(results: Sequence[Record]) -> dict[str, set[str]]:
    killers: dict[str, set[str]] = defaultdict(set)
    for r in results:
        if r["kind"] == "correctness":
            killers[r["key"]] |= set(r["kills"])
    return killers


def _properties(results: Sequence[Record]) -> str:
    killers = _killers(results)
    total: Counter[str] = Counter(name for names in killers.values() for name in names)
    alone: Counter[str] = Counter(
        next(iter(names)) for names in killers.values() if len(names) == 1
    )
    examples: dict[str, list[int]] = defaultdict(list)
    for r in results:
        for name, number in r["kills"].items():
            examples[name].append(number)
    lines = [
        "## Properties\n",
        "How many correctness entries each property kills with the first seed, how many only it "
        "sees, and how many examples it needs (median, largest). A property that sees nothing "
        "alone could be dropped without losing a kill; it stays for what its failure says.\n",
        "| property | kills | only it | examples: median | largest |",
        "|---|---|---|---|---|",
    ]
    for name, count in total.most_common():
        numbers = sorted(examples[name])
        lines.append(
            f"| {name} | {count} | {alone[name]} | {numbers[len(numbers) // 2]} | {numbers[-1]} |"
        )
    return "\n".join([*lines, ""])


def _lonely(results: Sequence[Record]) -> str:
    killers = _killers(results)
    lines = ["## Misconceptions that one property alone sees\n"]
    found = [(key, next(iter(names))) for key, names in killers.items() if len(names) == 1]
    lines += [f"- {key}: {name}" for key, name in found] or ["None."]
    return "\n".join([*lines, ""])


def _unnamed(results: Sequence[Record]) -> str:
    lines = ["## Diagnoses that are not the planted cause\n"]
    found = [
        f"- {r['key']}, {r['style']}: {r['verdict']}"
        + (f", said: {r['named']}" if r["named"] else "")
        for r in results
        if r["verdict"] in ("wrong", "mixed", "none", "relation")
    ]
    return "\n".join([*lines, *(found or ["None."]), ""])


def _matrix(record: Record) -> str:
    styles = record["matrix"]
    results = [r for r in record["results"] if r["style"] in styles]
    lines = [
        "## Kill matrix\n",
        f"Examples until each property killed, style {', '.join(styles)}, first seed.\n",
    ]
    by_function: dict[str, list[Record]] = defaultdict(list)
    for r in results:
        by_function[r["function"]].append(r)
    for function, mine in by_function.items():
        names = sorted({name for r in mine for name in r["kills"]})
        lines += [f"### {function}\n", "| misconception | " + " | ".join(names) + " |"]
        lines += ["|---" * (len(names) + 1) + "|"]
        for key in dict.fromkeys(r["key"] for r in mine):
            group = [r for r in mine if r["key"] == key]
            cells = [
                " ".join(str(r["kills"][name]) for r in group if name in r["kills"])
                for name in names
            ]
            lines.append(f"| {key.removeprefix(function + ', ')} | " + " | ".join(cells) + " |")
        lines.append("")
    return "\n".join(lines)
