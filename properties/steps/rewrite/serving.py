"""Import what a request names, build its objects, and answer its jobs.

The text of this file runs after those of `runtime.py`, `running.py` and `jobs.py` in one module,
beside the code under test.
"""

# mypy: ignore-errors

import contextlib
import time
import warnings

import numpy as np

with contextlib.suppress(ImportError):
    # In the instrumented copy the runtime's names are here already.
    from .jobs import drive
    from .running import Subject
    from .runtime import State, _fresh, outer_place, parameters


def _construct(kind, init):
    """Construct with the names that were given, and with the other names that people use."""
    others = {
        "hidden_dims": lambda v: {"hidden_dim": v},
        "use_batchnorm": lambda v: {"normalization": "batchnorm"},
        "dropout": lambda v: {"dropout_keep_ratio": 1 - v},
    }
    names = [name for name in others if name in init]
    first = None
    for pattern in range(2 ** len(names)):
        given = dict(init)
        for position, name in enumerate(names):
            if pattern >> position & 1:
                given.update(others[name](given.pop(name)))
        try:
            return kind(**given)
        except TypeError as error:
            first = first or error
    raise first


def make_object(kind, case, leaves):
    """Construct the object whose methods are debugged, and give it the case's parameters."""
    init = _fresh(dict(case.get("init", {})))
    if isinstance(init.get("dtype"), str):
        init["dtype"] = getattr(np, init["dtype"])
    state = np.random.get_state()
    np.random.seed(case.get("seed", 0))
    owner = _construct(kind, init)
    np.random.set_state(state)
    places = parameters(owner)
    for name, value in case.get("params", {}).items():
        array = np.array(value, dtype=float)
        if name in leaves:
            array = array + leaves[name].reshape(array.shape)
        place, key = places.get(name, (None, None))
        if place is None:
            place, key = owner.params, name
        place[key] = array
    return owner


def with_supplied(subject, init):
    """The arguments of a constructor with the objects that are supplied to it."""
    texts = subject.setup["init"]
    return {**init, **{name: subject.object_of(text) for name, text in texts.items()}}


def describe(subject, job):
    """Return the parameters that a freshly constructed object has, or that a module holds."""
    if subject.kind is None:
        found = {}
        for name in job["outer"]:
            holder, key = outer_place(subject.space, name)
            value = None if holder is None else holder[key]
            if isinstance(value, np.ndarray) and value.dtype == float:
                first, *rest = name.split(".")
                keys = (f"[{p}]" if p.isdigit() else f"[{p!r}]" for p in rest)
                found["".join([first, *keys])] = np.array(value)
        return {"names": list(found), "values": list(found.values())}
    init = with_supplied(subject, job["init"])
    owner = make_object(subject.kind, {"init": init, "seed": job["seed"]}, {})
    places = parameters(owner)
    return {
        "names": list(places),
        "values": [np.array(place[key]) for place, key in places.values()],
    }


def where(subject, job):
    """Return the file and the line at which the judged function was made."""
    function = subject.backward or subject.forward or subject.kind
    code = getattr(getattr(function, "__wrapped__", function), "__code__", None)
    known = code is not None and code.co_filename.startswith(State.root)
    return {"file": code.co_filename, "line": code.co_firstlineno} if known else {"file": ""}


def _resolve(place, modules):
    """Import a function or class; one without a module is looked for in all of them."""
    import importlib
    import importlib.util

    name, parts = place[0], place[1].split(".")
    for module, path in [(name, "")] if name else modules:
        try:
            with warnings.catch_warnings():
                # A line that is tried may look strange to the compiler.
                warnings.simplefilter("ignore", SyntaxWarning)
                if path:
                    spec = importlib.util.spec_from_file_location(module, path)
                    value = importlib.util.module_from_spec(spec)
                    spec.loader.exec_module(value)
                else:
                    value = importlib.import_module(module)
            for part in parts:
                value = getattr(value, part)
        except Exception:
            if name:
                raise
            continue
        if callable(value):
            return value
    raise LookupError(place[1])


def _with_owner(kind, function):
    """Let a static method or a class method be called with an object before its arguments."""
    for base in () if kind is None or function is None else kind.__mro__:
        found = vars(base).get(function.__name__)
        if found is not None:
            if isinstance(found, (staticmethod, classmethod)):
                return lambda owner, *args, **named: getattr(owner, function.__name__)(
                    *args, **named
                )
            break
    return function


def modules_of(root):
    """Return the modules that were imported from a folder."""
    import sys

    every = list(sys.modules.values())
    return [m for m in every if str(getattr(m, "__file__", None) or "").startswith(root)]


def _generators(modules):
    """Return the random generators of modules, with the states to which each run sets them back."""
    kinds = (np.random.Generator, np.random.RandomState)
    found = [v for module in modules for v in vars(module).values() if isinstance(v, kinds)]
    bits = {
        id(b): b for b in (getattr(v, "bit_generator", None) or v._bit_generator for v in found)
    }
    return [(one, one.state) for one in bits.values()]


def serve(request):
    """Resolve the functions that a request names, and answer its jobs."""
    modules = request.get("modules", [])
    State.root = request.get("root", "")
    try:
        setup = request["setup"]
        inside, handed = setup["made"] is not None, setup["handed"]
        forward = None if inside else _resolve(request["forward"], modules)
        known = request["backward"] and not (inside or handed)
        backward = _resolve(request["backward"], modules) if known else None
        kind = request["owner"] and _resolve(request["owner"], modules)
        then = request["then"] and _resolve(request["then"], modules)
    except LookupError as error:
        return [{"error": str(error), "status": "nowhere", "line": 0} for _ in request["jobs"]]
    made = {}

    def maker(case, leaves):
        # Constructing draws random weights, which takes longer than the forward.
        if id(case) not in made:
            made.clear()
            init = with_supplied(subject, case.get("init", {}))
            made[id(case)] = (case, make_object(kind, {**case, "init": init}, {}))
        owner = object.__new__(kind)
        try:
            owner.__dict__.update(_fresh(made[id(case)][1].__dict__))
        except AttributeError:
            init = with_supplied(subject, case.get("init", {}))
            return make_object(kind, {**case, "init": init}, leaves)
        places = parameters(owner)
        for name, shift in leaves.items():
            if name in places:
                place, key = places[name]
                place[key] = place[key] + shift.reshape(np.shape(place[key]))
        return owner

    forward, backward = (_with_owner(kind, one) for one in (forward, backward))
    State.generators = _generators(modules_of(State.root))
    makes = maker if kind and not inside else None
    subject = Subject(forward, backward, makes, setup, kind=kind, then=then)
    more = {"describe": describe, "where": where}
    return drive(subject, request["jobs"], request.get("seconds", 60.0), more)


def _retarget(root, package, file):
    """Let the child's finder, which makes old code run, look into another copy."""
    import dataclasses
    import os
    import sys

    for position, finder in enumerate(sys.meta_path):
        layout = getattr(finder, "layout", None)
        if layout is None or not hasattr(finder, "owned"):
            continue
        folder = os.path.join(root, package) if package else root
        layout = dataclasses.replace(
            layout,
            root=folder,
            file=os.path.join(root, file) if file else None,
            beside=root if package else None,
            forbidden=(),
        )
        for name in [name for name in sys.modules if name.partition(".")[0] in finder.owned]:
            del sys.modules[name]
        sys.meta_path[position] = type(finder)(layout, finder._progress)
        return


def serve_from(root, request):
    """Answer a request with modules imported from `root`, and from no copy served before."""
    import importlib
    import os
    import sys

    if getattr(State, "root", None) != root:
        old = getattr(State, "root", None)
        for name, module in list(sys.modules.items()):
            place = getattr(module, "__file__", None)
            if old and isinstance(place, str) and place.startswith(old + os.sep):
                del sys.modules[name]
        tops = {entry.partition(".")[0] for entry in os.listdir(root)}
        for name in [name for name in sys.modules if name.partition(".")[0] in tops]:
            del sys.modules[name]
        sys.path[:] = [root, *[entry for entry in sys.path if entry != old]]
        State.root = root
        _retarget(root, request.get("package"), request.get("file"))
        importlib.invalidate_caches()
    started = time.process_time()
    answers = serve(request)
    return {"answers": answers, "spent": time.process_time() - started}
