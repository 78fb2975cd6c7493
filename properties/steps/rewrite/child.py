"""Run the instrumented copy in a child process, through `properties.implementation`."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from ...implementation import (
    Call,
    Implementation,
    Limits,
    TargetError,
    open_implementation,
    resolve_target,
)
from ..values import CodeError, StepsError
from .instrument import runtime_header

__all__ = ["LIMITS", "Child"]

_ENTRY = "steps_serve"
LIMITS = Limits(call_seconds=10.0, memory_bytes=4 << 30)


class Child:
    """One child process for all requests of a session.

    The target that it opens is a file of ours; that file imports the instrumented copy, which must
    lie in `folder`: the process may see nothing else.
    """

    def __init__(self, limits: Limits = LIMITS) -> None:
        self._temporary = tempfile.TemporaryDirectory(prefix="steps-")
        self.folder: Path | None = Path(self._temporary.name).resolve()
        self.strict = limits.isolation == "require"
        self._limits = limits
        self._open: Implementation | None = None
        self.spent = 0.0

    def _implementation(self) -> Implementation:
        if self._open is None:
            assert self.folder is not None
            entry = self.folder / "entry" / "steps_entry.py"
            entry.parent.mkdir()
            entry.write_text(
                runtime_header() + f"\n\ndef {_ENTRY}(root, request):\n"
                f"    return _nndl_m.serve_from(root, request)\n",
                encoding="utf-8",
            )
            try:
                self._open = open_implementation(
                    resolve_target(str(entry)),
                    names=[_ENTRY],
                    limits=self._limits,
                    readable=[str(self.folder)],
                )
            except TargetError as error:
                raise StepsError(
                    f"the process for the code under test does not start: {error}"
                ) from error
        return self._open

    def serve(self, root: Path, request: Mapping[str, Any], seconds: float) -> list[dict[str, Any]]:
        """Answer one request; a crash or a time-out is an answer for each job."""
        implementation = self._implementation()
        implementation.limits = replace(implementation.limits, call_seconds=seconds)
        [outcome] = implementation.run([Call(_ENTRY, (str(root), dict(request)))])
        if outcome.status == "ok":
            told = outcome.outputs[0]
            self.spent += float(told["spent"])
            return [{str(k): v for k, v in one.items()} for one in told["answers"]]
        said = outcome.message or outcome.status
        if outcome.status == "raised":
            raise CodeError(f"cannot be imported or run: {said}")
        return [{"error": said, "status": outcome.status, "line": 0} for _ in request["jobs"]]

    def close(self) -> None:
        """End the process."""
        if self._open is not None:
            self._open.close()
            self._open = None
        self._temporary.cleanup()
