"""Arguments that no number can be: a context, a generator, layers, a function of the target."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

MARK = "<supplied: "
_SEED = 3


class Context:
    """What a static forward keeps for its backward, as ``torch.autograd.Function`` does it."""

    def __init__(self) -> None:
        self.saved_tensors: tuple[Any, ...] = ()
        self.needs_input_grad = (True,) * 20

    def save_for_backward(self, *values: Any) -> None:
        """Keep values, under the names that are in use."""
        self.saved_tensors = values

    saved_values = saved_variables = property(lambda self: self.saved_tensors)

    def mark_non_differentiable(self, *values: Any) -> None:
        """Nothing is to be done."""

    mark_dirty = set_materialize_grads = mark_non_differentiable


class Mix:
    """A layer whose outputs depend on two inputs each, ``x[i] + x[i + 1] / 2`` along a row."""

    def forward(self, x: Any) -> Any:
        """Give the outputs."""
        return x + 0.5 * np.concatenate([x[..., 1:], x[..., :1]], -1)

    def backward(self, grad: Any) -> Any:
        """Give the derivative with respect to the inputs."""
        return grad + 0.5 * np.concatenate([grad[..., -1:], grad[..., :-1]], -1)

    __call__ = forward


class Squash:
    """A layer that takes the hyperbolic tangent; its order beside a `Mix` matters."""

    def forward(self, x: Any) -> Any:
        """Give the outputs."""
        self._y = np.tanh(x)
        return self._y

    def backward(self, grad: Any) -> Any:
        """Give the derivative with respect to the inputs."""
        return grad * (1.0 - self._y**2)

    __call__ = forward


def is_supplied(value: Any) -> bool:
    """Whether a value is a text that stands for an object."""
    return isinstance(value, str) and value.startswith(MARK)


def supplied(value: Any, resolve: Callable[[str], Any]) -> Any:
    """Make what a text such as ``<supplied: context>`` stands for; anything else is what it is.

    Parameters
    ----------
    resolve
        Gives a function or class of the target by its name.
    """
    if not is_supplied(value):
        return value
    kind, _, name = value[len(MARK) : -1].partition(" ")
    if kind == "context":
        return resolve(name)() if name else Context()
    if kind == "layers":
        return [Mix(), Squash()]
    if kind == "generator":
        return np.random.default_rng(_SEED)
    if kind == "RandomState":
        return np.random.RandomState(_SEED)
    return resolve(name)
