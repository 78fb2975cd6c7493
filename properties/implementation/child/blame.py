"""Turns an exception of the code under test into words, and says whose fault it is."""

from __future__ import annotations

import linecache
import re
import traceback
from collections.abc import Callable
from types import TracebackType
from typing import Any

MAX_FRAMES = 6

_PYTHON_2_NAMES = frozenset(
    {"xrange", "unicode", "long", "basestring", "raw_input", "unichr", "reduce", "cPickle", "file"}
)
_PYTHON_2_METHODS = re.compile(r"no attribute '(iteritems|itervalues|iterkeys|has_key)'")
_NUMPY_GONE = re.compile(r"module 'numpy[\w.]*' has no attribute|was removed in (the )?NumPy")
_NO_INDEX = "only integers, slices"


def _text(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:
        return "(its text cannot be shown)"


def one_line(error: BaseException) -> str:
    """Give the exception's type and text on one line of at most 500 characters."""
    text = " ".join(_text(error).split())
    name = type(error).__name__.lstrip("_").replace("ArrayMemoryError", "MemoryError")
    return f"{name}: {text}"[:500] if text else name


def user_frames(
    trace: TracebackType | None, is_user_file: Callable[[str], bool]
) -> list[tuple[str, int, str]]:
    """Give (file, line, function) of the last frames that lie in the target's files."""
    frames = []
    for frame, line in traceback.walk_tb(trace):
        code = frame.f_code
        if is_user_file(code.co_filename):
            frames.append((code.co_filename, line, code.co_name))
            if len(frames) > MAX_FRAMES:
                frames.pop(0)
    return frames


def describe(error: BaseException, is_user_file: Callable[[str], bool]) -> dict[str, Any]:
    """Give message, exception type, traceback and blame of an exception."""
    lines = []
    for file, line, name in user_frames(error.__traceback__, is_user_file):
        short = "/".join(file.replace("\\", "/").split("/")[-2:])
        lines.append(f"{short}:{line} in {name}")
        source = linecache.getline(file, line).strip()
        if source:
            lines.append(f"    {source[:200]}")
    return {
        "message": one_line(error),
        "exception_type": type(error).__name__.replace("_ArrayMemoryError", "MemoryError"),
        "traceback": "\n".join(lines),
        "blame": "surroundings" if surroundings(error) else "code",
    }


def surroundings(error: BaseException) -> str:
    """Name what the surroundings lack that the code relies on; empty if the code is at fault."""
    text = _text(error)
    if isinstance(error, ImportError):
        return "a module that is not installed"
    if isinstance(error, NameError) and getattr(error, "name", "") in _PYTHON_2_NAMES:
        return "Python 2"
    if isinstance(error, AttributeError):
        if _PYTHON_2_METHODS.search(text):
            return "Python 2"
        if _NUMPY_GONE.search(text):
            return "a name that numpy has removed"
    if isinstance(error, TypeError) and "unexpected keyword argument 'newshape'" in text:
        return "an argument that numpy has removed"
    if isinstance(error, IndexError) and _NO_INDEX in text and _list_of_slices(error):
        return "a list as index where numpy now wants a tuple"
    return ""


def _list_of_slices(error: BaseException) -> bool:
    """Whether the frame that raised has a list with slices in it, at hand for indexing."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return False
    return any(
        isinstance(value, list) and any(isinstance(item, slice) for item in value)
        for value in trace.tb_frame.f_locals.values()
    )
