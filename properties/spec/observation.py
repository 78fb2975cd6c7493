"""What an implementation gave on cases drawn for the diagnosis, as plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from reference.bounded import SAFETY, Bounded

from .account import Seen
from .case import Array, Case
from .ways import Quantities


@dataclass(frozen=True, kw_only=True)
class Observation:
    """One case: what came back, what is true, and the quantities of the right computation.

    ``got`` and ``truth`` are keyed as disagreements name them: ``out``, ``dx``,
    ``running_mean``. ``row`` is the layer's; ``when`` the kind of call: its mode, or one example
    against a batch. ``assembled`` is what the parts of the same code give, called one after the
    other, where the function is made of others.
    """

    row: str
    case: Case
    when: str
    got: Mapping[str, Array]
    truth: Mapping[str, Bounded]
    quantities: Quantities
    assembled: Mapping[str, Array] = field(default_factory=dict)

    def is_wrong(self, argument: str) -> bool:
        """Whether an argument is off by more than its tolerance, or has another shape."""
        got, truth = self.got.get(argument), self.truth.get(argument)
        if got is None or truth is None:
            return False
        if got.shape != truth.value.shape:
            return True  # an axis of length one too many is gone by now
        with np.errstate(all="ignore"):
            right = (np.abs(got - truth.value) <= SAFETY * truth.error) | (got == truth.value)
        return not bool(np.all(right))


@dataclass(frozen=True, kw_only=True)
class Observations:
    """All that is seen of one row: ordinary cases, extreme ones, the texts of its functions; of an
    object, its runs. ``raised`` are the ordinary cases on which a function raised, with its name.
    """

    ordinary: tuple[Observation, ...] = ()
    raised: tuple[tuple[str, Case], ...] = ()
    extreme: tuple[Observation, ...] = ()
    source: Mapping[str, str] = field(default_factory=dict)
    reading: str = ""
    runs: tuple[Seen, ...] = ()
