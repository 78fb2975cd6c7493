"""The result of a submission that got no verdict, in the form that a service reads.

``python -m properties.grading.unjudged FORM CODE REASON RESULTS [POINTS]``, with the exit code of
``nndl check``: with 2 the submission cannot be used and earns nothing; with any other the judge
broke, and the attempt does not count where the service knows such a thing.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from msgspec.structs import replace

from ..record.files import write_whole
from ..record.text import one_line
from ..reports import gradebooks
from ..reports.points import Weights, read_weights
from .values import NOTHING

_UNUSABLE = 2


def unjudged(form: str, code: int, reason: str, weights: Weights) -> str:
    """The result as text."""
    reason = one_line(reason, limit=500).removeprefix("nndl check: ")
    usable = code != _UNUSABLE
    record = replace(
        NOTHING, verdict="error" if usable else "fail", complete=not usable, notes=(reason,)
    )
    text: str = getattr(gradebooks, form)(record, weights)
    if form == "classroom":
        return text
    result = json.loads(text)
    result["output" if form == "gradescope" else "message"] = f"Nothing was judged. {reason}"
    return json.dumps(result)


def main(form: str, code: str, reason: str, results: str, points: str = "") -> None:
    """Write the result."""
    weights = read_weights(Path(points).read_text(encoding="utf-8")) if points else Weights()
    write_whole(results, unjudged(form, int(code), reason, weights))


if __name__ == "__main__":
    main(*sys.argv[1:])
