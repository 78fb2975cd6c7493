"""The cause of what a net, a rule or a solver gives: one step of its computation, replaced."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache

import numpy as np

from ..judge.mismatch import Disagreement
from ..spec.account import Account, Seen, Steps, changed
from ..spec.case import Array
from ..spec.misconception import Misconception
from .agreement import equal
from .finding import ENOUGH, Diagnosis, as_named, cases_of

_SHARE = 1e-3  # of an error, that a formula may leave unexplained
_ROUNDING = 1e-12  # of the largest entry of a run: what is zero on paper is rounding of that size

Values = Mapping[str, Array]


class Explainer:
    """Tells the causes of what one object gave, from its runs.

    A misconception is named whose prediction is what was returned, in every run. One that accounts
    for all that came back is preferred to one that accounts for the argument of a disagreement.
    """

    def __init__(self, account: Account, seen: Sequence[Seen]) -> None:
        self._account, self._known = account, account.misconceptions()
        steps = [{**account.steps, **way} for way in ({}, *account.other_ways)]
        self._ways = [_Way(account, self._known, way, seen) for way in steps if seen]

    def find(self, found: Disagreement) -> Diagnosis | None:
        """The cause of one disagreement; None where no step explains it."""
        for one in self._known:
            if one.shows and found.sentence.startswith(one.shows):
                return as_named(one, f"seen is: {found.sentence}", 0.9)
        shown = self._account.shown_by.get(found.argument, (found.argument,))
        causes = (way.find(frozenset(map(_kind, shown))) for way in self._ways)
        return next((cause for cause in causes if cause is not None), None)


class _Way:
    """One right computation, and how the runs differ from it."""

    def __init__(
        self, account: Account, known: Sequence[Misconception], steps: Steps, seen: Sequence[Seen]
    ) -> None:
        self._account, self._known, self._steps, self._seen = account, known, steps, seen
        right = [_predicted(account, steps, one) for one in seen]
        self._fits = all(values is not None for values in right)
        self._truth = [values or {} for values in right]
        self._wrong = [
            {n for n in set(one.got) & set(truth) if not _equal(one, one.got[n], truth[n])}
            for one, truth in zip(seen, self._truth, strict=True)
        ]
        self._predict = cache(self._predict_anew)
        self.find = cache(self._find)

    def _find(self, kinds: frozenset[str]) -> Diagnosis | None:
        if not self._fits:
            return None
        wrong = set().union(*self._wrong)
        mine = {name for one in self._seen for name in one.got if _kind(name) in kinds}
        return (
            self._of_layers()
            or self._of_steps(None)
            or (self._of_steps(frozenset(mine)) if mine & wrong else None)
        )

    def _of_steps(self, about: frozenset[str] | None) -> Diagnosis | None:
        """The first misconception that explains some outputs, or all of them."""
        for place, one in enumerate(self._known):
            told = self._told(place, about) if one.formula else 0
            if told >= ENOUGH:
                what = "all that is wrong" if about is None else "what is wrong here"
                where = f"in {told} of {cases_of(self._seen)}"
                evidence = f"{one.argument} = {one.formula} gives {what}, {where}"
                return as_named(one, evidence, 0.95 if about is None else 0.8)
        return None

    def _told(self, place: int, about: frozenset[str] | None) -> int:
        """In how many runs a prediction explains what is wrong; 0 where one contradicts it."""
        told = 0
        for i, one in enumerate(self._seen):
            predicted, right, wrong = self._predict(place, i), self._truth[i], self._wrong[i]
            if predicted is None:
                return 0
            shared = set(one.got) & set(right)
            must = shared if about is None else (shared - wrong) | (shared & about)
            if not all(_explains(one, n, predicted.get(n), right[n]) for n in must):
                return 0
            # What else is wrong may have another cause, if this one does not reach it.
            others = {n for n in shared - must - self._account.follows if n in predicted}
            if not all(
                _equal(one, predicted[n], one.got[n]) or _equal(one, predicted[n], right[n])
                for n in others
            ):
                return 0
            told += bool(must & wrong)
        return told

    def _predict_anew(self, place: int, run: int) -> Values | None:
        steps = changed(self._steps, self._known[place])
        return _predicted(self._account, steps, self._seen[run])

    def _of_layers(self) -> Diagnosis | None:
        """The layers of the same code, where what they give explains all of what is wrong."""
        every = {name for one in self._seen for name in one.lenders}
        # A backward takes what its forward left: that one is to be corrected first.
        forwards = {name.removesuffix("forward") for name in every if name.endswith("forward")}
        lenders = sorted(n for n in every if n.removesuffix("backward") not in forwards)
        told = 0
        for one, right, wrong in zip(self._seen, self._truth, self._wrong, strict=True):
            for name in set(one.borrowed) & set(one.got):
                if not _explains(one, name, one.borrowed[name], right[name]):
                    return None
            told += bool(wrong & set(one.borrowed))
        if not lenders or told < ENOUGH:
            return None
        names = " and ".join(lenders)
        many = "are" if len(lenders) > 1 else "is"
        return Diagnosis(
            misconception=f"its own {names}",
            sentence=f"Its own {names} {many} wrong; with right ones it is right.",
            evidence=f"right formulas around them give what it gives, in {told} of "
            f"{cases_of(self._seen)}",
            confidence=0.95,
            parts=tuple(lenders),
        )


def _predicted(account: Account, steps: Steps, seen: Seen) -> Values | None:
    """What formulas give; None where they cannot be evaluated on the case."""
    try:
        with np.errstate(all="ignore"):
            made = account.predict(steps, seen)
    except (ArithmeticError, AttributeError, KeyError, TypeError, ValueError, IndexError):
        return None
    return {name: np.asarray(value, dtype=np.float64) for name, value in made.items()}


def _explains(one: Seen, name: str, predicted: Array | None, right: Array) -> bool:
    """Whether a prediction is what came back, and not only what is almost right."""
    got = one.got[name]
    if predicted is None or not _equal(one, got, predicted):
        return False
    if got.shape != right.shape or got.shape != predicted.shape:
        return True
    with np.errstate(all="ignore"):
        off, left = np.abs(got - right), np.abs(got - predicted)
    return bool(np.all((left <= _SHARE * off + _rounding(one)) | ~np.isfinite(off)))


def _equal(one: Seen, a: Array, b: Array) -> bool:
    """Whether two arrays agree but for rounding of the size of what a run gave."""
    return equal(np.asarray(a, dtype=np.float64), b, _rounding(one))


def _rounding(one: Seen) -> float:
    sizes = (np.max(np.abs(a), initial=0.0, where=np.isfinite(a)) for a in one.got.values())
    return _ROUNDING * float(max(sizes, default=0.0))


def _kind(name: str) -> str:
    """Of gradients and scores one name for all."""
    if name.startswith("scores"):
        return "scores"
    return "gradients" if name[:1] == "d" and name[-1:].isdigit() else name
