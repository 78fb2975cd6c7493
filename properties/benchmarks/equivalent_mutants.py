"""Mutants that do what the contract wants as the original does, each with the reason.

A mutant is named by its statement before and after, so that an entry outlives a change of lines.
Each is run beside the original in ``properties/tests/benchmarks/test_mutation.py``.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Equivalent:
    """A change that makes no difference, or none but rounding."""

    module: str
    function: str
    operator: str
    before: str
    after: str
    reason: str
    rounding: bool = False

    @property
    def key(self) -> tuple[str, ...]:
        """What names it, as `Mutant.key` does."""
        return (self.module, self.function, self.operator, self.before, self.after)


def _changes(
    module: str,
    function: str,
    before: str,
    *afters: tuple[str, str],
    reason: str,
    rounding: bool = False,
) -> tuple[Equivalent, ...]:
    """Changes of one statement that are equivalent for one reason."""
    return tuple(
        Equivalent(
            module=module,
            function=function,
            operator=operator,
            before=before,
            after=after,
            reason=reason,
            rounding=rounding,
        )
        for operator, after in afters
    )


EQUIVALENT: tuple[Equivalent, ...] = (
    *_changes(
        "layers/relu.py",
        "relu_forward",
        "return (out, x)",
        ("wrong variable", "return (out, out)"),
        reason="max(x, 0) > 0 exactly where x > 0, so that the gate may be read off either",
    ),
    *_changes(
        "layers/relu.py",
        "relu_backward",
        "return dout * (x > 0)",
        ("> to >=", "return dout * (x >= 0)"),
        reason="differs at x = 0 alone, where the contract allows every slope from 0 to 1",
    ),
    *_changes(
        "layers/dropout.py",
        "dropout_forward",
        "kept = generator.random(x.shape, dtype=np.float32) >= p",
        (">= to >", "kept = generator.random(x.shape, dtype=np.float32) > p"),
        reason="differs where 24 random bits are one given number: the mask resolves p to 2**-24",
    ),
    *_changes(
        "layers/batchnorm.py",
        "batchnorm_forward",
        "N = max(len(x), 1)",
        ("constant + 1", "N = max(len(x), 2)"),
        reason="differs for one example alone, whose deviations are zero: so are their sums",
    ),
    *_changes(
        "layers/layernorm.py",
        "layernorm_forward",
        "D = max(x.shape[1], 1)",
        ("constant + 1", "D = max(x.shape[1], 2)"),
        ("constant - 1", "D = max(x.shape[1], 0)"),
        reason="differs for one feature, whose deviations are zero, and for none, which no one has",
    ),
    *_changes(
        "layers/layernorm.py",
        "layernorm_backward",
        "D = max(x_hat.shape[1], 1)",
        ("constant - 1", "D = max(x_hat.shape[1], 0)"),
        reason="differs for no features, which no one has",
    ),
    *_changes(
        "layers/layernorm.py",
        "layernorm_forward",
        "centred = x - x[:, :1]",
        ("- to +", "centred = x + x[:, :1]"),
        reason="the mean is taken off afterwards, and any shift with it",
        rounding=True,
    ),
    *_changes(
        "layers/layernorm.py",
        "layernorm_forward",
        "var = (centred * centred).sum(axis=1, keepdims=True) / D",
        ("wrong variable", "var = (x * centred).sum(axis=1, keepdims=True) / D"),
        ("wrong variable", "var = (centred * x).sum(axis=1, keepdims=True) / D"),
        reason="deviations add up to zero, so that it does not matter from where x is counted",
        rounding=True,
    ),
    *_changes(
        "layer_utils.py",
        "affine_relu_forward",
        "return (out, (affine_cache, relu_cache))",
        ("wrong variable", "return (out, (affine_cache, out))"),
        reason="max(a, 0) > 0 exactly where a > 0, so that the gate may be read off either",
    ),
    *_changes(
        "gplvm.py",
        "_covariance",
        "K = alpha * (X @ X.T)",
        ("transpose", "K = alpha * (X @ X.T).T"),
        reason="X Xᵀ is symmetric to the last bit: numpy computes one half and mirrors it",
    ),
)
