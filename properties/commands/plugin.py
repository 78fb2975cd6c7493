"""The pytest plugin: one test for each property, parametrised over the layers."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import msgspec
import pytest

from ..checks import all_properties
from ..implementation import TargetError
from ..judge.mismatch import Kind
from ..judge.plan import plan
from ..judge.property import Property
from ..judge.suite import Judged, Suite
from ..judge.verdict import Verdict, counts, describe
from ..record.build import build
from ..record.listing import Listing
from ..record.schema import Record
from ..reports.terminal import panel_text
from ..spec.demands import Demands
from ..spec.reading import SpecsError
from ..spec.row import LayerSpec
from .first_lines import asked_of_rows, look
from .gather import gather
from .job import Job

SUITE: pytest.StashKey[_Nodes] = pytest.StashKey()


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
    job = Job(
        target=option("--impl") or "bundled",
        demands=demands,
        specs_file=option("--nndl-specs"),
        in_process=option("--nndl-in-process"),
    )
    try:
        config.stash[SUITE] = _Nodes(job, job.suite())
    except (TargetError, SpecsError) as error:
        raise pytest.UsageError(str(error)) from error


def pytest_unconfigure(config: pytest.Config) -> None:
    if SUITE in config.stash:
        config.stash[SUITE].suite.close()


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    # With --impl, the tests of the suite itself have nothing to say.
    if config.getoption("--impl") and "tests" in collection_path.parts[-2:]:
        return True
    return None


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    declared = getattr(metafunc.function, "declared", None)
    if isinstance(declared, Property):
        rows = metafunc.config.stash[SUITE].suite.specs
        concerned = [row for row in rows if declared.concerns(row)]
        # With --dist loadgroup the nodes of a row stay in one process, which judges it once.
        known = metafunc.config.pluginmanager.has_plugin("xdist")
        marks = [[pytest.mark.xdist_group(row.name)] if known else [] for row in concerned]
        cells = [
            pytest.param(row, id=row.name, marks=mark)
            for row, mark in zip(concerned, marks, strict=True)
        ]
        metafunc.parametrize("nndl_cell", cells, indirect=True)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    nodes = config.stash[SUITE]
    order = {spec.name: i for i, spec in enumerate(nodes.suite.specs)}
    items.sort(key=lambda item: order.get(_row(item), -1))


def pytest_collection_finish(session: pytest.Session) -> None:
    # What -k, -m and --deselect leave: a row is judged once, and asked these properties alone.
    nodes = session.config.stash[SUITE]
    for item in session.items:
        declared = getattr(getattr(item, "function", None), "declared", None)
        if _row(item) and isinstance(declared, Property):
            nodes.wanted.add((declared.name, _row(item)))


def _row(item: pytest.Item) -> str:
    """The row of a node of ours; empty for any other test."""
    callspec: Any = getattr(item, "callspec", None)
    row = callspec.params.get("nndl_cell") if callspec else None
    return row.name if isinstance(row, LayerSpec) else ""


@pytest.fixture
def nndl_cell(request: pytest.FixtureRequest) -> Any:
    """One property on one row; ``judge()`` fails the test where the implementation is wrong."""
    return _Node(request.config.stash[SUITE], request.function.declared, request.param)


@dataclass
class _Nodes:
    """The suite of a session, and the nodes that were asked for, as (property, row)."""

    job: Job
    suite: Suite
    wanted: set[tuple[str, str]] = field(default_factory=set)
    judged: dict[str, Judged] = field(default_factory=dict)
    lines: dict[str, Listing] = field(default_factory=dict)

    def with_line(self, record: Record, row: LayerSpec) -> Record:
        """The record of a row with the first wrong line, looked for once."""
        for asked in asked_of_rows(record, [row]):
            if asked.function not in self.lines:
                self.lines[asked.function] = look(asked, self.job)
        found = [one for f in record.functions if (one := self.lines.get(f.name)) is not None]
        return msgspec.structs.replace(record, listings=tuple(found))

    def of(self, declared: Property, row: LayerSpec) -> Judged:
        """What came of a row; it is judged when the first of its nodes runs."""
        if row.name not in self.judged:
            cells = plan(
                [row], all_properties(), wanted=lambda p, r: (p.name, r.name) in self.wanted
            )
            self.judged[row.name] = self.suite.judge(cells)
        return self.judged[row.name]


@dataclass
class _Node:
    """A property on a row that answers in pytest's terms."""

    nodes: _Nodes
    declared: Property
    row: LayerSpec

    def judge(self) -> None:
        judged = self.nodes.of(self.declared, self.row)
        verdict = next((v for v in judged.verdicts if v.declared.name == self.declared.name), None)
        if verdict is None:
            reason = self._reason()
            if reason.startswith("missing"):
                pytest.skip(reason)
            pytest.fail(reason, pytrace=False)
        if verdict.broken:
            pytest.fail(f"the suite itself broke:\n{verdict.broken}", pytrace=False)
        if counts(verdict, strict=self.nodes.suite.demands.strict):
            pytest.fail(self._panel(verdict), pytrace=False)
        if verdict.status == "inconclusive":
            pytest.skip("inconclusive on every example")
        if verdict.status == "skipped":
            pytest.skip(verdict.unasked)

    def _panel(self, verdict: Verdict) -> str:
        """What `nndl check` shows of this property, and what was noted beside it."""
        suite = replace(self.nodes.suite, verdicts=[verdict])
        target = suite.implementation.target
        seen = replace(gather(suite, target), rows=(self.row,))
        record = build(seen, target, suite.demands, planned=())
        record = self.nodes.with_line(record, self.row)
        told = [describe(verdict)]
        for function in record.functions:
            mine = tuple(p for p in function.properties if p.name == verdict.declared.name)
            if function.name == verdict.function and mine:
                one = msgspec.structs.replace(function, properties=mine)
                told = [f"{function.name}: {panel_text(record, one)}"]
        told += [
            f"{kind.value}: {function}: {sentence}"
            for function, kind, sentence in verdict.notes
            if kind is not Kind.CORRECTNESS
        ]
        return "\n".join(told)

    def _reason(self) -> str:
        suite = self.nodes.suite
        for name in self.row.functions:
            fault = suite.faults.get(name)
            if fault is not None:
                return f"{fault.status}: {name}: {fault.message}"
        return "\n".join(suite.broken) or "it was planned and not judged"
