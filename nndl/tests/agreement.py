# mypy: ignore-errors
"""A backward pass against complex steps and central differences of its forward pass."""

from __future__ import annotations

import numpy as np

from .numerical import numerical_gradient


def assert_backward(
    forward, backward, arguments, *, wrt=None, seed=0, rtol=1e-8, atol=1e-9, h=1e-3
):
    """Assert that a backward pass gives the derivatives of its forward pass.

    Parameters
    ----------
    forward, backward : callable
        ``forward(*arguments) -> out, ..., cache``; an upstream derivative for each output.
    wrt : sequence of int, optional
        Which arguments the gradients are of, in order; all by default.
    """
    *outputs, cache = forward(*arguments)
    rng = np.random.default_rng(seed)
    douts = [rng.normal(size=np.shape(out)) for out in outputs]
    gradients = backward(*douts, cache)
    gradients = gradients if isinstance(gradients, tuple) else (gradients,)
    wrt = range(len(arguments)) if wrt is None else wrt
    assert len(gradients) == len(wrt)

    for got, i in zip(gradients, wrt, strict=True):

        def loss(value, i=i):
            moved = [*arguments[:i], value, *arguments[i + 1 :]]
            *outs, _ = forward(*moved)
            return np.array(sum(np.sum(out * dout) for out, dout in zip(outs, douts, strict=True)))

        numerical = numerical_gradient(loss, arguments[i], np.array(1.0), h)
        np.testing.assert_allclose(got, numerical, rtol=rtol, atol=atol, err_msg=f"argument {i}")


def assert_dtype_is_kept(forward, backward, arguments):
    """Assert that float32 arguments give float32 results near those of float64."""
    single = [a.astype(np.float32) if _is_float(a) else a for a in arguments]
    for (name, got), (_, wanted) in zip(
        _results(forward, backward, single), _results(forward, backward, arguments), strict=True
    ):
        assert got.dtype == np.float32, name
        np.testing.assert_allclose(got, wanted, rtol=2e-3, atol=2e-4, err_msg=name)


def assert_arguments_are_kept(forward, backward, arguments):
    """Assert that neither pass changes what it is given, and that a second backward agrees."""
    before = [np.copy(a) if isinstance(a, np.ndarray) else a for a in arguments]
    *outputs, cache = forward(*arguments)
    douts = [np.ones_like(out) for out in outputs]
    first, second = backward(*douts, cache), backward(*douts, cache)
    first, second = (r if isinstance(r, tuple) else (r,) for r in (first, second))
    for one, other in zip(first, second, strict=True):
        np.testing.assert_array_equal(one, other)
    for dout in douts:
        np.testing.assert_array_equal(dout, 1)
    for argument, copy in zip(arguments, before, strict=True):
        np.testing.assert_array_equal(argument, copy)


def _is_float(value):
    return isinstance(value, np.ndarray) and value.dtype.kind == "f"


def _results(forward, backward, arguments):
    *outputs, cache = forward(*arguments)
    gradients = backward(*outputs, cache)
    gradients = gradients if isinstance(gradients, tuple) else (gradients,)
    return [("out", out) for out in outputs] + [
        (f"gradient {i}", gradient) for i, gradient in enumerate(gradients)
    ]
