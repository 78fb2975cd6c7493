"""A model for a solver to train: its accuracy is a known function of its parameters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

STAND_IN = "=model"
"""Name of the call that makes a `StandIn`; its arguments are the call's."""

VALIDATION = 1000
"""Number of the first validation example; those of training examples are smaller."""


class StandIn:
    """A model whose gradients are constant, so that its parameters tell the learning rates.

    An example is a row (rank, label, number). In test mode the model is right about a validation
    example when its rank is below the level of the knot that W1 is nearest to, and about a
    training example when its rank is below one minus that level.

    Parameters
    ----------
    knots, levels : sequence of float
        Values of W1 and the accuracy at each.
    classes : int
        Number of classes.
    interrupt : int
        Raise KeyboardInterrupt in this training pass, counted from 1; 0 for never.

    Attributes
    ----------
    params : dict
        W1 (2,) and b1 (1,), zeros; their gradients are always -1 and 2.
    """

    def __init__(
        self,
        knots: Sequence[float],
        levels: Sequence[float],
        classes: int,
        interrupt: int = 0,
    ) -> None:
        self.params: dict[str, Any] = {"W1": np.zeros(2), "b1": np.zeros(1)}
        self._knots = np.array(knots, dtype=np.float64)
        self._levels = np.array(levels, dtype=np.float64)
        self._classes = classes
        self._interrupt = interrupt
        self._passes: list[Floats] = []

    def loss(self, X: Any, y: Any = None) -> Any:
        """Scores of a test pass, or loss and gradients of a training pass, which is noted down."""
        X = np.asarray(X, dtype=np.float64)
        w, b = (float(np.ravel(self.params[name])[0]) for name in ("W1", "b1"))
        if y is None:
            level = self._levels[np.argmin(np.abs(self._knots - w))]
            # On training examples it is the better the worse it is on the others.
            level = np.where(X[:, 2] < VALIDATION, 1.0 - level, level)
            labels = X[:, 1].astype(int)
            said = np.where(X[:, 0] < level, labels, (labels + 1) % self._classes)
            return np.eye(self._classes)[said]
        if self._interrupt and len(self._passes) + 1 == self._interrupt:
            self._interrupt = 0
            raise KeyboardInterrupt
        loss = 1.0 + (w - 2.0) ** 2
        matching = float(len(y) == len(X) and np.all(np.asarray(y) == X[:, 1]))
        self._passes.append(np.concatenate([[w, b, loss, matching], X[:, 2]]))
        return loss, {"W1": -np.ones(2), "b1": 2.0 * np.ones(1)}

    def seen(self) -> Floats:
        """Each training pass: W1, b1, the loss, whether labels fit, and the examples' numbers."""
        width = max((len(row) for row in self._passes), default=0)
        rows = [np.pad(row, (0, width - len(row)), constant_values=-1.0) for row in self._passes]
        return np.array(rows).reshape(len(rows), width)
