"""Wrong in some cases and right in others: what the wrong ones have in common.

Code that treats a batch of one, a missing entry of a dict or an input of many axes in a way of its
own is right everywhere else. No formula explains such values; the cases do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from ..spec.case import Case
from ..spec.hints import Circumstance, options
from ..spec.observation import Observation
from ..spec.row import LayerSpec
from .finding import ENOUGH, Diagnosis

Condition = tuple[str, Callable[[Case], bool]]


def examples(row: LayerSpec, case: Case) -> int:
    """How many examples a case holds."""
    arrays = (v for v in case.args.values() if isinstance(v, np.ndarray))
    first = case.args[row.hints.examples] if row.hints.examples else next(arrays)
    return int(first.shape[0]) if first.ndim else 1


def _conditions(row: LayerSpec, seen: Sequence[Observation]) -> Iterator[Condition]:
    yield "a batch of one", lambda case: examples(row, case) == 1
    param = next((n for n, v in seen[0].case.args.items() if v is options(seen[0].case)), "")
    for key in dict.fromkeys(key for o in seen for key in options(o.case)):
        yield f"{param} without {key}", lambda case, key=key: key not in options(case)  # type: ignore[misc]
    first = next((n for n, v in seen[0].case.args.items() if isinstance(v, np.ndarray)), "")
    for axes, word in ((2, "two"), (3, "three")):
        yield (
            f"an {first} of more than {word} axes",
            lambda case, axes=axes: np.ndim(case.args[first]) > axes,  # type: ignore[misc]
        )


def _parted(
    seen: Sequence[Observation], argument: str
) -> tuple[list[Observation], list[Observation]]:
    """Wrong cases and right ones; zero for zero shows nothing."""
    judged = [o for o in seen if argument in o.truth]
    wrong = [o for o in judged if o.is_wrong(argument)]
    right = [o for o in judged if not o.is_wrong(argument) and o.truth[argument].value.any()]
    return wrong, right


def right_for_one_alone(
    row: LayerSpec, seen: Sequence[Observation], argument: str
) -> Diagnosis | None:
    """Right for a batch of one only: something over the batch is wrong, whatever it is."""
    if not seen or row.hints.normalises:
        return None  # a batch of one is normalised to zero: it shows nothing
    wrong, right = _parted(seen, argument)
    ones = [o for o in right if examples(row, o.case) == 1]
    if len(ones) < max(ENOUGH, len(right)) or any(examples(row, o.case) == 1 for o in wrong):
        return None
    return Diagnosis(
        misconception="right for a batch of one alone",
        sentence=f"{argument} is right for a batch of one and wrong for every other: look at sums "
        "and means over the examples, and at what mixes them.",
        evidence=f"right in all {len(right)} such cases, wrong in the others",
        confidence=0.6,
    )


def only_where(
    row: LayerSpec, seen: Sequence[Observation], raised: Sequence[Case], argument: str
) -> Diagnosis | None:
    """The one circumstance without which nothing is wrong and nothing raises.

    The cases without it have every other circumstance that wrong ones have: none of these alone
    makes the code wrong.
    """
    wrong = [o.case for o in seen if o.is_wrong(argument)] + list(raised)
    right = [o.case for o in seen if argument in o.truth and not o.is_wrong(argument)]
    told = [
        c
        for c in row.hints.circumstances
        if all(c.holds(case) for case in wrong) and not all(c.holds(case) for case in right)
    ]
    others = [c for c in row.hints.circumstances if any(c.holds(case) for case in wrong)]
    alone = [
        c
        for c in told
        if _covers([case for case in right if not c.holds(case)], [d for d in others if d != c])
    ]
    if len(wrong) < ENOUGH or len(alone) != 1:
        return None
    (one,) = alone
    without = sum(not one.holds(case) for case in right)
    fails = "wrong or raises" if raised else "wrong"
    return Diagnosis(
        misconception=f"wrong only for {one.name}",
        sentence=f"{argument or 'It'} is {fails} for {one.name} and for nothing else: {one.look}",
        evidence=f"{fails} in {len(wrong)} such cases, right in all {without} others",
        confidence=0.7,
    )


def _covers(cases: Sequence[Case], circumstances: Sequence[Circumstance]) -> bool:
    return len(cases) > ENOUGH and all(
        any(other.holds(case) for case in cases) for other in circumstances
    )


def condition(row: LayerSpec, seen: Sequence[Observation], argument: str) -> Diagnosis | None:
    """The first condition that holds in every wrong case and in no right one."""
    wrong, right = _parted(seen, argument)
    if len(wrong) < ENOUGH or len(right) < ENOUGH:
        return None
    for name, holds in _conditions(row, seen):
        if all(holds(o.case) for o in wrong) and not any(holds(o.case) for o in right):
            return Diagnosis(
                misconception=f"wrong for {name}",
                sentence=f"{argument} is wrong for {name} and right otherwise: look at what the "
                "code does then.",
                evidence=f"wrong in all {len(wrong)} such cases, right in the {len(right)} others",
                confidence=0.8,
            )
    return None
