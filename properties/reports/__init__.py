"""Reports, all made from the JSON record of a run; none of them judges anything."""

from __future__ import annotations

from .reading import RecordError, Report, read
from .terminal import render_terminal

__all__ = ["RecordError", "Report", "read", "render_terminal"]
