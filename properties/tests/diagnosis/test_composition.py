"""A composed layer's error is laid at a part only where the part makes it."""

from __future__ import annotations

from pathlib import Path

import pytest

from properties.benchmarks.plants import style_source
from properties.diagnosis import observe_with_parts
from properties.diagnosis.cause import Finder
from properties.diagnosis.finding import Diagnosis
from properties.diagnosis.observation import fresh_cases
from properties.implementation import open_implementation, resolve_target
from properties.judge.asking import Questions
from properties.judge.mismatch import Disagreement, Kind
from properties.judge.property import Property
from properties.judge.subject import prepare
from properties.judge.verdict import Verdict
from properties.layers import ALL as SPECS
from properties.spec.case import Case
from properties.spec.demands import Demands
from properties.spec.row import Purpose


def asks_nothing(probe: object, case: Case, rng: object) -> Questions[None]:
    yield from ()


def _cause(folder: Path, row: str, change: tuple[str, str], argument: str) -> Diagnosis | None:
    text = style_source("textbook")
    assert change[0] in text
    path = folder / "layers.py"
    path.write_text(text.replace(*change), encoding="utf-8")
    spec = next(spec for spec in SPECS if spec.name == row)
    found = Disagreement(
        function=spec.judge_of_gradients,
        sentence="is wrong",
        oracle="reference",
        argument=argument,
        case=fresh_cases(spec)[0],
    )
    declared = Property(
        name="one",
        kind=Kind.CORRECTNESS,
        purpose=Purpose.ORDINARY,
        judges="both",
        body=asks_nothing,
        applies=lambda spec: True,
    )
    verdict = Verdict(declared=declared, layer=row, functions=spec.functions, disagreement=found)
    names = [name for one in SPECS for name in one.functions]
    with open_implementation(
        resolve_target(str(path)), names=names, in_process=True
    ) as implementation:
        subject = prepare(spec, implementation, Demands(profile="quick"))
        observed = observe_with_parts(subject)
        return Finder(lambda one: observed[one.name]).find(verdict, spec)


def test_a_known_mistake_of_a_part(tmp_path: Path) -> None:
    change = ("dw = rows.T.dot(dout)", "dw = rows.T.dot(dout) / len(dout)")
    cause = _cause(tmp_path, "affine_relu", change, "w")
    assert cause is not None
    assert "Its part affine_backward makes it wrong." in cause.sentence


def test_an_unknown_mistake_of_a_part(tmp_path: Path) -> None:
    change = ("dw = rows.T.dot(dout)", "dw = np.tan(rows.T.dot(dout))")
    cause = _cause(tmp_path, "affine_relu", change, "w")
    assert cause is not None
    assert "affine_backward is wrong: repair that first" in cause.sentence


_RIGHT = "return affine_backward(relu_backward(dout, relu_cache), affine_cache)"


@pytest.mark.parametrize(
    ("inner", "argument"), [("dout", "w"), ("-relu_backward(dout, relu_cache)", "x")]
)
def test_right_parts_are_not_blamed(inner: str, argument: str, tmp_path: Path) -> None:
    change = (_RIGHT, f"return affine_backward({inner}, affine_cache)")
    cause = _cause(tmp_path, "affine_relu", change, argument)
    assert cause is not None
    assert "affine_backward" not in cause.sentence
