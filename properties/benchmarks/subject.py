"""A layer as other checkers want it: one function of arrays, and one that gives gradients."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from properties.benchmarks.held import Held
from properties.judge.compare import same_but_for_ones
from properties.judge.subjects.functions import Probe
from properties.spec.case import Array, Case, Run


@dataclass(frozen=True, kw_only=True)
class Subject:
    """The forward and backward of one row of one implementation.

    Shapes that are a convention ((1, M) for (M,)) are mended, and dropout's p is handed over in the
    reading that the suite found: neither is held against a checker or for it.
    """

    probe: Probe
    held: Held

    @property
    def names(self) -> tuple[str, ...]:
        """The differentiable arguments."""
        return self.probe.spec.differentiable

    def inputs(self, case: Case) -> list[Array]:
        """Their values."""
        return [np.asarray(case.args[name], dtype=np.float64) for name in self.names]

    def with_inputs(self, case: Case, inputs: Any) -> Case:
        """The case with other values of them."""
        given = {
            name: np.array(value, dtype=np.float64).reshape(np.shape(case.args[name]))
            for name, value in zip(self.names, inputs, strict=True)
        }
        return case.with_args(**given)

    def value(self, case: Case) -> Array:
        """The output; raises what the implementation raises."""
        own = _own(case)
        sent = self.probe.reading.send(own) if self.probe.reading else own
        output = self.held.bare(self.probe.spec.forward, tuple(sent.args.values()))
        return np.array(output, dtype=np.float64)

    def gradients(self, case: Case, upstream: Any = 1.0) -> list[Array]:
        """The vector-Jacobian products, from a forward of their own.

        ``upstream`` is the factor of a loss's gradient, or the upstream derivative of a layer.
        """
        if case.dout is None:
            run = self.run(case)
            found = [float(upstream) * run.gradients[name] for name in self.names]
        else:
            dout = np.array(upstream, dtype=np.float64).reshape(case.dout.shape)
            run = self.run(case.with_dout(dout))
            found = [run.gradients[name] for name in self.names]
        return [self._mended(name, g, case) for name, g in zip(self.names, found, strict=True)]

    def run(self, case: Case) -> Run:
        """Forward and backward."""
        return self.probe.now(self.probe.run(_own(case)))

    def _mended(self, name: str, gradient: Array, case: Case) -> Array:
        wanted = np.shape(case.args[name])
        gradient = np.asarray(gradient, dtype=np.float64)
        return gradient.reshape(wanted) if same_but_for_ones(gradient.shape, wanted) else gradient

    def objective(self, case: Case, inputs: Any) -> float:
        """The scalar ⟨dout, out⟩ at other inputs, or the loss."""
        value = self.value(self.with_inputs(case, inputs))
        return float(value) if case.dout is None else float(np.sum(value * case.dout))

    def own_gradients(self, case: Case) -> list[Array]:
        """Gradients of that scalar, as the implementation has them."""
        return self.gradients(case, 1.0 if case.dout is None else case.dout)


def _own(case: Case) -> Case:
    """The case with arrays of its own: what a function changes in place stays with it."""
    case = case.with_args(**{name: _copied(value) for name, value in case.args.items()})
    return case if case.dout is None else case.with_dout(case.dout.copy())


def _copied(value: Any) -> Any:
    if isinstance(value, Mapping):  # such as running statistics, which some update in place
        return {key: _copied(item) for key, item in value.items()}
    return value.copy() if isinstance(value, np.ndarray) else value
