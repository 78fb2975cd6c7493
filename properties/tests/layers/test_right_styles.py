"""Right layers of images and of sequences, written as their students write them, live."""

from __future__ import annotations

from pathlib import Path

import pytest

from properties.tests.judging import record_of

RIGHT = Path(__file__).parents[1] / "homework" / "right"


ROWS = {
    "loops": (
        "conv",
        "max_pool",
        "conv_relu",
        "conv_relu_pool",
        "conv_bn_relu",
        "spatial_batchnorm",
        "spatial_groupnorm",
        "word_embedding",
        "temporal_affine",
        "temporal_softmax",
    ),
    "five_axes": ("spatial_groupnorm",),
}


@pytest.mark.parametrize(
    ("module", "row"), [(module, row) for module, rows in ROWS.items() for row in rows]
)
def test_right_code_is_not_called_wrong(module: str, row: str) -> None:
    record = record_of(RIGHT / f"{module}.py", only=row)
    assert record["functions"]
    for entry in record["functions"]:
        assert entry["status"] in ("pass", "noted"), entry
