"""Windows at the borders: what none of them reaches whole, and those that see zeros alone."""

from __future__ import annotations

import numpy as np

from ..judge.asking import Questions
from ..judge.mismatch import Fault, Inconclusive, Kind, Unsuitable
from ..judge.property import check, obeys
from ..judge.subjects.functions import Probe
from ..spec.case import Case


@check(Kind.CORRECTNESS, "both", applies=obeys("rest"), weight=0.25)
def test_rest_is_left_out(probe: Probe, case: Case, rng: np.random.Generator) -> Questions[None]:
    """Less than a step of further rows and columns changes nothing, and has no gradient.

    Refusing windows that leave a rest is a matter of robustness.
    """
    spec = probe.spec
    name, options = spec.laws["rest"].split()
    more = case.args[options]["stride"] - 1
    if not more:
        raise Unsuitable
    if probe.forward_is_wrong:
        raise Inconclusive
    x = case.args[name]
    rows, columns = x.shape[2:]
    widths = ((0, 0), (0, 0), (0, more), (0, more))
    large = case.with_args(**{name: np.pad(x, widths, constant_values=1.0 + np.max(np.abs(x)))})
    first = yield from probe.run(case)
    outcomes = yield from probe.ask(probe.calls(large))
    if outcomes[0].status == "raised":
        probe.note(Kind.ROBUSTNESS, "refuses windows that leave a rest", spec.forward)
        return
    second = probe.read(large, outcomes)
    oracle = "the same image without its rest"
    value, slack = spec.value, probe.slack_of_value(case, first)
    got, wanted = second.outputs[value], first.outputs[value]
    probe.same(value, got, wanted, slack, case=large, oracle=oracle, function=spec.forward)
    dx = second.gradients[name]
    if dx.shape != large.args[name].shape:
        sentence = f"d{name} has shape {dx.shape}, wanted {large.args[name].shape}"
        probe.refuse(spec.judge_of_gradients, sentence, large)
    loose = np.zeros(dx.shape)
    loose[:, :, :rows, :columns] = probe.slack(case, first, name)
    wanted = np.pad(first.gradients[name], widths)
    probe.same(f"d{name}", dx, wanted, loose, case=large, oracle=oracle)


@check(Kind.CORRECTNESS, "both", applies=obeys("border"), weight=0.25)
def test_windows_of_zeros_alone(
    probe: Probe, case: Case, rng: np.random.Generator
) -> Questions[None]:
    """With a border as wide as a window, outputs and gradients are the reference's too.

    Refusing such a border is a matter of robustness.
    """
    spec = probe.spec
    filters, options = spec.laws["border"].split()
    if probe.forward_is_wrong:
        raise Inconclusive
    param, shape = case.args[options], case.upstream.shape
    stride, pad = param["stride"], param["pad"]
    # Whole strides: the windows fit as before, with so many more on each side.
    more = max(1, -((pad - min(case.args[filters].shape[2:])) // stride))
    wide = case.with_args(**{options: {**param, "pad": pad + more * stride}})
    wide = wide.with_dout(rng.standard_normal((*shape[:2], *(n + 2 * more for n in shape[2:]))))
    oracle = "reference, with a border as wide as a window"
    try:
        wrong = probe.wrong_value(wide, (yield from probe.value(wide)))
        if wrong is not None:
            probe.fail(spec.forward, *wrong, oracle=oracle, case=wide)
        wrong = probe.wrong_gradient(wide, (yield from probe.run(wide)))
    except Fault as fault:
        if fault.status != "raised":
            raise
        probe.note(Kind.ROBUSTNESS, "refuses a border as wide as a window", fault.function)
        return
    if wrong is not None:
        probe.fail(spec.judge_of_gradients, f"d{wrong[0]}", wrong[1], oracle=oracle, case=wide)
