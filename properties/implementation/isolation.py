"""How code under test is kept apart from this machine: in tiers, and which of them holds here."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Literal

from . import bubblewrap
from .child.confine import landlock
from .child.confine.system import known_machine
from .target import TargetError

Isolation = Literal["auto", "require", "none"]
"""What is asked for: the best tier that there is; one that holds; limits alone."""

Tier = Literal["bubblewrap", "landlock", "limits", "none"]

CHOICES: tuple[Isolation, ...] = ("auto", "require", "none")


@dataclass(frozen=True, slots=True)
class Held:
    """The tier in force and, in words, what it holds and what it does not."""

    tier: Tier
    words: str


_WORDS: dict[Tier, str] = {
    "bubblewrap": "namespaces of its own by bubblewrap, filtered system calls: no file but the "
    "target and numpy, no network, no other process",
    "landlock": "Landlock and filtered system calls: no file read but the target and numpy, none "
    "written outside a folder of its own, no network, no other process",
    "limits": "limits of time and memory alone: it does not hold code that means harm",
    "none": "in the process of the judge: nothing is held",
}


def held(tier: Tier) -> Held:
    """A tier with its words."""
    return Held(tier, _WORDS[tier])


class NotIsolated(TargetError):
    """Isolation was required, and this machine has none."""


@cache
def _best() -> tuple[Tier, str]:
    """The best tier of this machine, and why it is no better one."""
    if not known_machine():
        return "limits", "isolation is known for Linux on x86-64 and on 64-bit ARM alone"
    reason = _given_up.get("bubblewrap") or bubblewrap.why_not()
    if not reason:
        return "bubblewrap", ""
    if landlock.version() and "landlock" not in _given_up:
        return "landlock", reason
    return "limits", f"{reason}, and this kernel has no Landlock"


_given_up: dict[Tier, str] = {}


def give_up(tier: Tier, reason: str) -> None:
    """Use a tier no more in this process: it does not work here, whatever a first try said."""
    _given_up[tier] = reason
    _best.cache_clear()


def choose(asked: Isolation) -> Tier:
    """The tier for what is asked.

    Raises
    ------
    NotIsolated
        Isolation is required, and neither bubblewrap nor Landlock works here.
    """
    if asked == "none":
        return "limits"
    tier, reason = _best()
    if asked == "require" and tier == "limits":
        raise NotIsolated(
            f"Isolation is required, and there is none: {reason}. Install bubblewrap (pip install "
            "'nndl[sandbox]', or the system's package bubblewrap), allow user namespaces, or use "
            "Linux 5.13 or newer with Landlock."
        )
    return tier
