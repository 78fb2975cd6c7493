"""An implementation under test: its functions, and lists of calls to them."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol, Self

from .child import wire
from .child.values import NOT_RUN, Call, FunctionInfo, Handle, Layout, Outcome, collect
from .isolation import choose, give_up
from .limits import Limits
from .process import Child, ChildDied
from .replies import Reply, read_loaded
from .target import NothingDefined, NotStarted, Target, TargetError
from .turn import OVER
from .view import View, view_of

_MAX_RESTARTS_ON_LOAD = 20
_MOST_IMPORTS = 15  # modules that may take their whole time to import
_MAX_RESTARTS_IN_RUN = 8


class Implementation(Protocol):
    """Code under test, wherever it runs."""

    target: Target
    functions: Mapping[str, FunctionInfo]
    limits: Limits
    limits_missing: tuple[str, ...]

    def run(self, calls: Sequence[Call]) -> list[Outcome]:
        """Run a list of calls in one round trip; one outcome for each, whatever happens."""
        ...

    def release(self, handles: Iterable[Handle]) -> None:
        """Let objects go that were kept."""
        ...

    def close(self) -> None:
        """End it; calling it again does nothing."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(self, *exception: object) -> None: ...


def open_implementation(
    target: Target,
    *,
    names: Sequence[str],
    limits: Limits | None = None,
    in_process: bool = False,
    readable: Sequence[str] = (),
) -> Implementation:
    """Load a target, by default in a child process of its own.

    Parameters
    ----------
    target : Target
        From `resolve_target`.
    names : sequence of str
        Contract functions to look for: ``affine_forward``, ``fc_net.TwoLayerNet``.
    limits : Limits, optional
        Time, memory and size limits; in process none of them holds.
    in_process : bool
        Run in this process, for a debugger.
    readable : sequence of str
        Folders beside the target that it must be able to read.

    Raises
    ------
    NotIsolated
        The limits require isolation, and there is none.
    TargetError
        None of `names` is defined anywhere in the target.
    """
    limits = limits or Limits()
    opened: Implementation
    if in_process:
        from .inside import InProcess  # all that the child runs is imported for it alone

        opened = InProcess(target, names, limits)
    else:
        opened = InChildProcess(target, names, limits, readable)
    if names and all(info.status == "missing" for info in opened.functions.values()):
        opened.close()
        shown = ", ".join(names[:4]) + (", …" if len(names) > 4 else "")
        raise NothingDefined(
            f"No function of the contract is defined in {target.path}. Wanted at least one of "
            f"{shown}. Name the file or folder that defines them."
        )
    return opened


class _Over(Exception):
    """The time for the whole run is over."""


class InChildProcess:
    """An implementation in a child process, which is started again when it dies."""

    def __init__(
        self,
        target: Target,
        names: Sequence[str],
        limits: Limits,
        readable: Sequence[str] = (),
    ) -> None:
        self.target = target
        self.limits = limits
        self._readable = readable
        self._isolate()
        self.limits_missing: tuple[str, ...] = ()
        self.functions: Mapping[str, FunctionInfo] = {}
        self._names = list(names)
        self._skip: dict[str, int] = {}
        self._reasons: dict[str, str] = {}
        self._child: Child | None = None
        self._generation = 0
        self._to_release: list[int] = []
        self._failures: dict[str, int] = {}
        self._last_failure: dict[str, Outcome] = {}
        self._spent = 0.0
        self._load()

    # starting

    def _isolate(self) -> None:
        """Take the best tier that there is."""
        limits = self.limits
        self._tier = choose(limits.isolation)
        self._view: View | None = None
        self._installed: tuple[str, ...] = ()
        if self._tier != "limits":
            self._view = view_of(
                self.target,
                strict=limits.isolation == "require",
                allowed=limits.allowed,
                also=self._readable,
            )
            self._installed = tuple(sorted(self._view.installed))

    def _load(self) -> None:
        """Start a child and load the target, leaving out more of a module that ends the child."""
        for _ in range(_MAX_RESTARTS_ON_LOAD):
            if self._is_over():
                self._nothing_in_time()
                return
            child = Child(self.limits, self._tier, self._view)
            layout: Layout = dataclasses.replace(
                self.target.layout(), skip=dict(self._skip), installed=self._installed
            )
            seconds = max(self.limits.import_seconds, 0.1)
            try:
                header = ["load", dataclasses.asdict(layout), self._names]
                total = _MOST_IMPORTS * seconds
                reply, _ = self._turn(child, header, wire.Encoder(), seconds, total)
                infos, missing = read_loaded(reply, self._names, self.target)
            except ChildDied as died:
                if self._is_over():
                    continue
                tier_fails = not died.began and died.status == "crashed" and not self.functions
                if tier_fails and self._tier != "limits":
                    give_up(self._tier, f"{self._tier} does not start here: {died.message}")
                    self._isolate()
                    continue
                if died.began and not died.module:
                    raise TargetError(
                        f"{self.target.path} broke the process that loads it: {died.message}."
                    ) from None
                if not died.module:
                    raise NotStarted(
                        f"The process that should load {self.target.path} did not start: "
                        f"{died.message}."
                    ) from None
                self._skip[died.module] = self._skip.get(died.module, 0) + 1
                self._reasons[died.module] = died.message
                continue
            except wire.ProtocolError:
                child.close()
                raise TargetError(f"{self.target.path} broke the protocol on loading.") from None
            self._child = child
            self.limits_missing = missing
            self.functions = {info.name: self._with_reason(info) for info in infos}
            return
        raise TargetError(
            f"Importing {self.target.path} ended the process {_MAX_RESTARTS_ON_LOAD} times; "
            f"the last time: {next(reversed(self._reasons.values()))}."
        )

    def _turn(
        self, child: Child, header: wire.Node, encoder: wire.Encoder, seconds: float, total: float
    ) -> tuple[wire.Node, memoryview]:
        """One exchange, on the clock of the code."""
        began = time.monotonic()
        try:
            return child.exchange(
                header, encoder, seconds=seconds, total=total, until=self._until()
            )
        finally:
            self._spent += time.monotonic() - began

    def _until(self) -> float:
        """When the run is over if the code has its turn from now on."""
        left = self.limits.turn_seconds - self._spent
        return min(self.limits.until, time.monotonic() + left)

    def _is_over(self) -> bool:
        return time.monotonic() > self._until()

    def _nothing_in_time(self) -> None:
        """Say of each function that nothing is known of yet that the time is over."""
        late = {name: FunctionInfo(name, "error", OVER, blame="code") for name in self._names}
        self.functions = {**late, **self.functions}

    def _with_reason(self, info: FunctionInfo) -> FunctionInfo:
        reason = self._reasons.get(info.module)
        if reason is None:
            return info
        if info.status == "present":
            return dataclasses.replace(info, notes=(*info.notes, f"on import: {reason}"))
        return dataclasses.replace(info, detail=f"{info.detail} ({reason})")

    def _alive(self) -> Child:
        if self._child is None:
            self._generation += 1
            self._to_release = []
            self._load()
        if self._child is None or self._is_over():
            raise _Over
        return self._child

    # running

    def run(self, calls: Sequence[Call]) -> list[Outcome]:
        """Run a list of calls in one round trip; one outcome for each, whatever happens.

        When a call ends the child, a new one runs the rest of the list (and, again, what came
        before, for those that refer to it).
        """
        settled: dict[int, Outcome] = {}
        for index, call in enumerate(calls):
            if self._failures.get(call.function, 0) >= self.limits.failures:
                settled[index] = self._last_failure[call.function]
        told: int | None = None  # the call that a child named itself: code under test can lie
        for _ in range(_MAX_RESTARTS_IN_RUN):
            try:
                return self._run(calls, settled)
            except _Over:
                break
            except ChildDied as died:
                self._child = None
                index = died.index if died.certain and told is None else len(calls)
                if told is not None:
                    self._forgive(calls[told].function)
                    del settled[told]
                    told = None
                if index >= len(calls) or index in settled:
                    try:
                        index = self._culprit(calls, settled)
                    except _Over:
                        break
                else:
                    told = index
                settled[index] = self._failed(calls[index].function, died)
                if len(settled) == len(calls):
                    break
        lost = Outcome("crashed", message="not run: the process ended too often before this call")
        if self._is_over():
            lost = Outcome("timeout", message=OVER, blame="code")
        return [settled.get(index, lost) for index in range(len(calls))]

    def _culprit(self, calls: Sequence[Call], settled: Mapping[int, Outcome]) -> int:
        """Find the first call after which no proper reply comes, by running ever more of them."""
        open_calls = [index for index in range(len(calls)) if index not in settled]
        for index in open_calls[:-1]:
            try:
                self._run(calls[: index + 1], {i: o for i, o in settled.items() if i <= index})
            except ChildDied:
                self._child = None
                return index
        return open_calls[-1]

    def _run(self, calls: Sequence[Call], settled: Mapping[int, Outcome]) -> list[Outcome]:
        child = self._alive()
        encoder = wire.Encoder()
        nodes: list[list[Any]] = []
        lost: list[int] = []
        for index, call in enumerate(calls):
            if index in settled:
                status = settled[index].status
                nodes.append([f"{NOT_RUN}{status} {call.function}", [], 0, 0, 0, None, None])
            elif any(h.generation != self._generation for h in _handles(call)):
                lost.append(index)
                nodes.append([f"{NOT_RUN}crashed {call.function}", [], 0, 0, 0, None, None])
            else:
                nodes.append(_node(call, encoder))
        released, self._to_release = self._to_release, []
        header = ["run", nodes, released, self._generation]
        seconds = self.limits.call_seconds
        total = seconds * max(len(calls), 1) + 1.0
        reply, data = self._turn(child, header, encoder, seconds, total)
        try:
            outcomes = Reply(data, self._generation).outcomes(reply, len(calls))
        except wire.ProtocolError as error:
            raise child.broke_protocol(error) from None
        for index, outcome in settled.items():
            outcomes[index] = outcome
        for index in lost:
            text = "lost: the process that held an argument's object has ended"
            outcomes[index] = Outcome("crashed", message=text)
        return outcomes

    def _forgive(self, function: str) -> None:
        self._failures[function] -= 1

    def _failed(self, function: str, died: ChildDied) -> Outcome:
        count = self._failures[function] = self._failures.get(function, 0) + 1
        message = died.message
        outcome = Outcome(died.status, message=message, blame="code")
        if count >= self.limits.failures:
            message += f"; not called again after {count} such failures"
        self._last_failure[function] = dataclasses.replace(outcome, message=message)
        return outcome

    # the end

    def release(self, handles: Iterable[Handle]) -> None:
        """Let objects go that were kept; the child hears of it with the next calls."""
        self._to_release += [h.id for h in handles if h.generation == self._generation]

    def close(self) -> None:
        """End the child; calling it again does nothing."""
        if self._child is not None:
            self._child.close()
            self._child = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


def _node(call: Call, encoder: wire.Encoder) -> list[Any]:
    return [
        call.function,
        [encoder.value(value) for value in call.args],
        [[key, encoder.value(value)] for key, value in call.kwargs.items()] if call.kwargs else 0,
        list(call.keep) if call.keep else 0,
        int(call.observe),
        call.seed,
        None if call.fetch is None else list(call.fetch),
    ]


def _handles(call: Call) -> list[Handle]:
    found: list[Handle] = []
    for value in (*call.args, *call.kwargs.values()):
        if type(value) is Handle:
            found.append(value)
        elif type(value) in (tuple, list, dict):
            collect(value, Handle, found)
    return found
