"""Two modules of the contract define a TwoLayerNet; one file of another name may hold either."""

from __future__ import annotations

from pathlib import Path

import pytest

from properties.commands.beside import is_foreign
from properties.record.schema import Function, Property, Status
from properties.tests.command_line import check
from properties.tests.slow import slow

from .measure import record
from .test_habits import RIGHT

MONOLITHIC, MODULAR = "neural_net.TwoLayerNet", "fc_net.TwoLayerNet"
_UPHILL = ("self.params[key] -= learning_rate", "self.params[key] += learning_rate")

_PLAIN = """
import numpy as np
class TwoLayerNet:
    def __init__(self, input_dim=4, hidden_dims=3, num_classes=2, weight_scale=1e-3, reg=0.0):
        self.reg = reg
        self.params = {
            "W1": weight_scale * np.random.randn(input_dim, hidden_dims),
            "b1": np.zeros(hidden_dims),
            "W2": weight_scale * np.random.randn(hidden_dims, num_classes),
            "b2": np.zeros(num_classes),
        }
    def loss(self, X, y=None):
        W1, b1, W2, b2 = (self.params[k] for k in ("W1", "b1", "W2", "b2"))
        x = X.reshape(len(X), -1)
        h = np.maximum(x @ W1 + b1, 0)
        scores = h @ W2 + b2
        if y is None:
            return scores
        e = np.exp(scores - scores.max(axis=1, keepdims=True))
        p = e / e.sum(axis=1, keepdims=True)
        rows = np.arange(len(x))
        loss = -np.log(p[rows, y]).mean()
        loss += 0.5 * self.reg * ((W1 ** 2).sum() + (W2 ** 2).sum())
        p[rows, y] -= 1
        p /= len(x)
        dh = p @ W2.T * (h > 0)
        return loss, {
            "W1": x.T @ dh + self.reg * W1, "b1": dh.sum(axis=0),
            "W2": h.T @ p + self.reg * W2, "b2": p.sum(axis=0),
        }
"""


def _statuses(source: str, folder: Path) -> dict[str, str]:
    file = folder / "homework.py"
    file.write_text(source, encoding="utf-8")
    functions = record(file, only=f"{MONOLITHIC},{MODULAR}")["functions"]
    return {f["name"]: f["status"] for f in functions}


def test_the_modular_net_is_not_the_monolithic_one(tmp_path: Path) -> None:
    assert _statuses(_PLAIN, tmp_path) == {MODULAR: "pass", MONOLITHIC: "missing"}


def test_the_monolithic_net_is_not_the_modular_one(tmp_path: Path) -> None:
    source = (RIGHT / "neural_net.py").read_text(encoding="utf-8")
    assert _statuses(source, tmp_path) == {MODULAR: "missing", MONOLITHIC: "pass"}


@slow
def test_training_uphill_is_no_net_of_another_kind(tmp_path: Path) -> None:
    source = (RIGHT / "neural_net.py").read_text(encoding="utf-8")
    assert _UPHILL[0] in source
    (tmp_path / "homework.py").write_text(source.replace(*_UPHILL), encoding="utf-8")
    assert check(str(tmp_path / "homework.py"), "--no-steps").statuses()[MONOLITHIC] == "fail"


def _net(**said: Status) -> Function:
    properties = tuple(
        Property(name=name, cls="correctness", status=status, examples=9)
        for name, status in said.items()
    )
    return Function(
        name=MODULAR,
        layer="fc_net",
        row=MODULAR,
        status="fail",
        file="homework.py",
        properties=properties,
    )


@pytest.mark.parametrize(
    ("net", "foreign"),
    [
        (_net(scores_match_reference="fail", loss_matches_reference="fail"), True),
        (_net(scores_match_reference="pass", loss_matches_reference="pass"), False),
        (_net(loss_of_the_whole_net="pass", gradients_of_the_whole_net="fail"), False),
        (
            _net(scores_match_reference="pass", numerical_derivative_of_the_loss="fail"),
            False,
        ),
        # Another regulariser, and gradients that are right for it.
        (
            _net(scores_match_reference="pass", numerical_derivative_of_the_loss="pass"),
            True,
        ),
    ],
)
def test_a_class_elsewhere_is_foreign_where_its_loss_is_another(
    net: Function, foreign: bool
) -> None:
    assert is_foreign(net) is foreign
