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
# Of these the sources were looked for first, and most entries have one.
EARLIER = (
    "affine",
    "relu",
    "batchnorm",
    "batchnorm_alt",
    "dropout",
    "svm",
    "softmax",
    "affine_relu",
    "affine_batchnorm_relu",
    "autoencoder",
    "gplvm",
)


def _of_row(row: LayerSpec) -> list[Misconception]:
    """Its own misconceptions; a net's, a rule's and a solver's stand in its account."""
    account = getattr(row, "account", None)
    return [*row.misconceptions, *(account.misconceptions() if account else ())]


LATER = {row.name: found for row in SPECS if row.layer not in EARLIER if (found := _of_row(row))}


def _exact(one: Misconception) -> set[str]:
    return {key for key in one.source if not key.startswith("~")}


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


def test_sources_are_addresses_each_once_and_each_used() -> None:
    addresses = list(SOURCES.values())
    assert all(url.startswith(("http://", "https://")) for url in addresses)
    assert len(set(addresses)) == len(addresses)
    found = [*ALL, *(one for row in SPECS for one in _of_row(row))]
    assert {key.lstrip("~") for one in found for key in one.source} == set(SOURCES)


@pytest.mark.parametrize("row", LATER)
def test_a_later_row_has_mistakes_that_were_seen_in_public(row: str) -> None:
    assert len(set().union(*map(_exact, LATER[row]))) >= 2
    assert sum(bool(one.source) for one in LATER[row]) >= 2


def test_later_mistakes_have_sources() -> None:
    # A layer under two names, and the steps that nets share, count once.
    once = {(one.argument, one.name, one.formula): one for found in LATER.values() for one in found}
    assert sum(bool(one.source) for one in once.values()) >= 600
    assert sum(bool(_exact(one)) for one in once.values()) >= 160


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
