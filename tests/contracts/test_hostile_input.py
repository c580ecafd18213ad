"""Whatever is in a file that covgov reads, only its own errors escape. `make fuzz` plays far more rounds."""

from __future__ import annotations

import json
import re
import zlib
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from covgov.errors import InputError
from covgov.history import ledger, saved_run
from covgov.history.format import edits, layout, texts
from covgov.ingest.junit import read_tests
from covgov.ingest.registry import FORMATS
from covgov.model import snapshot_codec
from covgov.model.snapshot import CountedExits, by_exits
from covgov.policy import config
from covgov.publish.reports.convert import convert
from covgov.publish.reports.registry import WRITERS
from covgov.register import document
from covgov.vcs import codeowners
from covgov_testing.builders.coverage import cov, snap
from covgov_testing.builders.register import COMPLETE, PROPOSED, table
from covgov_testing.builders.run import run
from covgov_testing.fakes.history import MemoryStore, MemoryView
from covgov_testing.mutation import INPUTS_PER_ROUND, Parse, escaped, one_of, search

CHECKOUT = Path(__file__).resolve().parents[2]
OLD_SNAPSHOT = CHECKOUT / "tests" / "golden" / "snapshot-1.json"
SNAPSHOT = snap(
    {
        "a.py": cov("++.-x", [(2, 3), (2, 4)], [(2, 4)]),
        "src/ü.py": replace(cov("+-"), counted=by_exits({1: CountedExits(1, 2, ("0", "1"), ("1",))})),
    }
)
RECORD = run(snapshots={"api": SNAPSHOT})
POLICY = (CHECKOUT / "covgov.toml").read_bytes()
SMALL = b"""\
[policy]
fail_under = 90.5
max_drop = 2
[suites.api]
command = ["make", "test"]
reports = ["a.xml"]
[components.api]
paths = ["src/**"]
[[components.api.rules]]
scope = "file"
on = "total"
min = 95
[notify]
on_drop = ["${SLACK_URL}"]
"""
JUNIT = (
    b'<testsuites><testsuite name="a" tests="2" failures="1" time="0.5"><testcase name="b"/></testsuite></testsuites>'
)
OWNERS = b"* @all\n/src/**/a?.py @one @two/three\n[Section][2] @four\ndocs/ x@example.invalid\n"


def history() -> dict[str, bytes]:
    store = MemoryStore()
    store.append(RECORD)
    store.append(run(snapshots={"api": snap({"a.py": "+--"})}))
    return store.files


FILES = history()
MANIFEST = next(data for name, data in FILES.items() if "/00000001-" in name)
OBJECT = FILES[layout.object_name(json.loads(MANIFEST)["edits"])]


def read_history(name: str) -> Parse:
    """Reads all that a history has, with one file as given."""

    def parse(data: bytes) -> object:
        view = MemoryView({**FILES, name: data})
        ledger.verify(view)
        return [ledger.fetch(view, one.id) for one in ledger.summaries(view)]

    return parse


def read_run(manifest: bytes, object_: bytes) -> object:
    """Reads a history of one run, whose names are right."""
    run_id = layout.digest_of(manifest)
    files = {layout.manifest_name(1, run_id): manifest, layout.HEAD: layout.head_bytes(1, run_id)}
    view = MemoryView({**files, layout.object_name(layout.digest_of(object_)): object_})
    ledger.verify(view)
    return [ledger.fetch(view, one.id) for one in ledger.summaries(view)]


def read_texts(data: bytes) -> object:
    """Reads a history whose run has these edits, and every digest of what they make."""
    object_ = zlib.compress(data, 1)
    manifest = json.loads(MANIFEST)
    manifest["edits"] = layout.digest_of(object_)
    with suppress(ValueError):
        made = edits.decode(edits.TextState(), object_, 1, 1).texts
        manifest["run"]["verdict"] = texts.digest(made.get(texts.VERDICT, ()))
        manifest["run"]["snapshots"]["api"]["files"] = texts.digest(made.get(texts.name_of("api"), ()))
    return read_run(json.dumps(manifest).encode(), object_)


def read_body(data: bytes, version: int = snapshot_codec.VERSION) -> object:
    """Reads a snapshot with this body and its checksum."""
    seal = b'{"format":"covgov-snapshot","version":%d,"sha256":"%b","body":%b}'
    return snapshot_codec.decode(seal % (version, layout.digest_of(data).encode(), data), "r")


def body_of(snapshot: bytes) -> bytes:
    return json.dumps(json.loads(snapshot)["body"]).encode()


def read_and_write(name: str) -> Parse:
    def parse(data: bytes) -> object:
        report = FORMATS[name].parse(data, "r")
        return convert(report, one_of(WRITERS, data), "r")

    return parse


def read_saved_run(data: bytes) -> object:
    return saved_run.decode(data, "r", {"coverage/api.snapshot": snapshot_codec.encode(SNAPSHOT)}.get, "coverage")


TARGETS: dict[str, tuple[Parse, list[bytes]]] = {
    "policy": (lambda data: config.load({"covgov.toml": data}.get), [POLICY, SMALL]),
    "policy in pyproject.toml": (
        lambda data: config.load({"pyproject.toml": data}.get),
        [re.sub(rb"^(\[+)", rb"\1tool.covgov.", SMALL, flags=re.MULTILINE)],
    ),
    "register": (lambda data: document.read(data, "r.md"), [table([entry]).encode() for entry in (COMPLETE, PROPOSED)]),
    "body of a snapshot": (read_body, [body_of(snapshot_codec.encode(SNAPSHOT))]),
    "body of a snapshot of version 1": (partial(read_body, version=1), [body_of(OLD_SNAPSHOT.read_bytes())]),
    "texts of a history": (read_texts, [zlib.decompress(OBJECT)]),
    "manifest of a history": (lambda data: read_run(data, OBJECT), [MANIFEST]),
    "snapshot": (lambda data: snapshot_codec.decode(data, "r"), [snapshot_codec.encode(SNAPSHOT)]),
    "verdict": (read_saved_run, [saved_run.encode(saved_run.SavedRun(RECORD, None, "hash"))]),
    "tests": (lambda data: read_tests(data, 0, "r"), [JUNIT]),
    "owners": (lambda data: codeowners.find({"CODEOWNERS": data}.get), [OWNERS]),
    **{f"history {name}": (read_history(name), [data]) for name, data in FILES.items()},
    **{f"report {name}": (read_and_write(name), [writer.write(SNAPSHOT)]) for name, writer in WRITERS.items()},
}


@pytest.mark.security
@pytest.mark.parametrize("target", TARGETS)
def test_the_input_that_is_changed_is_a_good_one(target: str) -> None:
    parse, good = TARGETS[target]
    assert all(parse(data) is not None for data in good)


@pytest.mark.security
@pytest.mark.parametrize("target", TARGETS)
def test_only_our_own_errors_escape(target: str) -> None:
    assert search(*TARGETS[target]) == []


@pytest.mark.security
def test_another_error_is_noticed() -> None:
    def planted(data: bytes) -> None:
        if b"{" not in data:
            raise ValueError("planted")
        raise InputError("report-damaged", "r: not this")

    assert {why for _, why in search(planted, [b"{}"])} == {"ValueError('planted')"}


def test_every_round_is_another_and_the_same_again() -> None:
    seen: list[bytes] = []
    first, again, second = (escaped(seen.append, [SMALL], number) or seen[-INPUTS_PER_ROUND:] for number in (1, 1, 2))
    assert first == again != second
