"""Run the instrumented code: one narrow function, `Session.evaluate(jobs) -> answers`."""

from __future__ import annotations

import ast
import importlib
import shutil
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import ModuleType, TracebackType
from typing import Any, Protocol

from ..values import Pair, StepsError
from . import runtime, serving
from .instrument import RUNTIME, Instrumented, instrument
from .source import COMPILED, Project, definitions_of, parse_file, text_of

__all__ = ["Budget", "InProcess", "Runner", "Session"]

_MOST_FILES = 400
_MOST_BYTES = 64 << 20  # of a file: compiled modules are large
# Running the functions a few times takes no time; perturbing all their values may take long.
_FEW_SECONDS, _FEW_JOBS, _LONG = 10.0, 12, ("sweep", "variants")
# Many jobs end by themselves before their process is ended. On a busy machine some seconds of a
# processor are more on the clock.
_GRACE, _BUSY = 2.0, 3.0


class Budget:
    """The time that is left for causes and smaller cases, and whether any of it was missed.

    It counts what this process and that of the code under test compute, so that the same is found
    on a busy machine.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds, self.missed = seconds, False
        self._end = time.process_time() + seconds

    @property
    def left(self) -> float:
        """Seconds, not below zero."""
        return max(self._end - time.process_time(), 0.0)

    def spend(self, seconds: float) -> None:
        """Count what another process has computed."""
        self._end -= seconds

    def over(self) -> bool:
        """Whether the time is over, for something that would have been done now."""
        self.missed = self.missed or not self.left
        return not self.left


class Runner(Protocol):
    """Something that imports a copied project and answers requests about it.

    spent : seconds of a processor that another process has taken so far.
    folder : where copies must lie; None where that is no matter.
    strict : whether the code is a stranger's, which must see its own files alone.
    """

    spent: float
    folder: Path | None
    strict: bool

    def serve(self, root: Path, request: Mapping[str, Any], seconds: float) -> list[dict[str, Any]]:
        """Answer one request within some seconds; see `serving.serve`."""
        ...

    def close(self) -> None:
        """Let go of processes."""
        ...


class InProcess:
    """Runs the copy in this process, under a private set of module names."""

    folder: Path | None = None
    strict = False
    spent = 0.0

    def serve(self, root: Path, request: Mapping[str, Any], seconds: float) -> list[dict[str, Any]]:
        """Answer one request with fresh imports from `root`."""
        tops = {path.stem for path in root.iterdir()}
        mine = [name for name in sys.modules if name.split(".")[0] in tops]
        kept: dict[str, ModuleType] = {name: sys.modules.pop(name) for name in mine}
        sys.modules[RUNTIME] = runtime
        sys.path.insert(0, str(root))
        written = sys.dont_write_bytecode
        sys.dont_write_bytecode = True
        importlib.invalidate_caches()
        try:
            answers: list[dict[str, Any]] = serving.serve(request)  # type: ignore[no-untyped-call]
            return answers
        finally:
            sys.dont_write_bytecode = written
            sys.path.remove(str(root))
            for name in [name for name in sys.modules if name.split(".")[0] in tops]:
                del sys.modules[name]
            sys.modules.update(kept)
            del sys.modules[RUNTIME]

    def close(self) -> None:
        """Nothing is kept open."""


class Session:
    """One pair, instrumented, in a temporary copy of its project.

    definitions : leave out of the files of the pair what is not a definition: they train.
    """

    def __init__(
        self,
        project: Project,
        pair: Pair,
        runner: Runner,
        *,
        budget: Budget | None = None,
        definitions: bool = False,
    ) -> None:
        self._definitions = definitions
        self.pair, self.project, self._runner = pair, project, runner
        self.hung = False
        self.budget = budget or Budget(3_600.0)
        self._folder = Path(tempfile.mkdtemp(prefix="steps-", dir=runner.folder))
        self._copies = 0
        self._as_written: Path | None = None
        self._root = self._copy()
        self.tables = self._write(self._root, {})

    # files ----------------------------------------------------------------------------------
    def _copy(self) -> Path:
        root = self._folder.resolve() / f"copy{self._copies}"
        self._copies += 1
        root.mkdir()
        package, top = self.project.package, self.project.root
        if package.is_file() and package.parent == top:
            beside = [] if self._runner.strict else sorted(package.parent.glob("*.py"))
            files = [*beside, package] if package.suffix != ".ipynb" else beside
        else:
            base = top.joinpath(*package.relative_to(top).parts[:1])
            files = sorted(p for p in base.rglob("*") if p.suffix in (".py", *COMPILED))
        if self._runner.strict:  # a link could lead to what the code must not see
            files = [path for path in files if path.resolve().is_relative_to(top.resolve())]
        # A folder may be called x.py; a device, or a file that is mostly holes, fills the disk.
        files = [path for path in files if path.is_file() and path.stat().st_size <= _MOST_BYTES]
        for path in files[:_MOST_FILES]:
            copy = root / path.relative_to(top)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, copy)
        if package.suffix == ".ipynb":
            (root / self.project.copied(package)).write_text(text_of(package), encoding="utf-8")
        for path in {place.file for place in self.pair.functions} if self._definitions else ():
            copy = root / self.project.copied(path)
            with suppress(SyntaxError):
                text = definitions_of(copy.read_text(encoding="utf-8"))
                copy.write_text(text, encoding="utf-8")
        return root

    def _write(
        self, root: Path, alternatives: Mapping[int, Sequence[Any]]
    ) -> dict[Path, Instrumented]:
        """Write the instrumented files into a copy."""
        names: dict[Path, list[str]] = {}
        for place in self.pair.functions:
            if place.module:
                names.setdefault(place.file, []).append(place.name)
        first, tables = 0, {}
        for path, wanted in names.items():
            copy = root / self.project.copied(path)
            try:
                table = instrument(parse_file(copy), wanted, first=first, alternatives=alternatives)
            except (SyntaxError, UnicodeDecodeError, RecursionError) as error:
                raise StepsError(f"{path.name} cannot be rewritten: {error}") from error
            first = max([*table.probes, *table.statements], default=first) + 1
            copy.write_text(table.text, encoding="utf-8")
            tables[path] = table
        return tables

    # requests -------------------------------------------------------------------------------
    def evaluate(
        self,
        jobs: Sequence[Mapping[str, Any]],
        *,
        alternatives: Mapping[int, Sequence[Any]] | None = None,
        seconds: float | None = None,
    ) -> list[dict[str, Any]]:
        """Run a list of jobs in one request.

        Parameters
        ----------
        alternatives : other statements to try in place of numbered ones (see `instrument`); they
            are compiled into a second copy.
        seconds : how long all of it may take; what is left of the budget when left out.
        """
        few = len(jobs) <= _FEW_JOBS and not any(job["kind"] in _LONG for job in jobs)
        limit = _FEW_SECONDS if few else seconds or self.budget.left
        if not limit and self.budget.over():
            return [{"error": "the time is over", "status": "timeout"} for _ in jobs]
        root = self._root
        if alternatives:
            root = self._copy()
            self._write(root, alternatives)
        request = self._request(root, jobs, limit)
        before = self._runner.spent
        answers = self._runner.serve(root, request, limit if few else _BUSY * limit + _GRACE)
        self.hung = self.hung or any(one.get("status") == "timeout" for one in answers)
        self.budget.spend(self._runner.spent - before)
        self.budget.missed = self.budget.missed or not (few or seconds or self.budget.left)
        return answers

    def as_written(self, jobs: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """Run jobs in a copy that is not instrumented: lines are those of the author's file."""
        if self._as_written is None:
            self._as_written = self._copy()
        root = self._as_written
        return self._runner.serve(root, self._request(root, jobs, _FEW_SECONDS), _FEW_SECONDS)

    def _request(
        self, root: Path, jobs: Sequence[Mapping[str, Any]], seconds: float
    ) -> dict[str, Any]:
        pair = self.pair

        def named(place: Any) -> list[str] | None:
            return None if place is None else [place.module, place.name]

        sourceless = any(not place.module for place in pair.functions)
        return {
            "root": str(root),
            "forward": named(pair.forward),
            "backward": named(pair.backward),
            "owner": named(pair.owner),
            "then": named(pair.then),
            "modules": self._modules(root) if sourceless else [],
            "setup": {
                "arguments": list(pair.arguments),
                "keywords": list(pair.keywords),
                "sources": list(pair.sources),
                "named": list(pair.named),
                "outputs": list(pair.outputs),
                "last": pair.cache_last,
                "rate": pair.rate,
                "joint": pair.backward is None,
                **self._holder(),
                "locals": self._locals(),
                "inside": self._inside(),
            },
            "jobs": list(jobs),
            "seconds": seconds,
            **self._layout(),
        }

    def _holder(self) -> dict[str, Any]:
        """Say what stands around the functions."""
        pair, holder = self.pair, self.pair.holder
        given = {
            kind: {
                name.partition("/")[2]: text
                for name, text in holder.supplied.items()
                if name.startswith(kind)
            }
            for kind in ("arg", "init")
        }
        after = holder.then
        made = holder.kind == "made"
        return {
            "handed": holder.kind == "handed",
            "made": list(pair.made_with) if made else None,
            "names": [place.name.rpartition(".")[2] for place in pair.functions],
            "supplied": given["arg"],
            "init": given["init"],
            "results": dict(holder.results),
            "then": after and {"order": list(after.order), "output": after.output},
        }

    def _modules(self, root: Path) -> list[list[str]]:
        top = self.project.root
        return [
            [name, str(root / Path(path).relative_to(top)) if path else ""]
            for name, path in self.project.modules()
        ]

    def _locals(self) -> dict[int, str]:
        """Probes of the forward's variables that are handed to the backward by their names."""
        wanted = {source[1:] for source in self.pair.sources if source.startswith("@")}
        if not wanted:
            return {}
        mine = [
            probe
            for table in getattr(self, "tables", {}).values()
            for probe in table.probes.values()
            if probe.name in wanted and probe.kind in ("assign", "input", "loop")
        ]
        own = {p.name for p in mine if p.function == self.pair.forward.name}
        return {
            p.number: p.name
            for p in mine
            if p.function == self.pair.forward.name or p.name not in own
        }

    def _inside(self) -> list[int]:
        """Probes of arrays that a statement changes in place, entry by entry."""
        found = []
        for table in getattr(self, "tables", {}).values():
            for probe in table.probes.values():
                statement = table.statements.get(probe.statement)
                node = None if statement is None else statement.node
                targets = node.targets if isinstance(node, ast.Assign) else []
                if isinstance(node, ast.AugAssign):
                    targets = [node.target]
                if probe.kind == "assign" and any(isinstance(t, ast.Subscript) for t in targets):
                    found.append(probe.number)
        return found

    def _layout(self) -> dict[str, str | None]:
        """Say which part of the copy is the package, or the one file."""
        project = self.project
        if project.package.is_file():
            file = project.copied(project.package)
            return {"package": file.parts[0] if len(file.parts) > 1 else None, "file": str(file)}
        inside = project.package != project.root
        return {"package": project.package.name if inside else None, "file": None}

    def close(self) -> None:
        """Remove the copies."""
        self._runner.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def __enter__(self) -> Session:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
