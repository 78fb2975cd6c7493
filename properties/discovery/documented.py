"""What annotations and docstrings say of the arguments of a function."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from .hint import Hint
from .inputs import InputsError, parse

_LENGTH = re.compile(r"^(?:\d+|[A-Za-z_]\w*(?:\s*[*+]\s*[A-Za-z_0-9]\w*)*)$")


def annotated(hint: Hint, annotation: str) -> None:
    """``Float[Array, "N D"]`` of jaxtyping, ``int``, ``float``, ``list[int]``."""
    text = annotation.replace("typing.", "")
    quoted = re.search(r"\w+\[[^\]]*?,\s*['\"]([^'\"]*)['\"]\s*\]", text)
    if quoted:
        parts = quoted.group(1).split()
        if all(_LENGTH.match(part) for part in parts):
            hint.shape = tuple(parts)
            hint.source = "its annotation"
        if text.startswith("Int"):
            hint.kind("labels")
    elif re.search(r"<class 'int'>|^int$", text):
        hint.kind("length")
    elif re.search(r"<class 'float'>|^float$", text):
        hint.ranks = hint.ranks or [0]
    elif re.search(r"<class 'str'>|^str$", text):
        hint.kind("text")
    elif re.search(r"(list|List|Sequence)\[(int|<class 'int'>)\]", text):
        hint.kind("sizes")
    elif re.search(r"<class 'bool'>|^bool$", text):
        hint.kind("flag")


def documented(doc: str, found: Mapping[str, Hint]) -> None:
    """Shapes such as "x: Input of shape (N, D)", "A -- (n, m) matrix", "- w: (D)"."""
    doc = _one_by_one(doc)
    for name, hint in found.items():
        match = re.search(
            rf"(?:^|[\n,(])\s*[-*]*\s*`*{re.escape(name)}`*\s*(?:--|:|-|—|\bis\b)\s*(?P<rest>[^\n]*(?:\n(?!\s*[-*`]*\w+`*\s*(?:--|:)|\s*\n)[^\n]*)?)",
            doc,
        )
        if not match:
            _in_brackets(doc, name, hint)
            continue
        rest = match.group("rest")
        shape = re.search(
            r"(?:shape|size|dimension|matrix|array|vector|:|^|\s)[\s:=(]*\(([^()]*)\)", rest
        )
        if shape is None:
            shape = re.search(r"\(([^()]*,[^()]*)\)", rest)
        crossed = re.match(r"\s*(?:is\s+)?(?:an?\s+)?([A-Z]\w{0,2}|\d+)\s*x\s*(\w{1,3})\b", rest)
        if crossed and not shape and hint.shape is None:
            hint.shape, hint.source = (crossed.group(1), crossed.group(2)), "the docstring"
        if shape:
            parts = [p.strip() for p in shape.group(1).split(",") if p.strip()]
            if (
                parts
                and all(_LENGTH.match(p.replace(" ", "")) or p == "..." for p in parts)
                and _lengths(parts)
            ) and "..." not in parts:
                hint.shape = tuple(parts)
                hint.source = "the docstring"
        dimension = re.search(r"\b([123])-?[dD]\b|\b(one|two)-dimensional|\bvector\b", rest)
        if dimension and not hint.ranks and hint.shape is None:
            told = dimension.group(1) or {"two": "2"}.get(dimension.group(2) or "", "1")
            hint.ranks = [int(told)]
        if hint.shape is None and re.search(r"\ba scalar\b|^\s*(scalar|float)\b", rest):
            hint.shape, hint.source = (), "the docstring"
        scalar = re.match(r"\s*(integer|int|index)\b(?!.*(array|list|shape))", rest)
        if hint.shape is None and scalar:
            hint.kinds.insert(0, "label")
        if (
            (
                len(hint.shape or ()) < 2
                and re.search(r"\blabels?\b|integer|indices", rest)
                and re.search(r"\by\b|label|indices|idx", name + rest)
            )
            and "one-hot" not in rest
            and "one hot" not in rest
        ):
            hint.kind("labels")
        if re.search(r"-1\W+(?:or\W+|and\W+)?\+?1\b|\+1\W+(?:or\W+|and\W+)?-1\b|±\s*1", rest):
            hint.compared |= {-1.0, 1.0}
            hint.kinds[:] = ["signs", *(k for k in hint.kinds if k != "labels")]
        if re.search(r"one.hot", rest, re.IGNORECASE):
            hint.kinds.insert(0, "onehot")


def _in_brackets(doc: str, name: str, hint: Hint) -> None:
    """Shapes that follow a name at once: "mu (K, D), log_sigma (K,)", "x (ndarray (m, n))"."""
    told = re.search(
        rf"(?:^|[\s,;])`*{re.escape(name)}`* \((?:(?:np\.)?(?:nd)?array *\()?([^()]*)\)", doc
    )
    if told is None:
        return
    parts = [part.strip() for part in told.group(1).split(",") if part.strip()]
    fits = all(_LENGTH.match(part.replace(" ", "")) for part in parts)
    if "," in told.group(1) and parts and fits and _lengths(parts):
        hint.shape, hint.source = tuple(parts), "the docstring"
    elif told.group(1).strip().lower() in ("scalar", "float"):
        hint.shape, hint.source = (), "the docstring"


def in_notation(doc: str, found: Mapping[str, Hint]) -> None:
    """Kinds, dicts and lists as ``--inputs`` writes them; plain shapes are read otherwise."""
    for text in (doc.strip(), *(line.strip() for line in doc.splitlines())):
        try:
            told = parse(text)
        except InputsError:
            continue
        for name, one in told.items():
            if name not in found or one.kind in ("length", "constant", "sizes"):
                continue
            if one.kind != "normal" or any(re.search(r"[-+*]", str(axis)) for axis in one.axes):
                found[name].said, found[name].source = one, "the docstring"


def _one_by_one(doc: str) -> str:
    """Give every name a line of its own: ``Q, K: (B, T, D); mask: (T, T)``.

    >>> print(_one_by_one("Q, K: (B, T)"))
    Q: (B, T)
    K: (B, T)
    """
    apart = re.sub(r"(?:(?<=\)),|;)[ \t]+(?=(?:\w+,\s*)*\w+\s*:\s)", "\n", doc)
    lines = []
    for line in apart.split("\n"):
        match = re.match(r"^(\s*[-*]?\s*)((?:\w+\s*,\s*)+\w+)\s*(:|--)\s*(.*)$", line)
        if match is None:
            lines.append(line)
            continue
        names_ = [name.strip() for name in match.group(2).split(",")]
        lines += [f"{match.group(1)}{name}{match.group(3)} {match.group(4)}" for name in names_]
    return "\n".join(lines)


def _lengths(parts: Sequence[str]) -> bool:
    """Whether the words in parentheses are lengths, not types or prose."""
    prose = {
        "float",
        "int",
        "optional",
        "array",
        "str",
        "bool",
        "ndarray",
        "list",
        "dict",
        "scalar",
    }
    prose |= {"numpy", "tuple", "default", "integer", "none", "vector", "or", "batch"}
    if len(parts) == 1 and len(parts[0]) > 2 and not parts[0].isdigit():
        return False
    return not any(p.lower() in prose for p in parts)
