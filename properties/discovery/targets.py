"""Which files of a target are searched for derivatives, and what of them has any."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from properties.implementation import Limits, Target, open_implementation
from properties.implementation.child.loading import EVERYTHING
from properties.implementation.packages import own_files

from .candidates import candidates
from .pairs import Candidate
from .scanning import scan
from .session import Session

LIMITS = Limits(call_seconds=10.0, import_seconds=6.0, failures=3)


@dataclass(frozen=True, slots=True)
class Looked:
    """What a look at the text of a target tells; nothing of it has run.

    Attributes
    ----------
    target : Target
        The target, of which those files are surveyed that may hold derivatives.
    candidates : tuple of Candidate
        What looks like a derivative; all of a file is seen only when it runs.
    left_out : tuple of (str, str)
        Files and folders that were not searched, with the reason.
    """

    target: Target
    candidates: tuple[Candidate, ...] = ()
    left_out: tuple[tuple[str, str], ...] = ()

    @property
    def worth_loading(self) -> bool:
        """Whether anything can be expected: a single file may define what its text hides."""
        return bool(self.candidates) or self.target.path.is_file()

    @property
    def note(self) -> str:
        """What was left out, in words; "" when nothing was."""
        if not self.left_out:
            return ""
        shown = [f"{name} ({reason})" for name, reason in self.left_out[:6]]
        more = len(self.left_out) - len(shown)
        rest = f", and {more} more" if more else ""
        return f"not searched for derivatives: {', '.join(shown)}{rest}; name a file to judge it"


def look(target: Target, *, known: Iterable[str] = (), told: Iterable[str] = ()) -> Looked:
    """Read the files of a target, and find what looks like a derivative in them.

    Parameters
    ----------
    known, told
        Functions and classes that are judged otherwise, and those that are derivatives whatever
        they look like; see `candidates`.
    """
    if target.path.is_file():
        listed: Sequence[Path] = (target.path,)
        left: tuple[tuple[str, str], ...] = ()
    else:
        place = target.beside if target.kind == "folder" and target.beside else target.path
        own = own_files(place)
        listed, left = own.files, own.left_out
    found = tuple(candidates(scan(listed), known=known, told=told))
    if target.path.is_file():
        return Looked(target, found)
    files = dict.fromkeys(
        function.file
        for one in found
        for function in (one.function, *(p.forward for p in one.pairings))
    )
    files |= dict.fromkeys(one.owner.module for one in found if one.owner is not None)
    return Looked(replace(target, surveyed=tuple(files)), found, left)


@contextmanager
def opened(
    target: Target, *, in_process: bool = False, limits: Limits = LIMITS
) -> Iterator[Session]:
    """Load everything that is surveyed of a target, in a child process."""
    with open_implementation(
        target, names=[EVERYTHING], limits=limits, in_process=in_process
    ) as implementation:
        yield Session(implementation, target)
