"""Composed layers: affine - relu, and affine - batchnorm - relu.

The bound of one layer is the input error of the next. Where the sign of a ReLU's input is not
certain, its gate is the interval of both subgradients, which the layers below carry on.
"""

from __future__ import annotations

from typing import Any

from . import affine, batchnorm
from .bounded import Bounded, Operand, quiet
from .normalisation import pull_back, standardise
from .precision import FLOAT64, Precision


@quiet
def affine_relu(x: Operand, w: Operand, b: Operand, *, precision: Precision = FLOAT64) -> Bounded:
    r"""Evaluate :math:`\max(0, XW + \mathbf{1} b^\top)`; arguments as in `affine.forward`.

    >>> import numpy as np
    >>> out = affine_relu(np.array([[1.0, 2.0]]), np.array([[1.0, -1.0], [1.0, 0.0]]), np.zeros(2))
    >>> out.value, f"{out.error[0, 0]:.0e}"
    (array([[3., 0.]]), '1e-15')
    """
    return affine.forward(x, w, b, precision=precision).relu()


@quiet
def affine_relu_vjp(
    dout: Operand, x: Operand, w: Operand, b: Operand, *, precision: Precision = FLOAT64
) -> tuple[Bounded, Bounded, Bounded]:
    """Pull `dout` (N, M) back through ReLU and affine layer: dx, dw, db.

    Examples
    --------
    The second unit is exactly at its kink: its bias has any subgradient between 0 and 5.

    >>> import numpy as np
    >>> x, w = np.array([[1.0, 2.0]]), np.array([[1.0, 2.0], [1.0, -1.0]])
    >>> _, _, db = affine_relu_vjp(np.array([[3.0, 5.0]]), x, w, np.zeros(2))
    >>> db.value, db.error.round(12)
    (array([3. , 2.5]), array([0. , 2.5]))
    """
    hidden = affine.forward(x, w, b, precision=precision)
    return affine.vjp(hidden.gate(dout), x, w, b, precision=precision)


@quiet
def affine_batchnorm_relu(
    x: Operand,
    w: Operand,
    b: Operand,
    gamma: Operand,
    beta: Operand,
    *,
    mode: str,
    eps: float = batchnorm.EPS,
    running_mean: Operand | None = None,
    running_var: Operand | None = None,
    precision: Precision = FLOAT64,
) -> Bounded:
    """Evaluate relu(batchnorm(affine(x))); arguments as in `affine` and `batchnorm.forward`.

    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> x, w, one = rng.normal(size=(5, 3)), rng.normal(size=(3, 2)), np.ones(2)
    >>> out = affine_batchnorm_relu(x, w, one, one, one, mode="train")
    >>> z = x @ w + 1
    >>> other = np.maximum((z - z.mean(0)) / np.sqrt(z.var(0) + 1e-5) + 1, 0)
    >>> bool((abs(other - out.value) <= out.error).all())
    True
    """
    old: dict[str, Any] = {"running_mean": running_mean, "running_var": running_var}
    hidden = affine.forward(x, w, b, precision=precision)
    out = batchnorm.forward(hidden, gamma, beta, mode=mode, eps=eps, **old, precision=precision)
    return out.relu()


@quiet
def affine_batchnorm_relu_vjp(
    dout: Operand,
    x: Operand,
    w: Operand,
    b: Operand,
    gamma: Operand,
    beta: Operand,
    *,
    eps: float = batchnorm.EPS,
    precision: Precision = FLOAT64,
) -> tuple[Bounded, Bounded, Bounded, Bounded, Bounded]:
    """Pull `dout` (N, M) back through ReLU, batchnorm in train mode, and affine layer.

    Returns
    -------
    dx, dw, db, dgamma, dbeta : Bounded
        With the shapes of `x`, `w`, `b`, `gamma`, `beta`; db is zero up to rounding, for the
        batch mean takes every bias out again.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> x, w, one = rng.normal(size=(5, 3)), rng.normal(size=(3, 2)), np.ones(2)
    >>> gradients = affine_batchnorm_relu_vjp(np.ones((5, 2)), x, w, one, one, one)
    >>> bool((abs(gradients[2].value) <= gradients[2].error).all())
    True
    """
    hidden = affine.forward(x, w, b, precision=precision)
    s = standardise(hidden, 0, eps)
    gated = s.scaled(gamma, beta).gate(dout)
    dhidden, dbeta, dgamma = pull_back(gated, s, 0)
    dx, dw, db = affine.vjp(dhidden * gamma, x, w, b, precision=precision)
    return dx, dw, db, dgamma[0], dbeta[0]


@quiet
def affine_batchnorm_relu_running(
    x: Operand,
    w: Operand,
    b: Operand,
    *,
    mode: str = "train",
    momentum: float = batchnorm.MOMENTUM,
    running_mean: Operand | None = None,
    running_var: Operand | None = None,
    precision: Precision = FLOAT64,
) -> dict[str, Bounded]:
    """Evaluate the running statistics after a train step, as `batchnorm.running` does.

    >>> import numpy as np
    >>> x, w, b = np.array([[1.0], [3.0]]), np.array([[2.0]]), np.array([1.0])
    >>> new = affine_batchnorm_relu_running(x, w, b, momentum=0.5)
    >>> {name: float(value.value[0]) for name, value in new.items()}
    {'running_mean': 2.5, 'running_var': 2.0}
    """
    return batchnorm.running(
        affine.forward(x, w, b, precision=precision),
        mode=mode,
        momentum=momentum,
        running_mean=running_mean,
        running_var=running_var,
        precision=precision,
    )
