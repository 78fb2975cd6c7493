"""What an instrumented module calls while it runs: record values, perturb them, replace them.

The text of this file is written into every instrumented copy and runs beside the code under test,
so it needs numpy and nothing else, and it judges nothing. It is plain Python without annotations,
because it handles values of code that may return anything. `probe` is the one hook: the rewritten
code sends every assigned value, every use of a name and every subexpression through it. `drive`
takes a list of jobs and answers with plain lists, dicts and arrays.
"""

# mypy: ignore-errors
# ruff: noqa: RUF012

import contextlib
import io
import time
import warnings

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


def _is_float(value):
    if isinstance(value, (np.ndarray, np.generic)):
        return value.dtype.kind == "f"
    return isinstance(value, float)


def _plain(value):
    """Return a copy that can cross to the judge, or None for what is no number or array."""
    if isinstance(value, (np.ndarray, np.generic)):
        return np.array(value) if value.dtype.kind in "fiub" else None
    if isinstance(value, (bool, int, float)):
        return np.array(value) if abs(value) < 2**62 else None
    return None


def probe(number, value, key=None):
    """Hand `value` on, after noting it, adding the perturbation to it or replacing it."""
    if number not in State.watched and not State.record:
        return value
    seen = State.counts.get(number, 0)
    State.counts[number] = seen + 1
    if State.actions:
        action = State.actions.get((State.phase, number, seen))
        if action is not None:
            kind, array = action
            if kind == "set":
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
    """The code under test raised; the message is one line."""


def _fresh(value):
    """Copy arrays, dicts, lists and tuples; other things are shared."""
    if isinstance(value, np.ndarray):
        return value.copy()
    if type(value) is dict:
        return {key: _fresh(part) for key, part in value.items()}
    if type(value) in (list, tuple):
        return type(value)(_fresh(part) for part in value)
    return value


class Gathered:
    """What a backward of an object returns, and the arrays that it leaves in the object."""

    def __init__(self, returned, left):
        self.returned, self.left = returned, left


def _flat(value, name=""):
    """List every array in a returned value with its place."""
    if isinstance(value, Gathered):
        return _flat(value.returned) + list(value.left.items())
    if isinstance(value, dict):
        found = []
        for key in value:
            found += _flat(value[key], f"{name}[{key!r}]")
        return found
    if isinstance(value, (tuple, list)):
        found = []
        for position, part in enumerate(value):
            found += _flat(part, f"{name}[{position}]")
        return found
    plain = _plain(value)
    return [] if plain is None else [(name, plain)]


def held(owner):
    """Say where the float arrays of an object lie, in it or in its dicts: name -> (dict, key)."""
    found = {}
    for name, value in vars(owner).items():
        if isinstance(value, np.ndarray) and value.dtype.kind == "f":
            found[name] = (vars(owner), name)
        elif type(value) is dict:
            for key, part in value.items():
                if isinstance(part, np.ndarray) and part.dtype.kind == "f":
                    inner = name in ("params", "parameters", "weights")
                    found[str(key) if inner else f"{name}[{key!r}]"] = (value, key)
    return found


class Subject:
    """How the functions under test are called.

    `setup` is a dict: "style" is "pair" (forward and backward), "joint" (value and gradient in one
    function) or "method" (joint, on an object with `params`); "arguments" lists names and
    "backward_arguments" says where each argument of the backward comes from.
    """

    def __init__(self, forward, backward, maker, setup):
        self.forward, self.backward, self.maker, self.setup = forward, backward, maker, setup

    def run(self, case, *, actions=None, choices=None, record=False, only_value=False):
        """Run once on copies of everything; return (out, gradients, events)."""
        State.counts, State.events, State.record = {}, [], record
        State.actions, State.choices, State.phase = actions or {}, choices or {}, 0
        State.watched = frozenset(key[1] for key in State.actions)
        leaves = {}
        for (phase, name, _), action in State.actions.items():
            if phase == -1:
                leaves[name] = action[1]
        np.random.seed(case.get("seed", 0))
        values = _fresh(case["values"])
        for name in leaves:
            if name in values:
                values[name] = values[name] + leaves[name].reshape(np.shape(values[name]))
        style, owner = self.setup["style"], None
        keywords = {name: values[name] for name in self.setup.get("keywords", [])}
        if style in ("method", "object"):
            owner = self.maker(case, leaves)
            result = self.forward(owner, *[values[n] for n in self.setup["arguments"]], **keywords)
        else:
            result = self.forward(*[values[n] for n in self.setup["arguments"]], **keywords)
        if style in ("joint", "method"):
            out, rest = (result[0], result[1:]) if isinstance(result, tuple) else (result, ())
            if len(rest) == 1:
                rest = rest[0]
            return np.array(out, dtype=float), rest, State.events
        out, cache = result, None
        if isinstance(result, (tuple, list)):
            out, cache = result[0], (result[1] if len(result) == 2 else tuple(result[1:]))
        value = np.array(out, dtype=float)
        if only_value:
            return value, None, State.events
        State.phase, State.counts = 1, {}
        dout = _fresh(case["dout"])
        if not np.ndim(value):
            dout = float(np.asarray(dout).reshape(()))
        given = {"*dout": dout, "*cache": cache, "*out": out}
        if style == "object":
            before = held(owner)
            before = {name: np.array(place[key]) for name, (place, key) in before.items()}
            returned = self.backward(
                owner, *[given[n] for n in self.setup["backward_arguments"] if n in given]
            )
            left = {}
            for name, (place, key) in held(owner).items():
                if name not in before or not np.array_equal(before[name], place[key]):
                    left[f"self.{name}"] = np.array(place[key])
            return value, Gathered(returned, left), State.events
        if self.setup["backward_arguments"] == ["*dout", "*spread"]:
            gradients = self.backward(dout, *(cache if isinstance(cache, tuple) else (cache,)))
        else:
            gradients = self.backward(
                *[given[n] if n in given else values[n] for n in self.setup["backward_arguments"]]
            )
        return value, gradients, State.events


def _actions(raw):
    return {
        (int(a[0]), a[1] if int(a[0]) == -1 else int(a[1]), int(a[2])): (a[3], a[4]) for a in raw
    }


def _choices(raw):
    return {int(number): int(which) for number, which in raw}


def trace(subject, job):
    """Run forward and backward once and return everything that was seen."""
    out, gradients, events = subject.run(
        job["case"],
        actions=_actions(job.get("actions", [])),
        choices=_choices(job.get("choices", [])),
        record=job.get("record", True),
    )
    found = _flat(gradients)
    kept = [event for event in events if event[4] is not None]
    if "watch" in job:
        wanted = {tuple(place) for place in job["watch"]}
        kept = [event for event in kept if tuple(event[:3]) in wanted]
    return {
        "out": out,
        "returned": [name for name, _ in found],
        "gradients": [value for _, value in found],
        "events": [[event[0], event[1], event[2], event[3] or ""] for event in kept],
        "values": [event[4] for event in kept],
    }


def sweep(subject, job):
    """Evaluate the forward at value ± step for every entry of every wanted place.

    One array per place comes back, of shape (entries, steps, 2, size of out). The values in
    "hold" stay what they are.
    """
    steps, answers, case = job["steps"], [], job["case"]
    held = _actions(job.get("hold", []))
    before = subject.run(case, only_value=True)[0].ravel()
    for place in job["places"]:
        phase, number, seen = int(place[0]), place[1], int(place[2])
        size, scale = int(place[3]), float(place[4])
        key = (phase, number if phase == -1 else int(number), seen)
        if _silent(subject, case, key, size, steps[0] * scale, before, held):
            answers.append(np.tile(before, (size, len(steps), 2, 1)))
            continue
        rows = None
        for entry in range(size):
            for level, step in enumerate(steps):
                for side, sign in enumerate((1.0, -1.0)):
                    delta = np.zeros(size)
                    delta[entry] = sign * step * scale
                    value = _shifted(subject, case, key, delta, held)
                    if rows is None:
                        rows = np.full((size, len(steps), 2, value.size), np.nan)
                    if value.size == rows.shape[3]:
                        rows[entry, level, side] = value
        answers.append(np.zeros((0, len(steps), 2, 1)) if rows is None else rows)
    return {"rows": answers}


def _shifted(subject, case, key, delta, held):
    """Return the value with a perturbation added at a place, nan where the forward raises."""
    if State.deadline is not None and time.monotonic() > State.deadline:
        raise Failure("the perturbed evaluations took longer than allowed")
    try:
        actions = {**held, key: ("add", delta)}
        return subject.run(case, actions=actions, only_value=True)[0].ravel()
    except Exception:
        return np.full(1, np.nan)


def _silent(subject, case, key, size, step, before, held):
    """Whether the value is the same to the last bit when every entry of a place moves.

    It is for what the forward computes beside its output (running statistics). Two evaluations
    in place of six for every entry.
    """
    # Weights without any pattern: evenly spaced ones cancel in the trace of a matrix.
    weights = np.sin(12.9898 * np.arange(1, size + 1)) * 43758.5453
    delta = step * (0.5 + weights % 1.0) * np.where(np.floor(weights) % 2 == 0, 1.0, -1.0)
    return all(
        np.array_equal(_shifted(subject, case, key, sign * delta, held), before)
        for sign in (1.0, -1.0)
    )


def value(subject, job):
    """Run the forward alone."""
    return {"out": subject.run(job["case"], only_value=True)[0]}


def variants(subject, job):
    """Run forward and backward once per set of choices; return what changed in each run."""
    answers = []
    for raw in job["variants"]:
        try:
            answers.append(trace(subject, {**job, "choices": raw}))
        except Exception as error:
            answers.append({"error": f"{type(error).__name__}: {error}".splitlines()[0]})
    return {"runs": answers}


def drive(subject, jobs, seconds, more):
    """Answer a list of jobs, a job that raises with its error; `more` has more kinds of jobs."""
    kinds = {
        "trace": trace,
        "sweep": sweep,
        "variants": variants,
        "value": value,
        **more,
    }
    answers = []
    State.deadline = time.monotonic() + seconds
    ordinary = np.random.default_rng

    def seeded(seed=None):
        return ordinary(0 if seed is None else seed)

    before = np.random.get_state()
    np.random.default_rng = seeded
    try:
        with (
            warnings.catch_warnings(),
            np.errstate(all="ignore"),
            contextlib.redirect_stdout(io.StringIO()),
        ):
            warnings.simplefilter("ignore")
            for job in jobs:
                try:
                    answers.append(kinds[job["kind"]](subject, job))
                except Exception as error:
                    text = f"{type(error).__name__}: {error}".splitlines()[0]
                    answers.append({"error": text})
    finally:
        np.random.default_rng = ordinary
        np.random.set_state(before)
        State.actions, State.choices, State.record = {}, {}, False
        State.deadline = None
    return answers
