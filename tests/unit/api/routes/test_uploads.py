from __future__ import annotations

import gzip
import io
import json
import zipfile
from dataclasses import replace
from datetime import timedelta

import pytest
from msgspec import structs
from sqlalchemy import event

from covgov.hub.auth_service.permissions import Role
from covgov.hub.store.work import transaction
from covgov.model import snapshot_codec
from covgov.model.ratio import Ratio
from covgov.model.snapshot import Origin
from covgov.model.verdict import Outcome
from covgov_testing.builders.coverage import snap
from covgov_testing.builders.policy import API_AND_AUTH
from covgov_testing.builders.run import run
from covgov_testing.hub.write_desk import COMMIT, SHOP, TREE, WriteDesk
from covgov_testing.reports import cobertura, klass

LCOV = b"TN:\nSF:src/api/a.py\nDA:1,1\nDA:2,1\nDA:3,0\nend_of_record\n"
OTHER = LCOV.replace(b"DA:3,0", b"DA:3,1")
XML = cobertura(klass("src/auth/b.py", 'number="1" hits="1"'))
POLICY = f"""\
[policy]
fail_under = 60
max_drop = {{drop}}
{API_AND_AUTH}"""


def store_policy(desk: WriteDesk, text: str) -> None:
    body = {"path": "covgov.toml", "text": text}
    assert desk.ask("PUT", f"{SHOP}/policy", Role.MAINTAINER, json=body).status_code == 200


def archive(**files: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, data in files.items():
            packed.writestr(name.replace("_", "."), data)
    return made.getvalue()


def code(answer: object) -> tuple[int, str]:
    assert hasattr(answer, "status_code")
    assert hasattr(answer, "json")
    return answer.status_code, answer.json()["code"]


def test_the_declared_suites_decide_when_a_run_is_complete(desk: WriteDesk) -> None:
    first = desk.upload(LCOV, expected=["api", "auth"])
    assert (first.status_code, first.json()["state"], first.json()["missing"]) == (201, "pending", ["auth"])
    assert list(desk.history().list()) == []
    second = desk.upload(XML, suite="auth", expected=["api", "auth"]).json()
    (recorded,) = desk.history().list()
    assert (second["state"], second["run"], second["missing"]) == ("complete", recorded.id, [])
    assert [suite.name for suite in recorded.suites] == ["api", "auth"]
    assert (recorded.commit, recorded.tree, recorded.branch) == (COMMIT, TREE, "main")
    assert sorted(desk.trail()) == [("run-appended", "token"), *[("upload-accepted", "token")] * 2]


@pytest.mark.reliability
def test_a_repeated_upload_gives_the_same_answer(desk: WriteDesk) -> None:
    first = desk.upload(LCOV)
    trail = desk.trail()
    for again in (desk.upload(LCOV), desk.upload(gzip.compress(LCOV))):
        assert (again.status_code, again.json()) == (200, first.json())
    assert len(desk.history().list()) == 1
    assert desk.trail() == trail


@pytest.mark.reliability
def test_a_repeated_upload_lists_what_is_still_missing(desk: WriteDesk) -> None:
    expected = ["api", "auth", "web"]
    first = desk.upload(LCOV, expected=expected).json()
    assert (first["state"], first["missing"]) == ("pending", ["auth", "web"])
    desk.upload(XML, suite="auth", expected=expected)
    again = desk.upload(LCOV, expected=expected)
    assert (again.status_code, again.json()) == (200, {**first, "missing": ["web"]})


@pytest.mark.reliability
def test_an_upload_reads_policy_and_register_once(desk: WriteDesk) -> None:
    store_policy(desk, POLICY.format(drop=100))
    desk.upload(LCOV)
    asked: list[str] = []
    event.listen(desk.engine, "before_cursor_execute", lambda _, __, statement, *___: asked.append(statement))
    assert desk.upload(XML, suite="auth").json()["state"] == "complete"
    assert [reads(asked, table) for table in ("policies", "uploads")] == [1, 2]
    asked.clear()
    assert desk.upload(XML, suite="auth").status_code == 200
    assert [reads(asked, table) for table in ("policies", "uploads")] == [0, 1]


def reads(statements: list[str], table: str) -> int:
    return sum(f"FROM {table} " in statement.replace("\n", " ") for statement in statements)


@pytest.mark.reliability
def test_other_content_under_the_same_key_is_refused_and_changes_nothing(desk: WriteDesk) -> None:
    desk.upload(LCOV)
    assert code(desk.upload(OTHER)) == (409, "upload-differs")
    assert code(desk.upload(LCOV, exit_code=1)) == (409, "upload-differs")
    assert len(desk.history().list()) == 1
    assert desk.upload(OTHER, attempt=2).status_code == 201
    assert [found.attempt for found in desk.history().list()] == [1, 2]


def test_jobs_of_one_suite_are_merged_when_all_arrived(desk: WriteDesk) -> None:
    expected = ["api/py311", "api/py312"]
    assert desk.upload(LCOV, name="py311", expected=expected).json()["missing"] == ["api/py312"]
    done = desk.upload(OTHER, name="py312", expected=expected).json()
    merged = desk.history().fetch(done["run"]).snapshots["api"].files["src/api/a.py"]
    assert merged.statements == merged.covered == 0b1110


def test_without_a_policy_nothing_is_green(desk: WriteDesk) -> None:
    done = desk.upload(LCOV).json()
    record = desk.history().fetch(done["run"])
    assert done["outcome"] == Outcome.UNDETERMINED
    assert [f.rule for f in record.verdict.findings if f.effect == "undetermined"] == ["hub-policy"]


def test_a_stored_policy_judges_and_declares_the_suites(desk: WriteDesk) -> None:
    store_policy(desk, POLICY.format(drop=100))
    assert desk.upload(LCOV).json()["missing"] == ["auth"]
    done = desk.upload(XML, suite="auth").json()
    assert done["outcome"] == Outcome.PASS
    assert [row.name for row in desk.history().fetch(done["run"]).verdict.rows] == ["api", "auth"]


def test_a_bar_that_is_not_met_fails(desk: WriteDesk) -> None:
    store_policy(desk, POLICY.format(drop=100))
    desk.upload(LCOV.replace(b"DA:2,1", b"DA:2,0"))
    assert desk.upload(XML, suite="auth").json()["outcome"] == Outcome.FAIL


def test_a_suite_that_the_policy_declares_cannot_be_left_out(desk: WriteDesk) -> None:
    store_policy(desk, POLICY.format(drop=100))
    done = desk.upload(LCOV, expected=["api"]).json()
    assert (done["state"], done["outcome"]) == ("complete", Outcome.UNDETERMINED)
    assert desk.history().list()[0].complete is False


def test_an_unjudged_drop_is_green_in_the_first_run_only(desk: WriteDesk) -> None:
    store_policy(desk, POLICY.format(drop=2))
    outcomes = []
    for number in (1, 2):
        tree = f"{number}" * 40
        desk.upload(LCOV, tree=tree)
        outcomes.append(desk.upload(XML, suite="auth", tree=tree).json()["outcome"])
    assert outcomes == [Outcome.PASS, Outcome.UNDETERMINED]


@pytest.mark.parametrize(("drop", "advice"), [(2, "max_drop = 100"), (100, "")])
def test_an_unjudged_drop_has_a_hint(desk: WriteDesk, drop: int, advice: str) -> None:
    store_policy(desk, POLICY.format(drop=drop))
    desk.add(run("c1"))
    desk.upload(LCOV)
    done = desk.upload(XML, suite="auth").json()
    findings = desk.history().fetch(done["run"]).verdict.findings
    hints = {finding.hint for finding in findings if finding.rule == "baseline"}
    assert len(hints) == 1
    assert all(advice in hint and "record a run" not in hint for hint in hints)
    assert all(("store = hub:" in hint) is bool(advice) for hint in hints)


def test_failed_tests_are_shown(desk: WriteDesk) -> None:
    done = desk.upload(LCOV, exit_code=1).json()
    assert done["outcome"] == Outcome.FAIL
    assert desk.history().list()[0].complete is False


def test_a_stored_policy_or_register_that_can_no_longer_be_read_judges_nothing(desk: WriteDesk) -> None:
    store_policy(desk, POLICY.format(drop=2))
    with transaction(desk.engine, write=True) as connection:
        connection.exec_driver_sql("UPDATE policies SET text = 'nonsense = ['")
        connection.exec_driver_sql(
            "INSERT INTO registers SELECT repository_id, 'r.md', 'no register', updated_at FROM policies"
        )
    done = desk.upload(LCOV).json()
    messages = [finding.message for finding in desk.history().fetch(done["run"]).verdict.findings]
    assert any("the stored policy cannot be read" in message for message in messages)


def test_a_snapshot_is_stored_unchanged(desk: WriteDesk) -> None:
    snapshot = replace(snap({"src/api/a.py": "++-"}), origin=Origin(COMMIT, TREE))
    done = desk.upload(snapshot_codec.encode(snapshot)).json()
    kept = desk.history().fetch(done["run"]).snapshots["api"]
    assert dict(kept.files) == dict(snapshot.files)
    assert kept.identity == snapshot.identity


@pytest.mark.security
@pytest.mark.parametrize(
    ("snapshot", "wanted"),
    [
        (replace(snap({"a.py": "+"}), suite="auth"), "upload-other-suite"),
        (replace(snap({"a.py": "+"}), origin=Origin("e" * 40, TREE)), "upload-other-code"),
        (replace(snap({"a.py": "+"}), origin=Origin(COMMIT, TREE, dirty=True)), "upload-other-code"),
    ],
)
def test_a_snapshot_of_something_else_is_refused(desk: WriteDesk, snapshot: object, wanted: str) -> None:
    assert isinstance(snapshot, type(snap({})))
    assert code(desk.upload(snapshot_codec.encode(snapshot))) == (422, wanted)


def test_paths_are_mapped_to_the_uploaded_tree(desk: WriteDesk) -> None:
    tree = json.dumps({"src/api/a.py": "b" * 40, "README.md": "e" * 40}).encode()
    packed = archive(cov_info=LCOV.replace(b"SF:", b"SF:/ci/build/"))
    with_tree = io.BytesIO(packed)
    with zipfile.ZipFile(with_tree, "a") as more:
        more.writestr("covgov-tree.json", tree)
    done = desk.upload(with_tree.getvalue(), root="/ci/build").json()
    (file,) = desk.history().fetch(done["run"]).snapshots["api"].files.items()
    assert (file[0], file[1].source) == ("src/api/a.py", "b" * 40)


GO = b"""\
mode: set
example.com/shop/cart/cart.go:3.26,4.13 1 1
example.com/shop/cart/cart.go:7.2,7.14 1 1
example.com/shop/cart/cart.go:4.13,6.3 1 0
example.com/shop/cart/cart.go:10.26,12.2 1 0
"""


@pytest.mark.parametrize(("place", "module"), [("", b""), ("go/", b"module example.com/shop\n\ngo 1.22\n")])
def test_go_files_are_placed_by_the_uploaded_tree_and_module(desk: WriteDesk, place: str, module: bytes) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as made:
        made.writestr("go.out", GO)
        made.writestr("covgov-tree.json", json.dumps({f"{place}cart/cart.go": "b" * 40, f"{place}go.mod": "c" * 40}))
        if module:
            made.writestr(f"{place}go.mod", module)
    done = desk.upload(packed.getvalue()).json()
    (file,) = desk.history().fetch(done["run"]).snapshots["api"].files.items()
    assert (file[0], file[1].statements, file[1].covered) == (f"{place}cart/cart.go", 0b1110011111000, 0b0000010011000)


def test_go_files_without_a_tree_are_refused(desk: WriteDesk) -> None:
    answer = desk.upload(GO)
    assert code(answer) == (422, "upload-paths-unsettled")
    assert "covgov-tree.json" in answer.json()["hint"]


@pytest.mark.parametrize(("source", "root"), [("src/auth", "/"), ("/ci/build/src/auth", "/ci/build")])
def test_a_report_s_source_belongs_to_its_paths_as_in_other_formats_of_the_same_run(
    desk: WriteDesk, source: str, root: str
) -> None:
    below = cobertura(klass("b.py", 'number="1" hits="1"'), sources=[source])
    done = desk.upload(below, root=root).json()
    assert list(desk.history().fetch(done["run"]).snapshots["api"].files) == ["src/auth/b.py"]


def test_ambiguous_sources_are_refused_with_a_hint(desk: WriteDesk) -> None:
    for sources in (["src/api", "src/auth"], ["/ci/build/src"]):
        answer = desk.upload(cobertura(klass("b.py", 'number="1" hits="1"'), sources=sources))
        assert code(answer) == (422, "upload-paths-unsettled")
        assert "covgov-tree.json" in answer.json()["hint"]
    assert desk.trail() == []


REFUSED = {
    "nothing": (b"", "report-empty"),
    "blanks": (b" \n ", "report-empty"),
    "no report": (b"hello", "report-unknown-format"),
    "a data file": (b"SQLite format 3\0" + b"\0" * 100, "upload-needs-interpreter"),
    "a cut zip": (archive(a_info=LCOV)[:60], "upload-damaged"),
    "a cut gzip": (gzip.compress(LCOV)[:-9], "body-damaged"),
    "a wrong gzip": (b"\x1f\x8b" + b"x" * 50, "body-damaged"),
    "an absolute path": (LCOV.replace(b"SF:", b"SF:/abs/"), "upload-paths-unsettled"),
    "a way out": (LCOV.replace(b"SF:", b"SF:../../"), "upload-paths-unsettled"),
    "a broken report": (XML[:-20], "report-damaged"),
    "a broken snapshot": (snapshot_codec.encode(snap({"a.py": "+"}))[:-9], "snapshot-damaged"),
    "an empty zip": (archive(a_info=b""), "report-unknown-format"),
}


@pytest.mark.security
@pytest.mark.reliability
@pytest.mark.parametrize("what", REFUSED)
def test_an_unreadable_upload_leaves_nothing_behind(desk: WriteDesk, what: str) -> None:
    body, wanted = REFUSED[what]
    answer = desk.upload(body)
    assert answer.status_code in (400, 422)
    assert answer.json()["code"] == wanted
    assert desk.trail() == []
    assert desk.upload(LCOV).status_code == 201


@pytest.mark.security
def test_damaged_and_foreign_zips_are_told_apart_from_reports(desk: WriteDesk) -> None:
    only_tree = io.BytesIO()
    with zipfile.ZipFile(only_tree, "w") as packed:
        packed.writestr("covgov-tree.json", "{}")
        packed.mkdir("folder")
    assert code(desk.upload(only_tree.getvalue())) == (422, "report-missing")
    bad_tree = io.BytesIO()
    with zipfile.ZipFile(bad_tree, "w") as packed:
        packed.writestr("covgov-tree.json", "[1]")
    assert code(desk.upload(bad_tree.getvalue())) == (422, "upload-damaged")
    strange = io.BytesIO()
    with zipfile.ZipFile(strange, "w") as packed:
        packed.writestr("covgov-tree.json", '{"x.py": "b"}')
        packed.writestr("cov.info", LCOV)
    assert code(desk.upload(strange.getvalue())) == (422, "report-matches-nothing")


@pytest.mark.security
def test_a_reader_uploads_nothing(desk: WriteDesk) -> None:
    assert code(desk.upload(LCOV, Role.READER)) == (403, "permission-missing")
    assert code(desk.upload(LCOV, None)) == (401, "authentication-required")


@pytest.mark.parametrize(
    "about", [{"suite": "a/b"}, {"tree": "x"}, {"attempt": 0}, {"branch": ""}, {"expected": ["/"]}]
)
def test_invalid_parameters_are_refused(desk: WriteDesk, about: dict[str, object]) -> None:
    assert code(desk.upload(LCOV, Role.UPLOADER, **about)) == (422, "request-invalid")


@pytest.mark.security
def test_a_run_that_the_hub_judged_is_verified_and_one_of_another_policy_is_not(desk: WriteDesk) -> None:
    store_policy(desk, POLICY.format(drop=100))
    desk.upload(LCOV)
    desk.upload(XML, suite="auth")
    assert desk.ask("GET", f"{SHOP}/badges/api.json", Role.READER).json()["message"] == "66.66 %"
    desk.add(run("c2"))
    found = desk.ask("GET", f"{SHOP}/runs", Role.READER).json()["items"]
    assert [one["verified"] for one in found] == [False, True]
    assert desk.ask("GET", f"{SHOP}/runs/{found[1]['id']}", Role.READER).json()["run"] == found[1]


@pytest.mark.security
def test_figures_that_the_coverage_contradicts_are_refused(desk: WriteDesk) -> None:
    store_policy(desk, POLICY.format(drop=100))
    desk.upload(LCOV)
    honest = desk.history().fetch(desk.upload(XML, suite="auth").json()["run"])
    again = replace(honest, recorded_at=honest.recorded_at + timedelta(minutes=1))
    rows = tuple(structs.replace(row, now=Ratio(1000, 1000), outcome=Outcome.PASS) for row in honest.verdict.rows)
    forged = replace(again, verdict=structs.replace(honest.verdict, rows=rows))
    assert code(desk.add(forged)) == (422, "run-contradicted")
    assert desk.add(again).status_code == 201
    assert [one["verified"] for one in desk.ask("GET", f"{SHOP}/runs", Role.READER).json()["items"]] == [True, True]


@pytest.mark.security
def test_an_invented_branch_is_not_a_first_run(desk: WriteDesk) -> None:
    store_policy(desk, POLICY.format(drop=2))
    outcomes = []
    for number, branch in ((1, "main"), (2, "made-up")):
        tree = f"{number}" * 40
        desk.upload(LCOV, tree=tree, branch=branch)
        outcomes.append(desk.upload(XML, suite="auth", tree=tree, branch=branch).json()["outcome"])
    assert outcomes == [Outcome.PASS, Outcome.UNDETERMINED]


@pytest.mark.security
@pytest.mark.parametrize("path", ["../../etc/passwd", "/etc/passwd", "a\x1b[2J\n.py", "", "a//b.py", "./a", "C:\\a"])
def test_a_snapshots_paths_are_checked_like_a_reports(desk: WriteDesk, path: str) -> None:
    assert code(desk.upload(snapshot_codec.encode(snap({path: "++"})))) == (422, "upload-paths-unsettled")


@pytest.mark.security
@pytest.mark.parametrize("branch", ["main\n\x1b[31m", "a b", "a..b~1", "", "b" * 256])
def test_a_branch_that_git_would_refuse_is_refused(desk: WriteDesk, branch: str) -> None:
    assert code(desk.upload(LCOV, branch=branch)) == (422, "request-invalid")


@pytest.mark.security
def test_an_attempt_number_without_a_successor_is_refused(desk: WriteDesk) -> None:
    assert code(desk.upload(LCOV, attempt=1_000_000)) == (422, "run-implausible")
    assert desk.upload(LCOV, attempt=3).json()["state"] == "complete"


@pytest.mark.security
@pytest.mark.parametrize(
    "head", [b'{"format":"covgov-snapshot","version":1,"x":', b'{"format":"covgov-snapshot","body":']
)
def test_a_deeply_nested_snapshot_is_refused(desk: WriteDesk, head: bytes) -> None:
    assert code(desk.upload(head + b"[" * 100_000)) == (422, "snapshot-damaged")


@pytest.mark.reliability
def test_an_upload_that_cannot_be_audited_is_not_kept(desk: WriteDesk) -> None:
    with desk.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE audit RENAME TO lost")
    assert code(desk.upload(LCOV)) == (500, "audit-unwritable")
    with desk.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE lost RENAME TO audit")
    assert list(desk.history().list()) == []
    assert desk.upload(LCOV).status_code == 201


def test_an_upload_joins_a_history_that_covgov_wrote(desk: WriteDesk) -> None:
    desk.add(run("c1"))
    desk.upload(LCOV)
    assert [found.sequence for found in desk.history().list()] == [1, 2]
    assert list(desk.history().verify()) == []
