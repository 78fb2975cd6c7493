"""Affine, then ReLU."""

from __future__ import annotations

from hypothesis import strategies as st

from reference import composed

from ..spec.case import Case
from ..spec.composition import Composition
from ..spec.misconception import Misconceptions
from ..spec.row import Kinks, LayerSpec, Purpose, Reference
from ..spec.values import SIDES, TRAILING, batch_sizes, of_family, values
from .affine import AFFINE, make
from .relu import RELU


def _cases(purpose: Purpose) -> st.SearchStrategy[Case] | None:
    if purpose is Purpose.KINK:  # zeros before the ReLU are common
        few = st.integers(1, 3)
        return st.builds(make, of_family("ties"), few, st.sampled_from(((2,), (3,), (1, 2))), few)
    drawn = values(purpose, beside_kinks=("faint", "least"))
    return st.builds(make, drawn, batch_sizes(purpose), TRAILING, SIDES)


_MISCONCEPTIONS = """
affine_relu_forward, out
  ReLU first
    = np.maximum(0, X) @ w + b
    Affine first, ReLU after it.
  ReLU missing
    = X @ w + b
    The ReLU is missing: the affine output is returned.
affine_relu_backward, dw
  ReLU skipped
    = X.T @ dout
    Go back through the ReLU first. [~spiking1]
  gate on dout
    = X.T @ (dout * (dout > 0))
    The gate looks at the affine output, not at dout. [~dgs1]
  value for gate
    = X.T @ (dout * pre * gate)
    Multiply by the gate, not by the value. [~coursrelu]
affine_relu_backward, db
  ReLU skipped
    = dout.sum(0)
    Go back through the ReLU first. [~spiking1]
  averaged
    = (dout * gate).mean(0)
    Sum over the batch. [~kvfrans5]
affine_relu_backward, dx
  ReLU skipped
    = (dout @ w.T).reshape(x.shape)
    Go back through the ReLU first. [~spiking1]
  gate on x
    = ((dout @ w.T) * (X > 0)).reshape(x.shape)
    The gate looks at the affine output, and it acts before w^T.
"""

AFFINE_RELU = LayerSpec(
    name="affine_relu",
    forward="affine_relu_forward",
    backward="affine_relu_backward",
    cases=_cases,
    differentiable=("x", "w", "b"),
    inputs={"affine_relu": "x: (N, d1, d2), w: (d1 * d2, M), b: (M,)"},
    reference=Reference(forward=composed.affine_relu, vjp=composed.affine_relu_vjp),
    batched=("x",),
    kinks=Kinks(how="entrywise"),
    composition=Composition(
        arguments="x, w, b",
        parts=(AFFINE, RELU),
        text="""
pre, affine_cache = affine_forward(x, w, b)
out, relu_cache = relu_forward(pre)
dpre = relu_backward(dout, relu_cache)
dx, dw, db = affine_backward(dpre, affine_cache)
""",
    ),
    misconceptions=Misconceptions("affine_relu", _MISCONCEPTIONS),
)
