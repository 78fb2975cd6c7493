"""The JSON record of a report."""

from __future__ import annotations

from typing import Any

from ..record.arrays import encode
from .values import Case, Report, Step

__all__ = ["to_json"]


def to_json(report: Report) -> dict[str, Any]:
    """Return the record of one report; lines count in the author's file."""
    first = report.first_wrong
    trouble = report.trouble
    return {
        "schema": 1,
        "target": report.target,
        "label": report.label,
        "file": report.file,
        "forward": report.forward,
        "backward": report.backward,
        "outcome": report.outcome,
        "verdict": report.verdict,
        "steps": [_step(step) for step in report.steps],
        "first_wrong": None if first is None else {"line": first.line, "name": first.name},
        "mistakes": [
            {
                "line": m.line,
                "name": m.name,
                "cause": m.cause,
                "evidence": m.evidence,
                "suspects": list(m.suspects),
            }
            for m in report.mistakes
        ],
        "gradients": [
            {
                "place": g.name,
                "input": g.node,
                "status": g.status,
                "reason": g.reason,
                "cause": g.cause,
            }
            for g in report.gradients
        ],
        "trouble": None
        if trouble is None
        else {
            "function": trouble.function,
            "status": trouble.status,
            "message": trouble.message,
            "line": trouble.line or None,
        },
        "case": None if report.case is None else _case(report.case),
        "notes": list(report.notes),
    }


def _step(step: Step) -> dict[str, Any]:
    return {
        "line": step.line,
        "name": step.name,
        "node": step.node,
        "status": step.status,
        "reason": step.reason,
        "ratio": encode(step.ratio),
        "cause": step.cause,
        "shape": list(step.shape),
        "function": step.function,
        "got": encode(step.got),
        "wanted": encode(step.wanted),
    }


def _case(case: Case) -> dict[str, Any]:
    """Everything that the two calls need: `values` in the order of the forward's arguments."""
    return {
        "sizes": dict(case.sizes),
        "seed": case.seed,
        "values": encode(case.values),
        "dout": encode(case.dout),
        "params": encode(case.params),
        "init": encode(case.init),
    }
