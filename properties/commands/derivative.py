"""A derivative under test in somebody's own test file."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from ..discovery.candidates import candidates, declared
from ..discovery.inputs import parse
from ..discovery.pairs import Candidate
from ..discovery.session import Session
from ..discovery.source import Survey
from ..implementation import Target
from ..implementation.held import Held
from ..record.schema import Record
from ..reports.terminal import panel_text
from ..spec.demands import Demands
from .beside import alone
from .held_lines import with_lines_of_found
from .notebook import judge, without_commands
from .undeclared import Search, Undeclared


class WrongDerivative(AssertionError):
    """A derivative is wrong; the message is the panel that ``nndl check`` shows."""

    __module__ = "nndl_suite"


class NoVerdict(AssertionError):
    """Nothing can be said of a derivative; the message says why, and what to write."""

    __module__ = "nndl_suite"


def check_derivative(
    forward: Callable[..., Any],
    backward: Callable[..., Any] | None = None,
    *,
    inputs: str = "",
    layer: str = "",
    profile: str = "standard",
    seed: int = 0,
    strict: bool = False,
) -> None:
    """Fail unless a hand-written derivative is that of its forward.

    Parameters
    ----------
    forward : function or class
        A forward with its ``backward``; without one, a function that returns a value and its
        gradients, or a class with a forward and a backward.
    backward : function, optional
        Gives the gradients of the forward's inputs, from an upstream derivative (``dout``,
        ``grad``, …) and the cache or the inputs; or the derivative f'(x) itself.
    inputs : str, optional
        Shapes of the forward's arguments, ``"x: (N, D), y: labels(3)"``. Left out, they are
        inferred from annotations, docstrings and the code.
    layer : str, optional
        A layer that is known, such as ``"batchnorm"``: the two functions are then held against its
        reference as well.
    profile : {"quick", "standard", "thorough"}
        How many examples are drawn.
    seed : int
        Seed of the examples: the same seed gives the same verdict.
    strict : bool
        Whether a convention counts as a failure.

    Raises
    ------
    WrongDerivative
        The derivative is wrong, or raises.
    NoVerdict
        It could not be judged: this is not a pass.
    ValueError, TypeError
        What was given cannot be used.

    Notes
    -----
    The functions run in this process, so a debugger stops in them. No limit of time or memory
    holds. The first wrong line is looked for in a process of its own, which reads the file again,
    for at most 2 s of a wrong function.

    Examples
    --------
    >>> def cube(x):
    ...     return x**3
    >>> def cube_backward(dout, x):
    ...     return 3 * x**2 * dout
    >>> check_derivative(cube, cube_backward, inputs="x: (N, D)")
    """
    __tracebackhide__ = True
    demands = Demands(profile=profile, seed=seed, strict=strict)
    if layer:
        both = [forward] if backward is None else [forward, backward]
        record = without_commands(judge(*both, layer=layer, demands=demands, bar=False))
    else:
        record = _of_itself(forward, backward, inputs, demands)
    wrong = record.with_status("fail", "error")
    if wrong:
        raise WrongDerivative("\n\n".join(f"{f.name}\n{panel_text(record, f)}" for f in wrong))
    lost = [f"{n.name} was not judged: {n.reason}{_advice(n.write)}" for n in record.not_judged]
    if lost or record.verdict != "pass":
        raise NoVerdict("\n".join(lost) or "nothing was judged")


def _advice(write: str) -> str:
    """The option of the command, as an argument of the call."""
    text = write.removeprefix("--inputs ").strip("'")
    return f"; say what the arguments are, for example inputs={text!r}" if text else ""


def _of_itself(
    forward: Callable[..., Any],
    backward: Callable[..., Any] | None,
    inputs: str,
    demands: Demands,
) -> Record:
    started = time.perf_counter()
    things = [forward] if backward is None else [forward, backward]
    held = Held(things)
    session = Session(held)
    survey = session.survey()
    file = Path(survey.functions[0].file if survey.functions else ".")
    search = Search(
        target=Target("held", file, forward.__name__, file.parent),
        demands=demands,
        declared=parse(inputs) if inputs else {},
    )
    listed = _candidates(survey, things, held)
    found = [search.judge(session, survey, candidate)[0] for candidate in listed]
    took = time.perf_counter() - started
    seen = Undeclared(search.target, found)
    record = alone(seen, demands, elapsed=took, tier="none")
    return with_lines_of_found(record, seen.results, things, demands)


def _candidates(survey: Survey, things: Sequence[Any], held: Held) -> list[Candidate]:
    if any(isinstance(thing, type) for thing in things):
        found = [one for one in candidates(survey) if one.owner is not None]
        if len(things) > 1 or not found:
            raise ValueError(
                f"got {', '.join(held.names)}; wanted a forward and a backward function, or one "
                "class that has methods of such names (forward, backward)"
            )
        return found
    both = zip(held.names, held.modules, strict=True)
    forward, *rest = (one for n, m in both if (one := survey.function(n, m)) is not None)
    return [declared(forward, rest[0] if rest else None)]
