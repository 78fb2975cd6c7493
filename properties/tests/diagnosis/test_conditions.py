"""What wrong cases have in common is said where right ones lack it."""

from __future__ import annotations

from pathlib import Path

import pytest

from properties.benchmarks.plants import style_source
from properties.benchmarks.power import spec_of
from properties.diagnosis.conditions import condition, right_for_one_alone
from properties.diagnosis.diagnose import diagnose
from properties.diagnosis.observation import observe_cases
from properties.implementation import open_implementation, resolve_target
from properties.judge.subjects.functions import Probe
from properties.layers import ALL as SPECS
from properties.spec.observation import Observation


def _observed(folder: Path, row: str, old: str, new: str) -> tuple[Observation, ...]:
    text = style_source("textbook")
    assert old in text
    path = folder / "layers.py"
    path.write_text(text.replace(old, new), encoding="utf-8")
    spec = next(spec for spec in SPECS if spec.name == row)
    with open_implementation(
        resolve_target(str(path)), names=list(spec.functions), in_process=True
    ) as implementation:
        return observe_cases(Probe(spec, implementation))


@pytest.mark.parametrize(
    ("row", "old", "new", "function", "argument", "said"),
    [
        (
            "affine",
            "db = np.sum(dout, axis=0)",
            "db = np.sum(dout, axis=0) * (len(dout) > 1)",
            "affine_backward",
            "db",
            "a batch of one",
        ),
        (
            "affine",
            "dw = rows.T.dot(dout)",
            "dw = rows.T.dot(dout) * (1 + (x.ndim > 2))",
            "affine_backward",
            "dw",
            "an x of more than two axes",
        ),
    ],
)
def test_the_condition_is_named(
    row: str, old: str, new: str, function: str, argument: str, said: str, tmp_path: Path
) -> None:
    cause = diagnose(spec_of(row), _observed(tmp_path, row, old, new), function, argument)
    assert cause is not None
    assert cause.misconception == f"wrong for {said}"


def test_right_for_a_batch_of_one(tmp_path: Path) -> None:
    new = "db = np.sum(dout, axis=0) * np.cos(len(dout) - 1)"
    seen = _observed(tmp_path, "affine", "db = np.sum(dout, axis=0)", new)
    assert condition(spec_of("affine"), seen, "db") is None
    cause = right_for_one_alone(spec_of("affine"), seen, "db")
    assert cause is not None
    assert "over the examples" in cause.sentence


def test_right_code_has_none(tmp_path: Path) -> None:
    seen = _observed(tmp_path, "affine", "db = ", "db = ")
    assert condition(spec_of("affine"), seen, "db") is None
    assert right_for_one_alone(spec_of("affine"), seen, "db") is None
