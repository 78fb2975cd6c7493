"""How a property asks: it yields calls and is resumed with what became of them.

A property is a coroutine, so that the calls of all properties of an example travel to the code
under test in one round trip, and what several of them ask for is run once.
"""

from __future__ import annotations

from collections.abc import Generator, Hashable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar

from ..implementation import Call, Implementation, Outcome, Ref

# Calls of one round trip: a pipe holds 256 records of how far they are, and the reply of many large
# arrays takes memory.
_AT_ONCE = 240


@dataclass(frozen=True, slots=True)
class Ask:
    """Calls that belong together; references among them count from the first.

    Asks of equal keys in one round are run once, and all get the same outcomes. ``None`` equals
    nothing.
    """

    calls: tuple[Call, ...]
    key: Hashable = None


T = TypeVar("T")
Questions: TypeAlias = Generator[Sequence[Ask], list[list[Outcome]], T]
"""Yields asks, is sent the outcomes of each, and returns a T."""


def round_trip(implementation: Implementation, asks: Sequence[Ask]) -> list[list[Outcome]]:
    """The outcomes of each ask."""
    first = {ask.key: number for number, ask in reversed(list(enumerate(asks)))}
    source = [number if a.key is None else first[a.key] for number, a in enumerate(asks)]
    found: dict[int, list[Outcome]] = {}
    for numbers in _portions(asks, sorted(set(source))):
        calls: list[Call] = []
        for number in numbers:
            start = len(calls)
            calls += [moved(call, start) for call in asks[number].calls]
        outcomes = list(implementation.run(calls))
        for number in numbers:
            size = len(asks[number].calls)
            found[number], outcomes = outcomes[:size], outcomes[size:]
    return [found[number] for number in source]


def _portions(asks: Sequence[Ask], numbers: Sequence[int]) -> Iterator[list[int]]:
    portion: list[int] = []
    size = 0
    for number in numbers:
        more = len(asks[number].calls)
        if portion and size + more > _AT_ONCE:
            yield portion
            portion, size = [], 0
        portion.append(number)
        size += more
    if portion:
        yield portion


def now(implementation: Implementation, questions: Questions[T]) -> T:
    """Run one coroutine alone, with a round trip for each of its questions."""
    replies: list[list[Outcome]] | None = None
    while True:
        try:
            asks = questions.send(replies)  # type: ignore[arg-type]  # None starts it
        except StopIteration as stop:
            result: T = stop.value
            return result
        replies = round_trip(implementation, asks)


def moved(call: Call, by: int) -> Call:
    """The same call in a list where ``by`` others come before; references are by position."""
    if by == 0 or not (_refers(call.args) or (call.kwargs and _refers(call.kwargs))):
        return call
    args = tuple([_moved(value, by) for value in call.args])
    kwargs = {name: _moved(value, by) for name, value in call.kwargs.items()}
    return Call(call.function, args, kwargs, call.keep, call.observe, call.seed, call.fetch)


def _refers(value: Any) -> bool:
    for item in value.values() if isinstance(value, dict) else value:
        if isinstance(item, (Ref, dict, list, tuple)) and (isinstance(item, Ref) or _refers(item)):
            return True
    return False


def _moved(value: Any, by: int) -> Any:
    if isinstance(value, Ref):
        return Ref(value.call + by, value.output, value.argument)
    if isinstance(value, dict):
        return {key: _moved(item, by) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(_moved(item, by) for item in value)
    return value
