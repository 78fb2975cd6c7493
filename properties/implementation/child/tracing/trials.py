"""Calls a forward and its backward as a plan says, and reports every number that came out."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import FrameType, ModuleType
from typing import Any

import numpy as np

from .dressing import dressed, settled_random
from .dual import Dual, Trace, constant
from .objects import flat, is_number, parameters, replaced

_SEED = 20_170_117
_MAX_ENTRIES = 2_000_000
_seed_numpy = np.random.seed
_setprofile = sys.setprofile


class _Failed(Exception):
    def __init__(self, stage: str, error: BaseException) -> None:
        self.stage, self.error = stage, error


class Trials:
    """Answers requests about the loaded modules of a target."""

    def __init__(self, modules: Mapping[str, ModuleType]) -> None:
        self._modules = modules
        self._files = {str(m.__file__) for m in modules.values()}
        # Generators that a module holds give the same numbers in every run.
        self._generators = [
            (value, value.bit_generator.state)
            for module in modules.values()
            for value in list(vars(module).values())
            if isinstance(value, np.random.Generator)
        ]

    def answer(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Do what ``mode`` says: ``run``, ``dual`` or ``points``."""
        mode = {"run": self._run, "dual": self._dual, "points": self._points}[request["mode"]]
        with settled_random():
            try:
                return mode(request)
            except _Failed as failed:
                return {"error": self._described(failed)}

    # the three modes

    def _run(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Forward and backward on plain numbers."""
        call = _Calls(self, request, {})
        frames: dict[str, Any] = {}
        own = self.is_own
        if request.get("brief"):
            outputs = flat(call.forward())
            found = [*outputs, *flat(call.owner, objects=own)]
            finite = all(np.isfinite(np.asarray(place[3])).all() for place in found)
            size = int(np.size(outputs[0][3])) if outputs else 0
            return {"numbers": len(found), "finite": finite, "size": size}
        with self._watched(frames):
            returned = call.forward()
        reply: dict[str, Any] = {
            "kind": type(returned).__name__,
            "returned": _sent(flat(returned)),
            "leaves": _sent(call.leaves),
            "aliases": call.aliases,
            "before": _sent(call.before),
            "after": _sent(flat(call.owner, objects=own)) if call.owner is not None else [],
            "locals": sorted(frames),
        }
        if request.get("backward"):
            before = {place[0]: np.array(place[3]) for place in flat(call.owner, objects=own)}
            given = call.backward(returned, frames)
            reply["gradients"] = _sent(flat(given))
            reply["gradient_kind"] = type(given).__name__
            if call.owner is not None:
                after = flat(call.owner, objects=own)
                reply["changed"] = _sent([p for p in after if _differs(before.get(p[0]), p[3])])
            reply["written"] = _sent(call.written())
        return reply

    def _dual(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """The forward with derivatives carried through it; `lost` says why that is not possible."""
        plain = _Calls(self, request, {})
        wanted = list(request["leaves"])
        values = {path: np.array(value, dtype=float) for path, _, _, value in plain.leaves}
        sizes = {path: values[path].size for path in wanted}
        total = sum(sizes.values())
        Trace.start(total)
        duals: dict[str, Any] = {}
        first = 0
        for path in wanted:
            dual = constant(values[path])
            dual.t.reshape(-1, total)[np.arange(sizes[path]), first + np.arange(sizes[path])] = 1.0
            duals[path] = dual
            first += sizes[path]
        try:
            with dressed(list(self._modules.values())):
                call = _Calls(self, request, duals)
                returned = call.forward()
        except _Failed as failed:
            return {"lost": self._described(failed)["message"]}
        outputs = []
        for path, _, _, value in self._outputs(call, returned, request["outputs"]):
            if type(value) is not Dual:
                value = constant(value)
            outputs.append([path, value.v, value.t, value.ev, value.et])
        margin = Trace.margin if math.isfinite(Trace.margin) else 1e300
        return {"outputs": outputs, "margin": margin, "unit": Trace.unit}

    def _points(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Outputs of the forward at points beside the case, for difference quotients."""
        plain = _Calls(self, request, {})
        values = {path: np.array(value, dtype=float) for path, _, _, value in plain.leaves}
        rows = []
        for direction, step in request["shifts"]:
            moved = {path: values[path] + step * np.asarray(v) for path, v in direction.items()}
            moved = {p: float(v) if v.ndim == 0 else v for p, v in moved.items()}
            call = _Calls(self, request, moved)
            returned = call.forward()
            places = self._outputs(call, returned, request["outputs"])
            rows.append([np.array(value, dtype=float) for _, _, _, value in places])
        return {"rows": rows}

    def _outputs(self, call: _Calls, returned: Any, wanted: Sequence[str]) -> list[Any]:
        """Numbers at the wanted paths: ``r/0`` of what was returned, ``s/output`` of the object."""
        found = flat(returned, "r")
        if call.owner is not None:
            found += flat(call.owner, "s", objects=self.is_own)
        places = {place[0]: place for place in found}
        return [places[path] for path in wanted if path in places]

    # surroundings

    def is_own(self, value: Any) -> bool:
        """Whether an object is an instance of a class of the target."""
        return hasattr(value, "__dict__") and type(value).__module__ in self._modules

    def rewind(self) -> None:
        """Put the generators of the modules back to where they began."""
        for generator, state in self._generators:
            generator.bit_generator.state = state

    def module(self, name: str) -> ModuleType:
        """Give a module of the target."""
        return self._modules[name]

    def resolve(self, module: str, name: str) -> Any:
        """Give what a dotted name in a module stands for."""
        value: Any = self._modules[module]
        for part in name.split("."):
            value = getattr(value, part)
        return value

    @contextmanager
    def _watched(self, frames: dict[str, Any]) -> Iterator[None]:
        """Note the local variables of the target's functions when they return, outermost last."""

        def note(frame: FrameType, event: str, argument: Any) -> None:
            if event == "return" and frame.f_code.co_filename in self._files:
                local = frame.f_locals.items()
                frames.update({n: v for n, v in local if n != "self" and not callable(v)})

        _setprofile(note)
        try:
            yield
        finally:
            _setprofile(None)

    def _described(self, failed: _Failed) -> dict[str, Any]:
        error, line, function = failed.error, 0, ""
        trace = error.__traceback__
        while trace is not None:
            if trace.tb_frame.f_code.co_filename in self._files:
                line, function = trace.tb_lineno, trace.tb_frame.f_code.co_name
            trace = trace.tb_next
        return {
            "stage": failed.stage,
            "type": type(error).__name__,
            "message": str(error)[:500],
            "line": line,
            "function": function,
        }


class _Calls:
    """One object or function, made and called as a request says, with some leaves exchanged."""

    def __init__(self, trials: Trials, request: Mapping[str, Any], leaves: dict[str, Any]) -> None:
        self._trials, self._request = trials, request
        _seed_numpy(_SEED + int(request.get("seed", 0)))
        trials.rewind()
        self.owner: Any = None
        self.before: list[Any] = []
        self._before_args: dict[str, Any] = {}
        self.aliases: list[list[str]] = []
        given = {"init": request.get("init", {}), "arg": request.get("args", {})}
        self._own = {
            kind: {n: replaced(v, leaves, f"{kind}/{n}") for n, v in values.items()}
            for kind, values in given.items()
        }
        self._plain = {kind: dict(values) for kind, values in given.items()}
        if request.get("class"):
            with self._stage("init"):
                self.owner = trials.resolve(request["module"], request["class"])(
                    *self._list("init")
                )
            self._set(leaves)
            self.before = _copied(flat(self.owner, objects=trials.is_own))
        self._module = vars(trials.module(str(request["module"])))
        names = [name for name in request.get("globals", ()) if name in self._module]
        given = dict(request.get("globals_set", {}))
        self._globals = {
            name: leaves.get(f"global/{name}", np.array(given.get(name, self._module[name])))
            for name in names
        }
        self.leaves = self._leaves()

    @contextmanager
    def _stage(self, stage: str) -> Iterator[None]:
        try:
            yield
        except RecursionError as error:
            raise _Failed(stage, error) from None
        except BaseException as error:
            raise _Failed(stage, error) from error

    @contextmanager
    def _in_place(self) -> Iterator[None]:
        """Give the module's own arrays the values of the case while its functions run."""
        before = {name: self._module[name] for name in self._globals}
        self._module.update(self._globals)
        try:
            yield
        finally:
            self._module.update(before)

    def _list(self, kind: str) -> list[Any]:
        return list(self._own[kind].values())

    def _set(self, leaves: dict[str, Any]) -> None:
        """Give the object's own arrays the values of the case."""
        given = {f"self/{path}": value for path, value in self._request.get("set", {}).items()}
        given.update(leaves)
        exchanged: dict[int, Any] = {}
        for path, container, key, value in parameters(self.owner, self._trials.is_own):
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
            own = parameters(self.owner, self._trials.is_own)
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
            if not _has_duals(arguments):
                self._before_args = {p[0]: np.array(p[3]) for p in flat(arguments, "arg")}
            then = request.get("then")
            options = {k: arguments[k] for k in request.get("keywords", ())}
            later = set(then["args"]) if then else set()
            positional = [v for k, v in arguments.items() if k not in options and k not in later]
            returned = function(*positional, **options)
            if not then:
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
        with self._in_place(), self._stage("backward"):
            owner = self.owner
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
        return which

    def written(self) -> list[Any]:
        """Arguments that were changed in place."""
        places = flat(self._own["arg"], "arg")
        return [p for p in places if _differs(self._before_args.get(p[0]), p[3])]


def _copied(places: Sequence[Any]) -> list[Any]:
    return [(p, c, k, v if type(v) is Dual else np.array(v)) for p, c, k, v in places]


def _has_duals(value: Any) -> bool:
    return any(type(place[3]) is Dual for place in flat(value))


def _real(value: Any) -> bool:
    if type(value) is Dual:
        return True
    return isinstance(value, float) or getattr(value, "dtype", np.dtype(int)).kind == "f"


def _differs(before: Any, after: Any) -> bool:
    if before is None:
        return True
    after = np.asarray(after)
    return before.shape != after.shape or not np.array_equal(before, after, equal_nan=True)


def _sent(places: Sequence[Any]) -> list[list[Any]]:
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


Answer = Callable[[Mapping[str, Any]], dict[str, Any]]
