"""The page of the mutation bench, made from its record."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from .equivalent_mutants import EQUIVALENT
from .mutants import OPERATORS

Result = Mapping[str, Any]
_REASONS = {entry.key: entry.reason for entry in EQUIVALENT}


def reason_of(result: Result) -> str:
    """Why a mutant is equivalent; empty where nothing says so."""
    names = ("module", "function", "operator", "before", "after")
    return _REASONS.get(tuple(result[name] for name in names), "")


def summary(record: Mapping[str, Any]) -> str:
    """The figures in a few lines, and every survivor without a reason."""
    results: Sequence[Result] = record["results"]
    equivalent = [r for r in results if reason_of(r)]
    rest = [r for r in results if not reason_of(r)]
    killed = [r for r in rest if r["killer"]]
    refuted = [r for r in equivalent if r["killer"]]
    drawn = f", drawn with seed {record['seed']}" if record["sample"] is not None else ""
    lines = [
        f"{len(results)} of {record['all']} mutants{drawn}, profile {record['profile']}, shrinking "
        f"off, {record['elapsed'] / 60:.1f} minutes"
        + (f" ({record['kept']} kept from an earlier run)." if record["kept"] else "."),
        "",
        f"- {len(equivalent)} are equivalent: no check of the contract may tell them from the "
        "original (reasons below).",
        f"- Of the other {len(rest)}, the properties kill {len(killed)} "
        f"({len(killed) / max(len(rest), 1):.1%}).",
        *(f"- open: {_line(r)}" for r in rest if not r["killer"]),
        *(f"- NOT equivalent, {r['killer']} kills it: {_line(r)}" for r in refuted),
    ]
    return "\n".join(lines)


def _line(r: Result) -> str:
    return f"{r['module']}, `{r['function']}`, {r['operator']}: `{r['before']}` → `{r['after']}`"


def page(record: Mapping[str, Any]) -> str:
    """The page, as Markdown."""
    results: Sequence[Result] = record["results"]
    parts = [
        "# Mutation by operator\n",
        "Made by `python -m properties.benchmarks.mutation`; do not edit. Each mutant is the "
        "bundled package with one small change in its layers, judged by the properties alone; the "
        "package's own tests are not asked.\n",
        summary(record).split("\n- open:")[0].split("\n- NOT")[0] + "\n",
        _operators(results),
        _killers(results),
        _survivors(results),
    ]
    return "\n".join(parts)


def _operators(results: Sequence[Result]) -> str:
    lines = ["| operator | mutants | equivalent | killed | open |", "|---|---|---|---|---|"]
    total = Counter(r["operator"] for r in results)
    same = Counter(r["operator"] for r in results if reason_of(r))
    dead = Counter(r["operator"] for r in results if r["killer"] and not reason_of(r))
    for name, count in total.most_common():
        alive = count - same[name] - dead[name]
        lines.append(f"| {name} | {count} | {same[name]} | {dead[name]} | {alive} |")
    absent = ", ".join(name for name in OPERATORS if not total[name]) or "none"
    return "\n".join([*lines, "", f"Operators that find no place in this code: {absent}.", ""])


def _killers(results: Sequence[Result]) -> str:
    killers = Counter(r["killer"] for r in results if r["killer"])
    lines = [
        "## Killers\n",
        "The first property that killed, in the order in which the suite asks them.\n",
        "| property | mutants |",
        "|---|---|",
        *(f"| {name} | {count} |" for name, count in killers.most_common()),
    ]
    return "\n".join([*lines, ""])


def _survivors(results: Sequence[Result]) -> str:
    alive = [r for r in results if not r["killer"]]
    opened = [f"- {_line(r)}" for r in alive if not reason_of(r)]
    lines = ["## Open\n", *(opened or ["None."]), "", "## Equivalent\n"]
    lines += [f"- {_line(r)}: {reason_of(r)}" for r in alive if reason_of(r)]
    refuted = [r for r in results if r["killer"] and reason_of(r)]
    lines += [f"- NOT equivalent, {r['killer']} kills it: {_line(r)}" for r in refuted]
    return "\n".join([*lines, ""])
