"""How a file of specs is read."""

from __future__ import annotations

import importlib.util
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import CodeType

from .row import LayerSpec


class SpecsError(Exception):
    """A file of specs cannot be used."""


class _Uncompiled(SourceFileLoader):
    """Compiles what the file says now.

    Python takes a compiled file for that of a source of the same length and second.
    """

    def get_code(self, fullname: str) -> CodeType:
        return self.source_to_code(self.get_data(self.path), self.path)


def read_specs(path: str) -> tuple[LayerSpec, ...]:
    """The LayerSpecs that a user's file defines, in their order there.

    Raises
    ------
    SpecsError
        There is no such file, it fails, it defines no spec, or two of one name.
    """
    file = Path(path)
    if not file.is_file():
        raise SpecsError(f"--specs: there is no file {path!r}; give a Python file with LayerSpecs")
    if file.suffix != ".py":
        raise SpecsError(f"--specs: {path!r} is no Python file; its name must end in .py")
    loader = _Uncompiled("_user_specs", str(file))
    definition = importlib.util.spec_from_file_location("_user_specs", file, loader=loader)
    assert definition is not None
    module = importlib.util.module_from_spec(definition)
    try:
        loader.exec_module(module)
    except Exception as error:
        raise SpecsError(f"--specs: {path} fails: {type(error).__name__}: {error}") from error
    found = {id(v): v for v in vars(module).values() if isinstance(v, LayerSpec)}
    if not found:
        raise SpecsError(f"--specs: {path} defines no LayerSpec; assign at least one to a name")
    names = [spec.name for spec in found.values()]
    for name in names:
        if names.count(name) > 1:
            raise SpecsError(f"--specs: {path} defines two rows called {name!r}; rename one")
    return tuple(found.values())
