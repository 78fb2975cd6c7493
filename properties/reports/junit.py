"""JUnit XML: layers are suites, functions and properties are test cases."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from xml.etree import ElementTree as XML

from .blocks import array_lines, entry_lines
from .model import FunctionResult, PropertyResult, Report
from .phrases import found_by, summary, values
from .reading import read


def junit(record: Mapping[str, Any] | Report) -> str:
    """Return the record as JUnit XML.

    A wrong function is a ``failure``, a broken one an ``error``, a missing or inconclusive one is
    ``skipped``. What is reported without counting is text of a passing case.
    """
    report = read(record)
    root = XML.Element("testsuites", name="nndl")
    for layer in report.layers:
        suite = XML.SubElement(root, "testsuite", name=layer)
        for function in report.functions:
            if function.layer == layer:
                _function(suite, function)
        _count(suite)
    if not report.complete:
        suite = XML.SubElement(root, "testsuite", name="nndl")
        case = XML.SubElement(suite, "testcase", classname="nndl", name="the run is complete")
        XML.SubElement(case, "error", message=summary(report), type="incomplete")
        _count(suite)
    for key in ("tests", "failures", "errors", "skipped"):
        root.set(key, str(sum(int(suite.get(key, "0")) for suite in root)))
    if report.elapsed is not None:
        root.set("time", f"{report.elapsed:.3f}")
    XML.indent(root)
    text = XML.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="utf-8"?>\n{text}\n'


def _count(suite: XML.Element) -> None:
    cases = list(suite)
    suite.set("tests", str(len(cases)))
    for key, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(key, str(sum(case.find(tag) is not None for case in cases)))


def _function(suite: XML.Element, function: FunctionResult) -> None:
    case = XML.SubElement(suite, "testcase", classname=function.layer, name=function.name)
    if function.file:
        case.set("file", function.file)
        case.set("line", str(function.line or 1))
    detail = function.detail or function.status
    if function.status in ("fail", "error"):
        tag = "failure" if function.status == "fail" else "error"
        node = XML.SubElement(case, tag, message=detail, type=function.status)
        node.text = "\n\n".join([detail, *(_text(p) for p in function.failures)])
    elif function.status == "missing":
        XML.SubElement(case, "skipped", message=detail)
    text = "\n".join([*function.findings, function.printed]).strip()
    if text:
        XML.SubElement(case, "system-out").text = text
    for prop in function.properties:
        _property(suite, function, prop)


def _property(suite: XML.Element, function: FunctionResult, prop: PropertyResult) -> None:
    name = f"{prop.name} ({prop.cls})" if prop.cls != "correctness" else prop.name
    place = f"{function.layer}.{function.name}"
    case = XML.SubElement(suite, "testcase", classname=place, name=name)
    message = prop.sentence or prop.title
    if prop.status == "fail":
        XML.SubElement(case, "failure", message=message, type=prop.cls).text = _text(prop)
    elif prop.status == "error":
        XML.SubElement(case, "error", message=message, type=prop.cls).text = _text(prop)
    elif prop.status == "noted":
        XML.SubElement(case, "system-out").text = "reported, does not count\n" + _text(prop)
    elif prop.status != "pass":
        XML.SubElement(case, "skipped", message=prop.status)


def _text(prop: PropertyResult) -> str:
    """The whole failure as plain text."""
    lines = [prop.sentence, found_by(prop)]
    if prop.diagnosis is not None:
        lines.append(f"Likely cause: {prop.diagnosis.sentence or prop.diagnosis.misconception}")
        lines.append(prop.diagnosis.evidence)
    if prop.got or prop.wanted:
        lines.append(values(prop))
    if prop.arrays is not None:
        for name, array in prop.arrays.inputs.items():
            lines += array_lines(name, array, 100)
        lines += entry_lines(prop, 100)
    for title, text in (
        ("Traceback:", prop.traceback),
        ("Script:", prop.script),
    ):
        if text:
            lines += ["", title, text]
    if prop.repeat:
        lines += ["", f"Repeat just this: {prop.repeat}"]
    return "\n".join(line for place, line in enumerate(lines) if line or place)
