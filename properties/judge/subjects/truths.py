"""What the reference of a row says of a case."""

from __future__ import annotations

from typing import Any

from ...spec.case import Case, Run
from ...spec.row import Bounds, LayerSpec, Precision, Reading, Reference, ReferenceFunction


class Truths:
    """Values and gradients of a row's reference under a reading, each worked out once."""

    def __init__(self, spec: LayerSpec) -> None:
        self._spec = spec
        # By the ids of what they belong to, which they keep alive.
        self._known: dict[tuple[Any, ...], tuple[Case, Run | None, Bounds]] = {}

    def forget(self) -> None:
        """Let go of the truths of cases that are done with."""
        self._known.clear()

    def value(
        self, case: Case, run: Run | None, precision: Precision, reading: Reading | None
    ) -> Bounds:
        """The outputs."""
        truth: ReferenceFunction = self._reference(reading).value
        if reading is not None and reading.value is not None:
            truth = reading.value
        return self._of(("value", reading), truth, case, run, precision)

    def gradients(
        self, case: Case, run: Run | None, precision: Precision, reading: Reading | None
    ) -> Bounds:
        """The gradients."""
        truth = self._reference(reading).gradients
        return self._of(("gradients", reading), truth, case, run, precision)

    def _reference(self, reading: Reading | None) -> Reference:
        own = reading.reference if reading is not None else None
        reference = own or self._spec.reference
        assert reference is not None
        return reference

    def _of(
        self,
        which: tuple[str, Reading | None],
        truth: ReferenceFunction,
        case: Case,
        run: Run | None,
        precision: Precision,
    ) -> Bounds:
        key = (which, id(case), id(run), precision)
        if key not in self._known:
            self._known[key] = (case, run, truth(case, run, precision))
        return self._known[key][2]
