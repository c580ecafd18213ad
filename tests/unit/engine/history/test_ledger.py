from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covgov.errors import InputError
from covgov.history import ledger
from covgov.history.format import layout
from covgov_testing.builders.coverage import snap
from covgov_testing.builders.run import NOON, run
from covgov_testing.fakes.history import MemoryStore, MemoryView

PICTURES = st.dictionaries(st.sampled_from(["a.py", "b.py", "c.py"]), st.text("+-. x", max_size=5), max_size=3)


@given(st.lists(st.tuples(st.sampled_from(["c1", "c2"]), PICTURES), max_size=5))
def test_whatever_was_appended_is_chained_verifies_and_comes_back(made: list[tuple[str, dict[str, str]]]) -> None:
    store = MemoryStore()
    records = [
        run(commit, at=NOON + timedelta(hours=n), snapshots={"api": snap(files)})
        for n, (commit, files) in enumerate(made)
    ]
    ids = [store.append(record).id for record in records]
    assert [found.id for found in store.list()] == ids
    assert list(store.verify()) == []
    for record, run_id in zip(records, ids, strict=True):
        back = store.fetch(run_id)
        assert (back.snapshots, back.verdict, back.recorded_at) == (
            record.snapshots,
            record.verdict,
            record.recorded_at,
        )


@given(st.data())
@pytest.mark.security
def test_any_changed_byte_of_any_file_is_a_fault(data: st.DataObject) -> None:
    store = MemoryStore()
    store.append(run("c1"))
    store.append(run("c2"))
    name = data.draw(st.sampled_from(sorted(store.files)))
    at = data.draw(st.integers(0, len(store.files[name]) - 1))
    flip = data.draw(st.integers(1, 255))
    sound = bytearray(store.files[name])
    sound[at] ^= flip
    store.files[name] = bytes(sound)
    assert store.verify()


def test_an_unknown_run_is_refused_by_name() -> None:
    store = MemoryStore()
    store.append(run())
    with pytest.raises(InputError, match="0123abcd") as caught:
        store.fetch("0123abcd")
    assert caught.value.code == "run-unknown"


def test_a_moment_without_a_time_zone_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="aware"):
        MemoryStore().append(run(at=NOON.replace(tzinfo=None)))


@pytest.mark.reliability
def test_a_lost_newest_run_is_never_read_over() -> None:
    store = MemoryStore()
    store.append(run("c1"))
    store.append(run("c2"))
    del store.files[next(name for name in store.files if layout.number_of(name) == "00000002")]
    with pytest.raises(InputError, match="promises 2 runs"):
        store.list()


@pytest.mark.security
def test_files_that_covgov_did_not_write_are_told() -> None:
    store = MemoryStore()
    store.files["thesis.tex"] = b"x"
    with pytest.raises(InputError) as caught:
        store.exists()
    assert caught.value.code == "history-foreign"
    other = MemoryStore()
    other.append(run())
    store.files |= other.files
    assert [fault.where for fault in store.verify()] == ["thesis.tex"]


@pytest.mark.reliability
def test_every_lost_object_is_a_fault() -> None:
    store = MemoryStore()
    store.append(run())
    for name in [name for name in store.files if name.startswith("objects/")]:
        lost = store.files.pop(name)
        assert any(fault.where == name for fault in store.verify())
        store.files[name] = lost
    assert list(store.verify()) == []


@pytest.mark.reliability
def test_a_newer_format_is_refused_by_name() -> None:
    store = MemoryStore()
    store.append(run())
    name = next(name for name in store.files if name.startswith("runs/"))
    newer = store.files[name].replace(b'"version":2,"sequence"', b'"version":3,"sequence"', 1)
    with pytest.raises(InputError, match="newer covgov") as caught:
        layout.decode_manifest(newer, layout.manifest_name(1, layout.digest_of(newer)))
    assert caught.value.code == "history-newer"


def test_the_same_runs_give_the_same_bytes() -> None:
    stores = [MemoryStore(), MemoryStore()]
    for store in stores:
        store.append(run("c1"))
        store.append(run("c2"))
    assert stores[0].files == stores[1].files


def test_an_attempt_number_from_ci_is_kept_when_it_is_higher() -> None:
    store = MemoryStore()
    assert store.append(run(attempt=5)).attempt == 5
    assert store.append(run(at=NOON + timedelta(hours=1))).attempt == 6


def test_a_run_in_which_nothing_arrived_counts_as_an_attempt() -> None:
    store = MemoryStore()
    store.append(run(snapshots={}))
    assert store.append(run(at=NOON + timedelta(hours=1))).attempt == 2
    assert store.append(run(snapshots={}, at=NOON + timedelta(hours=2))).attempt == 3


@pytest.mark.security
def test_a_removed_run_in_the_middle_breaks_the_chain() -> None:
    store = MemoryStore()
    for name in ("c1", "c2", "c3"):
        store.append(run(name))
    del store.files[next(name for name in store.files if layout.number_of(name) == "00000002")]
    with pytest.raises(InputError, match="run 2 is missing"):
        store.list()
    assert any("run 2 is missing" in fault.what for fault in store.verify())


@pytest.mark.security
def test_a_run_that_was_exchanged_consistently_breaks_the_link_after_it() -> None:
    store, other = MemoryStore(), MemoryStore()
    store.append(run("c1"))
    store.append(run("c2"))
    other.append(run("forged"))
    old = next(name for name in store.files if layout.number_of(name) == "00000001")
    new = next(name for name in other.files if layout.number_of(name) == "00000001")
    del store.files[old]
    store.files |= {name: data for name, data in other.files.items() if name != layout.HEAD}
    assert new in store.files
    with pytest.raises(InputError, match="does not continue"):
        store.list()
    assert any("does not continue" in fault.what for fault in store.verify())


@pytest.mark.security
def test_an_object_at_a_name_that_is_not_its_own_is_a_fault() -> None:
    store = MemoryStore()
    store.append(run())
    name = next(name for name in store.files if name.startswith("objects/"))
    store.files[f"objects/zz/{name[-64:]}"] = store.files[name]
    assert [fault.where for fault in store.verify()] == [f"objects/zz/{name[-64:]}"]


def test_a_manifest_with_a_misfitting_name_is_refused() -> None:
    store = MemoryStore()
    store.append(run())
    name = next(name for name in store.files if name.startswith("runs/"))
    data = store.files[name]
    with pytest.raises(InputError, match="not a manifest of that number"):
        layout.decode_manifest(data, layout.manifest_name(2, layout.digest_of(data)))


def test_bytes_that_are_no_manifest_are_refused() -> None:
    data = b"[1]"
    with pytest.raises(InputError) as caught:
        layout.decode_manifest(data, layout.manifest_name(1, layout.digest_of(data)))
    assert caught.value.code == "history-damaged"


@pytest.mark.reliability
def test_a_manifest_that_vanishes_while_verifying_is_a_fault() -> None:
    store = MemoryStore()
    store.append(run())

    class Vanishing(type(store.view())):  # type: ignore[misc]  # the class of a value, to add one failure to it
        def read(self, names: list[str]) -> dict[str, bytes]:
            return {name: data for name, data in super().read(names).items() if not name.startswith("runs/")}

    assert any("cannot be read" in fault.what for fault in ledger.verify(Vanishing(store.files)))


class Overtaken(MemoryView):
    """Empty at the first look; by the time everything is listed, somebody has recorded the first run."""

    def __init__(self) -> None:
        super().__init__({})
        self.later = MemoryStore()
        self.later.append(run())

    def names(self, folder: str = "") -> Sequence[str]:
        return super().names(folder) if folder else self.later.view().names()


@pytest.mark.reliability
def test_a_history_that_begins_between_two_looks_is_not_taken_for_somebody_elses() -> None:
    assert ledger.recorded(Overtaken())
