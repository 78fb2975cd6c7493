"""The pytest plugin: one test for each property, parametrised over the layers."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import pytest

from ..diagnosis.assembled import rows_of_parts
from ..implementation import Limits, TargetError, open_implementation, resolve_target
from ..judge.mismatch import Kind
from ..judge.property import Property
from ..judge.suite import Cell, Suite, counts, describe
from ..layers import ALL
from ..spec.demands import Demands
from ..spec.row import LayerSpec

SUITE: pytest.StashKey[Suite] = pytest.StashKey()
# One hang is proof enough: more would cost its limit again in every property.
LIMITS = Limits(call_seconds=10.0, failures=1)
CHECKS = Path(__file__).parent.parent / "checks"


class SpecsError(Exception):
    """A file of specs cannot be used."""


def read_specs(path: str) -> tuple[LayerSpec, ...]:
    """The LayerSpecs that a user's file defines, in their order there."""
    file = Path(path)
    if not file.is_file():
        raise SpecsError(f"--specs: there is no file {path!r}; give a Python file with LayerSpecs")
    definition = importlib.util.spec_from_file_location("_user_specs", file)
    assert definition is not None
    assert definition.loader is not None
    module = importlib.util.module_from_spec(definition)
    try:
        definition.loader.exec_module(module)
    except Exception as error:
        raise SpecsError(f"--specs: {path} fails: {type(error).__name__}: {error}") from error
    found = tuple(value for value in vars(module).values() if isinstance(value, LayerSpec))
    if not found:
        raise SpecsError(f"--specs: {path} defines no LayerSpec; assign at least one to a name")
    return found


def make_suite(
    target: str | None,
    demands: Demands,
    *,
    extra: tuple[LayerSpec, ...] = (),
    only: frozenset[str] = frozenset(),
    in_process: bool = False,
) -> Suite:
    """A suite over a target; raises TargetError where it cannot be used."""
    specs = tuple(
        spec
        for spec in (*ALL, *extra)
        if not only or spec.layer in only or only & {spec.name, *spec.functions}
    )
    # The cause of a composed function is told by its parts, asked for or not.
    needed = {row for spec in specs for row in rows_of_parts(spec.name)}
    names = [
        name
        for spec in (*specs, *(s for s in ALL if s.name in needed and s not in specs))
        for name in spec.functions
    ]
    found = resolve_target(target)
    return Suite(
        open_implementation=lambda: open_implementation(
            found, names=names, limits=LIMITS, in_process=in_process
        ),
        specs=specs,
        demands=demands,
    )


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "nndl: a property of the gradient suite")
    if SUITE in config.stash:
        return
    option = config.getoption
    demands = Demands(
        profile=option("--nndl-profile"),
        seed=option("--nndl-seed"),
        strict=option("--nndl-strict") or not option("--impl"),
        dropout_p=option("--dropout-p"),
    )
    extra = read_specs(option("--nndl-specs")) if option("--nndl-specs") else ()
    try:
        config.stash[SUITE] = make_suite(
            option("--impl") or "bundled",
            demands,
            extra=extra,
            in_process=option("--nndl-in-process"),
        )
    except TargetError as error:
        raise pytest.UsageError(str(error)) from error


def pytest_unconfigure(config: pytest.Config) -> None:
    if SUITE in config.stash:
        config.stash[SUITE].close()


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    # With --impl, the tests of the suite itself have nothing to say.
    if config.getoption("--impl") and "tests" in collection_path.parts[-2:]:
        return True
    return None


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    declared = getattr(metafunc.function, "declared", None)
    if isinstance(declared, Property):
        specs = [spec for spec in metafunc.config.stash[SUITE].specs if declared.concerns(spec)]
        metafunc.parametrize("cell", specs, ids=[spec.name for spec in specs], indirect=True)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    rows = {spec.name: i for i, spec in enumerate(config.stash[SUITE].specs)}

    def row(item: pytest.Item) -> int:
        callspec: Any = getattr(item, "callspec", None)
        return rows.get(callspec.id, -1) if callspec and "cell" in callspec.params else -1

    items.sort(key=row)
    config.stash[SUITE].planned = sum(row(item) >= 0 for item in items)


@pytest.fixture
def cell(request: pytest.FixtureRequest) -> Any:
    """One property on one layer; ``judge()`` fails the test where the implementation is wrong."""
    suite = request.config.stash[SUITE]
    declared: Property = request.function.declared
    return _Judged(Cell(suite=suite, property=declared, spec=request.param))


class _Judged:
    """A cell that answers in pytest's terms."""

    def __init__(self, cell: Cell) -> None:
        self.cell = cell

    def judge(self) -> None:
        cell = self.cell
        verdict = cell.judge()
        if verdict is None:
            reason = _reason(cell)
            if reason.startswith("missing"):
                pytest.skip(reason)
            pytest.fail(reason, pytrace=False)
        if counts(verdict, strict=cell.suite.demands.strict):
            text = describe(verdict)
            for function, kind, sentence in verdict.notes:
                if kind is not Kind.CORRECTNESS:
                    text += f"\n{kind.value}: {function}: {sentence}"
            pytest.fail(text, pytrace=False)
        if verdict.status == "inconclusive":
            pytest.skip("inconclusive on every example")


def _reason(cell: Cell) -> str:
    for name in cell.spec.functions:
        fault = cell.suite.faults.get(name)
        if fault is not None:
            return f"{fault.status}: {name}: {fault.message}"
    return "missing"
