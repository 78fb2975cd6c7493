"""What grading a class costs, on a class that is made up (`submissions`).

``python -m properties.benchmarks.grading_cost throughput`` races ``nndl grade`` against a shell
loop over ``nndl check``; ``flat`` grades classes of growing size and looks at the memory;
``scheduler`` sends 10,000 tasks to 64 workers, which sleep for times that grading has recorded.
"""

from __future__ import annotations

import argparse
import os
import random
import resource
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec

from properties.benchmarks.grading import COMMON, command, descendants, grade
from properties.benchmarks.submissions import Made, make_class
from properties.grading.values import Result


def throughput(count: int, seed: int, more: Sequence[str]) -> None:
    """Race ``nndl grade`` against a shell loop over ``nndl check`` on the same files.

    Processor time is whole with ``--isolation none`` alone: nobody is told that of a namespace.
    """
    with tempfile.TemporaryDirectory() as folder:
        home, out = Path(folder) / "class", Path(folder) / "out"
        made = _files(make_class(home, 3 * count, seed=seed, hanging=False), count)
        for entry in home.iterdir():
            if entry.name not in made:
                subprocess.run(["rm", "-r", str(entry)], check=True)
        started, cpu = time.perf_counter(), _cpu_of_children()
        for name in sorted(made):
            line = command("check", str(home / name), *COMMON, *more)
            subprocess.run(line, check=False, capture_output=True)
        loop, cpu_of_loop = time.perf_counter() - started, _cpu_of_children() - cpu
        cpu = _cpu_of_children()
        graded = grade(home, out, *more)
        cpu_of_grade = _cpu_of_children() - cpu
        judged = sum(_recorded(out))
    processors = len(os.sched_getaffinity(0))
    judging = judged / processors
    print(
        f"{len(made)} submissions, {processors} processors: shell loop {loop:.0f} s, grade "
        f"{graded:.0f} s ({loop / graded:.2f} times); processor time {cpu_of_loop:.0f} s and "
        f"{cpu_of_grade:.0f} s ({cpu_of_loop / cpu_of_grade:.2f} times); "
        f"{60 * len(made) / graded / processors:.1f} submissions a minute and processor; "
        f"{100 * judging / graded:.0f} % of the time in judges, the rest is start-up and canaries"
    )


def _recorded(out: Path) -> list[float]:
    """The seconds that each judge has written into its result."""
    files = sorted((out / "results").glob("*.json"))
    return [msgspec.json.decode(file.read_bytes(), type=Result).seconds for file in files]


def _cpu_of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _files(made: Sequence[Made], count: int) -> set[str]:
    names = [one.name for one in made if one.kind in ("right", "wrong") and one.name[-3:] == ".py"]
    return set(names[:count])


def flat(counts: Sequence[int], seed: int) -> None:
    """Grade classes of growing size: seconds a submission, and the memory of all processes."""
    for count in counts:
        with tempfile.TemporaryDirectory() as folder:
            home, out = Path(folder) / "class", Path(folder) / "out"
            make_class(home, count, seed=seed, hanging=False)
            started, peak = time.perf_counter(), 0
            process = subprocess.Popen(
                command("grade", str(home), "--out", str(out), *COMMON),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            while process.poll() is None:
                peak = max(peak, sum(map(_memory, [process.pid, *descendants(process.pid)])))
                time.sleep(1.0)
            took = time.perf_counter() - started
        print(f"{count} submissions: {took / count:.2f} s each, at most {peak >> 20} MiB")


def _memory(pid: int) -> int:
    """The proportional set size of a process, which counts a shared page once."""
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return 0
    return sum(int(line.split()[1]) << 10 for line in text.splitlines() if line.startswith("Pss:"))


def scheduler(count: int, workers: int, recorded: int, seed: int) -> None:
    """Send tasks that sleep to workers of a real scheduler; how busy does it keep them?

    They sleep as long as submissions of a class of `recorded` took, each drawn at random.
    """
    from distributed import Client, LocalCluster, as_completed

    with tempfile.TemporaryDirectory() as folder:
        home, out = Path(folder) / "class", Path(folder) / "out"
        make_class(home, recorded, seed=seed)
        grade(home, out)
        seen = [seconds for seconds in _recorded(out) if seconds]
    times = random.Random(seed).choices(seen, k=count)
    payload = bytes(12_000)
    with (
        LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            processes=False,
            memory_limit=0,  # they share one process: its size is not that of a worker
            dashboard_address=None,
        ) as local,
        Client(local) as client,
    ):
        started, cpu = time.perf_counter(), time.process_time()
        waiting = iter(times)
        running: Any = as_completed()

        def more() -> None:
            if (seconds := next(waiting, None)) is not None:
                running.add(client.submit(_sleep, payload, seconds, pure=False))

        for _ in range(3 * workers):
            more()
        for future in running:
            more()
            future.result()
            future.release()
        took, spent = time.perf_counter() - started, time.process_time() - cpu
    ideal = sum(times) / workers
    print(
        f"{count} tasks of {sum(times) / count:.2f} s on {workers} workers: {took:.0f} s, ideal "
        f"{ideal:.0f} s ({100 * ideal / took:.0f} % busy); {1000 * spent / count:.2f} ms of "
        f"processor time a task for scheduler, workers and client in one process: "
        f"saturated above {count / spent:.0f} tasks a second"
    )


def _sleep(payload: bytes, seconds: float) -> int:
    time.sleep(seconds)
    return len(payload)


def main() -> int:
    """Measure one of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["throughput", "flat", "scheduler"])
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=64)
    parser.add_argument("--recorded", type=int, default=60, help="submissions that give the times")
    parser.add_argument("--isolation", default="auto")
    options = parser.parse_args()
    runs: dict[str, Callable[[], None]] = {
        "throughput": lambda: throughput(
            options.count, options.seed, ["--isolation", options.isolation]
        ),
        "flat": lambda: flat([10, 100, options.count], options.seed),
        "scheduler": lambda: scheduler(
            options.count, options.workers, options.recorded, options.seed
        ),
    }
    runs[options.what]()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
