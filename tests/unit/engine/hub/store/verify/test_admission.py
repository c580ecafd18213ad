from __future__ import annotations

import json
import zlib
from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import replace
from datetime import timedelta
from fractions import Fraction

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import structs

from covgov.errors import InputError
from covgov.history import ledger
from covgov.history.format import edits, layout, texts
from covgov.history.format.layout import StoredManifest
from covgov.history.format.reader import RunReader
from covgov.history.format.wire import Manifest
from covgov.hub.store import projection
from covgov.hub.store.verify.admission import Judge, Overlay, admit
from covgov.model.snapshot import Snapshot
from covgov.model.verdict import Outcome
from covgov_testing.builders.coverage import FAILED, snap
from covgov_testing.builders.run import NOON, run
from covgov_testing.hub.runs import two_suites


class Files:
    """A view of a dict, that counts what is read."""

    def __init__(self, files: Mapping[str, bytes] | None = None) -> None:
        self.files = dict(files or {})
        self.asked: list[str] = []

    def names(self, folder: str = "") -> Sequence[str]:
        return sorted(name for name in self.files if name.startswith(f"{folder}/" if folder else ""))

    def read(self, names: Sequence[str]) -> Mapping[str, bytes]:
        self.asked += names
        return {name: self.files[name] for name in names if name in self.files}


def addition(view: Files, commit: str = "c1", snapshots: Mapping[str, Snapshot] | None = None) -> dict[str, bytes]:
    added, _ = ledger.addition(view, run(commit, snapshots=snapshots), {})
    assert added is not None
    return dict(added.files)


def several(count: int) -> Files:
    view = Files()
    for number in range(count):
        view.files |= addition(view, f"c{number}", {"api": snap({"a.py": "+" * (number + 1), "b.py": "+-"})})
    return view


def manifest(files: Mapping[str, bytes]) -> StoredManifest:
    name = next(name for name in files if name.startswith("runs/"))
    return layout.decode_manifest(files[name], name)


def last(view: Files) -> StoredManifest:
    return ledger.chain(view)[-1]


def rewritten(files: Mapping[str, bytes], **changes: object) -> dict[str, bytes]:
    """The same addition with another manifest, its head put right: what a liar would send."""
    old = manifest(files)
    body = {name: getattr(old.manifest, name) for name in Manifest.__struct_fields__}
    run_changes = {key: value for key, value in changes.items() if key not in body}
    body |= {key: value for key, value in changes.items() if key in body}
    body["run"] = msgspec.structs.replace(old.manifest.run, **run_changes)
    data = layout.encode_manifest(Manifest(**body))
    sequence = Manifest(**body).sequence
    kept = {name: content for name, content in files.items() if name != old.name}
    new_id = layout.digest_of(data)
    head = layout.head_bytes(sequence, new_id)
    return {**kept, layout.manifest_name(sequence, new_id): data, layout.HEAD: head}


def test_a_proper_continuation_is_admitted_with_its_verdict() -> None:
    view = several(2)
    files = addition(view, "c9")
    [found] = admit(view, files)
    assert (found.stored, found.verdict) == (manifest(files), run().verdict)


def test_a_whole_history_is_admitted_at_once() -> None:
    whole = several(4).files
    assert [found.stored.manifest.sequence for found in admit(Files(), whole)] == [1, 2, 3, 4]


def test_what_is_there_already_is_no_new_run() -> None:
    view = several(3)
    assert admit(view, view.files) == []
    assert admit(view, {}) == []


def test_coverage_that_the_run_before_had_is_not_checked_again() -> None:
    view = several(2)
    files = addition(view, "c9", {"api": snap({"a.py": "++", "b.py": "+-", "new.py": "-"})})
    text = RunReader(Overlay(view, files)).suites(manifest(files))["api"]
    before = RunReader(view).suites(last(view))["api"]
    known = set(texts.pairs(before))
    assert len(set(texts.pairs(text)) - known) == 1
    unreadable = [line.replace(b'"statements"', b'"executable"') for line in text]
    texts.check(unreadable, set(texts.pairs(unreadable)))
    with pytest.raises(ValueError, match="executable"):
        texts.check(unreadable, known)


@pytest.mark.security
@pytest.mark.parametrize("name", ["notes.txt", "", "../head.json", "/head.json", "run/1", "objectsx/ab", "HEAD.json"])
def test_a_name_that_no_history_has_is_refused(name: str) -> None:
    with pytest.raises(InputError) as caught:
        admit(Files(), {name: b"x"})
    assert caught.value.code == "history-foreign"


@pytest.mark.security
@pytest.mark.parametrize("folder", ["objects", "artifacts"])
def test_bytes_that_do_not_hash_to_their_name_are_refused(folder: str) -> None:
    digest = layout.digest_of(b"honest")
    for name in (f"{folder}/{digest[:2]}/{digest}", f"{folder}/zz/{digest}", f"{folder}/../../{digest}"):
        with pytest.raises(InputError, match="does not match its name") as caught:
            admit(Files(), {name: b"forged"})
        assert caught.value.code == "history-damaged"
    with pytest.raises(InputError, match="does not match its name"):
        admit(Files(), {f"{folder}/zz/{digest}": b"honest"})


def lies() -> Iterator[tuple[str, dict[str, bytes]]]:
    view = several(2)
    sound = addition(view, "c9")
    other = several(1)
    yield "not the next run", rewritten(sound, sequence=5)
    yield "not the next run", rewritten(sound, sequence=2)
    yield "does not continue", rewritten(sound, previous="0" * 64)
    yield "does not continue", rewritten(sound, previous="")
    yield "not the next run", addition(Files(), "c9")
    yield "does not name the newest run", {name: data for name, data in sound.items() if name != layout.HEAD}
    yield "does not name the newest run", {**sound, layout.HEAD: other.files[layout.HEAD]}
    yield "does not name the newest run", {layout.HEAD: sound[layout.HEAD]}
    yield "something else", rewritten(sound, outcome=Outcome.FAIL)
    yield "something else", rewritten(sound, complete=False)
    yield "something else", rewritten(sound, dirty=True)
    yield "does not match its name", {**sound, manifest(sound).name: b"{}"}
    yield "is missing", rewritten(sound, edits="0" * 64)
    yield "is not what", rewritten(sound, verdict="0" * 64)
    yield "is not what", rewritten(sound, snapshots={"auth": manifest(sound).manifest.run.snapshots["api"]})
    yield "wrote its texts whole", rewritten(sound, since=2)
    yield "wrote its texts whole", rewritten(sound, since=0)
    yield "wrote its texts whole", rewritten(sound, since=9)
    yield "fits no line", rewritten(sound, since=3)
    for name in sound:
        if name.startswith("objects/"):
            yield "missing", {key: data for key, data in sound.items() if key != name and name not in view.files}


@pytest.mark.security
def test_every_lie_about_a_run_is_refused() -> None:
    view = several(2)
    told = 0
    for what, files in lies():
        if not files:
            continue
        with pytest.raises(InputError, match=what) as caught:
            admit(view, files)
        assert caught.value.code == "history-damaged"
        told += 1
    assert told > 13


def test_a_newer_format_is_refused_by_name() -> None:
    with pytest.raises(InputError) as caught:
        admit(Files(), rewritten(addition(Files()), version=3))
    assert caught.value.code == "history-newer"


def test_failed_tests_make_a_run_incomplete_whatever_its_manifest_says() -> None:
    files = addition(Files(), "c1", {"api": snap({"a.py": "+"}, tests=FAILED)})
    assert not admit(Files(), files)[0].stored.manifest.run.complete
    with pytest.raises(InputError, match="something else"):
        admit(Files(), rewritten(files, complete=True))


@pytest.mark.security
@pytest.mark.parametrize(
    "planted",
    [
        b"[" * 200_000,
        b'{"files":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"guard_judged":{"api":"1/0"}}',
        b"not JSON",
        b"",
    ],
)
def test_hostile_coverage_and_verdicts_are_refused_not_fatal(planted: bytes) -> None:
    sound = addition(Files())
    deep = layout.manifest_name(1, layout.digest_of(planted))
    for files in (
        with_object(sound, planted),
        with_object(sound, zlib.compress(planted)),
        with_texts(sound, verdict=[planted]),
        with_texts(sound, coverage=[planted, planted]),
        {deep: planted},
    ):
        with pytest.raises(InputError) as caught:
            admit(Files(), files)
        assert caught.value.code == "history-damaged"


def with_object(files: Mapping[str, bytes], changed: bytes, **digests: object) -> dict[str, bytes]:
    """The addition with another object that makes its texts, the manifest put right."""
    others = {name: data for name, data in files.items() if not name.startswith("objects/")}
    new = layout.digest_of(changed)
    return rewritten({**others, layout.object_name(new): changed}, edits=new, **digests)


def with_texts(files: Mapping[str, bytes], **changed: edits.Text) -> dict[str, bytes]:
    """The addition with other texts, everything that refers to them put right: `verdict`, `coverage` of each suite."""
    stored = manifest(files)
    made = {
        name: changed.get(name.partition("/")[0], text)
        for name, text in RunReader(Files(files)).state(stored).texts.items()
    }
    data, _ = edits.encode(edits.TextState(), made, 1)
    suites = {
        name: msgspec.structs.replace(suite, files=texts.digest(made[texts.name_of(name)]))
        for name, suite in stored.manifest.run.snapshots.items()
    }
    return with_object(files, data, verdict=texts.digest(made[texts.VERDICT]), snapshots=suites)


@pytest.mark.security
def test_edits_that_grow_beyond_bounds_are_refused_not_fatal() -> None:
    view = Files(addition(Files()))
    text = RunReader(view).state(last(view)).texts[texts.VERDICT]
    doubled = b"\n".join([edits.HEADER, b'="verdict"', *[b"@0 %d" % len(text)] * 200_000])
    bomb = b"+" * (edits.LARGEST + 1)
    for plain in (doubled, bomb):
        with pytest.raises(InputError, match=str(edits.LARGEST) + "|too large"):
            admit(view, with_object(addition(view, "c2"), zlib.compress(plain, 1)))


MOMENTS = ["9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00", "2026-11-18T12:00:00"]
FIGURES = [None, True, -1, 0, 2**31, 10**30, 1e308, "NaN", "1E-3000000", "1/0"]
HOSTILE: st.SearchStrategy[object] = st.sampled_from(
    [*MOMENTS, *FIGURES, "", "\x1b[31m", "../..", "0" * 64, "é" * 5000, [], {}, [[[]]], {"a": {}}]
)


def places(value: object, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Every place in a JSON value."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in inner:
        yield (*path, key)
        yield from places(one, (*path, key))


def mutated(data: st.DataObject, original: bytes) -> bytes:
    """The same JSON with a few values replaced or removed."""
    value = json.loads(original)
    for _ in range(data.draw(st.integers(1, 3))):
        found = list(places(value))
        if not found:
            break
        *way, last = data.draw(st.sampled_from(found))
        inner = value
        for key in way:
            inner = inner[key]
        if data.draw(st.booleans()) and data.draw(st.booleans()):
            del inner[last]
        else:
            inner[last] = deepcopy(data.draw(HOSTILE))
    return json.dumps(value).encode()


def real() -> dict[str, bytes]:
    added, _ = ledger.addition(Files(), two_suites(), {"api.xml": "0" * 64})
    assert added is not None
    return dict(added.files)


def with_manifest(files: Mapping[str, bytes], text: bytes) -> dict[str, bytes]:
    digest = layout.digest_of(text)
    others = {name: data for name, data in files.items() if name.startswith("objects/")}
    return {**others, layout.manifest_name(1, digest): text, layout.HEAD: layout.head_bytes(1, digest)}


@pytest.mark.security
@settings(suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_a_real_run_with_anything_changed_in_it_is_admitted_or_refused_in_words(data: st.DataObject) -> None:
    files = real()
    stored = manifest(files)
    made = RunReader(Files(files)).state(stored).texts
    what = data.draw(st.sampled_from(["manifest", *sorted(made)]))
    if what == "manifest":
        sent = with_manifest(files, mutated(data, files[stored.name]))
    elif what == texts.VERDICT:
        sent = with_texts(files, verdict=[mutated(data, edits.join(made[what]))])
    else:
        sent = with_texts(files, coverage=[mutated(data, line) for line in made[what]])
    assert outcome(sent) in KNOWN


def outcome(sent: Mapping[str, bytes]) -> str:
    """The code of the refusal, or "" of what was admitted."""
    try:
        for admitted in admit(Files(), sent, Judge(NOON)):
            projection.project(admitted)
    except InputError as error:
        return error.code
    return ""


KNOWN = (
    {""}
    | {f"{what}-{how}" for what in ("history", "snapshot") for how in ("damaged", "newer")}
    | {"run-implausible", "run-unprojectable"}
)


@pytest.mark.security
@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"recorded_at": NOON.replace(tzinfo=None)}, "run-implausible"),
        ({"recorded_at": NOON + timedelta(hours=2)}, "run-implausible"),
        ({"branch": "main\n\x1b[31m"}, "run-implausible"),
    ],
)
def test_what_no_covgov_writes_is_refused_whatever_it_refers_to(change: Mapping[str, object], code: str) -> None:
    with pytest.raises(InputError) as caught:
        admit(Files(), rewritten(addition(Files()), **change), Judge(NOON))
    assert caught.value.code == code


@pytest.mark.security
def test_a_table_with_a_path_outside_the_repository_is_refused() -> None:
    with pytest.raises(InputError, match="not a path in a repository"):
        admit(Files(), addition(Files(), "c1", {"api": snap({"../../etc/passwd": "+"})}))


def test_a_verdict_that_was_altered_in_the_store_is_not_read() -> None:
    view = several(1)
    stored = manifest(view.files)
    name = layout.object_name(stored.manifest.edits)
    assert RunReader(view).verdict(stored) == run().verdict
    view.files[name] += b" "
    with pytest.raises(InputError, match="does not match its name"):
        RunReader(view).verdict(stored)
    del view.files[name]
    with pytest.raises(InputError, match="missing"):
        RunReader(view).verdict(stored)


def test_a_run_names_all_files_that_it_consists_of() -> None:
    view = Files()
    record = replace(run(), recorded_at=NOON + timedelta(hours=1))
    artifact = layout.digest_of(b"x")
    added, _ = ledger.addition(view, record, {"api.xml": artifact})
    assert added is not None
    view.files |= added.files
    expected = {*added.files, layout.artifact_name(artifact)} - {layout.HEAD}
    assert ledger.references([manifest(view.files)], RunReader(view)) == expected


@given(
    below=st.dictionaries(st.sampled_from(["a/1", "a/2", "ab/1", "b"]), st.binary()),
    above=st.dictionaries(st.sampled_from(["a/1", "a/3", "ab/1", "c"]), st.binary()),
    folder=st.sampled_from(["", "a", "ab", "b"]),
)
def test_an_overlay_is_the_view_with_the_files_written(
    below: dict[str, bytes], above: dict[str, bytes], folder: str
) -> None:
    together, overlay = Files({**below, **above}), Overlay(Files(below), above)
    assert list(overlay.names(folder)) == list(together.names(folder))
    names = ["a/1", "a/2", "a/3", "ab/1", "b", "c", "d"]
    assert overlay.read(names) == together.read(names)


def test_exact_fractions_of_a_verdict_come_back() -> None:
    record = run(made=structs.replace(run().verdict, guard_judged={"api": Fraction(-7, 3)}))
    added, _ = ledger.addition(Files(), record, {})
    assert added is not None
    assert admit(Files(), added.files)[0].verdict == record.verdict
