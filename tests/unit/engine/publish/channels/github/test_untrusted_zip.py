"""An archive that a stranger wrote gives one file of bounded size, or a reason."""

from __future__ import annotations

import struct
from contextlib import suppress
from io import BytesIO
from zipfile import ZIP_BZIP2, ZIP_DEFLATED, ZIP_LZMA, ZIP_STORED, ZipFile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covgov.publish.channels.github import untrusted_zip
from covgov.publish.channels.github.untrusted_zip import member

pytestmark = pytest.mark.security


def archive(*files: tuple[str, bytes], packed: int = ZIP_DEFLATED) -> bytes:
    buffer = BytesIO()
    with ZipFile(buffer, "w", packed) as opened:
        for name, data in files:
            opened.writestr(name, data)
    return buffer.getvalue()


@pytest.mark.parametrize("packed", [ZIP_STORED, ZIP_DEFLATED, ZIP_BZIP2, ZIP_LZMA])
def test_the_file_of_that_name_is_read_whatever_else_is_there(packed: int) -> None:
    assert member(archive(("api.xml", b"x"), ("api.snapshot", b"data"), packed=packed), "api.snapshot") == b"data"


@pytest.mark.parametrize("name", ["../api.snapshot", "/etc/passwd", "a/../../b", "..\\b", "C:b"])
def test_an_archive_with_a_path_that_leaves_its_folder_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="leaves its folder"):
        member(archive((name, b"x"), ("api.snapshot", b"data")), "api.snapshot")


def test_a_name_in_a_folder_is_another_name() -> None:
    with pytest.raises(ValueError, match="0 files"):
        member(archive(("deep/api.snapshot", b"data")), "api.snapshot")


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_of_two_files_of_that_name_none_is_taken() -> None:
    with pytest.raises(ValueError, match="2 files 'api"):
        member(archive(("api.snapshot", b"one"), ("api.snapshot", b"two")), "api.snapshot")


def test_a_bomb_is_unpacked_up_to_the_limit_only() -> None:
    bomb = archive(("api.snapshot", b"\0" * 1_000_001))
    assert len(bomb) < 2_000
    with pytest.raises(ValueError, match="larger than 1000000 bytes"):
        member(bomb, "api.snapshot", most=1_000_000)
    assert len(member(bomb, "api.snapshot", most=1_000_001)) == 1_000_001


def test_a_size_that_the_entry_understates_is_not_believed() -> None:
    bomb = archive(("api.snapshot", b"\0" * 1_000_000))
    forged = bomb.replace(struct.pack("<L", 1_000_000), struct.pack("<L", 10))
    with pytest.raises(ValueError, match="cannot be read"):
        member(forged, "api.snapshot", most=100)


def test_an_archive_of_very_many_files_is_refused() -> None:
    many = archive(*((f"{number}", b"") for number in range(untrusted_zip.MOST_ENTRIES + 1)))
    with pytest.raises(ValueError, match="more than 10000"):
        member(many, "api.snapshot")


@given(st.binary(max_size=200), st.integers(0, 200), st.integers(0, 255))
def test_damage_is_a_reason_and_nothing_else(data: bytes, at: int, byte: int) -> None:
    whole = bytearray(archive(("api.snapshot", data)))
    whole[at % len(whole)] = byte
    for broken in (data, bytes(whole), bytes(whole[: at % len(whole)])):
        with suppress(ValueError):
            assert len(member(broken, "api.snapshot")) <= len(data) + 1
