"""Causes that no formula of a returned array shows: habits, and what happens to dropout's mask."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from ..judge.mismatch import Disagreement, Kind
from ..spec.case import Array
from . import catalogue
from .finding import Diagnosis
from .misconception import Misconception
from .observation import Observation

_SAME_SEED = "mask of the same seed"  # the oracle that knows the mask where x is zero
_HABITS: tuple[tuple[str, str], ...] = (
    # what a disagreement says, and the argument of the misconceptions that do it
    ("changes dout", "dout"),
    ("changes x", "x"),
    ("the same seed gives another mask", "seed"),
    ("touches the global random state", "rng"),
)


def from_habit(found: Disagreement) -> Diagnosis | None:
    """The cause of a disagreement that is a sentence."""
    for sentence, argument in _HABITS:
        if not found.sentence.startswith(sentence):
            continue
        for misconception in catalogue.of(found.function, argument):
            return _say(misconception, f"it {found.sentence}", 0.9)
    if found.oracle == _SAME_SEED and _wrong_at_zeros_only(found):
        for misconception in catalogue.of(found.function, "dx"):
            if misconception.name == "mask from out/x":
                return _say(misconception, "dx is wrong where x is zero, and only there", 0.9)
    return None


def from_note(function: str, sentence: str) -> Diagnosis | None:
    """The cause of a convention that was noted of right values: a kept dimension."""
    argument, _, what = sentence.partition(" ")
    if not what.startswith("has another shape"):
        return None
    for misconception in catalogue.of(function, argument):
        if misconception.kind is Kind.CONVENTION and misconception.is_only_a_shape:
            return _say(misconception, sentence, 0.9)
    return None


def _wrong_at_zeros_only(found: Disagreement) -> bool:
    if found.case is None or found.got is None or found.wanted is None:
        return False
    x = found.case.args["x"]
    if found.got.shape != x.shape or found.wanted.shape != x.shape:
        return False
    wrong = np.abs(found.got - found.wanted) > 1e-9 * (1.0 + np.abs(found.wanted))
    return bool(wrong.any() and not wrong[x != 0.0].any())


def _say(misconception: Misconception, evidence: str, confidence: float) -> Diagnosis:
    return Diagnosis(
        misconception=misconception.name,
        sentence=misconception.sentence,
        evidence=evidence,
        confidence=confidence,
        key=misconception.key,
    )


def from_dropout(seen: Sequence[Observation], function: str, argument: str) -> Diagnosis | None:
    """What a mask looks like on many units."""
    trained = [o for o in seen if o.when == "train" and argument in o.got]
    same = [o for o in trained if o.got[argument].shape == o.case.args["x"].shape]
    if len(same) < 2 or len(same) < len(trained):
        return None
    mixed = [o for o in same if 0.0 < float(_mask(o).mean()) < 1.0]
    if argument == "out" and len(mixed) < 2:
        return None
    if argument == "out" and _from_normal_draws(same):
        return Diagnosis(
            misconception="normal draws",
            sentence="The mask compares normal draws with p: draw from the uniform distribution "
            "(rand, not randn), so that the share dropped is p.",
            evidence=f"the share kept is that of normal draws on {len(same)} masks",
            confidence=0.9,
        )
    signs = _OUT if argument == "out" else _DX if argument == "dx" else {}
    for name, recognises in signs.items():
        if all(recognises(o) for o in same):
            for misconception in catalogue.of(function, argument):
                if misconception.name == name:
                    return _say(misconception, f"seen on {len(same)} masks", 0.95)
    return None


def _from_normal_draws(seen: Sequence[Observation]) -> bool:
    """Whether the shares kept are those of ``randn > p``, and neither 1 - p nor p."""
    ps = np.array([float(o.case.args["dropout_param"]["p"]) for o in seen])
    shares = np.array([float(_mask(o).mean()) for o in seen])
    sizes = np.array([o.got["out"].size for o in seen])

    def misfit(expected: Array) -> float:
        """Mean square of the deviations in standard deviations: about one for the right share."""
        return float(np.mean((shares - expected) ** 2 * sizes / (expected * (1.0 - expected))))

    normal = np.array([0.5 * math.erfc(p / math.sqrt(2.0)) for p in ps])
    return misfit(normal) < 3.0 and min(misfit(1.0 - ps), misfit(ps)) > 9.0


def _mask(o: Observation) -> Array:
    return np.asarray(o.got["out"] != 0.0)


def _one_for_all(o: Observation) -> bool:
    mask = _mask(o)
    return bool((mask == mask[:1]).all())


def _whole_examples(o: Observation) -> bool:
    mask = _mask(o)
    return bool((mask == mask[:, :1]).all())


def _factors(o: Observation, got: str, of: Array) -> Array:
    with np.errstate(all="ignore"):
        return np.asarray(np.where(of == 0.0, 0.0, o.got[got] / of))


def _draws(o: Observation) -> bool:
    factors = _factors(o, "out", o.case.args["x"])
    on = factors[factors != 0.0]
    return on.size > 3 and len(np.unique(np.round(on, 9))) > on.size // 2 and bool(on.max() <= 1.0)


def _drawn_again(o: Observation) -> bool:
    factors = _factors(o, "dx", o.case.upstream)
    scale = 1.0 / (1.0 - float(o.case.args["dropout_param"]["p"]))
    values = (np.abs(factors) < 1e-9) | (np.abs(factors - scale) < 1e-9 * scale)
    agree = float(((factors != 0.0) == o.quantities["kept"]).mean())
    return bool(values.all()) and 0.05 < agree < 0.95


_OUT: dict[str, Callable[[Observation], bool]] = {
    "one mask for all examples": _one_for_all,
    "whole examples dropped": _whole_examples,
    "draws for a mask": _draws,
}
_DX: dict[str, Callable[[Observation], bool]] = {"mask drawn again": _drawn_again}
