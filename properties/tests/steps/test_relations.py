"""A relation is named when it holds in every case, and not when it holds in some."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from properties.diagnosis.relations import Pairing, Relation, relate, relations

SIZES = ({"N": 5, "D": 3}, {"N": 4, "D": 6})


def cases(change, **more) -> list[Pairing]:  # type: ignore[no-untyped-def]
    found = []
    for k, sizes in enumerate(SIZES):
        rng = np.random.default_rng(k)
        wanted = rng.normal(size=(sizes["N"], sizes["D"]))
        extra: dict[str, Any] = {
            name: {key: f(rng, sizes) for key, f in table.items()} for name, table in more.items()
        }
        found.append(Pairing(change(wanted, sizes, extra), wanted, sizes=sizes, **extra))
    return found


def first(change, **more) -> Relation:  # type: ignore[no-untyped-def]
    found = relate(cases(change, **more))
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("change", "name", "part"),
    [
        (lambda w, s, e: 2 * w, "ratio", "2.000"),
        (lambda w, s, e: w / 2, "ratio", "0.500"),
        (lambda w, s, e: s["N"] * w, "ratio", "N"),
        (lambda w, s, e: w / s["D"], "ratio", "1/D"),
        (lambda w, s, e: -w, "sign", "−1"),
        (lambda w, s, e: w.T, "transpose", "transpose"),
        (lambda w, s, e: 0 * w, "zero", "zero"),
        (lambda w, s, e: w.sum(0), "sum extra", "axis 0"),
        (lambda w, s, e: w.sum(), "sum extra", "all axes"),
        (lambda w, s, e: w[::-1], "permutation", "reverse"),
        (lambda w, s, e: w + 1, "offset", "1"),
        (lambda w, s, e: np.abs(w), "some signs", "signs"),
        (lambda w, s, e: w[:, :, None] * np.array([0.25, 0.75]), "sum missing", "axis 2"),
    ],
)
def test_relations(change, name: str, part: str) -> None:  # type: ignore[no-untyped-def]
    found = first(change)
    assert (found.name, part in found.sentence) == (name, True), found
    assert "2 cases" in found.evidence


def test_missing_term_is_named() -> None:
    def term(rng, s):  # type: ignore[no-untyped-def]
        return rng.normal(size=(s["N"], s["D"]))

    found = first(
        lambda w, s, e: w - e["terms"]["the path through var"], terms={"the path through var": term}
    )
    assert found.name == "missing term"


def test_missing_factor_is_named() -> None:
    found = first(
        lambda w, s, e: w / e["named"]["gamma"],
        named={"gamma": lambda rng, s: rng.uniform(0.5, 2, s["D"])},
    )
    assert found.sentence == "the factor gamma is missing"


def test_a_ratio_of_one_case_alone_is_not_enough() -> None:
    pairs = cases(lambda w, s, e: w * (2 if s["N"] == 5 else 3))
    assert relate(pairs) is None


def test_right_values_have_no_relation() -> None:
    assert relations(cases(lambda w, s, e: w.copy())) == []


def test_noise_has_no_relation() -> None:
    rng = np.random.default_rng(9)
    assert relate(cases(lambda w, s, e: rng.normal(size=w.shape))) is None
