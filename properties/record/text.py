"""Text of strangers, made safe to store and to show.

Whatever an implementation printed or raised ends up in a record. ``clean`` takes away what could
move a cursor, colour a terminal, reverse the reading direction or break XML; each format of a
report escapes the rest in its own way.
"""

from __future__ import annotations

import re

_ANSI = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]"  # CSI: colours, cursor
    r"|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?"  # OSC: titles, links
    r"|\x1b[PX^_][^\x1b]*(?:\x1b\\)?"  # DCS, SOS, PM, APC
    r"|\x1b[ -/]*[0-~]?"
    r"|\x9b[0-?]*[ -/]*[@-~]"
)
# Control characters but \t and \n, non-characters, and the marks that override the direction of
# text ("Trojan source").
_UNSAFE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069"
    "\ufeff\ufffe\uffff]"
)


def clean(value: object, *, limit: int = 20_000) -> str:
    """Return ``value`` as text without control characters, at most ``limit`` characters long.

    >>> clean("\\x1b[31mred\\x1b[0m\\r\\nnext\\x00")
    'red\\nnext'
    """
    text = str(value)
    cut = len(text) > limit
    text = _ANSI.sub("", text[: 2 * limit]).replace("\r\n", "\n").replace("\r", "\n")
    text = plain_text(_UNSAFE.sub("", text))
    return text[:limit] + " […]" if cut or len(text) > limit else text


def one_line(value: object, *, limit: int = 300) -> str:
    """Return ``clean`` text with every run of white space made one space."""
    text = " ".join(clean(value, limit=4 * limit).split())
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def plain_text(text: str) -> str:
    """The same text with each lone surrogate as its escape, so that UTF-8 can hold it.

    >>> plain_text("\\udcff.py")
    '\\\\udcff.py'
    """
    return text.encode("utf-8", "backslashreplace").decode("utf-8")
