"""Reports, all made from the JSON record of a run; none of them judges anything.

`reading` reads the record once; `matrix` is what every report shows; each other module is one
format. `command` is ``nndl report``.
"""

from __future__ import annotations

from .github import github, github_summary
from .gradebooks import classroom, gradescope, prairielearn
from .html import html
from .junit import junit
from .model import Report
from .notebook import NotebookReport
from .points import PointsError, Weights, read_weights
from .reading import RecordError, read
from .terminal import render_terminal

__all__ = [
    "NotebookReport",
    "PointsError",
    "RecordError",
    "Report",
    "Weights",
    "classroom",
    "github",
    "github_summary",
    "gradescope",
    "html",
    "junit",
    "prairielearn",
    "read",
    "read_weights",
    "render_terminal",
]
