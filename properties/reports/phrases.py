"""Sentences that several reports share."""

from __future__ import annotations

from .model import PropertyResult, Report
from .text import counted


def found_by(prop: PropertyResult) -> str:
    """Which property failed after how many examples."""
    tries = f" after {counted(prop.examples, 'example')}" if prop.examples else ""
    cls = "" if prop.cls == "correctness" else f" ({prop.cls})"
    verb = "Broke" if prop.status == "error" else "Fails"
    return f"{verb}: {prop.title}{cls}{tries}."


def values(prop: PropertyResult) -> str:
    """Got, wanted and tolerance in one line."""
    where = prop.argument + ("".join(map(_place, prop.index[:1])))
    parts = [f"got {prop.got or 'nothing'}"]
    if prop.wanted:
        parts.append(f"wanted {prop.wanted}")
    if prop.tolerance:
        parts.append(f"tolerance {prop.tolerance}")
    oracle = f" (from: {prop.oracle})" if prop.oracle else ""
    return f"{where + ': ' if where else ''}{', '.join(parts)}{oracle}"


def summary(report: Report) -> str:
    """The verdict and the counts in one line.

    >>> from properties.reports.reading import read
    >>> summary(read({"functions": [], "verdict": "pass", "complete": True}))
    'PASS: nothing was checked'
    """
    count = {s: len(report.with_status(s)) for s in ("fail", "error", "pass", "missing")}
    bad = report.with_status("fail", "error")
    parts = []
    if bad:
        names = ", ".join(f.name for f in bad[:4]) + (", …" if len(bad) > 4 else "")
        parts.append(f"{count['fail'] + count['error']} of {len(report.functions)} wrong: {names}")
    if count["pass"]:
        parts.append(f"{count['pass']} right")
    if count["missing"]:
        parts.append(f"{count['missing']} missing")
    if not report.complete and report.functions:
        parts.append("the run is not complete")
    if report.profile:
        parts.append(f"profile {report.profile}")
    if report.seed:
        parts.append(f"seed {report.seed}")
    if report.elapsed is not None:
        parts.append(f"{report.elapsed:.1f} s")
    if not report.functions:
        parts.insert(0, "nothing was checked")
    return f"{report.verdict.upper()}: {' · '.join(parts)}"


def _place(index: tuple[int, ...]) -> str:
    return f"[{', '.join(map(str, index))}]" if index else ""
