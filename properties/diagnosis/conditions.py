"""Wrong in some cases and right in others: what the wrong ones have in common.

Code that treats a batch of one, a missing entry of a dict or an input of many axes in a way of its
own is right everywhere else. No formula explains such values; the cases do.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from ..spec.case import Case
from .finding import ENOUGH, Diagnosis
from .observation import Observation


def _examples(case: Case) -> int:
    first = next(value for value in case.args.values() if isinstance(value, np.ndarray))
    return int(first.shape[0]) if first.ndim else 1


def _axes(case: Case) -> int:
    return int(np.ndim(case.args["x"])) if "x" in case.args else 0


def _lacks(key: str) -> Callable[[Case], bool]:
    return lambda case: "bn_param" in case.args and key not in case.args["bn_param"]


_CONDITIONS: tuple[tuple[str, Callable[[Case], bool]], ...] = (
    ("a batch of one", lambda case: _examples(case) == 1),
    ("bn_param without eps", _lacks("eps")),
    ("bn_param without momentum", _lacks("momentum")),
    ("bn_param without running statistics", _lacks("running_mean")),
    ("an x of more than two axes", lambda case: _axes(case) > 2),
    ("an x of more than three axes", lambda case: _axes(case) > 3),
)


def _parted(
    seen: Sequence[Observation], argument: str
) -> tuple[list[Observation], list[Observation]]:
    """Wrong cases and right ones; zero for zero shows nothing."""
    judged = [o for o in seen if argument in o.truth]
    wrong = [o for o in judged if o.is_wrong(argument)]
    right = [o for o in judged if not o.is_wrong(argument) and o.truth[argument].value.any()]
    return wrong, right


def right_for_one_alone(seen: Sequence[Observation], argument: str) -> Diagnosis | None:
    """Right for a batch of one only: something over the batch is wrong, whatever it is."""
    if not seen or "batchnorm" in seen[0].row:
        return None  # a batch of one is normalised to zero: it shows nothing
    wrong, right = _parted(seen, argument)
    ones = [o for o in right if _examples(o.case) == 1]
    if len(ones) < max(ENOUGH, len(right)) or any(_examples(o.case) == 1 for o in wrong):
        return None
    return Diagnosis(
        misconception="right for a batch of one alone",
        sentence=f"{argument} is right for a batch of one and wrong for every other: look at sums "
        "and means over the examples, and at what mixes them.",
        evidence=f"right in all {len(right)} such cases, wrong in the others",
        confidence=0.6,
    )


def condition(seen: Sequence[Observation], argument: str) -> Diagnosis | None:
    """The first condition that holds in every wrong case and in no right one."""
    wrong, right = _parted(seen, argument)
    if len(wrong) < ENOUGH or len(right) < ENOUGH:
        return None
    for name, holds in _CONDITIONS:
        if all(holds(o.case) for o in wrong) and not any(holds(o.case) for o in right):
            return Diagnosis(
                misconception=f"wrong for {name}",
                sentence=f"{argument} is wrong for {name} and right otherwise: look at what the "
                "code does then.",
                evidence=f"wrong in all {len(wrong)} such cases, right in the {len(right)} others",
                confidence=0.8,
            )
    return None
