"""A wrong gradient on the smallest example that shows it."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from properties.judge.minimise import minimise
from properties.spec.case import Case

from .found import Found, Result, Wrong
from .gradients import between, items_of
from .hypotheses import first_input
from .judging import wrong_of
from .ladder import Unclear
from .letters import all_letters
from .locating import WRONG, locate
from .reading import leaves_of
from .session import Session
from .trying import Example, Failed, Seen, is_symmetric, make_example, request_for, see

_MOST_SIZES = 40


def with_small_example(result: Result, session: Session, *, seed: int = 0) -> Result:
    """Exchange the example of the first wrong gradient for a small one with simple values."""
    if not result.wrong:
        return result
    search = _Search(result.found, result.wrong[0], session, seed)
    small = search.run()
    return result if small is None else replace(result, wrong=(small, *result.wrong[1:]))


class _Search:
    def __init__(self, found: Found, wrong: Wrong, session: Session, seed: int) -> None:
        self._found, self._wrong, self._session, self._seed = found, wrong, session, seed
        self._specs = {**found.init, **found.args}

    def run(self) -> Wrong | None:
        """Make the lengths small, then the values simple."""
        start = next(self._small_sizes(), None)
        if start is None:
            return None
        example, upstream, told = start
        best = [told]
        arrays = {p: v for p, v in example.leaves.items() if np.ndim(v)}
        dout = upstream[0] if len(upstream) == 1 and np.ndim(upstream[0]) else None

        def fails(case: Case) -> bool:
            given = upstream if case.dout is None else (case.dout,)
            changed = self._changed(example, case.args)
            said = None if changed is None else self._told(changed, given)
            if said is not None:
                best.append(said)
            return said is not None

        minimise(Case(args=arrays, dout=dout), fails)
        return best[-1]

    def _small_sizes(self) -> Iterator[tuple[Example, tuple[Any, ...], Wrong]]:
        """Examples that show it, the smallest first."""
        letters = all_letters(self._specs)
        least = self._found.least
        tried = itertools.product(range(least, least + 3), repeat=len(letters))
        ordered = sorted(itertools.islice(tried, 20_000), key=sum)[:_MOST_SIZES]
        for lengths in ordered:
            sizes = dict(zip(letters, lengths, strict=True))
            try:
                example = make_example(
                    self._session, self._found.pairing, self._specs, 0, self._seed, sizes=sizes
                )
                seen = see(
                    self._session, self._found.pairing, example, self._found.plan, seed=self._seed
                )
            except (Failed, Unclear):
                continue
            told = self._wrong_in(seen)
            if told is not None:
                yield example, seen.upstream, told

    def _changed(self, example: Example, arrays: Mapping[str, Any]) -> Example | None:
        """The same example with other arrays."""
        own = {p: v for p, v in example.leaves.items() if p in arrays and p[:4] != "arg/"}
        if any(is_symmetric(p, v) and np.any(arrays[p] != arrays[p].T) for p, v in own.items()):
            return None  # off those the code may be another function
        request = dict(example.request)
        values = {n: _exchanged(v, arrays, n) for n, v in example.values.items()}
        request.update(
            {k: v for k, v in request_for(self._found.pairing, values).items() if k != "seed"}
        )
        for key, kind in (("set", "self/"), ("globals_set", "global/")):
            own = {p.partition("/")[2]: v for p, v in arrays.items() if p.startswith(kind)}
            if own:
                request[key] = {**request.get(key, {}), **own}
        reply = self._session.trial({**request, "mode": "run", "backward": None})
        if "error" in reply:
            return None
        leaves = {str(p): np.asarray(v) for p, v in reply["leaves"] if str(p) in example.leaves}
        return replace(example, request=request, values=values, leaves=leaves, reply=reply)

    def _told(self, example: Example, upstream: Sequence[Any]) -> Wrong | None:
        try:
            seen = see(
                self._session,
                self._found.pairing,
                example,
                self._found.plan,
                seed=self._seed,
                given=tuple(upstream),
            )
        except (Failed, Unclear):
            return None
        return self._wrong_in(seen)

    def _wrong_in(self, seen: Seen) -> Wrong | None:
        """The same gradient, where it is wrong in an example too."""
        found = self._found
        leaves = leaves_of([seen], found.plan, found.reading) or []
        items = items_of(found.pairing, found.plan, [seen])
        if not leaves or not items:
            return None
        first = first_input(found.args, found.pairing)
        fit = locate(items, leaves, first=first, between=between([seen]))
        for match in fit.matches:
            leaf = match.leaf.shown if match.leaf is not None else ""
            same = match.item.shown == self._wrong.argument and leaf == self._wrong.leaf
            if same and match.status == WRONG:
                return wrong_of(match, found, [seen])
        return None


def _exchanged(value: Any, arrays: Mapping[str, Any], path: str) -> Any:
    """A value with the arrays in it exchanged by their paths."""
    if path in arrays:
        return arrays[path]
    if isinstance(value, dict):
        return {k: _exchanged(v, arrays, f"{path}/{k}") for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(_exchanged(v, arrays, f"{path}/{i}") for i, v in enumerate(value))
    return value
