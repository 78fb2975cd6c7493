"""Causes of a disagreement: generic relations and named misconceptions.

``observe_with_parts`` collects what a cause may be recognised by, where the code is judged;
``find_causes`` tells it from that, and runs nothing. What they need is imported when they are
called: a run in which all is right pays for none of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..judge.subject import Subject
    from ..judge.suite import Suite
    from ..spec.observation import Observations
    from .cause import Finder


def observe_with_parts(subject: Subject) -> dict[str, Observations]:
    """What the causes of a row's failures are told from: of the row, and of its parts, by name."""
    from .observation import observe_all

    return observe_all(subject)


def find_causes(suite: Suite) -> Finder:
    """The causes of what a suite found, from what was observed then."""
    from ..spec.observation import Observations
    from .cause import Finder

    nothing = Observations()
    return Finder(lambda row: suite.observations.get(row.name, nothing), suite.wrong_forwards)


__all__ = ["find_causes", "observe_with_parts"]
