"""The in-process mode: the same loader and executor, no pipe and no limits, for a debugger."""

from __future__ import annotations

import contextlib
import random
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import ModuleType
from typing import Self

import numpy as np

from .child.capture import Printed
from .child.executor import Executor, Record, copied_arguments
from .child.loading import LoadedTarget
from .child.packing import ToCopies
from .child.values import Call, FunctionInfo, Handle, Outcome
from .limits import Limits
from .target import Target

_MISSING = ("time", "memory", "file size", "isolation")


def outcomes_of(records: Iterable[Record]) -> list[Outcome]:
    """What an executor noted of calls in this process."""
    outcomes = []
    for status, outputs, extras in records:
        if "args_after" in extras:
            extras["args_after"] = dict(extras["args_after"])
        outcomes.append(Outcome(status, tuple(outputs), **extras))
    return outcomes


class InProcess:
    """An implementation in this process.

    While its code runs, its modules stand in ``sys.modules`` under their own names; afterwards
    whatever stood there before is back, so that it never meets another ``nndl``.
    """

    def __init__(self, target: Target, names: Sequence[str], limits: Limits) -> None:
        self.target = target
        self.limits = limits
        self.limits_missing: tuple[str, ...] = _MISSING
        self._printed = Printed()
        self._modules: dict[str, ModuleType] = {}
        layout = target.layout()
        self._tops = {"nndl", "cs231n", target.root.name}
        if target.beside is not None:
            with contextlib.suppress(OSError):
                self._tops |= {p.stem for p in target.beside.iterdir() if p.stem.isidentifier()}
        self._tops -= sys.stdlib_module_names | {"numpy", "properties", "reference", "nndl_suite"}
        with self._surroundings():
            self._loaded = LoadedTarget(layout, names)
            self._loaded.imports.remove()
        self.functions: Mapping[str, FunctionInfo] = dict(self._loaded.infos)
        self._executor = Executor(
            functions=self._loaded.functions,
            unusable=self._loaded.unusable(),
            is_user_file=self._loaded.imports.is_user_file,
            printed=self._printed,
            uses_random=self._loaded.uses_random,
            services=self._loaded.services(),
        )

    @contextlib.contextmanager
    def _surroundings(self) -> Iterator[None]:
        """Put the target's modules and a captured standard output in place, then take them out."""

        def mine() -> list[str]:
            return [name for name in sys.modules if name.partition(".")[0] in self._tops]

        others = {name: sys.modules.pop(name) for name in mine()}
        sys.modules.update(self._modules)
        numpy_state, python_state = np.random.get_state(), random.getstate()
        settings = np.geterr()
        if hasattr(self, "_loaded"):
            self._loaded.imports.install()
        try:
            with (
                contextlib.redirect_stdout(self._printed),
                contextlib.redirect_stderr(self._printed),
            ):
                yield
        finally:
            if hasattr(self, "_loaded"):
                self._loaded.imports.remove()
            np.seterr(**settings)
            np.random.set_state(numpy_state)
            random.setstate(python_state)
            self._modules = {name: sys.modules.pop(name) for name in mine()}
            sys.modules.update(others)

    def run(self, calls: Sequence[Call]) -> list[Outcome]:
        """Run a list of calls; one outcome for each, whatever they raise."""
        with self._surroundings():
            records = self._executor.run(calls, copied_arguments, ToCopies())
        return outcomes_of(records)

    def release(self, handles: Iterable[Handle]) -> None:
        """Let objects go that were kept."""
        self._executor.release([handle.id for handle in handles])

    def close(self) -> None:
        """Forget the target's modules."""
        self._modules = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()
