"""From a target's files to callable contract functions."""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any

from .blame import one_line
from .importing import ROOT, TargetImports
from .source import Source, regular
from .stubs import Inert
from .survey import STEMS, Definition, Module, definitions, mentions, modules_of, surveyed
from .values import FunctionInfo, Layout

MAX_SOURCE = 20_000

EVERYTHING = "*"
"""A name that stands for all modules of the target, to be surveyed."""


class LoadedTarget:
    """The contract functions of a target.

    Parameters
    ----------
    layout : Layout
        Where the code lies.
    names : sequence of str
        Contract names: ``affine_forward``, or ``fc_net.TwoLayerNet`` with the module's name.
    progress : callable
        Told the name of each module of the target before it runs.

    Attributes
    ----------
    infos : dict
        A `FunctionInfo` for every name.
    functions : dict
        The callables that are present.
    """

    def __init__(
        self,
        layout: Layout,
        names: Sequence[str],
        progress: Callable[[str], None] = lambda name: None,
    ) -> None:
        self.imports = TargetImports(layout, progress)
        self.imports.install()
        self.infos: dict[str, FunctionInfo] = {}
        self.functions: dict[str, Callable[..., Any]] = {}
        self._names_in: dict[str, dict[str, Definition]] = {}
        self._loaded: dict[str, ModuleType | str] = {}
        attributes = {name.rpartition(".")[2] for name in names}
        alternatives = b"|".join(re.escape(a).encode() for a in sorted(attributes)) or b"$^"
        words = re.compile(rb"\b(" + alternatives + rb")\b")
        everything = modules_of(layout, ROOT)
        whole = EVERYTHING in names
        self.modules = [m for m in everything if whole or layout.file or mentions(m.path, words)]
        self._stems = {module.stem for module in everything}
        self._layout = layout
        self._names = frozenset(names)
        Inert.loading = True
        try:
            for name in names:
                if name == EVERYTHING:
                    self._take_everything()
                else:
                    self._find(name)
        finally:
            Inert.loading = False

    def uses_random(self) -> bool:
        """Whether any code of the target that ran mentions a random generator."""
        return any(run.mentions_random for run in self.imports.executions.values())

    def unusable(self) -> dict[str, tuple[str, str, str]]:
        """Give status, message and blame of the names that cannot be called."""
        return {
            name: ("missing" if info.status == "missing" else "raised", info.detail, info.blame)
            for name, info in self.infos.items()
            if info.status != "present"
        }

    def services(self) -> dict[str, Callable[..., Any]]:
        """Give the calls about the modules as a whole, which are answered on this side."""
        if EVERYTHING not in self._names:
            return {}
        from .tracing.recording import recorded
        from .tracing.survey import survey
        from .tracing.trials import Trials

        modules = {m.name: self._loaded[m.name] for m in self.modules if m.name in self._loaded}
        usable = {name: m for name, m in modules.items() if isinstance(m, ModuleType)}
        executions = self.imports.executions
        trials = Trials(usable)

        def described() -> dict[str, Any]:
            return {
                "modules": survey(list(usable.values()), self._lines()),
                "failures": {n: e.failure for n, e in executions.items() if e.failure},
                "notes": {n: e.notes for n, e in executions.items() if e.notes},
                "unusable": {n: m for n, m in modules.items() if isinstance(m, str)},
            }

        def calls(wanted: Sequence[str]) -> dict[str, Any]:
            trees = {n: e.source.tree for n, e in executions.items() if e.source is not None}
            own = self.imports.is_user_file
            return {"calls": recorded(usable, trees, self._recorder, own, wanted)}

        return {"=survey": described, "=trial": trials.answer, "=calls": calls}

    def _lines(self) -> dict[str, list[str]]:
        sources = {n: e.source for n, e in self.imports.executions.items()}
        return {n: s.text.split("\n") for n, s in sources.items() if s is not None}

    def _take_everything(self) -> None:
        if self._layout.surveyed:
            self.modules = surveyed(self._layout, self.modules, ROOT)
        from .tracing.recording import Recorder, calls_its_own

        self._recorder = Recorder()
        for module in self.modules:
            source = self.imports.sources.read(module.path)
            if not isinstance(source, Source) or not calls_its_own(source.tree):
                self._module(module)
                continue
            with self._recorder.listening(self.imports.is_user_file):
                self._module(module)
        self.infos[EVERYTHING] = FunctionInfo(EVERYTHING, "present")

    def _find(self, name: str) -> None:
        module_part, _, attribute = name.rpartition(".")
        modules = [m for m in self.modules if self._may_hold(m, module_part)]
        broken: FunctionInfo | None = None
        for own in (True, False):
            for module in modules:
                place = self._definitions(module).get(attribute)
                if place is not None and place.own == own:
                    info = self._take(name, attribute, module, place)
                    if info.status == "present":
                        self.infos[name] = info
                        return
                    if broken is None or broken.status == "missing":
                        broken = info
        self.infos[name] = broken or self._unparsed(name, attribute, modules)

    def _may_hold(self, module: Module, wanted: str) -> bool:
        """Whether ``fc_net.TwoLayerNet`` may come from this module."""
        stem = wanted.rpartition(".")[2]
        if not stem or module.stem == stem:
            return True
        return stem not in self._stems and module.stem not in STEMS

    def _definitions(self, module: Module) -> dict[str, Definition]:
        known = self._names_in.get(module.path)
        if known is None:
            source = self.imports.sources.read(module.path)
            known = definitions(source.tree) if isinstance(source, Source) else {}
            self._names_in[module.path] = known
        return known

    def _module(self, module: Module) -> ModuleType | str:
        """Import a module once; a string says why it cannot be."""
        known = self._loaded.get(module.name)
        if known is None:
            try:
                known = importlib.import_module(module.name)
            except BaseException as error:
                known = one_line(error)
            self._loaded[module.name] = known
        return known

    def _take(self, name: str, attribute: str, module: Module, place: Definition) -> FunctionInfo:
        loaded = self._module(module)
        execution = self.imports.executions.get(module.name)
        notes = tuple(execution.notes) if execution else ()
        failure = execution.failure if execution else ""
        blame = execution.blame if execution and failure else "code"
        if failure:
            notes = (*notes, failure)
        status, detail = "error", ""
        if isinstance(loaded, str):
            detail = f"its module cannot be imported: {failure or loaded}"
        elif attribute not in vars(loaded):
            detail = f"its module does not bind it: {failure or 'its definition did not run'}"
        elif isinstance(function := vars(loaded)[attribute], Inert) or not callable(function):
            detail = f"it is a {type(function).__name__}, not a function"
            if isinstance(function, Inert):
                status, blame = "missing", "surroundings"
                detail = "it is imported from a module that is not there"
        elif type(function) is type and set(vars(function)) <= set(vars(_Nothing)):
            status, detail = "missing", "a skeleton: its class is empty"
        else:
            self.functions[name] = function
            status, blame = "present", ""
        source = self.imports.sources.read(module.path)
        text = ""
        if isinstance(source, Source):
            lines = source.text.split("\n")[place.line - 1 : place.end_line]
            text = "\n".join(lines)[:MAX_SOURCE]
        docstring = getattr(self.functions.get(name), "__doc__", None)
        return FunctionInfo(
            name=name,
            status=status,
            detail=detail,
            blame=blame,
            module=module.name,
            file=module.path,
            line=place.line,
            docstring=docstring[:MAX_SOURCE] if isinstance(docstring, str) else "",
            source=text,
            notes=notes,
        )

    def _unparsed(self, name: str, attribute: str, modules: Sequence[Module]) -> FunctionInfo:
        """Say ``error`` when a file that mentions the name does not parse, else ``missing``."""
        for module in modules:
            error = self.imports.sources.read(module.path)
            if not isinstance(error, (SyntaxError, OSError)):
                continue
            pattern = re.compile(rf"^\s*(def|class)\s+{re.escape(attribute)}\b".encode())
            if _any_line(module.path, pattern):
                line = getattr(error, "lineno", None)
                where = f"line {line}: " if line else ""
                return FunctionInfo(
                    name,
                    "error",
                    detail=f"its file does not parse: {where}{one_line(error)}",
                    blame="code",
                    module=module.name,
                    file=module.path,
                )
        return FunctionInfo(name, "missing", detail="defined nowhere in the target")


def _any_line(path: str, pattern: re.Pattern[bytes]) -> bool:
    try:
        with open(path, "rb", opener=regular) as file:
            return any(pattern.match(line) for line in file.read(5_000_000).splitlines())
    except OSError:
        return False


class _Nothing:
    """What a class holds of which nothing was written."""
