"""Stand-ins for modules that are not installed.

Homework imports plotting, notebook and compatibility modules that have nothing to do with its
gradients. A module that is missing is replaced by an inert one, which does nothing; those whose
names the code really uses (``six.moves.xrange``) work. A stub is given only after the honest
import failed, so that ``try: ... except ImportError: ...`` keeps its meaning.
"""

from __future__ import annotations

import builtins
import functools
import pickle
import sys
import types
from typing import Any

# Nothing that these do can be judged, and some open windows: never the real ones.
DISPLAY = frozenset(
    {"matplotlib", "pylab", "IPython", "ipdb", "seaborn", "turtle", "tkinter", "plotly", "bokeh"}
)


class Inert:
    """Answers to everything and does nothing.

    With ``strict`` set, calling it after the import phase raises ImportError: a function that
    really needs the missing module must not go on with nonsense.
    """

    loading = True

    def __init__(self, name: str, strict: bool) -> None:
        self.__dict__["_inert_name"] = name
        self.__dict__["_inert_strict"] = strict

    def __getattr__(self, attribute: str) -> Any:
        if attribute.startswith("__"):
            raise AttributeError(attribute)
        return Inert(f"{self._inert_name}.{attribute}", self._inert_strict)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if self._inert_strict and not Inert.loading:
            raise ImportError(f"{self._inert_name} is needed here, but it is not installed")
        if len(args) == 1 and not kwargs and isinstance(args[0], (types.FunctionType, type)):
            return args[0]  # used as a decorator
        return Inert(f"{self._inert_name}()", self._inert_strict)

    def __getitem__(self, key: Any) -> Any:
        return Inert(f"{self._inert_name}[]", self._inert_strict)

    def __setitem__(self, key: Any, value: Any) -> None:
        pass

    def __iter__(self) -> Any:
        # subplots() is unpacked into figure and axes
        return iter((Inert("figure", False), Inert("axes", False)))

    def __bool__(self) -> bool:
        return False

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *exception: object) -> None:
        pass

    def __mro_entries__(self, bases: tuple[Any, ...]) -> tuple[type, ...]:
        return (object,)

    def __repr__(self) -> str:
        return f"<stand-in for {self._inert_name}>"


class StubModule(types.ModuleType):
    """A module all of whose names exist and are inert."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.__path__: list[str] = []
        self.__all__: list[str] = []
        self.__dict__.update(_names_of(name))

    def __getattr__(self, attribute: str) -> Any:
        if attribute.startswith("__"):
            raise AttributeError(attribute)
        return Inert(f"{self.__name__}.{attribute}", self.__name__.split(".")[0] not in DISPLAY)


def _names_of(name: str) -> dict[str, Any]:
    """Give the working names of modules that are more than decoration."""
    top = name.split(".")[0]
    moves: dict[str, Any] = {
        "xrange": range,
        "range": range,
        "zip": zip,
        "map": map,
        "filter": filter,
        "input": builtins.input,
        "reduce": functools.reduce,
        "cPickle": pickle,
        "unicode": str,
        "long": int,
        "basestring": (str, bytes),
        "raw_input": builtins.input,
        "iteritems": lambda mapping: iter(mapping.items()),
        "itervalues": lambda mapping: iter(mapping.values()),
        "iterkeys": iter,
        "text_type": str,
        "string_types": (str,),
        "integer_types": (int,),
        "PY2": False,
        "PY3": True,
    }
    if top in {"six", "past", "future"}:
        return moves
    if name == "__builtin__":
        return vars(builtins)
    if name == "cPickle":
        return vars(pickle)
    if name in {"tqdm", "tqdm.auto", "tqdm.notebook", "tqdm_notebook"}:
        return {"tqdm": _same_iterable, "trange": range, "tqdm_notebook": _same_iterable}
    if top in {"pdb", "ipdb", "pudb"}:
        return {"set_trace": lambda *args, **kwargs: None}
    if top == "numba":
        return {"jit": _decorator, "njit": _decorator, "prange": range, "vectorize": _decorator}
    return {}


def _same_iterable(iterable: Any = (), *args: Any, **kwargs: Any) -> Any:
    return iterable


def _decorator(*args: Any, **kwargs: Any) -> Any:
    if len(args) == 1 and callable(args[0]) and not kwargs:
        return args[0]
    return lambda function: function


def harmless_debugger() -> None:
    """Make breakpoints that were left in the code do nothing."""
    sys.modules.setdefault("pdb", StubModule("pdb"))
