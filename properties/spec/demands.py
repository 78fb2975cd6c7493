"""How thoroughly, and under which demands, a run judges."""

from __future__ import annotations

from dataclasses import dataclass

PROFILES = {"quick": 25, "standard": 100, "thorough": 2000}


@dataclass(frozen=True, kw_only=True)
class Demands:
    """What the user asked for.

    ``shrink`` looks for the smallest example of what is wrong; with ``shrink_noted``, also of what
    is reported and does not count.
    """

    profile: str = "standard"
    seed: int = 0
    strict: bool = False
    dropout_p: str | None = None
    shrink: bool = True
    shrink_noted: bool = True

    @property
    def examples(self) -> int:
        """Examples a property."""
        return PROFILES[self.profile]
