"""JUnit XML: layers are suites, functions and properties are test cases."""

from __future__ import annotations

from xml.etree import ElementTree as XML

from ..record.listing import Listing
from ..record.schema import Function, Property, Record
from .blocks import array_lines, entry_lines
from .first_line import first_line
from .phrases import cause, found_by, of_class, seen, summary, values


def junit(record: Record) -> str:
    """Return the record as JUnit XML.

    A wrong function is a ``failure``, a broken one an ``error``, a missing or inconclusive one is
    ``skipped``, as is what was not judged; that is an ``error`` in a strict run. What is reported
    without counting is text of a passing case.
    """
    root = XML.Element("testsuites", name="nndl")
    for layer in record.layers:
        suite = XML.SubElement(root, "testsuite", name=layer)
        if record.isolation:
            properties = XML.SubElement(suite, "properties")
            XML.SubElement(properties, "property", name="isolation", value=record.isolation)
        for function in record.functions:
            if function.layer == layer:
                _function(suite, function, record.listing_of(function))
        _count(suite)
    if record.not_judged:
        suite = XML.SubElement(root, "testsuite", name="not judged")
        for one in record.not_judged:
            case = XML.SubElement(suite, "testcase", classname="not judged", name=one.name)
            counts = record.strict and not one.left_out
            XML.SubElement(case, "error" if counts else "skipped", message=one.reason)
        _count(suite)
    if not record.complete:
        suite = XML.SubElement(root, "testsuite", name="nndl")
        case = XML.SubElement(suite, "testcase", classname="nndl", name="the run is complete")
        XML.SubElement(case, "error", message=summary(record), type="incomplete")
        _count(suite)
    for key in ("tests", "failures", "errors", "skipped"):
        root.set(key, str(sum(int(suite.get(key, "0")) for suite in root)))
    root.set("time", f"{record.elapsed:.3f}")
    XML.indent(root)
    text = XML.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="utf-8"?>\n{text}\n'


def _count(suite: XML.Element) -> None:
    cases = suite.findall("testcase")
    suite.set("tests", str(len(cases)))
    for key, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(key, str(sum(case.find(tag) is not None for case in cases)))


def _function(suite: XML.Element, function: Function, listing: Listing | None) -> None:
    case = XML.SubElement(suite, "testcase", classname=function.layer, name=function.name)
    if function.file:
        case.set("file", function.file)
        case.set("line", str(function.line or 1) if function.cell is None else "1")
    detail = function.detail or function.status
    if function.status in ("fail", "error"):
        tag = "failure" if function.status == "fail" else "error"
        node = XML.SubElement(case, tag, message=detail, type=function.status)
        lines = [] if listing is None else ["\n".join(first_line(listing))]
        node.text = "\n\n".join([detail, *lines, *(_text(p) for p in function.failures)])
    elif function.status == "missing":
        XML.SubElement(case, "skipped", message=detail)
    text = "\n".join([*function.findings, function.printed]).strip()
    if text:
        XML.SubElement(case, "system-out").text = text
    for prop in function.properties:
        _property(suite, function, prop)


def _property(suite: XML.Element, function: Function, prop: Property) -> None:
    name = prop.name + of_class(prop, " ({})")
    place = f"{function.layer}.{function.name}"
    case = XML.SubElement(suite, "testcase", classname=place, name=name)
    message = prop.sentence or prop.title
    if prop.shown == "fail":
        XML.SubElement(case, "failure", message=message, type=prop.cls).text = _text(prop)
    elif prop.shown == "error":
        XML.SubElement(case, "error", message=message, type=prop.cls).text = _text(prop)
    elif prop.shown == "noted":
        XML.SubElement(case, "system-out").text = "reported, does not count\n" + _text(prop)
    elif prop.status != "pass":
        XML.SubElement(case, "skipped", message=prop.status)


def _text(prop: Property) -> str:
    """The whole failure as plain text."""
    lines = [prop.sentence, found_by(prop)]
    if prop.cause is not None:
        lines += [cause(prop), *filter(None, [prop.cause.evidence, seen(prop)])]
    lines += filter(None, [values(prop)])
    for name, value in prop.inputs.items():
        lines += array_lines(name, value, 100)
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
