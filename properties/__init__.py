"""How gradients are checked: specs, strategies, properties, verdicts, the command.

In a checkout this package is called ``properties``; the wheel installs it as
``nndl_suite.properties``, because the short name belongs to another distribution. Both names
lead to the same modules, so that a class is never defined twice. What is public is ``public``,
which the wheel installs as ``nndl_suite``.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any

__all__ = ["activate"]

_OUTER = "nndl_suite."


def activate() -> None:
    """Make the folder that holds the rooms importable, so that their short names resolve."""
    rooms = str(Path(__file__).resolve().parent.parent)
    if rooms not in sys.path:
        sys.path.insert(0, rooms)


def __getattr__(name: str) -> Any:
    """What is public has this name too, where nothing is installed."""
    activate()
    public = "properties.public" if (Path(__file__).parent / "public").is_dir() else "nndl_suite"
    return getattr(importlib.import_module(public), name)


class _SameModule(MetaPathFinder, Loader):
    """Answer ``nndl_suite.properties.x`` with the module ``properties.x``."""

    def find_spec(self, fullname: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        inner = fullname.removeprefix(_OUTER)
        if inner == fullname or not inner.startswith("properties.") or inner.endswith("._entry"):
            return None
        activate()
        own = importlib.util.find_spec(inner)
        if own is None:
            return None
        # pytest --pyargs asks where a package lies before it imports anything.
        spec = ModuleSpec(fullname, self, origin=own.origin)
        spec.submodule_search_locations = own.submodule_search_locations
        return spec

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        self._own = importlib.import_module(spec.name.removeprefix(_OUTER))
        self._own_spec = self._own.__spec__
        return self._own

    def exec_module(self, module: ModuleType) -> None:
        # The import system has just overwritten it with the outer name's.
        module.__spec__ = self._own_spec


if __name__ != "properties":
    sys.meta_path.insert(0, _SameModule())
