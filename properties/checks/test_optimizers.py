"""The update rules against their formulas, step by step, and what they obey."""

from __future__ import annotations

import numpy as np

from ..implementation import Call, Ref
from ..judge.asking import Questions
from ..judge.mismatch import Kind
from ..judge.property import check
from ..layers.optim import RuleProbe, RuleSpec
from ..spec.case import Case

_DESCENT_STEPS = 40


@check(Kind.CORRECTNESS, "forward", rows=RuleSpec, oracle=True)
def test_one_step_matches_formula(
    probe: RuleProbe, case: Case, rng: np.random.Generator
) -> Questions[None]:
    """One step from no state is that of the formula, Adam's bias correction at t = 1 included."""
    yield from probe.judge_steps(case.with_args(dw=case.args["dw"][:1]))


@check(Kind.CORRECTNESS, "forward", rows=RuleSpec, oracle=True)
def test_steps_match_formula(
    probe: RuleProbe, case: Case, rng: np.random.Generator
) -> Questions[None]:
    """Several steps follow the formula when each is handed the config that the last returned."""
    yield from probe.judge_steps(case)


@check(Kind.CORRECTNESS, "forward", rows=RuleSpec, weight=0.25)
def test_descends_on_a_quadratic(
    probe: RuleProbe, case: Case, rng: np.random.Generator
) -> Questions[None]:
    """Along its own gradients a rule lowers ½ ‖w‖² from its start."""
    # Small enough for every rule: adam moves by its rate each step, momentum by ten times.
    w = rng.choice((-1.0, 1.0), 3) * rng.uniform(1.0, 2.0, 3)
    config = {"learning_rate": 0.02}
    calls: list[Call] = []
    for t in range(_DESCENT_STEPS):
        # The gradient of ½ ‖w‖² is w itself.
        at = w if t == 0 else Ref(t - 1, 0)
        carried = config if t == 0 else Ref(t - 1, 1)
        last = t == _DESCENT_STEPS - 1
        fetch = frozenset({0} if last else ())
        calls.append(Call(probe.name, (at, at, carried), fetch=fetch))
    outcomes = yield from probe.ask(calls)
    end = np.asarray([probe.get(outcome) for outcome in outcomes][-1][0], dtype=np.float64)
    start = case.with_args(w=w, dw=np.array([w]), config=config)
    before, after = 0.5 * float(w @ w), 0.5 * float(end.ravel() @ end.ravel())
    if not after < before:
        probe.contradict(
            "next_w",
            f"went uphill: ½ ‖w‖² is {after:.6g} after {_DESCENT_STEPS} steps along its gradient, "
            f"{before:.6g} before",
            start,
        )


@check(Kind.ROBUSTNESS, "forward", rows=RuleSpec, weight=0.25)
def test_rule_leaves_its_arguments_alone(
    probe: RuleProbe, case: Case, rng: np.random.Generator
) -> Questions[None]:
    """A rule changes neither w nor dw; config is there to be changed."""
    outcomes = yield from probe.ask(probe.calls_of(case, observe=True))
    names = {0: "w", 1: "dw"}
    for outcome in outcomes:
        probe.get(outcome)
        changed = sorted({names[place] for place in outcome.changed if place in names})
        if changed:
            sentence = f"changes {' and '.join(changed)} in place"
            probe.refuse_all([(probe.name, sentence)], case)


@check(Kind.CORRECTNESS, "forward", rows=RuleSpec, weight=0.25)
def test_config_none_means_defaults(
    probe: RuleProbe, case: Case, rng: np.random.Generator
) -> Questions[None]:
    """No config, None and an empty config give the step of the defaults."""
    first = case.with_args(dw=case.args["dw"][:1], config={})
    w, dw = first.args["w"], first.args["dw"][0]
    calls = [
        Call(probe.name, (w, dw, {})),
        Call(probe.name, (w, dw)),
        Call(probe.name, (w, dw, None)),
    ]
    results = [np.asarray(probe.get(outcome)[0]) for outcome in (yield from probe.ask(calls))]
    for other, words in zip(results[1:], ("without a config", "with config None"), strict=True):
        if not np.array_equal(results[0], other):
            probe.contradict("config", f"a step {words} differs from one with the defaults", first)
