"""How fast the layers are: beside the bare matrix products, and beside torch on the CPU.

    python -m properties.benchmarks.speed [--impl NAME] [--threads N] [--rounds N] [--only TEXT]
                                          [--clock wall|cpu] [--memory] [--page-faults]
                                          [--page FILE]

Everything is measured in one run, in turns, so that a machine which is busy for a while is busy for
all contenders; the smallest time of each counts, and the median is shown beside it. "products" are
the bare matrix products, "plain" the formulas without what is there for speed: a trick stays only
where it beats them. torch is optional: without it its columns are empty. All contenders have the
same number of threads.

On a machine that is never quiet, ``--threads 1 --clock cpu`` counts only the time that this process
had a processor.

A program that has freed one large array keeps its memory, as the solver sees to: so it is here,
for all contenders. ``--page-faults`` leaves the C library as it starts.

``--page docs/speed.md`` writes the table as a page, with what is above its bar.

The implementation is imported by its name, like every code under test.
"""

from __future__ import annotations

import argparse
import importlib
import os
import platform
import shlex
import subprocess
import sys
import time
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np

from . import speed_plain
from .speed_later import convolution_memory, later_races
from .speed_page import page
from .speed_race import Race, Run, table, torch_layer

N, D, H, C = 128, 3072, 512, 10
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")


def layer_races(layers: Any, torch: Any) -> list[Race]:
    """Return the layers at N = 128, D = 3072, H = 512 in float32, forward and backward."""
    rng = np.random.default_rng(0)
    x, dx = (rng.standard_normal((N, D), dtype=np.float32) for _ in range(2))
    w, b = rng.standard_normal((D, H), dtype=np.float32), np.zeros(H, dtype=np.float32)
    dout = rng.standard_normal((N, H), dtype=np.float32)
    races = [
        Race(
            name="affine",
            shape=f"{N} × {D} × {H}",
            runs={
                "nndl": lambda: layers.affine_backward(dout, layers.affine_forward(x, w, b)[1]),
                "products": lambda: (x @ w, dout @ w.T, x.T @ dout),
                **torch_layer(torch, lambda f, x, w, b: f.linear(x, w.T, b), dout, x, w, b),
            },
            bar=(1.05, "products"),
        )
    ]
    for width, given, upstream in [(D, x, dx), (H, np.ascontiguousarray(x[:, :H]), dout)]:
        races += elementwise_races(layers, torch, width, given, upstream)
    return races


def elementwise_races(layers: Any, torch: Any, width: int, x: Any, dout: Any) -> list[Race]:
    """Return ReLU, batch normalisation and dropout on an array (N, width)."""
    one, zero = np.ones(width, dtype=np.float32), np.zeros(width, dtype=np.float32)
    bn_param = {"mode": "train"}
    dropout_param = {"mode": "train", "p": 0.5}

    def relu() -> object:
        return layers.relu_backward(dout, layers.relu_forward(x)[1])

    def batchnorm() -> object:
        return layers.batchnorm_backward(dout, layers.batchnorm_forward(x, one, zero, bn_param)[1])

    def dropout() -> object:
        return layers.dropout_backward(dout, layers.dropout_forward(x, dropout_param)[1])

    plain: dict[str, dict[str, Run]] = {
        "batchnorm": {"plain": lambda: speed_plain.batchnorm(x, one, zero, dout)},
        "dropout": {"plain": lambda: speed_plain.dropout(x, dout)},
    }
    running = (torch.zeros(width), torch.ones(width)) if torch else ()
    return [
        Race(
            name=name,
            shape=f"{N} × {width}",
            runs={"nndl": run, **plain.get(name, {}), **rival},
            bar=(3, "torch"),
        )
        for name, run, rival in [
            ("ReLU", relu, torch_layer(torch, lambda f, x: f.relu(x), dout, x)),
            (
                "batchnorm",
                batchnorm,
                torch_layer(
                    torch,
                    lambda f, x, g, b: f.batch_norm(x, *running, g, b, True, 0.1, 1e-5),
                    dout,
                    x,
                    one,
                    zero,
                ),
            ),
            ("dropout", dropout, torch_layer(torch, lambda f, x: f.dropout(x, 0.5), dout, x)),
        ]
    ]


def make_net(fc_net: Any) -> Any:
    """Return FullyConnectedNet([512, 512]) with batch normalisation and dropout."""
    np.random.seed(0)
    return fc_net.FullyConnectedNet([H, H], D, C, dropout=0.5, use_batchnorm=True)


def batch() -> tuple[Any, Any]:
    """Return a minibatch with the shape of CIFAR-10's images."""
    rng = np.random.default_rng(1)
    return rng.standard_normal((N, 3, 32, 32), dtype=np.float32), rng.integers(C, size=N)


def step_races(fc_net: Any, optim: Any, torch: Any) -> list[Race]:
    """Return a training step: loss and gradients, and the same with an SGD update."""
    net, (X, y) = make_net(fc_net), batch()
    rows = X.reshape(N, D)
    weights = [net.params[f"W{i}"] for i in (1, 2, 3)]
    inputs = [rows, np.ones((N, H), np.float32), np.ones((N, H), np.float32)]
    upstream = [
        np.ones((N, H), np.float32),
        np.ones((N, H), np.float32),
        np.ones((N, C), np.float32),
    ]

    def products() -> object:
        forward = [a @ w for a, w in zip(inputs, weights, strict=True)]
        backward = [a.T @ d for a, d in zip(inputs, upstream, strict=True)]
        # The derivative with respect to the images is of no use and not computed.
        return forward, backward, [d @ w.T for d, w in zip(upstream[1:], weights[1:], strict=True)]

    trained = make_net(fc_net)

    def update() -> object:
        _, grads = trained.loss(X, y)
        for name, w in trained.params.items():
            trained.params[name], _ = optim.sgd(w, grads[name], {"learning_rate": 1e-3})
        return None

    step = {"nndl": lambda: net.loss(X, y), "products": products}
    with_update: dict[str, Run] = {"nndl": update, "products": products}
    if torch is not None:
        step["torch"], with_update["torch"] = _torch_steps(torch, rows, y)
    shape = f"{N} × {D}, {H}, {H}, {C}"
    return [
        Race(name="net: loss and gradients", shape=shape, runs=step, bar=(1.25, "products")),
        Race(name="net: with SGD update", shape=shape, runs=with_update, bar=(1.0, "torch")),
    ]


def _torch_steps(torch: Any, rows: Any, y: Any) -> tuple[Run, Run]:
    """Return torch's training step without and with an update."""
    nn = torch.nn
    hidden = [[nn.Linear(n, H), nn.BatchNorm1d(H), nn.ReLU(), nn.Dropout(0.5)] for n in (D, H)]
    model = nn.Sequential(*hidden[0], *hidden[1], nn.Linear(H, C))
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-3)
    X, labels = torch.from_numpy(rows.copy()), torch.from_numpy(y.copy())

    def gradients() -> None:
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(X), labels).backward()

    def update() -> None:
        gradients()
        optimizer.step()

    return gradients, update


def memory(fc_net: Any) -> str:
    """Return the peak memory of a training step beside what it cannot do without."""
    net, (X, y) = make_net(fc_net), batch()
    net.loss(X, y)
    parameters = sum(param.nbytes for param in net.params.values())
    # Affine, batch normalisation, ReLU and dropout in both hidden layers; the images; the scores.
    activations = 4 * (X.size + 2 * 4 * N * H + N * C)
    tracemalloc.start()
    net.loss(X, y)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    # The parameters and the images were there before the measurement began.
    ratio = (peak + parameters + X.nbytes) / (2 * parameters + activations)
    return (
        f"Peak memory of a training step: {(peak + parameters + X.nbytes) / 2**20:.1f} MiB, "
        f"{ratio:.2f} times parameters + activations + gradients (bar 2.5)."
    )


def main() -> int:
    """Run the benchmark and print its table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--impl", default="nndl", metavar="NAME", help="import name (nndl)")
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--clock", choices=["wall", "cpu"], default="wall")
    parser.add_argument("--memory", action="store_true", help="measure the peak memory, too")
    parser.add_argument("--only", default="", metavar="TEXT", help="races whose names hold it")
    parser.add_argument("--page", metavar="FILE", help="write the results as Markdown")
    parser.add_argument("--page-faults", action="store_true", help="let freed memory go")
    options = parser.parse_args()
    if any(os.environ.get(name) != str(options.threads) for name in THREADS):
        # BLAS reads these when it is loaded, so set them and start again.
        environment = os.environ | dict.fromkeys(THREADS, str(options.threads))
        command = [sys.executable, "-m", "properties.benchmarks.speed", *sys.argv[1:]]
        return subprocess.run(command, env=environment, check=False).returncode

    clock = time.process_time if options.clock == "cpu" else time.perf_counter
    modules = {
        name: importlib.import_module(f"{options.impl}.{name}")
        for name in ("layers", "fc_net", "optim")
    }
    torch = _torch(options.threads)
    if not options.page_faults:
        np.empty(2**25 - 2**20, dtype=np.uint8)  # glibc keeps blocks up to the size of one freed
    races = layer_races(modules["layers"], torch)
    races += step_races(modules["fc_net"], modules["optim"], torch)
    races += later_races(modules["layers"], torch)
    races = [race for race in races if options.only in race.name]
    for race in races:
        for _ in range(5):  # caches, threads and the allocator have to settle
            race.turn(clock)
        race.times.clear()
        for _ in range(options.rounds):
            race.turn(clock)
    rival = f"torch {torch.__version__}" if torch else "no torch"
    settings = (
        f"float32, smallest of {options.rounds} (median); {options.threads} threads, "
        f"{options.clock} clock; numpy "
        f"{np.__version__}, {rival}, Python {platform.python_version()}, {platform.machine()}"
    )
    print(f"{settings}\n\n{table(races)}")
    peaks = ""
    if options.memory:
        peaks = f"{memory(modules['fc_net'])}\n{convolution_memory(modules['layers'])}"
        print(f"\n{peaks}")
    if options.page:
        made = f"python -m properties.benchmarks.speed {shlex.join(sys.argv[1:])}"
        text = page(races, command=made, settings=settings, memory=peaks)
        Path(options.page).write_text(text, encoding="utf-8")
    return 0


def _torch(threads: int) -> Any:
    try:
        torch: Any = importlib.import_module("torch")
    except ImportError:
        return None
    torch.set_num_threads(threads)
    return torch


if __name__ == "__main__":
    raise SystemExit(main())
