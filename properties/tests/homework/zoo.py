"""Reads the truth tables of the homework zoo and imports its variants in this process.

The suite's own loader runs a variant in a child process. This one is deliberately simpler and shares no
code with it, so that the zoo's labels do not lean on what they are there to test.
"""

from __future__ import annotations

import atexit
import builtins
import contextlib
import copy
import functools
import importlib
import io
import sys
import tempfile
import tomllib
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).parent
MODULES = ("layers", "layer_utils", "autoencoder", "gplvm", "optim", "solver", "fc_net", "neural_net")


@functools.cache
def _built(name: str) -> Path:
    """A folder, until this process ends, for the variants that are patches of another."""
    folder = tempfile.TemporaryDirectory(prefix="homework-")
    atexit.register(folder.cleanup)
    return Path(folder.name) / name


def _patched(name: str, entry: dict[str, Any]) -> None:
    """Write a variant: the files of its base, each patch in the one place where its text stands."""
    base, made = HERE / name / entry["base"], _built(name) / entry["path"]
    files = entry.get("files") or [p.relative_to(base).as_posix() for p in base.rglob("*.py")]
    texts = {file: (base / file).read_bytes().decode() for file in files}
    for patch in entry["patch"]:
        file, was = patch["file"], patch["was"]
        count = texts[file].count(was)
        if count != 1:
            raise ValueError(f"{entry['path']}: {was!r} stands {count} times in {entry['base']}/{file}, wanted once")
        texts[file] = texts[file].replace(was, patch["now"])
    for file, text in texts.items():
        (made / file).parent.mkdir(parents=True, exist_ok=True)
        (made / file).write_bytes(text.encode())


@functools.cache
def _read(name: str) -> dict[str, Any]:
    """The truth table, with the variants that are patches written."""
    with (HERE / name / "truth.toml").open("rb") as stream:
        found = tomllib.load(stream)
    for entry in found["variant"]:
        if "base" in entry:
            _patched(name, entry)
    return found


def table(name: str) -> list[dict[str, Any]]:
    """The entries of `variants/truth.toml` or `nets/truth.toml`, with missing lists filled in.

    An entry with a `base` is that variant with some of its text replaced; `folder` is where to find it.
    """
    entries: list[dict[str, Any]] = copy.deepcopy(_read(name)["variant"])
    for entry in entries:
        entry["folder"] = _built(name) if "base" in entry else HERE / name
        for key in ("right", "wrong", "missing", "ambiguous", "findings", "surroundings", "surroundings_functions",
                    "backward_of_own_forward"):
            entry.setdefault(key, [])
    return entries


def _stub(name: str) -> dict[str, types.ModuleType]:
    """Empty modules for a dotted name and its parents."""
    parts = name.split(".")
    full_names = [".".join(parts[: i + 1]) for i in range(len(parts))]
    stubs = {full: types.ModuleType(full) for full in full_names}
    if name == "six":
        stubs["six.moves"] = types.ModuleType("moves")
        stubs["six.moves"].xrange = range  # type: ignore[attr-defined]
    for full, module in list(stubs.items()):
        module.__path__ = []
        module.__getattr__ = lambda name: None  # type: ignore[method-assign]
        if full.startswith("matplotlib"):
            module.pyplot = stubs.setdefault("matplotlib.pyplot", types.ModuleType("pyplot"))  # type: ignore[attr-defined]
    return dict(stubs)


@contextlib.contextmanager
def surroundings(entry: dict[str, Any]) -> Iterator[None]:
    """Give a variant the old Python and numpy that it was written for."""
    old_reshape = np.reshape

    def reshape(a: Any, shape: Any = None, *args: Any, newshape: Any = None, **kw: Any) -> Any:
        return old_reshape(a, newshape if shape is None else shape, *args, **kw)

    needs = entry["surroundings"]
    if "np.int" in needs:
        np.int = int  # type: ignore[attr-defined]
    if "newshape" in needs:
        np.reshape = reshape  # type: ignore[assignment]
    if "python2" in needs:
        builtins.xrange = range  # type: ignore[attr-defined]
    try:
        yield
    finally:
        np.reshape = old_reshape
        for owner, name in ((np, "int"), (builtins, "xrange")):
            if name in vars(owner):
                delattr(owner, name)


def package_folder(entry: dict[str, Any]) -> Path:
    """The folder that holds the modules of a variant."""
    target: Path = entry["folder"] / entry["target"]
    if target.is_file():
        return target.parent
    if not entry["package"] or target.name == entry["package"]:
        return target
    return target / entry["package"]


def load(entry: dict[str, Any]) -> dict[str, Any]:
    """Public names of a variant's modules; what it prints while it is imported is swallowed."""
    folder = package_folder(entry)
    package = entry["package"]
    root = folder.parent if package else folder
    saved, state = dict(sys.modules), np.random.get_state()
    sys.path.insert(0, str(root))
    importlib.invalidate_caches()
    for need in entry["surroundings"]:
        if need.startswith("module:"):
            name = need.removeprefix("module:")
            stubs = _stub(name)
            if name.split(".")[0] == package:
                stubs = {name: stubs[name]}
            sys.modules.update(stubs)
    top = {package} if package else set(MODULES)
    stubbed = {n.removeprefix("module:").split(".")[0] for n in entry["surroundings"]}
    for name in list(sys.modules):
        if name.split(".")[0] in top and not any(name == n.removeprefix("module:") for n in entry["surroundings"]):
            del sys.modules[name]
    if package and not (folder / "__init__.py").exists():
        # a folder without __init__.py loses against a real package of the same name anywhere on sys.path
        sys.modules[package] = types.ModuleType(package)
        sys.modules[package].__path__ = [str(folder)]
    found: dict[str, Any] = {}
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            for stem in MODULES:
                if not (folder / f"{stem}.py").exists():
                    continue
                if "python2" in entry["surroundings"]:
                    source = (folder / f"{stem}.py").read_text().split("if __name__")[0]
                    module = types.ModuleType(stem)
                    exec(source, vars(module))
                else:
                    module = importlib.import_module(f"{package}.{stem}" if package else stem)
                for key, value in vars(module).items():
                    if not key.startswith("_"):
                        # two modules may define TwoLayerNet: the qualified name tells them apart
                        found.setdefault(key, value)
                        found[f"{stem}.{key}"] = value
    finally:
        sys.path.remove(str(root))
        # numpy's and scipy's compiled modules cannot be loaded twice: forget the variant's own alone
        for name in set(sys.modules) - set(saved):
            if name.split(".")[0] in top | stubbed:
                del sys.modules[name]
        sys.modules.update(saved)
        np.random.set_state(state)
    return found


def functions(entry: dict[str, Any]) -> dict[str, Callable[..., Any]]:
    """The functions that the truth table speaks about."""
    names = load(entry)
    return {n: names[n] for n in entry["right"] + entry["wrong"] + entry["missing"]}
