"""The page of the proof of power, made from its record."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

Record = Mapping[str, Any]
Plant = tuple[str, str]  # key and style
_ENOUGH = 0.98


def summary(record: Record) -> str:
    """The figures in a few lines."""
    lines = [_settings(record), ""]
    for kind in ("correctness", "convention", "robustness"):
        mine = [r for r in record["results"] if r["kind"] == kind]
        if mine:
            lines.append(f"- {kind}: {_kills(mine)}")
    lines.append(f"- diagnosis: {_diagnoses(record['results'])}")
    if record.get("alarms") is not None:
        lines.append(f"- false alarms on the right styles: {len(record['alarms'])}")
    return "\n".join(lines)


def _settings(record: Record) -> str:
    entries = len({r["key"] for r in record["results"]})
    each = "in turn in one of" if record["planned"] == entries else "×"
    return (
        f"{entries} misconceptions {each} {len(record['styles'])} styles "
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
        *([_properties(whole), _droppable(whole), _lonely(whole)] if whole else [_first(results)]),
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


def _killers(results: Sequence[Record]) -> dict[Plant, set[str]]:
    """What kills each correctness plant: one entry in one style."""
    return {(r["key"], r["style"]): set(r["kills"]) for r in results if r["kind"] == "correctness"}


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
        f"How many of the {len(killers)} correctness plants (an entry in a style) each property "
        "kills with the first seed, how many only it sees, and how many examples it needs (median, "
        "largest).\n",
        "| property | kills | only it | examples: median | largest |",
        "|---|---|---|---|---|",
    ]
    for name, count in total.most_common():
        numbers = sorted(examples[name])
        lines.append(
            f"| {name} | {count} | {alone[name]} | {numbers[len(numbers) // 2]} | {numbers[-1]} |"
        )
    return "\n".join([*lines, ""])


def _droppable(results: Sequence[Record]) -> str:
    killers = _killers(results)
    needed = smallest_set(killers)
    spare = sorted({name for names in killers.values() for name in names} - set(needed))
    lines = [
        "## Which properties could be dropped\n",
        f"{len(needed)} properties kill every plant that any property kills: {', '.join(needed)}. "
        "Each of the others could go without losing a kill here, and all of them together: "
        f"{', '.join(spare) or 'none'}. They stay for what their failures say, and for mistakes "
        "that are not in the catalogue.\n",
    ]
    return "\n".join(lines)


def smallest_set(killers: Mapping[Plant, set[str]]) -> list[str]:
    """Properties that kill all that can be killed: the one that kills most of what is left, first.

    Of those, the ones that the later ones have made superfluous are taken out again.
    """
    left = {plant for plant, names in killers.items() if names}
    found: list[str] = []
    while left:
        count = Counter(name for plant in sorted(left) for name in sorted(killers[plant]))
        found.append(count.most_common(1)[0][0])
        left = {plant for plant in left if found[-1] not in killers[plant]}
    for name in list(found):
        others = set(found) - {name}
        if all(names & others for names in killers.values() if names):
            found.remove(name)
    return found


def _lonely(results: Sequence[Record]) -> str:
    found: dict[tuple[str, str], list[str]] = defaultdict(list)
    for (key, style), names in _killers(results).items():
        if len(names) == 1:
            found[next(iter(names)), key].append(style)
    styles = len({r["style"] for r in results})
    by_property: dict[str, list[str]] = defaultdict(list)
    for (name, key), where in found.items():
        by_property[name].append(key if len(where) == styles else f"{key} ({', '.join(where)})")
    lines = ["## Misconceptions that one property alone sees\n"]
    for name, keys in sorted(by_property.items(), key=lambda item: -len(item[1])):
        lines += [f"- {name}: {'; '.join(keys)}"]
    return "\n".join([*lines, *([] if by_property else ["None."]), ""])


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
        f"Examples until each property killed with the first seed, in {', '.join(styles)}: one "
        "number where it is the same in all of them, a dash where the property saw nothing.\n",
    ]
    by_function: dict[str, list[Record]] = defaultdict(list)
    for r in results:
        by_function[r["function"]].append(r)
    for function, mine in by_function.items():
        count = Counter(name for r in mine for name in r["kills"])
        names = sorted(count, key=lambda name: (-count[name], name))
        heads = " | ".join(name.replace("_", " ") for name in names)
        lines += [f"### {function}\n", f"| misconception | {heads} |"]
        lines += ["|---" * (len(names) + 1) + "|"]
        for key in dict.fromkeys(r["key"] for r in mine):
            group = [r["kills"] for r in mine if r["key"] == key]
            cells = " | ".join(_cell([kills.get(name) for kills in group]) for name in names)
            lines.append(f"| {key.removeprefix(function + ', ')} | {cells} |")
        lines.append("")
    return "\n".join(lines)


def _cell(numbers: Sequence[int | None]) -> str:
    if not any(numbers):
        return ""
    shown = ["–" if number is None else str(number) for number in numbers]
    return shown[0] if len(set(shown)) == 1 else " ".join(shown)
