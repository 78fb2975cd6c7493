"""Other gradient checkers, each at its defaults, behind one signature: a case in, yes or no out.

A checker that is not installed is left out. Where a tool returns a number and no verdict, the limit
is the one that its documentation or the course holds up; it stands beside the checker below.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from properties.benchmarks.subject import Subject
from properties.benchmarks.torch_operators import torch_operators
from properties.checks import all_properties
from properties.judge.mismatch import Inconclusive, Kind, Mismatch
from properties.spec.case import Array, Case
from properties.spec.row import Purpose

Check = Callable[[Subject, Case], bool]


@dataclass(frozen=True, kw_only=True)
class Rival:
    """One checker: whether it accepts a forward/backward pair on a case.

    One that is slow takes more than some 30 ms a verdict, and gets fewer inputs.
    """

    name: str
    needs: str
    accepts: Check
    how: str
    slow: bool = False

    @property
    def installed(self) -> bool:
        """Whether what it needs can be imported."""
        return not self.needs or importlib.util.find_spec(self.needs) is not None


# -- the course's notebooks ------------------------------------------------------------------


def notebook(subject: Subject, case: Case) -> bool:
    """eval_numerical_gradient_array for each argument, h = 1e-5, and rel_error."""
    inputs = subject.inputs(case)
    own = subject.own_gradients(case)
    for place, (array, gradient) in enumerate(zip(inputs, own, strict=True)):
        numerical = np.zeros_like(array)
        for index in np.ndindex(array.shape):
            ends = []
            for step in (1e-5, -1e-5):
                moved = [a.copy() for a in inputs]
                moved[place][index] += step
                ends.append(subject.objective(case, moved))
            numerical[index] = (ends[0] - ends[1]) / 2e-5
        if gradient.shape != array.shape or not _relative(gradient, numerical) < 1e-6:
            return False
    return True


def _relative(x: Array, y: Array) -> float:
    error = np.abs(x - y) / np.maximum(1e-8, np.abs(x) + np.abs(y))
    return float(np.max(error, initial=0.0))


# -- scipy, numdifftools ---------------------------------------------------------------------


def _flat(subject: Subject, case: Case) -> tuple[Array, Callable[[Array], float]]:
    inputs = subject.inputs(case)
    cuts = np.cumsum([array.size for array in inputs])[:-1]

    def objective(flat: Array) -> float:
        return subject.objective(case, np.split(np.asarray(flat, dtype=np.float64), cuts))

    return np.concatenate([array.ravel() for array in inputs]), objective


def scipy_check_grad(subject: Subject, case: Case) -> bool:
    """scipy.optimize.check_grad; its number is held against 1e-5 of the gradient's norm."""
    from scipy.optimize import check_grad

    start, objective = _flat(subject, case)
    own = np.concatenate([g.ravel() for g in subject.own_gradients(case)])
    if own.shape != start.shape:
        return False

    def gradient(_: Array) -> Array:
        return own

    error = check_grad(objective, gradient, start)
    return bool(error <= 1e-5 * max(1.0, float(np.linalg.norm(own))))


def numdifftools_gradient(subject: Subject, case: Case) -> bool:
    """numdifftools.Gradient and numpy.allclose, both at their defaults."""
    from numdifftools import Gradient

    start, objective = _flat(subject, case)
    own = np.concatenate([g.ravel() for g in subject.own_gradients(case)])
    return own.shape == start.shape and bool(np.allclose(own, Gradient(objective)(start)))


# -- autograd, jax ---------------------------------------------------------------------------


def autograd_check_grads(subject: Subject, case: Case) -> bool:
    """autograd.test_util.check_grads in reverse mode, order 1 (the rule has no derivative)."""
    from autograd.extend import defvjp, primitive
    from autograd.test_util import check_grads

    @primitive  # type: ignore[untyped-decorator]
    def layer(*inputs: Any) -> Any:
        value = subject.value(subject.with_inputs(case, inputs))
        return float(value) if value.ndim == 0 else value

    def rule(place: int) -> Callable[..., Any]:
        def vjp(_: Any, *inputs: Any) -> Callable[[Any], Any]:
            return lambda g: subject.gradients(subject.with_inputs(case, inputs), g)[place]

        return vjp

    defvjp(layer, *[rule(place) for place in range(len(subject.names))])
    try:
        check_grads(layer, modes=["rev"], order=1)(*subject.inputs(case))
    except (AssertionError, TypeError, ValueError):
        return False
    return True


def jax_check_grads(subject: Subject, case: Case) -> bool:
    """jax.test_util.check_grads in reverse mode, order 1, in float64."""
    jax: Any = importlib.import_module("jax")
    check_grads: Any = importlib.import_module("jax.test_util").check_grads
    jax.config.update("jax_enable_x64", True)
    inputs = subject.inputs(case)
    shape = subject.value(case).shape
    structs = tuple(jax.ShapeDtypeStruct(a.shape, np.float64) for a in inputs)

    def host_value(*given: Any) -> Any:
        return subject.value(subject.with_inputs(case, [np.asarray(a) for a in given]))

    def host_gradients(g: Any, *given: Any) -> Any:
        moved = subject.with_inputs(case, [np.asarray(a) for a in given])
        return tuple(subject.gradients(moved, np.asarray(g)))

    @jax.custom_vjp  # type: ignore[untyped-decorator]
    def layer(*given: Any) -> Any:
        return jax.pure_callback(host_value, jax.ShapeDtypeStruct(shape, np.float64), *given)

    layer.defvjp(
        lambda *given: (layer(*given), given),
        lambda given, g: jax.pure_callback(host_gradients, structs, g, *given),
    )
    try:
        check_grads(layer, tuple(map(jax.numpy.asarray, inputs)), order=1, modes=["rev"])
    except (AssertionError, ValueError, RuntimeError):
        return False
    return True


# -- torch -----------------------------------------------------------------------------------


def torch_function(subject: Subject, case: Case) -> Callable[..., Any]:
    """The layer as a differentiable function of torch tensors."""
    import torch

    class Layer(torch.autograd.Function):  # type: ignore[misc]
        @staticmethod
        def forward(ctx: Any, *inputs: Any) -> Any:
            ctx.moved = subject.with_inputs(case, [a.detach().numpy() for a in inputs])
            return torch.from_numpy(np.array(subject.value(ctx.moved)))

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            own = subject.gradients(ctx.moved, g.detach().numpy())
            return tuple(torch.from_numpy(np.array(array)) for array in own)

    return Layer.apply  # type: ignore[no-any-return]


def gradcheck(subject: Subject, case: Case, *, fast: bool = False) -> bool:
    """torch.autograd.gradcheck at its defaults, slow or fast."""
    import torch

    inputs = tuple(torch.tensor(a, requires_grad=True) for a in subject.inputs(case))
    function = torch_function(subject, case)
    return bool(torch.autograd.gradcheck(function, inputs, fast_mode=fast, raise_exception=False))


# -- this suite ------------------------------------------------------------------------------


def reference(subject: Subject, case: Case) -> bool:
    """This suite's reference with its rounding bound, on the one case."""
    probe = subject.probe
    run = subject.run(case)
    return probe.wrong_value(case, run) is None and probe.wrong_gradient(case, run) is None


def properties(subject: Subject, case: Case) -> bool:
    """Every correctness property of this suite that takes ordinary cases, on the one case.

    The others make inputs of their own: integers, kinks, and values that a derivative needs.
    """
    probe = subject.probe
    for declared in all_properties():
        if declared.kind is not Kind.CORRECTNESS or declared.purpose is not Purpose.ORDINARY:
            continue
        if not declared.concerns(probe.spec):
            continue
        probe.blames = declared.functions(probe.spec)[0]
        try:
            rng = np.random.Generator(np.random.SFC64(0))
            probe.now(declared.body(probe, case, rng))
        except Inconclusive:
            continue
        except Mismatch as found:
            if found.disagreement.kind in (None, Kind.CORRECTNESS):
                return False
    return True


def _fast(subject: Subject, case: Case) -> bool:
    return gradcheck(subject, case, fast=True)


RIVALS: Sequence[Rival] = (
    Rival(
        name="this suite's properties",
        needs="",
        accepts=properties,
        how="its correctness properties for ordinary cases, on the one case",
    ),
    Rival(
        name="this suite's reference",
        needs="",
        accepts=reference,
        how="forward and backward, four times the rounding bound",
    ),
    Rival(
        name="course notebooks",
        needs="",
        accepts=notebook,
        how="eval_numerical_gradient_array, h = 1e-5, rel_error below 1e-6",
    ),
    Rival(
        name="scipy.optimize.check_grad",
        needs="scipy",
        accepts=scipy_check_grad,
        how="gives a number; held against 1e-5 of the gradient's norm, at least 1e-5",
    ),
    Rival(
        name="torch gradcheck, slow",
        needs="torch",
        accepts=gradcheck,
        how="torch.autograd.gradcheck: eps 1e-6, atol 1e-5, rtol 1e-3",
        slow=True,
    ),
    Rival(
        name="torch gradcheck, fast",
        needs="torch",
        accepts=_fast,
        how="the same with fast_mode=True: one random projection",
    ),
    Rival(
        name="torch operators",
        needs="torch",
        accepts=torch_operators,
        how="torch.nn.functional and assert_close: rtol 1e-7, atol 1e-7, forward too",
    ),
    Rival(
        name="autograd check_grads",
        needs="autograd",
        accepts=autograd_check_grads,
        how="autograd.test_util.check_grads, reverse, order 1: one random direction",
    ),
    Rival(
        name="jax check_grads",
        needs="jax",
        accepts=jax_check_grads,
        how="jax.test_util.check_grads, reverse, order 1, float64: one random direction",
        slow=True,
    ),
    Rival(
        name="numdifftools",
        needs="numdifftools",
        accepts=numdifftools_gradient,
        how="numdifftools.Gradient and numpy.allclose: rtol 1e-5, atol 1e-8",
        slow=True,
    ),
)
