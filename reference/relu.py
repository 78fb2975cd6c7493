"""Rectified linear unit: out = max(x, 0)."""

from __future__ import annotations

from .bounded import Bounded, Operand, lift, quiet
from .precision import FLOAT64, Precision


@quiet
def forward(x: Operand, *, precision: Precision = FLOAT64) -> Bounded:
    r"""Evaluate :math:`\max(x, 0)`, which is exact: the bound is that of `x`.

    >>> forward([-1.5, 0.0, 2.5]).value
    array([0. , 0. , 2.5])
    """
    return lift(x, precision).relu()


@quiet
def vjp(dout: Operand, x: Operand, *, precision: Precision = FLOAT64) -> Bounded:
    r"""Pull `dout` back: :math:`dx = dout \cdot [x > 0]`.

    At x = 0 every value between 0 and `dout` is a subgradient: the value is the middle of that
    interval and the error its half width.

    >>> dx = vjp([3.0, 3.0, 3.0], [-1.0, 0.0, 1.0])
    >>> dx.value, dx.error
    (array([0. , 1.5, 3. ]), array([0. , 1.5, 0. ]))
    """
    return lift(x, precision).gate(dout)
