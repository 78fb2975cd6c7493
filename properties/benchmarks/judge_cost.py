"""What the judge costs, in units of one forward and backward of the layer that it judges.

``python -m properties.benchmarks.judge_cost`` times, in one run: a forward and backward, the
verdict of the reference on both (truth with bounds, comparison), the pipe to the child process, and
for comparison central differences over every entry and torch.autograd.gradcheck at its defaults.
Each figure is the smallest median of several rounds: other processes only ever add time.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from properties.benchmarks.held import Held
from properties.benchmarks.sampling import held, layers, make_probe, opened
from properties.implementation.inside import InProcess
from properties.judge.subjects.functions import Probe
from properties.judge.suite import Suite
from properties.spec.case import Case

TIMES_BAR = 10.0
SMALL_BAR = 0.3e-3


@dataclass(frozen=True, kw_only=True)
class Cost:
    """Seconds of one verdict and of what it judges."""

    name: str
    small: bool
    layer_seconds: float
    judge_seconds: float
    pipe_seconds: float

    @property
    def whole(self) -> float:
        """Seconds of the verdict and of the pipe: all but Hypothesis and the implementation."""
        return self.judge_seconds + self.pipe_seconds

    @property
    def times(self) -> float:
        """The same in units of one forward and backward."""
        return self.whole / self.layer_seconds

    @property
    def kept(self) -> bool:
        """Whether the bar is kept: ten times at full size, 0.3 ms on small cases."""
        return self.whole <= SMALL_BAR if self.small else self.times <= TIMES_BAR


Clock = Callable[[], float]
CLOCKS: dict[str, Clock] = {"wall": time.perf_counter, "cpu": time.process_time}


def best(
    work: Callable[[], object],
    *,
    seconds: float = 0.2,
    rounds: int = 5,
    clock: Clock = time.perf_counter,
) -> float:
    """Seconds that one call takes: the smallest median of several rounds."""
    medians = []
    for _ in range(rounds):
        taken: list[float] = []
        end = time.perf_counter() + seconds / rounds
        while not taken or time.perf_counter() < end:
            start = clock()
            work()
            taken.append(clock() - start)
        medians.append(float(np.median(taken)))
    return min(medians)


def affine_case(n: int, d: int, m: int) -> Case:
    """A random case of the affine layer."""
    rng = np.random.Generator(np.random.SFC64(0))
    args = {
        "x": rng.standard_normal((n, d)),
        "w": rng.standard_normal((d, m)),
        "b": rng.standard_normal(m),
    }
    return Case(args=args, dout=rng.standard_normal((n, m)), family="normal")


def batchnorm_case(n: int, d: int) -> Case:
    """A random case of batch normalisation in train mode."""
    rng = np.random.Generator(np.random.SFC64(0))
    args = {
        "x": rng.standard_normal((n, d)),
        "gamma": rng.standard_normal(d),
        "beta": rng.standard_normal(d),
        "bn_param": {"mode": "train"},
    }
    return Case(args=args, dout=rng.standard_normal((n, d)), family="normal")


CASES: tuple[tuple[str, str, Case, bool], ...] = (
    ("affine 64 × 256 × 128", "affine", affine_case(64, 256, 128), False),
    ("batchnorm 64 × 128", "batchnorm", batchnorm_case(64, 128), False),
    ("affine 3 × 5 × 4", "affine", affine_case(3, 5, 4), True),
    ("batchnorm 4 × 5", "batchnorm", batchnorm_case(4, 5), True),
)


def layer_of(suite: Suite, probe: Probe) -> Callable[[Case], Any]:
    """Forward and backward of a layer as plain calls, with nothing of ours in between."""
    implementation = suite.implementation
    assert isinstance(implementation, InProcess)
    functions = implementation._loaded.functions
    forward = functions[probe.spec.forward]
    backward = functions[probe.spec.backward] if probe.spec.backward else None

    def run(case: Case) -> Any:
        # A dict of options is written into: each call gets its own.
        args = [dict(a) if isinstance(a, Mapping) else a for a in case.args.values()]
        cache = forward(*args)[1]
        return cache if backward is None else backward(case.dout, cache)

    return run


def measure(
    suite: Suite,
    piped: Suite | None,
    name: str,
    layer: str,
    case: Case,
    *,
    small: bool,
    seconds: float = 0.2,
    clock: Clock = time.perf_counter,
) -> Cost:
    """Time one verdict on a case."""
    (spec,) = (spec for spec in layers(suite) if spec.name == layer)
    probe = make_probe(suite, spec)
    run = probe.now(probe.run(case))

    def verdict() -> None:
        assert probe.wrong_value(case, run) is None
        assert probe.wrong_gradient(case, run) is None

    plain = layer_of(suite, probe)
    layer_seconds = best(lambda: plain(case), seconds=seconds, clock=clock)
    pipe_seconds = 0.0
    if piped is not None:
        through = make_probe(piped, spec)
        whole = best(lambda: through.run(case), seconds=seconds, clock=clock)
        if clock is time.process_time:  # it sees this process alone
            whole += child_cpu_seconds(piped, lambda: through.run(case), seconds=seconds)
        pipe_seconds = whole - layer_seconds
    return Cost(
        name=name,
        small=small,
        layer_seconds=layer_seconds,
        judge_seconds=best(verdict, seconds=seconds, clock=clock),
        pipe_seconds=pipe_seconds,
    )


def child_cpu_seconds(piped: Suite, work: Callable[[], object], *, seconds: float) -> float:
    """Processor seconds that one call costs the child process (Linux; elsewhere zero)."""
    child = getattr(piped.implementation, "_child", None)
    try:
        file = Path(f"/proc/{child._process.pid}/stat")  # type: ignore[union-attr]
        ticks = os.sysconf("SC_CLK_TCK")

        def used() -> float:
            fields = file.read_text().rpartition(")")[2].split()
            return (int(fields[11]) + int(fields[12])) / ticks

        before, end, calls = used(), time.perf_counter() + max(1.0, 5.0 * seconds), 0
        while time.perf_counter() < end:
            work()
            calls += 1
        return (used() - before) / calls
    except (OSError, AttributeError, ValueError):
        return 0.0


def central_differences(suite: Suite, case: Case) -> float:
    """Seconds for the full gradient of batchnorm by central differences, as the course does it."""
    (spec,) = (spec for spec in layers(suite) if spec.name == "batchnorm")
    implementation = suite.implementation
    assert isinstance(implementation, InProcess)
    forward = implementation._loaded.functions[spec.forward]
    case = case.with_args(bn_param=dict(case.args["bn_param"]))
    dout = case.upstream
    start = time.perf_counter()
    for name in spec.differentiable:
        array = case.args[name].copy()
        args = list(case.with_args(**{name: array}).args.values())
        for index in np.ndindex(array.shape):
            old = array[index]
            array[index] = old + 1e-5
            plus = forward(*args)[0]
            array[index] = old - 1e-5
            minus = forward(*args)[0]
            array[index] = old
            float(np.sum((plus - minus) * dout)) / 2e-5
    return time.perf_counter() - start


def gradcheck(suite: Suite, implementation: Held, case: Case, *, fast: bool) -> float | None:
    """Seconds of torch.autograd.gradcheck on the same layer; None without torch."""
    try:
        import torch
    except ImportError:
        return None
    (spec,) = (spec for spec in layers(suite) if spec.name == "batchnorm")
    from properties.benchmarks.rivals import torch_function
    from properties.benchmarks.subject import Subject

    subject = Subject(probe=make_probe(suite, spec), held=implementation)
    function = torch_function(subject, case)
    inputs = tuple(torch.tensor(array, requires_grad=True) for array in subject.inputs(case))
    with implementation.in_place():
        start = time.perf_counter()
        torch.autograd.gradcheck(function, inputs, fast_mode=fast)
        return time.perf_counter() - start


def table(costs: Sequence[Cost]) -> str:
    """The costs in Markdown."""
    lines = [
        "| case | forward + backward | verdict | pipe | both, in times | bar |",
        "|---|---|---|---|---|---|",
    ]
    for cost in costs:
        bar = f"{SMALL_BAR * 1e3:g} ms" if cost.small else f"{TIMES_BAR:g} times"
        lines.append(
            f"| {cost.name} | {cost.layer_seconds * 1e3:.3f} ms | {cost.judge_seconds * 1e3:.3f} ms"
            f" | {cost.pipe_seconds * 1e3:.3f} ms | {cost.times:.1f}"
            f" | {bar} {'kept' if cost.kept else '**missed**'} |"
        )
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table; 1 when a bar is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=1.0, help="for each figure")
    parser.add_argument(
        "--clock",
        choices=list(CLOCKS),
        default="wall",
        help="cpu on a busy machine, with OPENBLAS_NUM_THREADS=1; of the pipe it sees both ends",
    )
    parser.add_argument("--no-rivals", action="store_true", help="leave the comparison out")
    chosen = parser.parse_args(arguments)
    (suite, inside), piped = held("bundled"), opened("bundled")
    try:
        costs = [
            measure(
                suite,
                piped,
                name,
                layer,
                case,
                small=small,
                seconds=chosen.seconds,
                clock=CLOCKS[chosen.clock],
            )
            for name, layer, case, small in CASES
        ]
        print(table(costs), flush=True)
        if not chosen.no_rivals:
            case = batchnorm_case(64, 128)
            print(f"\nbatchnorm 64 × 128, judge: {costs[1].judge_seconds * 1e3:.2f} ms")
            seconds = central_differences(suite, case)
            print(f"central differences over every entry: {seconds:.2f} s", flush=True)
            for fast in (True, False):
                taken = gradcheck(suite, inside, case, fast=fast)
                mode = "fast" if fast else "slow (its default)"
                said = "not installed" if taken is None else f"{taken:.2f} s"
                print(f"torch.autograd.gradcheck, {mode}: {said}", flush=True)
    finally:
        suite.close()
        piped.close()
    return 0 if all(cost.kept for cost in costs) else 1


if __name__ == "__main__":
    sys.exit(main())
