from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covgov.ingest.registry import FORMATS, detect


@pytest.mark.architecture
def test_the_registry_is_keyed_by_the_formats_own_names() -> None:
    assert {name: known.name for name, known in FORMATS.items()} == {name: name for name in FORMATS}


@pytest.mark.security
@given(st.binary(max_size=300))
def test_detection_never_raises_and_no_two_formats_claim_a_file(head: bytes) -> None:
    assert sum(known.recognises(head) for known in FORMATS.values()) <= 1


@pytest.mark.parametrize("head", [b"", b"\x89PNG", b"mode: sets\n", b"version https://git-lfs", b"<testsuites/>"])
def test_other_files_have_no_format(head: bytes) -> None:
    assert detect(head) is None
