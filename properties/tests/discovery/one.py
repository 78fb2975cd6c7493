"""A source with one derivative, judged in this process."""

from __future__ import annotations

from pathlib import Path

from properties.commands.undeclared import Search, judge_undeclared
from properties.discovery.found import NotJudged, Result
from properties.implementation import resolve_target
from properties.spec.demands import Demands


def judged(folder: Path, source: str) -> Result:
    """The verdict on the only derivative of a source."""
    path = folder / "one.py"
    path.write_text("import numpy as np\n\n\n" + source.lstrip(), encoding="utf-8")
    target = resolve_target(str(path))
    search = Search(target=target, demands=Demands(profile="quick"), in_process=True)
    (one,) = judge_undeclared(search).found
    assert not isinstance(one, NotJudged), one.sentence
    return one
