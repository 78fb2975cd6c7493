"""Cases of nets: their parameters by name, and the sizes that follow from those."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from reference import nets

from ...spec.case import Array, Case
from .net_form import Form, Sizes


def params_of(case: Case) -> dict[str, Array]:
    """The parameters of a case, by name."""
    return {name: value for name, value in case.args.items() if name[-1].isdigit()}


def sizes_of(case: Case) -> Sizes:
    """What a constructor is to be told of the net of a case."""
    params = params_of(case)
    first, layers = params["W1"], nets.depth(params)
    widths = [params[f"b{k}"].size for k in range(1, layers + 1)]
    if first.ndim == 2:
        return first.shape[0], tuple(widths[:-1]), widths[-1]
    return case.args["X"].shape[1:], (widths[0], first.shape[2], *widths[1:-1]), widths[-1]


def renumbered(params: dict[str, Array], layer: int, order: Array) -> dict[str, Array]:
    """The same net with the units of a hidden layer in another order; filters are units too."""
    own, above = params[f"W{layer}"], params[f"W{layer + 1}"]
    moved = {name: params[name][order] for name in _beside(params, layer)}
    moved[f"W{layer}"] = own[order] if own.ndim == 4 else own[:, order]
    rows = above.reshape(len(order), -1, above.shape[1])  # of a filter one for each pixel
    return moved | {f"W{layer + 1}": rows[order].reshape(above.shape)}


def _beside(params: Mapping[str, Array], layer: int) -> list[str]:
    return [name for name in (f"b{layer}", f"gamma{layer}", f"beta{layer}") if name in params]


def smallest(form: Form) -> Case:
    """A small case that is nothing special."""
    x = np.array([[1.0, -0.5], [0.25, 2.0], [-1.0, 1.0]])
    shapes: tuple[tuple[int, ...], ...] = ((2, 3), (3, 2))
    if form.deep:
        shapes = ((2, 3), (3, 4), (4, 2))
    elif form.images:
        x = np.cos(np.arange(3.0 * 8.0)).reshape(3, 1, 2, 4)
        shapes = ((3, 1, 3, 3), (6, 4), (4, 2))
    args: dict[str, Any] = {"X": x, "y": np.array([0, 1, 1])}
    args |= {"reg": 0.5, "dropout": 0.0, "seed": 0}
    for k, shape in enumerate(shapes, start=1):
        args[f"W{k}"] = np.sin(np.arange(1.0, math.prod(shape) + 1.0)).reshape(shape)
        after = shape[0] if len(shape) == 4 else shape[1]
        args[f"b{k}"] = np.cos(np.arange(1.0, after + 1.0))
    return Case(args=args)
