"""The bounds hold: for the references themselves, and for right implementations of other styles."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

from reference.bounded import SAFETY, Bounded
from reference.precision import UNIT_FLOAT32, UNIT_FLOAT64, Precision

from .cases import FAMILIES, Case
from .exact import lift
from .layers import LAYERS

PER_FAMILY = 6
# Medians of bound / true error over ordinary inputs; composed layers multiply the surplus.
WIDEST = {"affine_batchnorm_relu": 4000.0, "gplvm": 2000.0, "autoencoder": 800.0}


def _cases(name: str, family: str) -> list[Case]:
    rng = np.random.default_rng([FAMILIES.index(family), len(name)])
    return [LAYERS[name].case(rng, family) for _ in range(PER_FAMILY)]


def _rounded(case: Case) -> tuple[Case, Case]:
    """The case in float32, and the same numbers in float64."""
    floats = {k for k, v in case.items() if isinstance(v, np.ndarray) and v.dtype == np.float64}
    # Smaller than float32's smallest number would be zero everywhere.
    lifted = {
        k: case[k] * (1e270 if 0 < np.abs(case[k]).max(initial=0) < 1e-250 else 1.0) for k in floats
    }
    narrow = case | {k: lifted[k].astype(np.float32) for k in floats}
    return narrow, case | {k: narrow[k].astype(np.float64) for k in floats}


def _distance(values: Any, exact: Any) -> Any:
    values = np.asarray(values, dtype=np.float64).reshape(np.shape(exact))
    finite = np.isfinite(values)
    distance = np.abs(lift(np.where(finite, values, 0.0)) - exact)
    return np.where(finite, np.asarray(distance, dtype=np.float64), np.inf)


def _assert_within(result: Bounded, got: Any, exact: Any, factor: float, label: str) -> None:
    known = np.isfinite(result.error)
    off = _distance(got, exact)
    wrong = known & (off > factor * result.error)
    assert not wrong.any(), (
        f"{label}: off by {off[wrong][0]:.3e}, bound {result.error[wrong][0]:.3e}, "
        f"at {np.argwhere(wrong)[0]}"
    )


@pytest.mark.parametrize("unit", [UNIT_FLOAT64, UNIT_FLOAT32], ids=["float64", "float32"])
@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("name", LAYERS)
def test_bound_contains_the_error(name: str, family: str, unit: float) -> None:
    layer = LAYERS[name]
    for case in _cases(name, family):
        judged, wide = (case, case) if unit == UNIT_FLOAT64 else _rounded(case)
        exact = layer.exact(wide)
        for stable in (False, True):
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                results = layer.reference(wide, precision=Precision(unit=unit, stable=stable))
            for key, result in results.items():
                assert result.error.shape == result.value.shape == np.shape(exact[key])
                assert (result.error >= 0).all(), f"{key}: NaN or negative error"
                _assert_within(result, result.value, exact[key], 1.0, f"reference's {key}")
        results = layer.reference(wide, precision=Precision(unit=unit))
        for style in layer.styles:
            with np.errstate(all="ignore"), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                try:
                    outputs = style(judged)
                except np.linalg.LinAlgError:  # a K that this arithmetic cannot invert
                    continue
            for key, got in outputs.items():
                label = f"{style.__name__}'s {key}"
                # The checker sees the reference's value, which has used up one bound itself.
                _assert_within(results[key], got, exact[key], SAFETY - 1.0, label)


@pytest.mark.parametrize("name", LAYERS)
def test_bound_is_not_much_wider_than_the_error(name: str) -> None:
    layer = LAYERS[name]
    widths: dict[str, list[float]] = {}
    rng = np.random.default_rng(1)
    for _ in range(25):
        case = layer.case(rng, "normal")
        exact, results = layer.exact(case), layer.reference(case)
        for style in layer.styles:
            for key, got in style(case).items():
                off = _distance(got, exact[key])
                error = results[key].error
                inside = (off > 0) & np.isfinite(error)
                widths.setdefault(key, []).extend((error[inside] / off[inside]).ravel())
    for key, ratios in widths.items():
        assert np.median(ratios) < WIDEST.get(name, 400.0), key


def _well_conditioned(name: str, rng: np.random.Generator) -> Case:
    z = rng.standard_normal
    # Batchnorm takes two degrees of freedom out of a column, so it gets some examples more.
    n = int(rng.integers(6, 11)) if "batchnorm" in name else int(rng.integers(2, 11))
    d, m = (int(side) for side in rng.integers(2, 11, 2))
    features = d if name == "batchnorm" else m
    normalisation = {
        "gamma": z(features),
        "beta": z(features),
        "eps": 1e-5,
        "momentum": 0.9,
        "running_mean": z(features),
        "running_var": rng.uniform(0.5, 2, features),
    }
    affine = {"x": z((n, d)), "w": z((d, m)), "b": z(m), "dout": z((n, m))}
    if name in ("softmax", "svm"):
        return {"x": z((n, d)), "y": rng.integers(0, d, n)}
    if name == "autoencoder":
        return {"W": z((m, d)), "x": z((n, d))}
    if name == "gplvm":
        return {"X": z((n, min(d, 4))), "Y": z((n, m)), "alpha": 1.3, "beta": 2.0}
    if name == "batchnorm":
        return {"x": z((n, d)), "dout": z((n, d))} | normalisation
    return affine if name.startswith("affine_relu") or name == "affine" else affine | normalisation


@pytest.mark.parametrize("name", LAYERS)
def test_one_wrong_entry_is_seen(name: str) -> None:
    """A relative 1e-12 in one entry (1e-9 where the condition is in the way) is beyond 4 bounds."""
    layer = LAYERS[name]
    harder = ("affine_relu", "affine_batchnorm_relu", "autoencoder", "gplvm")
    relative = 1e-9 if name in harder else 1e-12
    for gradient in layer.gradients:
        seen, tries = 0, 0
        for seed in range(200):
            rng = np.random.default_rng(seed)
            result = layer.reference(_well_conditioned(name, rng))[gradient]
            entry = rng.integers(result.value.size)
            value, error = result.value.flat[entry], result.error.flat[entry]
            if value == 0.0:  # a closed gate: nothing to be off by a relative amount
                continue
            tries += 1
            seen += bool(relative * abs(value) > SAFETY * error)
        assert seen >= 0.95 * tries, f"{gradient}: {seen} of {tries}"
