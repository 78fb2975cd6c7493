"""Nets against numerical derivatives of their own loss, and dropout, whose masks are their own."""

from __future__ import annotations

import numpy as np

from reference import nets
from reference.finite_differences import Estimate, richardson

from ..judge.asking import Questions
from ..judge.mismatch import Disagreement, Inconclusive, Kind, Mismatch, Unsuitable
from ..judge.numerical import Answer, decide
from ..judge.property import check
from ..judge.subjects.net import NetProbe, Step
from ..judge.subjects.net_cases import params_of
from ..layers.nets import NetSpec
from ..spec.case import Array, Case
from ..spec.row import LayerSpec, Purpose

# Along directions of length one. Small, for a step over a kink makes an estimate useless.
_STEPS = 2.0 ** -np.arange(9.0, 19.0, 2.0)
_ENTRY_STEP = 2.0**-14
_MOST_ENTRIES = 24


def _modular(spec: LayerSpec) -> bool:
    return isinstance(spec, NetSpec) and not (spec.monolithic or spec.images)


@check(Kind.CORRECTNESS, "forward", rows=NetSpec, purpose=Purpose.SMOOTH, weight=0.25)
def test_numerical_derivative_of_the_loss(
    probe: NetProbe, case: Case, rng: np.random.Generator
) -> Questions[None]:
    """Each gradient is the derivative of the loss along random directions, dropout included."""
    case = probe.fit(case)
    if probe.guard is None:  # the gradient of a guarded loss is that of log p, and differs from it
        case = probe.dropping(case, rng, one_in=3)
    params = params_of(case)
    directions = {name: _unit(rng.standard_normal(value.shape)) for name, value in params.items()}
    moved = [
        params | {name: params[name] + sign * step * direction}
        for name, direction in directions.items()
        for sign in (1.0, -1.0)
        for step in _STEPS
    ]
    (base, grads), again, values = yield from _losses(probe, case, moved)
    if not np.isfinite(base) or again != base:
        raise Inconclusive  # the masks differ from pass to pass: nothing to differentiate
    noise = 64.0 * 2.0**-53 * (1.0 + abs(base))
    curves = values.reshape(len(params), 2, len(_STEPS))
    unknown = False
    for (name, direction), (plus, minus) in zip(directions.items(), curves, strict=True):
        if name not in grads or grads[name].size != direction.size:
            continue  # the property of keys and shapes speaks of it
        estimate = richardson(plus, minus, _STEPS, noise)
        terms = grads[name].reshape(direction.shape) * direction
        answer = decide(float(terms.sum()), max(float(np.abs(terms).sum()), 1e-2), estimate)
        if answer is Answer.WRONG and not _vouched(probe, case, grads):
            if not (yield from _repeats(probe, case, moved, values)):
                raise Inconclusive  # two passes had the same masks by chance, others not
            yield from _fail(probe, case, name, grads[name], float(terms.sum()), estimate)
        unknown = unknown or answer is not Answer.RIGHT
    if unknown:
        raise Inconclusive


def _repeats(
    probe: NetProbe, case: Case, moved: list[dict[str, Array]], values: Array
) -> Questions[bool]:
    """Whether the losses are the same in the opposite order: masks may change with each pass."""
    _, _, again = yield from _losses(probe, case, moved[::-1])
    return bool(np.allclose(again[::-1], values, rtol=1e-12, atol=1e-12))


def _losses(
    probe: NetProbe, case: Case, moved: list[dict[str, Array]]
) -> Questions[tuple[tuple[float, dict[str, Array]], float, Array]]:
    """Loss and gradients of a case, the loss once more, and the losses at other parameters."""
    batch: Step = ("loss", case.args["X"], case.args["y"])
    steps: list[Step] = [batch, batch]
    for params in moved:
        steps += [("set", params), batch]
    outcomes = yield from probe.play(case, steps)
    loss, grads = probe.loss(outcomes[0], case)
    if probe.is_single(loss) or any(probe.is_single(grad) for grad in grads.values()):
        raise Inconclusive  # differences of float32 losses say nothing at these steps
    again = float(probe.loss(outcomes[1], case)[0])
    values = [float(probe.loss(outcome, case)[0]) for outcome in outcomes[3::2]]
    return (float(loss), grads), again, np.array(values)


def _vouched(probe: NetProbe, case: Case, grads: dict[str, Array]) -> bool:
    """Whether the reference says that the gradients are right; a difference cannot overrule it."""
    if case.args["dropout"] > 0.0:
        return False
    return probe.differs(case, "gradients", grads, probe.options(case)) is None


def _fail(
    probe: NetProbe, case: Case, name: str, gradient: Array, got: float, estimate: Estimate
) -> Questions[None]:
    """Find the entry that is furthest off by elementwise differences, and raise the mismatch."""
    params = params_of(case)
    value = params[name]
    gradient = gradient.reshape(value.shape)
    places = list(np.ndindex(value.shape))[:_MOST_ENTRIES]
    moved = []
    for place in places:
        for sign in (1.0, -1.0):
            other = value.copy()
            other[place] += sign * _ENTRY_STEP
            moved.append(params | {name: other})
    _, _, values = yield from _losses(probe, case, moved)
    slopes = (values[0::2] - values[1::2]) / (2.0 * _ENTRY_STEP)
    off = np.abs(slopes - np.array([gradient[place] for place in places]))
    worst = int(np.argmax(off))
    wanted, error = float(estimate.value), float(estimate.error)
    raise Mismatch(
        Disagreement(
            function=probe.name,
            sentence=(
                f"the gradient of {name} along a random direction is {got:.10g}, the loss's own "
                f"derivative {wanted:.10g} ± {error:.1e}; furthest off is {name}"
                f"{list(places[worst])}: {gradient[places[worst]]:.6g} for {slopes[worst]:.6g}"
            ),
            oracle="numerical derivative of its own loss",
            argument=f"d{name}",
            got=np.array(got),
            wanted=np.array(wanted),
            tolerance=np.array(error),
            case=case,
        )
    )


@check(Kind.CORRECTNESS, "forward", rows=NetSpec, applies=_modular, weight=0.5)
def test_dropout_of_one_example(
    probe: NetProbe, case: Case, rng: np.random.Generator
) -> Questions[None]:
    """Kept units are scaled by 1 / (1 − p); the masks are read off the gradients of one example.

    With a single example the gradient of a weight is input times derivative of output, so a unit
    that was dropped shows as a row of zeros in the weights above it.
    """
    case = probe.fit(case)
    probe.need_dropout()
    if not _drops(probe, case):
        return  # the class has no dropout
    if "gamma1" in case.args:
        raise Unsuitable
    p_drop = float(rng.choice((0.25, 0.5, 0.75)))
    one = case.with_args(X=case.args["X"][:1], y=case.args["y"][:1], dropout=p_drop, reg=0.0)
    loss, grads = yield from probe.train_pass(one)
    kept = _masks(one, grads, p_drop)
    options = probe.options(one, kept=kept, p_drop=p_drop)
    probe.judge(one, "loss", loss, options)
    probe.judge(one, "gradients", grads, options)


def _masks(case: Case, grads: dict[str, Array], p_drop: float) -> list[Array]:
    """Which units each hidden layer kept; of units that are off anyway nothing shows."""
    params = params_of(case)
    masks: list[Array] = []
    for layer in range(1, nets.depth(params)):
        above = grads.get(f"W{layer + 1}")
        if above is None or above.shape != params[f"W{layer + 1}"].shape or not above.any():
            raise Unsuitable
        masks.append(np.any(above != 0.0, axis=1)[None, :])
    return masks


@check(Kind.CORRECTNESS, "forward", rows=NetSpec, applies=_modular, weight=0.1)
def test_share_of_dropped_units(
    probe: NetProbe, case: Case, rng: np.random.Generator
) -> Questions[None]:
    """A training pass drops the share of units that it was told to, within six deviations."""
    case = probe.fit(case)
    share = probe.form.kept
    if share is None or not _drops(probe, case):
        return  # the class has no dropout
    wanted = 0.25 if probe.form.keeps else 0.75
    # 400 units: a standard deviation of 0.022.
    if abs(share - wanted) > 0.13:
        sentence = (
            f"with {probe.form.dropout}=0.25 a training pass keeps {share:.3g} of 400 active "
            f"units, wanted about {wanted}"
        )
        probe.contradict("dropout", sentence, case)
    yield from ()  # what it needs was seen when the class was tried


def _drops(probe: NetProbe, case: Case) -> bool:
    """Whether there is dropout to judge; raises Mismatch where there should be and is none."""
    if probe.form.kept is not None and probe.form.kept < 1.0:
        return True
    if not probe.form.deep:  # the course's two-layer net takes the argument and ignores it
        return False
    sentence = "there is no dropout: a training pass drops no unit"
    if probe.form.batchnorm is not None:
        probe.contradict("dropout", sentence, case)
    # An earlier homework's net, which has neither yet.
    probe.note(Kind.CONVENTION, sentence)
    return False


def _unit(direction: Array) -> Array:
    return np.asarray(direction / np.linalg.norm(direction))
