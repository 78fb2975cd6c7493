"""SARIF 2.1.0, the format of code scanning: each misconception is a rule with its help."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path, PurePath
from typing import Any, Final
from urllib.parse import quote

from ..layers import EVERY
from ..record.schema import Function, Property, Record
from ..spec.misconception import Misconception
from .first_line import first_line
from .phrases import plain_place, seen, sentence

SCHEMA: Final = "https://json.schemastore.org/sarif-2.1.0.json"
HOME: Final = "https://github.com/nndl/nndl"
Entry = dict[str, Any]


def sarif(record: Record, *, root: str = "") -> str:
    """Return the record as a SARIF log of one run.

    A wrong function is an ``error``, what is reported without counting a ``note``. What was not
    judged, and that a run is not complete, are notifications of the run.

    Parameters
    ----------
    root : str
        Folder of the repository; files inside it are named relative to it, as code hosts want.
    """
    rules: dict[str, Entry] = {}
    results = []
    for rule, function, level, text in _found(record):
        rules.setdefault(rule["id"], rule)
        results.append(_result(record, function, rule["id"], level, text, root))
    places = {name: place for place, name in enumerate(rules)}
    for result in results:
        result["ruleIndex"] = places[result["ruleId"]]
    driver = {
        "name": "nndl",
        "informationUri": HOME,
        "version": _version(),
        "rules": list(rules.values()),
    }
    run: Entry = {
        "tool": {"driver": driver},
        "invocations": [_invocation(record)],
        "columnKind": "unicodeCodePoints",
        "results": results,
    }
    if record.isolation:
        run["properties"] = {"isolation": record.isolation}
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=1) + "\n"


def _found(record: Record) -> Iterator[tuple[Entry, Function, str, str]]:
    """The rule, the function, the level and the sentence of each result."""
    for function in record.functions:
        if function.status in ("fail", "error"):
            listing = record.listing_of(function)
            told = f"{function.name}: {sentence(function)}"
            cause = function.lead.cause if function.lead is not None else None
            if cause is not None:
                told += f"\nLikely cause ({cause.confidence:.0%}): {cause.sentence}"
            lines = [] if listing is None else first_line(listing)
            yield _rule(function), function, "error", "\n".join([told, *lines])
        for finding in function.findings:
            kind, _, told = finding.partition(": ")
            yield (
                _simple(kind, _KINDS.get(kind, kind)),
                function,
                "note",
                f"{function.name}: {told}",
            )


_KINDS = {
    "convention": "Another reading of the same contract; it counts in a strict run alone.",
    "robustness": "Manners of a library; they count in a strict run alone.",
}


def _rule(function: Function) -> Entry:
    """The misconception where one is known, else the property that failed."""
    lead = function.lead
    if lead is None:
        return _simple("no-result", "The function gives no result that could be judged.")
    cause = lead.cause
    if cause is None or cause.misconception is None:
        return _simple(_slug(lead.name), lead.about or f"{lead.title} does not hold.")
    one = _catalogued(function, lead, cause.misconception)
    rule = _simple(f"{function.name}/{_slug(cause.misconception)}", cause.misconception)
    rule["fullDescription"] = {"text": cause.sentence}
    if one is not None:
        argument = one.argument
        rule["fullDescription"] = {"text": one.sentence}
        rule["help"] = {
            "text": f"{one.sentence}\nWhat gives these numbers: {argument} = {one.formula}",
            "markdown": f"{one.sentence}\n\nWhat gives these numbers:\n\n"
            f"```python\n{argument} = {one.formula}\n```\n",
        }
    if told := seen(lead):
        rule["helpUri"] = cause.seen_in_public
        rule["help"] = {kind: f"{text}\n\n{told}" for kind, text in rule["help"].items()}
    return rule


def _simple(name: str, text: str) -> Entry:
    return {
        "id": name,
        "shortDescription": {"text": text},
        "fullDescription": {"text": text},
        "help": {"text": text, "markdown": text},
        "defaultConfiguration": {"level": "note" if name in _KINDS else "error"},
    }


def _catalogued(function: Function, lead: Property, name: str) -> Misconception | None:
    """The entry of the catalogue, of the function itself or of a part of it."""
    known = [one for row in EVERY for one in row.misconceptions if one.name == name]
    rank = [(one.function == function.name, one.argument == lead.argument) for one in known]
    return max(zip(rank, known, strict=True), key=lambda pair: pair[0], default=((), None))[1]


def _result(
    record: Record, function: Function, rule: str, level: str, text: str, root: str
) -> Entry:
    file, line, beside = plain_place(record, function)
    location = {
        "physicalLocation": {
            "artifactLocation": {"uri": _uri(file, root)},
            "region": {"startLine": line, "startColumn": 1},
        },
        "logicalLocations": [{"name": function.name, "kind": "function"}],
    }
    same = f"{function.row}\0{function.name}\0{rule}\0{text if level == 'note' else ''}"
    return {
        "ruleId": rule,
        "level": level,
        # no link that the code could forge
        "message": {"text": (text + beside).replace("](", "] (")},
        "locations": [location],
        "partialFingerprints": {"nndl/v1": hashlib.sha256(same.encode()).hexdigest()},
    }


def _invocation(record: Record) -> Entry:
    notes = [
        {
            "level": "error" if record.strict and not one.left_out else "note",
            "message": {"text": f"{one.name}: not judged: {one.reason}"},
        }
        for one in record.not_judged
    ]
    notes += [{"level": "note", "message": {"text": text}} for text in record.notes]
    if not record.complete:
        text = "The run is not complete: it is no verdict."
        notes.append({"level": "error", "message": {"text": text}})
    return {"executionSuccessful": record.complete, "toolExecutionNotifications": notes}


def _uri(file: str, root: str) -> str:
    """A file as a URI: relative to the repository where it lies inside."""
    path = PurePath(file)
    if root and path.is_relative_to(root):
        path = path.relative_to(root)
    return Path(path).as_uri() if path.is_absolute() else quote(path.as_posix())


def _slug(text: str) -> str:
    return re.sub(r"\W+", "-", text.lower()).strip("-") or "other"


def _version() -> str:
    try:
        return version("nndl")
    except PackageNotFoundError:  # a checkout that is not installed
        return "0"
