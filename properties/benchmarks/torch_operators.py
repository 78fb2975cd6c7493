"""torch's own operators beside the rows: forward and backward, by torch.testing.assert_close."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from properties.benchmarks.subject import Subject
from properties.spec.case import Case


def torch_operators(subject: Subject, case: Case) -> bool:
    """Whether an implementation agrees with torch; one that torch has no operator for is let by."""
    import torch

    operator = _operators().get(subject.probe.spec.name)
    if operator is None:
        return True
    run = subject.run(case)
    out = next(iter(run.outputs.values()))
    inputs = [torch.tensor(a, requires_grad=True) for a in subject.inputs(case)]
    constants = {k: v for k, v in case.args.items() if k not in subject.names}
    given = {
        k: torch.from_numpy(v.copy()) if isinstance(v, np.ndarray) else v
        for k, v in constants.items()
    }
    given |= dict(zip(subject.names, inputs, strict=True))
    try:
        wanted = operator(given, np.array(out))
    except ValueError:  # batch_norm of a single example
        return True
    upstream = torch.ones(()) if case.dout is None else torch.from_numpy(case.dout.copy())
    gradients = torch.autograd.grad(wanted, inputs, upstream.to(torch.float64))
    pairs = [(np.asarray(out, dtype=np.float64), wanted.detach())]
    pairs += list(zip(subject.own_gradients(case), gradients, strict=True))
    try:
        for got, truth in pairs:
            torch.testing.assert_close(torch.from_numpy(np.array(got)), truth)
    except (AssertionError, RuntimeError):
        return False
    return True


Operator = Callable[[dict[str, Any], Any], Any]


def _operators() -> dict[str, Operator]:
    """What torch has, by row: a function of the arguments and of the output to be judged."""
    from torch.nn import functional as f

    def elementwise(function: Any) -> Operator:
        return lambda a, out: function(a["x"])

    return {
        "relu": elementwise(f.relu),
        "sigmoid": elementwise(f.sigmoid),
        "tanh": elementwise(f.tanh),
        "selu": elementwise(f.selu),
        "gelu": lambda a, out: f.gelu(a["x"], approximate="tanh"),
        "softplus": elementwise(f.softplus),
        "silu": elementwise(f.silu),
        "leaky_relu": lambda a, out: f.leaky_relu(a["x"], a["alpha"]),
        "elu": lambda a, out: f.elu(a["x"], a["alpha"]),
        "affine": _affine,
        "temporal_affine": lambda a, out: f.linear(a["x"], a["w"].T, a["b"]),
        "affine_relu": lambda a, out: f.relu(_affine(a, out)),
        "affine_batchnorm_relu": lambda a, out: f.relu(_batchnorm(a, _affine(a, out))),
        "batchnorm": lambda a, out: _batchnorm(a, a["x"]),
        "spatial_batchnorm": lambda a, out: _batchnorm(a, a["x"]),
        "layernorm": lambda a, out: f.layer_norm(
            a["x"], a["x"].shape[-1:], a["gamma"], a["beta"], a["ln_param"].get("eps", 1e-5)
        ),
        "spatial_groupnorm": lambda a, out: f.group_norm(
            a["x"], a["G"], a["gamma"].ravel(), a["beta"].ravel(), a["gn_param"].get("eps", 1e-5)
        ),
        "dropout": _dropout,
        "conv": _conv,
        "conv_fast": _conv,
        "conv_relu": lambda a, out: f.relu(_conv(a, out)),
        "conv_relu_pool": lambda a, out: _pool(a, f.relu(_conv(a, out))),
        "conv_bn_relu": lambda a, out: f.relu(_batchnorm(a, _conv(a, out))),
        "max_pool": lambda a, out: _pool(a, a["x"]),
        "max_pool_fast": lambda a, out: _pool(a, a["x"]),
        "svm": lambda a, out: f.multi_margin_loss(a["x"], a["y"]) * a["x"].shape[1],
        "softmax": lambda a, out: f.cross_entropy(a["x"], a["y"]),
        "word_embedding": lambda a, out: f.embedding(a["x"], a["W"]),
        "sdpa": lambda a, out: f.scaled_dot_product_attention(
            a["q"], a["k"], a["v"], attn_mask=a["mask"]
        ),
        "rnn_step": lambda a, out: (a["x"] @ a["Wx"] + a["prev_h"] @ a["Wh"] + a["b"]).tanh(),
        "rnn": _rnn,
        "autoencoder": _autoencoder,
        "log_determinant_term": lambda a, out: _half_log_determinant(a, a["D"]),
        "trace_term": _half_trace,
        "gplvm": lambda a, out: _half_log_determinant(a, a["Y"].shape[1]) + _half_trace(a, out),
    }


def _affine(a: dict[str, Any], out: Any) -> Any:
    return a["x"].flatten(1) @ a["w"] + a["b"]


def _batchnorm(a: dict[str, Any], x: Any) -> Any:
    from torch.nn import functional

    eps = a["bn_param"].get("eps", 1e-5)
    return functional.batch_norm(x, None, None, a["gamma"], a["beta"], True, 0.1, eps)


def _dropout(a: dict[str, Any], out: Any) -> Any:
    import torch

    kept, param = torch.from_numpy((out != 0.0).astype(np.float64)), a["dropout_param"]
    return a["x"] * kept / (1.0 - param["p"]) if param["mode"] == "train" else a["x"] * 1.0


def _conv(a: dict[str, Any], out: Any) -> Any:
    from torch.nn import functional

    param = a["conv_param"]
    return functional.conv2d(a["x"], a["w"], a["b"], stride=param["stride"], padding=param["pad"])


def _pool(a: dict[str, Any], x: Any) -> Any:
    from torch.nn import functional

    param = a["pool_param"]
    window = (param["pool_height"], param["pool_width"])
    return functional.max_pool2d(x, window, stride=param["stride"])


def _rnn(a: dict[str, Any], out: Any) -> Any:
    import torch

    h, states = a["h0"], []
    for x in a["x"].unbind(1):
        h = (x @ a["Wx"] + h @ a["Wh"] + a["b"]).tanh()
        states.append(h)
    return torch.stack(states, 1)


def _autoencoder(a: dict[str, Any], out: Any) -> Any:
    x = a["x"].reshape(-1, a["W"].shape[1])
    return 0.5 * ((x @ a["W"].T @ a["W"] - x) ** 2).sum()


def _kernel(a: dict[str, Any]) -> Any:
    import torch

    x = a["X"]
    return a["alpha"] * x @ x.T + torch.eye(len(x), dtype=torch.float64) / a["beta"]


def _half_log_determinant(a: dict[str, Any], d: int) -> Any:
    import torch

    return -0.5 * d * torch.logdet(_kernel(a))


def _half_trace(a: dict[str, Any], out: Any) -> Any:
    import torch

    return -0.5 * torch.trace(torch.linalg.solve(_kernel(a), a["Y"] @ a["Y"].T))
