"""``check(...)`` for a notebook: judge what its cells define, and show the report below."""

from __future__ import annotations

import contextlib
import inspect
import random
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any, Self

import numpy as np
from msgspec.structs import replace

from ..checks import all_properties
from ..diagnosis import observe_with_parts
from ..implementation import Call, FunctionInfo, Handle, Limits, Outcome, Target
from ..implementation.child.capture import Printed
from ..implementation.child.executor import Executor, copied_arguments
from ..implementation.child.packing import ToCopies
from ..implementation.inside import outcomes_of
from ..judge.plan import Cell, plan
from ..judge.suite import Suite, by_row
from ..layers import EVERY
from ..record.build import build
from ..record.schema import Property, Record
from ..reports.notebook import NotebookReport
from ..spec.demands import Demands
from ..spec.row import LayerSpec
from .gather import gather, nodes
from .held_lines import with_lines_of_rows
from .job import LIMITS, hypothesis_elsewhere

Function = Callable[..., Any]


class Functions:
    """An implementation made of callables that live in this process; no limit holds."""

    def __init__(self, functions: Mapping[str, Function], names: Sequence[str]) -> None:
        self.target = Target("import", Path("notebook"), "notebook", Path.cwd())
        self.limits: Limits = LIMITS
        self.limits_missing: tuple[str, ...] = ()
        self._printed = Printed()
        self.functions: Mapping[str, FunctionInfo] = {
            name: _info(name, functions.get(name)) for name in names
        }
        files = {info.file for info in self.functions.values() if info.file}
        self._executor = Executor(
            functions=functions,
            unusable={
                name: ("missing", "it is not defined", "code")
                for name in names
                if name not in functions
            },
            is_user_file=lambda file: file in files,
            printed=self._printed,
        )

    def run(self, calls: Sequence[Call]) -> list[Outcome]:
        """Run a list of calls; one outcome for each, whatever they raise."""
        numpy_state, python_state = np.random.get_state(), random.getstate()
        settings = np.geterr()
        try:
            with (
                contextlib.redirect_stdout(self._printed),
                contextlib.redirect_stderr(self._printed),
            ):
                records = self._executor.run(calls, copied_arguments, ToCopies())
        finally:
            np.seterr(**settings)
            np.random.set_state(numpy_state)
            random.setstate(python_state)
        return outcomes_of(records)

    def release(self, handles: Iterable[Handle]) -> None:
        """Let objects go that were kept."""
        self._executor.release([handle.id for handle in handles])

    def close(self) -> None:
        """Nothing to end."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


def check(
    *things: object,
    layer: str | None = None,
    profile: str = "quick",
    seed: int = 0,
    strict: bool = False,
) -> NotebookReport:
    """Judge functions that a notebook defines.

    Parameters
    ----------
    *things : module, class, instance, mapping or functions
        Where the contract's functions are found, by name. A class gives its static methods and,
        when it can be made without arguments, its ordinary ones.
    layer : str, optional
        A pair of functions is taken as forward and backward of this layer, whatever their names.
    profile : {"quick", "standard", "thorough"}
        25, 100 or 2,000 examples a property.
    seed : int
        Seed of the examples.
    strict : bool
        Robustness and convention count as failures.

    Returns
    -------
    NotebookReport
        Shows itself as panels; true when the verdict is pass, so ``assert check(...)`` grades a
        cell.

    Raises
    ------
    ValueError
        When nothing of the contract is found, or the layer is unknown.

    Notes
    -----
    The functions run in this process, without limits of time and memory: interrupt the kernel
    when one hangs.
    """
    demands = Demands(profile=profile, seed=seed, strict=strict)
    return NotebookReport(without_commands(judge(*things, layer=layer, demands=demands, bar=True)))


def judge(*things: object, layer: str | None, demands: Demands, bar: bool) -> Record:
    """Judge functions by the contract, in this process; raises ValueError as `check` does."""
    functions = _collect(things, layer)
    specs = tuple(spec for spec in EVERY if set(spec.functions) & set(functions))
    if not specs:
        got = ", ".join(sorted(functions)) or ", ".join(type(t).__name__ for t in things)
        known = ", ".join(spec.forward for spec in EVERY[:4])
        raise ValueError(
            f"got {got or 'nothing'}; wanted a module, class or functions with names of the "
            f"contract ({known}, …), or a pair of functions and layer='affine'"
        )
    names = [name for spec in specs for name in spec.functions]
    implementation = Functions(functions, names)
    suite = Suite(
        open_implementation=lambda: implementation,
        specs=specs,
        demands=demands,
        planned=plan(specs, all_properties()),
        observe=observe_with_parts,
    )
    started = time.perf_counter()
    with hypothesis_elsewhere():
        rows = by_row(suite.planned)
        for cells in _progress(rows) if bar else rows:
            suite.judge(cells)
    if suite.broken:
        raise RuntimeError(f"the checker itself broke; please report this:\n{suite.broken[0]}")
    record = build(
        gather(suite, implementation.target),
        implementation.target,
        demands,
        planned=nodes(suite),
        elapsed=time.perf_counter() - started,
    )
    return with_lines_of_rows(record, functions, demands)


def _collect(things: Sequence[object], layer: str | None) -> dict[str, Function]:
    """Find callables by the names of the contract."""
    contract = {name for spec in EVERY for name in spec.functions}
    if layer is not None:
        spec = _layer(layer)
        if not all(callable(thing) for thing in things) or len(things) != len(spec.functions):
            raise ValueError(
                f"got {len(things)} things for layer={layer!r}; "
                f"wanted {len(spec.functions)} functions: {', '.join(spec.functions)}"
            )
        pairs = zip(spec.functions, things, strict=True)
        return {name: thing for name, thing in pairs if callable(thing)}
    found: dict[str, Function] = {}
    for thing in things:
        found |= {name: f for name, f in _members(thing).items() if name in contract}
    return found


def _layer(name: str) -> LayerSpec:
    for spec in EVERY:
        if name in (spec.layer, spec.name):
            return spec
    known = ", ".join(dict.fromkeys(spec.name for spec in EVERY))
    raise ValueError(f"got layer={name!r}; wanted one of {known}")


def _members(thing: object) -> dict[str, Function]:
    if isinstance(thing, Mapping):
        return {str(name): f for name, f in thing.items() if callable(f)}
    if inspect.isclass(thing):
        with contextlib.suppress(TypeError):
            thing = thing()
    if isinstance(thing, ModuleType) or not (inspect.isroutine(thing) or inspect.isfunction(thing)):
        names = [name for name in dir(thing) if not name.startswith("_")]
        members = {name: getattr(thing, name, None) for name in names}
        return {name: f for name, f in members.items() if callable(f)}
    return {getattr(thing, "__name__", ""): thing} if callable(thing) else {}


def _info(name: str, function: Function | None) -> FunctionInfo:
    if function is None:
        return FunctionInfo(name=name, status="missing", detail="it is not defined")
    file, line, source = "", 0, ""
    with contextlib.suppress(TypeError, OSError):
        file = inspect.getsourcefile(function) or ""
        lines, line = inspect.getsourcelines(function)
        source = "".join(lines)
    return FunctionInfo(
        name=name,
        status="present",
        module="notebook",
        file=file,
        line=line,
        docstring=inspect.getdoc(function) or "",
        source=source,
    )


def without_commands(record: Record) -> Record:
    """A cell has no command that repeats it, and its functions are there already."""

    def alone(prop: Property) -> Property:
        return replace(prop, repeat="", script=_without_import(prop.script))

    return replace(
        record,
        functions=tuple(
            replace(f, properties=tuple(map(alone, f.properties))) for f in record.functions
        ),
    )


def _without_import(script: str) -> str:
    """Leave out the lines that import the target: in a notebook its functions are at hand."""
    skipped = ("import sys", "sys.path.insert", "from notebook", "from .")
    return "\n".join(line for line in script.split("\n") if not line.startswith(skipped))


def _progress(rows: list[tuple[Cell, ...]]) -> Iterable[tuple[Cell, ...]]:
    """A tqdm bar over the rows; none when tqdm is not installed."""
    try:
        from tqdm.auto import tqdm
    except ImportError:
        return rows
    shown: Iterable[tuple[Cell, ...]] = tqdm(rows, leave=False, file=sys.stderr, unit="row")
    return shown
