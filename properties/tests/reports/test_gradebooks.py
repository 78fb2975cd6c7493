"""Grade books: documented fields only, fair points, and hidden tests stay hidden."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from properties.reports import PointsError, classroom, gradescope, prairielearn, read, read_weights
from properties.reports.points import grades

from . import samples
from .shape import violations

SCHEMAS = Path(__file__).parent / "schemas"
WEIGHTS = """
feedback = "{feedback}"
[points]
batchnorm_backward = 5
affine = 4
relu_forward = 1
[visibility]
batchnorm_backward = "hidden"
"""


def written(form: str, record: dict[str, Any], weights: str = "") -> Any:
    read_in = read_weights(weights)
    if form == "gradescope":
        return json.loads(gradescope(record, read_in))
    if form == "prairielearn":
        return json.loads(prairielearn(record, read_in))
    return json.loads(base64.b64decode(classroom(record, read_in)))


@pytest.mark.parametrize("name", samples.ALL)
@pytest.mark.parametrize("form", ["gradescope", "prairielearn", "classroom"])
@pytest.mark.parametrize("weights", ["", WEIGHTS.format(feedback="hint")])
def test_only_documented_fields(form: str, name: str, weights: str) -> None:
    schema = json.loads((SCHEMAS / f"{form}.json").read_text(encoding="utf-8"))
    record = samples.ALL[name]() if name != "many" else samples.many_failures(200, (30, 30))
    assert violations(written(form, record, weights), schema) == []


def test_the_schema_checker_finds_a_wrong_field() -> None:
    schema = json.loads((SCHEMAS / "gradescope.json").read_text(encoding="utf-8"))
    assert violations({"score": "1"}, schema)
    assert violations({"output": "x"}, schema)
    assert violations({"score": 1, "marks": 2}, schema)
    assert violations({"tests": [{"status": "pass"}]}, schema)


def test_points() -> None:
    weights = read_weights(WEIGHTS.format(feedback="verdict"))
    lines = {g.name: g for g in grades(read(samples.one_failure()), weights)}
    assert {n: (g.points, g.most) for n, g in lines.items()} == {
        "affine_forward": (2.0, 2.0),
        "affine_backward": (2.0, 2.0),
        "relu_forward": (1.0, 1.0),
        "batchnorm_backward": (0.0, 5.0),
    }
    assert written("prairielearn", samples.one_failure(), WEIGHTS.format(feedback="hint"))[
        "score"
    ] == pytest.approx(0.5)


def test_what_was_not_judged_earns_nothing() -> None:
    record = samples.passing_record()
    record["functions"] = record["functions"][:2]
    lines = grades(read(record), read_weights("[points]\naffine = 2\nsoftmax_loss = 3"))
    assert [(g.name, g.points, g.most) for g in lines] == [
        ("affine_forward", 1.0, 1.0),
        ("affine_backward", 1.0, 1.0),
        ("softmax_loss", 0.0, 3.0),
    ]


@pytest.mark.parametrize("form", ["gradescope", "prairielearn", "classroom"])
def test_a_run_that_did_not_finish_earns_nothing(form: str) -> None:
    result = written(form, samples.passing_record() | {"complete": False})
    assert result.get("score", 0) == 0
    assert "right" not in json.dumps(result).lower()
    if form == "prairielearn":
        assert result["gradable"] is False
    if form == "classroom":
        assert result["status"] == "error"


@pytest.mark.parametrize("form", ["prairielearn", "classroom"])
@pytest.mark.parametrize("feedback", ["verdict", "hint", "example"])
def test_a_hidden_test_is_not_given_away(form: str, feedback: str) -> None:
    text = json.dumps(written(form, samples.one_failure(), WEIGHTS.format(feedback=feedback)))
    for secret in ("batchnorm", "variance", "dgamma", "All ", "all passed"):
        assert secret not in text
    if form == "classroom":
        assert '"status": "pass", "max_score"' not in text


def test_gradescope_hides_and_keeps_silent() -> None:
    weights = WEIGHTS.format(feedback="example")
    result = written("gradescope", samples.one_failure(), weights)
    hidden = [t for t in result["tests"] if t["visibility"] == "hidden"]
    assert [t["name"] for t in hidden] == ["batchnorm_backward"]
    seen = json.dumps([t for t in result["tests"] if t["visibility"] == "visible"])
    assert "variance" not in seen + result["output"]
    # The text at the top is the same whether the hidden test is right or wrong.
    assert result["output"] == written("gradescope", samples.passing_record(), weights)["output"]
    assert "All" not in result["output"]
    assert written("gradescope", samples.passing_record())["output"].startswith("All 16")


def test_feedback_levels() -> None:
    def output(level: str) -> str:
        result = written("gradescope", samples.one_failure(), f'feedback = "{level}"')
        return str(next(t["output"] for t in result["tests"] if t["name"] == "batchnorm_backward"))

    assert output("verdict") == "Wrong."
    assert "lost its factor" in output("hint")
    assert "import numpy" not in output("hint")
    assert "0.792" not in output("hint")
    assert "import numpy" in output("example")


def test_prairielearn_stays_below_one_megabyte() -> None:
    text = prairielearn(samples.many_failures(200, (100, 100)))
    assert len(text.encode()) < 1_000_000
    image = next(t["images"][0] for t in json.loads(text)["tests"] if t.get("images"))
    assert base64.b64decode(image["url"].split(",")[1])[:4] == b"\x89PNG"


@pytest.mark.parametrize(
    "bad",
    [
        "points = 3",
        "[points]\naffine = -1",
        "[points]\naffine = inf",
        "[points]\naffine = true",
        '[visibility]\naffine = "secret"',
        'feedback = "all"',
        "[grades]",
        "not toml",
    ],
)
def test_unusable_points_say_what_to_change(bad: str) -> None:
    with pytest.raises(PointsError, match=r"wanted|not TOML"):
        read_weights(bad)
