"""Nets against reference maths, and what holds of every net."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from reference import nets

from ..judge.asking import Questions
from ..judge.mismatch import Inconclusive, Kind, Unsuitable
from ..judge.property import check
from ..judge.subjects.net import NetProbe, Step
from ..judge.subjects.net_cases import params_of, renumbered, sizes_of
from ..layers.nets import NetSpec
from ..spec.case import Array, Case

_SCALES = ("weight_scale", "std")
# Sizes at which a standard deviation is known to some percent.
_LARGE = (30, (30,), 30)
_LARGE_DEEP = (30, (30, 30), 30)
_LARGE_IMAGES = ((3, 8, 8), (10, 5, 30), 30)


@check(Kind.CORRECTNESS, "forward", rows=NetSpec, weight=0.25)
def test_parameters_of_the_net(
    probe: NetProbe, case: Case, rng: np.random.Generator
) -> Questions[None]:
    """A new net has the contract's parameters in its sizes: small weights, zero biases.

    The weights grow in proportion to ``weight_scale``, and have both signs. That they start at a
    scale of their own is a convention.
    """
    case = probe.fit(case)
    probe.note_form()
    # Not the parameters of the case: those that the constructor made.
    made = yield from probe.initial(sizes_of(case), batchnorm="gamma1" in case.args)
    wanted = params_of(case)
    for name, value in wanted.items():
        if name not in made:
            probe.contradict(name, f"params has no {name}; it has {', '.join(made)}", case)
        shape = np.shape(probe.form.theirs({name: value})[name])
        free = name[0] == "b" and np.ndim(made[name]) == 0  # a number: it becomes an array
        if np.shape(made[name]) not in (shape, (1, *shape)) and not free:
            sentence = f"params[{name!r}] has shape {np.shape(made[name])}, wanted {shape}"
            probe.contradict(name, sentence, case)
        if name[0] != "W":
            start = 1.0 if name.startswith("gamma") else 0.0
            if not np.all(made[name] == start):
                probe.contradict(name, f"params[{name!r}] does not start as {start:g}s", case)
    if scale := next((one for one in _SCALES if one in probe.form.options), ""):
        yield from _scale(probe, case, scale)


def _scale(probe: NetProbe, case: Case, scale: str) -> Questions[None]:
    """What the weights of two larger nets say, of which the second asks for twice the scale."""
    seed = case.args["seed"]
    once: dict[str, Any] = {scale: 0.25}
    twice: dict[str, Any] = {scale: 0.5}
    form = probe.form
    sizes = _LARGE_IMAGES if form.images else _LARGE_DEEP if form.deep else _LARGE
    single = yield from probe.initial(sizes, seed=seed, **once)
    double = yield from probe.initial(sizes, seed=seed, **twice)
    for name, weights in single.items():
        if name[0] != "W":
            continue
        before, after = (float(np.sqrt(np.mean(np.square(w)))) for w in (weights, double[name]))
        if before == 0.0 or np.min(weights) >= 0.0 or np.max(weights) <= 0.0:
            sentence = f"weights of one sign: params[{name!r}]; wanted normal ones"
            probe.contradict(name, sentence, case)
        growth = after / before
        if not (1.6 < growth < 2.5 or 0.8 < growth < 1.25):
            sentence = f"weights grow {growth:.3g} times for twice {scale}: params[{name!r}]"
            probe.contradict(name, sentence, case)
        if not 0.8 < after / 0.5 < 1.25:
            probe.note(Kind.CONVENTION, f"weights start at a scale of their own, not {scale}")


@check(Kind.CORRECTNESS, "forward", rows=NetSpec)
def test_scores_match_reference(
    probe: NetProbe, case: Case, rng: np.random.Generator
) -> Questions[None]:
    """Test-mode scores are the reference's; with batchnorm, after some training passes."""
    case = probe.fit(case)
    args = case.args
    params = params_of(case)
    normalised = "gamma1" in args
    batches = [args["X"] + rng.standard_normal(args["X"].shape) for _ in range(2 * normalised)]
    steps = [("loss", x, args["y"]) for x in batches]
    outcome = (yield from probe.play(case, [*steps, ("scores", args["X"])]))[-1]
    options = probe.options(case)
    statistics = nets.running(batches, params, options=options) if normalised else None
    oracle = "reference, in test mode after two training passes" if normalised else "reference"
    options = probe.options(case, running=statistics)
    probe.judge(case, "scores", probe.scores(outcome, case), options, oracle)


@check(Kind.CORRECTNESS, "forward", rows=NetSpec, oracle=True)
def test_loss_matches_reference(
    probe: NetProbe, case: Case, rng: np.random.Generator
) -> Questions[None]:
    """The loss in train mode is mean cross-entropy + ½ reg Σ ‖W‖²."""
    case = probe.fit(case)
    loss, _ = yield from probe.train_pass(case)
    probe.judge(case, "loss", loss, probe.options(case))


@check(Kind.CORRECTNESS, "forward", rows=NetSpec, weight=2.0, oracle=True)
def test_gradients_match_reference(
    probe: NetProbe, case: Case, rng: np.random.Generator
) -> Questions[None]:
    """The gradient of every parameter is the reference's."""
    case = probe.fit(case)
    _, grads = yield from probe.train_pass(case)
    probe.judge(case, "gradients", grads, probe.options(case))


@check(Kind.CORRECTNESS, "forward", rows=NetSpec, weight=0.25)
def test_every_parameter_has_a_gradient(
    probe: NetProbe, case: Case, rng: np.random.Generator
) -> Questions[None]:
    """The dict of gradients has the keys of params, and their shapes."""
    case = probe.fit(case)
    batch = ("loss", case.args["X"], case.args["y"])
    held, passed = yield from probe.play(case, [("params",), batch])
    _, grads = probe.loss(passed, case)
    params = params_of(case)
    own = set(probe.get(held)[0])
    for name in sorted(own):
        # A parameter of no layer has none either: the solver asks for the gradient of each.
        if name not in grads and not probe.monolithic:
            probe.contradict(f"d{name}", f"the dict of gradients has no {name}", case)
    for name, value in probe.form.theirs(params).items():
        if name not in grads:
            probe.contradict(f"d{name}", f"the dict of gradients has no {name}", case)
        shape = np.shape(probe.form.ours(name, value))
        got = grads[name].shape
        if got != shape and got not in ((1, *shape), shape[1:] if shape[:1] == (1,) else shape):
            sentence = f"the gradient of {name} has shape {got}, wanted {shape}"
            probe.contradict(f"d{name}", sentence, case, got=grads[name], wanted=params[name])
    extra = sorted(set(grads) - own)
    if extra:
        probe.note(Kind.ROBUSTNESS, f"the dict of gradients also has {', '.join(extra)}")


@check(Kind.CORRECTNESS, "forward", rows=NetSpec, weight=0.5)
def test_regularisation_is_half_the_squared_norm(
    probe: NetProbe, case: Case, rng: np.random.Generator
) -> Questions[None]:
    """Two losses at two regs differ by ½ Δreg Σ ‖W‖², their gradients by Δreg W; no biases."""
    case = probe.fit(case)
    args = case.args
    low, high = case.with_args(reg=0.0), case.with_args(reg=1.0)
    batch = ("loss", args["X"], args["y"])
    [[first], [second]] = yield from probe.play_many([(low, [batch]), (high, [batch])])
    (loss0, grads0), (loss1, grads1) = probe.loss(first, low), probe.loss(second, high)
    params = params_of(case)
    weights = {name: value for name, value in params.items() if name.startswith("W")}
    factors = {name: probe.regs if name in weights else 0.0 for name in params}
    wanted = {name: factors[name] * value for name, value in params.items()}
    squares = sum(float((w * w).sum()) for w in weights.values())
    wanted["loss"] = np.asarray(0.5 * probe.regs * squares)
    before, after = {"loss": loss0, **grads0}, {"loss": loss1, **grads1}

    options = probe.options(high)
    slack = probe.rounding(high, "loss", loss1, options)
    slack |= probe.rounding(high, "gradients", loss1, options)
    for name in ("loss", *params):
        if name not in before or name not in after or before[name].shape != after[name].shape:
            continue
        probe.same(
            name if name == "loss" else f"d{name}",
            np.asarray(after[name] - before[name]),
            wanted[name],
            slack[name],
            case=high,
            oracle="the difference of two regularisations",
        )


@check(Kind.CORRECTNESS, "forward", rows=NetSpec, weight=0.5)
def test_scores_do_not_depend_on_the_batch(
    probe: NetProbe, case: Case, rng: np.random.Generator
) -> Questions[None]:
    """In test mode an example has the same scores alone as among others, dropout or not."""
    case = probe.fit(case)
    case = probe.dropping(case, rng, one_in=2)
    x = case.args["X"]
    alone = [("scores", x[i : i + 1]) for i in range(len(x))]
    trained = _trained(case)
    outcomes = (yield from probe.play(case, [*trained, ("scores", x), *alone]))[len(trained) :]
    together = probe.scores(outcomes[0], case)
    parts = np.concatenate([probe.scores(outcome, case) for outcome in outcomes[1:]])
    slack = _slack_of_scores(probe, case, together)
    oracle = "the same examples one by one"
    probe.same("scores", together, parts, slack, case=case, oracle=oracle)


@check(Kind.CORRECTNESS, "forward", rows=NetSpec, weight=0.5)
def test_test_mode_keeps_the_state(
    probe: NetProbe, case: Case, rng: np.random.Generator
) -> Questions[None]:
    """A test pass on other examples changes neither the scores that follow nor the next loss."""
    case = probe.fit(case)
    case = probe.dropping(case, rng, one_in=2)
    x = case.args["X"]
    other = 3.0 * rng.standard_normal((4, *x.shape[1:])) + 1.0
    # Several passes: what each changes in a last bit adds up until it shows.
    between = [("scores", other)] * 6
    outcomes = yield from probe.play(
        case, [*_trained(case), ("scores", x), *between, ("scores", x)]
    )
    first = -2 - len(between)
    before, after = probe.scores(outcomes[first], case), probe.scores(outcomes[-1], case)
    oracle = "the same test pass before one on other examples"
    slack = _slack_of_scores(probe, case, before)
    probe.same("scores", after, before, slack, case=case, oracle=oracle)
    if "gamma1" in case.args and not np.array_equal(before, after):
        probe.note(Kind.ROBUSTNESS, "a test pass changes the last bits of its running statistics")


@check(Kind.CORRECTNESS, "forward", rows=NetSpec, weight=0.5)
def test_train_and_test_scores_agree(
    probe: NetProbe, case: Case, rng: np.random.Generator
) -> Questions[None]:
    """Without dropout and batchnorm the loss is the cross-entropy of the test-mode scores."""
    case = probe.fit(case)
    if "gamma1" in case.args:
        raise Unsuitable
    x, y = case.args["X"], case.args["y"]
    outcomes = yield from probe.play(case, [("scores", x), ("loss", x, y)])
    scores = np.asarray(probe.scores(outcomes[0], case), dtype=np.float64)
    loss, _ = probe.loss(outcomes[1], case)
    if scores.ndim != 2 or len(scores) != len(y) or scores.shape[1] <= int(y.max()):
        raise Inconclusive  # the scores have another shape, and are told so
    options = probe.options(case)
    wanted = nets.cross_entropy(scores, y, options) + nets.penalty(params_of(case), options)
    slack = probe.rounding(case, "loss", loss, options)["loss"]
    oracle = "cross-entropy of its own test-mode scores"
    probe.same("loss", loss, wanted.value, slack, case=case, oracle=oracle)


@check(Kind.CORRECTNESS, "forward", rows=NetSpec, weight=0.25)
def test_permuting_hidden_units(
    probe: NetProbe, case: Case, rng: np.random.Generator
) -> Questions[None]:
    """Numbering the units of a hidden layer otherwise changes no score."""
    case = probe.fit(case)
    params = params_of(case)
    layer = int(rng.integers(1, nets.depth(params)))
    order = rng.permutation(params[f"b{layer}"].size)
    turned = renumbered(params, layer, order)
    x = case.args["X"]
    [[first], [second]] = yield from probe.play_many(
        [(case, [("scores", x)]), (case.with_args(**turned), [("scores", x)])]
    )
    before, after = probe.scores(first, case), probe.scores(second, case)
    slack = _slack_of_scores(probe, case, before, trained=False)
    oracle = f"hidden layer {layer} in the order {order.tolist()}"
    probe.same("scores", after, before, slack, case=case, oracle=oracle)


@check(Kind.CORRECTNESS, "forward", rows=NetSpec, weight=0.25)
def test_initial_loss_is_log_of_classes(
    probe: NetProbe, case: Case, rng: np.random.Generator
) -> Questions[None]:
    """A net with minute weights and zero biases cannot tell: its loss is log C."""
    case = probe.fit(case)
    small = {
        name: 1e-9 * value if name[0] == "W" else np.zeros(value.shape)
        for name, value in params_of(case).items()
        if not name.startswith("gamma")
    }
    start = case.with_args(reg=0.0, **small)
    loss, _ = yield from probe.train_pass(start)
    wanted = np.asarray(np.log(sizes_of(case)[2]))
    options = probe.options(start)
    off = probe.truth(start, "loss", options)["loss"].value - wanted
    slack = probe.rounding(start, "loss", loss, options)["loss"] + np.abs(off)
    probe.same("loss", loss, wanted, slack, case=start, oracle="log of the number of classes")


@check(Kind.CORRECTNESS, "forward", rows=NetSpec, weight=0.25)
def test_loss_leaves_params_alone(
    probe: NetProbe, case: Case, rng: np.random.Generator
) -> Questions[None]:
    """Neither a test nor a training pass changes the parameters."""
    case = probe.fit(case)
    x, y = case.args["X"], case.args["y"]
    steps = [("params",), ("scores", x), ("params",), ("loss", x, y), ("params",)]
    outcomes = yield from probe.play(case, steps)
    before = probe.get(outcomes[0])[0]
    for outcome, passed in ((outcomes[2], "loss(X)"), (outcomes[4], "loss(X, y)")):
        after = probe.get(outcome)[0]
        for name in before:
            if name not in after or not _unchanged(before[name], after[name]):
                probe.contradict(str(name), f"{passed} changes params[{name!r}]", case)


def _trained(case: Case) -> list[Step]:
    """One training pass; none where masks would decide what batchnorm's statistics are."""
    masked = "gamma1" in case.args and case.args["dropout"] > 0.0
    return [] if masked else [("loss", case.args["X"], case.args["y"])]


def _slack_of_scores(probe: NetProbe, case: Case, got: Array, *, trained: bool = True) -> Array:
    """How far two test passes may differ, by default after those of `_trained`."""
    params = params_of(case)
    batches = [step[1] for step in _trained(case)] if trained else []
    options = probe.options(case)
    statistics = nets.running(batches, params, options=options) if "gamma1" in params else None
    options = replace(options, running=statistics)
    return probe.rounding(case, "scores", got, options)["scores"]


def _unchanged(before: object, after: object) -> bool:
    # Placeholders may be anything: np.empty holds what was there, a NaN too.
    a, b = np.asarray(before), np.asarray(after)
    return np.array_equal(a, b, equal_nan=a.dtype.kind == b.dtype.kind == "f")
