"""The class of a property, of what it finds, and of a misconception."""

from __future__ import annotations

from enum import Enum


class Kind(Enum):
    """What being wrong means: the mathematics, a habit that is no mistake, or manners."""

    CORRECTNESS = "correctness"
    CONVENTION = "convention"
    ROBUSTNESS = "robustness"
