"""What a docstring says of dropout's p, held against what the code does.

A docstring is text of strangers: it is searched for a few phrases and never shown. Where it says
both, or neither, nothing is said of it.
"""

from __future__ import annotations

import re

from ..spec.row import Reading

_LONGEST = 8000  # characters that are looked at
_DROP = r"(?:drop(?:s|ped|ping)?|zero(?:es|ed|ing)?|remov(?:es?|ed|ing)|turn(?:s|ed|ing)? off)"
_KEEP = r"(?:keep(?:s|ing)?|kept|retain(?:s|ed|ing)?|surviv(?:es?|ed|ing))"
# "with probability p, …": the verb stands before it, or behind "probability of".
_PHRASES = (
    r"\b{verb}\b.{{0,60}}\b(?:probability|chance|rate)\s+(?:of\s+)?p\b",
    r"\bprobability\s+(?:of|to|that|for|with which)\b.{{0,50}}\b{verb}\b",
    r"\bp\b.{{0,30}}\b(?:fraction|share|rate|proportion|percentage)\b.{{0,40}}\b{verb}\b",
    r"\b{verb}[ -]?(?:probability|rate|ratio)\b",
)
# What these introduce is another convention than the code's own.
_ELSEWHERE = re.compile(
    r"\b(?:contrary to|unlike|in contrast|as opposed to|instead of|rather than|not)\b.*"
)

# 1 - p is spoken of, and not only as the scale 1/(1 - p).
_OTHER_SHARE = re.compile(r"(?<!/ \()(?<!/\()1\.? ?[-−–] ?p\b")


def says(docstring: str) -> str:
    """``drop`` or ``keep``: what a docstring says that p is the probability of; else empty.

    >>> says("p: Dropout parameter. We drop each neuron output with probability p.")
    'drop'
    >>> says("p is the probability of keeping a unit, contrary to papers, where p drops.")
    'keep'
    >>> says("p: the dropout parameter")
    ''
    """
    text = re.sub(r"[*`_'\"]", "", docstring[:_LONGEST].lower())
    text = re.sub(r"\s+", " ", text)
    found: set[str] = set()
    for clause in re.split(r"[.;](?!\d)", text):
        clause = _ELSEWHERE.sub("", clause)
        if _OTHER_SHARE.search(clause):
            continue
        for meaning, verb in (("drop", _DROP), ("keep", _KEEP)):
            if any(re.search(phrase.format(verb=verb), clause) for phrase in _PHRASES):
                found.add(meaning)
    return found.pop() if len(found) == 1 else ""


def contradiction(docstring: str, reading: Reading | None) -> str:
    """The sentence where a docstring says the opposite of what the code does; else empty.

    Parameters
    ----------
    reading
        The reading under which the code is right: ``drop`` or ``keep``.
    """
    said = says(docstring)
    if reading is None or not said or said == reading.name:
        return ""
    verbs = {"drop": "drops", "keep": "keeps"}
    does, text = verbs[reading.name], verbs[said]
    return f"{does} a unit with probability p; the docstring says that it {text} it"
