"""The functions as their author wrote them, called through `properties.implementation`.

The instrumented copy says which line is wrong; this says what happens without it: whether a
function can be had at all, and where it raises, in lines of the author's own file.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

from properties.implementation import (
    Call,
    Implementation,
    Limits,
    Outcome,
    Ref,
    TargetError,
    open_implementation,
    resolve_target,
)

from .entry import FOUND, write_entry
from .evidence.gather import upstream
from .pairing import Subject
from .source import Project
from .values import Array, Case, NoSource, StepsError, Trouble

__all__ = ["Plain", "as_arrays"]

_LIMITS = Limits(call_seconds=10.0)
_FRAME = re.compile(r":(\d+) in \S+$", re.MULTILINE)


class Plain:
    """One pair in a process of its own.

    Raises
    ------
    StepsError
        The target cannot be opened, or has no such functions.
    """

    def __init__(self, target: str | None, project: Project, names: Sequence[str]) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="steps-plain-")
        self._open: Implementation | None = None
        found: Implementation | None = None
        try:
            found = open_implementation(resolve_target(target), names=names, limits=_LIMITS)
            if all(info.status != "missing" for info in found.functions.values()):
                self._open = found
                return
        except TargetError:
            pass
        if found is not None:
            found.close()
        self._open = self._by_entry(project, names)

    def _by_entry(self, project: Project, names: Sequence[str]) -> Implementation:
        """Import what there is and look for the names."""
        entry = write_entry(Path(self._folder.name), project, names)
        try:
            opened = open_implementation(
                resolve_target(str(entry)), names=[FOUND, *names], limits=_LIMITS
            )
            [outcome] = opened.run([Call(FOUND)])
        except TargetError as error:
            self.close()
            raise StepsError(str(error)) from error
        there = [str(name) for name in outcome.outputs[0]] if outcome.ok else []
        missing = [name for name in names if name not in there]
        if missing:
            opened.close()
            self.close()
            raise NoSource(f"{project.label} has no {' and no '.join(missing)}")
        return opened

    def place(self, name: str) -> tuple[str, int]:
        """Return the file and the line of a function, "" and 0 where they are not known."""
        info = self.implementation.functions.get(name)
        own = info is None or info.file.startswith(self._folder.name)
        return ("", 0) if own or info is None else (info.file, info.line)

    @property
    def implementation(self) -> Implementation:
        """The open process."""
        assert self._open is not None
        return self._open

    # calls ----------------------------------------------------------------------------------
    def run(self, subject: Subject, cases: Sequence[Case]) -> list[Outcome]:
        """Run the forward alone on every case, in one request; its first output comes back."""
        return self.implementation.run([_forward(subject, case) for case in cases])

    def gradients(self, subject: Subject, case: Case, value: Outcome) -> Outcome:
        """Run forward and backward; `value` is the outcome of the forward on the same case."""
        pair = subject.pair
        forward = _forward(subject, case)
        if pair.backward is None:
            return self.implementation.run([replace(forward, fetch=None)])[0]
        rest = [Ref(0, number) for number in range(1, len(value.outputs))]
        cache = rest[0] if len(rest) == 1 else tuple(rest) or None
        given: dict[str, Any] = {"*dout": case.dout, "*cache": cache, "*out": Ref(0, 0)}
        arguments = [
            given[name] if name in given else case.values[name] for name in pair.backward_arguments
        ]
        return self.implementation.run([forward, Call(pair.backward.name, tuple(arguments))])[1]

    # trouble --------------------------------------------------------------------------------
    def trouble(self, subject: Subject, case: Case) -> Trouble | None:
        """Run the pair once and say what goes wrong; None when both functions return."""
        pair = subject.pair
        names = [pair.forward.name, *([pair.backward.name] if pair.backward else [])]
        for name in names:
            info = self.implementation.functions.get(name)
            if info is not None and info.status == "error":
                return Trouble(name, "error", info.detail, 0)
        [value] = self.run(subject, [case])
        if not value.ok:
            return _trouble(pair.forward.name, value)
        if not as_arrays(value.outputs[0]):
            what = type(value.outputs[0]).__name__
            return Trouble(pair.forward.name, "error", f"its value is a {what}, not an array")
        case = upstream(case, np.shape(value.outputs[0]))
        outcome = self.gradients(subject, case, value)
        if outcome.ok and not as_arrays(outcome.outputs):
            return Trouble(pair.judged.name, "error", "it returns no array")
        return None if outcome.ok else _trouble(pair.judged.name, outcome)

    def close(self) -> None:
        """End the process."""
        if self._open is not None:
            self._open.close()
            self._open = None
        self._folder.cleanup()

    def __enter__(self) -> Plain:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def _forward(subject: Subject, case: Case) -> Call:
    pair = subject.pair
    return Call(
        pair.forward.name,
        tuple(case.values[name] for name in pair.arguments),
        {name: case.values[name] for name in pair.keywords},
        seed=case.seed,
        fetch=frozenset({0}),
    )


def _trouble(name: str, outcome: Outcome) -> Trouble:
    """Say what an outcome is, with the line of the last frame in the author's files."""
    lines = _FRAME.findall(outcome.traceback)
    return Trouble(name, outcome.status, outcome.message, int(lines[-1]) if lines else 0)


def as_arrays(value: Any, name: str = "") -> dict[str, Array]:
    """List every float array in a returned value with its place, as in ``[0]`` or ``['W1']``."""
    if isinstance(value, dict):
        parts = [(f"{name}[{key!r}]", part) for key, part in value.items()]
    elif isinstance(value, (tuple, list)):
        parts = [(f"{name}[{number}]", part) for number, part in enumerate(value)]
    else:
        array = np.asarray(value) if isinstance(value, (np.ndarray, float, int)) else None
        return {} if array is None or array.dtype.kind not in "fiu" else {name: array}
    found: dict[str, Array] = {}
    for place, part in parts:
        found |= as_arrays(part, place)
    return found
