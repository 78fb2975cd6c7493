"""One example: what a layer is called with, and what came back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


@dataclass(frozen=True, kw_only=True)
class Case:
    """The arguments of one forward call, in order, and the upstream derivative.

    ``dout`` is None for a loss, whose upstream derivative is 1. A layer with several outputs has
    an upstream derivative for each: ``dout`` is that of the first, ``douts`` are the others, by
    name (``dnext_c``). ``family`` names the family of values that the example was drawn from.
    """

    args: Mapping[str, Any]
    dout: Array | None = None
    douts: Mapping[str, Array] = field(default_factory=dict)
    family: str = ""

    def with_args(self, **changed: Any) -> Case:
        """Return the same case with some arguments replaced."""
        return replace(self, args={**self.args, **changed})

    def with_dout(self, dout: Array) -> Case:
        """Return the same case with another upstream derivative of the first output."""
        return replace(self, dout=dout)

    @property
    def upstreams(self) -> tuple[Array, ...]:
        """The upstream derivative of every output, in order; of none for a loss."""
        return () if self.dout is None else (self.dout, *self.douts.values())

    @property
    def named_upstreams(self) -> dict[str, Array]:
        """The same by name: ``dout``, and those of further outputs."""
        return {} if self.dout is None else {"dout": self.dout, **self.douts}

    def with_upstreams(self, upstreams: Sequence[Array]) -> Case:
        """Return the same case with other upstream derivatives, one for each output."""
        dout, *others = upstreams
        return replace(self, dout=dout, douts=dict(zip(self.douts, others, strict=True)))

    def map_arrays(self, change: Any) -> Case:
        """Apply ``change(name, array)`` to every float array, nested ones and dout included."""

        def walk(name: str, value: Any) -> Any:
            if isinstance(value, np.ndarray) and value.dtype.kind == "f":
                return change(name, value)
            if isinstance(value, Mapping):
                return {key: walk(f"{name}[{key!r}]", item) for key, item in value.items()}
            return value

        args = {name: walk(name, value) for name, value in self.args.items()}
        dout = None if self.dout is None else change("dout", self.dout)
        douts = {name: change(name, value) for name, value in self.douts.items()}
        return replace(self, args=args, dout=dout, douts=douts)

    @property
    def upstream(self) -> Array:
        """``dout``; raises ValueError for a loss, which has none."""
        if self.dout is None:
            raise ValueError("a loss has no upstream derivative; its dout is None")
        return self.dout

    @property
    def size(self) -> int:
        """Number of elements of all arrays: what 'smallest example' minimises."""
        arrays = [value for value in self.args.values() if isinstance(value, np.ndarray)]
        return sum(array.size for array in arrays)


@dataclass(frozen=True, kw_only=True)
class Run:
    """What one forward and backward gave.

    ``outputs`` holds the value under its name and the state that the call left behind
    (``running_mean``, …); ``gradients`` is keyed by the argument that each belongs to.
    """

    outputs: Mapping[str, Array]
    gradients: Mapping[str, Array] = field(default_factory=dict)
    state: Mapping[str, Any] = field(default_factory=dict)
