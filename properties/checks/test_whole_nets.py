"""Nets that are judged by their loss: those of captions."""

from __future__ import annotations

import numpy as np

from ..judge.asking import Questions
from ..judge.compare import same_but_for_ones
from ..judge.mismatch import Kind, Unsuitable
from ..judge.property import check
from ..judge.subjects.whole_net import WholeNetProbe
from ..layers.captioning import WholeNetSpec
from ..spec.case import Case


def _fits(probe: WholeNetProbe, case: Case) -> None:
    variant = probe.row.variant(case)
    for lacking in probe.lacks:
        probe.note(Kind.ROBUSTNESS, f"has no {lacking}")
    if variant in probe.lacks:
        raise Unsuitable


@check(Kind.CORRECTNESS, "forward", rows=WholeNetSpec, weight=0.5, oracle=True)
def test_loss_of_the_whole_net(
    probe: WholeNetProbe, case: Case, rng: np.random.Generator
) -> Questions[None]:
    """The loss is the reference's, of the layers one after the other."""
    _fits(probe, case)
    first, *_ = yield from probe.play(case, 1)
    probe.judge(case, probe.loss(first, case), "loss")


@check(Kind.CORRECTNESS, "forward", rows=WholeNetSpec, oracle=True)
def test_gradients_of_the_whole_net(
    probe: WholeNetProbe, case: Case, rng: np.random.Generator
) -> Questions[None]:
    """The gradient of every parameter is the reference's."""
    _fits(probe, case)
    first, *_ = yield from probe.play(case, 1)
    probe.judge(case, probe.loss(first, case), *(f"d{name}" for name in probe.row.parameters))


@check(Kind.CORRECTNESS, "forward", rows=WholeNetSpec, weight=0.25)
def test_parameters_of_the_whole_net(
    probe: WholeNetProbe, case: Case, rng: np.random.Generator
) -> Questions[None]:
    """A new net has the contract's parameters in its sizes; of all it has there are gradients."""
    _fits(probe, case)
    made = yield from probe.initial(case)
    for name, value in probe.parameters(case).items():
        if name not in made:
            probe.contradict(name, f"params has no {name}; it has {', '.join(made)}", case)
        if not same_but_for_ones(np.shape(made[name]), value.shape):
            sentence = f"params[{name!r}] has shape {np.shape(made[name])}, wanted {value.shape}"
            probe.contradict(name, sentence, case)
        if name[0] == "W" and value.size > 1 and np.ptp(made[name]) == 0.0:
            probe.contradict(name, f"weights are all alike: params[{name!r}]", case)
    first, *_ = yield from probe.play(case, 1)
    probe.loss(first, case)
    for name in made.keys() - probe.get(first)[1].keys():
        # A parameter of no layer has none either: the solver asks for the gradient of each.
        probe.contradict(f"d{name}", f"there is no gradient of {name}", case)


@check(Kind.CORRECTNESS, "forward", rows=WholeNetSpec, weight=0.1)
def test_second_loss_is_the_first(
    probe: WholeNetProbe, case: Case, rng: np.random.Generator
) -> Questions[None]:
    """A second call gives the same loss and gradients, and neither changes a parameter."""
    _fits(probe, case)
    first, second, params = yield from probe.play(case, 2)
    one, two = probe.loss(first, case), probe.loss(second, case)
    for name, wanted in one.items():
        slack = 1e-9 * max(float(np.max(np.abs(a), initial=0.0)) for a in one.values())
        probe.same(name, two[name], wanted, slack, case=case, oracle="the first call")
    after = dict(probe.get(params)[0])
    for name, value in probe.parameters(case).items():
        probe.same(
            name, np.asarray(after[name]), value, 0.0, case=case, oracle="the parameters before"
        )
