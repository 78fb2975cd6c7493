"""Mutants that do what the contract wants as the original does, each with the reason.

A mutant is named by its statement before and after, so that an entry outlives a change of lines.
Each is run beside the original in ``properties/tests/benchmarks/test_mutation.py``.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Equivalent:
    """A change that makes no difference."""

    module: str
    function: str
    operator: str
    before: str
    after: str
    reason: str

    @property
    def key(self) -> tuple[str, ...]:
        """What names it, as `Mutant.key` does."""
        return (self.module, self.function, self.operator, self.before, self.after)


def _changes(
    module: str, function: str, before: str, *afters: tuple[str, str], reason: str
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
        )
        for operator, after in afters
    )


EQUIVALENT: tuple[Equivalent, ...] = (
    *_changes(
        "layers.py",
        "relu_forward",
        "zeros = np.zeros(x.shape[-1:], dtype=x.dtype)",
        ("drop sign", "zeros = np.zeros(x.shape[1:], dtype=x.dtype)"),
        ("constant + 1", "zeros = np.zeros(x.shape[-2:], dtype=x.dtype)"),
        ("constant - 1", "zeros = np.zeros(x.shape[-0:], dtype=x.dtype)"),
        reason="zeros of any trailing shape of x are broadcast to the shape of x",
    ),
    *_changes(
        "layers.py",
        "relu_backward",
        "return dout * (x > 0)",
        ("> to >=", "return dout * (x >= 0)"),
        reason="differs at x = 0 alone, where the contract allows every slope from 0 to 1",
    ),
    *_changes(
        "layers.py",
        "dropout_forward",
        "words = generator.bit_generator.random_raw((x.size + 1) // 2)",
        ("times two", "words = generator.bit_generator.random_raw(2 * (x.size + 1) // 2)"),
        ("constant + 1", "words = generator.bit_generator.random_raw((x.size + 2) // 2)"),
        ("constant - 1", "words = generator.bit_generator.random_raw((x.size + 1) // 1)"),
        reason="more words are drawn than used; the first x.size numbers are the same",
    ),
    *_changes(
        "layers.py",
        "dropout_forward",
        "kept = words.view(np.uint32)[:x.size].reshape(x.shape) >= round(p * 2 ** 32)",
        (
            ">= to >",
            "kept = words.view(np.uint32)[:x.size].reshape(x.shape) > round(p * 2 ** 32)",
        ),
        reason="differs where 32 random bits are one given number: the mask resolves p to 2**-32",
    ),
    *_changes(
        "_batchnorm.py",
        "batchnorm_forward",
        "slope = gamma / _positive(np.sqrt(running_var.astype(x.dtype) + eps), eps)",
        (
            "wrong variable",
            "slope = gamma / _positive(np.sqrt(running_var.astype(x.dtype) + eps), momentum)",
        ),
        reason="the second argument of _positive is shown in an error message and nowhere else",
    ),
    *_changes(
        "_batchnorm.py",
        "batchnorm_forward",
        "to_unit = 1 / _positive(np.sqrt(var + eps), eps)",
        ("wrong variable", "to_unit = 1 / _positive(np.sqrt(var + eps), momentum)"),
        reason="the second argument of _positive is shown in an error message and nowhere else",
    ),
    *_changes(
        "_batchnorm.py",
        "batchnorm_forward",
        "n_examples = max(len(x), 1)",
        ("constant + 1", "n_examples = max(len(x), 2)"),
        reason="differs for one example alone, whose deviations are zero: so are their sums",
    ),
    *_changes(
        "_batchnorm.py",
        "_running",
        "return np.zeros(x.shape[1:], dtype=x.dtype)",
        ("constant + 1", "return np.zeros(x.shape[2:], dtype=x.dtype)"),
        reason="one zero is broadcast to the columns wherever it meets an array",
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
