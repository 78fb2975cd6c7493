"""Layers that are classes: ``forward(self, x)`` keeps what ``backward(self, dout)`` needs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .draws import generator
from .inputs import Wanted, custom_cases, other_sizes, parse_inputs, resized, sizes_of
from .pairing import Subject, signature
from .source import Project, definition
from .values import Case, NoSource, Pair, Place, StepsError

__all__ = ["object_subject"]


def object_subject(
    project: Project, forward: str, backward: str | None, inputs: str | None
) -> Subject:
    """Return the subject for two methods of one class.

    ``--inputs`` describes the arguments of the forward and of the constructor. The float arrays
    that a new object holds are its parameters; what the backward returns is held against the
    adjoints of the forward's arguments, and what it leaves in the object, as ``self.dW`` or
    ``self.grads["W"]``, against those of the parameters.

    Raises
    ------
    StepsError
        The class has no such methods, or `inputs` does not fit their arguments.
    """
    first, owner = _method(project, forward), forward.rpartition(".")[0]
    if backward is None or backward.rpartition(".")[0] != owner:
        raise StepsError(f"{forward} is a method: give --backward {owner}.backward, or its name")
    second = _method(project, backward)
    own, made = signature(project, first), _constructor(project, first, owner)
    if inputs is None:
        raise StepsError(
            f"say what the arguments of {forward} ({', '.join(own)}) and of {owner} "
            f"({', '.join(made) or 'none'}) look like with --inputs, such as "
            f"'x: (N, D), n_in: D, n_out: M'"
        )
    wanted = parse_inputs(inputs)
    strangers = [name for name in wanted if name not in own and name not in made]
    missing = [name for name in _required(project, first, own) if name not in wanted]
    missing += [name for name, needed in made.items() if needed and name not in wanted]
    if strangers or missing:
        said = f"names {', '.join(strangers)}" if strangers else f"says nothing of {missing[0]}"
        raise StepsError(
            f"--inputs {said}; {forward} takes {', '.join(own) or 'nothing'}, and {owner} is made "
            f"with {', '.join(made) or 'nothing'}"
        )
    arguments = tuple(name for name in own if name in wanted)
    sizes = sizes_of(wanted)

    def draw(now: Mapping[str, int], seed: int) -> Case:
        values = custom_cases(_chosen(wanted, now, arguments), generator(seed, *now.values()))
        init = custom_cases(_chosen(wanted, now, tuple(made)), generator(seed, *now.values()))
        return Case(values, 1.0, dict(now), init=init, seed=seed)

    pair = Pair(owner, first, second, "object", arguments, (), ("*dout",))
    least = dict.fromkeys(sizes, 1)
    every = (sizes, other_sizes(wanted, sizes), sizes)
    return Subject(pair, draw, every, least, False, arguments)


def _method(project: Project, name: str) -> Place:
    place = project.find(name)
    if place is None:
        raise NoSource(f"{project.label} has no method {name!r}")
    return place


def _constructor(project: Project, method: Place, owner: str) -> dict[str, bool]:
    """Return the arguments of a class's constructor, and whether each must be given."""
    place = Place(f"{owner}.__init__", method.root, method.file, method.module, 0)
    names = signature(project, place)
    required = _required(project, place, names)
    return {name: name in required for name in names}


def _required(project: Project, place: Place, names: list[str]) -> list[str]:
    tree = project.tree(place.file)
    node = None if tree is None else definition(tree, place.name)
    return [] if node is None else names[: len(names) - len(node.args.defaults)]


def _chosen(
    wanted: Mapping[str, Wanted], sizes: Mapping[str, int], names: tuple[str, ...]
) -> dict[str, Any]:
    return {k: one for k, one in resized(wanted, sizes).items() if k in names}
