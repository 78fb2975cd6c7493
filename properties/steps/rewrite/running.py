"""How the functions under test are called, once, on copies of everything.

The text of this file runs after that of `runtime.py` in one module, beside the code under test.
"""

# mypy: ignore-errors

import ast
import contextlib
import sys

import numpy as np

with contextlib.suppress(ImportError):
    # In the instrumented copy these names are here already.
    from ...implementation.child.tracing.handed import Made, parted
    from ...implementation.child.tracing.supplied import supplied
    from .runtime import (
        Failure,
        Skeleton,
        State,
        _flat,
        _fresh,
        _output_of,
        _shifted_values,
        _values_of,
        held,
        outer_place,
        parameters,
    )

_RATES = ("learning_rate", "lr", "eta")


class Subject:
    """How the functions under test are called; `setup` is what `Session` makes of a `Pair`."""

    def __init__(self, forward, backward, maker, setup, *, kind=None, then=None):
        self.forward, self.backward, self.maker, self.setup = forward, backward, maker, setup
        self.kind, self.then, self.held = kind, then, {}

    def run(self, case, *, actions=None, choices=None, record=False, only_value=False):
        """Run once on copies of everything; return (out, [(place, gradient)], events).

        Several outputs come as one vector, one after the other.
        """
        setup = self.setup
        State.counts, State.events, State.record = {}, [], record
        State.actions, State.choices, State.phase = actions or {}, choices or {}, 0
        State.named, State.locals = {}, setup["locals"]
        State.inside = frozenset(setup["inside"])
        State.watched = frozenset([*(key[1] for key in State.actions), *State.locals])
        leaves = {key[1]: action[1] for key, action in State.actions.items() if key[0] == -1}
        np.random.seed(case.get("seed", 0))
        for generator, state in State.generators:
            generator.state = state
        values = _fresh(case["values"])
        for name in leaves:
            if name.partition("[")[0] in values:
                _shifted_values(values, name, leaves[name])
        values.update({name: self.object_of(text) for name, text in setup["supplied"].items()})
        owner = None if self.maker is None else self.maker(case, leaves)
        forward, backward = self.forward, self.backward
        if setup["made"] is not None:
            made = Made(self.kind(**{name: values[name] for name in setup["made"]}))
            forward, backward = (vars(made).get(name) for name in setup["names"])
        if owner is None and self.space is not None:
            self._set_outer(case.get("params", {}), leaves)
        itself = () if owner is None else (owner,)
        before = {} if owner is None or only_value else _values_of(owner)
        result = forward(
            *itself,
            *[values[name] for name in setup["arguments"]],
            **{name: values[name] for name in setup["keywords"]},
        )
        if setup["handed"]:
            result, handed = parted(result)
            itself, backward = (), handed
        if self.then is not None:
            result = self._with_cost(result, values)
        if result is None:
            if owner is None:
                raise Skeleton("it returns nothing")
            result = _output_of(owner, before)
        parts = tuple(result) if isinstance(result, (tuple, list)) else (result,)
        outs = [parts[k] for k in setup["outputs"]]
        rest = [part for k, part in enumerate(parts) if k not in setup["outputs"]]
        State.shapes = [np.shape(out) for out in outs]
        value = _vector(outs)
        if only_value:
            return value, None, State.events
        if setup["joint"]:
            gradients = _flat(rest[0] if len(rest) == 1 else tuple(rest))
            return value, gradients + self._left(owner, before, values), State.events
        State.phase, State.counts = 1, {}
        before = {} if owner is None else _values_of(owner)
        written = self._written()
        positional, named = self._given(case, owner, parts, outs, rest, values)
        returned = backward(*itself, *positional, **named)
        parts = returned if isinstance(returned, (tuple, list)) else (returned,)
        gradients = _flat(returned) + self._left(owner, before, values, parts)
        gradients += self._added(written)
        if returned is None and not gradients:
            raise Skeleton("it returns nothing")
        return value, gradients, State.events

    def _with_cost(self, result, values):
        """Put the cost of what a forward returned before it."""
        parts = tuple(result) if isinstance(result, (tuple, list)) else (result,)
        then = self.setup["then"]
        given = [parts[0] if name == then["output"] else values[name] for name in then["order"]]
        return (self.then(*given), *parts)

    def object_of(self, text):
        """What a text that stands for an object stands for; anything else is what it is."""

        def resolve(name):
            first, *rest = name.split(".")
            value = self.space[first]
            for part in rest:
                value = getattr(value, part)
            return value

        return supplied(text, resolve)

    @property
    def space(self):
        """The variables of the module of the functions."""
        whose = self.kind or self.forward
        module = sys.modules.get(getattr(whose, "__module__", None) or "")
        return getattr(whose, "__globals__", None) or vars(module)

    def _set_outer(self, params, leaves):
        """Give the variables of a module that are parameters the case's values.

        Those in which gradients are left begin each run as they were.
        """
        for function in (self.forward, self.backward):
            space = getattr(function, "__globals__", {})
            for name in self.setup["results"] if space else ():
                held = self.held.setdefault((id(space), name), _fresh(space.get(name)))
                if name in space:
                    space[name] = _fresh(held)
            for name, value in params.items():
                array = np.array(value, dtype=float)
                if name in leaves:
                    array = array + leaves[name].reshape(array.shape)
                holder, key = outer_place(space, name)
                if holder is not None:
                    holder[key] = array

    def _written(self):
        """What the variables hold in which the backward leaves its gradients."""
        space = getattr(self.backward, "__globals__", {})
        wanted = {name: space.get(name) for name in self.setup["results"]}
        return {place: np.array(v) for n, value in wanted.items() for place, v in _flat(value, n)}

    def _added(self, before):
        """What the backward has written into variables, without what was there if it adds."""
        found = []
        for place, now in self._written().items():
            old = before.get(place)
            adds = self.setup["results"][place.partition("[")[0]]
            if old is None or old.shape != now.shape:
                found.append((place, now))
            elif adds or not np.array_equal(old, now):
                found.append((place, now - old if adds else now))
        return found

    def _given(self, case, owner, parts, outs, rest, values):
        """Return the arguments of the backward; see `calling.backward_sources`."""
        every = self._sources(case, owner, parts, outs, rest, values)
        names = [*self.setup["named"], *("" for _ in every)]
        pairs = list(zip(names, every))  # noqa: B905
        return [v for name, v in pairs if not name], {name: v for name, v in pairs if name}

    def _sources(self, case, owner, parts, outs, rest, values):
        """Return the value of each source."""
        upstream = case["dout"]
        douts = list(upstream) if len(outs) > 1 else [upstream]
        douts = [
            _fresh(d) if np.ndim(out) else float(np.asarray(d).reshape(()))
            for d, out in zip(douts, outs)  # noqa: B905
        ]
        if self.setup["last"]:
            rest = rest[-1:]
        cache = None if not rest else rest[0] if len(rest) == 1 else tuple(rest)
        cached = cache if isinstance(cache, (tuple, list)) else (cache,)
        given = []
        for source in self.setup["sources"]:
            name, _, number = source.partition(":")
            if name == "*dout":
                given.append(douts[int(number or 0)])
            elif name == "*cache" and number:
                given.append(cached[int(number)])
            elif name == "*part":
                given.append(parts[int(number)])
            elif name == "*returned":
                given.append(parts[0] if len(parts) == 1 else parts)
            elif name == "*rest":
                given.append(parts[1:])
            elif name == "*length":
                first = next(iter(values.values()))
                given.append(len(first) if np.ndim(first) else 1)
            elif name == "*shape":
                given.append(np.shape(values[number]))
            elif name.startswith("."):
                given.append(getattr(owner, name[1:]))
            elif name == "*cache":
                given.append(cache)
            elif name == "*out":
                given.append(outs[0])
            elif name.startswith("="):
                given.append(self.object_of(ast.literal_eval(source[1:])))
            elif name.startswith("@"):
                if name[1:] not in State.named:
                    raise Failure(f"the forward has no {name[1:]} to hand over")
                given.append(State.named[name[1:]])
            else:
                given.append(values[name])
        return given

    def _left(self, owner, before, values, returned=()):
        """Arrays that the backward leaves in its object; of a step, the gradient that it took."""
        if owner is None:
            return []
        rate = values.get(self.setup["rate"])
        if rate is None:
            rate = next((vars(owner)[name] for name in _RATES if name in vars(owner)), None)
        mine, left = parameters(owner), []
        for name, (place, key) in held(owner).items():
            now = place[key]
            if name in before and np.array_equal(before[name], now):
                continue
            if any(now is part for part in returned):
                continue
            if name in mine and name in before and rate:
                now = (before[name] - now) / rate
            left.append((f"self.{name}", np.array(now)))
        return left


def _vector(outs):
    """Return the value of one output, or all of several as one vector."""
    arrays = [np.array(out, dtype=complex if np.iscomplexobj(out) else float) for out in outs]
    return arrays[0] if len(arrays) == 1 else np.concatenate([np.ravel(a) for a in arrays])
