"""Run the instrumented code: one narrow function, `Session.evaluate(jobs) -> answers`."""

from __future__ import annotations

import importlib
import shutil
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType, TracebackType
from typing import Any, Protocol

from ..source import Project, parse_file
from ..values import Pair, StepsError
from . import runtime, serving
from .instrument import RUNTIME, Instrumented, instrument

__all__ = ["InProcess", "Runner", "Session"]

_MOST_FILES = 400


class Runner(Protocol):
    """Something that imports a copied project and answers requests about it."""

    def serve(self, root: Path, request: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Answer one request; see `serving.serve`."""
        ...

    def close(self) -> None:
        """Let go of processes."""
        ...


class InProcess:
    """Runs the copy in this process, under a private set of module names."""

    def serve(self, root: Path, request: Mapping[str, Any]) -> list[dict[str, Any]]:
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
    """One pair, instrumented, in a temporary copy of its project."""

    def __init__(
        self, project: Project, pair: Pair, runner: Runner, *, depth: int = 1, seconds: float = 60.0
    ) -> None:
        self.pair, self._runner, self._depth, self._seconds = pair, runner, depth, seconds
        self._folder = Path(tempfile.mkdtemp(prefix="steps-"))
        self._copies = 0
        self._project = project
        self.tables: dict[Path, Instrumented] = {}
        self._root = self._copy()
        self._write(self._root, {})

    # files ----------------------------------------------------------------------------------
    def _copy(self) -> Path:
        root = self._folder / f"copy{self._copies}"
        self._copies += 1
        root.mkdir()
        package = self._project.package
        if package.is_file() and package.parent == self._project.root:
            files = sorted(package.parent.glob("*.py"))
        else:
            base = self._project.root.joinpath(*package.relative_to(self._project.root).parts[:1])
            files = sorted(base.rglob("*.py"))
        for path in files[:_MOST_FILES]:
            copy = root / path.relative_to(self._project.root)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, copy)
        return root

    def _write(self, root: Path, alternatives: Mapping[int, Sequence[Any]]) -> None:
        """Write the instrumented files into a copy."""
        names: dict[Path, list[str]] = {}
        for place in (self.pair.forward, self.pair.backward):
            if place is not None:
                names.setdefault(place.file, []).append(place.name)
        first, tables = 0, {}
        for path, wanted in names.items():
            try:
                table = instrument(
                    parse_file(path),
                    wanted,
                    first=first,
                    alternatives=alternatives,
                    depth=self._depth,
                )
            except (SyntaxError, UnicodeDecodeError, RecursionError) as error:
                raise StepsError(f"{path.name} cannot be rewritten: {error}") from error
            first = max([*table.probes, *table.statements], default=first) + 1
            (root / path.relative_to(self.pair.forward.root)).write_text(
                table.text, encoding="utf-8"
            )
            tables[path] = table
        self.tables = tables

    # requests -------------------------------------------------------------------------------
    def evaluate(
        self,
        jobs: Sequence[Mapping[str, Any]],
        *,
        alternatives: Mapping[int, Sequence[Any]] | None = None,
    ) -> list[dict[str, Any]]:
        """Run a list of jobs in one request.

        alternatives : other statements to try in place of numbered ones (see `rewrite`); they
            are compiled into a second copy.
        """
        root = self._root
        if alternatives:
            kept = self.tables
            root = self._copy()
            self._write(root, alternatives)
            self.tables = kept
        pair = self.pair
        request = {
            "forward": [pair.forward.module, pair.forward.name],
            "backward": None
            if pair.backward is None
            else [pair.backward.module, pair.backward.name],
            "setup": {
                "style": pair.style,
                "arguments": list(pair.arguments),
                "keywords": list(pair.keywords),
                "backward_arguments": list(pair.backward_arguments),
            },
            "jobs": list(jobs),
            "seconds": self._seconds,
            **self._layout(),
        }
        return self._runner.serve(root, request)

    def _layout(self) -> dict[str, str | None]:
        """Say which part of the copy is the package, or the one file."""
        project = self._project
        if project.package.is_file():
            parts = project.package.relative_to(project.root).parts
            return {
                "package": parts[0] if len(parts) > 1 else None,
                "file": str(project.package.relative_to(project.root)),
            }
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
