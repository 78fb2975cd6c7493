"""What is demanded of the open contract, on its right pieces: small errors, false alarms, cost.

Run as ``python -m properties.benchmarks.undeclared_bars errors|alarms|cost``.

``errors`` puts one entry of one gradient off by a relative 1e-9 where duals or complex steps speak,
by 1e-6 where only extrapolation may. ``alarms`` judges right pieces on many examples, under another
seed for every few. ``cost`` compares functions that nobody declared with declared ones alike.
"""

from __future__ import annotations

import argparse
import itertools
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from properties.discovery.discovering import discover
from properties.discovery.found import Found
from properties.discovery.gradients import items_of
from properties.discovery.judging import judge_found
from properties.discovery.ladder import RUNGS, Unclear, truth
from properties.discovery.locating import RIGHT, WRONG, compare
from properties.discovery.reading import leaves_of
from properties.discovery.session import Session
from properties.discovery.targets import LIMITS
from properties.discovery.trying import Failed, Seen, make_example, run_backward, upstreams
from properties.implementation import open_implementation, resolve_target
from properties.implementation.child.loading import EVERYTHING
from properties.tests.discovery.pieces import ASIDE, TUNED, Piece, read, written

_AT_ONCE = 25


@contextmanager
def understood(piece: Piece) -> Iterator[tuple[Session, list[Found]]]:
    """The functions of a piece that can be judged, and the child in which it is loaded."""
    with tempfile.TemporaryDirectory() as folder:
        target = resolve_target(str(written(piece.source, Path(folder))))
        with open_implementation(target, names=[EVERYTHING], limits=LIMITS) as implementation:
            session = Session(implementation)
            yield session, [one for one in discover(session) if isinstance(one, Found)]


def _pieces() -> list[Piece]:
    return [*read(TUNED), *read(ASIDE)]


# small errors


@dataclass
class Errors:
    """How many small errors were seen, by rung."""

    tried: dict[str, int] = field(default_factory=dict)
    seen: dict[str, int] = field(default_factory=dict)

    def count(self, rung: str, seen: bool) -> None:
        """Count one try."""
        self.tried[rung] = self.tried.get(rung, 0) + 1
        self.seen[rung] = self.seen.get(rung, 0) + seen


def errors(tries: int, seed: int) -> Errors:
    """Try small errors in one entry of one gradient, until every rung had its tries."""
    counts = Errors()
    rng = np.random.default_rng(seed)
    order = [_pieces()[i] for i in rng.permutation(len(_pieces()))]
    for piece in order:
        if all(counts.tried.get(rung, 0) >= tries for rung in ("exact", "extrapolation")):
            break
        with understood(piece) as (session, found):
            for one in found:
                for exact in (True, False):
                    _one_function(one, session, exact, counts, rng, tries)
    return counts


def _one_function(
    found: Found,
    session: Session,
    exact: bool,
    counts: Errors,
    rng: np.random.Generator,
    tries: int,
) -> None:
    rung = "exact" if exact else "extrapolation"
    rungs = RUNGS[:2] if exact else RUNGS[2:]
    relative = 1e-9 if exact else 1e-6
    for index in (0, 1):
        seen = _seen(found, session, rungs, index)
        if seen is None or (exact and seen.truth.rung not in rungs):
            continue
        for leaf in leaves_of([seen], found.plan, found.reading) or ():
            for item in items_of(found.pairing, found.plan, [seen]):
                got = np.asarray(item.values[0], dtype=float)
                if compare(got, leaf.wanted[0], leaf.bounds[0]) != RIGHT or not np.any(got):
                    continue
                place = tuple(rng.choice(np.argwhere(got != 0.0)))
                off = got.copy()
                off[place] *= 1.0 + relative
                if counts.tried.get(rung, 0) < tries:
                    counts.count(rung, compare(off, leaf.wanted[0], leaf.bounds[0]) == WRONG)
                break


def _seen(found: Found, session: Session, rungs: tuple[str, ...], index: int) -> Seen | None:
    specs = {**found.init, **found.args}
    try:
        example = make_example(session, found.pairing, specs, index, 5, least=found.least)
        known = truth(session, example.request, example.leaves, found.plan.outputs, rungs=rungs)
        given = upstreams(known, found.plan, example, 5)
        reply = run_backward(session, found.pairing, example, found.plan, given)
    except (Failed, Unclear):
        return None
    return Seen(example, known, reply, given)


# false alarms


def alarms(examples: int, seconds: float, seed: int) -> None:
    """Judge right pieces on many examples, as many of each function."""
    pieces, started = _pieces(), time.perf_counter()
    done, undecided, wrong, functions = 0, 0, list[str](), 0
    for place, piece in enumerate(pieces):
        left = (examples - done) / (len(pieces) - place)
        until = started + seconds * (place + 1) / len(pieces)
        with understood(piece) as (session, found):
            functions += len(found)
            many = int(np.ceil(left / max(len(found), 1) / _AT_ONCE))
            for turn, one in itertools.product(range(many), found):
                if time.perf_counter() > until:
                    break
                result = judge_found(one, session, examples=_AT_ONCE, seed=seed + turn)
                done, undecided = done + result.examples, undecided + result.inconclusive
                if result.status == "wrong":
                    wrong.append(f"{piece.name}, seed {seed + turn}: {result.wrong[0].sentence}")
    print(f"{done} examples of {functions} right functions in {len(pieces)} pieces, {undecided} "
          f"of them undecided: {len(wrong)} false alarms")  # fmt: skip
    for text in wrong[:20]:
        print("  ", text)
    print(f"{time.perf_counter() - started:.0f} s")


# cost

_DECLARED = """
import numpy as np
def affine_forward(x, w, b):
    return x.reshape(len(x), -1) @ w + b, (x, w, b)
def affine_backward(dout, cache):
    x, w, b = cache
    flat = x.reshape(len(x), -1)
    return (dout @ w.T).reshape(x.shape), flat.T @ dout, dout.sum(axis=0)
def relu_forward(x):
    return np.maximum(x, 0), x
def relu_backward(dout, x):
    return dout * (x > 0)
def layernorm_forward(x, gamma, beta, ln_param):
    std = np.sqrt(x.var(axis=1, keepdims=True) + ln_param.get("eps", 1e-5))
    xhat = (x - x.mean(axis=1, keepdims=True)) / std
    return gamma * xhat + beta, (xhat, gamma, std)
def layernorm_backward(dout, cache):
    xhat, gamma, std = cache
    g = dout * gamma
    inner = g.mean(axis=1, keepdims=True) + xhat * (g * xhat).mean(axis=1, keepdims=True)
    return (g - inner) / std, (dout * xhat).sum(axis=0), dout.sum(axis=0)
"""
_UNDECLARED = (
    _DECLARED.replace("affine_", "dense_")
    .replace("relu_", "rectify_")
    .replace("layernorm_", "standard_")
    .replace('ln_param.get("eps", 1e-5)', "ln_param")
    .replace("ln_param", "eps")
)
_ALIKE = {"affine": "dense", "relu": "rectify", "layernorm": "standard"}


def cost() -> None:
    """Seconds of declared rows, and of the same functions under other names."""
    seconds: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, source in (("declared", _DECLARED), ("undeclared", _UNDECLARED)):
            file = Path(folder) / f"{name}.py"
            file.write_text(source, encoding="utf-8")
            command = [str(Path(sys.executable).with_name("nndl")), "check", str(file)]
            command += ["--profile", "quick", "--json", "-"]
            told = subprocess.run(command, capture_output=True, text=True, check=False)
            seconds |= json.loads(told.stdout)["seconds"]
    for declared, other in _ALIKE.items():
        mine = next(v for k, v in seconds.items() if k.startswith(other))
        ratio = mine / seconds[declared]
        alike = f"{declared}, declared, {seconds[declared]:.2f} s"
        print(f"{other}: {mine:.2f} s; {alike}; {ratio:.2f} times as long")


def main() -> None:
    """Measure what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("errors", "alarms", "cost"))
    parser.add_argument("--tries", type=int, default=200, help="of errors, for each rung")
    parser.add_argument("--examples", type=int, default=200_000)
    parser.add_argument("--seconds", type=float, default=1e6, help="at most, for alarms")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    if given.what == "errors":
        counts = errors(given.tries, given.seed)
        for rung, relative in (("exact", "1e-9"), ("extrapolation", "1e-6")):
            tried, seen = counts.tried.get(rung, 0), counts.seen.get(rung, 0)
            print(f"one entry off by {relative}, {rung}: {seen} of {tried} seen")
    elif given.what == "alarms":
        alarms(given.examples, given.seconds, given.seed)
    else:
        cost()


if __name__ == "__main__":
    main()
