"""Numerical derivatives of the implementation's own forward, as three-valued verdicts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, NoReturn

import numpy as np
import numpy.typing as npt

from reference.finite_differences import Estimate, richardson

from ..spec.case import Array, Case, Run
from .asking import Questions
from .mismatch import Disagreement, Mismatch
from .subjects.functions import Probe

# Absolute steps; the values of smooth families are of order one and 1/8 away from kinks.
STEPS: npt.NDArray[np.float64] = 2.0 ** -np.arange(6.0, 16.0, 2.0)
_CERTAIN = 1e-3  # an estimate less certain than this, relative, decides nothing
_UNIT = 2.0**-53
# Shares of the steps that are tried too, where a gradient is about to be called wrong.
_CLOSER = (2.0**-8, 2.0**-20)


class Answer(Enum):
    """What a numerical derivative can say."""

    RIGHT = "right"
    WRONG = "wrong"
    UNKNOWN = "inconclusive"


@dataclass(frozen=True, kw_only=True)
class Derivative:
    """The verdict on the gradients, with the numbers of the argument that decided."""

    answer: Answer
    argument: str = ""
    got: float = 0.0
    estimate: Estimate | None = None
    direction: Array | None = None
    values: tuple[Array, Array] | None = None

    @property
    def evidence(self) -> Mapping[str, Any]:
        """Error of the plain central difference against step, and what Richardson made of it."""
        if self.values is None or self.estimate is None:
            return {}
        plus, minus = self.values
        slopes = (plus - minus) / (2.0 * STEPS)
        errors = np.abs(slopes - self.estimate.value)
        return {
            "steps_curve": {
                "steps": STEPS.tolist(),
                "errors": errors.tolist(),
                "chosen": int(np.argmin(errors)),
                "estimate": float(self.estimate.value),
                "uncertainty": float(self.estimate.error),
            }
        }


def fail_derivative(probe: Probe, answer: Derivative, case: Case) -> NoReturn:
    """Raise the mismatch of a numerical derivative."""
    assert answer.estimate is not None
    wanted, error = float(answer.estimate.value), float(answer.estimate.error)
    raise Mismatch(
        Disagreement(
            function=probe.spec.judge_of_gradients,
            sentence=(
                f"{answer.argument} along a random direction is {answer.got:.10g}, "
                f"the forward's own derivative is {wanted:.10g} ± {error:.1e}"
            ),
            oracle="numerical derivative of its own forward",
            argument=answer.argument,
            got=np.array(answer.got),
            wanted=np.array(wanted),
            tolerance=np.array(error),
            case=case,
            direction=answer.direction,
            extra=answer.evidence,
        )
    )


def judge_gradients(
    probe: Probe, case: Case, run: Run, rng: np.random.Generator
) -> Questions[Derivative]:
    """Compare ⟨gradient, v⟩ with the derivative of ⟨dout, forward⟩ along random v.

    One signed random direction for each differentiable argument; the first that is wrong decides,
    else the first that is inconclusive.
    """
    found = yield from derivatives(probe, case, run, rng)
    probe.evidence["table"] = table(found)
    for answer in (Answer.WRONG, Answer.UNKNOWN):
        for derivative in found:
            if derivative.answer is answer:
                return derivative
    return found[-1]


def derivatives(
    probe: Probe, case: Case, run: Run, rng: np.random.Generator
) -> Questions[list[Derivative]]:
    """The numerical derivative along one random direction of each differentiable argument.

    All perturbed points go to the implementation in one call. A single inconclusive answer, with
    no numbers, stands where the results cannot be compared at all. A value that is another one
    when a backward follows is a mismatch of the forward.
    """
    spec = probe.spec
    directions = {
        name: rng.standard_normal(np.shape(case.args[name])) for name in spec.differentiable
    }
    alone, scan = yield from _scan(probe, case, directions, STEPS)
    for name in spec.outputs:
        oracle = "the same call alone, without a backward after it"
        slack = probe.slack_of_value(case, alone, name)
        value = alone.outputs[name]
        if np.isfinite(value).all():
            probe.same(name, run.outputs[name], value, slack, case=case, oracle=oracle)
    if scan is None:
        return [Derivative(answer=Answer.UNKNOWN)]
    verdicts = []
    for name, direction in directions.items():
        plus, minus = scan.sides[name]
        estimate = richardson(plus, minus, STEPS, scan.noise)
        gradient = run.gradients[name]
        if gradient.size != direction.size:
            return [Derivative(answer=Answer.UNKNOWN)]
        terms = gradient.reshape(direction.shape) * direction
        # A derivative that is zero by symmetry is known relative to the function's level alone.
        size = max(float(np.abs(terms).sum()), scan.level)
        answer = decide(float(terms.sum()), size, estimate)
        if answer is Answer.WRONG and _bends(plus, minus, scan.middle, scan.noise):
            answer = Answer.UNKNOWN
        for share in _CLOSER if answer is Answer.WRONG else ():
            _, closer = yield from _scan(probe, case, {name: direction}, STEPS * share)
            if closer is None or not _agree(estimate, closer, name, STEPS * share):
                answer = Answer.UNKNOWN
        verdicts.append(
            Derivative(
                answer=answer,
                argument=f"d{name}",
                got=float(terms.sum()),
                estimate=estimate,
                direction=direction,
                values=(plus, minus),
            )
        )
    return verdicts


@dataclass(frozen=True, kw_only=True)
class _Scan:
    """⟨dout, forward⟩ on both sides of a case, by argument, for some steps.

    ``middle`` is its value at the case, ``level`` the size of its terms there, and ``noise`` what
    evaluating it twice may differ by.
    """

    sides: Mapping[str, tuple[Array, Array]]
    middle: float
    level: float
    noise: float


def _scan(
    probe: Probe, case: Case, directions: Mapping[str, Array], steps: Array
) -> Questions[tuple[Run, _Scan | None]]:
    """The run of the case alone, and the scan; None where the outputs have not dout's shapes."""
    points = [
        case.with_args(**{name: case.args[name] + sign * step * direction})
        for name, direction in directions.items()
        for sign in (1.0, -1.0)
        for step in steps
    ]
    runs = yield from probe.values([case, *points])
    weighted = [_weighted(case, probe.spec.outputs, one) for one in runs]
    first = weighted[0]
    if first is None or any(one is None for one in weighted) or not np.isfinite(first).all():
        return runs[0], None
    # In units of the last place of the terms added up.
    level = float(np.sum(np.abs(first)) + np.finfo(np.float64).tiny)
    phi = np.array([float(np.sum(one)) for one in weighted[1:] if one is not None])
    phi = phi.reshape(len(directions), 2, len(steps))
    sides = {name: (plus, minus) for name, (plus, minus) in zip(directions, phi, strict=True)}
    found = _Scan(sides=sides, middle=float(np.sum(first)), level=level, noise=64.0 * _UNIT * level)
    return runs[0], found


def _agree(estimate: Estimate, closer: _Scan, name: str, steps: Array) -> bool:
    """Whether a derivative is the same from closer by.

    Where the function turns within the first steps, as beside equal values under a small eps, their
    estimate is certain and wrong.
    """
    second = richardson(*closer.sides[name], steps, closer.noise)
    room = 10.0 * float(estimate.error + second.error)
    return bool(abs(float(second.value - estimate.value)) <= room)


def _weighted(case: Case, outputs: Sequence[str], run: Run) -> Array | None:
    """The terms of ⟨dout, out⟩ over all outputs; None where an output has not dout's shape."""
    values = [run.outputs[name] for name in outputs]
    upstreams = case.upstreams
    if not upstreams:  # a loss: one number, whatever its shape
        return np.ravel(values[0]) if values[0].size == 1 else None
    if any(v.shape != d.shape for v, d in zip(values, upstreams, strict=True)):
        return None
    return np.concatenate([np.ravel(d * v) for v, d in zip(values, upstreams, strict=True)])


def table(found: Sequence[Derivative]) -> list[dict[str, Any]]:
    """Rows of argument, ratio, difference, analytical and numerical derivative."""
    rows = []
    for derivative in found:
        if derivative.estimate is None:
            continue
        numerical = float(derivative.estimate.value)
        ratio = derivative.got / numerical if numerical else float("nan")
        rows.append(
            {
                "argument": derivative.argument,
                "ratio": float(f"{ratio:.9g}"),
                "difference": float(f"{derivative.got - numerical:.3g}"),
                "analytical": derivative.got,
                "numerical": numerical,
            }
        )
    return rows


def _bends(plus: Array, minus: Array, middle: float, noise: float) -> bool:
    """Whether the point itself lies at a kink, where a symmetric difference is no derivative.

    The difference of the one-sided slopes shrinks with the step where the function is smooth, by
    four from one step to the next; at a kink it stays what it is.
    """
    bend = np.abs(plus - 2.0 * middle + minus)[-2:]
    slopes = bend / STEPS[-2:]
    return bool(slopes[1] > 0.5 * slopes[0] and bend[1] > 4.0 * noise)


def decide(got: float, size: float, estimate: Estimate) -> Answer:
    wanted, error = float(estimate.value), float(estimate.error)
    scale = max(abs(wanted), size)
    if not (np.isfinite(wanted) and np.isfinite(error)) or error > _CERTAIN * scale:
        return Answer.RIGHT if scale == 0.0 and error == 0.0 else Answer.UNKNOWN
    slack = error + 64.0 * _UNIT * scale
    if not np.isfinite(got):
        return Answer.WRONG
    off = abs(got - wanted)
    if off <= 10.0 * slack:
        return Answer.RIGHT
    # Between ten and a hundred times the estimated error, the estimate may be at fault.
    return Answer.WRONG if off > 100.0 * slack and off > 1e-7 * scale else Answer.UNKNOWN


# To the right and to the left; exact on the grid of the kink families.
_KINK_STEPS = 2.0**-10 * np.array([1.0, 0.5, -1.0, -0.5])


@dataclass(frozen=True, kw_only=True)
class Sides:
    """The one-sided derivatives of ⟨dout, forward⟩ by each entry of an argument."""

    argument: str
    left: Array
    right: Array
    slack: Array

    def outside(self, got: Array) -> Array:
        """Which entries of a gradient lie outside them."""
        low, high = np.minimum(self.left, self.right), np.maximum(self.left, self.right)
        return np.asarray(~(np.maximum(low - got, got - high) <= self.slack))

    def another(self, got: Array) -> bool:
        """Whether a gradient takes more than the smaller of the two anywhere."""
        smaller = np.where(np.abs(self.left) < np.abs(self.right), self.left, self.right)
        return bool((np.abs(got - smaller) > self.slack).any())


def one_sided(probe: Probe, case: Case) -> Questions[list[Sides]]:
    """Move the differentiable arguments to either side, all entries at once or one by one.

    Two steps, one half of the other, are extrapolated: exact where the sides are straight, and
    where they bend the difference of the two says by how much. Empty where the forward has another
    shape than it should; the shapes are judged elsewhere.
    """
    spec = probe.spec
    assert spec.kinks is not None
    elementwise = spec.kinks.how == "elementwise"
    units = {}
    for name in spec.differentiable:
        shape = np.shape(case.args[name])
        each = np.ones((1, *shape)) if elementwise else np.eye(int(np.prod(shape)))
        units[name] = each.reshape(-1, *shape)
    points = [
        case.with_args(**{name: case.args[name] + step * unit})
        for name in units
        for step in _KINK_STEPS
        for unit in units[name]
    ]
    runs = yield from probe.values([case, *points])
    base, *moved = (run.outputs[spec.value] for run in runs)
    dout = np.ones(base.shape) if case.dout is None else case.dout
    if base.shape != dout.shape or (
        elementwise and base.shape != units[spec.differentiable[0]].shape[1:]
    ):
        return []
    level = float(np.max(np.abs(base), initial=0.0) if elementwise else np.sum(np.abs(dout * base)))
    found = []
    for name, unit in units.items():
        count = len(_KINK_STEPS) * len(unit)
        these, moved = moved[:count], moved[count:]
        rises = [dout * (value - base) for value in these]
        if not elementwise:
            rises = [np.asarray(rise.sum()) for rise in rises]
        shape = (len(_KINK_STEPS), *unit.shape[1:])
        slopes = np.array(rises).reshape(shape) / _KINK_STEPS.reshape(-1, *[1] * (len(shape) - 1))
        sides = 2.0 * slopes[1::2] - slopes[::2]
        bends = np.abs(slopes[1::2] - slopes[::2]).max(axis=0)
        right, left = sides
        slack = 2.0**-37 * (1.0 + np.abs(left) + np.abs(right) + level) + bends / 16.0
        found.append(Sides(argument=name, left=left, right=right, slack=slack))
    return found


def outside_one_sided(probe: Probe, case: Case, got: Array, sides: Sides) -> Disagreement | None:
    """The first entry of a gradient outside the one-sided derivatives, if any."""
    bad = sides.outside(got)
    if not bad.any():
        return None
    index = tuple(int(i) for i in np.argwhere(bad)[0])
    left, right = float(sides.left[index]), float(sides.right[index])
    low, high = np.minimum(sides.left, sides.right), np.maximum(sides.left, sides.right)
    return Disagreement(
        function=probe.spec.judge_of_gradients,
        sentence=(
            f"d{sides.argument}{list(index)} is {got[index]:.10g}, outside the one-sided "
            f"derivatives {left:.10g} (left) and {right:.10g} (right)"
        ),
        oracle="one-sided derivatives",
        argument=f"d{sides.argument}",
        index=index,
        got=got,
        wanted=np.clip(got, low, high),
        tolerance=sides.slack,
        case=case,
        extra={"one_sided": {"left": left, "right": right, "got": float(got[index])}},
    )
