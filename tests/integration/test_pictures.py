"""Pages become pictures in a real Chromium, and a picture says which page it shows."""

from __future__ import annotations

import struct

import pytest

from covgov_testing.evidence import pictures

pytestmark = pytest.mark.system


def test_a_page_is_photographed_whole_and_its_picture_knows_it() -> None:
    page = f"<style>{pictures.STYLE}</style><div style='height: 900px'>covgov</div>"
    taken = pictures.photographed(page)
    width, height = struct.unpack_from(">II", taken, 16)
    assert (width, height >= 900) == (1200, True)
    assert pictures.source(taken) == pictures.digest(page)
