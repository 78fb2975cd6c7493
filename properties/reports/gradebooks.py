"""Results for Gradescope, PrairieLearn and GitHub Classroom."""

from __future__ import annotations

import base64
import json
from typing import Any

from ..record.schema import Function, Record
from .arrays import compare
from .pictures import heat_map, scale
from .points import Grade, Weights, grades, in_words, merged

_LARGEST = 900_000  # bytes; PrairieLearn refuses results of 1 MB


def gradescope(record: Record, weights: Weights | None = None) -> str:
    """Return Gradescope's ``results.json``.

    Fields as in "Autograder specifications" of Gradescope's documentation: score, output, tests
    with score, max_score, status, name, output, output_format, visibility; extra_data, which no
    student sees, names what held the code. Gradescope itself
    hides what is hidden; the text at the top speaks of what is visible only.
    """
    lines = grades(record, weights or Weights())
    result: dict[str, Any] = {
        "score": sum(grade.points for grade in lines),
        "output": in_words(lines) if record.complete else "The run did not finish.",
        "output_format": "text",
        "test_output_format": "md",
        "visibility": "visible",
        "stdout_visibility": "hidden",
        "tests": [
            {
                "name": grade.name,
                "number": str(place),
                "score": grade.points,
                "max_score": grade.most,
                "status": "passed" if grade.passed else "failed",
                "output": grade.text,
                "output_format": "md",
                "visibility": grade.visibility,
            }
            for place, grade in enumerate(lines, start=1)
        ],
        "execution_time": round(record.elapsed),
        "extra_data": {"isolation": record.isolation},
    }
    return json.dumps(result, indent=1, ensure_ascii=False)


def prairielearn(record: Record, weights: Weights | None = None) -> str:
    """Return PrairieLearn's ``results.json``, below 1 MB.

    Fields as in "External grading" of PrairieLearn's documentation: gradable, score in [0, 1],
    message, tests with name, points, max_points, output, images. What is not visible counts in
    one line without a name. A run that did not finish is not gradable: no attempt is lost.
    """
    weights = weights or Weights()
    if not record.complete:
        message = "The run did not finish; this attempt does not count."
        return json.dumps({"gradable": False, "message": message, "format_errors": [message]})
    lines = grades(record, weights)
    most = sum(grade.most for grade in lines)
    by_name = {f.name: f for f in record.functions}
    tests = []
    for grade in merged(lines):
        test = {
            "name": grade.name,
            "points": grade.points,
            "max_points": grade.most,
            "output": grade.text,
        }
        function = by_name.get(grade.name)
        if function is not None and weights.feedback == "example" and not grade.passed:
            test["images"] = _images(function)
        tests.append(test)
    result: dict[str, Any] = {
        "gradable": True,
        "score": sum(grade.points for grade in lines) / most if most else 0.0,
        "message": in_words(lines) + _held(record),
        "tests": tests,
    }
    text = json.dumps(result)
    for key in ("images", "output"):  # the pictures go first, then the texts
        if len(text) <= _LARGEST:
            break
        for test in tests:
            if key == "images":
                test.pop("images", None)
            else:
                test["output"] = str(test["output"])[:500]
        text = json.dumps(result)
    return text


def _held(record: Record) -> str:
    return f" (isolation: {record.isolation})" if record.isolation else ""


def _images(function: Function) -> list[dict[str, str]]:
    """Heat maps of got, wanted and difference of the failure that says most."""
    both = compare(function.lead) if function.lead is not None else None
    if both is None or both.got.size < 2:
        return []
    top = scale(both.got, both.wanted)
    return [
        {"label": "got", "url": heat_map(both.got, top)},
        {"label": "wanted", "url": heat_map(both.wanted, top)},
        {"label": "difference", "url": heat_map(both.diff, scale(both.diff))},
    ]


def classroom(record: Record, weights: Weights | None = None) -> str:
    """Return the base64 result that GitHub Classroom's grading reporter reads.

    Version 1: status, max_score and tests with name, status, score, message, test_code, filename,
    line_no and execution_time. What is not visible counts in one line without a name.
    """
    lines = grades(record, weights or Weights())
    passed = bool(lines) and record.complete and all(grade.passed for grade in lines)
    by_name = {f.name: f for f in record.functions}
    result = {
        "version": 1,
        "status": "pass" if passed else "fail" if record.complete else "error",
        "max_score": sum(grade.most for grade in lines),
        "tests": [_classroom_test(grade, by_name.get(grade.name)) for grade in merged(lines)],
    }
    return base64.b64encode(json.dumps(result).encode("utf-8")).decode("ascii")


def _classroom_test(grade: Grade, function: Function | None) -> dict[str, Any]:
    return {
        "name": grade.name,
        "status": "pass" if grade.passed else "fail",
        "score": grade.points,
        "message": grade.text,
        "test_code": "",
        "filename": function.file if function else "",
        "line_no": (function.line or 0) if function and function.cell is None else 0,
        "execution_time": "0",
    }
