"""The step debugger: which line of a hand-derived backward is wrong first.

The forward's syntax tree is rewritten so that every value passes through a probe; the derivative
of ⟨dout, out⟩ with respect to a perturbation there is the value's adjoint. Each named step of the
backward is held against the adjoint that its name promises.

>>> from properties.steps import debug                      # doctest: +SKIP
>>> report = debug("my_homework", "batchnorm")              # doctest: +SKIP
>>> report.verdict                                          # doctest: +SKIP
'line 38: dvar is the first wrong step: 2.000 × the right value; …'
"""

from __future__ import annotations

from .debugger import debug, debug_all
from .values import Case, Mistake, Report, Step, StepsError

__all__ = ["Case", "Mistake", "Report", "Step", "StepsError", "debug", "debug_all"]
