"""Inputs of layers that everybody writes to one contract, under names of their own.

A function with the arguments of a declared layer takes, most likely, what that layer takes:
``conv_forward_im2col(x, w, b, conv_param)``. Sides of images are such that windows fill them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from .inputs import Wanted, parse

_IMAGE = "x: (N, C, 2 * P + 1, 2 * Q)"
_TILED = "x: (N, C, 2 * P, 2 * Q)"
_FILTERS = "w: (F, C, 3, 2), b: (F,)"
# A padding of zero is a case of its own: x[:, :, pad:-pad] is empty.
_CONV = "conv_param: {'stride': 2, 'pad': 1} | {'stride': 1, 'pad': 0}"
_POOL = "pool_param: {'pool_height': 3, 'pool_width': 2, 'stride': 2}"
_TILES = "pool_param: {'pool_height': 2, 'pool_width': 2, 'stride': 2}"
_NORM = "gamma: (D,), beta: (D,), bn_param: {'mode': 'train', 'eps': 0.125, 'momentum': 0.9}"

NOTATIONS = (
    f"{_IMAGE}, {_FILTERS}, {_CONV}",
    f"{_IMAGE}, {_POOL}",
    f"{_TILED}, {_TILES}",
    f"x: (N, D), {_NORM}",
    f"x: (N, D, P, Q), {_NORM}",
    "x: (N, 2 * D, P, Q), gamma: (2 * D,), beta: (2 * D,), G: 2, gn_param: {'eps': 0.125}",
    "x: (N, D), gamma: (D,), beta: (D,), ln_param: {'eps': 0.125}",
    "x: (N, D), dropout_param: {'p': 0.375, 'mode': 'train', 'seed': 12}",
    f"x: (N, C, 2 * P, 2 * Q), {_FILTERS}, conv_param: {{'stride': 1, 'pad': 1}}, {_TILES}",
)
"""What the contract's functions take that have settings, in the notation of ``--inputs``."""


def as_shared(arguments: Sequence[str]) -> Iterator[Mapping[str, Wanted]]:
    """What functions of the contract with exactly these arguments take, likeliest first."""
    for text in NOTATIONS:
        if all(f"{name}: " in text for name in arguments):
            wanted = parse(text)
            if list(wanted) == list(arguments):
                yield wanted
