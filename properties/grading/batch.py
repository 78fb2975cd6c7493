"""A batch: every submission judged once, on whatever workers there are."""

from __future__ import annotations

import contextlib
import logging
import signal
import threading
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import dask
import msgspec
from distributed import Client, LocalCluster, as_completed
from distributed.scheduler import KilledWorker
from msgspec.structs import replace

from ..commands.judging import processors
from ..record.text import one_line
from .canaries import Mentioned
from .kept import Kept
from .naming import Submission
from .reading import Refused, read
from .values import Contents, Options, Order, Result, key_of
from .worker import Answer, on_worker

_IN_FLIGHT = 3  # tasks a worker's thread: enough that none waits, few enough to stay small
_WAIT = 120  # seconds for a cluster to be there: a queue may have to give its workers first
_DEATHS = 1  # workers that may die of one submission before it counts as lost


class Void(Exception):
    """A canary got a wrong verdict or none: what was judged beside it cannot be trusted."""


class NoCluster(Exception):
    """There is no scheduler at an address, or it has no worker."""


@dataclass
class Judged:
    """Results by the place of their submission; ``judged`` counts those that were not kept."""

    results: dict[int, Result] = field(default_factory=dict)
    judged: int = 0


@contextlib.contextmanager
def connect(
    scheduler: str | None, tasks: int, *, workers: int | None = None, dashboard: bool = False
) -> Iterator[Client]:
    """A client of a cluster that exists, or of one on this machine, large enough for the tasks."""
    logging.getLogger("distributed").setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", "Sending large graph", UserWarning)
    if not dashboard:  # then nobody asked for the port that is taken
        warnings.filterwarnings("ignore", "\\s*Port [0-9]+ is already in use", UserWarning)
    with dask.config.set({"distributed.scheduler.allowed-failures": _DEATHS}):
        if scheduler is not None:
            with _client_of(scheduler) as client:
                yield client
            return
        with contextlib.ExitStack() as started:
            with _deaf():
                cluster = started.enter_context(
                    LocalCluster(
                        n_workers=workers or min(processors(), max(1, tasks)),
                        threads_per_worker=1,
                        processes=True,
                        memory_limit=0,  # a worker holds nothing; the code has limits of its own
                        dashboard_address=f"127.0.0.1:{8787 if dashboard else 0}",
                        scheduler_kwargs={"dashboard": dashboard},
                        silence_logs=logging.ERROR,
                    )
                )
            yield started.enter_context(Client(cluster))


@contextlib.contextmanager
def _deaf() -> Iterator[None]:
    """Processes that are started meanwhile never hear of Ctrl-C: this one does, and ends them."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _client_of(scheduler: str) -> Client:
    """A client of a scheduler that has a worker, or will have one soon.

    Raises
    ------
    NoCluster
        Nobody answers, or nobody would do the work.
    """
    try:
        client = Client(scheduler, timeout="30s")
    except (OSError, ValueError) as error:
        raise NoCluster(f"--scheduler: no scheduler answers at {scheduler}: {error}") from error
    try:
        client.wait_for_workers(1, timeout=_WAIT)
    except TimeoutError as error:
        client.close()
        raise NoCluster(
            f"--scheduler: {scheduler} has had no worker for {_WAIT} s; start some with "
            f"dask worker {scheduler} --nthreads 1 --memory-limit 0"
        ) from error
    return client


def judge_batch(
    submissions: Sequence[Submission],
    options: Options,
    kept: Kept,
    client: Callable[[int], contextlib.AbstractContextManager[Client]],
    on_done: Callable[[int, Result], None],
) -> Judged:
    """Judge what has no kept result; each new one is kept as it comes.

    ``client`` is called only when there is something to judge, with how many.

    Raises
    ------
    Void
        A canary got a wrong verdict.
    """
    done = Judged()
    notes: dict[int, tuple[str, ...]] = {}

    def finish(place: int, result: Result) -> None:
        # Two can hand in the same code, and something else beside it that was left out.
        done.results[place] = replace(result, notes=notes.get(place, ()))
        on_done(place, done.results[place])

    same: dict[str, list[int]] = {}
    mentioned = Mentioned()
    for place, submission in enumerate(submissions):
        contents = _read(submission)
        if isinstance(contents, Result):
            finish(place, contents)
            continue
        notes[place] = contents.notes
        mentioned.see(contents)
        key = key_of(contents, options)
        if key not in same and (result := kept.get(key)) is not None:
            finish(place, result)
        else:
            same.setdefault(key, []).append(place)
    if same or kept.unchecked:
        of_another_run = bool(kept.unchecked)
        with client(len(same)) as connected:
            work = _Work(connected, Order(options=options, rows=mentioned.rows), kept)
            for key, result in work.run(submissions, same):
                for place in same[key]:
                    finish(place, result)
                done.judged += 1
            work.judge_last(everywhere=of_another_run)
    return done


def _read(submission: Submission) -> Contents | Result:
    try:
        return read(submission.sources)
    except Refused as error:
        return Result(status="refused", reason=str(error))


class _Work:
    """Submissions on their way to the workers and back."""

    def __init__(self, client: Client, order: Order, kept: Kept) -> None:
        self._client, self._kept = client, kept
        self._options, self._order = order.options, msgspec.json.encode(order)
        self._task = on_worker("judge")

    def run(
        self, submissions: Sequence[Submission], same: dict[str, list[int]]
    ) -> Iterator[tuple[str, Result]]:
        """Every result with its key, as they come."""
        waiting = iter(same.items())
        running: Any = as_completed()
        keys: dict[Any, str] = {}
        changed: list[str] = []

        def more() -> None:
            for key, places in waiting:
                contents = _read(submissions[places[0]])
                if isinstance(contents, Result) or key_of(contents, self._options) != key:
                    changed.append(key)
                    continue
                future = self._client.submit(
                    self._task,
                    self._order,
                    msgspec.msgpack.encode(contents),
                    key=f"judge-{key}",
                    pure=False,
                    retries=1,
                )
                keys[future.key] = key
                running.add(future)
                return

        for _ in range(_IN_FLIGHT * max(1, sum(self._client.nthreads().values()))):
            more()
        for future in running:
            more()
            key = keys.pop(future.key)
            yield key, self._take(key, future)
            future.release()
        for key in changed:
            yield key, Result(status="lost", reason="it was changed while the class was graded")

    def _take(self, key: str, future: Any) -> Result:
        try:
            answer = msgspec.json.decode(future.result(), type=Answer)
        except KilledWorker:
            return Result(status="lost", reason="the workers that judged it died")
        except Exception as error:
            return Result(status="lost", reason=f"the worker broke: {error!r}"[:600])
        if answer.trouble:
            raise Void(f"{answer.server}: {answer.trouble}")
        if answer.result.final:
            self._kept.put(key, answer.result)
        return answer.result

    def judge_last(self, *, everywhere: bool) -> None:
        """Judge the canaries once more on every worker; a wrong one undoes what was judged."""
        try:
            told = self._client.run(on_worker("check_last"), self._order, everywhere)
        except Exception as error:  # a scheduler that is gone breaks in ways of many libraries
            raise Void(
                f"the workers cannot be asked for the last canaries ({one_line(error)}); what was "
                "judged is kept, and the same command goes on where it was"
            ) from error
        wrong = [name for names in told.values() for name in names]
        self._kept.check(good=not wrong)
        if wrong:
            raise Void(f"the last canary got a wrong verdict on {', '.join(wrong)}")
