"""Archives and folders of strangers, read under limits."""

from __future__ import annotations

import os
import stat
import subprocess
import zipfile
from pathlib import Path

import msgspec
import pytest

from properties.grading.reading import Limits, Refused, read
from properties.grading.values import Contents

CODE = b"def relu_forward(x): pass\n"


def zipped(file: Path, *members: tuple[str, bytes], **more: int) -> Path:
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members:
            info = zipfile.ZipInfo(name)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = more.get("attributes", 0)
            archive.writestr(info, data)
    return file


def files(path: Path, limits: Limits | None = None) -> list[str]:
    return sorted(read([(path.name, path)], limits).files)


def test_folder_file_and_zip_give_the_same_names(tmp_path: Path) -> None:
    folder = tmp_path / "ann"
    (folder / "nndl").mkdir(parents=True)
    (folder / "nndl" / "layers.py").write_bytes(CODE)
    assert files(folder) == ["nndl/layers.py"]
    assert files(folder / "nndl" / "layers.py") == ["layers.py"]
    archive = zipped(tmp_path / "a.zip", ("nndl/layers.py", CODE), ("__MACOSX/._x", b""))
    assert files(archive) == ["nndl/layers.py"]
    archive.rename(folder / "inner.zip")
    (folder / "nndl" / "layers.py").unlink()
    assert files(folder) == ["nndl/layers.py"]


@pytest.mark.parametrize(
    "name", ["../up.py", "/etc/x.py", "a/../../b.py", "c:/x.py", "..\\up.py", "a\nb.py", ""]
)
def test_a_path_that_leads_out_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(Refused, match="no path inside"):
        files(zipped(tmp_path / "a.zip", (name, CODE)))


def test_a_link_in_a_zip_is_refused(tmp_path: Path) -> None:
    link = (stat.S_IFLNK | 0o777) << 16
    with pytest.raises(Refused, match="link"):
        files(zipped(tmp_path / "a.zip", ("x.py", b"/etc/passwd"), attributes=link))


def test_links_and_pipes_in_a_folder_are_left_out(tmp_path: Path) -> None:
    folder = tmp_path / "ann"
    folder.mkdir()
    (folder / "layers.py").write_bytes(CODE)
    (tmp_path / "secret.py").write_bytes(b"secret")
    (folder / "link.py").symlink_to(tmp_path / "secret.py")
    (folder / "up").symlink_to(tmp_path)
    os.mkfifo(folder / "pipe.py")
    assert files(folder) == ["layers.py"]
    (tmp_path / "whole").symlink_to(folder)
    assert files(tmp_path / "whole") == []


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    bomb = zipped(tmp_path / "a.zip", ("x.py", b"#" * (4 << 20)))
    with pytest.raises(Refused, match="grows by"):
        files(bomb)
    flat = zipped(tmp_path / "b.zip", *((f"{i}.py", b"x") for i in range(20)))
    with pytest.raises(Refused, match="members"):
        files(flat, Limits(entries=10))
    with pytest.raises(Refused, match="bytes"):
        files(flat, Limits(bytes=10))


def test_a_header_that_lies_about_the_size_gains_nothing(tmp_path: Path) -> None:
    archive = zipped(tmp_path / "a.zip", ("x.py", os.urandom(3000)))
    data = bytearray(archive.read_bytes())
    for mark, place in ((b"PK\1\2", 24), (b"PK\3\4", 22)):
        start = data.find(mark)
        data[start + place : start + place + 4] = (10).to_bytes(4, "little")
    archive.write_bytes(data)
    with pytest.raises(Refused, match="unpacked"):
        files(archive)


def test_no_zip_at_all_and_a_large_picture(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(b"PK no")
    with pytest.raises(Refused, match="no zip"):
        files(tmp_path / "a.zip")
    (tmp_path / "photo.png").write_bytes(b"x" * 100)
    read_out = read([("photo.png", tmp_path / "photo.png")], Limits(file_bytes=10))
    assert not read_out.files
    assert "100 bytes: left out" in read_out.notes[0]


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA], ids=["bzip2", "lzma"])
def test_what_is_packed_badly_is_refused_and_ends_nothing(tmp_path: Path, method: int) -> None:
    archive = tmp_path / "a.zip"
    with zipfile.ZipFile(archive, "w", method) as made:
        made.writestr("layers.py", CODE * 20)
    data = bytearray(archive.read_bytes())
    data[50:60] = bytes(255 - byte for byte in data[50:60])
    archive.write_bytes(data)
    with pytest.raises(Refused, match="no zip that can be unpacked"):
        files(archive)


@pytest.mark.parametrize("names", [("a.py", "a.py/b.py"), ("c/b.py", "c")])
def test_a_file_that_is_a_folder_is_refused(tmp_path: Path, names: tuple[str, str]) -> None:
    with pytest.raises(Refused, match="a file and a folder"):
        files(zipped(tmp_path / "a.zip", *((name, CODE) for name in names)))


def test_a_name_too_long_for_a_file_system_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="no path inside"):
        files(zipped(tmp_path / "a.zip", ("é" * 190 + ".py", CODE)))


@pytest.mark.skipif(os.name == "nt", reason="names of bytes")
def test_a_name_that_is_no_text_is_read_and_can_be_sent(tmp_path: Path) -> None:
    folder = tmp_path / "ann"
    folder.mkdir()
    (folder / os.fsdecode(b"x\xff.py")).write_bytes(CODE)
    contents = read([("ann", folder)])
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(contents), type=Contents) == contents


def test_a_list_of_members_beyond_the_limit_is_not_read(tmp_path: Path) -> None:
    archive = zipped(tmp_path / "a.zip", *((f"{n}.txt", b"") for n in range(50)))
    with pytest.raises(Refused, match="bytes"):
        files(archive, Limits(bytes=2_000))


def listed(archive: Path, names: list[bytes]) -> Path:
    """The archive of one member with a list of so many, all of the same bytes."""
    data = archive.read_bytes()
    start, end = data.find(b"PK\1\2"), data.find(b"PK\5\6")
    entry = bytearray(data[start:end])
    entry[28:30] = len(names[0]).to_bytes(2, "little")
    listing = b"".join(bytes(entry[:46]) + name for name in names)
    tail = bytearray(data[end:])
    tail[8:12] = (len(names) & 0xFFFF).to_bytes(2, "little") * 2
    tail[12:16] = len(listing).to_bytes(4, "little")
    archive.write_bytes(data[:start] + listing + bytes(tail))
    return archive


def test_millions_of_members_are_refused_before_they_are_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = zipped(tmp_path / "a.zip", ("00000.txt", b""))
    listed(archive, [b"%05d.txt" % number for number in range(30_000)])
    monkeypatch.setattr("zipfile.ZipFile", None)
    with pytest.raises(Refused, match="more than 1,000 files"):
        files(archive, Limits(entries=1_000))


def test_members_that_share_their_bytes_count_each(tmp_path: Path) -> None:
    archive = zipped(tmp_path / "a.zip", ("a.py", os.urandom(1000)))
    assert len(files(listed(archive, [b"a.py"]))) == 1
    with pytest.raises(Refused, match=r"bytes|unpacked"):
        files(listed(archive, [b"a.py", b"b.py"] * 4), Limits(bytes=1_500))


@pytest.mark.parametrize(
    "name",
    ["//host/x.py", "\\\\host\\x.py", "a/..", "C:x.py", "./../x.py", "x" * 300, "\x7f/\x1b.py"],
)
def test_more_paths_that_are_none_inside(tmp_path: Path, name: str) -> None:
    with pytest.raises(Refused, match="no path inside"):
        files(zipped(tmp_path / "a.zip", (name, CODE)))


def test_a_zip_with_a_password_is_said(tmp_path: Path) -> None:
    archive = zipped(tmp_path / "a.zip", ("x.py", CODE))
    data = bytearray(archive.read_bytes())
    for mark, place in ((b"PK\1\2", 8), (b"PK\3\4", 6)):
        data[data.find(mark) + place] |= 1
    archive.write_bytes(data)
    with pytest.raises(Refused, match="password"):
        files(archive)


def test_the_same_name_twice_is_refused(tmp_path: Path) -> None:
    with pytest.warns(UserWarning, match="Duplicate"):
        archive = zipped(tmp_path / "a.zip", ("x.py", CODE), ("./x.py", CODE), ("x.py", CODE))
    with pytest.raises(Refused, match="two files are called"):
        files(archive)


def test_folders_nested_beyond_recursion_are_one_student_s_trouble(tmp_path: Path) -> None:
    here = os.open(tmp_path, os.O_RDONLY)
    depth = 1_500
    try:
        at = here
        for _ in range(depth):
            os.mkdir("d", dir_fd=at)
            below = os.open("d", os.O_RDONLY, dir_fd=at)
            if at != here:
                os.close(at)
            at = below
        os.close(at)
        assert files(tmp_path / "d") == []
        with pytest.raises(Refused, match="files and folders"):
            files(tmp_path / "d", Limits(entries=1_000))
    finally:
        os.close(here)
        subprocess.run(["rm", "-rf", str(tmp_path / "d")], check=True)


@pytest.mark.parametrize("kind", ["folders", "links", "hidden"])
def test_what_is_no_file_counts_as_well(tmp_path: Path, kind: str) -> None:
    for number in range(30):
        if kind == "folders":
            (tmp_path / f"d{number}").mkdir()
        elif kind == "links":
            (tmp_path / f"l{number}").symlink_to("/etc/passwd")
        else:
            (tmp_path / f".h{number}").touch()
    with pytest.raises(Refused, match="more than 20 files and folders"):
        files(tmp_path, Limits(entries=20))


def test_a_member_that_says_it_is_packed_badly_grows_all_the_same(tmp_path: Path) -> None:
    archive = zipped(tmp_path / "a.zip", ("x.py", b"#" * (4 << 20)))
    data = bytearray(archive.read_bytes())
    start = data.find(b"PK\1\2")
    data[start + 20 : start + 24] = (4 << 20).to_bytes(4, "little")
    archive.write_bytes(data)
    with pytest.raises(Refused, match="grows by"):
        files(archive)
