"""What a run is asked to do, as a value that any process can act on."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from hypothesis.configuration import set_hypothesis_home_dir
from platformdirs import user_cache_path

from ..checks import all_properties
from ..diagnosis import observe_with_parts
from ..implementation import (
    Implementation,
    Limits,
    Target,
    TargetError,
    defined_names,
    open_implementation,
    resolve_target,
)
from ..implementation.isolation import Held, Isolation, choose, held
from ..judge.plan import plan
from ..judge.suite import Suite
from ..layers import ALL, EVERY, OTHER_NAMES
from ..spec.demands import Demands
from ..spec.reading import read_specs
from ..spec.row import LayerSpec, ObjectSpec

# One hang is proof enough: more would cost its limit again in every property.
LIMITS = Limits(call_seconds=10.0, failures=1)


@dataclass(frozen=True, kw_only=True)
class Job:
    """A target, the rows that are asked for, and the demands.

    ``only`` holds names of rows, layers or functions; empty, it stands for all. ``processes`` is
    the most that judge at once; by default one for each processor. ``isolation`` is what is asked
    for, and ``allowed`` names packages that isolated code may import. ``until`` is the reading of
    `time.monotonic`, the same in every process, at which the run is over, and ``turn_seconds`` what
    the code may run in each of them. ``memory`` is what the code under test may have, in MiB of
    address space. ``of_stranger`` tells that what the target says of itself is not read, as under
    ``--isolation require``.
    """

    target: str | None
    demands: Demands
    specs_file: str | None = None
    only: frozenset[str] = frozenset()
    in_process: bool = False
    processes: int | None = None
    isolation: Isolation = "auto"
    allowed: frozenset[str] = frozenset()
    until: float = float("inf")
    turn_seconds: float = float("inf")
    memory: int = LIMITS.memory_bytes >> 20
    of_stranger: bool = False

    @property
    def held(self) -> Held:
        """The tier that holds the code under test.

        Raises
        ------
        NotIsolated
            Isolation is required, and there is none.
        """
        return held("none" if self.in_process else choose(self.isolation))

    def limits(self, limits: Limits = LIMITS) -> Limits:
        """Some limits with this run's isolation, clock and memory.

        What the judge must read of a reply, and so the judge, shrinks with the memory of the code.
        """
        memory = self.memory << 20
        return replace(
            limits,
            isolation=self.isolation,
            allowed=self.allowed,
            until=self.until,
            turn_seconds=self.turn_seconds,
            memory_bytes=memory,
            reply_bytes=min(limits.reply_bytes, memory // 4),
            header_bytes=min(limits.header_bytes, memory // 128),
        )

    def known_rows(self) -> tuple[LayerSpec, ...]:
        """Every row that could be asked for; raises SpecsError where the file cannot be read.

        A row of the user's own stands for what it declares: a bundled row of the same name, or of
        one of its functions, gives way.
        """
        own = read_specs(self.specs_file) if self.specs_file else ()
        taken = {name for row in own for name in (row.name, *row.functions)}
        return (*(row for row in EVERY if not taken & {row.name, *row.functions}), *own)

    def asked(self, known: Iterable[LayerSpec]) -> tuple[LayerSpec, ...]:
        """The rows of some that are asked for.

        Where nothing is named, rows under other names are those that the target's text defines.
        """
        only, rows = self.only, tuple(known)
        if only:
            return tuple(r for r in rows if only & {r.layer, r.name, *r.functions})
        others = [row for row in OTHER_NAMES if row in rows]
        defined = self._defines({row.forward: len(_arguments(row)) for row in others})
        return tuple(r for r in rows if r not in others or r.forward in defined)

    def _defines(self, names: Mapping[str, int]) -> frozenset[str]:
        """Those of some names, with the number of arguments, that the target's text defines."""
        try:
            return defined_names(resolve_target(self.target), names)
        except TargetError:  # who opens it says so
            return frozenset()

    def suite(self) -> Suite:
        """A suite with its plan, nothing judged.

        Raises
        ------
        TargetError, SpecsError
            What was asked for cannot be used.
        """
        rows = self.asked(self.known_rows())
        found = resolve_target(self.target)
        return Suite(
            open_implementation=lambda: self.open(found, rows),
            specs=rows,
            demands=self.demands,
            planned=plan(rows, all_properties()),
            observe=observe_with_parts,
        )

    def open(self, target: Target, rows: tuple[LayerSpec, ...]) -> Implementation:
        """The implementation with the functions of some rows, and of their parts.

        The cause of a composed function is told by its parts, asked for or not.
        """
        parts = {part.name for row in rows for part in row.parts}
        needed = (*rows, *(row for row in ALL if row.name in parts and row not in rows))
        names = [name for row in needed for name in row.functions]
        lent = [name for row in rows if isinstance(row, ObjectSpec) for name in row.borrows]
        lent += [name for row in rows if row.same_as is not None for name in row.same_as.functions]
        names += [name for name in dict.fromkeys(lent) if name not in names]
        return open_implementation(
            target, names=names, limits=self.limits(), in_process=self.in_process
        )


def _arguments(row: LayerSpec) -> list[str]:
    """Names of what the forward of a row is given."""
    return row.ways.arguments.split(",") if row.ways is not None else []


@contextlib.contextmanager
def hypothesis_elsewhere() -> Iterator[None]:
    """Keep what Hypothesis writes beside its database out of the user's folder.

    It keeps the constants of our own modules there; to collect them anew takes as long as a layer.
    """
    set_hypothesis_home_dir(user_cache_path("nndl") / "hypothesis")
    try:
        yield
    finally:
        set_hypothesis_home_dir(None)
