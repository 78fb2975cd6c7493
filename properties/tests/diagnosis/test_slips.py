"""A slip in one line is found by what it gives, and nothing is said of what no slip gives."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from properties.benchmarks.plants import style_source
from properties.diagnosis.diagnose import diagnose
from properties.diagnosis.finding import Diagnosis
from properties.diagnosis.observation import fresh_cases, observe_cases, quantities_of
from properties.diagnosis.slips import SLIPS
from properties.edits import Scope, edits
from properties.implementation import open_implementation, resolve_target
from properties.judge.subjects.functions import Probe
from properties.layers import ALL as SPECS
from properties.spec.observation import Observation
from properties.spec.ways import Ways
from reference.bounded import SAFETY

_ROWS = ("affine", "relu", "batchnorm", "svm", "softmax", "autoencoder", "gplvm", "affine_relu")


def _spec(row: str):  # type: ignore[no-untyped-def]
    return next(spec for spec in SPECS if spec.name == row)


def _ways(row: str) -> Ways:
    ways = _spec(row).ways
    assert isinstance(ways, Ways)
    return ways


def _observed(folder: Path, row: str, text: str) -> tuple[Observation, ...]:
    path = folder / "layers.py"
    path.write_text(text, encoding="utf-8")
    spec = _spec(row)
    with open_implementation(
        resolve_target(str(path)), names=list(spec.functions), in_process=True
    ) as implementation:
        return observe_cases(Probe(spec, implementation))


def _cause(
    folder: Path, row: str, old: str, new: str, function: str, argument: str
) -> Diagnosis | None:
    text = style_source("textbook")
    assert old in text
    seen = _observed(folder, row, text.replace(old, new, 1))
    return diagnose(_spec(row), seen, function, argument)


@pytest.mark.parametrize("row", [*_ROWS, "affine_batchnorm_relu", "log_determinant_term"])
def test_every_way_of_writing_gives_the_truth(row: str, tmp_path: Path) -> None:
    seen = _observed(tmp_path, row, style_source("textbook"))
    ways, judged = _ways(row), 0
    for o in seen:
        for program in ways.programs(o.when):
            values = program.run(ways.start(o.quantities))
            for argument, truth in o.truth.items():
                if ways.line_of(argument) in values:
                    judged += 1
                    got = np.asarray(values[ways.line_of(argument)])
                    room = SAFETY * truth.error + 1e-8 * (1.0 + np.abs(truth.value))
                    assert (np.abs(got - truth.value) <= room).all()
    assert judged


@pytest.mark.parametrize("row", _ROWS)
def test_a_change_differs_in_one_place(row: str) -> None:
    case = fresh_cases(_spec(row))[0]
    from properties.spec.case import Run

    known = _ways(row).start(quantities_of(_spec(row), case, Run(outputs={})))
    for program in _ways(row).programs(_spec(row).kind_of(case)):
        for line in program.lines:
            texts = [edit.words for edit in edits(line.expression, Scope.of(known), among=SLIPS)]
            assert all(texts)
            assert len(texts) < 200


def test_a_function_that_does_not_belong_there(tmp_path: Path) -> None:
    cause = _cause(
        tmp_path,
        "affine",
        "dw = rows.T.dot(dout)",
        "dw = rows.T.dot(np.abs(dout))",
        "affine_backward",
        "dw",
    )
    assert cause is not None
    assert "np.abs(dout)" in cause.sentence
    assert "X.T @ dout" in cause.sentence


def test_a_small_error_is_not_explained_by_what_is_almost_right(tmp_path: Path) -> None:
    seen = _observed(
        tmp_path,
        "affine",
        style_source("textbook").replace(
            "dw = rows.T.dot(dout)", "dw = rows.T.dot(dout) + 1e-9 * np.sin(rows.T.dot(dout))"
        ),
    )
    assert any(o.is_wrong("dw") for o in seen)
    assert diagnose(_spec("affine"), seen, "affine_backward", "dw") is None


def test_an_argument_in_the_place_of_a_gradient(tmp_path: Path) -> None:
    cause = _cause(
        tmp_path, "affine", "db = np.sum(dout, axis=0)", "db = cache[2]", "affine_backward", "db"
    )
    assert cause is not None
    assert cause.misconception == "with b in place of dout.sum(0)"
