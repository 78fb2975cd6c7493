"""Formulas as MathML when the site is built: every browser shows it, and nothing is loaded."""

from __future__ import annotations

import html
import re
from typing import Any

from latex2mathml.converter import convert

_FORMULA = re.compile(r'<(span|div) class="arithmatex">\\([\[(])(.*?)\\[\])]</\1>', re.DOTALL)


def on_page_content(text: str, **_: Any) -> str:
    """Called by mkdocs with the HTML of a page."""
    return _FORMULA.sub(_as_mathml, text)


def _as_mathml(found: re.Match[str]) -> str:
    tag, bracket, formula = found.groups()
    display = "block" if bracket == "[" else "inline"
    mathml = convert(html.unescape(formula).strip(), display=display)
    return f'<{tag} class="formula">{mathml}</{tag}>'
