"""The page is one small file in which no text of the record is code."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

import pytest

from properties.reports import NotebookReport, html
from properties.reports.html import LARGEST

from . import samples


class Page(HTMLParser):
    """Collects tags, attributes and ids."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, key, value or "") for key, value in attrs]


@pytest.mark.parametrize("name", samples.ALL)
def test_one_file_without_outside_resources(name: str) -> None:
    record: dict[str, Any] = samples.ALL[name]()
    text = html(record)
    page = Page(text)
    assert len(text.encode()) <= LARGEST < 2_000_000
    assert page.tags.count("script") == 1
    assert not {"iframe", "link", "object", "embed", "base", "form"} & set(page.tags)
    for tag, key, value in page.attributes:
        assert not key.startswith("on"), (tag, key)
        if key in ("src", "href"):
            assert value.startswith(("data:image/png;base64,", "#")), value
    ids = [value for _, key, value in page.attributes if key == "id"]
    assert len(ids) == len(set(ids))
    for tag, key, value in page.attributes:
        if tag == "a" and key == "href":
            assert value[1:] in ids


def test_every_failure_has_its_panel() -> None:
    text = html(samples.many_failures(200, (6, 6)))
    assert len(re.findall(r'<details id="failure-', text)) == 200
    assert text.count('<div class="panel">') == 200


def test_a_page_that_would_be_too_large_leaves_out_and_says_so() -> None:
    record = samples.many_failures(200, (3, 2))
    for function in record["functions"]:
        for prop in function["properties"]:
            prop["sentence"] = "long " * 400
            prop["traceback"] = "<" * 4000
    text = html(record)
    assert len(text.encode()) <= LARGEST
    assert "it is in the JSON record" in text


def test_pictures_are_there() -> None:
    text = html(samples.one_failure())
    for said in (
        "Error of the numerical derivative against its step",
        "Slope on the left of the kink -1, on the right 0.5, returned 0.75",
        "running_mean[0] over the calls",
        "3 of 6 entries wrong",
    ):
        assert said in text
    assert "{mode: &#39;test&#39;, eps: 1e-05, m: [1]}" in html(samples.large_cut())
    assert "Heat map of got, 100×100 float64" in html(samples.many_failures(1))


def test_the_notebook_has_the_same_panel_and_no_script() -> None:
    text = NotebookReport(samples.one_failure())._repr_html_()
    assert "the path through the variance is missing" in text
    assert "<script" not in text
    assert "<script" not in NotebookReport(samples.hostile_record())._repr_html_()
    assert len(NotebookReport(samples.many_failures(200, (20, 20)))._repr_html_()) < 1_000_000
