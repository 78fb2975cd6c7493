"""The jobs that the process beside the code under test does: traces, derivatives, tries.

The text of this file runs after those of `runtime.py` and `running.py` in one module. `drive` takes
a list of jobs and answers with plain lists, dicts and arrays.
"""

# mypy: ignore-errors

import contextlib
import io
import time
import warnings

import numpy as np

with contextlib.suppress(ImportError):
    # In the instrumented copy the runtime's names are here already.
    from .runtime import Skeleton, State


class OutOfTime(Exception):
    """The time for all jobs together is over."""


def _actions(raw):
    return {
        (int(a[0]), a[1] if int(a[0]) == -1 else int(a[1]), int(a[2])): (a[3], a[4]) for a in raw
    }


def _choices(raw):
    return {int(number): int(which) for number, which in raw}


def trace(subject, job):
    """Run forward and backward once and return everything that was seen."""
    out, found, events = subject.run(
        job["case"],
        actions=_actions(job.get("actions", [])),
        choices=_choices(job.get("choices", [])),
        record=job.get("record", True),
    )
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
    """Measure the derivative of the forward with respect to every entry of every wanted place.

    One array per place comes back: the derivatives of shape (entries, size of out), by complex
    steps, where differences along one direction confirm them; else evaluations at value ± step of
    shape (entries, steps, 2, size of out). "silent" says which places the output does not depend
    on. The values in "hold" stay what they are.
    """
    steps, answers, case = job["steps"], [], job["case"]
    held = _actions(job.get("hold", []))
    before = subject.run(case, only_value=True)[0].ravel()
    silent, failed = [], 0
    for place in job["places"]:
        phase, number, seen = int(place[0]), place[1], int(place[2])
        size, scale = int(place[3]), float(place[4])
        key = (phase, number if phase == -1 else int(number), seen)
        along = [step * scale for step in steps]
        try:
            if _silent(subject, case, key, size, along[0], before, held):
                answers.append(np.zeros((size, before.size)))
                silent.append(True)
                continue
            made = None
            if size > 2 and failed < 3:
                made = _by_complex_steps(subject, case, key, size, along, held)
                failed += made is None  # code that compares, rounds or looks at types
            if made is None:
                made = _differences(subject, case, key, np.eye(size), along, held)
            answers.append(made)
            silent.append(False)
        except OutOfTime:
            break  # what was measured counts
    return {"rows": answers, "silent": silent}


def _differences(subject, case, key, directions, along, held):
    """Evaluate at ± each step along each direction."""
    rows = None
    for entry, direction in enumerate(directions):
        for level, step in enumerate(along):
            for side, sign in enumerate((1.0, -1.0)):
                value = _shifted(subject, case, key, sign * step * direction, held)
                if rows is None:
                    rows = np.full((len(directions), len(along), 2, value.size), np.nan)
                if value.size == rows.shape[3]:
                    rows[entry, level, side] = value.real
    return np.zeros((0, len(along), 2, 1)) if rows is None else rows


def _by_complex_steps(subject, case, key, size, along, held):
    """Return the derivatives, None where the code is not to be believed with complex numbers."""
    tiny = along[0] * 2.0**-60
    rows = []
    for direction in np.eye(size):
        value = _shifted(subject, case, key, 1j * tiny * direction, held)
        if not np.iscomplexobj(value) or (rows and value.shape != rows[0].shape):
            return None
        rows.append(value.imag / tiny)
    made = np.array(rows)
    direction = _uneven(size)
    told = _differences(subject, case, key, direction[None], along, held)[0]
    slopes = [(told[k, 0] - told[k, 1]) / (2 * step) for k, step in enumerate(along)]
    one, two = (4 * slopes[1] - slopes[0]) / 3, (4 * slopes[2] - slopes[1]) / 3
    best = (16 * two - one) / 15
    size_of = np.max(np.abs(told), initial=0.0)
    slack = 8 * np.abs(best - two) + 1e-12 * size_of / along[-1]
    slack = slack + 1e-6 * (np.abs(direction) @ np.abs(made))
    fits = best.shape == made.shape[1:] and np.all(np.abs(direction @ made - best) <= slack)
    # A kink within reach of the steps: the differences say so entry by entry.
    bent = np.abs(told[0].sum(0) - 5 * told[1].sum(0) + 4 * told[2].sum(0)) / along[0]
    straight = np.all(bent <= 1e-4 * (np.abs(direction) @ np.abs(made)) + 1e-9)
    return made if fits and straight else None


def _over():
    """Whether the seconds of the processor are over; to ask costs time, so it is seldom asked."""
    if State.deadline is None or time.monotonic() < State.look:
        return False
    left = State.deadline - time.process_time()
    State.look = time.monotonic() + left
    return left <= 0.0


def _shifted(subject, case, key, delta, held):
    """Return the value with a perturbation added at a place, nan where the forward raises."""
    if _over():
        raise OutOfTime
    try:
        actions = {**held, key: ("add", delta)}
        return subject.run(case, actions=actions, only_value=True)[0].ravel()
    except Exception:
        return np.full(1, np.nan)


def _uneven(size):
    """A direction without any pattern: evenly spaced weights cancel in the trace of a matrix."""
    weights = np.sin(12.9898 * np.arange(1, size + 1)) * 43758.5453
    return (0.5 + weights % 1.0) * np.where(np.floor(weights) % 2 == 0, 1.0, -1.0)


def _silent(subject, case, key, size, step, before, held):
    """Whether the value is the same to the last bit when every entry of a place moves.

    It is for what the forward computes beside its output (running statistics).
    """
    delta = step * _uneven(size)
    return all(
        np.array_equal(_shifted(subject, case, key, sign * delta, held), before)
        for sign in (1.0, -1.0)
    )


def value(subject, job):
    """Run the forward alone; `shapes` are those of its outputs."""
    out = subject.run(job["case"], only_value=True)[0]
    return {"out": out, "shapes": [list(shape) for shape in State.shapes]}


def variants(subject, job):
    """Run forward and backward once per set of choices; return what changed in each run."""
    return {"runs": [_answer(trace, subject, {**job, "choices": raw}) for raw in job["variants"]]}


def _answer(kind, subject, job):
    """Answer one job; one that raises with its error, and the line in the file under test."""
    try:
        if _over():
            raise OutOfTime
        return kind(subject, job)
    except Skeleton as error:
        return {"error": str(error), "status": "missing", "line": 0}
    except Exception as error:
        lines, frame = [0], error.__traceback__
        while frame is not None:
            if State.root and frame.tb_frame.f_code.co_filename.startswith(State.root):
                lines.append(frame.tb_lineno)
            frame = frame.tb_next
        skeleton = isinstance(error, NotImplementedError)
        return {
            "error": f"{type(error).__name__}: {error}".splitlines()[0],
            "status": "missing" if skeleton else "raised",
            "line": lines[-1],
        }


def drive(subject, jobs, seconds, more):
    """Answer a list of jobs; `more` has more kinds of jobs."""
    kinds = {
        "trace": trace,
        "sweep": sweep,
        "variants": variants,
        "value": value,
        **more,
    }
    State.deadline, State.look = time.process_time() + seconds, time.monotonic() + seconds
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
            return [_answer(kinds[job["kind"]], subject, job) for job in jobs]
    finally:
        np.random.default_rng = ordinary
        np.random.set_state(before)
        State.actions, State.choices, State.record = {}, {}, False
        State.deadline = None
