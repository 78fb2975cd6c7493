"""Every variant of the zoo parses and imports as its truth table says, and the tables are complete."""

from __future__ import annotations

import ast
from typing import Any

import pytest

from . import zoo

TABLES = {name: zoo.table(name) for name in ("variants", "nets") if (zoo.HERE / name / "truth.toml").exists()}
ENTRIES = [(name, entry) for name, entries in TABLES.items() for entry in entries]
each_variant = pytest.mark.parametrize(
    ("name", "entry"), ENTRIES, ids=[f"{name}/{entry['path']}" for name, entry in ENTRIES]
)


@each_variant
def test_parses_unless_it_is_python_two(name: str, entry: dict[str, Any]) -> None:
    files = sorted(zoo.package_folder(entry).glob("*.py"))
    assert files
    for file in files:
        source = file.read_bytes()
        if "python2" in entry["surroundings"] and b"\n  print '" in source:
            with pytest.raises(SyntaxError):
                ast.parse(source)
        else:
            ast.parse(source)


@each_variant
def test_imports_and_has_what_the_table_names(name: str, entry: dict[str, Any]) -> None:
    with zoo.surroundings(entry):
        names = zoo.load(entry)
    for function in entry["right"] + entry["wrong"] + entry["missing"]:
        assert callable(names[function])


@each_variant
def test_the_table_is_consistent(name: str, entry: dict[str, Any]) -> None:
    right, wrong, missing = (set(entry[k]) for k in ("right", "wrong", "missing"))
    assert not right & wrong
    assert not (right | wrong) & missing
    for finding in entry["findings"]:
        assert finding["kind"] in {"correctness", "convention", "robustness"}
        assert finding["why"]
        if finding["kind"] == "correctness":
            assert finding["function"] in wrong
        else:
            assert finding["function"] in right | wrong
    assert wrong == {f["function"] for f in entry["findings"] if f["kind"] == "correctness"}
    assert set(entry["backward_of_own_forward"]) <= right
    assert set(entry["surroundings_functions"]) <= right | wrong


@pytest.mark.parametrize("name", TABLES)
def test_every_folder_is_in_the_table(name: str) -> None:
    folders = {p.name for p in (zoo.HERE / name).iterdir() if p.is_dir() and p.name[0] not in "._"}
    assert folders == {entry["path"] for entry in TABLES[name] if "base" not in entry}


def test_a_patch_whose_text_is_not_there_is_an_error() -> None:
    patch = {"file": "nndl/optim.py", "was": "no such text", "now": ""}
    with pytest.raises(ValueError, match="stands 0 times in course_style/nndl/optim.py"):
        zoo._patched("nets", {"path": "odd", "base": "course_style", "patch": [patch]})


def test_about_half_of_the_variants_are_right() -> None:
    for entries in TABLES.values():
        share = sum(not entry["wrong"] for entry in entries) / len(entries)
        assert 0.3 <= share <= 0.7


def test_kept_byte_for_byte() -> None:
    variants = zoo.HERE / "variants"
    assert (variants / "tabs_and_bom" / "layers.py").read_bytes().startswith(b"\xef\xbb\xbfimport")
    assert b"\r\n" in (variants / "objects_crlf" / "nndl" / "layers.py").read_bytes()
    assert not (variants / "priya" / "nndl" / "__init__.py").exists()
