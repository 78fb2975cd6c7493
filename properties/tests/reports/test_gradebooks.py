"""Grade books: documented fields only, fair points, and hidden tests stay hidden."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from msgspec.structs import replace

from properties.record.schema import Record
from properties.reports.gradebooks import classroom, gradescope, prairielearn
from properties.reports.points import PointsError, grades, read_weights

from . import samples

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


def written(form: str, record: Record, weights: str = "") -> Any:
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
    record = samples.small(name, (30, 30))
    jsonschema.validate(written(form, record, weights), schema)


def test_points() -> None:
    weights = read_weights(WEIGHTS.format(feedback="verdict"))
    lines = {g.name: g for g in grades(samples.one(), weights)}
    assert {n: (g.points, g.most) for n, g in lines.items()} == {
        "affine_forward": (2.0, 2.0),
        "affine_backward": (2.0, 2.0),
        "relu_forward": (1.0, 1.0),
        "batchnorm_backward": (0.0, 5.0),
    }
    assert written("prairielearn", samples.one(), WEIGHTS.format(feedback="hint"))[
        "score"
    ] == pytest.approx(0.5)


def test_what_was_not_judged_earns_nothing() -> None:
    record = replace(samples.passing(), functions=samples.passing().functions[:2])
    lines = grades(record, read_weights("[points]\naffine = 2\nsoftmax_loss = 3"))
    assert [(g.name, g.points, g.most) for g in lines] == [
        ("affine_forward", 1.0, 1.0),
        ("affine_backward", 1.0, 1.0),
        ("softmax_loss", 0.0, 3.0),
    ]


@pytest.mark.parametrize("form", ["gradescope", "prairielearn", "classroom"])
def test_a_run_that_did_not_finish_earns_nothing(form: str) -> None:
    result = written(form, replace(samples.passing(), complete=False))
    assert result.get("score", 0) == 0
    assert "right" not in json.dumps(result).lower()
    if form == "prairielearn":
        assert result["gradable"] is False
    if form == "classroom":
        assert result["status"] == "error"


@pytest.mark.parametrize("form", ["prairielearn", "classroom"])
@pytest.mark.parametrize("feedback", ["verdict", "hint", "example"])
def test_a_hidden_test_is_not_given_away(form: str, feedback: str) -> None:
    text = json.dumps(written(form, samples.one(), WEIGHTS.format(feedback=feedback)))
    for secret in ("batchnorm", "derivative of the root", "dgamma", "All ", "all passed"):
        assert secret not in text
    if form == "classroom":
        assert '"status": "pass", "max_score"' not in text


def test_gradescope_hides_and_keeps_silent() -> None:
    weights = WEIGHTS.format(feedback="example")
    result = written("gradescope", samples.one(), weights)
    hidden = [t for t in result["tests"] if t["visibility"] == "hidden"]
    assert [t["name"] for t in hidden] == ["batchnorm_backward"]
    seen = json.dumps([t for t in result["tests"] if t["visibility"] == "visible"])
    assert "derivative of the root" not in seen + result["output"]
    # The text at the top is the same whether the hidden test is right or wrong.
    assert result["output"] == written("gradescope", samples.passing(), weights)["output"]
    assert "All" not in result["output"]
    assert written("gradescope", samples.passing())["output"].startswith(f"All {samples.FUNCTIONS}")


def test_feedback_levels() -> None:
    def output(level: str) -> str:
        result = written("gradescope", samples.one(), f'feedback = "{level}"')
        return str(next(t["output"] for t in result["tests"] if t["name"] == "batchnorm_backward"))

    assert output("verdict") == "Wrong."
    assert "factor 1/2" in output("hint").replace("\\", "")
    assert "import numpy" not in output("hint")
    assert "wanted" not in output("hint").split("Likely cause")[1]
    assert "import numpy" in output("example")


def test_prairielearn_stays_below_one_megabyte() -> None:
    text = prairielearn(samples.many(200, (100, 100)))
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
