"""Which value of a step would make what follows right?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from ..evidence.adjoints import squeezed
from ..evidence.findings import Finding
from ..evidence.gather import read_trace
from ..values import Array
from .origins import Origin
from .states import Runs, State

__all__ = ["Needed"]


class Needed:
    """Solves for the value that a step would have to have."""

    def __init__(self, runs: Runs) -> None:
        self._runs, self._judge, self._evidence = runs, runs.judge, runs.evidence

    def snapped(self, values: Sequence[Array]) -> Sequence[Array]:
        """Take the adjoint itself for a value that was solved for and is near it."""
        for one in self._judge.candidates.every:
            if one.kind != "use" and all(
                a.value.shape == v.shape
                and np.max(np.abs(a.value - v), initial=0.0)
                <= 1e-6 * np.max(np.abs(v), initial=1e-9)
                for a, v in zip(one.adjoints, values, strict=True)
            ):
                return [a.value for a in one.adjoints]
        for _, known in self._judge.candidates.values:
            if all(
                a.shape == v.shape
                and a.dtype.kind == "f"
                and np.max(np.abs(a - v), initial=0.0) <= 1e-6 * np.max(np.abs(v), initial=1e-9)
                for a, v in zip(known, values, strict=True)
            ):
                return list(known)
        return values

    def adjoints(
        self, state: State, suspect: Finding, goal: frozenset[str], times: str = ""
    ) -> Iterator[list[Array]]:
        """Yield the adjoints that heal the returned gradients in the place of a value.

        times : a length by which they are multiplied, where a mean is taken later.
        """
        factors = [case.sizes[times] if times else 1 for case in self._evidence.cases]
        first = frozenset(item for item in goal if item.startswith("returned"))
        shape = squeezed(suspect.got[0].shape)
        fitting: dict[bytes, list[Array]] = {}
        for one in self._judge.candidates.every:
            values = [n * a.value for n, a in zip(factors, one.adjoints, strict=True)]
            if squeezed(values[0].shape) == shape and all(
                v.size == g.size for v, g in zip(values, suspect.got, strict=True)
            ):
                made = [v.reshape(g.shape) for v, g in zip(values, suspect.got, strict=True)]
                fitting.setdefault(np.round(made[0], 9).tobytes(), made)
        if not first or not fitting:
            return
        jobs = [
            {
                "kind": "trace",
                "record": False,
                "actions": [*state.actions[0], [*suspect.slot.at(0), "set", made[0]]],
            }
            for made in fitting.values()
        ]
        answers = self._runs.answers(state, jobs)
        for made, answer in zip(fitting.values(), answers, strict=True):
            if "error" not in answer and self._runs.reached(read_trace(answer), first):
                yield made

    def _wanted(self, number: int, places: Sequence[str]) -> Array:
        """All returned gradients of a case as they should be, one after the other."""
        located = self._judge.located
        every = [located.right_leaf(located.inputs[place]) for place in places]
        right = [one.adjoints[number].value.ravel() for one in every if one is not None]
        return np.concatenate(right)

    def value(self, state: State, origin: Origin | None, suspect: Finding) -> list[Array] | None:
        """Solve for the value of a suspect that makes the wrong step, or all gradients, right."""
        found = []
        located = self._judge.located
        places = [p for p, leaf in located.inputs.items() if located.right_leaf(leaf) is not None]
        for number in range(len(self._evidence.cases)):
            got = np.asarray(suspect.got[number], dtype=float)
            solved = self._newton(state, origin, suspect, number, got, places)
            if solved is None:
                return None
            found.append(solved)
        return found

    def _newton(
        self,
        state: State,
        origin: Origin | None,
        suspect: Finding,
        number: int,
        start: Array,
        places: Sequence[str],
    ) -> Array | None:
        """Newton's method; where what follows is affine, the second round only polishes."""
        value = start
        place = suspect.slot.at(number)
        for _ in range(4):
            size = 2.0**-16 * max(float(np.max(np.abs(value))), 1e-3)
            shifts = [np.zeros(value.size), *(size * np.eye(value.size))]
            jobs = [
                {
                    "kind": "trace",
                    "actions": [
                        *state.actions[number],
                        [place[0], place[1], place[2], "set", value + shift.reshape(value.shape)],
                    ],
                    "watch": [] if origin is None else [list(origin.slot.at(number))],
                }
                for shift in shifts
            ]
            answers = self._runs.answers(state, jobs, case=number)
            rows = self._rows(answers, origin, places)
            right = (
                self._wanted(number, places)
                if origin is None or origin.right is None
                else (np.ravel(origin.right[number]))
            )
            if rows is None or any(
                r.shape != right.shape or not np.all(np.isfinite(r)) for r in rows
            ):
                return None
            rest = right - rows[0]
            if np.max(np.abs(rest), initial=0.0) <= 1e-9 * (1 + np.max(np.abs(right))):
                return value
            matrix = np.array([(r - rows[0]) / size for r in rows[1:]]).T
            value = value + np.linalg.lstsq(matrix, rest, rcond=1e-6)[0].reshape(value.shape)
            if not np.all(np.isfinite(value)):
                return None
        return value if np.max(np.abs(rest)) <= 1e-6 * (1 + np.max(np.abs(right))) else None

    def _rows(
        self, answers: Sequence[dict[str, Any]], origin: Origin | None, places: Sequence[str]
    ) -> list[Array] | None:
        """What the runs gave for the wrong step, or for all returned gradients."""
        if any("error" in a for a in answers):
            return None
        if origin is not None:
            if any(len(a["values"]) != 1 for a in answers):
                return None
            return [np.asarray(a["values"][0], dtype=float).ravel() for a in answers]
        runs = [read_trace(a).gradients for a in answers]
        if any(p not in run for run in runs for p in places):
            return None
        return [np.concatenate([np.ravel(run[p]) for p in places]).astype(float) for run in runs]
