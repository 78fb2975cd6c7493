"""The site as it is built: no raw markers, and nothing that is loaded from elsewhere."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from .command_line import ROOT
from .slow import slow

pytest.importorskip("mkdocs")
pytest.importorskip("latex2mathml")
# Include, formula, template, mkdocstrings, admonition, attribute list.
RAW = re.compile(
    r"--8\s*<|\$\$|\\\(|\\\[|\{\{|\{%|^::: |^!!! |\{: |arithmatex|@@\w+@@", re.MULTILINE
)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet"]
    subprocess.run([*command, "--site-dir", str(folder)], check=True, cwd=ROOT)
    return folder


def words(page: Path) -> str:
    """The text of a page without its code."""
    text = page.read_text(encoding="utf-8")
    text = re.sub(r"<(pre|code|script|style|svg)\b.*?</\1>", "", text, flags=re.S)
    return re.sub(r"<[^>]+>", "", text)


@slow
def test_no_page_shows_a_raw_marker(site: Path) -> None:
    found = {str(p.relative_to(site)): RAW.findall(words(p)) for p in site.rglob("*.html")}
    assert {page: marks for page, marks in found.items() if marks} == {}
    assert len(found) > 25


@slow
def test_it_reads_offline(site: Path) -> None:
    for page in site.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        loaded = re.findall(r'<(?:script|img|iframe)[^>]+src="(https?:[^"]+)"', text)
        styles = re.findall(r'<link[^>]+rel="stylesheet"[^>]+href="(https?:[^"]+)"', text)
        assert loaded + styles == [], page


@slow
def test_formulas_are_mathml(site: Path) -> None:
    text = (site / "derivations" / "affine" / "index.html").read_text(encoding="utf-8")
    assert text.count("<math") > 5
    assert "merror" not in text
