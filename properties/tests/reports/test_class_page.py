"""The page of a class in a real browser, with names and sentences that are hostile."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from properties.reports.class_page import Class, Mistake, Row, class_page

from .conftest import violations
from .samples import HOSTILE

FUNCTIONS = tuple(f"layer_{i}_{way}" for i in range(10) for way in ("forward", "backward"))
HALF = Mistake(function=FUNCTIONS[1], name="lost the ½ in dvar", sentence="The root's derivative.")


def a_class(count: int, *, hostile: bool = False) -> Class:
    rows = []
    for i in range(count):
        name = f"Student {i:03}" if not hostile else f"{HOSTILE} {i}"
        statuses = {f: "fail" if (i + k) % 7 == 0 else "pass" for k, f in enumerate(FUNCTIONS)}
        statuses[FUNCTIONS[1]] = "fail" if i % 5 == 0 else "pass"
        judged = i % 50 != 49
        text = HOSTILE if hostile else ""
        mistake = Mistake(function=FUNCTIONS[3], name=f"another {i % 60}", sentence=text or "Why.")
        rows.append(
            Row(
                name=name,
                id=f"{i}",
                state="timeout"
                if not judged
                else "wrong"
                if "fail" in statuses.values()
                else "right",
                points=float(sum(s == "pass" for s in statuses.values())) if judged else 0.0,
                seconds=1.5 + i % 9,
                page=f"students/{i}.html",
                statuses=statuses if judged else {},
                mistakes=(*((HALF,) if i % 5 == 0 else ()), mistake) if judged else (),
                reason="" if judged else text or "stopped after 300 s",
                notes=("photo.png has 10 bytes: left out",) if i == 3 else (),
            )
        )
    return Class(
        title="homework 2" if not hostile else HOSTILE,
        functions=FUNCTIONS,
        most=dict.fromkeys(FUNCTIONS, 1.0),
        rows=tuple(rows),
        facts=("profile quick",),
    )


def shown(page: Any) -> int:
    return int(page.locator("#matrix tbody tr").count())


def test_filters_by_text_state_function_and_mistake(show_text: Callable[..., Any]) -> None:
    page = show_text(class_page(a_class(100)))
    assert shown(page) == 100
    page.fill("#text", "student 007")
    assert shown(page) == 1
    assert page.inner_text("#count") == "1 of 100 shown"
    page.fill("#text", "nobody")
    assert page.locator("#empty").is_visible()
    page.fill("#text", "")
    page.select_option("#state", "timeout")
    assert shown(page) == 2
    page.select_option("#state", "")
    pick = page.locator(".pick").first
    assert pick.inner_text() == "20 of 98"
    pick.click()
    assert shown(page) == 20
    assert pick.get_attribute("aria-pressed") == "true"
    pick.click()
    page.select_option("#function", "1")
    assert shown(page) == 22  # 20 wrong, 2 not judged
    page.select_option("#order", "3")
    points = page.locator("#matrix tbody tr td:nth-child(2)").all_inner_texts()
    assert points == sorted(points, key=float)


def test_keyboard_theme_and_paper(show_text: Callable[..., Any]) -> None:
    page = show_text(class_page(a_class(20)), color_scheme="dark")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("/")
    page.keyboard.type("student 001")
    assert shown(page) == 1
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert shown(page) == 20
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert shown(page) == 1
    page.keyboard.press("Escape")
    assert shown(page) == 20
    ground = "getComputedStyle(document.body).backgroundColor"
    dark = page.evaluate(ground)
    page.click("#theme")
    assert page.evaluate(ground) != dark


@pytest.mark.parametrize(("scheme", "hostile"), [("light", True), ("dark", False)])
def test_axe_finds_nothing(show_text: Callable[..., Any], scheme: str, hostile: bool) -> None:
    page = show_text(class_page(a_class(60, hostile=hostile)), color_scheme=scheme)
    assert violations(page) == ""


def test_no_text_of_a_student_runs_or_becomes_markup(show_text: Callable[..., Any]) -> None:
    page = show_text(class_page(a_class(60, hostile=True)))
    assert shown(page) == 60
    assert page.title() != "owned"
    assert page.locator("img").count() == 0
    assert "<img src=x" in page.locator("#matrix tbody th").first.inner_text()


def test_five_hundred_are_small_and_quick(show_text: Callable[..., Any]) -> None:
    text = class_page(a_class(500))
    assert len(text.encode()) < 3_000_000
    page = show_text(text)
    assert shown(page) == 500
    timing = page.evaluate("performance.getEntriesByType('navigation')[0].domInteractive")
    print(f"{len(text.encode()):,} bytes, interactive after {timing:.0f} ms")  # not asserted
