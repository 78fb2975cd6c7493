"""The page in a real browser; skipped with its reason where there is none (see conftest.py)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from properties.record.schema import Record
from properties.reports.html import html

from . import samples
from .conftest import violations

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")


@pytest.fixture
def show(show_text: Callable[..., Any]) -> Callable[..., Any]:
    """Open the page of a record; a script error or a request fails the test."""

    def opener(record: Record, **options: Any) -> Any:
        return show_text(html(record), **options)

    return opener


def visible(page: Any) -> int:
    return int(page.locator(".function:visible").count())


def test_filter_by_text_layer_and_status(show: Any) -> None:
    page = show(samples.one())
    assert visible(page) == samples.FUNCTIONS - 1
    page.fill("#text", "wanted -0.0377")
    assert visible(page) == 1
    page.fill("#text", "nothing like it")
    assert visible(page) == 0
    assert page.locator("#empty").is_visible()
    page.fill("#text", "")
    page.select_option("#layer", "batchnorm")
    assert visible(page) == 2
    page.select_option("#status", "noted")
    assert visible(page) == 1
    assert f"1 of {samples.FUNCTIONS - 1} shown" in page.inner_text("#count")


def test_unfold_by_the_matrix_and_by_the_buttons(show: Any) -> None:
    page = show(samples.one())
    second = page.locator("#failure-2")
    assert second.get_attribute("open") is None
    page.locator('.matrix a[href="#failure-2"]').click()
    playwright.expect(second).to_have_attribute("open", "")
    page.click("#close")
    assert page.locator("details[open]").count() == 0
    page.click("#open")
    assert page.locator("details[id][open]").count() == page.locator("details[id]").count() > 2


def test_dark_and_light(show: Any) -> None:
    ground = "getComputedStyle(document.body).backgroundColor"
    page = show(samples.one(), color_scheme="dark")
    dark = page.evaluate(ground)
    page.click("#theme")
    light = page.evaluate(ground)
    assert light != dark
    page.click("#theme")
    assert page.evaluate(ground) == dark
    assert show(samples.one(), color_scheme="light").evaluate(ground) == light


def test_keyboard_alone(show: Any) -> None:
    page = show(samples.one())
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "text"
    page.keyboard.type("relu_backward")
    assert visible(page) == 1
    page.keyboard.press("Escape")
    assert visible(page) == samples.FUNCTIONS - 1
    for _ in range(12):  # over the controls to the first failure's summary
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.tagName") == "SUMMARY":
            break
    first = page.locator("#failure-1")
    assert first.get_attribute("open") is not None
    page.keyboard.press("Enter")
    assert first.get_attribute("open") is None
    page.keyboard.press("Enter")
    assert first.get_attribute("open") is not None


@pytest.mark.parametrize("name", ["passing", "explained", "hostile", "empty", "cut"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(show: Any, name: str, scheme: str) -> None:
    page = show(samples.ALL[name](), color_scheme=scheme)
    page.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
    assert violations(page) == ""


@pytest.mark.parametrize("width", [360, 800])
def test_hostile_text_runs_nothing_and_breaks_no_layout(show: Any, width: int) -> None:
    page = show(samples.hostile())
    page.set_viewport_size({"width": width, "height": 800})
    page.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
    assert page.title().startswith("FAIL: ")
    assert page.locator("img[src='x']").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_two_hundred_failures_of_a_hundred_squared_are_quick(show: Any) -> None:
    page = show(samples.many(200, (100, 100)))
    assert page.locator("details[id]").count() == 200
    page.fill("#text", "softmax_loss")
    assert visible(page) == 1
    timing = page.evaluate("performance.getEntriesByType('navigation')[0].domInteractive")
    print(f"interactive after {timing:.0f} ms")  # measured, not asserted: machines differ


def test_paper_shows_every_panel(show: Any) -> None:
    page = show(samples.one())
    page.click("#close")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator("details:not([open])").count() == 0
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.locator("details[open]").count() == 0


def test_without_scripts_it_can_still_be_read(show: Any) -> None:
    page = show(samples.one(), java_script_enabled=False)
    assert page.locator("#failure-1 .lead").is_visible()
    assert not page.locator(".controls").is_visible()
