"""The catalogue is complete, honest about its sources, and can be planted."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from properties.diagnosis import quantities
from properties.diagnosis.catalogue import ALL, of
from properties.diagnosis.misconception import Misconception
from properties.diagnosis.plant import STYLES, plant, style_source
from properties.diagnosis.sources import SOURCES
from properties.judge.mismatch import Kind
from properties.layers import ALL as SPECS


def test_there_are_enough_of_every_layer() -> None:
    assert len(ALL) >= 120
    count = Counter(one.layer for one in ALL)
    assert set(count) >= {
        "affine",
        "relu",
        "batchnorm",
        "dropout",
        "svm",
        "softmax",
        "autoencoder",
        "gplvm",
        "affine_relu",
        "affine_batchnorm_relu",
    }


def test_keys_are_unique() -> None:
    assert len({one.key for one in ALL}) == len(ALL)


@pytest.mark.parametrize("one", ALL, ids=lambda one: one.key)
def test_every_entry_is_whole(one: Misconception) -> None:
    assert one.sentence.endswith(".")
    assert all(key.lstrip("~") in SOURCES for key in one.source)
    assert one in of(one.function, one.argument)
    functions = {name for spec in SPECS if spec.name == one.layer for name in spec.functions}
    assert one.function in functions
    for style in STYLES:
        compile(plant(style_source(style), one), one.key, "exec")


def test_most_sources_are_addresses() -> None:
    assert all(url.startswith("http") for url in SOURCES.values())
    assert sum(bool(one.source) for one in ALL) > len(ALL) // 2


def test_formulas_are_wrong_where_they_say_so() -> None:
    rng = np.random.default_rng(0)
    x, w, b = rng.standard_normal((5, 2, 3)), rng.standard_normal((6, 4)), rng.standard_normal(4)
    known = quantities.affine(x, w, b, rng.standard_normal((5, 4)))
    right = {
        "out": known["X"] @ w + b,
        "dx": (known["dout"] @ w.T).reshape(x.shape),
        "dw": known["X"].T @ known["dout"],
        "db": known["dout"].sum(0),
    }
    for one in ALL:
        if one.layer == "affine" and one.kind is Kind.CORRECTNESS:
            got = one.predict(known)
            wanted = right[one.argument]
            assert got.shape != wanted.shape or not np.allclose(got, wanted), one.key
