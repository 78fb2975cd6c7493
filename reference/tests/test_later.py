"""The later layers against 60 digits and complex step, and against other styles."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

from reference.bounded import SAFETY, Bounded
from reference.precision import FLOAT32, FLOAT64, Precision

from .cases import Case
from .exact import lift
from .formulas import NUMPY, exact_gradients, exact_value
from .later import LATER, Later

FAMILIES = ("normal", "dyadic", "wide", "offset", "constant", "small", "single")
PER_FAMILY = 2


def _case(layer: Later, rng: np.random.Generator, family: str, precision: Precision) -> Any:
    """Arguments and upstream derivatives, as numbers that the judged arithmetic can hold."""
    case = layer.case(rng, family)
    out = exact_value(layer.formula, case)
    outs = out if isinstance(out, tuple) else (out,)
    upstream = [rng.standard_normal(np.shape(o)) if np.ndim(o) else np.float64(1.0) for o in outs]
    if precision.short:
        case = {k: _short(v) for k, v in case.items()}
        upstream = [_short(u) for u in upstream]
    return case, upstream


def _short(value: Any) -> Any:
    if isinstance(value, np.ndarray) and value.dtype == np.float64:
        return value.astype(np.float32).astype(np.float64)
    return float(np.float32(value)) if isinstance(value, float) else value


def _judged(value: Any, precision: Precision) -> Any:
    floats = isinstance(value, np.ndarray) and value.dtype == np.float64
    return value.astype(np.float32) if floats and precision.short else value


def _reference(
    layer: Later, case: Case, upstream: list[Any], precision: Precision
) -> dict[str, Bounded]:
    out = layer.forward(**case, **layer.fixed, precision=precision)
    outs = out if isinstance(out, tuple) else (out,)
    found = {name.replace("d", "", 1): o for name, o in zip(layer.upstream, outs, strict=True)}
    given = dict(zip(layer.upstream, upstream, strict=True)) if np.ndim(upstream[0]) else {}
    gradients = layer.vjp(**given, **case, precision=precision)
    gradients = gradients if isinstance(gradients, tuple) else (gradients,)
    return found | dict(zip(layer.names, gradients, strict=True))


def _exact(layer: Later, case: Case, upstream: list[Any]) -> dict[str, Any]:
    out = exact_value(layer.formula, case)
    outs = out if isinstance(out, tuple) else (out,)
    found = {name.replace("d", "", 1): o for name, o in zip(layer.upstream, outs, strict=True)}
    return found | exact_gradients(layer.formula, case, layer.names, upstream)


def _assert_within(result: Bounded, got: Any, exact: Any, factor: float, label: str) -> None:
    got = np.asarray(got, dtype=np.float64).reshape(np.shape(exact))
    finite = np.isfinite(got)
    exact = np.asarray(exact)
    off = np.asarray(np.abs(lift(np.where(finite, got, 0.0)) - exact), dtype=np.float64)
    off = np.where(finite, off, np.inf)
    resolution = 1e-40 * np.abs(result.value)  # of 60 digits and a complex step
    wrong = np.isfinite(result.error) & (off > factor * result.error + resolution)
    wrong &= exact == exact  # what was not differentiated is NaN
    assert not wrong.any(), (
        f"{label}: off by {off[wrong][0]:.3e}, bound {result.error[wrong][0]:.3e}, "
        f"wanted {float(np.asarray(exact)[wrong][0]):.3e} at {np.argwhere(wrong)[0]}"
    )


@pytest.mark.parametrize("precision", [FLOAT64, FLOAT32], ids=["float64", "float32"])
@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("name", LATER)
def test_bound_contains_the_error(name: str, family: str, precision: Precision) -> None:
    layer = LATER[name]
    rng = np.random.default_rng([FAMILIES.index(family), len(name), precision.short])
    for _ in range(PER_FAMILY):
        case, upstream = _case(layer, rng, family, precision)
        exact = _exact(layer, case, upstream)
        for stable in (True, False):
            judged = Precision(unit=precision.unit, stable=stable)
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                results = _reference(layer, case, upstream, judged)
            for key, result in results.items():
                assert result.error.shape == result.value.shape == np.shape(exact[key]), key
                assert (result.error >= 0).all(), f"{key}: NaN or negative error"
                _assert_within(result, result.value, exact[key], 1.0, f"reference's {key}")
        short = {k: _judged(v, precision) for k, v in case.items()}
        with np.errstate(all="ignore"):
            outs = layer.formula(NUMPY, **short)
            outs = outs if isinstance(outs, tuple) else (outs,)
            keys = [name.replace("d", "", 1) for name in layer.upstream]
            others: list[tuple[str, dict[str, Any]]] = [
                ("textbook", dict(zip(keys, outs, strict=True)))
            ]
            judged_upstream = [_judged(u, precision) for u in upstream if np.ndim(u)]
            named = dict(zip(layer.upstream, judged_upstream, strict=False))
            others += [(style.__name__, style(**short, **named)) for style in layer.styles]
        for label, got in others:
            for key, value in got.items():
                # The checker sees the reference's value, which has used up one bound itself.
                _assert_within(results[key], value, exact[key], SAFETY - 1.0, f"{label}'s {key}")


@pytest.mark.parametrize("name", LATER)
def test_one_wrong_entry_is_seen(name: str) -> None:
    """A relative 1e-10 in any of the larger entries is beyond four bounds."""
    layer = LATER[name]
    seen, tries = 0, 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        case = layer.case(rng, "normal")
        outs = layer.forward(**case, **layer.fixed)
        outs = outs if isinstance(outs, tuple) else (outs,)
        upstream = [rng.standard_normal(out.shape) for out in outs]
        results = _reference(layer, case, upstream, FLOAT64)
        for key in set(layer.names) - set(layer.cancelling):
            value, error = results[key].value, results[key].error
            large = np.abs(value) >= 0.1 * np.abs(value).max(initial=0.0)
            large &= value != 0.0
            if value.size >= 3 and large.any():
                tries += 1
                seen += bool((1e-10 * np.abs(value) > SAFETY * error)[large].all())
    assert seen >= 0.95 * tries, f"{seen} of {tries}"
