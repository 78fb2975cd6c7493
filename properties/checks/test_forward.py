"""The forward against reference maths with a rounding bound."""

from __future__ import annotations

import numpy as np

from ..judge.asking import Questions
from ..judge.compare import Difference
from ..judge.mismatch import Kind
from ..judge.property import check, has_reference
from ..judge.subjects.functions import Probe
from ..spec.case import Case


@check(Kind.CORRECTNESS, "forward", applies=has_reference, oracle=True)
def test_forward_matches_reference(
    probe: Probe, case: Case, rng: np.random.Generator
) -> Questions[None]:
    """Every output, and the state left behind, is the reference's within its bound."""
    run = yield from probe.value(case)
    for name in probe.truth_of_value(case, run):
        if name not in run.outputs and name not in run.state:
            lost = Difference(
                sentence="is not written back",
                index=None,
                got=np.array(np.nan),
                wanted=np.array(np.nan),
                tolerance=None,
            )
            probe.fail(probe.spec.forward, name, lost, oracle="the contract", case=case)
    wrong = probe.wrong_value(case, run)
    if wrong is not None:
        probe.fail(probe.spec.forward, *wrong, oracle="reference", case=case)
