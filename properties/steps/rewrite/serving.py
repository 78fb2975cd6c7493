"""Import what a request names, build its objects, and answer its jobs.

The text of this file runs after that of `runtime.py` in one module, beside the code under test.
"""

# mypy: ignore-errors

import contextlib
import warnings

import numpy as np

with contextlib.suppress(ImportError):
    # In the instrumented copy the runtime's names are here already.
    from .runtime import State, Subject, _fresh, drive, held


def _construct(kind, init):
    """Construct with the contract's names, and with the other names that people use."""
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


def _places(owner):
    """Where the parameters of an object lie: in its dict `params`, or see `held`."""
    if isinstance(getattr(owner, "params", None), dict):
        return {name: (owner.params, name) for name in owner.params}
    return held(owner)


def make_object(kind, case, leaves):
    """Construct the object whose method is debugged, and give it the case's parameters."""
    init = dict(case.get("init", {}))
    if isinstance(init.get("dtype"), str):
        init["dtype"] = getattr(np, init["dtype"])
    state = np.random.get_state()
    owner = _construct(kind, init)
    np.random.set_state(state)
    for name, value in case.get("params", {}).items():
        array = np.array(value, dtype=float)
        if name in leaves:
            array = array + leaves[name].reshape(array.shape)
        place, key = _places(owner).get(name, (None, None))
        if place is None:
            place, key = owner.params, name
        place[key] = array
    return owner


def describe(subject, job):
    """Return the parameters that a freshly constructed object has, with their shapes."""
    owner = make_object(subject.kind, {"init": job["init"]}, {})
    places = _places(owner)
    return {
        "names": list(places),
        "shapes": [list(np.shape(place[key])) for place, key in places.values()],
    }


def _resolve(place):
    import importlib

    with warnings.catch_warnings():
        # A line that is tried may look strange to the compiler.
        warnings.simplefilter("ignore", SyntaxWarning)
        value = importlib.import_module(place[0])
    for part in place[1].split("."):
        value = getattr(value, part)
    return value


def serve(request):
    """Resolve the functions that a request names, and answer its jobs."""
    forward = _resolve(request["forward"])
    backward = None if request["backward"] is None else _resolve(request["backward"])
    maker = None
    if request["setup"]["style"] in ("method", "object"):
        kind = _resolve([request["forward"][0], request["forward"][1].rpartition(".")[0]])

        made = {}

        def maker(case, leaves):
            # Constructing draws random weights, which takes longer than the forward.
            if id(case) not in made:
                made.clear()
                made[id(case)] = (case, make_object(kind, case, {}))
            owner = object.__new__(kind)
            try:
                owner.__dict__.update(_fresh(made[id(case)][1].__dict__))
            except AttributeError:
                return make_object(kind, case, leaves)
            places = _places(owner)
            for name, shift in leaves.items():
                if name in places:
                    place, key = places[name]
                    place[key] = place[key] + shift.reshape(np.shape(place[key]))
            return owner

    subject = Subject(forward, backward, maker, request["setup"])
    subject.kind = None if maker is None else kind
    return drive(subject, request["jobs"], request.get("seconds", 60.0), {"describe": describe})


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
    return {"answers": serve(request)}
