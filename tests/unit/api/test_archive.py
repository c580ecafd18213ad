from __future__ import annotations

import io
import struct
import zipfile
from contextlib import suppress

import pytest
from hypothesis import given, reject
from hypothesis import strategies as st

from covgov.errors import InputError
from covgov.hub.api import archive
from covgov.hub.api.http.problems import ApiProblem
from covgov.hub.settings import HubLimits

LIMITS = HubLimits(files=5, unpacked=1000)


def zipped(count: int, comment: bytes = b"", ahead: bytes = b"") -> bytes:
    stream = io.BytesIO()
    stream.write(ahead)
    with zipfile.ZipFile(stream, "a" if ahead else "w") as made:
        made.comment = comment
        for number in range(count):
            made.writestr(f"f{number}", b"x" * number)
    return stream.getvalue()


@given(st.integers(0, 8), st.binary(max_size=60), st.binary(max_size=30))
def test_zip_entries_are_counted_despite_surrounding_bytes(count: int, comment: bytes, ahead: bytes) -> None:
    body = zipped(count, comment, ahead)
    try:
        read = zipfile.ZipFile(io.BytesIO(body))
    except zipfile.BadZipFile:
        reject()  # not even zipfile reads back what it wrote when the marks of an archive's end stand there
    with read:
        assert archive.count(body, 8) == len(read.infolist())


def test_files_come_by_name() -> None:
    assert archive.unzip(zipped(3), LIMITS) == {"f0": b"", "f1": b"x", "f2": b"xx"}


def test_a_folder_is_not_a_file() -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as made:
        made.mkdir("a")
        made.writestr("a/b", b"1")
    assert archive.unzip(stream.getvalue(), LIMITS) == {"a/b": b"1"}


@pytest.mark.security
def test_entries_beyond_the_limit_are_not_read() -> None:
    body = bytearray(zipped(7))
    sixth = body.rfind(b"PK\x01\x02", 0, body.rfind(b"PK\x01\x02"))
    body[sixth : sixth + 4] = b"none"
    with pytest.raises(ApiProblem) as caught:
        archive.unzip(bytes(body), LIMITS)
    assert (caught.value.status_code, caught.value.code) == (413, "files-too-many")


@pytest.mark.security
def test_an_archives_entry_count_is_not_trusted() -> None:
    body = bytearray(zipped(7))
    struct.pack_into("<2H", body, len(body) - 14, 1, 1)
    with pytest.raises(ApiProblem, match="at most 5 files"):
        archive.unzip(bytes(body), LIMITS)


@pytest.mark.security
def test_a_zip64_directory_is_counted_too() -> None:
    body = zipped(2)
    end = len(body) - archive.END.size
    size, start = archive.END.unpack_from(body, end)[5:7]
    end64 = archive.END64.pack(archive.END64_MARK, 44, 45, 45, 0, 0, 2, 2, size, start)
    locator = archive.LOCATOR.pack(archive.LOCATOR_MARK, 0, end, 1)
    large = body[:end] + end64 + locator + archive.END.pack(archive.END_MARK, 0, 0, 0, 0, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    assert archive.unzip(large, LIMITS) == {"f0": b"", "f1": b"x"}
    with pytest.raises(ApiProblem, match="at most 1 files"):
        archive.count(large, 1)
    with pytest.raises(InputError, match="zip64"):
        archive.count(body[:end] + locator + body[end:], 5)


@pytest.mark.reliability
@pytest.mark.parametrize("body", [b"", b"PK\x03\x04", zipped(2)[:-10], zipped(2)[60:], b"PK\x05\x06", b"x" * 30])
def test_an_invalid_archive_is_refused(body: bytes) -> None:
    with pytest.raises(InputError) as caught:
        archive.unzip(body, LIMITS)
    assert caught.value.code == "upload-damaged"


@pytest.mark.reliability
def test_a_zip_directory_cut_within_an_entry_is_refused() -> None:
    body = bytearray(zipped(2))
    struct.pack_into("<L", body, len(body) - 10, archive.ENTRY.size - 1)
    with pytest.raises(InputError, match="cut short"):
        archive.unzip(bytes(body), LIMITS)


@pytest.mark.reliability
def test_an_entry_without_a_name_is_refused() -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as made:
        made.writestr(zipfile.ZipInfo(""), b"x")
    with pytest.raises(InputError, match="without a name"):
        archive.unzip(stream.getvalue(), LIMITS)


@pytest.mark.security
@given(st.data())
def test_an_archive_with_a_byte_changed_is_read_or_refused(data: st.DataObject) -> None:
    body = bytearray(zipped(3))
    body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    with suppress(InputError, ApiProblem):
        assert len(archive.unzip(bytes(body), LIMITS)) <= 3


@pytest.mark.security
def test_a_zip_entry_with_a_huge_name_is_refused() -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as made:
        made.writestr("f" * (archive.LARGEST_ENTRY + 1), b"")
    with pytest.raises(InputError, match="an invalid entry"):
        archive.count(stream.getvalue(), 5)


@pytest.mark.security
def test_files_that_unpack_to_more_than_the_limit_are_refused() -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("a", b"x" * 600)
        made.writestr("b", b"x" * 600)
    with pytest.raises(ApiProblem) as caught:
        archive.unzip(stream.getvalue(), LIMITS)
    assert caught.value.code == "body-too-large"
