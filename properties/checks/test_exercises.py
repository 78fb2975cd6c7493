"""What the two derivative exercises obey."""

from __future__ import annotations

import numpy as np
import scipy  # its subpackages come with their first use: importing them costs more than a check

from ..judge.asking import Questions
from ..judge.mismatch import Inconclusive, Kind
from ..judge.property import check, only
from ..judge.subjects.functions import Probe
from ..spec.case import Array, Case
from ..spec.row import Purpose


def _rotation(n: int, rng: np.random.Generator) -> Array:
    """An orthogonal matrix, uniform once R's diagonal is made positive (Mezzadri 2007)."""
    q, r = np.linalg.qr(rng.standard_normal((n, n)))
    return np.asarray(q * np.copysign(1.0, np.diag(r)))


def _close(probe: Probe, case: Case, argument: str, got: Array, wanted: Array, oracle: str) -> None:
    # The rotation itself is orthogonal to some rounding units only: a bound of its own.
    slack = 1e-11 * (1.0 + float(np.max(np.abs(wanted), initial=0.0)))
    probe.same(argument, got, wanted, slack, case=case, oracle=oracle)


@check(Kind.CORRECTNESS, "forward", purpose=Purpose.SMOOTH, applies=only("autoencoder"), weight=0.5)
def test_rotation_of_the_code(
    probe: Probe, case: Case, rng: np.random.Generator
) -> Questions[None]:
    """Rotating the code, W → RW, leaves the loss alone and rotates the gradient."""
    w = case.args["W"]
    r = _rotation(w.shape[0], rng)
    first, second = yield from probe.run_many([case, case.with_args(W=r @ w)])
    _close(probe, case, "loss", second.outputs["loss"], first.outputs["loss"], "rotation of W")
    if first.gradients["W"].shape == w.shape:
        wanted = r @ first.gradients["W"]
        _close(probe, case, "dW", second.gradients["W"], wanted, "rotation of W")


@check(Kind.CORRECTNESS, "forward", purpose=Purpose.SMOOTH, applies=only("autoencoder"), weight=0.5)
def test_batch_adds_up(probe: Probe, case: Case, rng: np.random.Generator) -> Questions[None]:
    """The loss of a batch (N, n) is the sum over its examples."""
    x = np.atleast_2d(case.args["x"])
    whole = yield from probe.run(case.with_args(x=x))
    parts = yield from probe.run_many([case.with_args(x=row) for row in x])
    loss = np.asarray(sum(part.outputs["loss"] for part in parts))
    _close(probe, case.with_args(x=x), "loss", whole.outputs["loss"], loss, "sum over examples")
    gradient = np.asarray(sum(part.gradients["W"] for part in parts))
    _close(probe, case.with_args(x=x), "dW", whole.gradients["W"], gradient, "sum over examples")


@check(
    Kind.CORRECTNESS, "forward", purpose=Purpose.SMOOTH, applies=only("autoencoder"), weight=0.25
)
def test_stationary_at_pca(probe: Probe, case: Case, rng: np.random.Generator) -> Questions[None]:
    """The gradient vanishes at any rotation of the principal subspace (Baldi & Hornik 1989)."""
    m, n = case.args["W"].shape
    x = rng.standard_normal((n + 3, n))
    axes = np.linalg.svd(x)[2][:m]
    at = case.with_args(W=_rotation(m, rng) @ axes, x=x)
    gradient = (yield from probe.run(at)).gradients["W"]
    slack = 1e-11 * float((x**2).sum())
    probe.same("dW", gradient, np.zeros((m, n)), slack, case=at, oracle="stationary at PCA")


@check(Kind.CORRECTNESS, "forward", purpose=Purpose.SMOOTH, applies=only("gplvm"), weight=0.5)
def test_rotation_of_the_latent_space(
    probe: Probe, case: Case, rng: np.random.Generator
) -> Questions[None]:
    """Rotating the columns of X rotates the gradient; those of Y change nothing."""
    x, y = case.args["X"], case.args["Y"]
    r, s = _rotation(x.shape[1], rng), _rotation(y.shape[1], rng)
    first, second, third = yield from probe.run_many(
        [case, case.with_args(X=x @ r), case.with_args(Y=y @ s)]
    )
    for run in (second, third):
        _close(probe, case, "value", run.outputs["value"], first.outputs["value"], "rotation")
    wanted = first.gradients["X"]
    if wanted.shape == x.shape:
        _close(probe, case, "dX", second.gradients["X"], wanted @ r, "rotation of X")
        _close(probe, case, "dX", third.gradients["X"], wanted, "rotation of Y")


@check(Kind.CORRECTNESS, "forward", purpose=Purpose.SMOOTH, applies=only("gplvm"), weight=0.5)
def test_is_a_gaussian_density(
    probe: Probe, case: Case, rng: np.random.Generator
) -> Questions[None]:
    """The value is the log density of Y's columns under N(0, K), up to its constant."""
    x, y, alpha, beta = case.args.values()
    n, d = y.shape
    k = alpha * x @ x.T + np.eye(n) / beta
    factor = scipy.linalg.cholesky(k, lower=True)
    white = scipy.linalg.solve_triangular(factor, y, lower=True)
    wanted = np.asarray(-d * np.log(np.diag(factor)).sum() - 0.5 * np.sum(white**2))
    got = (yield from probe.run(case)).outputs["value"]
    _close(probe, case, "value", got, wanted, "Gaussian density by Cholesky")


@check(Kind.CORRECTNESS, "forward", purpose=Purpose.SMOOTH, applies=only("gplvm"), weight=0.25)
def test_stationary_at_dual_ppca(
    probe: Probe, case: Case, rng: np.random.Generator
) -> Questions[None]:
    """The gradient vanishes at Lawrence's closed-form optimum, dual probabilistic PCA."""
    (n, q), alpha, beta = case.args["X"].shape, case.args["alpha"], case.args["beta"]
    d = n + 4
    y = 2.0 * rng.standard_normal((n, d))
    values, vectors = np.linalg.eigh(y @ y.T / d)
    lengths = values[::-1][:q] - 1.0 / beta
    if len(lengths) < q or (lengths <= 0.0).any():
        raise Inconclusive
    x = vectors[:, ::-1][:, :q] * np.sqrt(lengths / alpha) @ _rotation(q, rng)
    at = case.with_args(X=x, Y=y)
    gradient = (yield from probe.run(at)).gradients["X"]
    slack = 1e-10 * float((y**2).sum()) * max(1.0, beta) ** 2 * max(1.0, alpha)
    probe.same("dX", gradient, np.zeros(x.shape), slack, case=at, oracle="stationary at dual PPCA")
