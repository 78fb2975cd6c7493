"""The catalogue is complete, honest about its sources, and can be planted."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from properties.benchmarks.plants import STYLES, plant
from properties.benchmarks.power import spec_of
from properties.diagnosis.finding import entries
from properties.diagnosis.habits import shown_by
from properties.diagnosis.observation import fresh_cases, quantities_of
from properties.judge.mismatch import Kind
from properties.layers import ALL as SPECS
from properties.layers import MISCONCEPTIONS as ALL
from properties.layers.sources import SOURCES
from properties.spec.case import Case, Run
from properties.spec.misconception import Misconception, Misconceptions
from properties.spec.row import LayerSpec
from properties.spec.ways import Quantities
from properties.tests.slow import mostly_slow

# A habit has no formula, and what is done to an argument is no output.
WRONG = [
    one
    for one in ALL
    if one.kind is Kind.CORRECTNESS and not one.plant and not shown_by(one, spec_of(one.layer))
]

LAYERS = sorted({one.layer for one in ALL})


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


@pytest.mark.parametrize("layer", LAYERS)
def test_every_entry_is_whole(layer: str) -> None:
    functions = {name for spec in SPECS if spec.name == layer for name in spec.functions}
    for one in (one for one in ALL if one.layer == layer):
        assert one.sentence.endswith(".")
        assert all(key.lstrip("~") in SOURCES for key in one.source)
        assert one in entries(spec_of(layer), one.function, one.argument)
        assert one.function in functions


@pytest.mark.parametrize("layer", mostly_slow(LAYERS, fast=("affine", "lstm_step")))
def test_every_entry_can_be_planted(layer: str) -> None:
    for one in (one for one in ALL if one.layer == layer):
        for style in STYLES:
            compile(plant(style, one), one.key, "exec")


def test_most_sources_are_addresses() -> None:
    assert all(url.startswith("http") for url in SOURCES.values())
    # Those of the later homeworks are named from the mathematics; few have an address yet.
    assert sum(bool(one.source) for one in ALL) > 150


@pytest.mark.parametrize("layer", sorted({one.layer for one in WRONG}))
def test_formulas_are_wrong_where_they_say_so(layer: str) -> None:
    spec = spec_of(layer)
    situations = [
        (spec.kind_of(case), quantities_of(spec, case, _run(case)))
        for case in (*fresh_cases(spec), _with_zeros(fresh_cases(spec)[0]))
    ]
    right = []
    for one in (one for one in WRONG if one.layer == layer):
        known = [names for kind, names in situations if one.when in ("", kind)]
        if not any(_differs(spec, one, names) for names in known):
            right.append(one.key)
    assert not right


def _run(case: Case) -> Run:
    return Run(outputs={"out": case.args.get("x", np.zeros(()))})


def _differs(spec: LayerSpec, one: Misconception, known: Quantities) -> bool:
    assert spec.ways is not None
    wanted = known[spec.ways.line_of(one.argument)]
    got = one.predict(known)
    return got.shape != np.shape(wanted) or not np.allclose(got, wanted, equal_nan=True)


def _with_zeros(case: Case) -> Case:
    """Some mistakes show where an argument is zero, and nowhere else."""
    return case.map_arrays(
        lambda name, array: np.where(array > 0, array, 0) if name == "x" else array
    )


def test_a_text_is_read_as_it_stands() -> None:
    with pytest.raises(ValueError, match="wanted 'function, argument"):
        list(Misconceptions("layer", "no head at all"))
