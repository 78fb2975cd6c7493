"""What a project says of itself: ``[tool.nndl]`` in pyproject.toml, or nndl.toml."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import msgspec

from ..implementation.isolation import Isolation
from ..record.text import one_line
from ..spec.demands import PROFILES
from ..spec.notation import NotationError, parse_inputs

FILES = ("nndl.toml", "pyproject.toml")
MOST = 1 << 20
"""Bytes of a file of settings."""

_WANTED = "see 'What a project says' in docs/any-derivation.md"


class SettingsError(ValueError):
    """The settings cannot be used; the message names the file, the key, and what was wanted."""


class Role(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a backward is, where that cannot be found out.

    Attributes
    ----------
    forward : str
        Whose derivative it is: a function of its module, or a method of its class.
    gradients : tuple of str
        The inputs whose gradients it returns, in that order.
    """

    forward: str = ""
    gradients: tuple[str, ...] = ()


class Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The table ``[tool.nndl]``; the keys of `inputs`, `skip` and `roles` are names of functions.

    Attributes
    ----------
    target : str
        What is judged when no target is named, from the folder of the file.
    profile : str
        The profile when none is named.
    inputs : mapping
        Inputs in the notation of ``--inputs``; the key ``*`` stands for every function.
    skip : mapping
        What is not to be judged, with the reason.
    roles : mapping
        What a function is; see `Role`.
    """

    target: str | None = None
    profile: Literal["quick", "standard", "thorough"] | None = None
    inputs: dict[str, str] = {}
    skip: dict[str, str] = {}
    roles: dict[str, Role] = {}


@dataclass(frozen=True)
class Settings:
    """A table and the file that it comes from; an empty one when there is none.

    ``unread`` is a file that would have been read of somebody who is trusted.
    """

    table: Table = field(default_factory=Table)
    file: Path | None = None
    unread: Path | None = None

    @property
    def target(self) -> str | None:
        """The default target, as a path from here."""
        if self.table.target is None or self.file is None:
            return self.table.target
        place = self.file.parent / self.table.target
        return str(place) if place.exists() else self.table.target


def settings_of(place: Path, isolation: Isolation) -> Settings:
    """The settings that hold for a file or folder: the nearest, from it upwards.

    Under ``require`` the code is a stranger's, and so is what lies beside it: it could have its
    mistakes skipped, or keep the judge at reading it. It is not opened then.

    Raises
    ------
    SettingsError
        A file of settings does not parse, or a key of it is not one that is known.
    """
    start = place if place.is_dir() else place.parent if place.exists() else Path.cwd()
    if isolation == "require":
        return Settings(unread=next(_files(start.resolve()), None))
    for file in _files(start.resolve()):
        table = _table(file)
        if table is not None:
            return Settings(_checked(table, file), file)
    return Settings()


def _files(start: Path) -> Iterator[Path]:
    for folder in (start, *start.parents):
        yield from (folder / name for name in FILES if (folder / name).is_file())
        if (folder / ".git").exists():
            return


def _table(file: Path) -> Mapping[str, Any] | None:
    try:
        with file.open("rb") as opened:
            data = opened.read(MOST + 1)
        if len(data) > MOST:
            raise SettingsError(f"{one_line(file)} is larger than {MOST:,} bytes; {_WANTED}")
        found = tomllib.loads(data.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        if file.name != "nndl.toml" and b"tool.nndl" not in data:
            return None  # not ours to complain of
        raise SettingsError(f"{one_line(file)} is no TOML: {one_line(error)}") from error
    except OSError:
        return None
    if file.name == "nndl.toml":
        return found
    tools = found.get("tool")
    return tools.get("nndl") if isinstance(tools, dict) else None


def _checked(table: Mapping[str, Any], file: Path) -> Table:
    start = "tool.nndl" if file.name == "pyproject.toml" else ""
    try:
        found = msgspec.convert(table, Table, strict=True)
    except msgspec.ValidationError as error:
        said, _, place = str(error).partition(" - at `$")
        key = (start + place.rstrip("`")).lstrip(".") or start or "the file"
        words = f"{file}: {key}: {said}{_choices(said, key)}; {_WANTED}"
        raise SettingsError(one_line(words, limit=900)) from error
    for name, text in found.inputs.items():
        try:
            parse_inputs(text)
        except NotationError as error:
            key = f"{start}.inputs.{name}".lstrip(".")
            raise SettingsError(
                one_line(f"{file}: {key}: {error}; {_WANTED}", limit=900)
            ) from error
    return found


def _choices(said: str, key: str) -> str:
    """What is wanted in the place of an unknown key or word."""
    if "unknown field" in said:
        fields = Role.__struct_fields__ if "roles" in key else Table.__struct_fields__
        return f"; wanted one of {', '.join(fields)}"
    return f"; wanted one of {', '.join(PROFILES)}" if "enum value" in said else ""


def json_schema() -> dict[str, Any]:
    """The JSON Schema of the table."""
    return msgspec.json.schema(Table)
