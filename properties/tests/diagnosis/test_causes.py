"""Planted mistakes are named; right code and unknown mistakes are not."""

from __future__ import annotations

from pathlib import Path

import pytest

from properties.benchmarks.naming import cause_of, judged, verdict_of
from properties.benchmarks.plants import STYLES, plant, style_source
from properties.diagnosis.cause import Finder
from properties.diagnosis.diagnose import diagnose
from properties.diagnosis.observation import observe, observe_cases
from properties.implementation import open_implementation, resolve_target
from properties.judge.subjects.functions import Probe
from properties.layers import ALL as SPECS
from properties.layers import MISCONCEPTIONS as ALL
from properties.layers.dropout import DROPOUT, KEEP
from properties.spec.misconception import Misconception

_NAMED = (
    "affine_backward, db: averaged",
    "affine_backward, dx: left flat",
    "relu_backward, dx: gate on dout",
    "batchnorm_forward, out (train): eps outside the root",
    "batchnorm_forward, out (test): batch statistics",
    "batchnorm_forward, running_var (train): momentum swapped",
    "batchnorm_backward, dx: half missing in dvar",
    "dropout_forward, out (train): not scaled",
    "dropout_backward, dx (train): mask drawn again",
    "svm_loss, dx: true class counted once",
    "softmax_loss, dx: not divided by N",
    "autoencoder_loss, dW (one example): path through W only",
    "trace_term, dX: alpha missing",
    "gplvm_log_likelihood, dX: trace part missing",
    "affine_relu_backward, dw: gate on dout",
)


def _spec(row: str):  # type: ignore[no-untyped-def]
    return next(spec for spec in SPECS if spec.name == row)


@pytest.mark.parametrize("key", _NAMED)
def test_a_planted_misconception_is_named(key: str) -> None:
    entry = next(one for one in ALL if one.key == key)
    style = STYLES[_NAMED.index(key) % len(STYLES)]
    cause, _ = cause_of(entry, style, _spec(entry.layer))
    assert cause is not None
    assert judged(entry, cause) in ("right", "equal"), cause
    assert entry.sentence == cause.sentence


def test_a_mixture_of_readings_is_named_under_either(tmp_path: Path) -> None:
    entry = next(one for one in ALL if one.key == "dropout_forward, out (train): scaled by 1/p")
    path = tmp_path / "layers.py"
    path.write_text(plant("tuples", entry), encoding="utf-8")
    with open_implementation(
        resolve_target(str(path)), names=list(DROPOUT.functions), in_process=True
    ) as implementation:
        for reading in (None, KEEP):
            probe = Probe(DROPOUT, implementation)
            probe.reading = reading
            seen = {DROPOUT.name: observe(probe)}
            case = seen[DROPOUT.name].ordinary[0].case
            finder = Finder(lambda row, seen=seen: seen[row.name])  # type: ignore[misc]
            cause = finder.find(verdict_of(entry, DROPOUT, case), DROPOUT)
            assert cause is not None
            assert cause.key == entry.key


def _observed(folder: Path, row: str, text: str):  # type: ignore[no-untyped-def]
    path = folder / "layers.py"
    path.write_text(text, encoding="utf-8")
    spec = _spec(row)
    with open_implementation(
        resolve_target(str(path)), names=list(spec.functions), in_process=True
    ) as implementation:
        return observe_cases(Probe(spec, implementation))


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize(
    ("row", "function", "argument"),
    [
        ("affine", "affine_forward", "out"),
        ("affine", "affine_backward", "dw"),
        ("relu", "relu_backward", "dx"),
        ("batchnorm", "batchnorm_backward", "dx"),
        ("softmax", "softmax_loss", "dx"),
    ],
)
def test_right_code_has_no_cause(
    style: str, row: str, function: str, argument: str, tmp_path: Path
) -> None:
    # A change that changes nothing, or a slip and its factor, explain right values too: only the
    # question whether anything is wrong stands between them and a cause.
    seen = _observed(tmp_path, row, style_source(style))
    assert seen
    assert diagnose(_spec(row), seen, function, argument) is None


def test_a_factor_that_nobody_thought_of_is_a_relation(tmp_path: Path) -> None:
    text = style_source("textbook").replace("dw = rows.T.dot(dout)", "dw = 3 * rows.T.dot(dout)")
    cause = diagnose(_spec("affine"), _observed(tmp_path, "affine", text), "affine_backward", "dw")
    assert cause is not None
    assert cause.key == ""
    assert "3" in cause.sentence


def test_noise_has_no_cause(tmp_path: Path) -> None:
    text = style_source("textbook").replace(
        "dw = rows.T.dot(dout)", "dw = np.sin(rows.T.dot(dout)) + rows.T.dot(dout) ** 3"
    )
    seen = _observed(tmp_path, "affine", text)
    assert seen[0].is_wrong("dw")
    assert diagnose(_spec("affine"), seen, "affine_backward", "dw") is None


def test_a_formula_evaluates_what_it_shows() -> None:
    one = Misconception(name="", layer="", function="", argument="", formula="2 * x", sentence="")
    assert one.predict({"x": 3.0}) == 6.0
