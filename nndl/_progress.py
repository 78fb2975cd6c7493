"""A progress bar where there is somebody to see it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(frozen=True)
class Bar:
    """How to advance the bar, and how to print a line without breaking it."""

    update: Callable[[], object]
    write: Callable[[str], None]


@contextmanager
def progress(start: int, total: int, *, show: bool) -> Iterator[Bar]:
    """Yield a bar: tqdm's in a terminal or a notebook, one that shows nothing elsewhere.

    Lines go to standard output in either case. tqdm is optional: without it there is no bar.
    """
    if show and (sys.stderr.isatty() or "ipykernel" in sys.modules):
        try:
            from tqdm.auto import tqdm
        except ImportError:
            pass
        else:
            with tqdm(initial=start, total=total, unit="it", leave=False) as bar:
                yield Bar(update=bar.update, write=tqdm.write)
            return
    yield Bar(update=lambda: None, write=print)
