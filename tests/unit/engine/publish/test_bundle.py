from __future__ import annotations

import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covgov.publish.bundle import zip_bytes

names = st.from_regex(r"[a-zé]{1,5}(/[a-z]{1,5})?", fullmatch=True)


@given(st.dictionaries(names, st.binary(max_size=200), max_size=5))
def test_the_files_come_back_and_their_order_does_not_matter(files: dict[str, bytes]) -> None:
    data = zip_bytes(files)
    assert data == zip_bytes(dict(reversed(files.items())))
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert {name: archive.read(name) for name in archive.namelist()} == files
        assert archive.testzip() is None


def test_an_entry_carries_no_time_and_plain_file_permissions() -> None:
    with zipfile.ZipFile(io.BytesIO(zip_bytes({"a.html": b"x"}))) as archive:
        (entry,) = archive.infolist()
    assert entry.date_time == (1980, 1, 1, 0, 0, 0)
    assert entry.external_attr >> 16 == 0o100644
    assert entry.create_system == 3


@pytest.mark.security
@pytest.mark.parametrize("name", ["/etc/passwd", "../x", "a/../b", "a//b", "", "a\\b", "a/.", "nul\0"])
def test_a_name_that_leaves_its_folder_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="not a plain relative path"):
        zip_bytes({name: b""})
