from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from covgov.errors import DeliveryFailed, InputError
from covgov.publish.channels.interface import Parcel
from covgov.publish.channels.spool import MOST, Spool

PARCEL = Parcel("notify", "${A}", "subject", {"text": "t", "target": "${A}"}, required=True)
words = st.text(st.characters(codec="utf-8"), max_size=20)
parcels = st.builds(Parcel, words, words, words, st.dictionaries(words, words, max_size=3), st.booleans(), words)


@settings(deadline=None)
@given(parcels)
def test_a_spooled_parcel_can_be_read_back(tmp_path_factory: pytest.TempPathFactory, parcel: Parcel) -> None:
    spool = Spool(tmp_path_factory.mktemp("coverage"))
    spool.keep(parcel)
    (name,) = spool.names()
    assert spool.read(name) == parcel
    spool.drop(name)
    assert list(spool.names()) == []


def test_the_same_parcel_is_kept_once_and_others_beside_it(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    for parcel in (PARCEL, Parcel("notify", "${B}", "subject"), PARCEL):
        spool.keep(parcel)
    assert len(spool.names()) == 2


def test_a_file_says_what_it_is(tmp_path: Path) -> None:
    Spool(tmp_path).keep(PARCEL)
    (file,) = (tmp_path / "spool").iterdir()
    assert json.loads(file.read_text()) == {
        "format": "covgov-parcel",
        "version": 1,
        "channel": "notify",
        "destination": "${A}",
        "subject": "subject",
        "body": {"target": "${A}", "text": "t"},
        "required": True,
        "state": "",
    }


def test_a_database_without_runs_has_no_figures(tmp_path: Path) -> None:
    assert list(Spool(tmp_path).names()) == []


@pytest.mark.reliability
@pytest.mark.parametrize("data", [b"", b"{}", b"\xff", b'{"format": "covgov-parcel", "version": 2}'])
def test_an_invalid_parcel_file_is_reported_and_stays(tmp_path: Path, data: bytes) -> None:
    file = tmp_path / "spool" / "x.json"
    file.parent.mkdir()
    file.write_bytes(data)
    with pytest.raises(InputError, match=r"x\.json is not a parcel") as caught:
        Spool(tmp_path).read("x.json")
    assert caught.value.code == "spool-damaged"
    assert file.read_bytes() == data


@pytest.mark.reliability
def test_an_unwritable_spool_is_reported(tmp_path: Path) -> None:
    (tmp_path / "spool").write_text("in the way")
    with pytest.raises(DeliveryFailed) as caught:
        Spool(tmp_path).keep(PARCEL)
    assert caught.value.code == "artifact-unwritable"


def test_a_receipt_is_for_one_destination_and_one_state(tmp_path: Path) -> None:
    spool, one = Spool(tmp_path), replace(PARCEL, state="red")
    assert not spool.has_sent(one)
    spool.sent(one)
    spool.sent(one)
    assert spool.has_sent(replace(one, subject="another", body={}))
    assert not spool.has_sent(replace(one, state="green"))
    assert not spool.has_sent(replace(one, destination="${B}"))
    assert not spool.has_sent(replace(one, channel="other"))
    assert len(spool.receipts.read_text().splitlines()) == 1
    assert list(spool.names()) == []


def test_what_has_no_state_is_sent_each_time(tmp_path: Path) -> None:
    Spool(tmp_path).sent(PARCEL)
    assert not Spool(tmp_path).has_sent(PARCEL)
    assert list(tmp_path.iterdir()) == []


def test_receipts_do_not_grow_for_ever(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    spool.receipts.write_text("old\n" * MOST)
    spool.sent(replace(PARCEL, state="red"))
    assert len(spool.receipts.read_text().splitlines()) == MOST
    assert spool.has_sent(replace(PARCEL, state="red"))


@pytest.mark.reliability
def test_a_damaged_receipt_is_none(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    spool.receipts.write_bytes(b"\xff\xfe")
    assert not spool.has_sent(replace(PARCEL, state="red"))
    spool.sent(replace(PARCEL, state="red"))
    assert spool.has_sent(replace(PARCEL, state="red"))
