"""Causes of nets, rules and solvers: each misconception is told by the numbers that it gives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from properties.diagnosis.stepwise import Explainer
from properties.judge.mismatch import Disagreement
from properties.layers import captioning_account, solver_account
from properties.layers.captioning import CAPTIONING, CAPTIONS
from properties.layers.conv_net import THREE_LAYER, telling
from properties.layers.nets import FULLY_CONNECTED, MONOLITHIC, active, make_case
from properties.layers.optim import RULES
from properties.layers.optim_account import fresh_cases
from properties.layers.solver import SOLVER
from properties.spec.account import Account, Seen, changed
from properties.spec.case import Array
from properties.spec.misconception import Misconception
from properties.spec.values import Values

Given = dict[str, Any]


def of_nets(*, monolithic: bool) -> list[tuple[Given, tuple[str, ...]]]:
    """Cases of nets, with the names of what is returned beside loss and gradients."""
    found = []
    for seed, (batchnorm, keep) in enumerate(((0, 1), (0, 1), (1, 1), (1, 1), (0, 0.6), (0, 0.7))):
        if monolithic and (batchnorm or keep < 1):
            continue
        n = 1 if keep < 1 else 5
        case = make_case(Values("normal", seed), n, (4,), (3, 2), 3, bool(batchnorm))
        case = active(case) if keep < 1 else case
        params = {k: v for k, v in case.args.items() if k[-1].isdigit()}
        x = case.args["X"]
        given = {"X": x, "y": case.args["y"], "reg": 0.7, "params": params, "other": 3.0 * x + 1.0}
        names: tuple[str, ...] = ("loss_history", "labels") if monolithic else ()
        if keep < 1:
            given |= {"keep": keep, "reg": 0.0}
        found.append((given, names))
    return found


def of_solver() -> list[tuple[Given, tuple[str, ...]]]:
    hits = np.array([1, 0, 0, 1, 0, 1, 1, 1], dtype=bool)
    found: list[tuple[Given, tuple[str, ...]]] = []
    for case in solver_account.fresh_cases():
        given = {**solver_account.given_of(case), "hits": hits, "N": 8, "size": 3}
        found.append((given, ("val_acc_history",)))
    return found


def of_convolution() -> list[tuple[Given, tuple[str, ...]]]:
    found: list[tuple[Given, tuple[str, ...]]] = []
    for case in telling():
        given = {name: case.args[name] for name in ("X", "y", "reg")}
        given["params"] = {k: v for k, v in case.args.items() if k[-1].isdigit()}
        given["other"] = 3.0 * case.args["X"] + 1.0
        found.append((given, ()))
    return found


def started(account: Account, given: Given, names: Sequence[str]) -> Seen:
    """A run of the right computation, from which wrong ones are made."""
    seen = Seen(given=given, got={name: np.zeros(len(given.get("levels", "x"))) for name in names})
    if "keep" in given:
        masks = [np.array([[1.0, 0.0, 1.0]]), np.array([[1.0, 1.0]])]
        above = {f"dW{k + 2}": np.ones((mask.size, 1)) * mask.T for k, mask in enumerate(masks)}
        seen = Seen(given=given, got={**above, "scores": np.zeros((1, 3))})
    return seen


ACCOUNTS = {
    "net": (FULLY_CONNECTED.account, of_nets(monolithic=False)),
    "monolithic": (MONOLITHIC.account, of_nets(monolithic=True)),
    "convolution": (THREE_LAYER.account, of_convolution()),
    "captions": (CAPTIONING.account, [(captioning_account.given_of(c), ()) for c in CAPTIONS]),
    "solver": (SOLVER.account, of_solver()),
    **{row.name: (row.account, [(c.args, ()) for c in fresh_cases(row.rule)]) for row in RULES},
}


def runs(account: Account, cases: Any, wrong: Misconception | None) -> list[Seen]:
    """What somebody gets on some cases who believes something."""
    steps = account.steps if wrong is None else changed(account.steps, wrong)
    found = []
    for given, names in cases:
        start = started(account, given, names)
        with np.errstate(all="ignore"):
            got = {k: np.asarray(v) for k, v in account.predict(steps, start).items()}
        found.append(Seen(given=given, got=got))
    return found


def alike(a: Array, b: Array) -> bool:
    return a.shape == b.shape and bool(np.allclose(a, b, rtol=1e-9))


def about(argument: str, sentence: str = "") -> Disagreement:
    return Disagreement(function="f", sentence=sentence, oracle="reference", argument=argument)


def all_of(name: str) -> list[Misconception]:
    account, _ = ACCOUNTS[name]
    assert account is not None
    return [one for one in account.misconceptions() if one.formula]


@pytest.mark.parametrize("name", ACCOUNTS)
def test_what_is_right_has_no_cause(name: str) -> None:
    account, cases = ACCOUNTS[name]
    assert account is not None
    explainer = Explainer(account, runs(account, cases, None))
    for argument in ("loss", "dW1", "scores", "next_w", "params"):
        assert explainer.find(about(argument)) is None


@pytest.mark.parametrize(
    ("name", "wrong"),
    [pytest.param(name, one, id=f"{one.key}") for name in ACCOUNTS for one in all_of(name)],
)
def test_a_misconception_is_told_by_what_it_gives(name: str, wrong: Misconception) -> None:
    account, cases = ACCOUNTS[name]
    assert account is not None
    try:
        seen = runs(account, cases, wrong)
    except (TypeError, ValueError):
        pytest.skip("concerns other nets")
    right = runs(account, cases, None)
    different = [
        any(not alike(a.got[k], b.got[k]) for k in set(a.got) & set(b.got))
        for a, b in zip(seen, right, strict=True)
    ]
    if sum(different) < 2:
        pytest.skip("concerns other nets")
    cause = Explainer(replace(account, misconceptions=lambda: [wrong]), seen).find(about("loss"))
    assert cause is not None
    assert cause.misconception == wrong.name


def toy(*names: str) -> Account:
    """An account of two outputs, each of one step."""
    wrong = {
        "doubled": ("a", "2.0 * x"),
        "off by one": ("b", "x + 2.0"),
        "both": ("a", "2.0 * x; b = x + 3.0"),
    }
    return Account(
        steps={"a": "x", "b": "x + 1.0"},
        misconceptions=lambda: [
            Misconception(
                name=name, layer="toy", function="toy", argument=step, formula=formula, sentence=""
            )
            for name, (step, formula) in wrong.items()
            if name in names
        ],
        observe=lambda probe: [],
        predict=lambda steps, seen: {k: eval(f, {}, dict(seen.given)) for k, f in steps.items()},
    )


def toy_runs(a: str, b: str) -> list[Seen]:
    given = [{"x": np.array([1.0, 2.0])}, {"x": np.array([-3.0, 0.5])}]
    return [
        Seen(given=g, got={"a": eval(a, {}, dict(g)), "b": eval(b, {}, dict(g))}) for g in given
    ]


def found(account: Account, seen: list[Seen], argument: str) -> str | None:
    cause = Explainer(account, seen).find(about(argument))
    return None if cause is None else cause.misconception


def test_of_two_mistakes_each_is_named_where_it_shows() -> None:
    account, seen = toy("doubled", "off by one"), toy_runs("2.0 * x", "x + 2.0")
    assert found(account, seen, "a") == "doubled"
    assert found(account, seen, "b") == "off by one"


def test_a_cause_that_would_reach_further_is_not_named() -> None:
    assert found(toy("both"), toy_runs("2.0 * x", "x + 2.0"), "a") is None
    assert found(toy("both"), toy_runs("2.0 * x", "x + 1.0"), "a") is None


def test_one_run_is_not_enough() -> None:
    assert found(toy("doubled"), toy_runs("2.0 * x", "x + 1.0")[:1], "a") is None


def test_a_cause_accounts_for_the_error_itself() -> None:
    assert found(toy("doubled"), toy_runs("2.0 * x * (1 + 1e-9)", "x + 1.0"), "a") is None


def test_layers_of_the_same_code_come_first() -> None:
    seen = [
        Seen(given=s.given, got=s.got, borrowed={"a": s.got["a"]}, lenders=("f_backward",))
        for s in toy_runs("2.0 * x", "x + 1.0")
    ]
    assert found(toy("doubled"), seen, "a") == "its own f_backward"
