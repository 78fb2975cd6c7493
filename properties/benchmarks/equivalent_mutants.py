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
    *_changes(
        "conv_layer_utils.py",
        "conv_relu_forward",
        "return (out, (conv_cache, relu_cache))",
        ("wrong variable", "return (out, (conv_cache, out))"),
        reason="max(a, 0) > 0 exactly where a > 0, so that the gate may be read off either",
    ),
    *_changes(
        "conv_layer_utils.py",
        "conv_relu_pool_forward",
        "return (out, (conv_cache, relu_cache, pool_cache))",
        ("wrong variable", "return (out, (conv_cache, active, pool_cache))"),
        reason="max(a, 0) > 0 exactly where a > 0, so that the gate may be read off either",
    ),
    *_changes(
        "layers/attention.py",
        "_rows",
        "return x.reshape(x.shape[0] * x.shape[1], x.shape[2])",
        ("sign", "return x.reshape(-(x.shape[0] * x.shape[1]), x.shape[2])"),
        reason="numpy takes any negative length for the one that is left to it",
    ),
    *_changes(
        "layers/convolution_fast.py",
        "conv_backward_fast",
        "dW_i_T = (_meets(strips, i, rows, stride) @ dout_T).sum(axis=0)",
        (
            "keepdims added",
            "dW_i_T = (_meets(strips, i, rows, stride) @ dout_T).sum(axis=0, keepdims=True)",
        ),
        reason="the axis of length one is dropped again where it is written into dw",
    ),
    *_changes(
        "layers/convolution_fast.py",
        "conv_backward_fast",
        "dimage = np.zeros((N, C, H + 2 * pad, W + 2 * pad), dtype)",
        ("times two", "dimage = np.zeros((N, C, H + 2 * pad, 2 * (W + 2 * pad)), dtype)"),
        ("times two", "dimage = np.zeros((N, C, H + 2 * pad, W + 2 * (2 * pad)), dtype)"),
        ("constant + 1", "dimage = np.zeros((N, C, H + 2 * pad, W + 3 * pad), dtype)"),
        reason="what is added beside the image is cut off at the end",
    ),
    *_changes(
        "layers/elu.py",
        "elu_forward",
        "out = np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0)))",
        ("> to >=", "out = np.where(x >= 0, x, alpha * np.expm1(np.minimum(x, 0)))"),
        reason="both branches are 0 at x = 0",
    ),
    *_changes(
        "layers/elu.py",
        "elu_forward",
        "out = np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0)))",
        ("constant + 1", "out = np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 1)))"),
        reason="the branch is taken for x <= 0 alone, where both bounds are idle",
    ),
    *_changes(
        "layers/elu.py",
        "elu_backward",
        "return dout * np.where(x > 0, 1, alpha * np.exp(np.minimum(x, 0)))",
        ("> to >=", "return dout * np.where(x >= 0, 1, alpha * np.exp(np.minimum(x, 0)))"),
        reason="differs at x = 0 alone, where the contract allows either slope",
    ),
    *_changes(
        "layers/elu.py",
        "elu_backward",
        "return dout * np.where(x > 0, 1, alpha * np.exp(np.minimum(x, 0)))",
        ("constant + 1", "return dout * np.where(x > 0, 1, alpha * np.exp(np.minimum(x, 1)))"),
        reason="the branch is taken for x <= 0 alone, where both bounds are idle",
    ),
    *_changes(
        "layers/gelu.py",
        "_inner",
        "x = np.clip(x, -100, 100)",
        ("constant + 1", "x = np.clip(x, -101, 100)"),
        ("constant - 1", "x = np.clip(x, -99, 100)"),
        ("constant + 1", "x = np.clip(x, -100, 101)"),
        ("constant - 1", "x = np.clip(x, -100, 99)"),
        reason="tanh is 1 to the last bit long before",
    ),
    *_changes(
        "layers/leaky_relu.py",
        "leaky_relu_forward",
        "out = np.where(x > 0, x, alpha * x)",
        ("> to >=", "out = np.where(x >= 0, x, alpha * x)"),
        reason="both branches are 0 at x = 0",
    ),
    *_changes(
        "layers/leaky_relu.py",
        "leaky_relu_forward",
        "return (out, (x, alpha))",
        ("wrong variable", "return (out, (out, alpha))"),
        reason="alpha x > 0 for no x <= 0 and alpha >= 0: the gate may be read off either",
    ),
    *_changes(
        "layers/leaky_relu.py",
        "leaky_relu_backward",
        "return np.where(x > 0, dout, alpha * dout)",
        ("> to >=", "return np.where(x >= 0, dout, alpha * dout)"),
        reason="differs at x = 0 alone, where the contract allows either slope",
    ),
    *_changes(
        "layers/lstm.py",
        "lstm_forward",
        "inputs = np.ascontiguousarray(x.transpose(1, 0, 2)).reshape(T * N, D)",
        ("sign", "inputs = np.ascontiguousarray(x.transpose(1, 0, 2)).reshape(-(T * N), D)"),
        reason="numpy takes any negative length for the one that is left to it",
    ),
    *_changes(
        "layers/lstm.py",
        "lstm_forward",
        "c = np.zeros_like(states[0])",
        ("constant + 1", "c = np.zeros_like(states[1])"),
        ("constant - 1", "c = np.zeros_like(states[-1])"),
        reason="all states have one shape and dtype",
    ),
    *_changes(
        "layers/lstm.py",
        "lstm_backward",
        "stacked = da.reshape(T * N, 4 * H)",
        ("sign", "stacked = da.reshape(-(T * N), 4 * H)"),
        reason="numpy takes any negative length for the one that is left to it",
    ),
    *_changes(
        "layers/lstm.py",
        "lstm_backward",
        "dWh = states[:-1].reshape(T * N, H).T @ stacked",
        ("sign", "dWh = states[:-1].reshape(-(T * N), H).T @ stacked"),
        reason="numpy takes any negative length for the one that is left to it",
    ),
    *_changes(
        "layers/max_pool_fast.py",
        "max_pool_forward_fast",
        "winner = np.zeros(out.shape, np.min_scalar_type(size[0] * size[1]))",
        ("* to /", "winner = np.zeros(out.shape, np.min_scalar_type(size[0] / size[1]))"),
        reason="float16 counts exactly to 2048, and no window has as many places",
    ),
    *_changes(
        "layers/max_pool_fast.py",
        "max_pool_forward_fast",
        "winner = np.zeros(out.shape, np.min_scalar_type(size[0] * size[1]))",
        ("sign", "winner = np.zeros(out.shape, np.min_scalar_type(-(size[0] * size[1])))"),
        ("times two", "winner = np.zeros(out.shape, np.min_scalar_type(2 * (size[0] * size[1])))"),
        reason="another integer dtype that holds the number of every place",
    ),
    *_changes(
        "layers/max_pool_fast.py",
        "max_pool_forward_fast",
        "np.maximum(winner, (here > out) * place, out=winner)",
        ("> to >=", "np.maximum(winner, (here >= out) * place, out=winner)"),
        reason="differs at ties alone, where the contract allows any of the winners",
    ),
    *_changes(
        "layers/rnn.py",
        "rnn_backward",
        "next_h = cache[0][4]",
        ("constant - 1", "next_h = cache[-1][4]"),
        reason="only its shape and dtype are used",
    ),
    *_changes(
        "layers/rnn.py",
        "rnn_backward",
        "dstate = np.zeros_like(dh[:, 0])",
        ("constant - 1", "dstate = np.zeros_like(dh[:, -1])"),
        reason="all states have one shape and dtype",
    ),
    *_changes(
        "layers/scaled_dot_product.py",
        "_masked_softmax",
        "total = np.maximum(exponentials.sum(axis=-1, keepdims=True), 1)",
        ("constant - 1", "total = np.maximum(exponentials.sum(axis=-1, keepdims=True), 0)"),
        reason="the sum is at least 1, but for rows that are hidden whole, which may be nan",
    ),
    *_changes(
        "layers/selu.py",
        "selu_forward",
        "out = LAMBDA * np.where(x > 0, x, ALPHA * np.expm1(np.minimum(x, 0)))",
        ("> to >=", "out = LAMBDA * np.where(x >= 0, x, ALPHA * np.expm1(np.minimum(x, 0)))"),
        reason="both branches are 0 at x = 0",
    ),
    *_changes(
        "layers/selu.py",
        "selu_forward",
        "out = LAMBDA * np.where(x > 0, x, ALPHA * np.expm1(np.minimum(x, 0)))",
        ("constant + 1", "out = LAMBDA * np.where(x > 0, x, ALPHA * np.expm1(np.minimum(x, 1)))"),
        reason="the branch is taken for x <= 0 alone, where both bounds are idle",
    ),
    *_changes(
        "layers/selu.py",
        "selu_backward",
        "return dout * (LAMBDA * np.where(x > 0, 1, ALPHA * np.exp(np.minimum(x, 0))))",
        (
            "> to >=",
            "return dout * (LAMBDA * np.where(x >= 0, 1, ALPHA * np.exp(np.minimum(x, 0))))",
        ),
        reason="differs at x = 0 alone, where the contract allows either slope",
    ),
    *_changes(
        "layers/selu.py",
        "selu_backward",
        "return dout * (LAMBDA * np.where(x > 0, 1, ALPHA * np.exp(np.minimum(x, 0))))",
        (
            "constant + 1",
            "return dout * (LAMBDA * np.where(x > 0, 1, ALPHA * np.exp(np.minimum(x, 1))))",
        ),
        reason="the branch is taken for x <= 0 alone, where both bounds are idle",
    ),
    *_changes(
        "classifiers/linear_svm.py",
        "svm_loss_naive",
        "N = max(len(X), 1)",
        ("constant - 1", "N = max(len(X), 0)"),
        reason="N divides inside the loop over the examples, which an empty batch does not enter",
    ),
    *_changes(
        "classifiers/linear_svm.py",
        "svm_loss_naive",
        "scores = x @ W",
        ("transpose", "scores = (x @ W).T"),
        reason="the scores of one example have one axis",
    ),
    *_changes(
        "classifiers/softmax.py",
        "softmax_loss_naive",
        "N = max(len(X), 1)",
        ("constant - 1", "N = max(len(X), 0)"),
        reason="N divides inside the loop over the examples, which an empty batch does not enter",
    ),
    *_changes(
        "classifiers/softmax.py",
        "softmax_loss_naive",
        "scores = x @ W",
        ("transpose", "scores = (x @ W).T"),
        reason="the scores of one example have one axis",
    ),
    *_changes(
        "layers/spatial_batchnorm.py",
        "spatial_batchnorm_forward",
        "M = max(len(x) * x.shape[2] * x.shape[3], 1)",
        ("constant + 1", "M = max(len(x) * x.shape[2] * x.shape[3], 2)"),
        reason="differs for one value alone, whose deviation is zero",
    ),
    *_changes(
        "layers/spatial_groupnorm.py",
        "spatial_groupnorm_forward",
        "M = max(C // G * H * W, 1)",
        ("constant + 1", "M = max(C // G * H * W, 2)"),
        reason="differs for one value alone, whose deviation is zero",
    ),
    *_changes(
        "layers/spatial_groupnorm.py",
        "spatial_groupnorm_forward",
        "M = max(C // G * H * W, 1)",
        ("constant - 1", "M = max(C // G * H * W, 0)"),
        reason="differs for no values, which no one has",
    ),
    *_changes(
        "layers/spatial_groupnorm.py",
        "spatial_groupnorm_forward",
        "centred = groups - groups[:, :, :1]",
        ("- to +", "centred = groups + groups[:, :, :1]"),
        reason="the mean is taken off afterwards, and any shift with it",
        rounding=True,
    ),
    *_changes(
        "layers/spatial_groupnorm.py",
        "spatial_groupnorm_forward",
        "var = (centred * centred).sum(axis=2, keepdims=True) / M",
        ("wrong variable", "var = (groups * centred).sum(axis=2, keepdims=True) / M"),
        ("wrong variable", "var = (centred * groups).sum(axis=2, keepdims=True) / M"),
        reason="deviations add up to zero, so that it does not matter from where x is counted",
        rounding=True,
    ),
    *_changes(
        "layers/spatial_groupnorm.py",
        "spatial_groupnorm_backward",
        "M = max(C // G * H * W, 1)",
        ("constant - 1", "M = max(C // G * H * W, 0)"),
        reason="differs for no values, which no one has",
    ),
    *_changes(
        "layers/temporal_affine.py",
        "temporal_affine_backward",
        "dw = x.reshape(N * T, D).T @ dout.reshape(N * T, M)",
        ("sign", "dw = x.reshape(-(N * T), D).T @ dout.reshape(N * T, M)"),
        ("sign", "dw = x.reshape(N * T, D).T @ dout.reshape(-(N * T), M)"),
        reason="numpy takes any negative length for the one that is left to it",
    ),
    *_changes(
        "layers/convolution_fast.py",
        "_by_rows",
        "return w.transpose(2, 0, 1, 3).reshape(HH, F, C * WW)",
        ("sign", "return w.transpose(2, 0, 1, 3).reshape(HH, F, -(C * WW))"),
        reason="numpy takes any negative length for the one that is left to it",
    ),
)
