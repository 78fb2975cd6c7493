"""What grading a class promises, measured on a class that is made up (`submissions`).

``python -m properties.benchmarks.grading alone --count 1000`` grades a class and judges each
submission alone with ``nndl check``: every verdict must be the same. ``kill --count 1000 --kills
20`` ends the command, a worker or a judge at random moments until the class is graded: the grades
must be those of a run that nobody touched, and nothing kept is judged again. ``cluster`` takes a
scheduler and four workers started by hand. What it costs is measured by `grading_cost`.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import repeat
from pathlib import Path
from typing import Any

from properties.benchmarks.submissions import FIRST_COURSE, make_class
from properties.commands.judging import processors
from properties.grading.judging import inside, target_of
from properties.grading.naming import find_submissions
from properties.grading.reading import Refused, read
from properties.grading.values import Options
from properties.grading.worker import lay_out

ROOT = Path(__file__).resolve().parents[2]
START = (
    f"import sys; sys.path.insert(0, {str(ROOT)!r}); "
    "from properties.commands.cli import main; main()"
)
SEED = "11"
COMMON = ["--profile", "quick", "--seed", SEED, "--only", ",".join(FIRST_COURSE)]


def command(*arguments: str) -> list[str]:
    """``nndl`` of this checkout."""
    return [sys.executable, "-c", START, *arguments]


def grade(folder: Path, out: Path, *more: str, check: bool = True) -> float:
    """Grade a class; gives the seconds that it took."""
    started = time.perf_counter()
    arguments = ["grade", str(folder), "--out", str(out), *COMMON, *more]
    done = subprocess.run(command(*arguments), check=False, capture_output=True, text=True)
    if check and done.returncode not in (0, 1):
        raise RuntimeError(f"nndl grade ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return time.perf_counter() - started


def verdicts(out: Path) -> dict[str, dict[str, str]]:
    """What was said of every submission: its state, points and statuses."""
    with (out / "grades.csv").open(encoding="utf-8", newline="") as stream:
        rows = {row["submission"]: dict(row) for row in csv.DictReader(stream)}
    for file in (out / "records").glob("*.json"):
        record = json.loads(file.read_text(encoding="utf-8"))
        rows[file.stem] |= statuses(record)
    return rows


def statuses(record: dict[str, Any]) -> dict[str, str]:
    """Status of each function of a record."""
    return {f"status of {f['name']}": f["status"] for f in record["functions"]}


@dataclass(frozen=True, kw_only=True)
class Graded:
    """A class that is made up, with the grades of a run that nobody disturbed."""

    home: Path
    out: Path
    more: Sequence[str]
    told: str
    seconds: float

    def beside(self, name: str) -> Path:
        """Where another run over the class writes."""
        return self.home.parent / name


@contextmanager
def graded(
    count: int, *, seed: int, more: Sequence[str] = (), hanging: bool = False
) -> Iterator[Graded]:
    """Make a class up and grade it; `alone`, `kill` and `cluster` compare with that."""
    with tempfile.TemporaryDirectory() as folder:
        home, out = Path(folder) / "class", Path(folder) / "out"
        kinds = [one.kind for one in make_class(home, count, seed=seed, hanging=hanging)]
        told = ", ".join(f"{kinds.count(kind)} {kind}" for kind in dict.fromkeys(kinds))
        seconds = grade(home, out, *more)
        yield Graded(
            home=home, out=out, more=more, told=f"{count} submissions ({told})", seconds=seconds
        )


# -- alone ---------------------------------------------------------------------------------------


def alone(one: Graded) -> int:
    """Judge each of a class alone; gives how many verdicts differ."""
    said_of = verdicts(one.out)
    differing = 0
    submissions = find_submissions(one.home)
    # Some hang until their clock ends them: one more than there are processors.
    with ProcessPoolExecutor(processors() + 1) as pool:
        owns = pool.map(_alone, (found.sources for found in submissions), repeat(one.more))
        for submission, own in zip(submissions, owns, strict=True):
            said = said_of[submission.label]
            if any(said.get(key) != value for key, value in own.items()):
                differing += 1
                print(f"{submission.label}: graded {said}, alone {own}", flush=True)
    print(f"{one.told} in {one.seconds:.0f} s: {differing} verdicts differ from alone")
    return differing


def _alone(sources: Sequence[tuple[str, Path]], more: Sequence[str]) -> dict[str, str]:
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        try:
            lay_out(read(sources), home, Options())
        except Refused:
            return {"state": "refused"}
        with inside(home):
            try:
                target = target_of()
            except Exception:
                return {"state": "unusable"}
            done = subprocess.run(
                command("check", target, *COMMON, *more, "--no-steps", "--json", "record.json"),
                check=False,
                capture_output=True,
            )
            if done.returncode == 2:
                return {"state": "unusable"}
            if not Path("record.json").exists():
                said = done.stderr.decode("utf-8", "replace")[-2_000:]
                return {"state": f"no record, exit code {done.returncode}: {said}"}
            return statuses(json.loads(Path("record.json").read_bytes()))


# -- kill ----------------------------------------------------------------------------------------


def kill(one: Graded, kills: int, seed: int, *, least: float = 5.0, most: float = 40.0) -> int:
    """Grade a class under kills; gives how many grades differ from those of a quiet run."""
    rng = random.Random(seed)
    out = one.beside("killed")
    done = {"command": 0, "worker": 0, "judge": 0}
    again = 0
    while sum(done.values()) < kills:
        before = _kept(out)
        process = subprocess.Popen(
            command("grade", str(one.home), "--out", str(out), *COMMON, *one.more),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        while process.poll() is None:
            time.sleep(rng.uniform(least, most))
            victim = rng.choice(list(done))
            done[victim] += _kill(process.pid, victim, rng)
            if sum(done.values()) >= kills:
                break
        again += sum(_kept(out).get(name, stamp) != stamp for name, stamp in before.items())
        if process.poll() is not None and process.returncode in (0, 1):
            (out / "grades.csv").unlink()
            results = sorted((out / "results").iterdir())
            for file in rng.sample(results, len(results) // 3):
                file.unlink()  # all is judged before all have been killed: some once more
        if sum(done.values()) >= kills:
            process.kill()
            process.wait()
    grade(one.home, out, *one.more)
    differing = sum(a != b for a, b in _pairs(verdicts(one.out), verdicts(out)))
    print(f"{one.told}, killed {done}: {differing} grades differ, {again} judged twice")
    return int(differing + again)


def _pairs(one: dict[str, Any], other: dict[str, Any]) -> Iterator[tuple[Any, Any]]:
    return ((one.get(name), other.get(name)) for name in {*one, *other})


def _kept(out: Path) -> dict[str, int]:
    """When each result was written."""
    return {file.name: file.stat().st_mtime_ns for file in (out / "results").glob("*.json")}


def _kill(command_pid: int, victim: str, rng: random.Random) -> int:
    """Kill the command (with the scheduler in it), a worker, or a process that judges."""
    below = descendants(command_pid)
    words = {"worker": "spawn_main", "judge": "grading.server"}
    found = [p for p, line in below.items() if victim == "command" or words[victim] in line]
    if not found:
        return 0
    pid = command_pid if victim == "command" else rng.choice(found)
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return 0
    return 1


def descendants(pid: int) -> dict[int, str]:
    """The processes below one, with their command lines."""
    parents: dict[int, int] = {}
    lines: dict[int, str] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                stat = (entry / "stat").read_text()
                line = (
                    (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
                )
            except OSError:
                continue
            parents[int(entry.name)] = int(stat.rpartition(")")[2].split()[1])
            lines[int(entry.name)] = line
    below = {pid}
    while more := {p for p, parent in parents.items() if parent in below} - below:
        below |= more
    return {p: lines[p] for p in below - {pid}}


# -- cluster -------------------------------------------------------------------------------------


@contextmanager
def by_hand(workers: int) -> Iterator[str]:
    """A scheduler and workers as they are started by hand; gives the scheduler's address."""
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "scheduler.json"
        dask = [sys.executable, "-m", "dask"]
        local = ["--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--no-jupyter"]
        quiet: dict[str, Any] = {
            "stdout": subprocess.DEVNULL,
            "stderr": subprocess.DEVNULL,
            "env": environment,
            "cwd": folder,
        }
        started = [
            subprocess.Popen(
                [*dask, "scheduler", "--scheduler-file", str(file), *local],
                **quiet,
            )
        ]
        try:
            while not file.exists() or not file.read_text():
                time.sleep(0.2)
            address = json.loads(file.read_text())["address"]
            options = ["--nthreads", "1", "--memory-limit", "0", "--no-dashboard"]
            line = [*dask, "worker", address, *options]
            started += [subprocess.Popen(line, **quiet) for _ in range(workers)]
            yield address
        finally:
            for process in started:
                process.terminate()
            for process in started:
                process.wait()


def cluster(one: Graded, workers: int = 4) -> int:
    """Grade a class on workers that were started by hand; gives how many grades differ."""
    there = one.beside("there")
    with by_hand(workers) as address:
        remote = grade(one.home, there, "--scheduler", address, *one.more)
    differing = sum(a != b for a, b in _pairs(verdicts(one.out), verdicts(there)))
    print(
        f"{one.told}: {differing} grades differ between this machine ({one.seconds:.0f} s) and "
        f"{workers} workers started by hand on it ({remote:.0f} s)"
    )
    return int(differing)


def main() -> int:
    """Measure one of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["alone", "kill", "cluster"])
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--isolation", default="auto")
    options = parser.parse_args()
    runs: dict[str, Callable[[Graded], int]] = {
        "alone": alone,
        "kill": lambda one: kill(one, options.kills, options.seed),
        "cluster": cluster,
    }
    more = ["--isolation", options.isolation]
    hanging = options.what == "alone"
    with graded(options.count, seed=options.seed, more=more, hanging=hanging) as one:
        return int(bool(runs[options.what](one)))


if __name__ == "__main__":
    raise SystemExit(main())
