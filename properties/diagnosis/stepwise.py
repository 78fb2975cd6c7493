"""The cause of what a net, a rule or a solver gives: one step of its computation, replaced."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from ..judge.mismatch import Disagreement
from ..spec.account import Account, Seen, Steps, changed
from ..spec.case import Array
from ..spec.misconception import Misconception
from .agreement import equal
from .finding import ENOUGH, Diagnosis, cases_of

_SHARE = 1e-3  # of an error, that a formula may leave unexplained
_ROUNDING = 1e-12  # of the largest entry of a run: what is zero on paper is rounding of that size

Values = Mapping[str, Array]


def explain(account: Account, seen: Sequence[Seen], found: Disagreement) -> Diagnosis | None:
    """The misconception whose prediction is what was returned, in every run.

    One that accounts for all that came back is preferred to one that accounts for the argument of
    the disagreement alone.
    """
    for one in account.misconceptions:
        if one.shows and found.sentence.startswith(one.shows):
            return _named(one, f"seen is: {found.sentence}", 0.9)
    for way in ({}, *account.other_ways):
        steps = {**account.steps, **way}
        right = [_predicted(account, steps, one) for one in seen]
        if any(values is None for values in right):
            continue
        truth = [values or {} for values in right]
        lent = _borrowed(seen, truth)
        if lent is not None:
            return lent
        for arguments in (None, _about(account, seen, truth, found.argument)):
            if arguments is None or arguments:
                cause = _of_steps(account, steps, seen, truth, arguments)
                if cause is not None:
                    return cause
    return None


def _of_steps(
    account: Account,
    steps: Steps,
    seen: Sequence[Seen],
    truth: Sequence[Values],
    arguments: frozenset[str] | None,
) -> Diagnosis | None:
    for one in (one for one in account.misconceptions if one.formula):
        told = _cases_told(account, changed(steps, one), seen, truth, arguments)
        if told >= ENOUGH:
            what = "all that is wrong" if arguments is None else "what is wrong here"
            evidence = f"{one.argument} = {one.formula} gives {what}, in {told} of {cases_of(seen)}"
            return _named(one, evidence, 0.95 if arguments is None else 0.8)
    return None


def _named(one: Misconception, evidence: str, confidence: float) -> Diagnosis:
    return Diagnosis(
        misconception=one.name,
        sentence=one.sentence,
        evidence=evidence,
        confidence=confidence,
        key=one.key,
    )


def _cases_told(
    account: Account,
    steps: Steps,
    seen: Sequence[Seen],
    truth: Sequence[Values],
    arguments: frozenset[str] | None,
) -> int:
    """In how many runs a prediction explains what is wrong; 0 where one contradicts it."""
    told = 0
    for one, right in zip(seen, truth, strict=True):
        predicted = _predicted(account, steps, one)
        if predicted is None:
            return 0
        names = set(one.got) & set(right)
        names &= names if arguments is None else arguments
        if not all(_explains(one, n, predicted.get(n), right[n]) for n in names):
            return 0
        told += any(not _equal(one, n, right[n]) for n in names)
    return told


def _explains(one: Seen, name: str, predicted: Array | None, right: Array) -> bool:
    """Whether a prediction is what came back, and not only what is almost right."""
    if predicted is None or not _equal(one, name, predicted):
        return False
    got = one.got[name]
    if got.shape != np.shape(right) or got.shape != np.shape(predicted):
        return True
    with np.errstate(all="ignore"):
        off, left = np.abs(got - right), np.abs(got - predicted)
    return bool(np.all((left <= _SHARE * off + _rounding(one)) | ~np.isfinite(off)))


def _equal(one: Seen, name: str, other: Array) -> bool:
    got = np.asarray(one.got[name], dtype=np.float64)
    return equal(got, np.asarray(other, dtype=np.float64), _rounding(one))


def _rounding(one: Seen) -> float:
    sizes = [
        float(np.max(np.abs(got), initial=0.0, where=np.isfinite(got))) for got in one.got.values()
    ]
    return _ROUNDING * max(sizes, default=0.0)


def _predicted(account: Account, steps: Steps, seen: Seen) -> Values | None:
    """What formulas give; None where they cannot be evaluated on the case."""
    try:
        with np.errstate(all="ignore"):
            made = account.predict(steps, seen)
    except (ArithmeticError, AttributeError, KeyError, TypeError, ValueError, IndexError):
        return None
    return {name: np.asarray(value, dtype=np.float64) for name, value in made.items()}


def _about(
    account: Account, seen: Sequence[Seen], truth: Sequence[Values], argument: str
) -> frozenset[str]:
    """The outputs that a cause of one argument must account for.

    Those of its kind, all gradients together, and those that are right: only what else is wrong
    may have a cause of its own.
    """
    wrong = {
        name
        for one, right in zip(seen, truth, strict=True)
        for name in set(one.got) & set(right)
        if not _equal(one, name, right[name])
    }
    everything = {name for one in seen for name in one.got}
    shown = account.shown_by.get(argument, (argument,))
    kin = {name for name in everything if _kind(name) in map(_kind, shown)}
    return frozenset((everything - wrong) | kin) if kin & wrong else frozenset()


def _kind(name: str) -> str:
    if name.startswith("scores"):
        return "scores"
    return "gradients" if name[:1] == "d" and name[-1:].isdigit() else name


def _borrowed(seen: Sequence[Seen], truth: Sequence[Values]) -> Diagnosis | None:
    """The layers of the same code, where what they give explains all of what is wrong."""
    every = {name for one in seen for name in one.lenders}
    # A backward takes what its forward left: that one is to be corrected first.
    forwards = {name.removesuffix("forward") for name in every if name.endswith("forward")}
    lenders = sorted(n for n in every if n.removesuffix("backward") not in forwards)
    told = 0
    for one, right in zip(seen, truth, strict=True):
        for name in set(one.borrowed) & set(one.got):
            if not _explains(one, name, one.borrowed[name], right[name]):
                return None
        told += any(
            name in one.borrowed and not _equal(one, name, right[name])
            for name in set(one.got) & set(right)
        )
    if not lenders or told < ENOUGH:
        return None
    names = " and ".join(lenders)
    many = "are" if len(lenders) > 1 else "is"
    return Diagnosis(
        misconception=f"its own {names}",
        sentence=f"Its own {names} {many} wrong; with right ones it is right.",
        evidence=f"right formulas around them give what it gives, in {told} of {cases_of(seen)}",
        confidence=0.95,
    )
