"""Causes in a function that is made of others: the mistake of a part, carried through the rest.

affine_relu_backward is wrong when affine_backward is; the log likelihood when one of its terms is.
The catalogue's formulas of the parts, put into the composition, name such causes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from ..spec.case import Array
from . import catalogue, quantities
from .misconception import Misconception
from .observation import Observation

Value = Mapping[str, Any]
# Given one part's wrong value (function, argument -> value) or nothing, the composed value.
Compose = Callable[[Observation, "Part"], Array]


class Part:
    """Misconceptions of parts, mostly one; everything else is right."""

    def __init__(self, *misconceptions: Misconception) -> None:
        self.misconceptions = misconceptions
        self.used = False

    def value(self, function: str, argument: str, right: Any, known: Value, when: str = "") -> Any:
        """The value of an argument of a part: the wrong one where the misconception is about it."""
        for wrong in self.misconceptions:
            if (wrong.function, wrong.argument) == (function, argument) and wrong.when in (
                "",
                when,
            ):
                self.used = True
                return wrong.predict(known)
        return right


def candidates(o: Observation, argument: str) -> Iterator[tuple[Misconception, Array]]:
    """Every misconception of a part, with what the whole then returns."""
    for function, compose in _WHOLES.get((o.row, argument), ()):
        for misconception in _of_function(function):
            part = Part(misconception)
            try:
                value = compose(o, part)
            except Exception:  # shapes that do not fit
                continue
            if part.used:
                yield misconception, value


def parts_of(row: str, argument: str) -> tuple[str, ...]:
    """The functions whose mistakes show in an argument of a composition."""
    return tuple(function for function, _ in _WHOLES.get((row, argument), ()))


def together(
    o: Observation, argument: str, misconceptions: tuple[Misconception, ...]
) -> Array | None:
    """What the whole returns when all of these are made; None where none has a part in it."""
    part = Part(*misconceptions)
    for _, compose in _WHOLES.get((o.row, argument), ())[:1]:
        try:
            value = compose(o, part)
        except Exception:  # shapes that do not fit
            return None
        return value if part.used else None
    return None


def _of_function(function: str) -> tuple[Misconception, ...]:
    return tuple(m for m in catalogue.ALL if m.function == function)


# -- forwards ----------------------------------------------------------------------------------


def _affine_out(o: Observation, part: Part) -> Any:
    q = o.quantities
    return part.value("affine_forward", "out", q["pre"], q)


def _relu_out(o: Observation, part: Part, pre: Any) -> Any:
    known = quantities.relu(pre)
    return part.value("relu_forward", "out", np.maximum(pre, 0.0), known)


def _affine_relu(o: Observation, part: Part) -> Array:
    return np.asarray(_relu_out(o, part, _affine_out(o, part)))


def _normalised(o: Observation, part: Part, pre: Any) -> dict[str, Any]:
    args = o.case.args
    known = quantities.batchnorm(pre, args["gamma"], args["beta"], args["bn_param"])
    if o.when == "test":
        spread = np.sqrt(known["running_var"] + known["eps"])
        right = known["gamma"] * (pre - known["running_mean"]) / spread + known["beta"]
    else:
        right = known["out"]
    out = part.value("batchnorm_forward", "out", right, known, o.when)
    new = {
        name: part.value("batchnorm_forward", name, known[key], known, o.when)
        for name, key in (("running_mean", "new_mean"), ("running_var", "new_var"))
    }
    return {"out": out, "known": known, **new}


def _affine_batchnorm_relu(o: Observation, part: Part) -> Array:
    out = _normalised(o, part, _affine_out(o, part))["out"]
    return np.asarray(_relu_out(o, part, out))


def _running(name: str) -> Compose:
    def compose(o: Observation, part: Part) -> Array:
        return np.asarray(_normalised(o, part, _affine_out(o, part))[name])

    return compose


# -- backwards ---------------------------------------------------------------------------------


def _through_affine(name: str, o: Observation, part: Part, dout: Any) -> Array:
    args = o.case.args
    known = quantities.affine(args["x"], args["w"], args["b"], dout)
    right = {
        "dx": (dout @ args["w"].T).reshape(args["x"].shape),
        "dw": known["X"].T @ dout,
        "db": dout.sum(0),
    }[name]
    return np.asarray(part.value("affine_backward", name, right, known))


def _through_relu(o: Observation, part: Part, x: Any) -> Any:
    known = quantities.relu(x, o.case.upstream)
    return part.value("relu_backward", "dx", o.case.upstream * (x > 0), known)


def _affine_relu_gradient(name: str) -> Compose:
    def compose(o: Observation, part: Part) -> Array:
        dout = _through_relu(o, part, o.quantities["pre"])
        return _through_affine(name, o, part, dout)

    return compose


def _normalised_gradient(name: str) -> Compose:
    def compose(o: Observation, part: Part) -> Array:
        args, pre = o.case.args, o.quantities["pre"]
        out = o.quantities["bn"](pre)
        dout = _through_relu(o, part, out)
        known = quantities.batchnorm(pre, args["gamma"], args["beta"], args["bn_param"], dout)
        dxhat, xhat = known["dxhat"], known["xhat"]
        right = {
            "dx": (dxhat - dxhat.mean(0) - xhat * (dxhat * xhat).mean(0)) / known["std"],
            "dgamma": (dout * xhat).sum(0),
            "dbeta": dout.sum(0),
        }
        if name in ("dgamma", "dbeta"):
            return np.asarray(part.value("batchnorm_backward", name, right[name], known))
        dpre = part.value("batchnorm_backward", "dx", right["dx"], known)
        return _through_affine(name, o, part, dpre)

    return compose


# -- sums --------------------------------------------------------------------------------------


def _likelihood(o: Observation, part: Part) -> Array:
    q = o.quantities
    trace = part.value("trace_term", "value", -0.5 * np.trace(q["Kinv"] @ q["YY"]), q)
    right = -0.5 * q["Dd"] * q["logdetK"]
    return np.asarray(trace + part.value("log_determinant_term", "value", right, q))


def _likelihood_gradient(o: Observation, part: Part) -> Array:
    q = o.quantities
    trace = q["alpha"] * q["Kinv"] @ q["YY"] @ q["Kinv"] @ q["X"]
    determinant = -q["alpha"] * q["Dd"] * q["Kinv"] @ q["X"]
    return np.asarray(
        part.value("trace_term", "dX", trace, q)
        + part.value("log_determinant_term", "dX", determinant, q)
    )


_TERMS = ("trace_term", "log_determinant_term")
_WHOLES: dict[tuple[str, str], tuple[tuple[str, Compose], ...]] = {
    ("affine_relu", "out"): tuple(
        (function, _affine_relu) for function in ("affine_forward", "relu_forward")
    ),
    ("affine_batchnorm_relu", "out"): tuple(
        (function, _affine_batchnorm_relu)
        for function in ("affine_forward", "batchnorm_forward", "relu_forward")
    ),
    ("gplvm", "value"): tuple((function, _likelihood) for function in _TERMS),
    ("gplvm", "dX"): tuple((function, _likelihood_gradient) for function in _TERMS),
    **{
        ("affine_batchnorm_relu", name): (
            ("affine_forward", _running(name)),
            ("batchnorm_forward", _running(name)),
        )
        for name in ("running_mean", "running_var")
    },
    **{
        ("affine_relu", name): tuple(
            (function, _affine_relu_gradient(name))
            for function in ("affine_backward", "relu_backward")
        )
        for name in ("dx", "dw", "db")
    },
    **{
        ("affine_batchnorm_relu", name): tuple(
            (function, _normalised_gradient(name))
            for function in ("affine_backward", "batchnorm_backward", "relu_backward")
        )
        for name in ("dx", "dw", "db", "dgamma", "dbeta")
    },
}
