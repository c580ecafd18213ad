"""What must be true after each kind of run of the workflows.

A scenario prepares a project, and its `run` raises AssertionError where something is not as it must be. Each is also
run with every step of its job made idle, and must then raise.
"""

from __future__ import annotations

import json
import re
import subprocess
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from covgov.publish.bundle import zip_bytes
from covgov_testing.act import Ran
from covgov_testing.team import module
from covgov_testing.tiny import DIGEST, REGISTER, TOKEN, How, Tiny

JUDGE = "Judge all suites together and record the run"
WANTED = "Find out which dashboards are wanted"
TELL = "Tell the pull request and those who are to be alerted"
IN_STEP = "Bring the exception register in step"
ACCOUNTING = (IN_STEP, "Write the account of the week", "Send the account to its channels")
SUITE_FILES = (".json", ".lcov", ".snapshot", ".verdict.json", ".xml", ".exceptions.patch", "-html.zip", "-junit.xml")
GOVERN_FILES = {
    *("verdict.json", "verdict.record", "verdict-junit.xml", "summary.md", "exceptions.patch"),
    *("merged.snapshot", "merged.xml", "merged.json", "merged.lcov"),
}
UPLOADS = {
    **dict.fromkeys(("CODECOV API", "CODECOV LOGGING", "CODECOV ENGINE", "SONAR"), "sent"),
    "CODECOV AUTH": "not sent, see the log of its step",
}
WORSE = {"src/tiny_api/core.py": module(98, 12)}
MORE = "import tiny_api.more\n\n\ndef test_more():\n    assert tiny_api.more.line_1 == 1\n"
BETTER = {"src/tiny_api/more.py": module(20, 0), "tests/api/test_more.py": MORE}
SETTING = "turn on Settings > Actions > General > Allow GitHub Actions to create and approve pull requests"
WEEK = timedelta(weeks=1)
OUTCOMES = {0: "pass", 10: "fail", 11: "undetermined"}


@dataclass(frozen=True, slots=True)
class Scenario:
    """prepare: brings a new project into the state in which `run` finds it. job: the one whose steps are needed."""

    workflow: str
    job: str
    prepare: Callable[[Tiny], None]
    run: Callable[[Tiny], None]
    suites: tuple[str, ...] = ("api",)


def as_it_is(tiny: Tiny) -> None:
    """A new project."""


def measured_before(tiny: Tiny) -> None:
    """Main has a run in history, an hour old."""
    assert tiny.recorded(datetime.now(UTC) - timedelta(hours=1), "0" * 40) == 0
    assert len(tiny.history()) == 1


def keeps_the_token_to_itself(tiny: Tiny, ran: Ran) -> None:
    """The token is in no artifact and no object of the origin."""
    kept = [
        path for path in (ran.out / "artifacts").rglob("*") if path.is_file() and TOKEN.encode() in path.read_bytes()
    ]
    assert [path.name for path in kept] == [], kept
    assert tiny.forge.tokens <= {f"Bearer {TOKEN}", ""}
    everything = ["git", "cat-file", "--batch-all-objects", "--batch"]
    objects = subprocess.run(everything, cwd=tiny.origin.root, capture_output=True, check=True).stdout
    assert TOKEN.encode() not in objects


def prepared(tiny: Tiny, ran: Ran, jobs: int) -> None:
    """In each of the jobs pip was given the lock file and the checkout, checked both, and did nothing else."""
    pip = ran.lines("pip", list[str])
    quiet = ["--quiet", "--disable-pip-version-check"]
    locked = ["install", *quiet, "--no-deps", "--require-hashes", "-r", "requirements-dev.txt"]
    here = ["install", *quiet, "--no-deps", "--no-build-isolation", "--editable", "."]
    assert sorted(pip) == sorted([locked, here, ["check", "--disable-pip-version-check"]] * jobs)


def judged_by_itself(ran: Ran, suite: str, code: int) -> None:
    """The matrix job of a suite: what it ended with and what it kept."""
    job = f"unit-{suite}"
    assert ran.step(job, "Judge the suite").code == code, ran.text
    assert ran.jobs.get(job) == ("success" if code == 0 else "failure")
    folder = ran.artifact(f"coverage-unit-{suite}")
    assert {path.name for path in folder.iterdir()} == {f"{suite}{end}" for end in SUITE_FILES}
    verdict = json.loads((folder / f"{suite}.verdict.json").read_text(encoding="utf-8"))
    assert (verdict["outcome"], [line["name"] for line in verdict["suites"]]) == (OUTCOMES[code], [suite])
    assert json.loads((folder / f"{suite}.json").read_text(encoding="utf-8"))["totals"]["num_statements"] > 0
    assert (folder / f"{suite}.xml").read_text(encoding="utf-8").startswith("<?xml")
    assert "index.html" in zipfile.ZipFile(folder / f"{suite}-html.zip").namelist()
    assert {each["retention-days"] for each in ran.written("upload")} == {"30"}


def judged_together(ran: Ran, code: int) -> str:
    """The last job: what it ended with and what it kept; the verdict's summary."""
    assert ran.step("govern", JUDGE).code == code, ran.text
    assert ran.jobs.get("govern") == ("success" if code == 0 else "failure")
    folder = ran.artifact("coverage-govern")
    assert {path.name for path in folder.iterdir()} >= GOVERN_FILES
    assert json.loads((folder / "verdict.json").read_text(encoding="utf-8"))["outcome"] == OUTCOMES[code]
    summary = (folder / "summary.md").read_text(encoding="utf-8")
    assert summary.startswith("<!-- covgov:summary -->")
    assert summary.splitlines()[1] in ran.step("govern", JUDGE).text, "the job summary is not the verdict's"
    return summary


def told(tiny: Tiny, ran: Ran, state: str, code: int = 0) -> None:
    """The forge's status of the commit; no request that the forge does not know."""
    assert ran.step("govern", TELL).code == code
    assert [status["state"] for status in tiny.forge.statuses][-1:] == [state]
    assert tiny.forge.unknown == []


def worse_proposed(tiny: Tiny) -> None:
    measured_before(tiny)
    tiny.propose(WORSE)


def a_suite_drops(tiny: Tiny) -> None:
    """One matrix job of a pull request that makes the suite's component worse."""
    ran = tiny.on_pull_request(How(job="unit"))
    judged_by_itself(ran, "api", 10)
    prepared(tiny, ran, 1)
    cache = ran.only("cache")
    assert cache["path"] == ".nox"
    assert re.fullmatch(r"nox-\w+-3\.11\.\d+-api-[0-9a-f]{64}", cache["key"])
    assert "::error title=covgov max-drop::api: " in ran.step("unit-api", "Judge the suite").text
    patch = (ran.artifact("coverage-unit-api") / "api.exceptions.patch").read_text(encoding="utf-8")
    assert "| component:api | combined | 89.09 |" in patch


def worse_measured(tiny: Tiny) -> None:
    measured_before(tiny)
    tiny.push(WORSE)
    measured(tiny)


def measured(tiny: Tiny) -> None:
    """The matrix jobs have run; what follows takes it from there."""
    tiny.measured = tiny.on_push(How(job="unit")).out / "artifacts"


def main_drops(tiny: Tiny) -> None:
    """The last job of a push to main that makes a component worse: recorded, told, alerted, red."""
    ran = tiny.on_push(How(job="govern"))
    assert "| `api` | ✘ fail |" in judged_together(ran, 10)
    assert "::error title=covgov max-drop::api: " in ran.step("govern", JUDGE).text
    prepared(tiny, ran, 1)
    subjects = tiny.history()
    assert len(subjects) == 2
    assert subjects[0].startswith("Record run 2: fail at ")
    told(tiny, ran, "failure")
    assert "SLACK_URL is not set" in ran.step("govern", TELL).text
    assert len(tiny.forge.hooks) == 1
    assert "api" in str(tiny.forge.hooks)
    assert "98/110" in str(tiny.forge.hooks)
    folder = ran.artifact("coverage-govern")
    assert {path.name for path in folder.iterdir()} >= {"covgov.prom", "digest.md"}
    metrics = (folder / "covgov.prom").read_text(encoding="utf-8")
    assert 'covgov_outcome{branch="main",outcome="fail",repository="acme/tiny"} 1.0' in metrics
    assert (folder / "digest.md").read_text(encoding="utf-8").startswith("# Coverage digest")
    keeps_the_token_to_itself(tiny, ran)


def dashboards_are_served(tiny: Tiny) -> None:
    """With their secrets, Codecov gets the flags and Sonar its turn; one upload that fails is reported as such."""
    secrets = {"CODECOV_TOKEN": "planted-codecov", "SONAR_TOKEN": "planted-sonar"}
    ran = tiny.on_push(How(job="dashboards", secrets=secrets, env={"STAND_IN_REFUSES": "codecov auth"}))
    reported = ran.step("dashboards", "Report what was sent").text
    for upload, fate in UPLOADS.items():
        assert f"- {upload}: {fate}\n" in f"{reported}\n"
    assert "sent" not in ran.step("dashboards", WANTED).text, "nothing was sent yet"
    assert [each["flags"] for each in ran.written("codecov")] == ["api", "auth", "logging", "engine"]
    assert {each["token"] for each in ran.written("codecov")} == {"planted-codecov"}
    assert len(ran.written("sonar")) == 1
    assert ran.jobs.get("dashboards") == "success"


def a_change_is_not_scanned(tiny: Tiny) -> None:
    """Sonar's secret is not enough for a pull request: the summary says so, and nothing is fetched for nobody."""
    ran = tiny.on_pull_request(How(job="dashboards", secrets={"SONAR_TOKEN": "planted-sonar"}))
    assert "- SONAR: skipped, only pushes are sent" in ran.step("dashboards", WANTED).text
    assert [step for job, step in ran.steps if job == "dashboards"] == [WANTED]
    assert ran.written("sonar") == []
    assert ran.jobs.get("dashboards") == "success"


def old_artifacts_go(tiny: Tiny) -> None:
    """Twelve of one name, one of another, one of somebody else's: the oldest two of the twelve are deleted."""
    stamps = [f"2026-11-{day:02}T05:00:00Z" for day in range(1, 13)]
    made = [("coverage-unit-api", number, stamp) for number, stamp in enumerate(stamps, start=1)]
    made += [("coverage-govern", 50, stamps[0]), ("release", 60, stamps[0])]
    tiny.forge.artifacts = [
        {"id": number, "name": name, "created_at": stamp, "size_in_bytes": 1, "expired": False}
        for name, number, stamp in made
    ]
    ran = tiny.on_week(how=How(job="prune"))
    assert ran.jobs.get("prune") == "success", ran.text
    assert sorted(tiny.forge.deleted) == [1, 2]
    prepared(tiny, ran, 1)


def worse_recorded(tiny: Tiny) -> None:
    tiny.push(WORSE)
    assert tiny.recorded(yesterday(), tiny.before) == 10


def yesterday() -> datetime:
    return datetime.now(UTC) - timedelta(days=1)


def a_week_is_accounted_for(tiny: Tiny) -> None:
    """By its schedule: the week that ended yesterday, a row proposed for what is below the bar, one pull request."""
    ran = tiny.on_week(how=How(job="digest"))
    prepared(tiny, ran, 1)
    proposed(tiny, ran, yesterday().date())
    assert "| component:api | combined | 89.09 |" in tiny.origin.git("show", f"covgov/weekly:{REGISTER}")
    assert "covgov: fail" not in ran.text
    keeps_the_token_to_itself(tiny, ran)


def accounted(ran: Ran) -> None:
    """The account's job and each of its steps that can fail."""
    assert ran.jobs.get("digest") == "success", ran.text
    assert {name: ran.step("digest", name).code for name in ACCOUNTING} == dict.fromkeys(ACCOUNTING, 0)


def proposed(tiny: Tiny, ran: Ran, until: date) -> str:
    """One pull request with digest and register on top of main; the digest went out and was kept. The digest."""
    accounted(ran)
    pull = ran.only("pull-request")
    assert (pull["branch"], pull["base"], pull["body-path"]) == ("covgov/weekly", "main", DIGEST)
    text = tiny.origin.git("show", f"covgov/weekly:{DIGEST}")
    assert f"{until:%G}-W{until:%V}" in text
    assert tiny.origin.git("rev-parse", "covgov/weekly~1") == tiny.origin.git("rev-parse", "main")
    changed = tiny.origin.git("diff", "--name-only", "main", "covgov/weekly").split()
    assert set(changed) <= {DIGEST, REGISTER}
    assert DIGEST in changed
    kept = ran.artifact("coverage-digest")
    assert (kept / DIGEST).is_file()
    assert (kept / DIGEST).read_text(encoding="utf-8").strip() == text
    assert text.splitlines()[0] in ran.step("digest", "Write the account of the week").text
    assert f"{until:%G}-W{until:%V}" in str(tiny.forge.hooks[-1:])
    return text


def a_week_is_not_proposed(tiny: Tiny) -> None:
    """GitHub refuses the pull request: the job is red and names the setting, or with a bot's token the bot's rights."""
    for secrets, need in ({}, SETTING), ({"COVERAGE_BOT_TOKEN": "planted-bot"}, "give COVERAGE_BOT_TOKEN the rights"):
        ran = tiny.on_week(how=How(job="digest", secrets=secrets, env={"STAND_IN_REFUSES": "pull-request"}))
        assert ran.jobs.get("digest") == "failure"
        reported = ran.step("digest", "Report what the pull request needs").text
        assert f"::error title=covgov::the weekly pull request was not created: {need}" in reported
        assert ran.step("digest", "Send the account to its channels").code == 0, "the digest is sent all the same"


def a_week_is_pushed(tiny: Tiny) -> None:
    """With COVERAGE_DIGEST=push the account is a commit of main, and there is no pull request.

    No workflow runs on that commit. So it has no run in history a week later, and the register stays as it is.
    """
    until = datetime.now(UTC).date()
    pushed(tiny, until, {DIGEST, REGISTER})
    register = tiny.origin.git("show", f"main:{REGISTER}")
    assert "| component:api | combined | 89.09 |" in register
    tiny.work.git("pull", "--quiet", "--ff-only", "origin", "main")
    later = pushed(tiny, until + WEEK, {DIGEST})
    assert "the register stays as it is" in later.step("digest", IN_STEP).text
    assert tiny.origin.git("show", f"main:{REGISTER}") == register


def pushed(tiny: Tiny, until: date, changed: set[str]) -> Ran:
    """One week's commit of main, with what it changed."""
    before = tiny.origin.git("rev-parse", "main")
    ran = tiny.on_week(until.isoformat(), How(job="digest", variables={"COVERAGE_DIGEST": "push"}))
    accounted(ran)
    assert ran.written("pull-request") == []
    assert tiny.origin.git("rev-parse", "main~1") == before
    assert set(tiny.origin.git("diff", "--name-only", "main~1", "main").split()) == changed
    assert f"{until:%G}-W{until:%V}" in tiny.origin.git("show", f"main:{DIGEST}")
    keeps_the_token_to_itself(tiny, ran)
    return ran


def worse_in_a_fork(tiny: Tiny) -> None:
    """A fork's job has measured a pull request whose head is on no branch here and which lowers the bar."""
    measured_before(tiny)
    policy = (tiny.work.root / "covgov.toml").read_text(encoding="utf-8")
    tiny.propose({**WORSE, "covgov.toml": policy.replace("fail_under = 90", "fail_under = 1")})
    tiny.measured = tiny.on_pull_request(How(job="unit")).out / "artifacts"
    tiny.work.git("push", "--quiet", "--force", "origin", "topic:refs/pull/7/head", ":topic")


def uploaded_by_a_fork(tiny: Tiny, name: str) -> None:
    """The forge has the run of the fork, its pull request, and its one artifact."""
    tiny.forge.run = {
        "id": 5,
        "event": "pull_request",
        "status": "completed",
        "head_sha": tiny.forge.head,
        "head_branch": "topic",
        "head_repository": {"full_name": "mallory/tiny"},
    }
    end = {"ref": "main", "sha": tiny.work.git("rev-parse", "main"), "repo": {"full_name": "acme/tiny"}}
    tiny.forge.pulls = [{"number": 7, "head": {**end, "ref": "topic", "sha": tiny.forge.head}, "base": end}]
    assert tiny.measured is not None
    tiny.forge.archives[1] = zip_bytes(
        {path.name: path.read_bytes() for path in (tiny.measured / name).iterdir() if path.is_file()}
    )
    made = {"created_at": "2026-11-22T12:00:00Z", "size_in_bytes": 1, "workflow_run": {"id": 5}}
    tiny.forge.artifacts = [{"id": 1, "name": name, **made}]


def a_fork_is_answered(tiny: Tiny) -> None:
    uploaded_by_a_fork(tiny, "coverage-unit-api")
    ran = tiny.on_fork_run()
    prepared(tiny, ran, 1)
    answered(tiny, ran)


def answered(tiny: Tiny, ran: Ran) -> None:
    """The base branch's bar judges what the fork measured, and the comment says who measured."""
    assert ran.jobs.get("publish") == "success", ran.text
    assert len(tiny.forge.comments) == 1
    (comment,) = tiny.forge.comments.values()
    assert "✘ covgov: fail (measured by fork code)" in comment
    assert "98/110 = 89.09 %" in comment
    (status,) = tiny.forge.statuses
    assert (status["context"], status["state"], status["commit"]) == ("covgov/fork", "failure", tiny.forge.head)
    assert tiny.forge.unknown == []
    assert len(tiny.history()) == 1
    keeps_the_token_to_itself(tiny, ran)


def artifacts(ran: Ran) -> set[str]:
    folder: Path = ran.out / "artifacts"
    return {path.name for path in folder.iterdir()}


SUITE = Scenario("tests.yml", "unit", worse_proposed, a_suite_drops)
MAIN = Scenario("tests.yml", "govern", worse_measured, main_drops)
DASHBOARDS = Scenario("tests.yml", "dashboards", measured, dashboards_are_served, ("api", "auth", "logging", "engine"))
UNSCANNED = Scenario("tests.yml", "dashboards", worse_proposed, a_change_is_not_scanned)
WEEKLY = Scenario("coverage-digest.yml", "digest", worse_recorded, a_week_is_accounted_for)
REFUSED = Scenario("coverage-digest.yml", "digest", worse_recorded, a_week_is_not_proposed)
PUSHED = Scenario("coverage-digest.yml", "digest", worse_recorded, a_week_is_pushed)
PRUNED = Scenario("coverage-digest.yml", "prune", as_it_is, old_artifacts_go)
FORKED = Scenario("fork-coverage.yml", "publish", worse_in_a_fork, a_fork_is_answered)
SCENARIOS = {
    "suite": SUITE,
    "main": MAIN,
    "dashboards": DASHBOARDS,
    "unscanned": UNSCANNED,
    "weekly": WEEKLY,
    "refused": REFUSED,
    "pushed": PUSHED,
    "pruned": PRUNED,
    "forked": FORKED,
}
