"""The page is one small file in which no text of the record is code."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from msgspec.structs import replace

from properties.record.schema import Property
from properties.reports.html import LARGEST, html
from properties.reports.notebook import NotebookReport

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
    text = html(samples.ALL[name]())
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
    text = html(samples.many(200, (6, 6)))
    assert len(re.findall(r'<details id="failure-', text)) == 200
    assert text.count('<div class="panel">') == 200


def test_a_page_that_would_be_too_large_leaves_out_and_says_so() -> None:
    def longer(prop: Property) -> Property:
        return replace(prop, sentence="long " * 400, traceback="<" * 8000)

    record = samples.many(200, (3, 2))
    functions = (replace(f, properties=tuple(map(longer, f.properties))) for f in record.functions)
    record = replace(record, functions=tuple(functions))
    text = html(record)
    assert len(text.encode()) <= LARGEST
    assert "it is in the JSON record" in text


def test_pictures_are_there() -> None:
    full = replace(samples.function(samples.one(), "relu_forward"), properties=(samples.wrong(),))
    text = html(samples.change(samples.one(), "relu_forward", lambda f: full))
    for said in (
        "Error of the numerical derivative against its step",
        "Slope on the left of the kink 0, on the right 1, returned 2",
        "running_mean[0] over the calls",
        "2 of 2 entries wrong",
    ):
        assert said in text
    assert "{mode: &#39;test&#39;, eps: 1e-05, m: [1]}" in html(samples.cut())
    assert "Heat map of got, 100×100 float64" in html(samples.many(1))


def test_the_notebook_has_the_same_panel_and_no_script() -> None:
    text = NotebookReport(samples.one())._repr_html_()
    assert "The derivative of the root has a factor 1/2" in text
    assert "<script" not in text
    assert "<script" not in NotebookReport(samples.hostile())._repr_html_()
    assert len(NotebookReport(samples.many(200, (20, 20)))._repr_html_()) < 1_000_000
