"""The causes of a suite's verdicts, for which what is missing is observed when it is asked for."""

from __future__ import annotations

import contextlib

from ..implementation import Implementation
from ..judge.mismatch import Fault, Mismatch
from ..judge.subjects.functions import Probe
from ..judge.verdict import Verdict
from ..spec.observation import Observations
from ..spec.row import LayerSpec, Reading
from .cause import Finder
from .finding import Diagnosis
from .observation import observe


class Causes:
    """The causes of what one implementation fails.

    Parameters
    ----------
    implementation
        What was judged; it is run on some twenty cases of each failing layer.
    readings
        The reading in force, by row.
    wrong_forwards
        Rows whose forward is wrong.
    untouched
        Rows that are not run again, because they hang or crash.
    """

    def __init__(
        self,
        implementation: Implementation,
        readings: dict[str, Reading | None],
        wrong_forwards: set[str],
        untouched: frozenset[str] = frozenset(),
    ) -> None:
        self._implementation = implementation
        self._readings = readings
        self._seen: dict[str, Observations] = dict.fromkeys(untouched, Observations())
        self._finder = Finder(self._observations, wrong_forwards)

    def of(self, verdict: Verdict, spec: LayerSpec) -> Diagnosis | None:
        """The cause of what a verdict found or noted; None where nothing is known.

        The values are a stranger's and may be anything; a verdict stands without its cause.
        """
        try:
            return self.find(verdict, spec)
        except Exception:
            return None

    def find(self, verdict: Verdict, spec: LayerSpec) -> Diagnosis | None:
        """As ``of``; raises what a value of an unforeseen kind raises."""
        return self._finder.find(verdict, spec)

    def _observations(self, spec: LayerSpec) -> Observations:
        if spec.name not in self._seen:
            self._seen[spec.name] = Observations()
            functions = self._implementation.functions
            infos = [functions.get(name) for name in spec.functions]
            if all(info is not None and info.status == "present" for info in infos):
                probe = Probe(spec, self._implementation)
                probe.reading = self._readings.get(spec.name)
                with contextlib.suppress(Fault, Mismatch):
                    self._seen[spec.name] = observe(probe)
        return self._seen[spec.name]
