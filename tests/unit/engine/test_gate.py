from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from covgov import gate
from covgov.ci.interface import BranchSource, CiContext, CiEvent
from covgov.errors import DeliveryFailed, UsageError
from covgov.gather.request import Edges, Request
from covgov.history.interface import RunSummary
from covgov.history.stores.git.store import GitStore
from covgov.history.stores.registry import open_store
from covgov.model import snapshot_codec
from covgov.model.verdict import Outcome
from covgov.policy import config
from covgov.policy.policy import Policy
from covgov.publish.artifacts import PUBLISHED, artifacts, merged_reports, proposal
from covgov.vcs.git import GitRepository
from covgov_testing.builders.coverage import FAILED
from covgov_testing.builders.register import table
from covgov_testing.desk import LOCAL, NOW, Desk
from covgov_testing.repos import Repo

ON_MAIN = CiContext("github", CiEvent.PUSH, branch="main", default_branch="main", on_default_branch=True)
PULL_REQUEST = CiContext("github", CiEvent.PULL_REQUEST, target="main", default_branch="main")


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    desk = Desk(tmp_path / "work")
    desk.commit({"api/a.py": "".join(f"line {n}\n" for n in range(10)), "api/b.py": "b\n" * 4})
    desk.measure({"api/a.py": "++++++++--", "api/b.py": "++++"})
    return desk


def test_artifacts_are_the_verdict_in_every_form_and_the_merge_in_every_format(desk: Desk) -> None:
    judgement = desk.judge()
    files = artifacts(judgement.verdict, judgement.facts, desk.read)
    merged = merged_reports(judgement.facts)
    assert sorted(files) == [
        "exceptions.patch",
        "gl-code-quality-report.json",
        "summary.md",
        "verdict-junit.xml",
        "verdict.json",
    ]
    assert sorted(merged) == ["merged.json", "merged.lcov", "merged.snapshot", "merged.xml"]
    assert snapshot_codec.decode(merged["merged.snapshot"], "here").paths == ("api/a.py", "api/b.py")
    assert b'"pass"' in files["verdict.json"]


@pytest.mark.security
def test_whatever_is_published_of_a_judgement_is_taken_away_before_the_next(desk: Desk) -> None:
    judgement = desk.judge()
    run = gate.run_of(judgement, LOCAL, now=NOW)
    parts = gate.published(judgement, run, desk.edges(), recorded=True)
    assert {name for files in parts for name in files} | {"digest.md"} == set(PUBLISHED)


def test_without_any_snapshot_there_is_nothing_to_merge(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "work")
    desk.commit()
    judgement = desk.judge()
    assert judgement.verdict.outcome is Outcome.UNDETERMINED
    assert merged_reports(judgement.facts) == {}


def test_a_component_under_its_bar_is_proposed_as_a_patch_with_its_owner(desk: Desk) -> None:
    desk.commit({"CODEOWNERS": "* @nobody\napi/** @team-api\n"})
    desk.measure({"api/a.py": "+---------", "api/b.py": "----"})
    judgement = desk.judge()
    patch = proposal(judgement.verdict, judgement.facts, desk.read)
    assert "component:api" in patch
    assert "new file mode" in patch
    applied = desk.root / "proposal.patch"
    applied.write_text(patch, encoding="utf-8")
    desk.repo.git("apply", "proposal.patch")
    again = desk.judge()
    assert proposal(again.verdict, again.facts, desk.read) == ""


def test_a_register_that_cannot_be_read_gets_no_proposal(desk: Desk) -> None:
    judgement = desk.judge()
    assert proposal(judgement.verdict, replace(judgement.facts, register=None), desk.read) == ""


def test_a_clean_whole_judgement_is_recorded_once(desk: Desk) -> None:
    judgement = desk.judge()
    first = desk.record(judgement)
    again = desk.record(judgement)
    assert isinstance(first, RunSummary)
    assert first == again
    assert first.complete
    assert [run.id for run in desk.store().list()] == [first.id]


def test_a_run_with_failing_tests_is_recorded_and_not_complete(desk: Desk) -> None:
    desk.measure({"api/a.py": "++++++++--", "api/b.py": "++++"}, tests=FAILED)
    recorded = desk.record(desk.judge())
    assert isinstance(recorded, RunSummary)
    assert (recorded.complete, recorded.outcome) == (False, Outcome.FAIL)


def test_uncommitted_work_is_shown_and_not_recorded(desk: Desk) -> None:
    desk.repo.write({"README": "x\n"})
    judgement = desk.judge()
    assert judgement.verdict.dirty
    assert "differs from HEAD" in str(desk.record(judgement))
    assert not desk.store().exists()


def test_some_of_the_suites_are_not_a_run(desk: Desk) -> None:
    answer = gate.enter(gate.run_of(desk.judge("api"), LOCAL, now=NOW), desk.edges(), "", whole=False)
    assert "only the suites named on the command line" in str(answer)


def test_outside_git_nothing_is_recorded(desk: Desk) -> None:
    assert "no git checkout" in str(desk.record(desk.judge(git=False)))


@pytest.mark.security
def test_ci_records_no_pull_request(desk: Desk) -> None:
    assert "default branch only" in str(desk.record(desk.judge(), ci=PULL_REQUEST))
    assert not desk.store().exists()


def test_a_ci_that_names_no_branch_records_nothing_and_is_told_why(desk: Desk) -> None:
    told = desk.record(desk.judge(), ci=CiContext("generic", CiEvent.LOCAL, branch_from=BranchSource.UNKNOWN))
    assert str(told).startswith(
        "not recorded: this CI does not name the branch that it builds; `covgov history push --branch"
    )
    assert not desk.store().exists()


def git_edges(desk: Desk, ci: CiContext) -> Edges:
    def store(address: str) -> GitStore:
        opened = open_store("git:coverage-history", desk.root, env={}, remote="origin", fetch=ci.in_ci)
        assert isinstance(opened, GitStore)
        return opened

    return replace(desk.edges(ci=ci), store=store)


def test_ci_on_the_default_branch_pushes_and_a_laptop_does_not(desk: Desk, tmp_path: Path) -> None:
    origin = Repo(tmp_path / "origin.git", bare=True)
    desk.repo.git("remote", "add", "origin", str(origin.root))
    desk.repo.git("push", "-q", "origin", "main")
    judgement = desk.judge()
    gate.enter(gate.run_of(judgement, LOCAL, now=NOW), git_edges(desk, LOCAL), "", whole=True)
    assert origin.git("for-each-ref", "--format=%(refname)") == "refs/heads/main"
    gate.enter(gate.run_of(judgement, ON_MAIN, now=NOW), git_edges(desk, ON_MAIN), "", whole=True)
    assert "refs/heads/coverage-history" in origin.git("for-each-ref", "--format=%(refname)")


@pytest.mark.reliability
def test_a_push_that_fails_is_a_delivery_fault_and_keeps_the_local_record(desk: Desk, tmp_path: Path) -> None:
    origin = Repo(tmp_path / "origin.git", bare=True)
    desk.repo.git("remote", "add", "origin", str(origin.root))
    hook = origin.root / "hooks" / "pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\nexit 1\n", encoding="utf-8")
    hook.chmod(0o755)
    with pytest.raises(DeliveryFailed):
        gate.enter(gate.run_of(desk.judge(), ON_MAIN, now=NOW), git_edges(desk, ON_MAIN), "", whole=True)
    assert git_edges(desk, LOCAL).store("").exists()


class CountingRepository(GitRepository):
    """Counts what is read of which commit."""

    def __init__(self, root: Path) -> None:
        super().__init__(root, env=os.environ)
        self.reads: Counter[tuple[str, str]] = Counter()

    def read(self, revision: str, path: str) -> bytes | None:
        self.reads[revision, path] += 1
        return super().read(revision, path)


class Log:
    """Outlets that keep what reaches them, in order; `broken` names the one that fails."""

    def __init__(self, broken: str = "") -> None:
        self.steps: list[str] = []
        self.files: set[str] = set()
        self.broken = broken

    def outlets(self) -> gate.Outlets:
        return gate.Outlets(
            clear=lambda names: self.step("clear"),
            write=self.write,
            digest=lambda: "digest",
            recorded=lambda run: self.step("record"),
            summarise=lambda text: self.step("summarise"),
            output=lambda verdict: self.step("output"),
            show=lambda verdict: self.step("say"),
            now=lambda: NOW,
        )

    def step(self, name: str) -> None:
        self.steps.append(name)
        if name == self.broken:
            raise OSError(28, "No space left on device")

    def write(self, files: Mapping[str, bytes]) -> None:
        self.files |= set(files)
        self.step(min(files))


def run(desk: Desk, log: Log, edges: Edges | None = None, **options: bool) -> gate.Judgement:
    policy = config.load(desk.read)
    assert policy is not None
    return gate.run(
        Request(NOW.date()),
        lambda: policy,
        edges or desk.edges(),
        log.outlets(),
        recorded=options.get("recorded", True),
        measure=lambda: log.step("measure"),
    )


def test_a_run_does_its_steps_in_the_order_of_the_page(desk: Desk) -> None:
    log = Log()
    assert run(desk, log).verdict.outcome is Outcome.PASS
    assert log.steps == [
        "clear",
        "measure",
        "exceptions.patch",
        "verdict.record",
        "merged.json",
        "record",
        "digest.md",
        "summarise",
        "output",
        "say",
    ]
    assert log.files == set(PUBLISHED)
    assert [run.commit for run in desk.store().list()] == [desk.repository.resolve("HEAD")]


def test_only_a_recorded_run_writes_the_merge_in_other_formats(desk: Desk) -> None:
    log = Log()
    run(desk, log, recorded=False)
    assert log.files == {name for name in PUBLISHED if not name.startswith(("merged.", "digest."))}


@pytest.mark.reliability
@pytest.mark.parametrize(
    "broken", ["clear", "exceptions.patch", "merged.json", "record", "digest.md", "summarise", "say"]
)
def test_a_step_that_fails_is_a_fault_and_keeps_no_other_from_being_done(desk: Desk, broken: str) -> None:
    log, whole = Log(broken), Log()
    judgement = run(desk, log)
    run(desk, whole)
    assert [fault.code for fault in judgement.faults] == ["io-error"]
    assert judgement.verdict.outcome is Outcome.PASS
    assert log.steps == whole.steps


def test_the_base_branchs_policy_and_register_are_read_once_in_a_run(desk: Desk) -> None:
    desk.commit({"exceptions.md": table()})
    desk.measure({"api/a.py": "++++++++--", "api/b.py": "++++"})
    desk.record(desk.judge())
    desk.repo.git("checkout", "-q", "-b", "topic")
    desk.commit({"README": "x\n"})
    desk.measure({"api/a.py": "++++++++--", "api/b.py": "++++"})
    repository = CountingRepository(desk.root)
    run(desk, Log(), replace(desk.edges(), repository=repository))
    main = desk.repository.resolve("main") or ""
    assert {path: repository.reads[main, path] for path in ("covgov.toml", "exceptions.md")} == {
        "covgov.toml": 1,
        "exceptions.md": 1,
    }


def test_a_reason_not_to_judge_is_raised_before_a_suite_runs(desk: Desk) -> None:
    log = Log()
    with pytest.raises(UsageError):
        gate.run(
            Request(NOW.date(), base="nowhere"),
            lambda: Policy(),
            desk.edges(),
            log.outlets(),
            recorded=True,
            measure=lambda: log.step("measure"),
        )
    assert log.steps == ["clear"]
