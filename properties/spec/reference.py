"""What is true of a case: a row's reference functions, called by the names of their arguments."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from reference.bounded import Bounded
from reference.precision import Precision

from .case import Case, Run

Bounds = Mapping[str, Bounded]
ReferenceFunction = Callable[[Case, Run | None, Precision], Bounds]


@dataclass(frozen=True, kw_only=True)
class Reference:
    """What is true of a case, with a rounding bound for each entry.

    A function gets those of the case's arguments whose names stand in its signature: every
    argument, every entry of an option dict (``eps`` of ``bn_param``), ``dout`` (``dNAME`` of each
    output, where there are several), and ``precision``. What a case leaves out
    has the function's own default.

    Parameters
    ----------
    forward
        The output, or a tuple of outputs in the row's order, each `Bounded`.
    vjp
        The vector-Jacobian product of each differentiable argument, in their order.
    state
        What a call leaves behind, by name, like running statistics.
    given
        Further arguments by name, where the truth depends on a random choice of the implementation
        (a dropout mask, read off the run).
    outputs, differentiable
        Names of the outputs, and of the arguments that have a gradient; the row fills them in.

    Examples
    --------
    >>> from reference import affine
    >>> reference = Reference(
    ...     forward=affine.forward, vjp=affine.vjp, outputs=["out"], differentiable=["x", "w", "b"])
    >>> case = Case(args={"x": [[1.0, 2.0]], "w": [[1.0], [1.0]], "b": [0.5]}, dout=[[2.0]])
    >>> reference.value(case, None, Precision())["out"].value.tolist()
    [[3.5]]
    >>> {k: d.value.tolist() for k, d in reference.gradients(case, None, Precision()).items()}
    {'x': [[2.0, 2.0]], 'w': [[2.0], [4.0]], 'b': [2.0]}
    """

    forward: Callable[..., Any]
    vjp: Callable[..., Any]
    state: Callable[..., Mapping[str, Bounded]] | None = None
    given: Callable[[Case, Run | None], Mapping[str, Any]] | None = None
    outputs: Sequence[str] = ()
    differentiable: Sequence[str] = ()

    def value(self, case: Case, run: Run | None, precision: Precision) -> Bounds:
        """Outputs and state by name."""

        def work_out() -> Bounds:
            known = self._known(case, run, precision)
            found = _named(self.outputs, _call(self.forward, known))
            return found | _call(self.state, known) if self.state is not None else found

        return self._remembered(("value", precision), case, work_out)

    def gradients(self, case: Case, run: Run | None, precision: Precision) -> Bounds:
        """Vector-Jacobian products by argument."""

        def work_out() -> Bounds:
            known = self._known(case, run, precision)
            return _named(self.differentiable, _call(self.vjp, known))

        return self._remembered(("gradients", precision), case, work_out)

    def _remembered(
        self, question: tuple[str, Precision], case: Case, work_out: Callable[[], Bounds]
    ) -> Bounds:
        """What is true of a case, worked out once for all code that is asked about it."""
        if self.given is not None:
            return work_out()  # it depends on the run
        key = (self.forward, self.vjp, question, id(case))
        if key not in _TRUTHS:
            while len(_TRUTHS) >= _REMEMBERED:
                del _TRUTHS[next(iter(_TRUTHS))]
            _TRUTHS[key] = (case, work_out())  # the case is kept, so that its number stays its own
        return _TRUTHS[key][1]

    def _known(self, case: Case, run: Run | None, precision: Precision) -> dict[str, Any]:
        known: dict[str, Any] = {}
        for name, value in case.args.items():
            known[name] = value
            known |= value if isinstance(value, Mapping) else {}
        upstreams = {f"d{name}": d for name, d in zip(self.outputs, case.upstreams, strict=False)}
        known |= {"dout": case.dout, **upstreams, "precision": precision}
        return {**known, **self.given(case, run)} if self.given is not None else known


_REMEMBERED = 8_192
_TRUTHS: dict[Any, tuple[Case, Bounds]] = {}


def _call(function: Callable[..., Any], known: Mapping[str, Any]) -> Any:
    return function(**{name: known[name] for name in _arguments(function) if name in known})


@cache
def _arguments(function: Callable[..., Any]) -> tuple[str, ...]:
    return tuple(inspect.signature(function).parameters)


def _named(names: Sequence[str], found: Any) -> dict[str, Bounded]:
    results = found if isinstance(found, tuple) else (found,)
    if len(results) != len(names):
        raise TypeError(
            f"the reference returned {len(results)} results for {', '.join(names)}; "
            f"return {len(names)}, in this order"
        )
    return dict(zip(names, results, strict=True))
