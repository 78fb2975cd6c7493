"""What a composed function ought to give with the parts of the same code, right or wrong.

Where calling the parts one after the other gives what the composed function gave, it puts them
together rightly, and whatever is wrong with it is wrong with a part.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..implementation import Call, Implementation, Outcome, Ref
from ..spec.case import Array, Case
from .agreement import equal, tolerance
from .observation import Observation

_CALLS = {"affine_relu": 4, "affine_batchnorm_relu": 6, "gplvm": 2}
_ROWS = {
    "affine_relu": ("affine", "relu"),
    "affine_batchnorm_relu": ("affine", "batchnorm", "relu"),
    "gplvm": ("trace_term", "log_determinant_term"),
}


def rows_of_parts(row: str) -> frozenset[str]:
    """The rows whose functions a composed one calls."""
    return frozenset(_ROWS.get(row, ()))


def is_made_of_its_parts(
    implementation: Implementation, seen: Sequence[Observation], argument: str
) -> bool:
    """Whether calling the parts gives the same value in every case."""
    seen = [o for o in seen if argument in o.got]
    if not seen or seen[0].row not in _CALLS:
        return False
    step = _CALLS[seen[0].row]
    calls: list[Call] = []
    for o in seen:
        calls += _calls(o.row, o.case, len(calls))
    outcomes = list(implementation.run(calls))
    for i, o in enumerate(seen):
        value = _value(o.row, argument, outcomes[i * step : (i + 1) * step])
        if value is None or not equal(o.got[argument], value, tolerance(o, argument)):
            return False
    return True


def _calls(row: str, case: Case, start: int) -> list[Call]:
    args = case.args
    if row == "gplvm":
        x, y, alpha, beta = args["X"], args["Y"], args["alpha"], args["beta"]
        return [
            Call(function="trace_term", args=(x, y, alpha, beta)),
            Call(function="log_determinant_term", args=(x, y.shape[1], alpha, beta)),
        ]
    first = Call(function="affine_forward", args=(args["x"], args["w"], args["b"]))
    if row == "affine_relu":
        return [
            first,
            _of("relu_forward", Ref(start, 0)),
            Call(function="relu_backward", args=(case.dout, Ref(start + 1, 1))),
            Call(function="affine_backward", args=(Ref(start + 2, 0), Ref(start, 1))),
        ]
    param = dict(args["bn_param"])
    return [
        first,
        _of("batchnorm_forward", Ref(start, 0), args["gamma"], args["beta"], param),
        _of("relu_forward", Ref(start + 1, 0)),
        Call(function="relu_backward", args=(case.dout, Ref(start + 2, 1))),
        _of_all("batchnorm_backward", Ref(start + 3, 0), Ref(start + 1, 1)),
        Call(function="affine_backward", args=(Ref(start + 4, 0), Ref(start, 1))),
    ]


def _of(function: str, *args: Any) -> Call:
    """A call of which the value comes back, too."""
    return Call(function=function, args=args, fetch=frozenset({0}))


def _of_all(function: str, *args: Any) -> Call:
    return Call(function=function, args=args, fetch=frozenset({0, 1, 2}))


def _value(row: str, argument: str, outcomes: Sequence[Outcome]) -> Array | None:
    """An output of the whole; None where a part failed."""
    if row == "gplvm":
        place = 0 if argument == "value" else 1
        terms = [_output(outcome, place) for outcome in outcomes]
        known = [term for term in terms if term is not None]
        return np.add(*known) if len(known) == len(terms) else None
    normalised = row == "affine_batchnorm_relu"
    if argument.startswith("running_"):
        for after in (outcomes[1].args_after or {}).values():
            if isinstance(after, dict) and argument in after:
                return np.asarray(after[argument])
        return None
    if argument == "out":
        return _output(outcomes[2 if normalised else 1], 0)
    if argument in ("dgamma", "dbeta"):
        return _output(outcomes[4], 1 if argument == "dgamma" else 2)
    return _output(outcomes[-1], ("dx", "dw", "db").index(argument))


def _output(outcome: Outcome, place: int) -> Array | None:
    if outcome.status != "ok" or len(outcome.outputs) <= place:
        return None
    value = outcome.outputs[place]
    return np.asarray(value) if isinstance(value, (np.ndarray, float, int)) else None
