"""Judge a cell: draw cases, run the code once on each, ask every property about that run.

Only a property that disagrees searches on: for the smallest case of its own.
"""

from __future__ import annotations

import contextlib
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from hypothesis.errors import HypothesisException

from ..spec.case import Case
from ..spec.demands import Demands
from ..spec.row import LayerSpec
from .asking import Ask, Questions, round_trip
from .drawing import Drawn, draw, make_small
from .minimise import minimise
from .mismatch import Fault, Inconclusive, Mismatch, Unasked, Unsuitable
from .subjects.functions import Probe
from .verdict import Verdict

_AT_ONCE = 16  # cases of one round trip: a tenth less time than with eight
_KEPT = 12  # failing examples kept for the diagnosis
_FEWEST = 5  # examples of a property, however little it weighs


@dataclass(kw_only=True)
class _Asked:
    """One property at work on one case."""

    verdict: Verdict
    drawn: Drawn
    questions: Questions[None]
    number: int = 0  # among the examples of the property
    asks: Sequence[Ask] = ()
    replies: Any = None  # None starts a coroutine


def judge_properties(verdicts: Sequence[Verdict], probe: Probe, demands: Demands) -> None:
    """Judge properties of one purpose on one row; the verdicts are filled in.

    Parameters
    ----------
    verdicts
        One for each property, empty.
    probe
        The code under test, seen through the row.
    demands
        How many examples, under which seed.
    """
    row: LayerSpec = probe.spec
    purpose = verdicts[0].declared.purpose
    share = {id(v): max(_FEWEST, round(demands.examples * v.declared.weight)) for v in verdicts}
    cases = draw(row, purpose, max(share.values()), demands.seed)
    for start in range(0, len(cases), _AT_ONCE):
        asked = []
        for number, drawn in enumerate(cases[start : start + _AT_ONCE], start):
            for verdict in verdicts:
                # A property that weighs less is asked about cases spread over all.
                mine = share[id(verdict)]
                turn = number * mine // len(cases) != (number - 1) * mine // len(cases)
                if turn and _is_open(verdict):
                    asked.append(_ask(verdict, probe, drawn))
        _answer(asked, probe)
        probe.forget()
    shrunk: dict[tuple[str, str], Verdict] = {}
    for verdict in verdicts:
        _conclude(verdict)
        worth_it = demands.shrink_noted or demands.strict or verdict.declared.counts
        bad = verdict.status in ("fail", "error") and not _is_final(verdict)
        if demands.shrink and worth_it and bad:
            _make_small(verdict, probe, shrunk)


def _is_open(verdict: Verdict) -> bool:
    return not verdict.broken and not _is_final(verdict) and len(verdict.failures) < _KEPT


def _is_final(verdict: Verdict) -> bool:
    return verdict.fault is not None and verdict.fault.is_final


def _ask(verdict: Verdict, probe: Probe, drawn: Drawn) -> _Asked:
    case, number = drawn
    rng = np.random.Generator(np.random.SFC64(number))
    return _Asked(verdict=verdict, drawn=drawn, questions=verdict.declared.body(probe, case, rng))


def _answer(asked: Sequence[_Asked], probe: Probe) -> None:
    """Resume properties until each has spoken; the calls of all go in one round trip."""
    for one in asked:
        if one.verdict.disagreement is None:
            one.verdict.examples += 1
            one.number = one.verdict.examples
    open_ones = [one for one in asked if _resume(one, probe)]
    while open_ones:
        asks = [ask for one in open_ones for ask in one.asks]
        replies = iter(round_trip(probe.implementation, asks))
        for one in open_ones:
            one.replies = [next(replies) for _ in one.asks]
        open_ones = [one for one in open_ones if _resume(one, probe)]


def _resume(one: _Asked, probe: Probe) -> bool:
    """Let a property go on to its next question; False when it has spoken."""
    verdict, (case, number) = one.verdict, one.drawn
    probe.notes, probe.printed = verdict.notes, verdict.printed
    probe.evidence, probe.blames = verdict.evidence, verdict.functions[0]
    try:
        one.asks = one.questions.send(one.replies)
        return True
    except StopIteration:
        pass
    except Unsuitable as reason:
        verdict.examples -= verdict.disagreement is None
        if isinstance(reason, Unasked):
            verdict.unasked = str(reason)
    except Inconclusive:
        verdict.inconclusive += verdict.disagreement is None
    except Mismatch as mismatch:
        found = mismatch.with_case(case).disagreement
        if probe.spec.shares_forward and found.function == probe.spec.forward:
            verdict.inconclusive += verdict.disagreement is None  # another row answers for it
            return False
        verdict.failures.append(found)
        if verdict.disagreement is None:
            verdict.disagreement, verdict.case, verdict.seed = found, case, number
            verdict.examples = one.number  # what was asked beside it comes after
    except Fault as fault:
        not_its_own = fault.function not in verdict.functions
        if not_its_own and not fault.is_final:
            # The forward answers for it; the backward is judged where there is a result.
            verdict.examples -= verdict.disagreement is None
        elif verdict.fault is None:
            # One case that raises is reported; the rest is judged all the same.
            verdict.fault = fault
            if verdict.disagreement is None:
                verdict.case, verdict.seed = case, number
    except Exception:
        verdict.broken = traceback.format_exc()
    return False


def _conclude(verdict: Verdict) -> None:
    if verdict.broken:
        verdict.status = "broken"
    elif verdict.disagreement is not None:
        verdict.status = "fail"
    elif verdict.fault is not None:
        verdict.status = "error"
    elif verdict.unasked and not verdict.examples:
        verdict.status = "skipped"
    elif 2 * verdict.inconclusive > verdict.examples or not verdict.examples:
        verdict.status = "inconclusive"


# -- the smallest example ----------------------------------------------------------------------


class _Wrong(Exception):
    """A case that a property says is wrong: what Hypothesis is to make small."""


def _make_small(verdict: Verdict, probe: Probe, shrunk: dict[tuple[str, str], Verdict]) -> None:
    """Search with one property alone, and shrink what it finds."""
    key = _what(verdict)
    if key in shrunk:  # another property met the same failure of the same call
        _adopt(verdict, shrunk[key])
        return
    small = _search_alone(verdict, probe)
    if small is not None:
        _adopt(verdict, small)
    if verdict.disagreement is not None:
        _make_values_simple(verdict, probe)
    shrunk[key] = verdict


def _what(verdict: Verdict) -> tuple[str, str]:
    """What was met, where it does not depend on the property that met it."""
    found = verdict.disagreement
    if found is None:
        assert verdict.fault is not None
        return verdict.fault.function, f"{verdict.fault.status}: {verdict.fault.message}"
    if found.oracle == "the contract" and found.index is None and found.got is None:
        return found.function, found.sentence
    return found.function, f"{verdict.declared.name}: {found.sentence}"


def _adopt(verdict: Verdict, small: Verdict) -> None:
    verdict.disagreement = small.disagreement
    verdict.fault = small.fault or verdict.fault
    verdict.case, verdict.seed = small.case, small.seed


def _search_alone(verdict: Verdict, probe: Probe) -> Verdict | None:
    """The smallest failure of one property that is of the kind of the first; None if none."""
    last: Verdict | None = None
    wants_mismatch = verdict.disagreement is not None
    strategy = probe.spec.cases(verdict.declared.purpose)
    assert strategy is not None

    def look(drawn: Drawn) -> None:
        nonlocal last
        one = _like(verdict)
        _answer([_ask(one, probe, drawn)], probe)
        probe.forget()
        if one.disagreement if wants_mismatch else one.fault:
            last = one
            raise _Wrong

    # Flaky: code that answers differently each time is judged by its last answer.
    with contextlib.suppress(_Wrong, HypothesisException):
        make_small(strategy, look, verdict.seed)
    return last


def _like(verdict: Verdict) -> Verdict:
    return Verdict(declared=verdict.declared, layer=verdict.layer, functions=verdict.functions)


def _make_values_simple(verdict: Verdict, probe: Probe) -> None:
    """Replace the values of the failing case by simple ones, entry by entry."""
    first, case = verdict.disagreement, verdict.case
    assert first is not None
    assert case is not None
    wanted = (first.function, first.argument, first.kind)
    found = first

    def fails(candidate: Case) -> bool:
        nonlocal found
        one = _like(verdict)
        _answer([_ask(one, probe, (candidate, verdict.seed))], probe)
        probe.forget()
        now = one.disagreement
        if now is None or (now.function, now.argument, now.kind) != wanted:
            return False
        found = now
        return True

    smallest = minimise(case, fails)
    if fails(smallest):
        verdict.case, verdict.disagreement = smallest, found
