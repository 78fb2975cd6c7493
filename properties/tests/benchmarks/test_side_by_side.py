"""The checkers of the comparison accept right code, and the comparison counts what they do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from properties.benchmarks.held import Held
from properties.benchmarks.inputs import ROWS, fixed, random_shapes
from properties.benchmarks.rivals import RIVALS, Rival
from properties.benchmarks.sampling import held, make_probe
from properties.benchmarks.side_by_side_bench import Bench, Bug, Shapes, smallest_error
from properties.benchmarks.side_by_side_page import page
from properties.benchmarks.subject import Subject, _own
from properties.judge.suite import Suite
from properties.tests.slow import mostly_slow

QUICK = [rival for rival in RIVALS if rival.needs in ("", "scipy")]


@pytest.fixture(scope="module")
def bundled() -> Iterator[tuple[Suite, Held]]:
    """The bundled layers, found once: that takes longer than most checkers."""
    suite, implementation = held("bundled")
    yield suite, implementation
    suite.close()


@pytest.mark.parametrize("row", mostly_slow(ROWS, fast=("relu", "batchnorm")))
@pytest.mark.parametrize("rival", QUICK, ids=lambda rival: rival.name)
def test_accepts_right_code(rival: Rival, row: str, bundled: tuple[Suite, Held]) -> None:
    suite, implementation = bundled
    (spec,) = (spec for spec in suite.specs if spec.name == row)
    with implementation.in_place():
        subject = Subject(probe=make_probe(suite, spec), held=implementation)
        if row in ("affine_batchnorm_relu", "conv_bn_relu", "conv_relu_pool"):
            # A db that is zero is rounding noise, which has no relative error to speak of; a step
            # of 1e-5 over thousands of entries meets a kink of ReLU or of the pool.
            assert QUICK[0].accepts(subject, random_shapes(row, 1))
            return
        assert rival.accepts(subject, fixed(row))


def test_counts_kills() -> None:
    named = {rival.name: rival for rival in QUICK}
    reference, notebooks = named["this suite's reference"], named["course notebooks"]
    rivals = [reference, notebooks, named["this suite's properties"]]
    bench = Bench(rivals, Shapes(fast=2, slow=1))
    text = "\n".join(
        (
            "def relu_forward(x):",
            "    return x * (x > 0), x",
            "def relu_backward(dout, cache):",
            "    return 2 * dout * (cache > 0)",
        )
    )
    bug = Bug(name="twice", row="relu", kind="gradient", text=text)
    bench.show(bug)
    for score in bench.scores.values():
        assert score.kills["the suite's cases"]["gradient"] == {"twice"}
    for rival in (reference, named["this suite's properties"]):
        assert smallest_error(bench, rival, tries=2, rows=["affine"]) <= 1e-9
    assert "| course notebooks | 0 | 1 | 0 | 1 |" in page(bench, [bug], "")


def test_what_code_changes_in_place_stays_with_it() -> None:
    statistics = np.ones(2)
    case = replace(
        random_shapes("batchnorm", 0),
        args={"bn_param": {"mode": "train", "running_mean": statistics}},
    )
    own = _own(case).args["bn_param"]
    own["running_mean"] *= 2.0
    assert statistics.tolist() == [1.0, 1.0]
    assert own["mode"] == "train"
