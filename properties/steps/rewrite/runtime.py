"""What an instrumented module calls while it runs: record values, perturb them, replace them.

The text of this file, of `running.py`, `jobs.py` and `serving.py` is written into every
instrumented copy and runs beside the code under test, so it needs numpy and nothing else, and it
judges nothing. It is plain Python without annotations, because it handles values of code that may
return anything.
`probe` is the one hook: the rewritten code sends every assigned value, every use of a name and
every subexpression through it.
"""

# mypy: ignore-errors
# ruff: noqa: RUF012

import copy
import re
import sys

import numpy as np


class State:
    """What `probe` and `choice` look at. One run at a time."""

    phase = 0
    record = False
    counts: dict = {}
    watched: frozenset = frozenset()
    events: list = []
    actions: dict = {}
    choices: dict = {}
    deadline = None
    look = 0.0
    root = ""
    shapes: list = []
    locals: dict = {}
    named: dict = {}
    generators: list = []
    inside: frozenset = frozenset()


def _is_float(value):
    if isinstance(value, (np.ndarray, np.generic)):
        return value.dtype.kind in "fc"
    return isinstance(value, (float, complex))


def _is_number(value):
    return _is_float(value) and np.ndim(value) == 0


def _plain(value):
    """Return a copy that can cross to the judge, or None for what is no number or array."""
    if isinstance(value, (np.ndarray, np.generic)):
        return np.array(value) if value.dtype.kind in "fiub" else None
    if isinstance(value, (bool, int, float)):
        return np.array(value) if abs(value) < 2**62 else None
    if isinstance(value, list) and len(value) > 1 and all(map(_is_number, value)):
        return np.array(value, dtype=float)  # a vector, entry by entry
    if isinstance(value, list) and value and all(map(_is_row, value)):
        rows = [len(row) for row in value]
        return np.array(value, dtype=float) if len(set(rows)) == 1 else None
    return None


def _is_row(value):
    return (
        isinstance(value, list)
        and len(value) > 1
        and any(map(_is_float, value))
        and all(isinstance(entry, (int, float)) or _is_number(entry) for entry in value)
    )


def probe(number, value, key=None):
    """Hand `value` on, after noting it, adding the perturbation to it or replacing it."""
    if number not in State.watched and not State.record:
        return value
    if number in State.locals and State.phase == 0:
        State.named[State.locals[number]] = value
    seen = State.counts.get(number, 0)
    State.counts[number] = seen + 1
    if State.actions:
        action = State.actions.get((State.phase, number, seen))
        if action is not None:
            kind, array = action
            if kind == "set" and key is None and number in State.inside and _fits(array, value):
                value[...] = array.reshape(value.shape)  # others hold it too
            elif kind == "set":
                value = _as_was(array, value)
            elif _is_float(value):
                value = value + array.reshape(np.shape(value))
    if State.record:
        if len(State.events) > 200_000:
            raise RuntimeError("more than 200,000 recorded values in one run")
        State.events.append(
            (State.phase, number, seen, None if key is None else str(key), _plain(value))
        )
    return value


def _fits(array, value):
    return isinstance(value, np.ndarray) and value.flags.writeable and array.size == value.size


def _as_was(array, value):
    array = np.array(array, dtype=float)
    if isinstance(value, np.ndarray):
        if array.size == value.size:
            array = array.reshape(value.shape)
        return array.astype(np.result_type(value.dtype, float))
    return float(array) if array.ndim == 0 else array


def choice(number):
    """Which of the alternatives of a statement runs: 0 is what the author wrote."""
    return State.choices.get(number, 0)


class Failure(Exception):
    """The run cannot go on; the message is one line."""


class Skeleton(Exception):
    """A function that is not written yet: it returns nothing."""


# values -----------------------------------------------------------------------------------------
def _fresh(value):
    """Copy arrays, dicts, lists and tuples; other things are shared."""
    if isinstance(value, np.ndarray):
        return value.copy()
    if type(value) is dict:
        return {key: _fresh(part) for key, part in value.items()}
    if type(value) in (list, tuple):
        return type(value)(_fresh(part) for part in value)
    if isinstance(value, np.random.Generator) or _is_own(value):
        return copy.deepcopy(value)
    return value


def _flat(value, name=""):
    """List every array in a returned value with its place."""
    plain = _plain(value)
    if plain is not None:
        return [(name, plain)]
    parts = []
    if isinstance(value, dict):
        parts = [(f"{name}[{key!r}]", part) for key, part in value.items()]
    elif isinstance(value, (tuple, list)):
        parts = [(f"{name}[{position}]", part) for position, part in enumerate(value)]
    return [one for place, part in parts for one in _flat(part, place)]


def _shifted_values(values, name, shift):
    """Add to the part of the arguments that lies at a place such as ``params['W1']``."""
    holder, key = values, name
    if name not in values:
        head, _, rest = name.partition("[")
        path = [head] + [_index(part) for part in rest[:-1].split("][")]
        for part in path[:-1]:
            holder = holder[part]
        key = path[-1]
    if type(holder) is tuple:
        raise Failure(f"{name} lies in a tuple and cannot be perturbed")
    holder[key] = holder[key] + shift.reshape(np.shape(holder[key]))


def outer_place(space, name):
    """Where a variable of a module lies, or an entry of one: ``params['W']``; None without it."""
    *path, key = [int(p) if p.isdigit() else p for p in re.findall(r"\w+", name)]
    holder = space
    try:
        for part in path:
            holder = holder[part]
        holder[key]
    except (KeyError, IndexError, TypeError):
        return None, key
    return holder, key


def _index(text):
    return text[1:-1] if text[:1] in "'\"" else int(text)


# objects ----------------------------------------------------------------------------------------
_GRADIENTS = ("grads", "gradients", "grad", "dparams", "dweights", "dbiases")
_OUTPUTS = ("output", "out", "outputs", "y", "Y", "a", "A", "value", "result", "z", "Z")


def held(owner):
    """Say where the float arrays of an object lie, in it, in its dicts, lists and objects.

    The answer maps a name to (container, key).
    """
    found, met = {}, {id(owner)}

    def look(container, key, name):
        value = container[key]
        if isinstance(value, np.ndarray) and value.dtype.kind == "f":
            found[name] = (container, key)
        elif type(value) is dict:
            plain = name in ("params", "parameters", "weights")
            for inner in value:
                look(value, inner, str(inner) if plain else f"{name}[{inner!r}]")
        elif type(value) is list:
            for position in range(len(value)):
                look(value, position, f"{name}[{position}]")
        elif _is_own(value) and id(value) not in met:
            met.add(id(value))
            for inner in vars(value):
                look(vars(value), inner, f"{name}.{inner}")

    for name in vars(owner):
        look(vars(owner), name, name)
    return found


def _is_own(value):
    """Whether a value is an object of a class of the target."""
    module = sys.modules.get(type(value).__module__)
    file = str(getattr(module, "__file__", None) or "")
    return bool(State.root) and file.startswith(State.root) and hasattr(value, "__dict__")


def parameters(owner):
    """Return `held` without what is a gradient by its name."""
    every = held(owner)
    bases = {name.partition("[")[0] for name in every}

    def is_gradient(name):
        base = name.partition("[")[0].rpartition(".")[2]
        return (
            base in _GRADIENTS
            or base.endswith(("_grad", "_gradient"))
            or base.startswith(("grad_", "d_", "nabla_"))
            or (base[:1] == "d" and base[1:] in bases)
        )

    return {name: place for name, place in every.items() if not is_gradient(name)}


def _output_of(owner, before):
    """Return what a forward that returns nothing has left in its object."""
    now = held(owner)
    new = [
        name
        for name, (place, key) in now.items()
        if name not in before or not np.array_equal(before[name], place[key])
    ]
    for name in [*_OUTPUTS, *new[-1:]]:
        if name in new:
            place, key = now[name]
            return place[key]
    raise Skeleton("it returns nothing, and sets no self.output")


def _values_of(owner):
    return {name: np.array(place[key]) for name, (place, key) in held(owner).items()}
