"""From what a user wrote on the command line to the place where the code lies."""

from __future__ import annotations

import difflib
import importlib.machinery
import os
import shlex
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from .child.source import cells_of, read_source
from .child.survey import STEMS
from .child.values import Layout
from .packages import own_files, root_of

_SUITE = Path(__file__).resolve().parents[2]
_MAX_DEPTH = 3
_MOST_ASKED = 60
_WANTED = (
    "a homework folder with an nndl package, the package's own folder, a Python file, "
    "an import name, or 'bundled'"
)
_MOST_NAMED = 4
_TOOLS = ("conftest.py", "setup.py", "noxfile.py", "tasks.py")


class TargetError(Exception):
    """The target cannot be used; the message says what came, what was wanted, what to do."""


class NotStarted(TargetError):
    """No process could be started for it, which says nothing of the target."""


class NothingDefined(TargetError):
    """The target can be used, and has none of the names that were looked for."""


@dataclass(frozen=True, slots=True)
class Target:
    """Code that is to be checked.

    Attributes
    ----------
    kind : str
        ``folder`` (a homework folder), ``package``, ``file``, ``import`` or ``bundled``.
    path : Path
        The folder of the package, or the file.
    text : str
        What the user wrote.
    root : Path
        Folder whose modules are imported as ``nndl.x``.
    beside : Path or None
        Folder whose other packages can be imported as well.
    nearer : tuple of str
        Code that lies nearer to what the user named, and is not judged.
    surveyed : tuple of str
        The files that are meant where all of the target is; empty: every module.
    """

    kind: str
    path: Path
    text: str
    root: Path
    beside: Path | None = None
    nearer: tuple[str, ...] = ()
    surveyed: tuple[str, ...] = ()

    def layout(self) -> Layout:
        """Give the part that the loader needs."""
        mine = self.root.resolve()
        forbidden = [_SUITE / "reference", _SUITE / "properties", *_bundled_places()]
        return Layout(
            root=str(self.root),
            file=str(self.path) if self.path.is_file() else None,
            within=str(self.path) if self.path.is_dir() and self.path != self.root else None,
            beside=str(self.beside) if self.beside else None,
            search_beside=self.kind == "folder",
            surveyed=self.surveyed,
            forbidden=tuple(str(f) for f in forbidden if not mine.is_relative_to(f)),
        )

    def describe(self) -> str:
        """Say in a few words what is being checked.

        Examples
        --------
        >>> Target("file", Path("layers.py"), "layers.py", Path(".")).describe()
        'the file layers.py'
        """
        names = {
            "folder": f"the package {self.path.name} in {self.path.parent}",
            "package": f"the package folder {self.path}",
            "file": f"the file {self.path}",
            "import": f"{self.text} at {self.path}",
            "bundled": "the bundled nndl",
        }
        said = names[self.kind]
        if self.nearer:
            shown = ", ".join(self.nearer[:4]) + (", …" if len(self.nearer) > 4 else "")
            said += f", not {shown}, which lies nearer: name it to judge it"
        return said


def _bundled_places() -> Iterator[Path]:
    yield _SUITE / "nndl"
    if _SUITE.name == "nndl_suite":
        yield _SUITE.parent / "nndl"


def bundled() -> Target:
    """Give the project's own nndl, in the checkout or next to the installed suite."""
    for place in _bundled_places():
        if (place / "__init__.py").is_file():
            return Target("bundled", place, "bundled", place)
    places = " nor ".join(str(place) for place in _bundled_places())
    raise TargetError(
        f"The bundled nndl is not at {places}. Install the distribution again, or name a target: "
        f"{_WANTED}."
    )


def resolve_target(text: str | None) -> Target:
    """Find the code that `text` names.

    Parameters
    ----------
    text : str or None
        A path, an import name, or ``bundled``. None: ``./nndl`` or ``./layers.py`` if there is
        one, else the bundled package where there is no other code.

    Raises
    ------
    TargetError
        There is no such thing, no Python code in it, or other code where no target is named: a
        pass of the bundled package would be taken for one of that code.
    """
    if text is None:
        here = Path.cwd()
        if _has_python(here / "nndl"):
            return _package(here / "nndl", "./nndl", kind="folder")
        if (here / "layers.py").is_file():
            return _file(here / "layers.py", "./layers.py")
        if other := _code_in(here):
            raise TargetError(
                f"No target is named, and there is no ./nndl nor ./layers.py but {_few(other)}. "
                f"Wanted one of them, as in: nndl check {shlex.quote(other[0])}; or, for the "
                "layers of the suite: nndl check bundled"
            )
        return bundled()
    if text == "bundled":
        return bundled()
    if not text.strip():
        raise TargetError(f"The target is empty; wanted {_WANTED}.")
    path = Path(os.path.abspath(os.path.expanduser(text)))
    try:
        if path.is_dir():
            return _directory(path, text)
        if path.is_file():
            return _file(path, text)
    except OSError as error:
        raise TargetError(f"{text} cannot be read ({error}); wanted {_WANTED}.") from None
    if all(part.isidentifier() for part in text.split(".")):
        return _import(text)
    raise TargetError(
        f"There is no {text} (looked for {path}). Wanted {_WANTED}; check the spelling and the "
        f"current folder.{_near(path)}"
    )


def _near(path: Path) -> str:
    """The command for what is there and has a name like it; "" where nothing is."""
    try:
        there = [p for p in path.parent.iterdir() if p.is_dir() or p.suffix in (".py", ".ipynb")]
    except OSError:
        return ""
    names = {p.name: p for p in there if not p.name.startswith((".", "__"))}
    close = difflib.get_close_matches(path.name, names, n=1, cutoff=0.6)
    if not close:
        other = _code_in(path.parent) if path.suffix in (".py", ".ipynb") else []
        return f" Beside it: {_few(other)}" if other else ""
    found = names[close[0]]
    name = found.relative_to(Path.cwd()) if found.is_relative_to(Path.cwd()) else found
    return f" There is: nndl check {shlex.quote(str(name))}"


def _code_in(folder: Path) -> list[str]:
    """The Python files and notebooks in a folder that may hold derivatives, by name."""
    names = sorted(path.name for path in folder.glob("*") if path.suffix in (".py", ".ipynb"))
    return [n for n in names if not n.startswith((".", "_", "test_", *_TOOLS))]


def _few(names: Sequence[str]) -> str:
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    return ", ".join(names[:_MOST_NAMED]) + more


def _has_python(folder: Path) -> bool:
    return folder.is_dir() and any(folder.glob("*.py"))


def _as_package(folder: Path, text: str, kind: str) -> Target:
    """A folder of modules, whose package may begin higher up."""
    roots = [root for path in sorted(folder.glob("*.py"))[:_MOST_ASKED] if (root := root_of(path))]
    higher = [root for root in roots if root != folder and folder.is_relative_to(root)]
    if not higher:
        return Target(kind, folder, text, folder, folder.parent)
    root = min(higher, key=lambda one: len(one.parts))
    return Target(kind, folder, text, root, root.parent)


def _is_contract_folder(folder: Path) -> bool:
    return any((folder / f"{stem}.py").is_file() for stem in STEMS)


def _package(folder: Path, text: str, *, kind: str) -> Target:
    if folder.resolve() in [place.resolve() for place in _bundled_places()]:
        return bundled()
    return _as_package(folder, text, kind)


def _directory(path: Path, text: str) -> Target:
    if _has_python(path / "nndl"):
        return _passing_over(_package(path / "nndl", text, kind="folder"), path, [])
    if _is_contract_folder(path):
        return _package(path, text, kind="package")
    inside = list(_contract_folders(path))
    named = [folder for folder in inside if folder.name == "nndl"]
    best = named or [f for f in inside if (f / "layers.py").is_file()] or inside
    if len(best) == 1:
        return _passing_over(_package(best[0], text, kind="folder"), path, inside)
    if best:
        places = ", ".join(str(folder.relative_to(path)) for folder in best[:8])
        raise TargetError(
            f"{text} holds {len(best)} packages that could be meant: {places}. Name one of them: "
            f"nndl check {shlex.quote(os.path.join(text, str(best[0].relative_to(path))))}"
        )
    if _has_python(path):
        return _package(path, text, kind="package")
    below = path / "src" if (path / "src").is_dir() else path
    if own_files(below).files:
        return _package(below, text, kind="package")
    raise TargetError(
        f"There is no Python code to check in {text}: {_contents(path)}. Wanted {_WANTED}."
    )


def _passing_over(target: Target, path: Path, folders: Sequence[Path]) -> Target:
    """The same target, with the code that lies nearer to `path` than it."""
    if target.kind == "bundled":
        return target
    depth = len(target.path.relative_to(path).parts)
    files = [f"{stem}.py" for stem in STEMS if (path / f"{stem}.py").is_file()]
    nearer = [folder.relative_to(path) for folder in folders]
    shallow = [f"{folder}/" for folder in nearer if len(folder.parts) < depth]
    return replace(target, nearer=(*files, *shallow))


def _contract_folders(path: Path, depth: int = 1) -> Iterator[Path]:
    for entry in sorted(path.iterdir()):
        if not entry.is_dir() or entry.name.startswith((".", "__", "venv", "env")):
            continue
        if _is_contract_folder(entry):
            yield entry
        elif depth < _MAX_DEPTH:
            try:
                yield from _contract_folders(entry, depth + 1)
            except OSError:
                continue


def _contents(path: Path) -> str:
    names = sorted(entry.name for entry in path.iterdir())
    if not names:
        return "the folder is empty"
    notebooks = [name for name in names if name.endswith(".ipynb")]
    if notebooks:
        name = shlex.quote(str(path / notebooks[0]))
        return f"it has notebooks and no .py file; name one: nndl check {name}"
    return "it has only " + ", ".join(names[:5]) + (", …" if len(names) > 5 else "")


def _file(path: Path, text: str) -> Target:
    if path.suffix not in (".py", ".ipynb"):
        advice = {
            ".zip": "Unpack it first and name the folder.",
            ".pyc": "Name the .py file it was made from.",
        }.get(path.suffix, "Name a .py file or a folder.")
        raise TargetError(f"{text} is not a Python file; wanted {_WANTED}. {advice}")
    try:
        read_source(str(path))
    except SyntaxError as error:
        line = f", {cells_of(str(path)).say(error.lineno)}" if error.lineno else ""
        advice = "; correct that line first" if line else ""
        raise TargetError(
            f"{text} does not parse{line}: {error.msg}. Wanted a file that Python can run{advice}."
        ) from None
    except OSError as error:
        raise TargetError(f"{text} cannot be read: {error}.") from None
    root = root_of(path)
    if root is None and (path.parent / "__init__.py").is_file():
        root = path.parent
    return Target("file", path, text, root or path.parent, root.parent if root else None)


def _named(text: str, part: str) -> str:
    looks_like_a_path = text.endswith(".py") or text == part
    return text if looks_like_a_path else f"{text} (no {part})"


def _import(text: str) -> Target:
    parts = text.split(".")
    search = [os.getcwd(), *sys.path]
    found: Path | None = None
    for part in parts:
        spec = importlib.machinery.PathFinder.find_spec(part, search)
        if spec is None and found is None:
            spec = _from_finders(part)
        if spec is None:
            raise TargetError(
                f"There is no path and no module called {_named(text, part)}. Wanted {_WANTED}; "
                f"check the spelling and the current folder.{_near(Path.cwd() / text)}"
            )
        places = list(spec.submodule_search_locations or ())
        if not places and (not spec.origin or not spec.origin.endswith(".py")):
            raise TargetError(f"{text} is not written in Python ({spec.origin}); wanted {_WANTED}.")
        found = Path(places[0] if places else str(spec.origin))
        search = places
    assert found is not None
    if found.is_dir():
        return _package(found, text, kind="import")
    one = _file(found, text)
    return Target("import", one.path, text, one.root, one.beside)


def _from_finders(name: str) -> importlib.machinery.ModuleSpec | None:
    """Ask the other finders: editable installs."""
    for finder in sys.meta_path:
        try:
            spec = finder.find_spec(name, None, None)
        except Exception:
            continue
        if spec is not None:
            return spec
    return None
