"""What of this machine a confined child can read: the interpreter, numpy, the target, no more."""

from __future__ import annotations

import contextlib
import glob
import importlib.machinery
import importlib.util
import os
import re
import site
import sys
import sysconfig
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from .child import main as child_main
from .child.source import regular
from .child.stubs import DISPLAY
from .child.survey import modules_of
from .target import Target

_SYSTEM = ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/nix/store", "/gnu/store")
_SMALL = ("/etc/ld.so.cache", "/etc/alternatives")
DEVICES = ("/dev/null", "/dev/zero", "/dev/random", "/dev/urandom")
_OWN = frozenset({"nndl", "nndl_suite", "reference", "properties"})
_ALWAYS, _ASKED = ("numpy",), ("scipy",)
_IMPORTED = re.compile(rb"""^[ \t"]*(?:from|import)[ \t]+([A-Za-z_][\w., \t]*)""", re.MULTILINE)
_MAX_BYTES, _MAX_LINKS = 20_000_000, 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """Files and folders that can be read.

    Attributes
    ----------
    roots : tuple of str
        Folders and files of the interpreter and of the child's own program.
    masked : tuple of str
        Folders inside `roots` of which nothing can be read but `inside`.
    inside : tuple of str
        Packages and the target: read wherever they lie.
    sys_path : tuple of str
        The child's import path.
    installed : frozenset of str
        Packages that the target names, that are installed, and that it does not see.
    """

    roots: tuple[str, ...]
    masked: tuple[str, ...]
    inside: tuple[str, ...]
    sys_path: tuple[str, ...]
    installed: frozenset[str]

    def readable(self) -> list[str]:
        """The same without masks: what lies beside a masked folder, entry by entry.

        A folder that can be listed alone ends in a slash.
        """
        return [*self.inside, *(entry for root in self.roots for entry in self._around(root))]

    def linked(self, folder: str) -> list[str]:
        """The import path where packages are picked out by links in a folder of ours.

        A folder in which one package can be read and another cannot must not be on the path: an
        optional import would end as PermissionError, and not as ImportError.
        """
        for path in self.inside:
            if os.path.dirname(path) in self.sys_path:
                os.symlink(path, os.path.join(folder, os.path.basename(path)))
        return [*filter(self._is_whole, self.sys_path), folder]

    def _is_whole(self, path: str) -> bool:
        known = any(_within(path, root) for root in self.roots)
        return path in self.inside or (known and not any(_within(path, f) for f in self.masked))

    def _around(self, root: str) -> Iterator[str]:
        if root in self.masked:
            return
        if not any(_within(folder, root) for folder in self.masked):
            yield root
            return
        yield root.rstrip("/") + "/"
        with contextlib.suppress(OSError):
            for entry in os.scandir(root):
                yield from self._around(entry.path)


def view_of(
    target: Target, *, strict: bool, allowed: Iterable[str] = (), also: Sequence[str] = ()
) -> View:
    """The view for a target.

    Parameters
    ----------
    strict : bool
        The code is a stranger's: beside numpy it sees scipy, where it names it, and what `allowed`
        names. Otherwise it sees every installed package that it names.
    also : sequence of str
        Folders of ours that it must see.
    """
    roots, masked = _machine()
    own = _target_paths(target, strict=strict)
    named = _named(target, also)
    inside, sys_path = [*own, *also], search_path()
    hidden: set[str] = set()
    for name in sorted({*_ALWAYS, *allowed, *named} - _OWN - sys.stdlib_module_names):
        found = _installed(name)
        if found is None or any(_within(str(found), path) for path in own):
            continue
        if (strict and name not in (*_ALWAYS, *_ASKED, *allowed)) or name in DISPLAY:
            hidden.add(name)
            continue
        inside += _package(found, name, whole=name not in (*_ALWAYS, *_ASKED))
        if str(found) not in sys_path:
            sys_path.append(str(found))
    suite = [str(p) for f in sys_path for p in _suite_in(Path(f)) if str(p) not in own]
    return View(
        roots=roots,
        masked=tuple(dict.fromkeys((*masked, *suite))),
        inside=tuple(_outermost(inside)),
        sys_path=tuple(sys_path),
        installed=frozenset(hidden),
    )


@cache
def _machine() -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The roots of this machine, and the folders of packages in them."""
    roots = _roots()
    folders = [f for f in _package_folders(roots) if any(_within(f, root) for root in roots)]
    return tuple(roots), tuple(folders)


def _roots() -> list[str]:
    """The interpreter, its libraries, the child's program; no folder twice."""
    wanted = [
        os.path.realpath(sys.executable),
        os.path.dirname(os.__file__),
        os.path.join(sys.base_prefix, "lib"),
        str(Path(child_main.__file__).parent),
        *(f for f in os.environ.get("LD_LIBRARY_PATH", "").split(":") if os.path.isabs(f)),
        *_SYSTEM,
        *_SMALL,
    ]
    return _outermost(os.path.normpath(path) for path in wanted if os.path.exists(path))


def _outermost(paths: Iterable[str]) -> list[str]:
    kept: list[str] = []
    for path in sorted(set(paths)):
        if not any(_within(path, other) for other in kept):
            kept.append(path)
    return kept


def _package_folders(roots: Sequence[str]) -> list[str]:
    """Where packages are installed: hidden, but for those that are named."""
    found = [*site.getsitepackages(), sysconfig.get_path("purelib"), sysconfig.get_path("platlib")]
    for root in roots:
        for kind in ("site-packages", "dist-packages"):
            found += [*glob.glob(f"{root}/python*/{kind}"), *glob.glob(f"{root}/{kind}")]
    return [os.path.normpath(folder) for folder in found if os.path.isdir(folder)]


def _target_paths(target: Target, *, strict: bool) -> list[str]:
    """What is the target; of a folder that may hold other people's work, its own part alone."""
    if target.kind == "folder" and target.beside is not None:
        return _with_links(target.beside, strict)
    if target.path.is_file() and strict:
        return [str(target.path)]
    paths = _with_links(target.root, strict)
    if target.beside is not None and not strict:
        named = _names_in(_sources(target))
        beside = [p for n in named for p in (target.beside / n, target.beside / f"{n}.py")]
        paths += [str(path) for path in beside if path.exists()]
    return paths


def _with_links(folder: Path, strict: bool) -> list[str]:
    """A folder, and what the links in one's own folder lead to."""
    paths = [str(folder)]
    if strict:
        return paths
    for place, (parent, folders, files) in enumerate(os.walk(folder)):
        if place >= _MAX_LINKS:
            break
        folders[:] = [name for name in folders if not name.startswith((".", "__"))]
        links = [os.path.join(parent, n) for n in (*folders, *files)]
        paths += [os.path.realpath(link) for link in links if os.path.islink(link)]
    return [path for path in paths if os.path.exists(path)]


def _sources(target: Target) -> list[str]:
    return [module.path for module in modules_of(target.layout(), "nndl")]


def _named(target: Target, also: Sequence[str]) -> set[str]:
    more = [str(path) for folder in also for path in Path(folder).rglob("*.py")]
    return _names_in([*_sources(target), *more])


def _names_in(files: Iterable[str]) -> set[str]:
    """Top-level names that stand in import lines; nothing is parsed."""
    names: set[str] = set()
    left = _MAX_BYTES
    for file in files:
        with contextlib.suppress(OSError), open(file, "rb", opener=regular) as stream:
            data = stream.read(max(left, 0))
            left -= len(data)
            for line in _IMPORTED.findall(data):
                parts = re.split(rb"\s+import\b", line)[0].split(b",")
                words = [part.split() for part in parts]
                names |= {word[0].split(b".")[0].decode() for word in words if word}
    return {name for name in names if name.isidentifier()}


def _installed(name: str) -> Path | None:
    """The folder in which a package is installed; None where there is none of that name."""
    here = os.getcwd()
    spec = importlib.machinery.PathFinder.find_spec(
        name, [entry for entry in sys.path if entry and os.path.abspath(entry) != here]
    )
    if spec is None:
        with contextlib.suppress(Exception):
            spec = importlib.util.find_spec(name)
    if spec is None:
        return None
    places = list(spec.submodule_search_locations or ())
    place = places[0] if places else spec.origin
    return Path(place).parent if place and os.path.isabs(place) else None


def _package(folder: Path, name: str, *, whole: bool) -> list[str]:
    """The paths of one package; with all that is installed beside it, which it may need."""
    if whole and folder.name in ("site-packages", "dist-packages"):
        return [str(folder)]
    found = [p for p in folder.glob(f"{name}*") if re.split(r"[.-]", p.name)[0] == name]
    return [str(path) for path in found]


def _suite_in(folder: Path) -> list[Path]:
    return [folder / name for name in sorted(_OWN) if (folder / name).is_dir()]


def search_path() -> list[str]:
    """Give the parent's import path without the folders of the suite and of the homework."""
    import numpy

    prefixes = {sys.prefix, sys.base_prefix, sys.exec_prefix}
    with contextlib.suppress(Exception):
        prefixes.update([site.getusersitepackages(), *site.getsitepackages()])
    prefixes.add(str(Path(numpy.__file__).parents[1]))
    kept = []
    for entry in sys.path:
        full = os.path.abspath(entry) if entry else ""
        inside = any(full == p or full.startswith(p.rstrip("/\\") + os.sep) for p in prefixes if p)
        if full and inside and Path(__file__).parents[1] not in Path(full).parents:
            kept.append(full)
    # A virtual environment inside the suite's folder is fine, the suite's folder itself is not.
    suite = str(Path(__file__).resolve().parents[2])
    return [entry for entry in kept if os.path.realpath(entry) != suite]


def _within(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip("/") + "/")
