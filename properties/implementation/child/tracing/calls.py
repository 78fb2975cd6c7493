"""One object or function, made and called as a request says, with some leaves exchanged."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import ModuleType
from typing import Any, Protocol

import numpy as np

from .chance import Chance
from .dual import Dual
from .handed import Made, parted
from .objects import flat, is_number, parameters, replaced
from .supplied import supplied

_MAX_ENTRIES = 2_000_000


class Failed(Exception):
    """The code under test raised; at which stage."""

    def __init__(self, stage: str, error: BaseException) -> None:
        self.stage, self.error = stage, error


class Surroundings(Protocol):
    """The loaded modules of a target."""

    chance: Chance

    @property
    def modules(self) -> list[ModuleType]:
        """The modules of the target."""

    def is_own(self, value: Any) -> bool:
        """Whether an object is an instance of a class of the target."""

    def module(self, name: str) -> ModuleType:
        """Give a module of the target."""

    def resolve(self, module: str, name: str) -> Any:
        """Give what a dotted name in a module stands for."""


class Calls:
    """One object or function, made and called as a request says, with some leaves exchanged."""

    def __init__(
        self, trials: Surroundings, request: Mapping[str, Any], leaves: dict[str, Any]
    ) -> None:
        self._trials, self._request = trials, request
        trials.chance.rewind(int(request.get("seed", 0)))
        self.owner: Any = None
        self._handed: Callable[..., Any] | None = None
        self.before: list[Any] = []
        self._before_args: dict[str, Any] = {}
        self.aliases: list[list[str]] = []
        given = {"init": request.get("init", {}), "arg": request.get("args", {})}
        self._own = {
            kind: {n: self._made(replaced(v, leaves, f"{kind}/{n}")) for n, v in values.items()}
            for kind, values in given.items()
        }
        self._plain = {kind: dict(values) for kind, values in given.items()}
        if request.get("class"):
            with self._stage("init"):
                own = dict(self._own["init"])
                options = {k: own.pop(k) for k in request.get("init_keywords", ())}
                made = trials.resolve(request["module"], request["class"])
                any_number = own.pop(request.get("init_star", ""), ())
                self.owner = made(*own.values(), *any_number, **options)
            if request.get("factory"):
                self.owner = Made(self.owner)
            if request.get("warm"):
                self._warm()
            self._set(leaves)
            self.before = _copied(flat(self.kept, objects=trials.is_own))
        self._module = vars(trials.module(str(request["module"])))
        names = [name for name in request.get("globals", ()) if name in self._module]
        given = request.get("globals_set", {}).items()
        changes = {f"global/{name}": np.array(value) for name, value in given} | leaves
        self._globals = {
            name: replaced(self._module[name], changes, f"global/{name}") for name in names
        }
        self.leaves = self._leaves()

    @property
    def kept(self) -> Any:
        """What holds the parameters and what else is kept: the object, or what functions share."""
        return self.owner.kept() if isinstance(self.owner, Made) else self.owner

    @contextmanager
    def _stage(self, stage: str) -> Iterator[None]:
        try:
            yield
        except RecursionError as error:
            raise Failed(stage, error) from None
        except BaseException as error:
            raise Failed(stage, error) from error

    @contextmanager
    def _in_place(self) -> Iterator[None]:
        """Give the module's own arrays the values of the case while its functions run."""
        before = {name: self._module[name] for name in self._globals}
        self._module.update(self._globals)
        try:
            yield
        finally:
            self._module.update(before)

    def _warm(self) -> None:
        """Let the object make the parameters that it makes with its first input."""
        given = {n: self._made(replaced(v, {}, "")) for n, v in self._plain["arg"].items()}
        options = {k: given.pop(k) for k in self._request.get("keywords", ())}
        lists = [(one, len(one)) for one in _lists(vars(self.owner))]
        with self._stage("forward"):
            getattr(self.owner, self._request["forward"])(*given.values(), **options)
        for one, length in lists:  # what it keeps of each input
            del one[length:]

    def _set(self, leaves: dict[str, Any]) -> None:
        """Give the object's own arrays the values of the case."""
        given = {f"self/{path}": value for path, value in self._request.get("set", {}).items()}
        given.update(leaves)
        exchanged: dict[int, Any] = {}
        for path, container, key, value in parameters(self.kept, self._trials.is_own):
            if id(value) not in exchanged:
                if f"self/{path}" not in given:
                    continue
                exchanged[id(value)] = given[f"self/{path}"]
            new = exchanged[id(value)]
            if type(value) is np.ndarray and type(new) is np.ndarray and value.flags.writeable:
                value[...] = new
            else:
                container[key] = new

    def _leaves(self) -> list[Any]:
        """Places of everything that can have a derivative, as they are before the forward."""
        found = flat(self._own["init"], "init") + flat(self._own["arg"], "arg")
        found += flat(self._globals, "global")
        places = [p for p in found if _real(p[3])]
        if self.owner is not None:
            given = {id(place[3]): place[0] for place in places}
            own = parameters(self.kept, self._trials.is_own)
            self.aliases = [[given[id(v)], f"self/{p}"] for p, _, _, v in own if id(v) in given]
            places += [(f"self/{p}", c, k, v) for p, c, k, v in own if id(v) not in given]
        return _copied(places)

    def forward(self) -> Any:
        request = self._request
        with self._in_place(), self._stage("forward"):
            if self.owner is not None:
                function = getattr(self.owner, request["forward"])
            else:
                function = self._trials.resolve(request["module"], request["forward"])
            arguments = self._own["arg"]
            then = request.get("then")
            options = {k: arguments[k] for k in request.get("keywords", ())}
            later = set(then["args"]) if then else set()
            positional = [v for k, v in arguments.items() if k not in options and k not in later]
            returned = function(*positional, **options)
            if request.get("handed"):
                returned, self._handed = parted(returned)
            if not then or not then["function"]:
                return returned
            parts = returned if isinstance(returned, tuple) else (returned,)
            value = self._trials.resolve(then["module"], then["function"])
            given = [
                parts[0] if name == then["output"] else arguments[name] for name in then["order"]
            ]
            return (value(*given), *parts)

    def backward(self, returned: Any, frames: Mapping[str, Any]) -> Any:
        request = self._request
        with self._stage("plan"):
            positional, named = [], {}
            for source in request["plan"]:
                value = self._source(source, returned, frames)
                if len(source) > 2 and source[2]:
                    named[source[2]] = value
                else:
                    positional.append(value)
        arguments = self._own["arg"]
        if not _has_duals(arguments):  # what the forward writes into them is no gradient
            self._before_args = {p[0]: np.array(p[3]) for p in flat(arguments, "arg")}
        with self._in_place(), self._stage("backward"):
            owner = self.owner
            if self._handed is not None:
                return self._handed(*positional, **named)
            if owner is not None and request.get("backward_of", "object") == "object":
                function = getattr(owner, request["backward"])
                return function(*positional, **named) if callable(function) else function
            function = self._trials.resolve(
                request.get("backward_module") or request["module"], request["backward"]
            )
            return function(*positional, **named)

    def _source(self, source: Sequence[Any], returned: Any, frames: Mapping[str, Any]) -> Any:
        kind, which = source[0], source[1]
        if kind == "input":
            return self._own["arg"][which]
        if kind == "upstream":
            value = self._request["upstream"][which]
            return np.array(value) if isinstance(value, np.ndarray) else value
        if kind == "output":
            return returned[which] if isinstance(returned, (tuple, list)) else returned
        if kind == "returned":
            return returned
        if kind == "rest":
            return returned[1:]
        if kind == "local":
            return frames[which]
        if kind == "attribute":
            return getattr(self.owner, which)
        return self._made(which)

    def _made(self, value: Any) -> Any:
        """What a text that stands for an object stands for."""
        module = str(self._request["module"])
        return supplied(value, lambda name: self._trials.resolve(module, name))

    def results(self) -> list[Any]:
        """Numbers in the globals that the backward leaves its gradients in."""
        return flat({name: self._module.get(name) for name in self._request.get("results", ())})

    def written(self) -> list[Any]:
        """Arguments that were changed in place."""
        places = flat(self._own["arg"], "arg")
        return [p for p in places if differs(self._before_args.get(p[0]), p[3])]


def _lists(value: Any) -> Iterator[list[Any]]:
    """The lists among the attributes of an object, and in dicts there."""
    for item in value.values():
        if isinstance(item, list):
            yield item
        elif isinstance(item, dict):
            yield from _lists(item)


def _copied(places: Sequence[Any]) -> list[Any]:
    return [(p, c, k, v if type(v) is Dual else np.array(v)) for p, c, k, v in places]


def _has_duals(value: Any) -> bool:
    return any(type(place[3]) is Dual for place in flat(value))


def _real(value: Any) -> bool:
    if type(value) is Dual:
        return True
    kind = getattr(value, "dtype", np.dtype(int)).kind
    return isinstance(value, (float, complex)) or kind in "fc"


def differs(before: Any, after: Any) -> bool:
    """Whether a number is another than before."""
    if before is None:
        return True
    after = np.asarray(after)
    return before.shape != after.shape or not np.array_equal(before, after, equal_nan=True)


def sent(places: Sequence[Any]) -> list[list[Any]]:
    """Paths and copies of numbers, as long as they are not too many."""
    sent, total = [], 0
    for path, _, _, value in places:
        if not is_number(value):
            continue
        array = np.asarray(value)
        total += array.size
        if total > _MAX_ENTRIES:
            break
        sent.append([path, np.array(array)])
    return sent
