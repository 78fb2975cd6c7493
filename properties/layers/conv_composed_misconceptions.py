"""What goes wrong between a convolution and its neighbours: a wrong upstream derivative for it."""

from __future__ import annotations

from collections.abc import Mapping

_FORMULAS = {
    "dx": "np.einsum('nfpq,fcij,pih,qjw->nchw', {}, w, rows, columns)"
    "[:, :, pad:H + pad, pad:W + pad]",
    "dw": "np.einsum('nfpq,ncpqij->fcij', {}, patches)",
    "db": "np.sum({}, (0, 2, 3))",
}


def _backward(function: str, upstreams: Mapping[str, tuple[str, str]], but: str = "") -> str:
    """Each wrong upstream derivative of the convolution, as its three gradients show it; ``but``
    are those whose db is right all the same."""
    lines = []
    for argument, formula in _FORMULAS.items():
        lines.append(f"{function}, {argument}")
        for name, (upstream, sentence) in upstreams.items():
            if argument == "db" and name in but:
                continue
            lines += [f"  {name}", f"    = {formula.format(upstream)}", f"    {sentence}"]
    return "\n".join((*lines, ""))


_RELU_SKIPPED = "Go back through the ReLU first. [~spiking1]"

CONV_RELU = """
conv_relu_forward, out
  ReLU missing
    = pre
    The ReLU is missing: the convolution's output is returned. [~cs224n14 ~malconv1]
  ReLU first
    = np.einsum('ncpqij,fcij->nfpq', np.maximum(patches, 0), w) + b[:, None, None]
    Convolution first, ReLU after it.
  absolute value
    = np.abs(pre)
    Negative entries become 0, not positive.
  leaky
    = np.where(pre > 0, pre, 0.01 * pre)
    That is the leaky ReLU; this layer gives exactly 0 below zero. [~zig5]
  gate returned
    = 1.0 * (pre > 0)
    That is the gate; the output is the convolution's where the gate is open. [~smile528]
""" + _backward(
    "conv_relu_backward",
    {
        "ReLU skipped": ("dout", _RELU_SKIPPED),
        "gate on dout": (
            "dout * (dout > 0)",
            "The gate looks at the convolution's output, not at dout. [exacity127 ~dgs1]",
        ),
        "value for gate": ("dout * out", "Multiply by the gate, not by the value. [~coursrelu]"),
        "gate inverted": ("dout * (pre < 0)", "The gate is the wrong way round. [~dgs1]"),
        "leaky": (
            "dout * np.where(pre > 0, 1, 0.01)",
            "A closed unit passes exactly nothing. [~zig5]",
        ),
        "upstream missing": ("1.0 * (pre > 0)", "Multiply the gate by dout. [smile528]"),
        "divided by N": ("dpre / N", "The mean over the batch belongs to the loss. [~d2l1000]"),
    },
)

_POOL = "rows_max_pool_fast, columns_max_pool_fast"
_WINNERS = "(windows_max_pool_fast == windows_max_pool_fast.max((4, 5), keepdims=True))"
_TO_ALL = f"np.einsum('nfpqij,pih,qjw->nfhw', dout[..., None, None] * {_WINNERS}, {_POOL})"
_SPREAD = f"np.einsum('nfpq,pih,qjw->nfhw', dout, {_POOL})"

CONV_RELU_POOL = """
conv_relu_pool_forward, out
  ReLU missing
    = windows_max_pool_fast.max((4, 5)) + np.minimum(-np.lib.stride_tricks.sliding_window_view(-pre,
      (HH_max_pool_fast, WW_max_pool_fast), (2, 3))[:, :, ::stride_max_pool_fast,
      ::stride_max_pool_fast].max((4, 5)), 0)
    The ReLU is missing between convolution and pooling. [cs224n14 fedml96 ~malconv1]
  average pooling
    = windows_max_pool_fast.mean((4, 5))
    That is average pooling; here the largest entry of each window is wanted.
  minimum
    = windows_max_pool_fast.min((4, 5))
    Take the largest entry, not the smallest.
  pooling's stride ignored
    = each[:, :, :H2_max_pool_fast, :W2_max_pool_fast].max((4, 5))
    pool_param has a stride of its own.
""" + _backward(
    "conv_relu_pool_backward",
    {
        "ReLU skipped": ("dactive", _RELU_SKIPPED),
        # A window of zeros has nothing but winners.
        "ReLU skipped, all winners": (_TO_ALL, _RELU_SKIPPED),
        "value for gate": ("dactive * pre", "Multiply by the gate, not by the value. [~coursrelu]"),
        "gate inverted": ("dactive * (pre < 0)", "The gate is the wrong way round. [~dgs1]"),
        "gate on the gradient": (
            "dpre * (dpre > 0)",
            "The gate looks at the convolution's output, not at the gradient. [exacity127 ~dgs1]",
        ),
        "average pooling": (
            f"{_SPREAD} * gate / (HH_max_pool_fast * WW_max_pool_fast)",
            "That is average pooling's gradient: only the winner of a window gets dout.",
        ),
        "pooling skipped": (
            f"{_SPREAD} * gate",
            "Only the winner of a window gets dout, the others nothing.",
        ),
        "divided by N": ("dpre / N", "The mean over the batch belongs to the loss. [~d2l1000]"),
    },
)


def _through_batchnorm(upstream: str) -> str:
    g = f"({upstream} * scale)"
    mean = "np.mean({}, (0, 2, 3), keepdims=True)"
    return f"({g} - {mean.format(g)} - xhat * {mean.format(f'{g} * xhat')}) / root"


CONV_BN_RELU = """
conv_bn_relu_forward, out (train)
  ReLU missing
    = normal
    The ReLU is missing: batchnorm's output is returned. [~fedml96]
  batchnorm missing
    = np.maximum(0, pre)
    Batchnorm is not called.
  ReLU before batchnorm
    = scale * (np.maximum(pre, 0) - np.maximum(pre, 0).mean((0, 2, 3), keepdims=True)) /
      np.sqrt(np.maximum(pre, 0).var((0, 2, 3), keepdims=True) + eps) + shift
    The order is convolution, batchnorm, ReLU. [maml39 delta1 icarl5 keras4618 ~mlcol205]
  gamma and beta missing
    = np.maximum(xhat, 0)
    Scale by gamma and shift by beta. [~mcn280]
conv_bn_relu_backward, dgamma
  ReLU skipped
    = (dout * xhat).sum((0, 2, 3))
    Go back through the ReLU first. [~spiking1]
  gate on the convolution's output
    = (dout * (pre > 0) * xhat).sum((0, 2, 3))
    ReLU's gate looks at batchnorm's output, not at the convolution's.
  averaged
    = (dnormal * xhat).mean((0, 2, 3))
    Sum over examples and pixels, do not average. [~wjb7]
  convolution's output for xhat
    = (dnormal * pre).sum((0, 2, 3))
    gamma multiplies xhat, not what batchnorm was given. [~torch2330]
  gamma included
    = (dnormal * scale * xhat).sum((0, 2, 3))
    gamma itself is not part of its own gradient.
  dbeta returned
    = dbeta
    dgamma and dbeta are returned in each other's place. [~oneflow6149]
conv_bn_relu_backward, dbeta
  ReLU skipped
    = dout.sum((0, 2, 3))
    Go back through the ReLU first. [~spiking1]
  gate on the convolution's output
    = (dout * (pre > 0)).sum((0, 2, 3))
    ReLU's gate looks at batchnorm's output, not at the convolution's.
  averaged
    = dnormal.mean((0, 2, 3))
    Sum over examples and pixels, do not average. [~kvfrans5]
  summed over the examples alone
    = dnormal.sum(0)
    beta[c] is shared by all pixels: sum over axes 0, 2 and 3. [~mlpack3679]
  gamma included
    = (dnormal * scale).sum((0, 2, 3))
    beta is added after gamma: its gradient has no gamma.
  dgamma returned
    = dgamma
    dgamma and dbeta are returned in each other's place. [~oneflow6149]
""" + _backward(
    "conv_bn_relu_backward",
    {
        "batchnorm skipped": ("dnormal", "Batchnorm is skipped on the way back. [~spiking1]"),
        "direct path only": (
            "dnormal * scale / root",
            "Batchnorm's statistics depend on its input: two more paths. [~mlpack1923]",
        ),
        "mean path missing": (
            "(dxhat - xhat * moments) / root",
            "The path through batchnorm's mean is missing. [~mlpack2474]",
        ),
        "variance path missing": (
            "(dxhat - dmeans) / root",
            "The path through batchnorm's variance is missing. [~caffe3878]",
        ),
        "ReLU skipped": (_through_batchnorm("dout"), _RELU_SKIPPED),
        "gate on the convolution's output": (
            _through_batchnorm("(dout * (pre > 0))"),
            "ReLU's gate looks at batchnorm's output, not at the convolution's.",
        ),
    },
    but="variance path missing, ReLU skipped, gate on the convolution's output",
)
