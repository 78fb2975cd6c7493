"""The right computations as text: one name means one thing, and compositions follow."""

from __future__ import annotations

import pickle
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from properties.benchmarks.plants import functions_of
from properties.diagnosis.observation import fresh_cases, quantities_of
from properties.judge.drawing import sample_cases
from properties.layers import ALL
from properties.layers.affine import AFFINE
from properties.layers.affine_batchnorm_relu import AFFINE_BATCHNORM_RELU
from properties.layers.affine_relu import AFFINE_RELU
from properties.layers.gplvm import GPLVM
from properties.spec.case import Case, Run
from properties.spec.composition import Inlined
from properties.spec.misconception import Misconception
from properties.spec.row import LayerSpec, Purpose
from properties.spec.ways import Program, Quantities, Ways

ROWS = [row for row in ALL if row.ways is not None]


def _quantities(row: LayerSpec, case: Case) -> Quantities:
    return quantities_of(row, case, Run(outputs={"out": case.args.get("x", np.zeros(()))}))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_name_is_one_value_in_all_ways(row: LayerSpec) -> None:
    assert row.ways is not None
    compared = 0
    # At a kink the ways may choose differently.
    cases = sample_cases(row, Purpose.SMOOTH, 12) if row.kinks else fresh_cases(row)
    for case in cases:
        known = _quantities(row, case)
        ways = row.ways.programs(row.kind_of(case))
        for values in (way.run({**known, **row.ways.start(known)}) for way in ways[1:]):
            for name, value in values.items():
                if isinstance(value, np.ndarray) and value.dtype.kind == "f":
                    seen = np.abs(value) < 1e200  # what is masked may be any such number, or none
                    size = 1.0 + float(np.max(np.abs(value[seen]), initial=0.0))
                    other = known[name][seen]
                    assert np.allclose(value[seen], other, rtol=1e-6, atol=1e-9 * size), name
                    compared += 1
    assert compared or all(len(texts) == 1 for texts in row.ways.texts.values())


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_every_misconception_is_written_in_the_names_of_its_layer(row: LayerSpec) -> None:
    for one in row.misconceptions:
        cases = [c for c in fresh_cases(row) if one.when in ("", row.kind_of(c))]
        if not one.plant:
            one.predict(_quantities(row, cases[0]))


def test_the_text_of_a_whole_is_put_together_when_it_is_asked_for() -> None:
    row = replace(AFFINE_RELU, ways=None)
    assert isinstance(row.ways, Inlined)
    assert "_whole" not in vars(row.ways)
    assert "_whole" not in vars(replace(row, name="another").ways)
    same = pickle.loads(pickle.dumps(row.ways))
    assert same.texts == row.ways.texts


def test_quantities_are_computed_when_asked_for_and_can_be_pickled() -> None:
    case = Case(args={"x": np.ones((2, 3)), "w": np.ones((3, 4)), "b": np.ones(4)})
    assert AFFINE.ways is not None
    known = Quantities(AFFINE.ways, case.args)
    assert "X" not in known
    assert pickle.loads(pickle.dumps(known))["out"].tolist() == [[4.0] * 4] * 2
    assert known.sizes == {"N": 2, "D": 3, "M": 4}
    with pytest.raises(NameError):
        known["dx"]  # it reads dout, and there is none
    with pytest.raises(KeyError):
        known["nothing"]


def test_a_composition_is_the_lines_of_its_parts() -> None:
    assert AFFINE_RELU.ways is not None
    assert AFFINE_RELU.ways.texts[""][0].splitlines() == [
        "X = x.reshape(N, D)",
        "pre = X @ w + b",
        "N_relu = pre.shape[0] if pre.ndim else 1",
        "gate = pre > 0",
        "out = pre * gate",
        "dpre = dout * gate",
        "dx = (dpre @ w.T).reshape(x.shape)",
        "dw = X.T @ dpre",
        "db = dpre.sum(0)",
    ]
    ways = AFFINE_BATCHNORM_RELU.ways
    assert ways is not None
    assert ways.state == {"running_mean": "new_mean", "running_var": "new_var"}
    assert set(ways.texts) == {"train", "test"}


def test_a_composition_knows_whose_mistakes_show_where() -> None:
    whole = AFFINE_BATCHNORM_RELU.composition
    assert whole is not None
    assert whole.functions("out") == ("affine_forward", "batchnorm_forward", "relu_forward")
    assert whole.functions("running_var") == ("affine_forward", "batchnorm_forward")
    assert whole.functions("dgamma") == ("relu_backward", "batchnorm_backward")
    assert GPLVM.composition is not None
    assert GPLVM.composition.functions("dX") == ("trace_term", "log_determinant_term")


def test_a_formula_may_hold_a_function() -> None:
    one = Misconception(
        name="",
        layer="",
        function="",
        argument="",
        formula="(lambda z: z * x)(w + 1)",
        sentence="",
    )
    assert AFFINE.ways is not None
    known = Quantities(AFFINE.ways, {"x": np.array(3.0), "w": np.array(1.0)})
    assert one.predict(known) == 6.0


def test_lines_are_one_assignment_each() -> None:
    with pytest.raises(AssertionError, match="one name a line"):
        Program("N, D = x.shape")


def test_the_kind_of_a_call_comes_from_its_arguments() -> None:
    ways = Ways(arguments="x", texts={"a": (), "b": ()}, kind="'a' if x else 'b'")
    assert [ways.kind_of({"x": x}) for x in (1, 0)] == ["a", "b"]


BUTTERFLY = LayerSpec(
    name="butterfly",
    forward="butterfly_forward",
    backward="butterfly_backward",
    cases=lambda purpose: None,
    differentiable=("x", "y"),
    outputs=("s", "d"),
    ways=Ways(
        arguments="x, y",
        texts={"": ("s = x + y\nd = x - y\ndx = ds + dd\ndy = ds - dd",)},
        upstreams=("ds", "dd"),
    ),
)


def test_every_output_has_an_upstream_of_its_own() -> None:
    case = Case(args={"x": np.ones(2), "y": np.ones(2)}, dout=np.ones(2), douts={"dd": np.ones(2)})
    known = _quantities(BUTTERFLY, case)
    assert known["dx"].tolist() == [2.0, 2.0]
    space: dict[str, Any] = {}
    wrong = Misconception(
        name="sign",
        layer="butterfly",
        function="butterfly_backward",
        argument="dy",
        formula="ds + dd",
        sentence="Look at the sign.",
    )
    exec(functions_of(BUTTERFLY, "dicts", wrong), space)
    s, d, cache = space["butterfly_forward"](*case.args.values())
    assert (s.tolist(), d.tolist()) == ([2.0, 2.0], [0.0, 0.0])
    dx, dy = space["butterfly_backward"](*case.upstreams, cache)
    assert dx.tolist() == dy.tolist() == [2.0, 2.0]
