"""Every line of every derivation is right, the pages are up to date, slips are found."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from properties.steps import StepsError
from properties.steps.derivation import Claim, Derivation
from properties.steps.derivations import DERIVATIONS, index, page

PAGES = Path(__file__).parents[3] / "docs" / "derivations"
BY_NAME = {one.name: one for one in DERIVATIONS}


@pytest.mark.parametrize("derivation", DERIVATIONS, ids=list(BY_NAME))
def test_every_line_is_right(derivation: Derivation) -> None:
    wrong = [
        (r.claim.of, r.claim.expression, r.status, r.cause)
        for r in derivation.check()
        if r.status != "right"
    ]
    assert wrong == []


@pytest.mark.skipif(not PAGES.is_dir(), reason="the pages are in the checkout only")
@pytest.mark.parametrize("derivation", DERIVATIONS, ids=list(BY_NAME))
def test_pages_are_written_from_the_derivations(derivation: Derivation) -> None:
    path = PAGES / f"{derivation.name}.md"
    assert path.read_text(encoding="utf-8") == page(derivation), (
        "write the pages again: python -m properties.steps.derivations"
    )
    assert (PAGES / "index.md").read_text(encoding="utf-8") == index()


def changed(name: str, number: int, **new: str) -> Derivation:
    claims = list(BY_NAME[name].claims)
    claims[number] = replace(claims[number], **new)
    return replace(BY_NAME[name], claims=tuple(claims))


def test_the_slip_in_print_is_found_and_named() -> None:
    gplvm = BY_NAME["gplvm"]
    number = next(k for k, c in enumerate(gplvm.claims) if c.through == "Kinv")
    results = changed("gplvm", number, expression="-0.5 * Y @ Y.T").check()
    assert [k for k, r in enumerate(results) if r.status == "wrong"] == [number]
    assert results[number].cause == "it holds the adjoint of Kinv"


def test_one_of_two_paths() -> None:
    results = changed("autoencoder", 5, expression="outer(W @ a, x)").check()
    assert results[5].status == "wrong"
    assert results[5].cause is not None
    assert "path through WT is missing" in results[5].cause


def test_lost_half() -> None:
    number = next(k for k, c in enumerate(BY_NAME["batchnorm"].claims) if c.of == "var")
    result = changed("batchnorm", number, expression="dstd / std").check()[number]
    assert result.cause is not None
    assert result.cause.startswith("2.000 × the right value")


def test_a_claim_about_nothing() -> None:
    odd = replace(BY_NAME["relu"], claims=(Claim("z", "dout"),))
    with pytest.raises(StepsError, match="'z'"):
        odd.check()
